"""What of an account's group stands on its page, so that a group of thousands opens as fast as one of ten? (K2)"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from keyaccount_web.know.members import Told, told_below, top_of
from keyaccount_web.know.models import Account

MOST = 120
"""Rows of a group that are shown."""
NEAREST = 40
"""Of the way up, the nearest; the top is shown in any case."""
DEEPEST_SHOWN = 8


@dataclass(frozen=True)
class Member:
    """One row of the tree."""

    account: Told
    depth: int
    """Steps to the right."""
    left_out: int
    """Of those directly below it, how many are not shown."""


@dataclass(frozen=True)
class Group:
    """The group from its top, as far as it may be seen; the largest sales first among those below one."""

    rows: list[Member]
    count: int
    """Of all its members that may be seen."""


def group_of(told: Account, visible: QuerySet[Account]) -> Group:
    """The whole group, or of a large one what lies nearest: the way up, those below the account and beside it, then level by level.

    Two queries, however large it is.
    """
    top = top_of(told, visible)
    members = {one.pk: one for one in told_below(top, visible)}
    below, above = _children(top, list(members.values()))
    if not above:
        return Group([], 0)
    way = _way_up(told.pk, above)
    shown = _nearest(way, top.pk, below, above)
    begins = [top.pk, way[-1]] if way[-1] != top.pk and above[way[-1]] not in shown else [top.pk]
    return Group(list(_rows(begins, shown, below, members)), len(above) + 1)


def _children(top: Account, members: list[Told]) -> tuple[dict[int, list[int]], dict[int, int]]:
    """Parent → those below, and each → its parent; of what hangs together from the top on."""
    by_parent: dict[int, list[int]] = {}
    for one in sorted(members, key=lambda one: (-(one.sales or Decimal(0)), one.code)):
        if one.pk != top.pk and one.parent_id is not None:
            by_parent.setdefault(one.parent_id, []).append(one.pk)
    below: dict[int, list[int]] = {}
    above: dict[int, int] = {}
    level = [top.pk]
    while level:
        for pk in level:
            below[pk] = by_parent.pop(pk, [])
            above |= dict.fromkeys(below[pk], pk)
        level = [child for pk in level for child in below[pk]]
    return below, above


def _way_up(told: int, above: dict[int, int]) -> list[int]:
    way = [told]
    while way[-1] in above and len(way) < NEAREST:
        way.append(above[way[-1]])
    return way


def _nearest(way: list[int], top: int, below: dict[int, list[int]], above: dict[int, int]) -> set[int]:
    """Which members are shown; whoever is has the one above it shown, too, but for the top of a way that is too long."""
    told = way[0]
    shown = {top, *way}
    for those in (below[told], below[above.get(told, top)]):
        shown |= set([one for one in those if one not in shown][: (MOST - len(shown)) // 2])
    level = [top]
    while level and len(shown) < MOST:
        level = [child for one in level for child in below[one]]
        new = [one for one in level if one not in shown and above[one] in shown]
        shown |= set(new[: MOST - len(shown)])
    return shown


def _rows(
    begins: list[int], shown: set[int], below: dict[int, list[int]], members: dict[int, Told]
) -> Iterator[Member]:
    open_ones = [
        (one, depth) for depth, one in reversed(list(enumerate(begins)))
    ]  # a group may be deeper than calls can be
    while open_ones:
        pk, depth = open_ones.pop()
        children = [one for one in below[pk] if one in shown]
        if pk in members:
            yield Member(members[pk], min(depth, DEEPEST_SHOWN), len(below[pk]) - len(children))
        open_ones += [(one, depth + 1) for one in reversed(children)]
