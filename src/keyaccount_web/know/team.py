"""Who serves an account beside its owner: collaborators, service, and the executive of ours who stands for it? (K2, C8)"""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from keyaccount_web.access.models import Post, User
from keyaccount_web.access.roles import Right, Role
from keyaccount_web.access.scope import may, of_visible
from keyaccount_web.know.models import Account, TeamMember
from keyaccount_web.know.record_kit import RecordError

Part = TeamMember.Part
EXECUTIVES = (Role.EXECUTIVE, Role.DIRECTOR)
"""Only whoever holds one of these posts can be a sponsor."""


@dataclass(frozen=True)
class Place:
    """What somebody is to be on a team, from when to when (both counted)."""

    user: User
    part: str
    since: dt.date
    until: dt.date | None = None


def members_seen_by(user: User) -> QuerySet[TeamMember]:
    """Of the accounts that `user` may see, those whose time is over, too."""
    return of_visible(TeamMember.objects.select_related("account", "user"), user)


def may_choose_team(user: User) -> bool:
    """Who is on a team sees the account: for whoever assigns accounts."""
    return may(user, Right.ASSIGN)


def check_place(account: Account, place: Place, *, record: TeamMember | None = None) -> None:
    """Raises RecordError `team.dates`, `team.no_executive`, `team.there`."""
    if place.until is not None and place.until < place.since:
        raise RecordError("team.dates", since=place.since, until=place.until)
    if place.part == Part.EXECUTIVE_SPONSOR and not _is_executive(place.user):
        raise RecordError("team.no_executive", name=place.user.name)
    if place.user.pk is None or account.pk is None:
        return  # they come with the same workbook
    others = TeamMember.objects.filter(account=account, user=place.user, part=place.part)
    others = others.filter(Q(until=None) | Q(until__gte=place.since))
    if place.until is not None:
        others = others.filter(since__lte=place.until)
    if (others.exclude(pk=record.pk) if record else others).exists():
        raise RecordError("team.there", name=place.user.name, account=account.name)


def add_member(account: Account, place: Place) -> TeamMember:
    """Put somebody on an account's team. Raises RecordError of `check_place`."""
    with transaction.atomic():
        check_place(account, place)
        values = {"user": place.user, "part": place.part, "since": place.since, "until": place.until}
        return TeamMember.objects.create(account=account, **values)


def end_member(member: TeamMember, until: dt.date) -> None:
    """It was until that day; what would end before it began was a mistake, and is removed."""
    with transaction.atomic():
        if until < member.since:
            member.delete()
        else:
            member.until = until
            member.save()


def _is_executive(user: User) -> bool:
    if user.pk is None:
        return False
    today = timezone.localdate()
    held = Post.objects.filter(user=user, role__in=EXECUTIVES, since__lte=today)
    return held.filter(Q(until=None) | Q(until__gte=today)).exists()
