"""How are millions of lines condensed without losing what any figure of `find` needs? (R1)

The grain is account × date × order: any year, also one that begins in mid-month, is exact on it.
"""

from typing import Any

import ibis

from keyaccount.money import AMOUNT
from keyaccount.tables import INVOICE_LINES, require


def measured(lines: Any) -> Any:
    """Each invoice line with the measures of the rollup, so that figures are made of either alike.

    Parameters
    ----------
    lines : one row per invoice line; cost, freight and order_id may be missing.

    Raises
    ------
    TableError `column.missing`.
    """
    require(lines, INVOICE_LINES.name, *INVOICE_LINES.needed)
    nothing = ibis.literal(0).cast(AMOUNT)
    cost = lines.cost if "cost" in lines.columns else ibis.null().cast(AMOUNT)
    freight = lines.freight.fill_null(nothing) if "freight" in lines.columns else nothing
    order_id = lines.order_id if "order_id" in lines.columns else ibis.null().cast("string")
    told = lines.select("account_id", "date", "net_amount", order_id=order_id, cost=cost, freight=freight)
    has_cost = told.cost.notnull()
    size = told.net_amount.abs()
    return told.select(
        "account_id",
        "date",
        "order_id",
        "net_amount",
        lines=ibis.literal(1).cast("int64"),
        positive_lines=(told.net_amount > 0).cast("int64"),
        lines_with_cost=has_cost.cast("int64"),
        abs_amount=size,
        abs_amount_with_cost=has_cost.ifelse(size, nothing),
        # Back to 18 digits, which are summed several times as fast as more.
        gross_profit=has_cost.ifelse(told.net_amount - told.cost - told.freight, nothing).cast(AMOUNT),
    )


def rollup(lines: Any) -> Any:
    """Sum invoice lines by account, date and order (`tables.ROLLUP`).

    Raises TableError `column.missing`.
    """
    told = measured(lines)
    keys = ("account_id", "date", "order_id")
    sums = {name: told[name].sum() for name in told.columns if name not in keys}
    return told.group_by(*keys).agg(**sums)


def rollup_lines(lines: Any, account_id: str) -> Any:
    """The invoice lines behind the rollup's rows of one account."""
    return lines.filter(lines.account_id == account_id)
