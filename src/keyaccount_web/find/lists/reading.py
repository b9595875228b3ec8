"""Who may see which list, and what of it? What is on it now, exceptions counted?"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from keyaccount.reasons import Reason
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Reach, Right
from keyaccount_web.access.scope import current_posts, may, sees_all, visible_accounts
from keyaccount_web.find.models import KeyAccountList, ListEntry, ListException
from keyaccount_web.know.models import Account
from keyaccount_web.runs.services import without_the_whole
from keyaccount_web.work.texts import say

GUARDS = ("profitless", "one_time", "big_ticket")


def lists_seen_by(user: User) -> QuerySet[KeyAccountList]:
    """Published ones by everybody who sees accounts, those in review by reviewers, drafts by those who calculate or publish."""
    states = KeyAccountList.State
    if may(user, Right.RUN) or may(user, Right.PUBLISH):
        return KeyAccountList.objects.all()
    if all(post.reach == Reach.NONE for post in current_posts(user)):
        return KeyAccountList.objects.none()
    seen = [states.PUBLISHED, states.SUPERSEDED]
    if may(user, Right.REVIEW_LIST):
        seen.append(states.IN_REVIEW)
    return KeyAccountList.objects.filter(state__in=seen)


def sees_lists(user: User) -> bool:
    """Whether there may be anything for somebody on the pages of lists."""
    return any(post.reach != Reach.NONE for post in current_posts(user))


def sees_whole(user: User) -> bool:
    """Whether counts and sums of the whole list are for their eyes."""
    return sees_all(user) and may(user, Right.COMPANY_FIGURES)


def entries_seen_by(user: User, told: KeyAccountList) -> QuerySet[ListEntry]:
    entries = told.entries.all()
    return entries if sees_all(user) else entries.filter(account__in=visible_accounts(user))


def visible_entries(user: User) -> QuerySet[ListEntry]:
    """Entries of any list, of lists and accounts that somebody may see: what comments hang on."""
    return ListEntry.objects.filter(
        key_list__in=lists_seen_by(user), account__in=visible_accounts(user)
    ).select_related("account", "key_list")


def may_review(user: User, told: KeyAccountList) -> bool:
    """Whether somebody may decide about their accounts of it."""
    return told.is_open and may(user, Right.REVIEW_LIST) and lists_seen_by(user).filter(pk=told.pk).exists()


def may_ask(user: User) -> bool:
    """Who asks for publication has seen all of it."""
    return may(user, Right.REVIEW_LIST) and sees_whole(user)


def reasons_told(user: User, reasons: Iterable[dict[str, Any]], lang: str) -> list[str]:
    """Kept reasons in words; shares and thresholds of the whole only for those who may see them."""
    told = [Reason(one["code"], one["values"]) for one in reasons]
    if not may(user, Right.COMPANY_FIGURES):
        told = [without_the_whole(one) for one in told]
    return [say(one.code, lang, one.values) for one in told]


def money(entry: ListEntry, name: str) -> Decimal | None:
    """A figure of an entry that is money."""
    kept = entry.figures.get(name)
    return None if kept is None else Decimal(kept)


def on_list(entries: QuerySet[ListEntry]) -> QuerySet[ListEntry]:
    return entries.filter(decision__in=ListEntry.ON_LIST)


@dataclass(frozen=True)
class Progress:
    """How far the decisions are."""

    proposed: int
    undecided: int
    """Of those proposed."""
    accepted: int
    refused: int
    added: int

    @property
    def decided(self) -> int:
        return self.proposed - self.undecided

    @property
    def on_list(self) -> int:
        return self.accepted + self.added


def progress(entries: QuerySet[ListEntry]) -> Progress:
    is_open = Q(decision=ListEntry.Decision.OPEN)
    told = entries.order_by().aggregate(
        n_proposed=Count("pk", filter=Q(proposed=True)),
        n_undecided=Count("pk", filter=Q(proposed=True) & is_open),
        n_accepted=Count("pk", filter=Q(decision=ListEntry.Decision.ACCEPTED)),
        n_refused=Count("pk", filter=Q(decision=ListEntry.Decision.REFUSED)),
        n_added=Count("pk", filter=Q(decision=ListEntry.Decision.ADDED)),
    )
    return Progress(**{name.removeprefix("n_"): n for name, n in told.items()})


@dataclass(frozen=True)
class Member:
    """An account on a published list, by an entry or by an exception."""

    account_id: int
    """pk of the record."""
    code: str
    """As the account is known now."""
    name: str
    entry: ListEntry | None
    exception: ListException | None
    """By which it came on the list."""


def members(told: KeyAccountList, *, until: dt.date | None = None) -> list[Member]:
    """Who is on a list now: as it was decided, with the exceptions granted since (`until` a day: by then), in their order.

    Of an open list those count, too, that are proposed and not decided yet.
    """
    found: dict[int, Member] = {}
    wanted = Q(decision__in=ListEntry.ON_LIST)
    if told.is_open:
        wanted |= Q(proposed=True, decision=ListEntry.Decision.OPEN)
    entries = told.entries.filter(wanted).select_related("account__merged_into")
    for entry in entries:
        account = _survivor(entry.account)
        found.setdefault(account.pk, Member(account.pk, account.code, entry.name, entry, None))
    for one in granted(told):
        if until is not None and (one.decided_at is None or timezone.localdate(one.decided_at) > until):
            continue
        account = _survivor(one.account)
        if one.action == ListException.Action.REMOVE:
            found.pop(account.pk, None)
        else:
            found[account.pk] = Member(account.pk, account.code, account.name, None, one)
    return list(found.values())


def granted(told: KeyAccountList) -> QuerySet[ListException]:
    """The exceptions in force, in the order of their granting."""
    found = told.exceptions.filter(state=ListException.State.GRANTED)
    return found.select_related("account__merged_into").order_by("decided_at", "pk")


def _survivor(account: Account) -> Account:
    """An entry of which another account of the same list has the like stays with the merged one."""
    return account.merged_into or account


def published_list(year: int) -> KeyAccountList | None:
    """The list in force in a year."""
    return KeyAccountList.objects.filter(year=year, state=KeyAccountList.State.PUBLISHED).first()


def list_before(told: KeyAccountList) -> KeyAccountList | None:
    """The published list of the nearest year before."""
    found = KeyAccountList.objects.filter(year__lt=told.year, state=KeyAccountList.State.PUBLISHED)
    return found.select_related("run").order_by("-year").first()


@dataclass(frozen=True)
class OnList:
    """How an account stands on the newest published list."""

    key_list: KeyAccountList
    is_on_list: bool
    entry: ListEntry | None
    exception: ListException | None


def standing_of_account(account: Account, year: int) -> OnList | None:
    """On the published list of `year`, else of the newest year before; None: none is published."""
    published = KeyAccountList.objects.filter(state=KeyAccountList.State.PUBLISHED, year__lte=year)
    told = published.order_by("-year").first()
    if told is None:
        return None
    entry = told.entries.filter(account=account).first()
    exception = granted(told).filter(account=account).last()
    is_on = bool(entry and entry.is_on_list)
    if exception is not None:
        is_on = exception.action == ListException.Action.ADD
    return OnList(told, is_on, entry, exception)
