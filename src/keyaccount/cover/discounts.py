"""How many customers of each tier get discounts, and how deep? (C4)"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa

from keyaccount.cover.price_cells import lines_of
from keyaccount.find.exact import TOTAL_TYPE
from keyaccount.periods import Period

_DISCOUNTS = pa.schema(
    [
        ("channel", pa.string()),
        ("tier", pa.string()),
        ("customers", pa.int64()),
        ("with_discount", pa.int64()),
        ("share", pa.float64()),
        ("list_amount", TOTAL_TYPE),
        ("net_amount", TOTAL_TYPE),
        ("depth", pa.float64()),
    ]
)


_ACCOUNTS = pa.schema(
    [
        ("account_id", pa.string()),
        ("list_amount", TOTAL_TYPE),
        ("net_amount", TOTAL_TYPE),
        ("discounted", pa.bool_()),
    ]
)


def account_discounts(
    lines: Any,
    *,
    period: Period,
    groups: Mapping[str, str] | None = None,
    merged: Mapping[str, str] | None = None,
) -> pa.Table:
    """One row per account, or group, with lines whose list price is known: account_id; list_amount; net_amount; discounted.

    The list price of a line is list_amount, else net_amount + discount; lines with list ≤ 0 or net < 0 do not count. No rows where the
    ledger has neither.
    """
    if not {"list_amount", "discount"} & set(lines.columns):
        return _ACCOUNTS.empty_table()
    told = lines_of(lines, period, groups or {}, merged or {})
    known = [told.list_amount] if "list_amount" in lines.columns else []
    if "discount" in lines.columns:
        known.append((told.net_amount + told.discount).cast("decimal(18, 4)"))
    told = told.mutate(listed=ibis.coalesce(*known))
    told = told.filter(told.listed.notnull() & (told.listed > 0) & (told.net_amount >= 0))
    by_account = told.group_by(account_id=told.group_id).agg(
        list_amount=told.listed.sum(),
        net_amount=told.net_amount.sum(),
        discounted=(told.net_amount < told.listed).any(),
    )
    return by_account.to_pyarrow().cast(_ACCOUNTS)


def discounts_by_tier(
    lines: Any,
    tiers: pa.Table,
    *,
    period: Period,
    groups: Mapping[str, str] | None = None,
    merged: Mapping[str, str] | None = None,
) -> pa.Table:
    """How many customers of each tier get discounts, and how deep.

    Parameters
    ----------
    tiers : one row per account: account_id; channel; tier [null: none] (`tiers.tiers`). Others count under null, null.

    Returns
    -------
    one row per channel and tier with lines whose list price is known, by these
        channel; tier; customers; with_discount [of them, with a line below its list price]; share [with_discount ÷ customers];
        list_amount; net_amount; depth [(list − net) ÷ list over those lines], as `account_discounts` has them.
    """
    by_account = account_discounts(lines, period=period, groups=groups, merged=merged)
    if not by_account.num_rows:
        return _DISCOUNTS.empty_table()
    places = {row["account_id"]: row for row in tiers.select(["account_id", "channel", "tier"]).to_pylist()}
    sums: dict[tuple[str | None, str | None], list[Any]] = {}
    for row in by_account.to_pylist():
        place = places.get(row["account_id"], {"channel": None, "tier": None})
        of = sums.setdefault((place["channel"], place["tier"]), [0, 0, Decimal(0), Decimal(0)])
        of[0] += 1
        of[1] += bool(row["discounted"])
        of[2] += row["list_amount"]
        of[3] += row["net_amount"]
    rows = [
        {
            "channel": channel,
            "tier": tier,
            "customers": number,
            "with_discount": discounted,
            "share": discounted / number,
            "list_amount": listed,
            "net_amount": net,
            "depth": float((listed - net) / listed),
        }
        for (channel, tier), (number, discounted, listed, net) in sorted(
            sums.items(), key=lambda one: (one[0][0] or "~", one[0][1] or "~")
        )
    ]
    return pa.Table.from_pylist(rows, schema=_DISCOUNTS)
