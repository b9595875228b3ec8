"""How are the people of an account kept, placed on its map, and judged? (K2)"""

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from keyaccount.know.relations import ROLES, PersonState, Relations, circle, relations
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.record_kit import RecordError, changed
from keyaccount_web.know.structure.models import Influence, Relation, Tie

COLUMNS, ROWS = 60, 40
"""Steps of a map."""
ALONE_IN_A_ROW = 6
FIELDS = ("reports_to", "roles", "stance", "political", "front_line", "covered_by")


@dataclass
class Person:
    """One card of the map."""

    contact: Contact
    relation: Relation | None
    touches: int
    last_touch: dt.datetime | None
    depth: int = 0
    """Superiors above."""

    @property
    def state(self) -> PersonState:
        told = self.relation
        return PersonState(
            self.contact.pk,
            self.contact.name,
            frozenset(told.roles if told else ()),
            told.stance if told else "",
            told.political if told else "",
            self.touches,
            timezone.localdate(self.last_touch) if self.last_touch else None,
        )

    @property
    def is_placed(self) -> bool:
        return self.relation is not None and self.relation.column is not None


@dataclass
class PeopleMap:
    """All that the map of an account shows."""

    people: list[Person]
    lines: list[Influence]
    told: Relations
    by_pk: dict[int, Person] = field(default_factory=dict)
    ties: list[Tie] = field(default_factory=list)
    """People of other customers who count here, too."""


def people_map(account: Account, *, single_needs: int = 0) -> PeopleMap:
    """The people of an account with what we know of them, and those of others who count here; five queries whatever their number."""
    until = timezone.localdate()
    people = people_of(account.contacts.all())
    by_pk = {one.contact.pk: one for one in people}
    for one in people:
        one.depth = _depth(one, by_pk)
    people.sort(key=lambda one: (one.depth, one.contact.name, one.contact.pk))
    lines = list(
        Influence.objects.filter(source__account=account, target__account=account).select_related(
            "source", "target"
        )
    )
    ties = list(ties_of(account))
    states = [one.state for one in people] + [
        _tied(one) for one in ties if one.until is None or one.until >= until
    ]
    told = relations(states, until=until, single_needs=single_needs)
    return PeopleMap(people, lines, told, by_pk, ties)


def ties_of(account: Account) -> QuerySet[Tie]:
    """With the people and their own accounts."""
    return account.ties.select_related("contact__account").annotate(
        touched=Count("contact__touches", filter=Q(contact__touches__account=account, contact__touches__removed_at=None), distinct=True),
        last_touched=Max("contact__touches__began_at", filter=Q(contact__touches__account=account, contact__touches__removed_at=None)),
    )  # fmt: skip


def _tied(one: Any) -> PersonState:
    """As the checks take them: by what they are here."""
    last = timezone.localdate(one.last_touched) if one.last_touched else None
    return PersonState(
        ("tie", one.pk), one.contact.name, frozenset(one.roles), one.stance, one.political, one.touched, last
    )


def keep_tie(
    *,
    account: Account,
    contact: Contact,
    roles: Iterable[str] = (),
    record: Tie | None = None,
    version: int | None = None,
    **values: Any,
) -> Tie:
    """Somebody of another customer's counts here, too; new or put right.

    Raises RecordError `people.own_tie`, `people.tie_there`, `people.unknown_role`, `people.tie_order`; RecordChangedError.
    """
    told = list(dict.fromkeys(roles))
    if not _are_roles(told):
        raise RecordError("people.unknown_role", roles=told)
    if contact.account_id == account.pk:
        raise RecordError("people.own_tie", name=contact.name)
    if values.get("since") and values.get("until") and values["until"] < values["since"]:
        raise RecordError("people.tie_order", since=values["since"], until=values["until"])
    kept = {**values, "contact": contact, "roles": sorted(told, key=list(ROLES).index)}
    try:
        with transaction.atomic():
            if record is None:
                return Tie.objects.create(account=account, **kept)
            return changed(record, version, kept)
    except IntegrityError:
        raise RecordError("people.tie_there", name=contact.name) from None


def people_of(contacts: QuerySet[Contact]) -> list[Person]:
    """What we know of each, and how often we met in the year to now; depths are of a map only."""
    year_ago = timezone.now() - dt.timedelta(days=365)
    found = contacts.select_related("account", "relation__covered_by", "relation__reports_to").annotate(
        touched=Count(
            "touches", filter=Q(touches__removed_at=None, touches__began_at__gte=year_ago), distinct=True
        ),
        last_touched=Max("touches__began_at", filter=Q(touches__removed_at=None)),
    )
    return [Person(one, getattr(one, "relation", None), one.touched, one.last_touched) for one in found]


def keep_relation(contact: Contact, *, version: int | None, values: Mapping[str, Any]) -> Relation:
    """What is known of a person, new or changed. `version`: of what was read, None where nothing was.

    Raises RecordError `people.own_superior`, `people.circle`, `people.other_account`, `people.unknown_role`; RecordChangedError.
    """
    told = {name: values.get(name) for name in FIELDS}
    told["roles"] = (
        sorted(set(told["roles"] or []), key=list(ROLES).index) if _are_roles(told["roles"]) else None
    )
    if told["roles"] is None:
        raise RecordError("people.unknown_role", roles=list(values.get("roles") or []))
    told |= {name: told[name] or "" for name in ("stance", "political", "front_line")}
    with transaction.atomic():
        # Two who put each other's superior in at once would make a circle: one account, one at a time.
        Account.objects.select_for_update(of=("self",)).get(pk=contact.account_id)
        above = told["reports_to"]
        if above is not None:
            _check_superior(contact, above)
        held = Relation.objects.filter(contact=contact).first()
        if held is None:
            return Relation.objects.create(contact=contact, **told)
        return changed(held, version, told)


def place(contact: Contact, column: int | None, row: int | None, *, version: int | None) -> Relation:
    """Put a person on the map, or park them (None). Raises RecordError `people.off_the_map`; RecordChangedError."""
    is_parked = column is None or row is None
    if not is_parked and not (0 <= (column or 0) < COLUMNS and 0 <= (row or 0) < ROWS):
        raise RecordError("people.off_the_map", columns=COLUMNS, rows=ROWS)
    told = {"column": None, "row": None} if is_parked else {"column": column, "row": row}
    with transaction.atomic():
        held, is_new = Relation.objects.get_or_create(contact=contact)
        return changed(held, None if is_new else version, told)


def arrange(account: Account) -> int:
    """Place all by their reporting lines, superiors above, those below in their middle. Gives how many were placed."""
    told = people_map(account)
    below: defaultdict[int | None, list[int]] = defaultdict(list)
    for one in told.people:
        above = one.relation.reports_to_id if one.relation else None
        below[above if above in told.by_pk else None].append(one.contact.pk)
    # Above before below; those in no line at all stand in rows under the others.
    order: list[int] = []
    open_ones = [pk for pk in reversed(below[None]) if below[pk]]
    while open_ones:
        order.append(open_ones.pop())
        open_ones += reversed(below[order[-1]])
    leaves = [pk for pk in order if not below[pk]]
    columns: dict[int, float] = {pk: at for at, pk in enumerate(leaves)}
    for pk in reversed(order):
        if below[pk]:
            columns[pk] = (columns[below[pk][0]] + columns[below[pk][-1]]) / 2
    cells = {pk: (round(columns[pk]), told.by_pk[pk].depth) for pk in order}
    first = max((row for _, row in cells.values()), default=-1) + 1
    alone = [pk for pk in below[None] if not below[pk]]
    cells |= {pk: (at % ALONE_IN_A_ROW, first + at // ALONE_IN_A_ROW) for at, pk in enumerate(alone)}
    taken: set[tuple[int, int]] = set()
    with transaction.atomic():
        for one in told.people:
            cell = _free(cells[one.contact.pk], taken)
            taken.add(cell)
            place(one.contact, *cell, version=one.relation.version if one.relation else None)
    return len(told.people)


def _free(cell: tuple[int, int], taken: set[tuple[int, int]]) -> tuple[int, int]:
    """The cell, or the next free one to its right and below; a map has room for all whom we know somewhere."""
    at = min(cell[1], ROWS - 1) * COLUMNS + min(cell[0], COLUMNS - 1)
    while (at % COLUMNS, at // COLUMNS % ROWS) in taken:
        at += 1
    return at % COLUMNS, at // COLUMNS % ROWS


def draw(source: Contact, target: Contact, kind: str) -> None:
    """Draw a line, or take it away where it is there. Raises RecordError `people.own_line`, `people.other_account`."""
    with transaction.atomic():
        held, is_new = line(source, target, kind)
        if not is_new:
            held.delete()


def line(source: Contact, target: Contact, kind: str) -> tuple[Influence, bool]:
    """The line between two people, and whether it is new. Raises RecordError `people.own_line`, `people.other_account`."""
    if source.pk == target.pk:
        raise RecordError("people.own_line", name=source.name)
    if source.account_id != target.account_id:
        raise RecordError("people.other_account", name=target.name)
    return Influence.objects.get_or_create(source=source, target=target, kind=kind)


def _are_roles(told: Iterable[str] | None) -> bool:
    return set(told or ()) <= set(ROLES)


def _check_superior(contact: Contact, above: Contact) -> None:
    if above.pk == contact.pk:
        raise RecordError("people.own_superior", name=contact.name)
    if above.account_id != contact.account_id:
        raise RecordError("people.other_account", name=above.name)
    rows = Relation.objects.filter(contact__account=contact.account_id, reports_to__isnull=False)
    over: dict[Hashable, Hashable] = dict(rows.values_list("contact", "reports_to"))
    if circle(over, contact.pk, above.pk):
        raise RecordError("people.circle", name=contact.name, above=above.name)


def _depth(person: Person, by_pk: Mapping[int, Person]) -> int:
    depth, seen = 0, {person.contact.pk}
    above = person.relation.reports_to_id if person.relation else None
    while above is not None and above in by_pk and above not in seen:
        seen.add(above)
        depth += 1
        told = by_pk[above].relation
        above = told.reports_to_id if told else None
    return depth
