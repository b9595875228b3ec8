"""What have the records on an account's file in common? A version, a form with its texts, a page that keeps it, their history.

Each chapter's app brings its own records; a form page is one call:

    return form_page(request, form, account=account, title="need.new", back=url, save=lambda told: need_url(add_need(**told)))
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any, ClassVar, TypeVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access import scope
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, users_who_see, visible_accounts
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.provenance import SOURCE_FIELDS, choices_of
from keyaccount_web.know.tabs import with_head
from keyaccount_web.shell.templatetags.pages import lang

LARGEST_VERSION = 2**31 - 1


class RecordChangedError(KeyAccountError):
    """Somebody else has changed the record since it was read."""

    now: Mapping[str, str] = {}
    """What hidden fields of a form, besides the version, are to be when it is sent again."""


class RecordError(KeyAccountError):
    """A record cannot be kept as it was told."""


class Versioned(models.Model):
    """A record that counts its changes, so that two who edit at once are told."""

    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True


AnyVersioned = TypeVar("AnyVersioned", bound=Versioned)


def changed(record: AnyVersioned, version: int | None, values: Mapping[str, Any]) -> AnyVersioned:
    """Keep new values of a record that was read as `version`; call it within a transaction. None: whatever was read.

    Raises RecordChangedError `record.changed_meanwhile`.
    """
    held = type(record)._default_manager.select_for_update(of=("self",)).get(pk=record.pk)
    if version is not None and held.version != version:
        raise RecordChangedError("record.changed_meanwhile")
    for name, value in values.items():
        setattr(held, name, value)
    held.version += 1
    held.save()
    return held


# --- forms


class RecordForm(forms.Form):
    """Labels are the messages `<labels>.<field>`; the version of what was read comes along."""

    labels: ClassVar[str]
    shown_for: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """Field → the list that decides whether it is shown, and for which of its values, parted by blanks. Style sheets do it, so
    nothing of it needs a script; what is hidden is sent as it stands, and the form passes over it."""
    version = forms.IntegerField(
        required=False, widget=forms.HiddenInput, min_value=0, max_value=LARGEST_VERSION
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name == "version" or name in SOURCE_FIELDS:
                continue
            field.label = message(f"{self.labels}.{name}", lang())
            if name in self.shown_for:
                field.shown_by, field.shown_for = self.shown_for[name]  # type: ignore[attr-defined]  # read by the template
            if not isinstance(field.widget, forms.CheckboxInput):
                is_list = isinstance(field.widget, forms.Select)
                field.widget.attrs["class"] = "form-select" if is_list else "form-control"

    def choose(self, name: str, choices: Iterable[tuple[Any, str]], *, empty: str = "") -> None:
        """What a field may be; `empty`: the text code of none."""
        field: Any = self.fields[name]
        field.choices = [*([("", message(empty, lang()))] if empty else []), *choices]

    def choose_value(self, name: str, values: Iterable[str], *, empty: str = "") -> None:
        """The same with the texts `<labels>.<name>.<value>`."""
        self.choose(name, choices_of(f"{self.labels}.{name}", list(values)), empty=empty)


def day_field(**more: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


def contact_choices(account: Account) -> list[tuple[str, str]]:
    """The people at the customer's, by name and title."""
    return [
        (str(one.pk), " ".join(part for part in (one.name, one.title) if part))
        for one in account.contacts.all()
    ]


def contact_chosen(account: Account, pk: str | int | None) -> Contact | None:
    """The one that a form named; those of other accounts are none."""
    text = str(pk or "")
    if not text.isdecimal() or len(text) > 18:
        return None
    return account.contacts.filter(pk=int(text)).first()


def owner_choices(account: Account) -> list[tuple[str, str]]:
    """Who may see the account."""
    return [(str(one.pk), one.name or one.username) for one in users_who_see(account).order_by("name", "pk")]


def owner_chosen(account: Account, pk: str | int | None, otherwise: User) -> User:
    """The colleague that a form named, else the account's owner, else `otherwise`."""
    text = str(pk or "")
    if text.isdecimal() and len(text) <= 18:
        found = users_who_see(account).filter(pk=int(text)).first()
        if found is not None:
            return found
    return account.owner or otherwise


# --- pages


def account_of(request: Request, pk: int, *, to_edit: bool = False) -> Account:
    """An account that may be seen, else 404; `to_edit`: that may be changed, else 403."""
    account = get_object_or_404(with_head(visible_accounts(request.user)), pk=pk)
    if to_edit:
        editors_only(request)
    return account


def editors_only(request: Request) -> None:
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied


def form_page(
    request: Request,
    form: forms.Form,
    *,
    account: Account,
    title: str,
    back: str,
    save: Callable[[dict[str, Any]], str],
    done: str = "record.kept",
    sentence: str = "",
    record: Versioned | None = None,
    remove: str = "",
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """A form to add or change a record; posted, `save` keeps it and says where to go. Who is late loses nothing typed."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                url = save(dict(form.cleaned_data))
            except RecordChangedError as error:
                form.add_error(None, error.text(lang()))
                form.data = _seen_again(request, record, error)
                status = 409
            except KeyAccountError as error:
                form.add_error(None, error.text(lang()))
            else:
                messages.success(request, message(done, lang()))
                return redirect(url)
    context = {
        "form": form,
        "account": account,
        "title": title,
        "sentence": sentence,
        "back": back,
        "remove": remove,
        "has_source": "permission" in form.fields,
        **(more or {}),
    }
    return render(request, "know/record_form.html", context, status=status)


def _seen_again(request: Request, record: Versioned | None, error: RecordChangedError) -> Any:
    """All that was typed; the next press of the button is made knowing that somebody else was here."""
    typed = request.POST.copy()
    if record is not None:
        typed["version"] = str(type(record)._default_manager.get(pk=record.pk).version)
    for name, value in error.now.items():
        typed[name] = value
    return typed


def history_of(record: Any, names: Iterable[str], labels: str, **shown: Callable[[Any], str]) -> list[Any]:
    """Who changed what when, the newest first: as `know/record_history.html` takes it.

    `shown`: how the value of a field is told, where it is not a plain one.
    """
    versions = list(record.history.select_related("history_user")[:50])
    entries = []
    for newer, older in pairwise([*versions, None]):
        changes = []
        if newer is not None and older is not None:
            for name in names:
                old, new = getattr(older, name), getattr(newer, name)
                if old != new:
                    tell = shown.get(name.removesuffix("_id"), _plain)
                    changes.append(
                        (message(f"{labels}.{name.removesuffix('_id')}", lang()), tell(old), tell(new))
                    )
        entries.append({"entry": newer, "changes": changes, "is_first": older is None})
    return entries


def _plain(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return message("record.yes" if value else "record.no", lang())
    return str(value)


def of_visible(rows: QuerySet[Any], user: User) -> QuerySet[Any]:
    """The records of accounts that `user` may see."""
    return scope.of_visible(rows, user).select_related("account")


def days_since(day: dt.date | None) -> int | None:
    return None if day is None else (timezone.localdate() - day).days


def account_link(row: Any, url_name: str) -> tuple[str, str]:
    """Address of an account's tab, and the account's name."""
    return reverse(url_name, args=[row.account_id]), row.account.name
