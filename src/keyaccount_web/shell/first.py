"""What should somebody do first? Counted over what they see, by what they may do; each opens its list."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, of_visible, sees_all, visible_accounts
from keyaccount_web.approvals.services import waiting_for
from keyaccount_web.cover.models import DueTouch
from keyaccount_web.cover.presets import KEY_TIERS
from keyaccount_web.find.lists.reading import visible_entries
from keyaccount_web.find.models import KeyAccountList, ListEntry
from keyaccount_web.know.events.services import occasions_seen_by
from keyaccount_web.know.plans.models import AccountPlan
from keyaccount_web.know.year.services import targets_seen_by

KEPT_SECONDS = 60
COMING_DAYS = 14


@dataclass(frozen=True)
class FirstThing:
    """One line of home."""

    code: str
    """Of its sentence, which has `n`."""
    icon: str
    n: int
    url: str


def first_things(user: User) -> list[FirstThing]:
    """Those that there are any of, the most pressing first."""
    waiting = waiting_for(user)
    found = [FirstThing("home.waiting", "list-check", waiting, reverse("approvals"))] if waiting else []
    counted = _counted(user)
    return found + [
        FirstThing(f"home.{one.name}", one.icon, counted[one.name], f"{reverse(one.url_name)}{one.query}")
        for one in _LISTS
        if counted.get(one.name)
    ]


@dataclass(frozen=True)
class _List:
    """A list of which some rows are to be looked at."""

    name: str
    icon: str
    url_name: str
    query: str
    rows: Callable[[User], QuerySet[Any]]


def _undecided(user: User) -> QuerySet[Any]:
    """Entries of a list in review which somebody may still decide about."""
    rows = visible_entries(user).filter(
        key_list__state=KeyAccountList.State.IN_REVIEW, proposed=True, decision=ListEntry.Decision.OPEN
    )
    return rows if may(user, Right.REVIEW_LIST) else rows.none()


def _without_owner(user: User) -> QuerySet[Any]:
    rows = visible_accounts(user).filter(owner=None, figures__in_set=True)
    return rows if may(user, Right.ASSIGN) else rows.none()


def _overdue(user: User) -> QuerySet[Any]:
    """For those who lead others; one's own stand in a box of their own."""
    late = Q(due_until=None) | Q(due_until__lt=timezone.localdate())
    rows = of_visible(DueTouch.objects.filter(late, tier__in=KEY_TIERS), user)
    return rows if may(user, Right.ASSIGN) else rows.none()


def _plans(user: User) -> QuerySet[Any]:
    """Key accounts without a plan of this year: for those who write them and those who approve them."""
    planned = AccountPlan.objects.filter(account=OuterRef("pk"), year=timezone.localdate().year)
    rows = visible_accounts(user).filter(~Exists(planned), figures__verdict="key")
    return rows if may(user, Right.EDIT_ACCOUNTS) or may(user, Right.APPROVE_PLANS) else rows.none()


def _targets(user: User) -> QuerySet[Any]:
    return targets_seen_by(user).filter(standing="behind")


def _occasions(user: User) -> QuerySet[Any]:
    today = timezone.localdate()
    return occasions_seen_by(user).filter(
        next_on__gte=today, next_on__lte=today + dt.timedelta(days=COMING_DAYS)
    )


_LISTS = (
    _List("review", "star", "key_lists", "", _undecided),
    _List("without_owner", "user-plus", "accounts", "?verdict=in_set&whose=nobody", _without_owner),
    _List("overdue", "calendar", "due_touches", "?whose=key&state=overdue", _overdue),
    _List("plans", "flag", "account_plans", "?whose=missing", _plans),
    _List("targets", "arrow-down", "customer_targets", "?whose=behind", _targets),
    _List("occasions", "calendar", "events", "?whose=coming", _occasions),
)


def _counted(user: User) -> dict[str, int]:
    """How many each list has, in one query; over the whole company it is kept for a minute."""
    key = f"first:{user.pk}"
    if sees_all(user) and (kept := cache.get(key)) is not None:
        return dict(kept)
    told = (
        User.objects.filter(pk=user.pk)
        .annotate(**{f"n_{one.name}": _number(one.rows(user)) for one in _LISTS})
        .values(*(f"n_{one.name}" for one in _LISTS))
        .get()
    )
    found = {name.removeprefix("n_"): n for name, n in told.items()}
    if sees_all(user):
        cache.set(key, found, KEPT_SECONDS)
    return found


def _number(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().annotate(every=Value(1)).values("every").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)
