"""What may this user see and do? The one place that decides; everything that shows something asks here.

`visible_accounts(user)` for records, `visible_codes(user)` for the ledger and results, `may(user, right)` for deeds and for
figures of the whole company.
"""

import datetime as dt
from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Left
from django.utils import timezone

from keyaccount_web.access.models import OrgUnit, Post, User
from keyaccount_web.access.roles import RULES, Reach, Right, Role
from keyaccount_web.access.superiors import units_up
from keyaccount_web.know.models import Account, TeamMember


def current_posts(user: User, *, day: dt.date | None = None) -> list[Post]:
    """The posts that `user` holds today; none for one who is not signed in or switched off."""
    if not user.is_authenticated or not user.is_active:
        return []
    day = day or timezone.localdate()
    held = getattr(user, "_posts", None)
    if held is None or held[0] != day:
        posts = (
            user.posts.filter(since__lte=day).filter(Q(until=None) | Q(until__gte=day)).select_related("unit")
        )
        held = (day, list(posts))
        user._posts = held  # type: ignore[attr-defined]  # one query a request
    return held[1]


def forget_posts(user: User) -> None:
    """After a change of posts within the same request."""
    if hasattr(user, "_posts"):
        del user._posts


def may(user: User, right: Right) -> bool:
    """Whether any post of `user` allows it."""
    return any(right in RULES[Role(post.role)].rights for post in current_posts(user))


def users_who_may(right: Right) -> QuerySet[User]:
    """The other way round: everybody whom a post allows it today, those switched off left out."""
    day = timezone.localdate()
    roles = [role for role, rules in RULES.items() if right in rules.rights]
    held = Q(posts__since__lte=day) & (Q(posts__until=None) | Q(posts__until__gte=day))
    return User.objects.filter(held & Q(posts__role__in=roles), is_active=True).distinct()


def visible_accounts(user: User) -> QuerySet[Account]:
    """The accounts that `user` may see, by posts and account teams."""
    return _seen_by(user, Account.objects.all())


def of_visible(rows: QuerySet[Any], user: User) -> QuerySet[Any]:
    """The records of accounts (field `account`) that `user` may see."""
    if sees_all(user):
        # As a join, so that long lists begin with their own order and need not know all accounts first.
        return rows.filter(account__merged_into=None)
    return rows.filter(account__in=visible_accounts(user))


def visible_merged(user: User) -> QuerySet[Account]:
    """What was merged into another account and would be visible by itself."""
    return _seen_by(user, Account.with_merged.filter(merged_into__isnull=False))


def _seen_by(user: User, accounts: QuerySet[Account]) -> QuerySet[Account]:
    posts = current_posts(user)
    if not posts:
        return accounts.none()
    reaches = [_reached(user, post) for post in posts if post.reach != Reach.NONE]
    if any(reach is None for reach in reaches):
        return accounts
    conditions = [reach for reach in reaches if reach is not None]
    if not conditions:
        return accounts.none()
    return accounts.filter(reduce(or_, conditions))


def users_who_see(account: Account) -> QuerySet[User]:
    """The other way round: everybody who may see an account today, those switched off left out."""
    day = timezone.localdate()
    held = Q(posts__since__lte=day) & (Q(posts__until=None) | Q(posts__until__gte=day))
    reached = Q(posts__reach=Reach.ALL)
    if account.unit is not None:
        reached |= Q(posts__reach=Reach.SUBTREE, posts__unit__path__in=units_up(account.unit.path))
        reached |= Q(posts__reach=Reach.TEAM, posts__unit=account.unit)
    team = account.team.filter(since__lte=day).filter(Q(until=None) | Q(until__gte=day))
    # Not `~Q(…)`: that would ask about any of their posts, not about this one.
    reaches = [reach for reach in Reach if reach != Reach.NONE]
    own = Q(posts__reach__in=reaches) & (Q(pk=account.owner_id) | Q(pk__in=team.values("user")))
    return User.objects.filter(held & (reached | own), is_active=True).distinct()


def visible_codes(user: User, *, among: Collection[str] | None = None) -> list[str] | None:
    """The same accounts by the ledger's account_id, with those merged into them; None: all, so that nothing need be compared.

    `among`: only these are asked about.
    """
    if sees_all(user):
        return None
    visible = visible_accounts(user)
    merged = Account.with_merged.filter(merged_into__in=visible)
    if among is not None:
        visible, merged = visible.filter(code__in=among), merged.filter(code__in=among)
    return [*visible.values_list("code", flat=True), *merged.values_list("code", flat=True)]


def survivor_of(user: User, account_id: int) -> Account | None:
    """What a merged account leads to, where `user` may see that; None: it was not merged, or there is none."""
    return visible_accounts(user).filter(merged_accounts=account_id).first()


def sees_all(user: User) -> bool:
    """Whether every account is visible."""
    return any(post.reach == Reach.ALL for post in current_posts(user))


def visible_units(user: User) -> QuerySet[OrgUnit]:
    """The units that a user may see people and totals of."""
    posts = current_posts(user)
    if any(post.reach == Reach.ALL or Right.MANAGE_USERS in RULES[Role(post.role)].rights for post in posts):
        return OrgUnit.objects.all()
    units = [Q(pk__in=units_below(post.unit)) for post in posts if post.reach == Reach.SUBTREE]
    units += [Q(pk=post.unit_id) for post in posts]
    return OrgUnit.objects.filter(reduce(or_, units)) if units else OrgUnit.objects.none()


def visible_colleagues(user: User) -> QuerySet[User]:
    """The colleagues whose page a user may open: all for administrators, else those of the visible units; for others none."""
    if may(user, Right.MANAGE_USERS):
        return User.objects.all()
    if not may(user, Right.ASSIGN):
        return User.objects.none()
    here = Post.objects.filter(unit__in=visible_units(user))
    held = Post.objects.filter(since__lte=timezone.localdate()).exclude(until__lt=timezone.localdate())
    # Who has moved on belongs to others; who holds no post any more is still here to be succeeded.
    left = Q(pk__in=here.values("user")) & ~Q(pk__in=held.values("user"))
    return User.objects.filter(Q(pk__in=held.filter(pk__in=here).values("user")) | left)


def _reached(user: User, post: Post) -> Q | None:
    """The accounts that one post reaches; None: all of them."""
    if post.reach == Reach.ALL:
        return None
    own = Q(owner=user) | Q(pk__in=accounts_by_team(user))
    match Reach(post.reach):
        case Reach.SUBTREE:
            return own | Q(unit__in=units_below(post.unit))
        case Reach.TEAM:
            return own | Q(unit=post.unit)
        case _:
            return own


def units_below(unit: OrgUnit) -> QuerySet[OrgUnit]:
    """The unit and all under it. Not `startswith`: SQLite would take `zj` for `ZJ` in it."""
    return OrgUnit.objects.alias(top=Left("path", len(unit.path))).filter(top=unit.path).order_by()


def accounts_by_team(user: User) -> QuerySet[TeamMember, int]:
    """Ids of the accounts on whose team `user` is today."""
    day = timezone.localdate()
    members = TeamMember.objects.filter(user=user, since__lte=day).filter(Q(until=None) | Q(until__gte=day))
    return members.values_list("account_id", flat=True)
