"""What of two accounts becomes one when they do, what stays with the merged one, and what must be put right then? (K9)

A chapter says it of its records, in AppConfig.ready(); whatever it says nothing of moves as it stands:

    add_like(InfluenceMap)          # of one name: what hangs on the merged account's goes to the kept one's
    add_staying(Tie, own_ties)      # these stay with the merged account
    add_settling(settled)           # values that must follow, once all has moved
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models

from keyaccount_web.access.models import User
from keyaccount_web.duplicates.references import Reference, references_to
from keyaccount_web.know.models import Account

Pair = tuple[models.Model, models.Model]
"""The merged account's record, and the kept account's of the same name."""


@dataclass(frozen=True)
class Came:
    """What has moved by now."""

    survivor: Account
    merged: Account
    ids: Mapping[type[models.Model], set[int]]
    """Of records that came to the survivor or to one of its records."""
    pairs: Mapping[type[models.Model], list[Pair]]

    def has(self, record: models.Model) -> bool:
        return record.pk in self.ids.get(type(record), set())


@dataclass(frozen=True)
class Settled:
    """A record of which `values` are to be others; one without a key is to be made."""

    record: models.Model
    values: Mapping[str, Any] = field(default_factory=dict)


Staying = Callable[[Account, Account], set[int]]
"""Merged account, survivor → ids of the merged account's records that stay with it."""
Settle = Callable[[Came], Iterable[Settled]]

_LIKE: dict[type[models.Model], str] = {}
_STAYING: dict[type[models.Model], Staying] = {}
_SETTLING: list[Settle] = []


def add_like(model: type[models.Model], by: str = "name") -> None:
    """Two records of one `by` are one."""
    _LIKE[model] = by


def add_staying(model: type[models.Model], staying: Staying) -> None:
    _STAYING[model] = staying


def add_settling(settle: Settle) -> None:
    if settle not in _SETTLING:
        _SETTLING.append(settle)


def pairs_of(model: type[models.Model], merged: Account, survivor: Account) -> list[Pair]:
    """The records of both accounts that are one."""
    if model not in _LIKE:
        return []
    name = _LIKE[model]
    rows = model._default_manager.filter
    kept = {getattr(one, name): one for one in rows(account=survivor)}
    return [
        (one, kept[getattr(one, name)])
        for one in rows(account=merged).order_by("pk")
        if getattr(one, name) in kept
    ]


def stays(model: type[models.Model], merged: Account, survivor: Account) -> set[int]:
    """Ids of the records that stay with the merged account whatever the survivor has."""
    return _STAYING[model](merged, survivor) if model in _STAYING else set()


def join(merged: Account, survivor: Account, *, user: User, reason: str) -> tuple[Came, list[dict[str, Any]]]:
    """Let what hangs on the merged account's records hang on the survivor's of the same name; gives what is needed to undo it."""
    ids: defaultdict[type[models.Model], set[int]] = defaultdict(set)
    pairs: dict[type[models.Model], list[Pair]] = {}
    told = []
    for model in _LIKE:
        pairs[model] = pairs_of(model, merged, survivor)
        for old, new in pairs[model]:
            for one in references_to(model):
                free, _ = one.parted(old, new)
                if free:
                    one.move(free, new, user=user, reason=reason)
                    ids[one.model] |= set(free)
                    told.append(
                        {"model": one.label, "field": one.field, "ids": free, "from": old.pk, "to": new.pk}
                    )
    return Came(survivor, merged, ids, pairs), told


def joined_of(told: Mapping[str, Any]) -> tuple[Reference | None, Any, Any]:
    """The reference that an entry of `join` names, whom it points at now, and whom before; None: they are gone."""
    model = _model(told["model"])
    if model is None:
        return None, None, None
    target: Any = model._meta.get_field(told["field"]).related_model
    there = target._base_manager.in_bulk([told["from"], told["to"]])
    return Reference(model, told["field"]), there.get(told["to"]), there.get(told["from"])


def settle(came: Came, reason: str) -> list[dict[str, Any]]:
    """Put right what the chapters say, each before they look on; gives what is needed to undo it."""
    return [_settle(one, reason) for do in _SETTLING for one in do(came)]


def _settle(one: Settled, reason: str) -> dict[str, Any]:
    record = one.record
    told: dict[str, Any] = {"model": record._meta.label_lower}
    if record.pk is not None:
        told["before"] = {name: _plain(record, name) for name in one.values}
        _count(record)
    for name, value in one.values.items():
        setattr(record, name, value)
    _save(record, reason)
    names = one.values if "before" in told else _all_fields(record)
    return told | {"pk": record.pk, "after": {name: _plain(record, name) for name in names}}


def unsettle(entries: Iterable[Mapping[str, Any]], reason: str) -> None:
    """Give the values back, the last first; what was changed since, or is gone, stays so."""
    for told in reversed(list(entries)):
        model = _model(told["model"])
        record = model._base_manager.filter(pk=told["pk"]).first() if model else None
        if record is None:
            continue
        if "before" in told:
            for name, value in told["before"].items():
                if _plain(record, name) == told["after"][name]:
                    setattr(record, name, value)
            _count(record)
            _save(record, reason)
        elif all(_plain(record, name) == value for name, value in told["after"].items()):
            record._change_reason = reason  # type: ignore[attr-defined]  # as simple_history takes it
            record.delete()


def _model(label: str) -> type[models.Model] | None:
    """None: there is no such kind of record any more."""
    try:
        return apps.get_model(label)
    except LookupError:
        return None


def _all_fields(record: models.Model) -> list[str]:
    return [one.attname for one in record._meta.concrete_fields if one.attname not in ("id", "version")]


def _plain(record: models.Model, name: str) -> Any:
    return record._meta.get_field(name).value_from_object(record)  # type: ignore[union-attr]  # no relation from elsewhere


def _count(record: Any) -> None:
    if hasattr(record, "version"):
        record.version += 1


def _save(record: Any, reason: str) -> None:
    record._change_reason = reason
    record.save()
