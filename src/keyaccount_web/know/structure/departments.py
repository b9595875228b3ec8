"""Which departments has an account, which belongs to which, and who sits there? (K2)

A person's file says their department by its name, as it was typed or imported; a record of that name adds where it belongs. What
is typed is never changed but by who renames or moves: a name without a record stands at the top as a department of its own.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from simple_history.utils import bulk_update_with_history

from keyaccount.know.relations import circle
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.record_kit import RecordChangedError, RecordError, changed
from keyaccount_web.know.structure.models import Department

DEEPEST_SHOWN = 4


@dataclass
class Unit:
    """A department as the page and the API tell it."""

    name: str
    record: Department | None
    """None: so far only people's files name it."""
    people: list[Contact] = field(default_factory=list)
    depth: int = 0
    """How many it belongs to, one above the other."""

    @property
    def indent(self) -> int:
        """Steps to the right on the page, which a phone has room for."""
        return min(self.depth, DEEPEST_SHOWN)


def departments_of(account: Account, people: Iterable[Contact] | None = None) -> list[Unit]:
    """Each with who sits there, above before below; `people`: all of the account, where they are at hand."""
    records = {one.name: one for one in account.departments.all()}
    units = {name: Unit(name, one) for name, one in records.items()}
    for contact in account.contacts.all() if people is None else people:
        if name := contact.department:
            units.setdefault(name, Unit(name, records.get(name))).people.append(contact)
    above = {name: _parent(one, units) for name, one in units.items()}
    told: list[Unit] = []
    open_ones = [(name, 0) for name in reversed(_beside(units, above, ""))]
    while open_ones:
        name, depth = open_ones.pop()
        units[name].depth = depth
        told.append(units[name])
        open_ones += [(one, depth + 1) for one in reversed(_beside(units, above, name))]
    return told


def _parent(one: Unit, units: Mapping[str, Unit]) -> str:
    """One that is gone is none."""
    told = one.record.parent if one.record else ""
    return told if told in units else ""


def _beside(units: Mapping[str, Unit], above: Mapping[str, str], parent: str) -> list[str]:
    """Those below `parent` in their order; those of whom nobody has said it come last."""
    found = [name for name in units if above[name] == parent]
    return sorted(found, key=lambda name: ((r := units[name].record) is None, r.order if r else 0, name))


def keep_department(
    account: Account,
    *,
    values: Mapping[str, Any],
    record: Department | None = None,
    version: int | None = None,
    people: Iterable[Contact] | None = None,
    sat: Iterable[int] | None = None,
) -> Department:
    """New or changed: `name`, `parent` (a name), `order`, `note`. A new name is given to all who sit there; `people`: exactly those.
    `sat`: ids of who sat there when it was read; None: whoever did.

    Raises RecordError `people.department_unnamed`, `people.department_there`, `people.department_unknown`,
    `people.department_circle`; RecordChangedError, also `people.department_seated` where somebody was moved in or out since.
    """
    name, parent = ((values.get(one) or "").strip() for one in ("name", "parent"))
    if not name:
        raise RecordError("people.department_unnamed")
    kept = {
        "name": name,
        "parent": parent,
        "order": values.get("order") or 0,
        "note": values.get("note") or "",
    }
    with transaction.atomic():
        # Two who put each other above at once would make a circle: one account, one at a time.
        Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        before = record.name if record is not None else name
        if people is not None and sat is not None:
            _check_seats(account, before, {one.pk for one in people}, set(sat))
        check_parent(name, parent, _over(account, before, name), _names(account, before, name))
        if name != before and account.contacts.filter(department=name).exists():
            raise RecordError("people.department_there", name=name)
        try:
            with transaction.atomic():
                if record is None:
                    held = Department.objects.create(account=account, **kept)
                else:
                    held = changed(record, version, kept)
        except IntegrityError:
            raise RecordError("people.department_there", name=name) from None
        if name != before:
            _seat(account.contacts.filter(department=before), name)
            below = list(account.departments.filter(parent=before))
            for one in below:
                changed(one, None, {"parent": name})
        if people is not None:
            sitting = {one.pk for one in people}
            _seat(account.contacts.filter(department=name).exclude(pk__in=sitting), "")
            _seat(account.contacts.filter(pk__in=sitting).exclude(department=name), name)
    return held


def _check_seats(account: Account, name: str, wanted: set[int], sat: set[int]) -> None:
    """Whether nobody was moved in or out of a department since it was read, of whom the list says otherwise."""
    now = set(account.contacts.filter(department=name).values_list("pk", flat=True))
    if now in (sat, wanted):
        return
    moved = account.contacts.filter(pk__in=now ^ sat).order_by("pk").values_list("name", flat=True)
    error = RecordChangedError("people.department_seated", name=name, people=list(moved))
    error.now = {"sat": told_seats(now)}
    raise error


def told_seats(ids: Iterable[int]) -> str:
    """As a form keeps who sat there: numbers, parted by commas."""
    return ",".join(str(pk) for pk in sorted(ids))


def remove_department(record: Department) -> None:
    """Those below come under the one above. Raises RecordError `people.department_used` while somebody sits there."""
    account = record.account
    with transaction.atomic():
        n = account.contacts.filter(department=record.name).count()
        if n:
            raise RecordError("people.department_used", name=record.name, n=n)
        for one in account.departments.filter(parent=record.name):
            changed(one, None, {"parent": record.parent})
        record.delete()


def check_parent(name: str, parent: str, over: Mapping[str, str], known: Iterable[str]) -> None:
    """Whether one can belong to another, by what belongs to what so far and which names there are.

    Raises RecordError `people.department_unknown`, `people.department_circle`.
    """
    if not parent:
        return
    if parent != name and parent not in known:
        raise RecordError("people.department_unknown", name=parent)
    above: dict[Hashable, Hashable] = {key: value for key, value in over.items() if value}
    if circle(above, name, parent):
        raise RecordError("people.department_circle", name=name, above=parent)


def _over(account: Account, before: str, name: str) -> dict[str, str]:
    """Which belongs to which, the changed one by its new name."""
    rows = account.departments.values_list("name", "parent")
    return {name if one == before else one: name if above == before else above for one, above in rows}


def _names(account: Account, before: str, name: str) -> set[str]:
    typed = set(account.contacts.exclude(department="").values_list("department", flat=True))
    return ({*account.departments.values_list("name", flat=True), *typed} - {before}) | {name}


def _seat(contacts: Any, name: str) -> None:
    people = list(contacts)
    for one in people:
        one.department = name
    if people:
        bulk_update_with_history(people, Contact, ["department"], batch_size=500)
