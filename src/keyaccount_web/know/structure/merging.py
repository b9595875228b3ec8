"""What of two accounts' people, maps and departments becomes one when the accounts do? (K2, K9)

Maps of one topic and departments of one name are one. Who lies where another card lies already gives way, all that came together, so
that the picture stays. Somebody of the one who was tied to the other belongs to it now: their tie is put aside with the merged account.
"""

from collections.abc import Hashable, Iterable, Iterator
from typing import Any

from django.db.models import F, Q

from keyaccount.know.relations import circle
from keyaccount_web.duplicates.joining import Came, Settled, pairs_of
from keyaccount_web.know.models import Account
from keyaccount_web.know.structure.arranging import ROWS, Cell, free_cell
from keyaccount_web.know.structure.models import (
    Department,
    Influence,
    InfluenceMap,
    MapPerson,
    Relation,
    Stand,
    Tie,
)

SAID = ("roles", "stance", "political", "covered_by_id")


def own_ties(merged: Account, survivor: Account) -> set[int]:
    """Ties of the merged account to people who are the survivor's own."""
    return set(Tie.objects.filter(account=merged, contact__account=survivor).values_list("pk", flat=True))


def drawn_twice(merged: Account, survivor: Account) -> set[int]:
    """Lines on maps of topics that the survivor's map of that name has, too."""
    likes = {old.pk: new.pk for old, new in pairs_of(InfluenceMap, merged, survivor)}
    ends = ("source_id", "target_id", "kind")
    there = set(Influence.objects.filter(map__in=list(likes.values())).values_list("map_id", *ends))
    lines = Influence.objects.filter(account=merged, map__in=likes).values_list("pk", "map_id", *ends)
    return {pk for pk, on, *line in lines if on is not None and (likes[on], *line) in there}


def settled(came: Came) -> Iterator[Settled]:
    yield from _ties(came)
    yield from _departments(came)
    yield from _standing_map(came)
    for _, new in came.pairs[InfluenceMap]:
        yield from _apart(MapPerson.objects.filter(map__pk=new.pk), came)


def _ties(came: Came) -> Iterator[Settled]:
    """What a tie says of somebody who is of the account now is told where nothing else is; the tie goes with the merged account."""
    both = Q(account__in=[came.survivor, came.merged], contact__account=came.survivor)
    for tie in Tie.objects.filter(both).order_by("pk"):
        held = Relation.objects.filter(contact=tie.contact_id).first() or Relation(contact_id=tie.contact_id)
        told = {name: value for name in SAID if not getattr(held, name) and (value := getattr(tie, name))}
        if held.column is None and tie.column is not None:
            told |= {"column": tie.column, "row": tie.row}
        if told:
            yield Settled(held, told)
        if tie.account_id == came.survivor.pk:
            yield Settled(tie, {"account_id": came.merged.pk})


def _departments(came: Came) -> Iterator[Settled]:
    """What the survivor's does not say, the merged account's of that name does; none comes to belong to itself."""
    here = list(Department.objects.filter(account=came.survivor))
    over: dict[Hashable, Hashable] = {
        one.name: one.parent for one in here if one.parent and not came.has(one)
    }
    for old, new in came.pairs[Department]:
        told = {name: value for name in ("parent", "note") if not getattr(new, name) and (value := getattr(old, name))}  # fmt: skip
        if "parent" in told and circle(over, new.name, told["parent"]):  # type: ignore[attr-defined]  # a department
            del told["parent"]
        if "parent" in told:
            over[new.name] = told["parent"]  # type: ignore[attr-defined]
        if told:
            yield Settled(new, told)
    for one in here:
        if not came.has(one) or not one.parent:
            continue
        if circle(over, one.name, one.parent):
            yield Settled(one, {"parent": ""})
        else:
            over[one.name] = one.parent


def _standing_map(came: Came) -> Iterator[Settled]:
    people = Relation.objects.filter(contact__account=came.survivor)
    tied = Tie.objects.filter(account=came.survivor).exclude(contact__account=F("account"))
    yield from _apart([*people, *tied], came)


def _apart(stands: Iterable[Any], came: Came) -> Iterator[Settled]:
    """No two on one place. Those who came keep the places they had; where one is taken, all of them stand below the others."""
    placed = [one for one in stands if one.column is not None and one.row is not None]
    new = sorted((one for one in placed if _is_new(one, came)), key=_cell)
    taken = {_cell(one) for one in placed if not _is_new(one, came)}
    if not taken & {_cell(one) for one in new}:
        return
    down = max(row for _, row in taken) + 1 - min(one.row for one in new)
    fits = max(one.row for one in new) + down < ROWS
    for one in new:
        column, row = _cell(one)
        cell = free_cell((column, row + down if fits else row), taken)
        taken.add(cell)
        if cell != (column, row):
            yield Settled(one, {"column": cell[0], "row": cell[1]})


def _cell(one: Stand) -> Cell:
    return one.column or 0, one.row or 0


def _is_new(one: Any, came: Came) -> bool:
    return came.has(one.contact if isinstance(one, Relation) else one)
