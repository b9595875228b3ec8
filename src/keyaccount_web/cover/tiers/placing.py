"""How is a customer placed by hand, and taken back? (C2)"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from keyaccount.cover.tiers import CHANNELS, TIERS
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.cover.tiers.computing import refresh_soon
from keyaccount_web.cover.tiers.models import Placement
from keyaccount_web.know.models import Account
from keyaccount_web.know.record_kit import RecordError, changed


def may_place(user: User) -> bool:
    """Who assigns accounts decides on their channel."""
    return may(user, Right.ASSIGN)


def place(
    *,
    by: User,
    account: Account,
    channel: str,
    tier: str = "",
    reason: str,
    until: dt.date | None = None,
    version: int | None = None,
) -> Placement:
    """Put a customer into a channel, before every rule; where it is placed already, otherwise.

    Raises RecordError `placement.unknown_channel`, `placement.other_tier`, `placement.no_reason`, `placement.past`, `placement.member`; RecordChangedError.
    """
    values = {**checked(account, channel, tier, reason, until), "placed_by": by}
    with transaction.atomic():
        held, is_new = Placement.objects.select_for_update(of=("self",)).get_or_create(
            account=account, defaults=values
        )
        told = held if is_new else changed(held, version, values)
        refresh_soon()
    return told


def checked(account: Account, channel: str, tier: str, reason: str, until: dt.date | None) -> dict[str, Any]:
    """The fields of a placement. Raises RecordError, as `place`."""
    if channel not in CHANNELS:
        raise RecordError("placement.unknown_channel", channel=channel, allowed=list(CHANNELS))
    if tier and tier not in {one.name for one in TIERS if one.channel == channel}:
        raise RecordError("placement.other_tier", tier=tier, channel=channel)
    if not reason.strip():
        raise RecordError("placement.no_reason")
    if until is not None and until < timezone.localdate():
        raise RecordError("placement.past", until=until)
    if account.parent_id is not None:
        raise RecordError("placement.member", name=account.name)
    return {"channel": channel, "tier": tier, "reason": reason.strip(), "until": until}


def take_back(account: Account) -> None:
    """The rules decide again; what was stays in the history."""
    with transaction.atomic():
        Placement.objects.filter(account=account).delete()
        refresh_soon()
