"""What do we hold about one person at a customer's, how do they get it, and how is it erased? (R4)

All that points at a contact is found by itself, whatever chapter it is of; a chapter that keeps the name beside the reference says so:

    add_name_copy(Gift, "contact", "recipient")
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from keyaccount.language import catalogue, message
from keyaccount_web.company.presets import setting
from keyaccount_web.know.models import Contact
from keyaccount_web.shell.templatetags.pages import lang

ERASED = "—"
"""Stands where a register keeps its row without the name."""
OWN = ("code", "name", "title", "department", "phone", "email")
_HIDDEN = ("id", "version", "column", "row")


@dataclass(frozen=True)
class Held:
    """Records of one kind that concern a person."""

    code: str
    """Message code of the kind."""
    rows: list[dict[str, Any]]
    """Field → value, as it is kept."""
    told: list[list[str]]
    """The same in words of the reader's language."""


@dataclass(frozen=True)
class Mention:
    """A text of somebody else's in which the name stands; only people can decide what is to become of it."""

    kind: str
    text: str
    url: str


@dataclass(frozen=True)
class _Copy:
    model: type[models.Model]
    reference: str
    field: str


_copies: list[_Copy] = []
_texts: list[Callable[[Contact], list[Mention]]] = []


def add_name_copy(model: type[models.Model], reference: str, field: str) -> None:
    """`field` of `model` repeats the name of the contact at `reference`; adding it again changes nothing."""
    copy = _Copy(model, reference, field)
    if copy not in _copies:
        _copies.append(copy)


def add_texts(mentions: Callable[[Contact], list[Mention]]) -> None:
    """Free texts at the person's account that may name them; adding it again changes nothing."""
    if mentions not in _texts:
        _texts.append(mentions)


def held_on(contact: Contact) -> list[Held]:
    """Everything that points at a contact, by kind, beside its own fields."""
    found = []
    for relation in Contact._meta.related_objects:
        model = relation.related_model
        if _is_through(model):
            continue
        those = list(_pointing(contact, relation))
        if those:
            code = f"kind.{model._meta.label_lower}"
            held = code if code in catalogue() else "kind.other"
            found.append(Held(held, [_row(one) for one in those], [_words(one, contact) for one in those]))
    return found


def mentions_of(contact: Contact) -> list[Mention]:
    return [one for find in _texts for one in find(contact)]


def copy_of(contact: Contact) -> dict[str, Any]:
    """What is given to a person who asks for it, as JSON has it; texts of others that name them are left to people."""
    return {
        "person": {name: getattr(contact, name) for name in OWN} | {"account": contact.account.name},
        "records": {one.code.removeprefix("kind."): one.rows for one in held_on(contact)},
        "history": [
            {"at": one.history_date.isoformat(), **{name: getattr(one, name) for name in OWN}}
            for one in Contact.history.filter(id=contact.pk).order_by("history_date", "history_id")
        ],
    }


def erase(contact: Contact) -> None:
    """Take a person out: the contact, what is only about them, their name in registers that stay, and the history of it all.

    Texts of others stay (`mentions_of`), and so does the audit log, which says that it was done and by whom.
    """
    with transaction.atomic():
        for copy in _copies:
            of_them = {copy.reference: contact.pk}
            copy.model._default_manager.filter(**of_them).update(**{copy.field: ERASED})
            if history := _history(copy.model):
                history.filter(**of_them).update(**{copy.field: ERASED})
        for relation in Contact._meta.related_objects:
            _forget(contact, relation)
        pk = contact.pk
        contact.delete()
        Contact.history.filter(id=pk).delete()


def _forget(contact: Contact, relation: Any) -> None:
    """The history first, while it still says whose it is; rows themselves go or lose the reference with the contact."""
    model = relation.related_model
    if _is_through(model) or relation.many_to_many:
        return
    history = _history(model)
    if history is None:
        return
    name = relation.field.name
    if relation.on_delete is models.CASCADE:
        pks = list(_pointing(contact, relation).values_list("pk", flat=True))
        history.filter(Q(id__in=pks) | Q(**{name: contact.pk})).delete()
        # Deleting them below writes their history anew.
        for one in _pointing(contact, relation):
            one.delete()
        history.filter(id__in=pks).delete()
    else:
        history.filter(**{name: contact.pk}).update(**{f"{name}_id": None})


def _pointing(contact: Contact, relation: Any) -> QuerySet[Any]:
    rows: QuerySet[Any] = relation.related_model._default_manager.filter(**{relation.field.name: contact.pk})
    return rows


def _history(model: type[models.Model]) -> QuerySet[Any] | None:
    manager = getattr(model, "history", None)
    return None if manager is None else manager.all()


def _is_through(model: Any) -> bool:
    return bool(model._meta.auto_created) or model.__name__.startswith("Historical")


def _row(one: models.Model) -> dict[str, Any]:
    told = {}
    for field in one._meta.concrete_fields:
        value = getattr(one, field.name)
        if field.name in _HIDDEN or value in (None, "", []):
            continue
        told[field.name] = value if isinstance(value, bool | int | float | list) else _plain(value)
    return told


def _words(one: models.Model, contact: Contact) -> list[str]:
    """What a reader is told of a record: its texts, days, people, and codes that have a text; neither the person nor the account."""
    told: list[str] = []
    for field in one._meta.concrete_fields:
        value = getattr(one, field.name)
        if (
            field.name in _HIDDEN
            or value in (None, "", [], contact, contact.account)
            or isinstance(value, bool)
        ):
            continue
        if field.choices or isinstance(value, list):
            codes = value if isinstance(value, list) else [value]
            told += [text for code in codes if (text := _text_of(one, field.name, str(code)))]
        elif isinstance(value, str) and f"field.{value}" in catalogue():
            told.append(message(f"field.{value}", lang()))
        elif isinstance(value, str | models.Model):
            told.append(str(value))
        elif isinstance(value, dt.date):
            told.append(_plain(value)[:10])
    return list(dict.fromkeys(told))


def _text_of(one: models.Model, field: str, code: str) -> str:
    """The text of a code, which chapters keep under their own names; empty: it has none."""
    prefixes = (one._meta.model_name, one._meta.app_label, "people", "fact")
    codes = [f"{prefix}.{field}.{code}" for prefix in prefixes]
    return next((message(known, lang()) for known in codes if known in catalogue()), "")


def _plain(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).isoformat(timespec="minutes")
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


# --- retention


def kept_too_long(contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    """Those with whom nobody was in touch, and of whom nothing was changed, for longer than the company keeps people; 0 months: nobody."""
    months: int = setting("people.keep_months")
    if not months:
        return contacts.none()
    since = timezone.now() - dt.timedelta(days=months * 365 // 12)
    touched = Contact.touches.through.objects.filter(
        contact=OuterRef("pk"), touch__began_at__gte=since, touch__removed_at=None
    )
    changed = Contact.history.filter(id=OuterRef("pk"), history_date__gte=since)
    return contacts.filter(~Exists(touched), ~Exists(changed))
