"""Which tier and kind has each account, as standards ask for them? (C2, C3)"""

from collections.abc import Collection
from decimal import Decimal

import pyarrow as pa

from keyaccount_web.know.models import Account

BOUNDS = (
    ("diamond", 100_000),
    ("platinum", 50_000),
    ("gold", 30_000),
    ("silver", 20_000),
    ("jade", 10_000),
    ("crystal", 0),
)
"""Of key accounts by their monthly sales, the lower bound included; the smallest are in the last tier, whatever they buy."""


def tiered_accounts(ids: Collection[int] | None = None) -> pa.Table:
    """One row per account that a standard may hold for: account_id (pk as text), tier, kind, since; `ids`: only these. One query.

    Until tiers are kept as records, those that the current run calls key have one, by a twelfth of their sales; the others none.
    """
    rows = Account.objects.filter(figures__verdict="key")
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    told = list(rows.order_by("pk").values_list("pk", "figures__sales", "kind_figures__kind"))
    return pa.table(
        {
            "account_id": pa.array([str(pk) for pk, _, _ in told], pa.string()),
            "tier": pa.array([_tier(sales / 12) for _, sales, _ in told], pa.string()),
            "kind": pa.array([kind or None for _, _, kind in told], pa.string()),
            "since": pa.nulls(len(told), pa.date32()),
        }
    )


def _tier(monthly: Decimal) -> str:
    return next((tier for tier, least in BOUNDS if monthly >= least), BOUNDS[-1][0])
