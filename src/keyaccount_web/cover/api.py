"""Endpoints of visits, calls and what is due (C3), and of skill gaps (L1)."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from ninja import Field, Router, Schema, Status

from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.api.kit import ApiRequest, Id, Input, Named, add_list, named, needs, one_of
from keyaccount_web.cover.listings import DUE, TOUCHES
from keyaccount_web.cover.models import Touch
from keyaccount_web.cover.recording import LEARNED, Promise, may_record, record_touch
from keyaccount_web.cover.skill_gaps import gaps_of
from keyaccount_web.cover.skills import people_seen_by
from keyaccount_web.cover.touches import visible_touches

router = Router(tags=["cover"])

add_list(router, "/touches", TOUCHES, summary="Visits, calls, videos and mails, newest first")
add_list(router, "/due-touches", DUE, summary="What the standards ask for, the most overdue first")

Text = Field("", max_length=1000)


class PromiseIn(Input):
    """What was promised to the customer: a to-do of whoever records it."""

    what: str = Field(min_length=1, max_length=300)
    due_date: date


class TouchIn(Input):
    """A touch; `client_id` makes that what is sent twice is kept once."""

    account_id: int = Field(ge=1, le=2**53 - 1)
    kind: Literal["visit", "call", "video", "mail"]
    began_at: datetime = Field(description="With a time zone; without one it is the company's.")
    minutes: int = Field(ge=1, le=1440)
    travel_minutes: int = Field(0, ge=0, le=1440)
    trigger: Literal["standard", "change", "churn", "asked", "other"] = "standard"
    is_executive: bool = False
    contact_ids: list[int] = Field([], max_length=50)
    summary: str = Field("", max_length=4000)
    learned_needs: str = Text
    learned_rivals: str = Text
    learned_stock: str = Text
    next_step: str = Field("", max_length=300)
    next_step_date: date | None = None
    promises: list[PromiseIn] = Field([], max_length=20)
    client_id: UUID | None = None


class TouchOut(Schema):
    """A touch as its page shows it. Where it was is told on the page only."""

    id: int
    account: Named
    by: Named | None
    kind: str
    trigger: str
    began_at: datetime
    minutes: int
    travel_minutes: int
    is_executive: bool
    contacts: list[Named]
    summary: str
    learned_needs: str
    learned_rivals: str
    learned_stock: str
    next_step: str
    next_step_date: date | None
    done_how: str
    client_id: UUID | None
    version: int


def _touch(told: Touch) -> dict[str, Any]:
    names = (
        "id",
        "kind",
        "trigger",
        "began_at",
        "minutes",
        "travel_minutes",
        "is_executive",
        "summary",
        *LEARNED,
    )
    further = ("next_step", "next_step_date", "done_how", "client_id", "version")
    shown: dict[str, Any] = {name: getattr(told, name) for name in (*names, *further)}
    people = [{"id": one.pk, "name": one.name, "code": one.code or None} for one in told.contacts.all()]
    return {**shown, "account": named(told.account), "by": named(told.by), "contacts": people}


@router.get("/touches/{touch_id}", auth=needs("read"), response=TouchOut, summary="A touch")
def read_touch(request: ApiRequest, touch_id: Id) -> Any:
    return _touch(one_of(visible_touches(request.user), touch_id))


@router.post(
    "/touches", auth=needs("write"), response={200: TouchOut, 201: TouchOut}, summary="Record a touch"
)
def create_touch(request: ApiRequest, told: TouchIn) -> Any:
    """201: it is new; 200: this `client_id` was recorded before, and nothing has changed."""
    if not may_record(request.user):
        raise PermissionDenied
    account = one_of(visible_accounts(request.user), told.account_id)
    values = told.model_dump(exclude={"account_id", "contact_ids", "promises", "began_at"})
    began_at = told.began_at if timezone.is_aware(told.began_at) else timezone.make_aware(told.began_at)
    contacts = [one_of(account.contacts.all(), pk) for pk in dict.fromkeys(told.contact_ids)]
    promises = [Promise(one.what, one.due_date) for one in told.promises]
    touch, is_new = record_touch(
        by=request.user, account=account, began_at=began_at, contacts=contacts, promises=promises, **values
    )
    return Status(201 if is_new else 200, _touch(touch))


class SkillGapOut(Schema):
    """What a manager lacks for accounts of a kind and industry (both empty: not known). Levels 0 to 3."""

    kind: str
    industry: str
    skill: str
    accounts: int
    asked: int
    had: int
    gap: int
    weighted: int


class ManagerGapsOut(Schema):
    """One manager. `fit`: which part of what the accounts ask for is there; null: nothing is asked."""

    manager: Named
    fit: float | None
    gaps: list[SkillGapOut]


@router.get(
    "/skill-gaps",
    auth=needs("read"),
    response=list[ManagerGapsOut],
    summary="What managers lack of the skills that their accounts ask for",
)
def skill_gaps(request: ApiRequest) -> Any:
    """Of the managers whose skills you may see, or of yourself; each manager's largest gap first."""
    people = list(people_seen_by(request.user))
    told = gaps_of(request.user, people)
    rows: dict[int, list[dict[str, Any]]] = {one.pk: [] for one in people}
    for row in told.rows:
        rows[row["manager_id"]].append(row)
    return [{"manager": named(one), "fit": told.fits.get(one.pk), "gaps": rows[one.pk]} for one in people]
