"""How does a list look in a notebook?"""

from html import escape

from keyaccount.find.key_accounts import KeyAccountList
from keyaccount.find.sentences import concentration_sentence, headline, reasons_text, shown_name, verdict_name
from keyaccount.language import message, reader_language
from keyaccount.money import show_money

SHOWN_ROWS = 20


def as_html(result: KeyAccountList) -> str:
    """The sentences and the first accounts as a table."""
    lang = reader_language()
    columns = ("sales_rank", "account_name", "sales", "profit", "sales_running_share", "verdict", "reasons")
    head = "".join(f"<th>{escape(message(f'column.{name}', lang))}</th>" for name in columns)
    rows = []
    for row in result.accounts.slice(0, SHOWN_ROWS).to_pylist():
        cells = (
            row["sales_rank"],
            shown_name(row),
            show_money(row["sales"], lang),
            "—" if row["profit"] is None else show_money(row["profit"], lang),
            "—" if row["sales_running_share"] is None else f"{row['sales_running_share']:.1%}",
            verdict_name(row["verdict"], lang),
            reasons_text(result, row, lang),
        )
        rows.append("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells) + "</tr>")
    sentences = (
        f"<p>{escape(headline(result, lang))}</p><p>{escape(concentration_sentence(result, lang))}</p>"
    )
    return f"{sentences}<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
