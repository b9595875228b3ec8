"""The sheets of needs, with who said them, and of what is expected of delivery (K5, K9)."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from keyaccount.know.needs import NEXT
from keyaccount_web.access.models import User
from keyaccount_web.imports.sheets.registry import Given, Many, Sheet, check_sees
from keyaccount_web.know.models import Contact
from keyaccount_web.know.needs.models import Expectation, Need, NeedVoice
from keyaccount_web.know.needs.services import EXPECTED, KIND, OPEN, RULE, NeedError, checked_expectation
from keyaccount_web.work import to_do
from keyaccount_web.work.models import ToDo

Standing = Need.Standing
TOLD = ("text", "topic", "standing", "moved_on", "proposal", "answer", "is_taken", "owner")


def _told(one: Need) -> dict[str, Any]:
    return {"account": one.account, "voices": _voices(one), **{name: getattr(one, name) for name in TOLD}}


def _voices(need: Need) -> list[Contact]:
    found = {one.contact_id: one.contact for one in need.voices.all() if one.contact is not None}
    return list(found.values())


def _values(given: Given) -> dict[str, Any]:
    standing, record = given["standing"], given.record
    if given["moved_on"] > timezone.localdate():
        raise NeedError("need.future", day=given["moved_on"])
    if record is not None and standing not in (record.standing, *NEXT[record.standing]):
        raise NeedError("need.not_from_here", now=record.standing, to=standing)
    needed = {Standing.PROPOSED: "proposal", Standing.ANSWERED: "answer", Standing.DROPPED: "answer"}
    if standing in needed and not given[needed[standing]].strip():
        raise NeedError("need.no_text")
    check_sees(given, "owner")
    began = Standing.IMPLICIT if standing == Standing.IMPLICIT else Standing.EXPLICIT
    return {
        "account": given["account"],
        **given.plain(*TOLD),
        "owner": given["owner"] or given["account"].owner or given.by,
        "began_as": record.began_as if record is not None else began,
        **given.source(),
    }


def _put_voices(need: Need, people: Sequence[Contact], by: User) -> None:
    wanted = {one.pk for one in people}
    there = {one.contact_id for one in NeedVoice.objects.filter(need=need)}
    for one in NeedVoice.objects.filter(need=need, contact__isnull=False).exclude(contact__in=wanted):
        one.delete()
    for person in people:
        if person.pk not in there:
            NeedVoice.objects.create(need=need, contact=person, said_on=need.dated, heard_by=by)
    # Who asks again is told what there is now.
    getattr(need, "_prefetched_objects_cache", {}).pop("voices", None)


def _finish_reminders(accounts: set[int]) -> None:
    """What reminded of a need's waiting is done where it has moved since."""
    needs = {one.pk: one for one in Need.objects.filter(account__in=accounts).select_related("owner")}
    asked = ToDo.objects.filter(
        account__in=accounts, about_kind=KIND, rule=RULE, state=ToDo.State.OPEN
    ).select_related("owner")
    for one in asked:
        need = needs.get(one.about_id or 0)
        if (
            need is None
            or need.standing not in OPEN
            or f":{need.standing}:{need.moved_on}:" not in (one.key or "")
        ):
            to_do.finish(one, one.owner)


def _expected(given: Given) -> dict[str, Any]:
    return {"account": given["account"], **checked_expectation(given.plain(*EXPECTED)), **given.source()}


NEEDS = Sheet(
    "needs",
    Need,
    order=20,
    records=lambda _user, accounts: (
        Need.objects.filter(account__in=accounts)
        .select_related("account__owner", "owner")
        .prefetch_related("voices__contact")
    ),
    told=_told,
    values=_values,
    many={"voices": Many(_voices, _put_voices, only_adds=True)},
    after=_finish_reminders,
    words={
        "topic": {one: f"need.topic.{one}" for one in Need.Topic.values},
        "standing": {one: f"need.standing.{one}" for one in Standing.values},
    },
)
EXPECTATIONS = Sheet(
    "expectations",
    Expectation,
    order=25,
    records=lambda _user, accounts: Expectation.objects.filter(account__in=accounts).select_related(
        "account"
    ),
    told=lambda one: {"account": one.account, **{name: getattr(one, name) for name in EXPECTED}},
    values=_expected,
)
