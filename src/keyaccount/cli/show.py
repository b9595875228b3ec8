"""How does the list look on a terminal?"""

import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from keyaccount.cli.inputs import Inputs
from keyaccount.find.explain import AccountYear
from keyaccount.find.key_accounts import KeyAccountList
from keyaccount.find.sentences import (
    change,
    concentration_sentence,
    department_sentence,
    headline,
    month_name,
    not_judged,
    reasons_text,
    shown_name,
    verdict_name,
    whale_sentence,
    year_name,
)
from keyaccount.language import message
from keyaccount.ledger.read import Ledger
from keyaccount.ledger.store.reading import LedgerStore
from keyaccount.money import show_money

PIPE_WIDTH = 140
REFUSED_SHOWN = 5
GUARDS = ("profitless", "big_ticket", "one_time", "rising")
GUARDS_SHOWN = 5
SEGMENTS_SHOWN = 12
_STYLES = {
    "key": "green",
    "profitless": "red",
    "one_time": "yellow",
    "big_ticket": "yellow",
    "rising": "cyan",
    "ordinary": "",
}


def console() -> Console:
    """Standard output; a pipe gets plain text wide enough for the reasons."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def key_accounts(
    out: Console, result: KeyAccountList, inputs: Inputs, lang: str, *, top: int, has_out: bool
) -> None:
    """The answer first, then why, then the records read."""
    if inputs.ledger is None and inputs.store is None:
        out.print(message("demo.company", lang), style="dim")
    out.print(Text(headline(result, lang), style="bold"), soft_wrap=True)
    out.print(Text(concentration_sentence(result, lang)))
    out.print(Text(department_sentence(result, lang)))
    if result.whale is not None:
        out.print(Text(whale_sentence(result.whale, lang)))
    _verdicts(out, result, lang)
    more = "more.written" if has_out else "more.rows"
    _list(out, result, lang, top, more)
    _guards(out, result, lang, more)
    _years(out, result, lang)
    _losses(out, result, lang)
    _segments(out, result, lang)
    if result.notes:
        _title(out, message("title.notes", lang))
        for note in result.notes:
            out.print(Text(f"· {note.text(lang)}"))
    if inputs.ledger is not None:
        _ledger(out, inputs.ledger, lang)
    if inputs.store is not None:
        _store(out, inputs.store, lang)
    refused(out, inputs, lang, has_out=has_out)


def account_year(out: Console, result: KeyAccountList, year: AccountYear, lang: str) -> None:
    """One account's year in one screen."""
    row = year.row
    period = result.summary.periods.year
    out.print(
        Text(
            message(
                "explain.title",
                lang,
                name=shown_name(dict(row)),
                id=row["account_id"],
                year=year_name(period, lang),
            ),
            style="bold",
        )
    )
    verdict = verdict_name(row["verdict"], lang)
    out.print(Text(message("explain.verdict", lang, verdict=verdict), style=_STYLES[row["verdict"]]))
    for reason in year.reasons:
        out.print(Text(f"· {reason.text(lang)}"))
    if not row["is_unassigned"]:
        out.print(Text(message("explain.figures", lang, sales=row["sales"], sales_rank=row["sales_rank"], share=row["sales_share"],
                               before=row["sales_year_before"], orders=row["orders"], days=row["order_days"], months=row["active_months"])))  # fmt: skip
    if row["profit"] is None:
        out.print(Text(message("explain.no_profit", lang)))
    else:
        values = {
            "profit": row["profit"],
            "gross": row["profit_before_service"],
            "service": row["cost_to_serve"],
            "rank": row["profit_rank"],
        }
        out.print(Text(message("explain.profit", lang, **values)))
    if year.members:
        out.print(Text(message("explain.members", lang, members=year.members)))
    months = table(lang, ("month", "sales", "sales_year_before", "change"), [
        [month_name(one["month"]), _money(one["sales"], lang), _money(one["sales_year_before"], lang), _change(change(one["sales"], one["sales_year_before"]))]
        for one in year.months])  # fmt: skip
    orders = table(lang, ("order", "date", "sales", "lines"), [
        [one["order_id"] or message("explain.no_order_id", lang), one["date"].isoformat(), _money(one["net_amount"], lang), str(one["lines"])]
        for one in year.orders])  # fmt: skip
    _title(out, message("explain.months", lang))
    out.print(months)
    _title(out, message("explain.orders", lang))
    out.print(orders)
    if year.products:
        _title(out, message("explain.products", lang))
        out.print(
            table(
                lang,
                ("product", "sales"),
                [[one["product"] or "—", _money(one["sales"], lang)] for one in year.products],
            )
        )
    out.print(Text(message("explain.lines", lang, n=year.lines), style="dim"))


def _verdicts(out: Console, result: KeyAccountList, lang: str) -> None:
    summary, unjudged = result.summary, not_judged(result)
    rows = [
        [
            Text(verdict_name(verdict, lang), style=_STYLES[verdict]),
            "—" if verdict in unjudged else f"{summary.verdicts[verdict]:,}",
            "—" if verdict in unjudged else _money(summary.verdict_sales[verdict], lang),
            _money(summary.verdict_profit[verdict], lang),
        ]
        for verdict in summary.verdicts
    ]
    _title(out, message("title.verdicts", lang))
    out.print(table(lang, ("verdict", "accounts", "sales", "profit"), rows))


def _list(out: Console, result: KeyAccountList, lang: str, top: int, more_code: str) -> None:
    chosen = [row for row in result.accounts.slice(0, max(top, 1)).to_pylist() if row["in_set"]]
    basis = result.settings.basis
    _title(out, message("title.list", lang, n=len(chosen)))
    rows = [
        [
            str(row[f"{basis}_rank"]),
            shown_name(row),
            _money(row["sales"], lang),
            _money(row["profit"], lang),
            _percent(row[f"{basis}_running_share"]),
            Text(verdict_name(row["verdict"], lang), style=_STYLES[row["verdict"]]),
            reasons_text(result, row, lang),
        ]
        for row in chosen
    ]
    out.print(
        table(lang, ("rank", "account", "sales", "profit", "sales_running_share", "verdict", "reasons"), rows)
    )
    more = result.summary.set_size - len(chosen)
    if more > 0:
        out.print(Text(message(more_code, lang, n=more), style="dim"))


def _guards(out: Console, result: KeyAccountList, lang: str, more_code: str) -> None:
    """Who only looks as if, and who is on the way: the largest of each, with the reasons."""
    rows_of: dict[str, list[dict[str, Any]]] = {}
    for row in result.accounts.to_pylist():
        if row["verdict"] in GUARDS and not row["is_unassigned"]:
            rows_of.setdefault(row["verdict"], []).append(row)
    for verdict in GUARDS:
        found = rows_of.get(verdict, [])
        if found:
            shown = found[:GUARDS_SHOWN]
            _title(out, message("title.guard", lang, verdict=verdict_name(verdict, lang), n=len(found)))
            rows = [
                [
                    shown_name(row),
                    _money(row["sales"], lang),
                    _money(row["profit"], lang),
                    reasons_text(result, row, lang),
                ]
                for row in shown
            ]
            out.print(table(lang, ("account", "sales", "profit", "reasons"), rows))
            if len(found) > len(shown):
                out.print(Text(message(more_code, lang, n=len(found) - len(shown)), style="dim"))


def _years(out: Console, result: KeyAccountList, lang: str) -> None:
    rows = []
    for year in result.years:
        name = year_name(year.period, lang)
        rows.append(
            [
                name if year.complete else message("years.incomplete", lang, year=name),
                f"{year.accounts:,}",
                _money(year.sales, lang),
                _money(year.profit, lang),
                f"{year.set_size:,}",
                _percent(year.top_amount_share),
            ]
        )
    _title(out, message("title.years", lang))
    columns = ("year", "accounts", "sales", "profit", "set_size", "top_share")
    out.print(table(lang, columns, rows, top=result.settings.top_share))


def _losses(out: Console, result: KeyAccountList, lang: str) -> None:
    rows = [
        [
            str(row["rank"]),
            shown_name(row),
            _money(row["sales"], lang),
            _percent(row["sales_lost_share"]),
            _money(row["sales_left"], lang),
            _money(row["profit"], lang),
            _money(row.get("profit_left"), lang),
        ]
        for row in result.losses.to_pylist()
    ]
    _title(out, message("title.losses", lang))
    out.print(
        table(
            lang,
            ("rank", "account", "sales", "sales_lost_share", "sales_left", "profit", "profit_left"),
            rows,
        )
    )


def _segments(out: Console, result: KeyAccountList, lang: str) -> None:
    for field, told in result.segments.items():
        rows = [
            [
                row["segment"] or "—",
                f"{row['accounts']:,}",
                _money(row["sales"], lang),
                _percent(row["sales_share"]),
                _money(row["profit"], lang),
                f"{row['set_size']:,}",
                _percent(row["top_amount_share"]),
            ]
            for row in told.slice(0, SEGMENTS_SHOWN).to_pylist()
        ]
        columns = (field, "accounts", "sales", "segment_sales_share", "profit_before_service", "set_size", "top_share")  # fmt: skip
        _title(out, message(f"title.{field}", lang))
        out.print(table(lang, columns, rows, top=result.settings.top_share))


def _ledger(out: Console, ledger: Ledger, lang: str) -> None:
    report = ledger.report
    _title(out, message("title.read", lang))
    values = {"files": len(report.files), "rows": report.rows, "accepted": report.accepted, "money": report.money_accepted,
              "refused": report.refused, "money_refused": report.money_refused, "blank": report.blank}  # fmt: skip
    out.print(Text(message("read.files", lang, **values)))
    if report.money_in_totals:
        out.print(Text(message("read.totals", lang, money=report.money_in_totals)))
    ok = report.reconciles
    out.print(
        Text(
            message("read.reconciles" if ok else "read.does_not_reconcile", lang),
            style="green" if ok else "bold red",
        )
    )
    for source in ledger.sources:
        file = next(one for one in report.files if one.place == source.tables[0].place)
        pairs = (", " if lang == "en" else "，").join(
            f"{field}={column}" for field, column in file.columns.items()
        )
        place = file.place if file.encoding in (None, "utf-8") else f"{file.place} ({file.encoding.upper()})"
        out.print(Text(message("read.columns", lang, place=place, pairs=pairs), style="dim"), soft_wrap=True)
        for field, columns in file.left_out.items():
            out.print(Text(message("read.left_out", lang, field=field, columns=columns), style="yellow"))
        for code, note_values in file.notes:
            out.print(Text(f"· {message(code, lang, **note_values)}"))


def _store(out: Console, store: LedgerStore, lang: str) -> None:
    held = store.current_imports
    values = {
        "imports": len(held),
        "lines": sum(one.current_lines for one in held),
        "money": sum((one.current_amount for one in held), Decimal(0)),
        "snapshot": store.snapshot,
        "last": held[-1].import_id,
    }
    _title(out, message("title.read", lang))
    out.print(Text(message("store.read", lang, **values)))
    out.print(Text(message("store.again", lang, snapshot=store.snapshot), style="dim"))


def refused(out: Console, inputs: Inputs, lang: str, *, has_out: bool) -> None:
    """The first refused rows of all files, and how to get the rest."""
    # Real trouble first: rows of totals stand at the end of many exports and need nobody's care.
    rows = sorted(inputs.outcome.refused, key=lambda row: row.is_total)
    if not rows:
        return
    _title(out, message("title.refused", lang))
    for row in rows[:REFUSED_SHOWN]:
        told = message("read.refused", lang, row=row.row, reason=row.reason(lang))
        out.print(Text(f"{row.place} {told}"), soft_wrap=True)
    if len(rows) > REFUSED_SHOWN:
        out.print(Text(message("read.refused_more", lang, n=len(rows) - REFUSED_SHOWN)))
    if not has_out:
        out.print(Text(message("read.refused_hint", lang), style="dim"))


_RIGHT = frozenset(
    [
        "rank",
        "accounts",
        "sales",
        "profit",
        "sales_running_share",
        "sales_year_before",
        "change",
        "lines",
        "set_size",
        "top_share",
        "sales_lost_share",
        "sales_left",
        "profit_left",
        "segment_sales_share",
        "profit_before_service",
    ]
)


def table(lang: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], **values: Any) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        right = column in _RIGHT
        shown.add_column(
            message(f"column.{column}", lang, **values),
            justify="right" if right else "left",
            no_wrap=right or column == "verdict",
            overflow="fold",  # the ellipsis of Rich eats characters of Chinese, which has no blanks to break at
        )
    for row in rows:
        shown.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return shown


def _title(out: Console, text: str) -> None:
    out.print()
    out.print(Text(text, style="bold"))


def _money(amount: Any, lang: str) -> str:
    return "—" if amount is None else show_money(amount, lang)


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"


def _change(growth: float | None) -> str:
    if growth is None:
        return "—"
    return f"{'↑' if growth >= 0 else '↓'} {abs(growth):.1%}"
