"""How are millions of lines condensed without losing what any figure of `find` needs? (R1)

The grain is account × date × order: any year, also one that begins in mid-month, is exact on it.
"""

from typing import Any

import ibis

from keyaccount.money import AMOUNT, TOTAL
from keyaccount.tables import INVOICE_LINES, require


def rollup(lines: Any) -> Any:
    """Sum invoice lines by account, date and order (`tables.ROLLUP`).

    Parameters
    ----------
    lines : one row per invoice line; cost, freight and order_id may be missing.

    Raises
    ------
    TableError `column.missing`.
    """
    require(lines, INVOICE_LINES.name, *INVOICE_LINES.needed)
    cost = lines.cost if "cost" in lines.columns else ibis.null().cast(AMOUNT)
    freight = (
        lines.freight.fill_null(ibis.literal(0).cast(AMOUNT))
        if "freight" in lines.columns
        else ibis.literal(0).cast(AMOUNT)
    )
    order_id = lines.order_id if "order_id" in lines.columns else ibis.null().cast("string")
    told = lines.select("account_id", "date", "net_amount", order_id=order_id, cost=cost, freight=freight)
    has_cost = told.cost.notnull()
    total = ibis.literal(0).cast(TOTAL)
    return told.group_by("account_id", "date", "order_id").agg(
        lines=told.count(),
        positive_lines=told.count(where=told.net_amount > 0),
        lines_with_cost=told.count(where=has_cost),
        net_amount=told.net_amount.sum(),
        abs_amount=told.net_amount.abs().sum(),
        abs_amount_with_cost=told.net_amount.abs().sum(where=has_cost).fill_null(total),
        gross_profit=(told.net_amount - told.cost - told.freight).sum(where=has_cost).fill_null(total),
    )


def rollup_lines(lines: Any, account_id: str) -> Any:
    """The invoice lines behind the rollup's rows of one account."""
    return lines.filter(lines.account_id == account_id)
