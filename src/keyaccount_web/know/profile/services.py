"""How are facts of a profile kept, and which of them is the latest? (K1)"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet, Value
from django.urls import reverse
from django.utils import timezone

from keyaccount_web.access.models import User
from keyaccount_web.know.models import Account
from keyaccount_web.know.profile.models import Credit, Finances, Production, Size
from keyaccount_web.know.provenance import checked_source
from keyaccount_web.know.record_kit import RecordError, changed, of_visible
from keyaccount_web.operate.per_request import once_a_request
from keyaccount_web.work.freshness import Dated

FIRST_YEAR = 1800


@dataclass(frozen=True)
class Part:
    """One group of the profile."""

    name: str
    sheet: str
    """Of the workbook; its columns' titles are those of the page, too."""
    model: type[Any]
    fields: tuple[str, ...]
    needed: tuple[str, ...] = ()
    money: tuple[str, ...] = ()
    """Those shown as money."""


PARTS = {
    one.name: one
    for one in (
        Part("size", "sizes", Size, ("founded_year", "staff", "sites", "capital"), money=("capital",)),
        Part("production", "productions", Production, ("products", "output", "capacity", "unit")),
        Part("finances", "finances", Finances, ("year", "revenue", "profit", "assets", "debts"), ("year",), ("revenue", "profit", "assets", "debts")),
        Part("credit", "credits", Credit, ("limit", "days", "billing", "terms", "receivables", "overdue"), money=("limit", "receivables", "overdue")),
    )
}  # fmt: skip
_BESIDE = {"unit", "year"}
"""What tells nothing by itself."""


def checked_part(part: Part, values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a fact but its account and source.

    Raises RecordError `profile.nothing`, `profile.no_year`, `profile.far_year`, `profile.negative`, `profile.overdue_part`, `profile.billing_unknown`.
    """
    told = {name: _plain(part, name, values.get(name)) for name in part.fields}
    if all(told[name] in (None, "") for name in part.fields if name not in _BESIDE):
        raise RecordError("profile.nothing")
    if any(told[name] is None for name in part.needed):
        raise RecordError("profile.no_year")
    last = timezone.localdate().year + 1
    for name in ("founded_year", "year"):
        year = told.get(name)
        if year is not None and not FIRST_YEAR <= year <= last:
            raise RecordError("profile.far_year", year=year, first=FIRST_YEAR, last=last)
    for name, one in told.items():
        if one is not None and not isinstance(one, str) and one < 0 and name != "profit":
            raise RecordError("profile.negative", value=one)
    overdue, receivables = told.get("overdue"), told.get("receivables")
    if overdue is not None and (receivables is None or overdue > receivables):
        raise RecordError("profile.overdue_part", overdue=overdue)
    if told.get("billing") and told["billing"] not in Credit.Billing.values:
        raise RecordError("profile.billing_unknown", value=told["billing"])
    return told


def _plain(part: Part, name: str, value: Any) -> Any:
    """Texts without blanks around them, never None."""
    is_text = part.model._meta.get_field(name).get_internal_type() == "CharField"
    return (value or "").strip() if is_text else value


def keep(
    part: Part,
    *,
    by: User,
    account: Account,
    source: Mapping[str, Any],
    record: Any = None,
    version: int | None = None,
    **values: Any,
) -> Any:
    """A new fact, or one put right. Raises as `checked_part`; FactError; RecordChangedError."""
    kept = {**checked_part(part, values), **checked_source(by=by, **source)}
    with transaction.atomic():
        if record is None:
            return part.model._default_manager.create(account=account, **kept)
        return changed(record, version, kept)


def facts_of(account: Account) -> dict[str, list[Any]]:
    """The facts of each part, the latest first."""
    return {
        name: list(part.model._default_manager.filter(account=account).select_related("recorded_by"))
        for name, part in PARTS.items()
    }


def latest_of(accounts: Iterable[Account]) -> dict[int, dict[str, dt.date]]:
    """The day of the latest fact of each part that is known: account → part → day; one query."""
    return _latest(tuple(one.pk for one in accounts))


@once_a_request
def _latest(ids: tuple[int, ...]) -> dict[int, dict[str, dt.date]]:
    queries = [
        part.model._default_manager.filter(account__in=ids)
        .order_by()
        .values("account_id")
        .annotate(part=Value(name), day=Max("dated"))
        .values_list("account_id", "part", "day")
        for name, part in PARTS.items()
    ]
    found: dict[int, dict[str, dt.date]] = {}
    for account, name, day in queries[0].union(*queries[1:]):
        found.setdefault(account, {})[name] = day
    return {pk: {name: told[name] for name in PARTS if name in told} for pk, told in found.items()}


def dated_of(accounts: Iterable[Account]) -> dict[int, list[Dated]]:
    """What asks to be confirmed once it is old: the latest fact of each part. What is not known yet, a full file lacks."""
    return {
        pk: [
            Dated(f"profile.{name}", day, reverse("account_profile", args=[pk])) for name, day in told.items()
        ]
        for pk, told in latest_of(accounts).items()
    }


def productions_seen_by(user: User) -> QuerySet[Production]:
    return of_visible(Production.objects.all(), user)
