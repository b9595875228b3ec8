"""What could not be judged, and what must a reader of the list keep in mind?"""

import calendar
import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.find.settings import FindSettings
from keyaccount.reasons import Reason

if TYPE_CHECKING:
    from keyaccount.find.key_accounts import Summary

# A ledger that ends so near to a month's end was meant to be looked at to that end.
DAYS_FROM_MONTH_END = 7


def notes_on(
    fields: Collection[str],
    cost_to_serve: Any | None,
    summary: "Summary",
    settings: FindSettings,
    listed: pa.Table,
    tops: Mapping[str, str],
    *,
    history: bool,
    first_day: dt.date,
    last_day: dt.date,
) -> tuple[Reason, ...]:
    """All notes on one run, in the order of their weight; `fields`: those that the ledger has; `history`: it holds the year before."""
    notes = []
    year = summary.periods.year
    if "cost" not in fields:
        notes.append(Reason("note.no_cost", {}))
    elif summary.profit_accounts < summary.accounts:
        notes.append(
            Reason(
                "note.cost_incomplete",
                {"accounts": summary.accounts - summary.profit_accounts, "share": settings.cost_coverage},
            )
        )
    if cost_to_serve is None and "cost" in fields:
        notes.append(Reason("note.no_cost_to_serve", {}))
    if cost_to_serve is not None and _has_undated(cost_to_serve):
        notes.append(Reason("note.undated_service", {}))
    if cost_to_serve is not None:
        notes += _served_outside(cost_to_serve, listed, tops)
    if "order_id" not in fields:
        notes.append(Reason("note.no_orders", {}))
    if not history:
        notes.append(
            Reason("note.history_short", {"first": first_day, "needed": summary.periods.year_before.begin})
        )
    if first_day > year.begin + dt.timedelta(days=settings.history_days):
        notes.append(Reason("note.year_short", {"first": first_day, "begin": year.begin}))
    month_end = dt.date(last_day.year, last_day.month, calendar.monthrange(last_day.year, last_day.month)[1])
    if settings.until is None and 0 < (month_end - last_day).days <= DAYS_FROM_MONTH_END:
        notes.append(Reason("note.month_end", {"last": last_day, "month_end": month_end}))
    if last_day > year.until:
        notes.append(Reason("note.later_lines", {"last": last_day, "until": year.until}))
    if tied := _tied_at_line(listed, summary.smallest_in_set, settings):
        notes.append(Reason("note.tied_at_line", {"accounts": tied}))
    if summary.positive_accounts < summary.accounts:
        notes.append(Reason("note.not_positive", {"accounts": summary.accounts - summary.positive_accounts}))
    if summary.verdicts["rising"]:
        notes.append(Reason("note.no_season", {}))
    return tuple(notes)


def _tied_at_line(listed: pa.Table, smallest: Decimal | None, settings: FindSettings) -> int:
    """Accounts outside the set that are as large as the smallest in it: their ids alone keep them out."""
    if smallest is None:
        return 0
    outside = listed.filter(pc.invert(listed["in_set"].fill_null(False)))
    return (
        pc.sum(pc.equal(outside[settings.basis], pa.scalar(smallest, outside[settings.basis].type))).as_py()
        or 0
    )


def _served_outside(cost_to_serve: pa.Table, listed: pa.Table, tops: Mapping[str, str]) -> list[Reason]:
    """Costs of accounts that have no line in the year count nowhere; that is said."""
    known = set(listed["account_id"].to_pylist())
    outside = [
        row
        for row in cost_to_serve.to_pylist()
        if tops.get(row["account_id"], row["account_id"]) not in known
    ]
    if not outside:
        return []
    accounts = sorted({row["account_id"] for row in outside})
    money = sum((row["amount"] for row in outside), Decimal(0))
    return [Reason("note.served_outside", {"n": len(accounts), "money": money, "accounts": accounts})]


def _has_undated(cost_to_serve: pa.Table) -> bool:
    return "date" not in cost_to_serve.column_names or cost_to_serve["date"].null_count > 0
