"""Which parts has the file of an account? Each chapter adds its own from its AppConfig.ready().

add_part(Part("need", lambda accounts: ids_with(Need, accounts), "need_new"))
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Model, QuerySet, Value, prefetch_related_objects

from keyaccount.know.completeness import FULL_ENOUGH, PARTS, Completeness, completeness
from keyaccount.language import message
from keyaccount_web.company.kinds import Preset, Share, Whole
from keyaccount_web.company.presets import settings_of
from keyaccount_web.know.models import Account


@dataclass(frozen=True)
class Part:
    """One thing that a full file has, weighed by the setting `completeness.<name>`."""

    name: str
    has: Callable[[list[Account]], set[int] | QuerySet[Any, int]]
    """Of these accounts, whose `contacts` are at hand, those that have it: known already, or as the ids that a query gives."""
    url_name: str
    """Where it is filled in; takes the account's pk."""


_parts: dict[str, Part] = {}


def add_part(part: Part) -> None:
    """Adding it again replaces it. A part needs a weight in the presets and a text `completeness.missing.<name>`."""
    _parts[part.name] = part


def parts() -> dict[str, Part]:
    return dict(_parts)


def files_of(accounts: Iterable[Account]) -> list[Completeness]:
    """The score of each account's file by pk, the least complete first; two queries, however many parts."""
    told = list(accounts)
    weights = {name: weight for name, weight in settings_of("completeness.").items() if name in _parts}
    if not told or not any(weights.values()):
        return []
    prefetch_related_objects(told, "contacts")
    have = _have({name: _parts[name].has(told) for name, weight in weights.items() if weight})
    filled = [(one.pk, [name for name, those in have.items() if one.pk in those]) for one in told]
    return completeness(filled, weights)


def _have(asked: Mapping[str, set[int] | QuerySet[Any, int]]) -> dict[str, set[int]]:
    """All that is to be asked of the database as one question."""
    have = {name: told if isinstance(told, set) else set() for name, told in asked.items()}
    queries = [
        told.annotate(part=Value(name)).values_list("part", "account_id")
        for name, told in asked.items()
        if not isinstance(told, set)
    ]
    if queries:
        for name, account in queries[0].union(*queries[1:]):
            have[name].add(account)
    return have


def ids_with(model: type[Model], accounts: Iterable[Account]) -> QuerySet[Any, int]:
    """Of these accounts those that have a record of a kind."""
    rows = model._default_manager.filter(account__in=[one.pk for one in accounts])
    return rows.order_by().values_list("account_id", flat=True)


def presets() -> tuple[Preset, ...]:
    """The weight of each part, and from where on a file is complete."""
    weights = tuple(
        Whole(f"completeness.{name}", weight, _label(name), most=100) for name, weight in PARTS.items()
    )
    return (Share("completeness.enough", Decimal(str(FULL_ENOUGH))), *weights)


def _label(name: str) -> Callable[[str], str]:
    return lambda lang: message("setting.completeness", lang, part=message(f"completeness.part.{name}", lang))


def _with(field: str) -> Callable[[list[Account]], set[int]]:
    return lambda accounts: {one.pk for one in accounts if getattr(one, field)}


def _two_contacts(accounts: list[Account]) -> set[int]:
    return {one.pk for one in accounts if len(one.contacts.all()) > 1}


def _reachable(accounts: list[Account]) -> set[int]:
    return {one.pk for one in accounts if any(each.phone or each.email for each in one.contacts.all())}


def add_own_parts() -> None:
    """Those of the account itself and its people."""
    for field in ("address", "industry", "tax_number"):
        add_part(Part(field, _with(field), "account_edit"))
    add_part(Part("two_contacts", _two_contacts, "contact_new"))
    add_part(Part("reachable", _reachable, "account"))
