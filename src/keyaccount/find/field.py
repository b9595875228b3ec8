"""How does the list stand against the open field, and what out there grows faster than it? (F7)"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.find.exact import decimal_of, decimals, money_of, total, units_of, with_columns

MINUTES_A_DAY = 480


@dataclass(frozen=True)
class Side:
    """The accounts on the list, or all others. Money [company currency a year]."""

    accounts: int
    """With a line in the year."""
    new_accounts: int
    """Of these, without sales in the year before."""
    gone_accounts: int
    """With sales in the year before and no line in this one; their sales of then count in the growth."""
    sales: Decimal
    sales_year_before: Decimal
    growth: float | None
    """sales ÷ sales_year_before − 1; None: not judged, since the ledger does not hold the year before or it was ≤ 0."""
    profit: Decimal | None
    """Over accounts whose profit is judged, after cost to serve; None: none is."""
    profit_accounts: int
    profit_share: float | None
    """Of the sales of those accounts."""
    cost_to_serve: Decimal | None
    """None: no cost to serve is known of any account."""
    cost_share: float | None
    """Of sales; None where those are ≤ 0."""


@dataclass(frozen=True)
class Yield:
    """What the recorded days of managers brought to one side. Money [company currency a day]; None: none was recorded."""

    days: float
    sales: Decimal | None
    profit: Decimal | None


@dataclass(frozen=True)
class Comparison:
    """List and open field beside each other."""

    listed: Side
    field: Side


def against_field(
    accounts: pa.Table, listed: Collection[str], *, history: bool, costs_known: bool = True
) -> Comparison:
    """Compare the accounts on a list with all others.

    Parameters
    ----------
    accounts : one row per account with a line in the year or in the year before (`KeyAccountList.year_accounts`):
        account_id, lines_0, sales_0, sales_1, profit_0, cost_to_serve.
    listed : account ids on the list; ids that bought in neither year count nowhere.
    history : whether the ledger holds the whole year before; growth is not judged otherwise.
    costs_known : whether any cost to serve was given at all.

    References
    ----------
    Row F7. Worked by hand in the docs, "List against field". The accounts behind are those of `side_accounts`.
    """
    return Comparison(
        *(
            _side(side_accounts(accounts, listed, on_list=on_list), history, costs_known)
            for on_list in (True, False)
        )
    )


def yields(
    accounts: pa.Table, listed: Collection[str], told: Comparison, minutes: pa.Table
) -> tuple["Yield", "Yield"]:
    """What a manager day brings on the list and in the field.

    Parameters
    ----------
    minutes : one row per account with recorded visits and calls in the year: account_id; minutes [with the customer and on the way].

    Returns
    -------
    of the list, of the field; a day is 8 hours. What was not recorded counts nowhere, so that a side whose calls nobody
    writes down looks better than it is.

    References
    ----------
    Row F7. The touches behind are those of `side_accounts`.
    """
    spent = dict(zip(minutes["account_id"].to_pylist(), minutes["minutes"].to_pylist(), strict=True))
    made = []
    for side, on_list in ((told.listed, True), (told.field, False)):
        ids = side_accounts(accounts, listed, on_list=on_list)["account_id"].to_pylist()
        total_minutes = sum(spent.get(one, 0) for one in ids)
        days = total_minutes / MINUTES_A_DAY
        made.append(
            Yield(
                days,
                _a_day(side.sales, total_minutes),
                None if side.profit is None else _a_day(side.profit, total_minutes),
            )
        )
    return made[0], made[1]


def side_accounts(accounts: pa.Table, listed: Collection[str], *, on_list: bool) -> pa.Table:
    """The accounts of one side, largest first; those that bought in neither year are left out."""
    chosen = pc.is_in(accounts["account_id"], value_set=pa.array(sorted(listed), pa.string()))
    bought = pc.greater(pc.add(accounts["lines_0"], accounts["lines_1"]), 0)
    named = accounts["account_id"].is_valid()
    side = accounts.filter(pc.and_(pc.and_(bought, named), chosen if on_list else pc.invert(chosen)))
    return side.sort_by([("sales_0", "descending"), ("account_id", "ascending")])


def faster_accounts(accounts: pa.Table, listed: Collection[str], of_list: Side) -> pa.Table:
    """The open-field accounts that grew faster than the list, those that gained most money first.

    Accounts without sales in the year before have no growth and are left out; they are the field's `new_accounts`.

    Returns
    -------
    the rows of `side_accounts` with gained [company currency] and growth. Empty where the list's growth is not judged.
    """
    field = side_accounts(accounts, listed, on_list=False)
    return _faster(field, "sales_0", "sales_1", of_list).sort_by(
        [("gained", "descending"), ("account_id", "ascending")]
    )


def faster_segments(rows: pa.Table, listed: Collection[str], of_list: Side) -> pa.Table:
    """The segments whose open-field accounts together grew faster than the list, those that gained most money first.

    Parameters
    ----------
    rows : one row per segment and account (`segments.line_segments`, `segments.account_segments`).

    Returns
    -------
    segment; accounts [with a line in the year]; sales; sales_year_before; gained [company currency]; growth.
    """
    of_field = field_segment_rows(rows, listed)
    marked = of_field.append_column("buys", pc.greater(of_field["lines"], 0).cast(pa.int64()))
    sums = marked.group_by("segment").aggregate(
        [("buys", "sum"), ("sales", "sum"), ("sales_year_before", "sum")]
    )
    sums = sums.select(["segment", "buys_sum", "sales_sum", "sales_year_before_sum"])
    sums = sums.rename_columns(["segment", "accounts", "sales", "sales_year_before"])
    return _faster(sums, "sales", "sales_year_before", of_list).sort_by(
        [("gained", "descending"), ("segment", "ascending")]
    )


def field_segment_rows(rows: pa.Table, listed: Collection[str]) -> pa.Table:
    """The rows of `line_segments` of accounts that are not on the list."""
    chosen = pc.is_in(rows["account_id"], value_set=pa.array(sorted(listed), pa.string()))
    return rows.filter(pc.invert(chosen))


def _a_day(amount: Decimal, minutes: int) -> Decimal | None:
    return None if minutes == 0 else (amount * MINUTES_A_DAY / minutes).quantize(Decimal("0.01"))


def _side(side: pa.Table, history: bool, costs_known: bool) -> Side:
    sales, before = money_of(side["sales_0"]).units, money_of(side["sales_1"]).units
    profit, costs = money_of(side["profit_0"]), money_of(side["cost_to_serve"]).units
    buys = side["lines_0"].to_numpy() > 0
    judged = profit.known & buys
    now, then, judged_sales = total(sales), total(before), total(sales[judged])
    return Side(
        accounts=int(buys.sum()),
        new_accounts=int((buys & (before <= 0)).sum()) if history else 0,
        gone_accounts=int((~buys & (before > 0)).sum()),
        sales=decimal_of(now),
        sales_year_before=decimal_of(then),
        growth=now / then - 1 if history and then > 0 else None,
        profit=decimal_of(total(profit.units[judged])) if judged.any() else None,
        profit_accounts=int(judged.sum()),
        profit_share=total(profit.units[judged]) / judged_sales if judged_sales > 0 else None,
        cost_to_serve=decimal_of(total(costs[buys])) if costs_known else None,
        cost_share=total(costs[buys]) / now if costs_known and now > 0 else None,
    )


def _faster(table: pa.Table, now: str, before: str, of_list: Side) -> pa.Table:
    """The rows that grew faster than the list, compared exactly: as products of whole numbers, which have no end."""
    if of_list.growth is None:
        faster = np.zeros(len(table), bool)
    else:
        sales, then = (money_of(table[name]).units.astype(object) for name in (now, before))
        list_now, list_then = (units_of(one) for one in (of_list.sales, of_list.sales_year_before))
        faster = (then > 0).astype(bool) & (sales * list_then > then * list_now).astype(bool)
    chosen = table.filter(pa.array(faster))
    sales, then = (money_of(chosen[name]).units for name in (now, before))
    growth = sales.astype(np.float64) / then.astype(np.float64) - 1
    return with_columns(chosen, {"gained": decimals(sales - then), "growth": pa.array(growth, pa.float64())})
