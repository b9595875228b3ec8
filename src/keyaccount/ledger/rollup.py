"""How are millions of lines condensed without losing what any figure of `find` needs? (R1)

The grain is account × date × order × region: any year, also one that begins in mid-month, is exact on it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ibis

from keyaccount.money import AMOUNT
from keyaccount.tables import INVOICE_LINES, ROLLUP, memory_table, require

ROLLUP_KEYS = ("account_id", "date", "order_id", "region")
MEASURES = tuple(name for name in ROLLUP.columns if name not in ROLLUP_KEYS)


@dataclass(frozen=True)
class Condensed:
    """What `find` needs of a ledger, however the ledger is kept."""

    rollup: Any
    """Ibis table (`tables.ROLLUP`); the keys may repeat, so each line with its measures will do."""
    names: Any
    """Ibis table (`tables.ACCOUNT_NAMES`)."""
    fields: frozenset[str]
    """The fields that the ledger has; what is missing is not judged."""
    lines: Any = None
    """The invoice lines where they are not condensed yet, so that names are looked for in part of them; None: a store."""
    all_lines: Callable[[], Any] | None = None
    """Gives the invoice lines, for what the rollup does not hold; of a store they take longer."""


def condensed(lines: Any) -> Condensed:
    """What `find` needs of invoice lines, not summed yet: `find` sums by account, which does both at once.

    Raises TableError `column.missing`.
    """
    return Condensed(measured(lines), account_names(lines), frozenset(lines.columns), lines, lambda: lines)


def measured(lines: Any, *, within: Sequence[str] = ()) -> Any:
    """Each invoice line with the measures of the rollup, so that figures are made of either alike.

    Parameters
    ----------
    lines : one row per invoice line; cost, freight, order_id and region may be missing.
    within : further columns to keep (the import that brought the line, say).

    Raises
    ------
    TableError `column.missing`.
    """
    require(lines, INVOICE_LINES.name, *INVOICE_LINES.needed)
    nothing = ibis.literal(0).cast(AMOUNT)
    cost = lines.cost if "cost" in lines.columns else ibis.null().cast(AMOUNT)
    freight = lines.freight.fill_null(nothing) if "freight" in lines.columns else nothing
    order_id = lines.order_id if "order_id" in lines.columns else ibis.null().cast("string")
    region = lines.region if "region" in lines.columns else ibis.null().cast("string")
    told = lines.select(
        *within,
        "account_id",
        "date",
        "net_amount",
        order_id=order_id,
        region=region,
        cost=cost,
        freight=freight,
    )
    has_cost = told.cost.notnull()
    size = told.net_amount.abs()
    return told.select(
        *within,
        *ROLLUP_KEYS,
        "net_amount",
        lines=ibis.literal(1).cast("int64"),
        positive_lines=(told.net_amount > 0).cast("int64"),
        lines_with_cost=has_cost.cast("int64"),
        abs_amount=size,
        abs_amount_with_cost=has_cost.ifelse(size, nothing),
        # Back to 18 digits, which are summed several times as fast as more.
        gross_profit=has_cost.ifelse(told.net_amount - told.cost - told.freight, nothing).cast(AMOUNT),
    )


def rollup(lines: Any, *, within: Sequence[str] = ()) -> Any:
    """Sum invoice lines by account, date, order and region (`tables.ROLLUP`), and by the columns `within`.

    Raises TableError `column.missing`.
    """
    told = measured(lines, within=within)
    return told.group_by(*within, *ROLLUP_KEYS).agg(**{name: told[name].sum() for name in MEASURES})


def rollup_lines(lines: Any, account_id: str) -> Any:
    """The invoice lines behind the rollup's rows of one account."""
    return lines.filter(lines.account_id == account_id)


def account_names(lines: Any, *, within: Sequence[str] = ()) -> Any:
    """Which names did each account bear, and until when? (`tables.ACCOUNT_NAMES`, and the columns `within`)"""
    if "account_name" not in lines.columns:
        return memory_table({"account_id": "string", "account_name": "string", "last_date": "date"})
    named = lines.filter(lines.account_name.notnull() & lines.account_id.notnull())
    return named.group_by(*within, "account_id", "account_name").agg(last_date=named.date.max())
