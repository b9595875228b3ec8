"""How is a touch recorded, put right, taken back? (C3)

Recording the same thing twice, as a telephone does that heard no answer, keeps it once: by `client_id`.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right, Role
from keyaccount_web.access.scope import current_posts, may
from keyaccount_web.company.presets import setting, settings_of
from keyaccount_web.cover.due import refresh_due
from keyaccount_web.cover.models import Touch
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.needs.models import Need
from keyaccount_web.know.needs.services import add_need
from keyaccount_web.know.provenance import Sourced
from keyaccount_web.work import freshness, to_do
from keyaccount_web.work.about import Subject
from keyaccount_web.work.attachments import attach
from keyaccount_web.work.models import ToDo
from keyaccount_web.work.working_days import is_worked

KIND = "touch"
"""By which to-dos, comments and files know touches."""
AHEAD = dt.timedelta(minutes=15)
"""By which the clock of a telephone may be ahead of ours."""
OLDEST = dt.timedelta(days=366)
LEARNED = ("learned_needs", "learned_rivals", "learned_stock")
CHANGED = (
    "kind",
    "trigger",
    "minutes",
    "travel_minutes",
    "is_executive",
    "summary",
    *LEARNED,
    "next_step",
    "next_step_date",
)


class TouchError(KeyAccountError):
    """A touch cannot be recorded or changed as asked."""


@dataclass(frozen=True)
class Place:
    """Where a telephone was, WGS-84, and when it said so."""

    latitude: Decimal
    longitude: Decimal
    accuracy_metres: int
    at: dt.datetime


@dataclass(frozen=True)
class Promise:
    """What was promised to the customer, by which day."""

    what: str
    due_date: dt.date


def may_record(user: User) -> bool:
    """Whoever may edit accounts, and executives: they visit, too."""
    return may(user, Right.EDIT_ACCOUNTS) or any(post.role == Role.EXECUTIVE for post in current_posts(user))


def may_put_right(user: User, touch: Touch) -> bool:
    """Whoever recorded it, and heads."""
    return user.pk == touch.by_id or may(user, Right.ASSIGN)


def record_touch(
    *,
    by: User,
    account: Account,
    kind: str,
    began_at: dt.datetime,
    minutes: int,
    contacts: Iterable[Contact] = (),
    promises: Sequence[Promise] = (),
    confirmed: Iterable[str] = (),
    place: Place | None = None,
    photo: "UploadedFile[Any] | None" = None,
    client_id: UUID | None = None,
    **told: Any,
) -> tuple[Touch, bool]:
    """Keep it, and what follows: promises and the next step as to-dos, confirmed fields, a photo. Gives it, and whether it is new.

    `account` is one that `by` may see. `confirmed`: keys of `freshness.questions`. `told`: further fields of `CHANGED`.

    Raises TouchError `touch.ahead`, `touch.too_old`, `touch.not_their_contact`, `touch.next_step_date`, `touch.place_hours`,
    `touch.place_not_here`, `touch.known_otherwise`; AttachmentError for a photo that is none.
    """
    known = _known(client_id, by)
    if known is not None:
        return known, False
    _check_time(began_at)
    people = list(contacts)
    if any(one.account_id != account.pk for one in people):
        raise TouchError("touch.not_their_contact", account=account.name)
    if told.get("next_step_date") and not told.get("next_step"):
        raise TouchError("touch.next_step_date")
    if place is not None:
        _check_place(kind, place)
    try:
        with transaction.atomic():
            touch = Touch(
                account=account,
                by=by,
                kind=kind,
                began_at=began_at,
                minutes=minutes,
                client_id=client_id,
                recorded_at=timezone.now(),
                **told,
            )
            if place is not None:
                touch.latitude, touch.longitude = place.latitude, place.longitude
                touch.accuracy_metres, touch.checked_in_at = place.accuracy_metres, place.at
            touch.done_how = _done_how(place is not None, photo is not None)
            touch.save()
            touch.contacts.set(people)
            if photo is not None:
                touch.photo = attach(by, Subject(account), photo.name or "photo.jpg", photo.chunks())
                touch.save(update_fields=["photo"])
            _follow_up(touch, promises)
            _note_need(touch, people)
            _confirm(account, by, confirmed)
            refresh_due([account.pk])
    except IntegrityError:
        # The same was sent twice at once, and the other was faster.
        known = _known(client_id, by)
        if known is None:
            raise
        return known, False
    return touch, True


def change_touch(
    touch: Touch, *, version: int, contacts: Iterable[Contact] | None = None, **told: Any
) -> Touch:
    """Put right what was written. What was promised or asked for by it stays: those are to-dos of their own.

    Raises TouchError `touch.changed_meanwhile`, `touch.not_their_contact`.
    """
    people = None if contacts is None else list(contacts)
    if people is not None and any(one.account_id != touch.account_id for one in people):
        raise TouchError("touch.not_their_contact", account=touch.account.name)
    with transaction.atomic():
        held = _locked(touch, version)
        for name, value in told.items():
            setattr(held, name, value)
        _save(held, *told)
        if people is not None:
            held.contacts.set(people)
        refresh_due([held.account_id])
    return held


def take_back(touch: Touch, *, by: User, version: int) -> Touch:
    """It was no touch: it counts nowhere any more, and its place is forgotten. Raises TouchError `touch.changed_meanwhile`."""
    with transaction.atomic():
        held = _locked(touch, version)
        held.removed_at, held.removed_by = timezone.now(), by
        _save(held, "removed_at", "removed_by")
        refresh_due([held.account_id])
    return held


def bring_back(touch: Touch) -> Touch:
    """Undo of `take_back`."""
    with transaction.atomic():
        held = Touch.objects.select_for_update(of=("self",)).get(pk=touch.pk)
        held.removed_at = held.removed_by = None
        _save(held, "removed_at", "removed_by")
        refresh_due([held.account_id])
    return held


def to_dos_of(touch: Touch) -> QuerySet[ToDo]:
    """Promises and the next step."""
    about = ToDo.objects.filter(account=touch.account_id, about_kind=KIND, about_id=touch.pk)
    return about.select_related("account", "owner", "given_by", "handed_over_from").order_by("due_date", "pk")


def forget_places(now: dt.datetime | None = None) -> int:
    """Where people were is forgotten after some days (R4), in the history, too. Gives of how many touches."""
    before = (now or timezone.now()) - dt.timedelta(days=setting("visits.place_days"))
    nowhere = {"latitude": None, "longitude": None, "accuracy_metres": None}
    Touch.history.filter(checked_in_at__lt=before, latitude__isnull=False).update(**nowhere)
    return Touch.objects.filter(checked_in_at__lt=before, latitude__isnull=False).update(**nowhere)


def is_check_in_time(at: dt.datetime) -> bool:
    """Whether somebody may be asked where they are: on worked days, within the company's hours."""
    own = settings_of("visits.check_in_")
    local = timezone.localtime(at)
    return is_worked(local.date()) and own["from"] <= local.hour < own["until"]


def check_in_hours() -> tuple[int, int]:
    """First and last hour in which somebody may be asked where they are."""
    own = settings_of("visits.check_in_")
    return own["from"], own["until"]


# --- helpers


def _known(client_id: UUID | None, by: User) -> Touch | None:
    if client_id is None:
        return None
    known = Touch.objects.filter(client_id=client_id).select_related("account").first()
    if known is not None and known.by_id != by.pk:
        raise TouchError("touch.known_otherwise")
    return known


def check_not_ahead(began_at: dt.datetime) -> None:
    """Raises TouchError `touch.ahead`."""
    if began_at > timezone.now() + AHEAD:
        raise TouchError("touch.ahead", at=timezone.localtime(began_at).strftime("%Y-%m-%d %H:%M"))


def _check_time(began_at: dt.datetime) -> None:
    check_not_ahead(began_at)
    if began_at < timezone.now() - OLDEST:
        raise TouchError("touch.too_old", at=timezone.localtime(began_at).date())


def _check_place(kind: str, place: Place) -> None:
    if kind != Touch.Kind.VISIT:
        raise TouchError("touch.place_not_here")
    if place.at > timezone.now() + AHEAD or not is_check_in_time(place.at):
        own = settings_of("visits.check_in_")
        at = timezone.localtime(place.at).strftime("%Y-%m-%d %H:%M")
        raise TouchError("touch.place_hours", at=at, begin=own["from"], until=own["until"])


def _done_how(has_place: bool, has_photo: bool) -> str:
    how = Touch.DoneHow
    if has_place:
        return how.PLACE_AND_PHOTO if has_photo else how.PLACE
    return how.PHOTO if has_photo else how.TOLD


def _follow_up(touch: Touch, promises: Sequence[Promise]) -> None:
    if touch.by is None:
        return
    about = Subject(touch.account, KIND, touch.pk)
    for one in promises:
        to_do.give(touch.by, touch.by, one.what, due_date=one.due_date, about=about)
    if touch.next_step and touch.next_step_date:
        to_do.give(touch.by, touch.by, touch.next_step, due_date=touch.next_step_date, about=about)


def _note_need(touch: Touch, people: Sequence[Contact]) -> None:
    """What was learned of needs is a hint in the account's needs, for work on this account only until somebody says more."""
    if not touch.learned_needs.strip() or touch.by is None:
        return
    day = min(timezone.localdate(touch.began_at), timezone.localdate())
    add_need(
        by=touch.by,
        account=touch.account,
        text=touch.learned_needs[:500],
        topic=Need.Topic.OTHER,
        source={
            "source_kind": Sourced.SourceKind.CUSTOMER,
            "source": "、".join(one.name for one in people)[:200] or touch.account.name,
            "dated": day,
            "permission": Sourced.Permission.ACCOUNT,
        },
        contact=people[0] if len(people) == 1 else None,
        origin=Subject(touch.account, KIND, touch.pk),
    )


def _confirm(account: Account, by: User, keys: Iterable[str]) -> None:
    wanted = set(keys)
    if not wanted:
        return
    for question in freshness.questions(account, most=None):
        if question.asked.state.key in wanted:
            freshness.confirm(question.contact or account, [question.field], by)


def _locked(touch: Touch, version: int) -> Touch:
    held = Touch.objects.select_for_update(of=("self",)).get(pk=touch.pk)
    if held.version != version:
        raise TouchError("touch.changed_meanwhile")
    return held


def _save(touch: Touch, *names: str) -> None:
    touch.version += 1
    touch.save(update_fields=[*names, "version"])
