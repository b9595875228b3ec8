"""Which accounts does the page offer that records a touch, and what does it need of them where there is no connection?"""

from collections import defaultdict
from typing import Any

from django.db.models import F, Q

from keyaccount_web.access.models import User
from keyaccount_web.access.scope import accounts_by_team, visible_accounts
from keyaccount_web.cover.models import Touch
from keyaccount_web.know.models import Account, Contact, SeenAccount

RECENT, OWN = 8, 120


def offered_accounts(user: User, chosen: Account | None) -> list[Account]:
    """The one chosen, those seen last, one's own with the most sales; three queries."""
    seen = visible_accounts(user)
    recent = SeenAccount.objects.filter(user=user, account__in=seen).order_by("-at")
    ids = list(recent.values_list("account_id", flat=True)[:RECENT])
    last = list(seen.filter(pk__in=ids))
    last.sort(key=lambda one: ids.index(one.pk))
    own = seen.filter(Q(owner=user) | Q(pk__in=accounts_by_team(user)))
    own = own.order_by(F("figures__sales").desc(nulls_last=True), "code")[:OWN]
    found: dict[int, Account] = {}
    for one in [*([chosen] if chosen else []), *last, *own]:
        found.setdefault(one.pk, one)
    return list(found.values())


def known_of(user: User, accounts: list[Account]) -> dict[str, Any]:
    """Of each account its people, and where `user` checked in there last: kept in the browser for where there is no connection."""
    people: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for one in Contact.objects.filter(account__in=accounts).order_by("name"):
        people[one.account_id].append({"pk": one.pk, "name": one.name, "title": one.title})
    places = Touch.objects.filter(
        by=user, account__in=accounts, removed_at=None, latitude__isnull=False
    ).order_by("began_at")
    at = {
        account_id: [float(latitude or 0), float(longitude or 0)]
        for account_id, latitude, longitude in places.values_list("account_id", "latitude", "longitude")
    }
    return {
        str(one.pk): {"name": one.name, "people": people[one.pk], "at": at.get(one.pk)} for one in accounts
    }
