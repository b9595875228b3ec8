"""Which touches may somebody see, and when was an account last spoken with? (C3)"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Max, QuerySet
from django.utils import timezone

from keyaccount_web.access.models import User
from keyaccount_web.access.scope import of_visible
from keyaccount_web.cover.models import Touch
from keyaccount_web.know.models import Account

LATELY = 90
"""Days after which a file asks for a visit or call."""


def visible_touches(user: User) -> QuerySet[Touch]:
    """Touches of the accounts that `user` may see, those taken back left out."""
    seen = of_visible(Touch.objects.filter(removed_at=None), user)
    return seen.select_related("account", "by")


def last_touch(
    accounts: Iterable[Account] | QuerySet[Account], *, kinds: Iterable[str] | None = None
) -> Mapping[int, dt.datetime]:
    """When each account (by pk) was last spoken with; those never spoken with are absent. One query.

    `kinds`: only these of `Touch.Kind`. The accounts are ones that the reader may see.
    """
    touches = Touch.objects.filter(account__in=accounts, removed_at=None)
    if kinds is not None:
        touches = touches.filter(kind__in=list(kinds))
    found = touches.order_by().values("account").annotate(last=Max("began_at"))
    return dict(found.values_list("account", "last"))


def lately_touched(accounts: Iterable[Account]) -> QuerySet[Any, int]:
    """Of these accounts (by pk) those with a visit or call within `LATELY` days."""
    since = timezone.now() - dt.timedelta(days=LATELY)
    rows = Touch.objects.filter(
        account__in=[one.pk for one in accounts], removed_at=None, began_at__gte=since
    )
    return rows.order_by().values_list("account_id", flat=True)
