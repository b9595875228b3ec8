"""The sheet of customers placed by hand (C2, K9)."""

from typing import Any

from keyaccount.cover.tiers import CHANNELS, TIERS
from keyaccount_web.cover.tiers.computing import refresh_soon
from keyaccount_web.cover.tiers.models import Placement
from keyaccount_web.cover.tiers.placing import checked, may_place
from keyaccount_web.imports.sheets.registry import Given, Sheet

FIELDS = ("channel", "tier", "reason", "until")


def _values(given: Given) -> dict[str, Any]:
    account = given["account"]
    told = checked(account, given["channel"], given["tier"] or "", given["reason"] or "", given["until"])
    return {"account": account, "placed_by": given.by, **told}


PLACEMENTS = Sheet(
    "placements",
    Placement,
    order=94,
    records=lambda _user, accounts: Placement.objects.filter(account__in=accounts).select_related("account"),
    told=lambda one: {name: getattr(one, name) for name in ("account", *FIELDS)},
    values=_values,
    may=may_place,
    after=lambda _accounts: refresh_soon(),
    words={
        "channel": {one: f"channel.{one}" for one in CHANNELS},
        "tier": {one.name: f"tier.{one.name}" for one in TIERS},
    },
)
