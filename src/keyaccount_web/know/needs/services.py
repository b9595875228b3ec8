"""How is a need recorded, said again, moved on, reminded of? What does the customer expect of delivery? (K5)"""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from keyaccount.know.needs import NEXT, VOICES, NeedState, needs_due
from keyaccount_web.access.models import User
from keyaccount_web.company.presets import settings_of
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.needs.models import Expectation, Need, NeedVoice
from keyaccount_web.know.provenance import checked_source
from keyaccount_web.know.record_kit import RecordError, changed, of_visible
from keyaccount_web.work import to_do
from keyaccount_web.work.about import Subject
from keyaccount_web.work.models import ToDo

KIND = "need"
"""By which to-dos, comments and files know needs."""
RULE = "know.need"
Standing = Need.Standing
OPEN = (Standing.IMPLICIT, Standing.EXPLICIT, Standing.PROPOSED)
EXPECTED = ("goods", "lead_days", "lot_size", "lot_unit", "lots", "cycle_days", "price", "wants_training", "wants_research")  # fmt: skip


class NeedError(RecordError):
    """A need cannot go there from where it stands."""


def with_voices(rows: QuerySet[Need]) -> QuerySet[Need]:
    """With `voices_known`: how many different people at the customer's have said it."""
    return rows.annotate(voices_known=Count("voices__contact", distinct=True))


def needs_seen_by(user: User) -> QuerySet[Need]:
    return with_voices(of_visible(Need.objects.all(), user)).select_related("owner", "recorded_by")


def single_voices(accounts: Iterable[int]) -> dict[int, list[int]]:
    """The open needs of accounts that nobody else has confirmed: account → needs; for the checks of its structure."""
    rows = with_voices(Need.objects.filter(account__in=list(accounts), standing__in=OPEN))
    found: dict[int, list[int]] = {}
    for need in rows.filter(voices_known__lt=VOICES).order_by("pk"):  # type: ignore[misc]  # annotated
        found.setdefault(need.account_id, []).append(need.pk)
    return found


def subject_of(need: Need) -> Subject:
    return Subject(need.account, KIND, need.pk)


def add_need(
    *,
    by: User,
    account: Account,
    text: str,
    topic: str,
    standing: str = Standing.IMPLICIT,
    source: Mapping[str, Any],
    contact: Contact | None = None,
    words: str = "",
    owner: User | None = None,
    origin: Subject | None = None,
) -> Need:
    """A need of an account, with who said it, and the record that it was found in.

    `source`: the four fields of `know.provenance`; without a source it is whoever said it.

    Raises FactError as `checked_source`; NeedError `need.standing_wrong` where it is to begin further on than explicit.
    """
    if standing not in (Standing.IMPLICIT, Standing.EXPLICIT):
        raise NeedError("need.standing_wrong", value=standing)
    told = {**source, "source": source["source"] or (contact.name if contact else "")}
    with transaction.atomic():
        need = Need.objects.create(
            account=account,
            text=text.strip(),
            topic=topic,
            standing=standing,
            began_as=standing,
            moved_on=told["dated"],
            owner=owner or account.owner or by,
            origin_kind=origin.kind if origin else "",
            origin_id=origin.record_id if origin else None,
            **checked_source(by=by, **told),
        )
        if contact is not None:
            NeedVoice.objects.create(
                need=need, contact=contact, said_on=told["dated"], words=words.strip(), heard_by=by
            )
    return need


def change_need(
    need: Need, *, by: User, version: int | None, source: Mapping[str, Any], **values: Any
) -> Need:
    """Another text, topic or owner. Raises RecordChangedError, FactError."""
    kept = checked_source(by=by, **source)
    with transaction.atomic():
        return changed(need, version, {**values, **kept})


def say_again(
    need: Need, *, by: User, contact: Contact | None, said_on: dt.date, words: str = ""
) -> NeedVoice:
    """Somebody at the customer's has said it, too. Raises NeedError `need.future`."""
    if said_on > timezone.localdate():
        raise NeedError("need.future", day=said_on)
    with transaction.atomic():
        voice = NeedVoice.objects.create(
            need=need, contact=contact, said_on=said_on, words=words.strip(), heard_by=by
        )
        if said_on > need.moved_on:
            changed(need, None, {"moved_on": said_on})
    return voice


def move(
    need: Need, *, by: User, to: str, text: str = "", is_taken: bool | None = None, version: int | None = None
) -> Need:
    """To explicit, to a proposal, to an answer, or dropped with the reason.

    Raises NeedError `need.not_from_here`, `need.no_text` (a proposal, an answer, a reason must be said), RecordChangedError.
    """
    to = Standing(to)
    text = text.strip()
    with transaction.atomic():
        if to not in NEXT[need.standing]:
            raise NeedError("need.not_from_here", now=need.standing, to=to)
        if to in (Standing.PROPOSED, Standing.ANSWERED, Standing.DROPPED) and not text:
            raise NeedError("need.no_text")
        values: dict[str, Any] = {"standing": to, "moved_on": timezone.localdate()}
        if to == Standing.PROPOSED:
            values["proposal"] = text
        elif to in (Standing.ANSWERED, Standing.DROPPED):
            values |= {"answer": text, "is_taken": is_taken if to == Standing.ANSWERED else None}
        held = changed(need, version, values)
        # It moved: what reminded of its waiting is done.
        for asked in ToDo.objects.filter(about_kind=KIND, about_id=need.pk, rule=RULE, state=ToDo.State.OPEN):
            to_do.finish(asked, by)
    return held


def waiting(rows: Iterable[Need], until: dt.date | None = None) -> dict[Any, Any]:
    """Of needs, those that have waited too long, by pk: `needs_due` with the company's settings."""
    told = settings_of("needs.")
    states = [NeedState(one.pk, one.standing, one.moved_on) for one in rows]
    days = {name: told[f"{name}_days"] for name in ("implicit", "explicit", "proposed")}
    due = needs_due(
        states, until=until or timezone.localdate(), waiting_days=days, again_days=told["again_days"]
    )
    return {one.state.key: one for one in due}


def remind(until: dt.date | None = None) -> int:
    """Ask the owners of needs that have waited too long; once a round. Gives how many to-dos were made."""
    until = until or timezone.localdate()
    rows = {one.pk: one for one in Need.objects.filter(standing__in=OPEN).select_related("account", "owner")}
    made = 0
    for pk, due in waiting(rows.values(), until).items():
        need = rows[pk]
        if not need.owner.is_active:
            continue
        key = f"need:{pk}:{need.standing}:{need.moved_on}:{due.round}"
        if ToDo.objects.filter(key=key).exists():
            continue
        to_do.ask(
            need.owner,
            f"need.ask.{need.standing}",
            due_date=until,
            about=subject_of(need),
            values={"text": need.text, "days": due.waited_days},
            rule=RULE,
            key=key,
        )
        made += 1
    return made


def hand_over_needs(leaving: User, successor: User, *, within: QuerySet[Account]) -> int:
    """The open needs of a leaving colleague."""
    needs = list(Need.objects.filter(owner=leaving, standing__in=OPEN, account__in=within))
    for need in needs:
        changed(need, None, {"owner": successor})
    return len(needs)


# --- what it expects of delivery


def checked_expectation(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an expectation but its account and source. Raises RecordError `expectation.nothing`."""
    told = {name: values.get(name) for name in EXPECTED}
    told |= {"goods": (told["goods"] or "").strip(), "lot_unit": (told["lot_unit"] or "").strip()}
    if all(told[name] in (None, "") for name in EXPECTED if name not in ("goods", "lot_unit")):
        raise RecordError("expectation.nothing")
    return told


def keep_expectation(
    *,
    by: User,
    account: Account,
    source: Mapping[str, Any],
    record: Expectation | None = None,
    version: int | None = None,
    **values: Any,
) -> Expectation:
    """What the account expects for `goods` (empty: all), new or changed.

    Raises RecordError `expectation.nothing`, `expectation.twice`; FactError; RecordChangedError.
    """
    values = checked_expectation(values)
    kept = checked_source(by=by, **source)
    with transaction.atomic():
        other = Expectation.objects.filter(account=account, goods=values["goods"])
        if (other.exclude(pk=record.pk) if record else other).exists():
            raise RecordError("expectation.twice", goods=values["goods"] or "—")
        if record is None:
            return Expectation.objects.create(account=account, **values, **kept)
        return changed(record, version, {**values, **kept})


def lots_text(one: Expectation) -> str:
    """The size of a lot with its unit."""
    if one.lot_size is None:
        return ""
    size = Decimal(one.lot_size).normalize()
    return f"{size:f} {one.lot_unit}".strip()


def origin_of(need: Need) -> Subject | None:
    """The record that it was found in."""
    return Subject(need.account, need.origin_kind, need.origin_id) if need.origin_kind else None


def need_url(need: Need) -> str:
    return reverse("need", args=[need.pk])


def open_needs(accounts: Iterable[int]) -> QuerySet[Need]:
    return Need.objects.filter(account__in=list(accounts)).filter(Q(standing__in=OPEN))
