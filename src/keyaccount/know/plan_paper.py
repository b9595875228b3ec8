"""What is handed out at the business review? A plan as a PDF: internal, or the customer's. (K8)

`plan_pdf(for_customer(document), lang)` is what may be handed over. The texts are put together here, `plan.typ` says where they stand.
"""

from decimal import Decimal
from typing import Any

from keyaccount.know.plan_document import PlanDocument
from keyaccount.know.plan_words import CHARTER, SITUATION, Part, PlanWords
from keyaccount.money import table_unit
from keyaccount.paper import as_pdf, breakable

_STATES = {"reached": "good", "ahead": "good", "on": "on", "behind": "bad", "missed": "bad"}


def plan_pdf(document: PlanDocument, lang: str, *, logo: bytes | None = None) -> bytes:
    """A PDF of A4 pages; the same document gives the same bytes. `logo`: a PNG or JPEG.

    Raises PaperError `document.no_typst`.
    """
    return as_pdf(
        "plan.typ", {**plan_data(document, lang), "logo": list(logo or b"")}, package="keyaccount.know"
    )


def plan_data(document: PlanDocument, lang: str) -> dict[str, Any]:
    """Everything that stands on the paper, as text, by the names of `plan.typ`."""
    words = PlanWords(document, lang)
    parts = [words.goals(), words.actions(), words.commitments()]
    if not words.is_for_customer:
        parts.append(words.risks())
    parts.append(words.reviews())
    charter = "charter" if words.is_for_customer else "charter_internal"
    has_any = document.goals or document.commitments or document.texts
    return {
        "lang": lang,
        "account": document.account,
        "title": words.title,
        "mark": words.mark,
        "is_internal": not words.is_for_customer,
        "beside": [
            words.text("owner", name=document.owner),
            words.text("printed", day=document.printed_on),
            words.text("until", day=document.until),
        ],
        "headline": _headline(words),
        "lines": [] if words.is_for_customer else _lines(words),
        "nothing": "" if has_any else words.text("nothing"),
        "chart": _chart(words),
        "bars": [
            {
                "name": one.name,
                "share": min(max(one.progress or 0, 0), 1),
                "figure": f"{one.progress:.0%}" if one.progress is not None else "—",
                "state": words.standing(one.standing),
                "kind": _STATES.get(one.standing, "open"),
            }
            for one in document.goals
        ],
        "bars_title": words.text("goals_progress"),
        "parts": [_part(one) for one in parts if one.rows],
        "texts": [
            {"title": title, "rows": words.text_rows(names)}
            for title, names in (
                (words.text(f"part.{charter}"), CHARTER),
                (words.text("part.situation"), SITUATION),
            )
            if words.text_rows(names)
        ],
        "signing": _signing(words),
        "page": words.text("page", n="#n", of="#of"),
    }


def _headline(words: PlanWords) -> str:
    told = words.document
    if told.progress is None:
        return words.sales_sentence if told.sales else ""
    return words.text("plan_sentence", progress=told.progress, goals=words.goals_sentence)


def _lines(words: PlanWords) -> list[str]:
    """What stands below the headline of the internal edition."""
    told = words.document
    comma = "、" if words.lang == "zh" else ", "
    names = {
        "team_line": comma.join(told.team),
        "players_line": comma.join(told.players),
        "blanks_line": comma.join(words.text(f"part_name.{one}") for one in told.blanks),
    }
    lines = [words.sales_sentence] if told.sales else []
    lines += [words.text("level_line", level=words.level)] if words.level else []
    return lines + [words.text(code, names=text) for code, text in names.items() if text]


def _part(one: Part) -> dict[str, Any]:
    return {
        "title": one.title,
        "sentence": one.sentence,
        "heads": one.heads,
        "widths": one.widths,
        "rows": [[breakable(cell) for cell in row] for row in one.rows],
    }


def _chart(words: PlanWords) -> dict[str, Any] | None:
    """Sales by month beside last year's, as heights from 0 to 1."""
    told = words.document
    if not told.sales:
        return None
    largest = max(*told.sales, *told.sales_before, Decimal(1))
    unit = table_unit(largest, words.lang)
    return {
        "title": f"{words.text('sales')}（{unit.name}）"
        if words.lang == "zh"
        else f"{words.text('sales')} ({unit.name})",
        "months": [words.text("month", n=month) for month in range(1, 13)],
        "now": [float(max(one, Decimal(0)) / largest) for one in told.sales],
        "before": [float(max(one, Decimal(0)) / largest) for one in told.sales_before],
        "figures": [unit.shown(one) if one else "" for one in told.sales],
        "names": [words.text("sales_of", year=told.year - 1), words.text("sales_of", year=told.year)],
    }


def _signing(words: PlanWords) -> list[str]:
    told = words.document
    if not (words.is_for_customer and told.commitments):
        return []
    return [
        words.text("sign", name=name) for name in (told.company or words.text("side.supplier"), told.account)
    ]
