"""On which kinds of records can to-dos, comments and files hang?

A later chapter adds its own from its AppConfig.ready(); its records need an `account`:

    add_kind(Kind("visit", visible=lambda user: Visit.objects.filter(account__in=visible_accounts(user)), url_name="visit"))
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import Http404
from django.urls import reverse

from keyaccount_web.access.models import User
from keyaccount_web.access.scope import sees_all, visible_accounts
from keyaccount_web.know.models import Account


@dataclass(frozen=True)
class Kind:
    """A kind of records; who may see a record's account may see what hangs on it."""

    name: str
    visible: Callable[[User], QuerySet[Any]]
    url_name: str
    """Takes the record's pk."""


@dataclass(frozen=True)
class Subject:
    """The record that something hangs on, as the models of this chapter keep it."""

    account: Account
    kind: str = "account"
    record_id: int | None = None

    @property
    def fields(self) -> dict[str, Any]:
        return {"account": self.account, "about_kind": self.kind, "about_id": self.record_id}

    @property
    def token(self) -> str:
        """As forms name it."""
        return f"{self.kind}:{self.account.pk if self.record_id is None else self.record_id}"

    @property
    def url(self) -> str:
        return url_of(self.kind, self.account.pk, self.record_id)


KINDS: dict[str, Kind] = {"account": Kind("account", visible_accounts, "account_activity")}


def add_kind(kind: Kind) -> None:
    """Adding it again replaces it."""
    KINDS[kind.name] = kind


def subject_of(user: User, token: str) -> Subject:
    """The record that a form names. Raises Http404 for one that is not there or may not be seen."""
    name, _, pk = token.partition(":")
    kind = KINDS.get(name)
    if kind is None or not pk.isdecimal() or len(pk) > 18:
        raise Http404
    record: Model | None = kind.visible(user).filter(pk=int(pk)).first()
    if record is None:
        raise Http404
    if isinstance(record, Account):
        return Subject(record)
    return Subject(record.account, name, record.pk)  # type: ignore[attr-defined]


def url_of(kind: str, account_id: int, record_id: int | None) -> str:
    """Where a record is shown."""
    known = KINDS.get(kind)
    if known is None or record_id is None:
        return reverse("account_activity", args=[account_id])
    return reverse(known.url_name, args=[record_id])


def seen_by(user: User) -> Q:
    """Rows that hang on no account, or on one that `user` may see."""
    if sees_all(user):
        return Q(account=None) | Q(account__merged_into=None)
    return Q(account=None) | Q(account__in=visible_accounts(user))
