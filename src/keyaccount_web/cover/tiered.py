"""Which tier and kind has each account, as standards ask for them? (C2, C3)"""

from collections.abc import Collection
from decimal import Decimal

import pyarrow as pa
from django.db.models import Q, QuerySet

from keyaccount.cover.tiers import TierSettings
from keyaccount_web.know.models import Account

LARGEST_FIRST = TierSettings().of("key_account")[::-1]
"""Key accounts below every line are in the last tier, whatever they buy."""


def with_tier() -> QuerySet[Account]:
    """The accounts that a standard may hold for."""
    return Account.objects.filter(Q(place__tier__gt="") | Q(place=None, figures__verdict="key"))


def tiered_accounts(ids: Collection[int] | None = None) -> pa.Table:
    """One row per account that a standard may hold for: account_id (pk as text), tier, kind, since; `ids`: only these. One query.

    Accounts that no month-end was gone through for yet have one where the current run calls them key, by a twelfth of their sales.
    """
    rows = with_tier()
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    told = list(rows.order_by("pk").values_list("pk", "place__tier", "figures__sales", "kind_figures__kind"))
    return pa.table(
        {
            "account_id": pa.array([str(pk) for pk, *_ in told], pa.string()),
            "tier": pa.array([tier or _tier(sales / 12) for _, tier, sales, _ in told], pa.string()),
            "kind": pa.array([kind or None for *_, kind in told], pa.string()),
            "since": pa.nulls(len(told), pa.date32()),
        }
    )


def _tier(monthly: Decimal) -> str:
    return next((tier.name for tier in LARGEST_FIRST if monthly >= tier.line), LARGEST_FIRST[-1].name)
