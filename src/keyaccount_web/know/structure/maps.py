"""What further maps has an account, one for each topic? Made empty or as a copy of the standing one, renamed, removed (K2)."""

from typing import Any

from django.db import IntegrityError, transaction
from simple_history.utils import bulk_create_with_history

from keyaccount_web.know.models import Account
from keyaccount_web.know.record_kit import RecordError, changed
from keyaccount_web.know.structure.models import Influence, InfluenceMap, MapPerson
from keyaccount_web.know.structure.reading import people_map

COPIED = ("roles", "stance", "political", "covered_by_id", "column", "row")


def add_map(account: Account, name: str, *, is_copy: bool = False) -> InfluenceMap:
    """A map of a topic; `is_copy`: with what the standing one says of everybody, and its lines.

    Raises RecordError `people.map_unnamed`, `people.map_there`.
    """
    name = _checked(name)
    try:
        with transaction.atomic():
            made = InfluenceMap.objects.create(account=account, name=name)
            if is_copy:
                _copy(account, made)
    except IntegrityError:
        raise RecordError("people.map_there", name=name) from None
    return made


def _copy(account: Account, made: InfluenceMap) -> None:
    standing = people_map(account)
    people = [
        MapPerson(map=made, contact=one.contact, **_values(one.stand))
        for one in standing.people
        if one.stand is not None
    ]
    lines = [
        Influence(account=account, map=made, source=one.source, target=one.target, kind=one.kind)
        for one in standing.lines
    ]
    bulk_create_with_history(people, MapPerson, batch_size=500)
    bulk_create_with_history(lines, Influence, batch_size=500)


def _values(stand: Any) -> dict[str, Any]:
    return {name: getattr(stand, name) for name in COPIED}


def rename_map(chosen: InfluenceMap, name: str, *, version: int | None) -> InfluenceMap:
    """Raises RecordError `people.map_unnamed`, `people.map_there`; RecordChangedError."""
    name = _checked(name)
    try:
        with transaction.atomic():
            return changed(chosen, version, {"name": name})
    except IntegrityError:
        raise RecordError("people.map_there", name=name) from None


def remove_map(chosen: InfluenceMap) -> None:
    """With all that it says, not the people; the history stays."""
    with transaction.atomic():
        chosen.delete()


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise RecordError("people.map_unnamed")
    return name
