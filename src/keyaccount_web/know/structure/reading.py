"""Who is on a map of an account, what do they do and think there, and what is missing? (K2)"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from keyaccount.know.relations import PersonState, Relations, relations
from keyaccount.language import message
from keyaccount.reasons import Reason
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.structure.models import Influence, InfluenceMap, MapPerson, Relation, Stand, Tie
from keyaccount_web.shell.templatetags.pages import lang


@dataclass
class Person:
    """One card of a map."""

    contact: Contact
    relation: Relation | None
    """As they stand in their own company."""
    stand: Stand | None
    """As the map has it; None: nothing known, or not on this map."""
    touches: int
    """In the year to now; of tied people those about this account."""
    last_touch: dt.datetime | None
    tie: Tie | None = None
    """Of somebody of another customer's."""
    depth: int = 0
    """Superiors above."""

    @property
    def state(self) -> PersonState:
        told = self.stand
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
        return self.stand is not None and self.stand.column is not None


@dataclass
class PeopleMap:
    """All that a map of an account shows."""

    people: list[Person]
    """Superiors before those below them, then those tied to the account; on a topic's map those not on it, too."""
    lines: list[Influence]
    told: Relations
    by_pk: dict[int, Person] = field(default_factory=dict)
    ties: list[Tie] = field(default_factory=list)
    """People of other customers who count here, too, those who no longer do among them."""
    chosen: InfluenceMap | None = None
    """None: the standing one."""
    seen: set[int] = field(default_factory=set)
    """Accounts of tied people that the reader may open."""

    @property
    def on_it(self) -> list[Person]:
        """Of a topic's map those who were put on it; of the standing one everybody."""
        return [one for one in self.people if self.chosen is None or one.stand is not None]


def people_map(
    account: Account,
    chosen: InfluenceMap | None = None,
    *,
    single_needs: int = 0,
    reader: User | None = None,
) -> PeopleMap:
    """The people of an account with what a map says of them, and those of others who count here; at most seven queries whatever
    their number. `single_needs` are of the account, and count on its standing map alone. `reader`: who may not see a tied person's
    own customer is not told who it is, neither on cards nor in warnings; None: for no reader, with all names.
    """
    until = timezone.localdate()
    own = people_of(account.contacts.all())
    by_pk = {one.contact.pk: one for one in own}
    for one in own:
        one.depth = _depth(one, by_pk)
    own.sort(key=lambda one: (one.depth, one.contact.name, one.contact.pk))
    ties = list(ties_of(account))
    seen = seen_homes(reader, ties) if reader is not None else set()
    if reader is not None:
        for tie in ties:
            if tie.contact.account_id not in seen:
                tie.contact.name = nameless(tie)
    tied = [_tied(one) for one in ties if _counts(one, account, until)]
    people = [*own, *tied]
    by_pk |= {one.contact.pk: one for one in tied}
    if chosen is not None:
        told_there = {one.contact_id: one for one in chosen.people.select_related("covered_by")}
        for one in people:
            one.stand = told_there.get(one.contact.pk)
    lines = [
        one for one in account.influences.filter(map=chosen) if {one.source_id, one.target_id} <= set(by_pk)
    ]
    for line in lines:
        line.map = chosen
        line.source, line.target = by_pk[line.source_id].contact, by_pk[line.target_id].contact
    found = PeopleMap(people, lines, relations([], until=until), by_pk, ties, chosen, seen)
    states = [one.state for one in found.on_it]
    found.told = relations(states, until=until, single_needs=0 if chosen else single_needs)
    if chosen is not None and not states:
        found.told = replace(found.told, warnings=(Reason("people.nobody_on_map", {}),))
    return found


def seen_homes(reader: User, ties: Iterable[Tie]) -> set[int]:
    """The accounts of tied people that `reader` may open."""
    ids = {one.contact.account_id for one in ties}
    return set(visible_accounts(reader).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()


def nameless(tie: Tie) -> str:
    """What somebody is called for who may not see their own customer: by what they are here."""
    return tie.title or message("tie.on_map", lang())


def name_for(reader: User, account: Account, contact: Contact) -> str:
    """What somebody of the account, or tied to it, is called for `reader`."""
    if contact.account_id == account.pk:
        return contact.name
    tie = Tie.objects.filter(account=account, contact=contact).select_related("contact").first()
    return contact.name if tie is None or seen_homes(reader, [tie]) else nameless(tie)


def ties_of(account: Account) -> QuerySet[Tie]:
    """With the people, their own accounts, and how often we met them in the year to now about this one."""
    here = Q(contact__touches__account=account, contact__touches__removed_at=None)
    return account.ties.select_related("contact__account", "covered_by").annotate(
        touched=Count(
            "contact__touches", filter=here & Q(contact__touches__began_at__gte=_year_ago()), distinct=True
        ),
        last_touched=Max("contact__touches__began_at", filter=here),
    )


def _counts(one: Tie, account: Account, until: dt.date) -> bool:
    """Not after its last day, and not of somebody who was merged into the account itself."""
    return (one.until is None or one.until >= until) and one.contact.account_id != account.pk


def _tied(one: Any) -> Person:
    return Person(one.contact, None, one, one.touched, one.last_touched, tie=one)


def people_of(contacts: QuerySet[Contact]) -> list[Person]:
    """What we know of each on the standing map, and how often we met in the year to now; depths are of a map only."""
    found = contacts.select_related("account", "relation__covered_by", "relation__reports_to").annotate(
        touched=Count(
            "touches", filter=Q(touches__removed_at=None, touches__began_at__gte=_year_ago()), distinct=True
        ),
        last_touched=Max("touches__began_at", filter=Q(touches__removed_at=None)),
    )
    return [
        Person(one, told := getattr(one, "relation", None), told, one.touched, one.last_touched)
        for one in found
    ]


def _year_ago() -> dt.datetime:
    return timezone.now() - dt.timedelta(days=365)


def _depth(person: Person, by_pk: Mapping[int, Person]) -> int:
    depth, seen = 0, {person.contact.pk}
    above = person.relation.reports_to_id if person.relation else None
    while above is not None and above in by_pk and above not in seen:
        seen.add(above)
        depth += 1
        told = by_pk[above].relation
        above = told.reports_to_id if told else None
    return depth


def stand_on(account: Account, chosen: InfluenceMap | None, contact: Contact) -> Stand | None:
    """What a map says of somebody; None: nothing yet."""
    if chosen is not None:
        return MapPerson.objects.filter(map=chosen, contact=contact).first()
    if contact.account_id != account.pk:
        return Tie.objects.filter(account=account, contact=contact).first()
    return Relation.objects.filter(contact=contact).first()
