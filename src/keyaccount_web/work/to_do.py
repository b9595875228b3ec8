"""What is somebody to do, by which day? Asked by a person or by a rule, done, dropped, reopened, postponed, passed on (S8).

Other chapters call `ask`.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import users_who_see, visible_accounts
from keyaccount_web.know.models import Account
from keyaccount_web.work.about import Subject, seen_by
from keyaccount_web.work.models import ToDo
from keyaccount_web.work.notify import notify
from keyaccount_web.work.texts import say


class ToDoError(KeyAccountError):
    """It cannot be given to this colleague, or is no longer open."""


def ask(
    user: User,
    text_code: str,
    *,
    due_date: dt.date,
    about: Subject | None = None,
    values: Mapping[str, Any] | None = None,
    rule: str,
    key: str,
    url: str = "",
) -> ToDo:
    """A rule asks `user` to do something; the second call with the same `key` changes nothing and gives the same to-do.

    `text_code` is a message with `values` (JSON), so that everybody reads it in their language. Whether it is open, done or
    dropped by now: what recurs needs a key that says for when. `url`: where it is to be done, if not where the record is shown.
    """
    known = ToDo.objects.filter(key=key).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            to_do = ToDo.objects.create(
                owner=user,
                code=text_code,
                values=dict(values or {}),
                due_date=due_date,
                rule=rule,
                key=key,
                url=url,
                created_at=timezone.now(),
                **(about.fields if about else {}),
            )
            _tell_owner(to_do, "notice.asked", {})
    except IntegrityError:  # somebody was faster
        return ToDo.objects.get(key=key)
    return to_do


def give(by: User, owner: User, what: str, *, due_date: dt.date, about: Subject | None = None) -> ToDo:
    """A person gives somebody, or themselves, something to do.

    Raises ToDoError `to_do.may_not_see` where the owner may not see the account.
    """
    _check_sees(owner, about.account if about else None)
    with transaction.atomic():
        to_do = ToDo.objects.create(
            owner=owner,
            what=what,
            due_date=due_date,
            given_by=by,
            created_at=timezone.now(),
            **(about.fields if about else {}),
        )
        if owner != by:
            _tell_owner(to_do, "notice.given", {"by": by.name})
    return to_do


def finish(to_do: ToDo, by: User, *, state: str = ToDo.State.DONE) -> None:
    """Done, or dropped. Whoever gave it is told. Nothing happens to one that is closed already."""
    with transaction.atomic():
        held = _locked(to_do)
        if held.state != ToDo.State.OPEN:
            return
        held.state, held.closed_by, held.closed_at = state, by, timezone.now()
        held.save(update_fields=["state", "closed_by", "closed_at"])
        if held.given_by is not None and held.given_by not in (by, held.owner):
            values = {"by": by.name, "what": text_for_values(held)}
            notify([held.given_by], f"notice.{state}", url=url_of(held), subject=subject(held), values=values)


def reopen(to_do: ToDo) -> None:
    """Undo of `finish`."""
    with transaction.atomic():
        held = _locked(to_do)
        held.state, held.closed_by, held.closed_at = ToDo.State.OPEN, None, None
        held.save(update_fields=["state", "closed_by", "closed_at"])


def change(to_do: ToDo, by: User, *, owner: User, due_date: dt.date) -> None:
    """Pass it on, or postpone it; a new owner is told.

    Raises ToDoError `to_do.may_not_see`, `to_do.closed`.
    """
    with transaction.atomic():
        held = _locked(to_do)
        if held.state != ToDo.State.OPEN:
            raise ToDoError("to_do.closed")
        passed_on = owner != held.owner
        if passed_on:
            _check_sees(owner, held.account)
        held.owner, held.due_date = owner, due_date
        held.save(update_fields=["owner", "due_date"])
        if passed_on and owner != by:
            _tell_owner(held, "notice.given", {"by": by.name})


def hand_over(leaving: User, successor: User, *, within: QuerySet[Account]) -> int:
    """The open to-dos of a leaving colleague about accounts `within`, and about none, as far as the successor sees them."""
    open_ones = ToDo.objects.filter(owner=leaving, state=ToDo.State.OPEN)
    theirs = open_ones.filter(
        Q(account=None) | Q(account__in=within) & Q(account__in=visible_accounts(successor))
    )
    moved = list(theirs.select_for_update(of=("self",)))
    for to_do in moved:
        to_do.owner, to_do.handed_over_from = successor, leaving
        to_do.save(update_fields=["owner", "handed_over_from"])
    if moved:
        values = {"n": len(moved), "name": leaving.name}
        notify([successor], "notice.handed_over", url=reverse("to_dos"), values=values)
    return len(moved)


def to_dos_seen_by(user: User) -> QuerySet[ToDo]:
    """All that `user` may see: about accounts that they see; about none where they own or gave it."""
    own = Q(owner=user) | Q(given_by=user)
    return ToDo.objects.filter(Q(account__in=visible_accounts(user)) | Q(account=None) & own).select_related(
        "account", "owner", "given_by", "handed_over_from"
    )


def may_change(user: User, to_do: ToDo) -> bool:
    """Its owner, whoever gave it, and the owner of the account."""
    account_owner = to_do.account.owner_id if to_do.account else None
    return user.pk in (to_do.owner_id, to_do.given_by_id, account_owner)


def hidden_count(user: User) -> int:
    """Open to-dos of `user` about accounts that they may no longer see."""
    return ToDo.objects.filter(owner=user, state=ToDo.State.OPEN).exclude(seen_by(user)).count()


def text(to_do: ToDo, lang: str) -> str:
    """What is to be done, in the reader's language."""
    return to_do.what or say(to_do.code, lang, to_do.values)


def text_for_values(to_do: ToDo) -> Any:
    """The same as a value of another text."""
    return to_do.what or {"code": to_do.code, "values": to_do.values}


def subject(to_do: ToDo) -> Subject | None:
    if to_do.account is None:
        return None
    return Subject(to_do.account, to_do.about_kind, to_do.about_id)


def url_of(to_do: ToDo) -> str:
    """Where it is to be done, else where it is shown: its record, else the list."""
    if to_do.url:
        return to_do.url
    told = subject(to_do)
    return told.url if told else reverse("to_dos")


def _tell_owner(to_do: ToDo, code: str, values: dict[str, Any]) -> None:
    told = {**values, "what": text_for_values(to_do), "due": to_do.due_date.isoformat()}
    notify([to_do.owner], code, url=url_of(to_do), subject=subject(to_do), values=told)


def _locked(to_do: ToDo) -> ToDo:
    return ToDo.objects.select_for_update(of=("self",)).get(pk=to_do.pk)


def _check_sees(owner: User, account: Account | None) -> None:
    if account is not None and not users_who_see(account).filter(pk=owner.pk).exists():
        raise ToDoError("to_do.may_not_see", name=owner.name, account=account.name)
