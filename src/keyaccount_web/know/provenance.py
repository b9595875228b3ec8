"""Who says so, as of which day, and may we use it? What every fact about a customer or a rival carries (R3).

A model takes `Sourced` as a base, its form `SourcedForm`, its services `checked_source`; its page includes `know/source_told.html`:

    class RivalPrice(Sourced): ...
    RivalPrice.objects.create(price=price, **checked_source(by=user, source_kind=…, source=…, dated=…, permission=…))
"""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.db import models
from django.db.models import QuerySet
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.shell.templatetags.pages import lang

CONFIDENTIAL = "confidential"
"""What a form may say of a permission, so that it is refused with the reason; it is never kept."""
SOURCE_FIELDS = ("source_kind", "source", "dated", "permission")
_MARKS = re.compile(
    r"绝密|机密|保密文件|内部资料|严禁外传|请勿外传|不得外传|\bconfidential\b|\bsecret\b", re.IGNORECASE
)
"""What a paper says of itself that is not for us."""


class FactError(KeyAccountError):
    """A fact that is not ours to keep, or of which nobody could say where it is from."""


class Sourced(models.Model):
    """A fact with its source, the day that it holds for, what we may do with it, and who wrote it down."""

    class SourceKind(models.TextChoices):
        CUSTOMER = "customer"
        """Somebody at the customer's told us."""
        SEEN = "seen"
        """We saw it ourselves: at the shelf, on site."""
        PUBLISHED = "published"
        """Press, web site, annual report, tender notice, register."""
        PARTNER = "partner"
        """A third party told us."""
        BOUGHT = "bought"
        """Market research that we paid for."""

    class Permission(models.TextChoices):
        PUBLIC = "public"
        """Published for everybody."""
        INTERNAL = "internal"
        """Whoever told us agreed that our company works with it."""
        ACCOUNT = "account"
        """For work on this account only: in no figure over several accounts, in no export of many."""

    source_kind = models.CharField(max_length=10, choices=SourceKind)
    source = models.CharField(max_length=200)
    """Who or what, so that somebody else could ask again."""
    dated = models.DateField()
    """The day for which it holds, not the one on which it was written down."""
    permission = models.CharField(max_length=10, choices=Permission)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


def checked_source(
    *, by: User | None, source_kind: str, source: str, dated: dt.date, permission: str
) -> dict[str, Any]:
    """The fields of `Sourced`, fit to be kept.

    Raises FactError `fact.confidential` for what the customer marked confidential and not ours (by the choice, or by a mark in
    `source`, unless it was given to us for work on this account), `fact.no_source`, `fact.kind`, `fact.future`.
    """
    source = source.strip()
    if permission == CONFIDENTIAL:
        raise FactError("fact.confidential")
    if permission not in Sourced.Permission.values or source_kind not in Sourced.SourceKind.values:
        raise FactError("fact.kind", value=permission or source_kind)
    if not source:
        raise FactError("fact.no_source")
    # Under an agreement with us the customer hands over marked papers too: for work on this account.
    given = source_kind == Sourced.SourceKind.CUSTOMER and permission == Sourced.Permission.ACCOUNT
    if not given and (mark := _MARKS.search(source)):
        raise FactError("fact.confidential_mark", mark=mark.group())
    if dated > timezone.localdate():
        raise FactError("fact.future", day=dated)
    return {
        "source_kind": source_kind,
        "source": source,
        "dated": dated,
        "permission": permission,
        "recorded_by": by,
        "recorded_at": timezone.now(),
    }


def choices_of(prefix: str, values: list[str]) -> list[tuple[str, str]]:
    """Choices of a form in the reader's language: `<prefix>.<value>` are their texts."""
    return [(value, message(f"{prefix}.{value}", lang())) for value in values]


def source_initial(**known: Any) -> dict[str, Any]:
    """What a new fact's form begins with: told by the customer, today, for our work."""
    return {
        "source_kind": Sourced.SourceKind.CUSTOMER,
        "dated": timezone.localdate(),
        "permission": Sourced.Permission.INTERNAL,
        **known,
    }


class SourcedForm(forms.Form):
    """The part of a form that asks where a fact is from; put `know/sourced_fields.html` where it is to stand.

    What may not be kept is refused at `permission`, `source` or `dated`, with the reason.
    """

    source_kind = forms.ChoiceField()
    source = forms.CharField(max_length=200)
    dated = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    permission = forms.ChoiceField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choose_from("source_kind", Sourced.SourceKind.values)
        self._choose_from("permission", [*Sourced.Permission.values, CONFIDENTIAL])
        for name in SOURCE_FIELDS:
            field = self.fields[name]
            field.label = message(f"fact.{name}", lang())
            is_list = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select" if is_list else "form-control"
        self.fields["source"].widget.attrs["placeholder"] = message("fact.source_hint", lang())

    def _choose_from(self, name: str, values: list[str]) -> None:
        field: Any = self.fields[name]
        field.choices = choices_of(f"fact.{name}", values)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if all(told.get(name) for name in SOURCE_FIELDS):
            try:
                checked_source(by=None, **source_of(told))
            except FactError as error:
                self.add_error(_PLACES.get(error.code, "source"), error.text(lang()))
        return told


_PLACES = {"fact.confidential": "permission", "fact.kind": "permission", "fact.future": "dated"}


def source_of(told: Mapping[str, Any]) -> dict[str, Any]:
    """The four fields of a source out of what a form or a program told."""
    return {name: told[name] for name in SOURCE_FIELDS}


def beyond_the_account(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Of facts about many accounts those that may leave in one file."""
    return rows.exclude(permission=Sourced.Permission.ACCOUNT)
