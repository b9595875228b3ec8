"""Endpoints on events and the gift register (K7, R3)."""

from datetime import date
from decimal import Decimal
from typing import Any

from ninja import Field, Router, Schema, Status

from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.api.kit import ApiRequest, Id, Input, Named, add_list, named, needs, one_of
from keyaccount_web.api.problems import of_form
from keyaccount_web.know.events import gifts, services
from keyaccount_web.know.events.forms import GiftForm, OccasionForm
from keyaccount_web.know.events.listings import GIFTS, OCCASIONS
from keyaccount_web.know.events.models import Occasion
from keyaccount_web.know.needs.api import SourceIn
from keyaccount_web.know.provenance import source_of
from keyaccount_web.know.record_kit import contact_chosen, editors_only, owner_chosen
from keyaccount_web.lists.exports import json_value

router = Router(tags=["events"])


class OccasionIn(SourceIn):
    """A day, every year (month, day) or once (begins_on)."""

    kind: str = Field(max_length=10)
    title: str = Field("", max_length=100)
    contact_id: int | None = Field(None, ge=1, le=2**53 - 1)
    calendar: str = Field("solar", max_length=5, description="solar, lunar or once")
    month: int | None = Field(None, ge=1, le=12)
    day: int | None = Field(None, ge=1, le=31)
    is_leap_month: bool = False
    begins_on: date | None = None
    ends_on: date | None = None
    lead_days: int | None = Field(None, ge=0, le=365)
    owner_id: int | None = Field(None, ge=1, le=2**53 - 1)
    remark: str = Field("", max_length=500)


class OccasionOut(Schema):
    """An event."""

    id: int
    account: Named
    contact: Named | None
    kind: str
    title: str
    calendar: str
    month: int | None
    day: int | None
    is_leap_month: bool
    begins_on: date | None
    ends_on: date | None
    lead_days: int | None
    next_on: date | None
    owner: Named | None
    remark: str
    source_kind: str
    source: str
    dated: date
    permission: str
    version: int


class GiftIn(Input):
    """A gift, an invitation or an award, before it is given."""

    kind: str = Field("gift", max_length=12)
    contact_id: int | None = Field(None, ge=1, le=2**53 - 1)
    recipient: str = Field("", max_length=60)
    is_official: bool = False
    what: str = Field(min_length=1, max_length=200)
    value: Decimal = Field(ge=0, max_digits=18, decimal_places=4)
    on: date
    consent: str = Field("", max_length=200)
    approver_id: int | None = Field(None, ge=1, le=2**53 - 1)
    reason: str = Field("", max_length=1000)


class GiftOut(Schema):
    """An entry of the register."""

    id: int
    account: Named
    recipient: str
    is_official: bool
    kind: str
    what: str
    value: str
    on: date
    consent: str
    state: str
    asked_by: Named | None
    approved_by: Named | None


add_list(router, "/events", OCCASIONS, summary="The list of events")
add_list(router, "/gifts", GIFTS, summary="The register of gifts and hospitality")
_NAMED = ("account", "contact", "owner", "asked_by", "approved_by")


def _out(record: Any, schema: type[Schema]) -> dict[str, Any]:
    told = {}
    for name in schema.model_fields:
        value = getattr(record, name)
        told[name] = named(value) if name in _NAMED else json_value(value) if name == "value" else value
    return told


@router.post(
    "/accounts/{account_id}/events", auth=needs("write"), response={201: OccasionOut}, summary="Add an event"
)
def add_occasion(request: ApiRequest, account_id: Id, told: OccasionIn) -> Any:
    account = one_of(visible_accounts(request.user).select_related("owner"), account_id)
    editors_only(request)
    form = OccasionForm(
        {**told.dict(), "contact": told.contact_id or "", "owner": told.owner_id or ""}, account=account
    )
    if not form.is_valid():
        raise of_form(form)
    cleaned = form.cleaned_data
    values = {name: cleaned[name] for name in services.FIELDS}
    values["contact"] = contact_chosen(account, told.contact_id)
    values["owner"] = owner_chosen(account, told.owner_id, request.user)
    kept = services.keep_occasion(by=request.user, account=account, source=source_of(cleaned), **values)
    return Status(201, _out(kept, OccasionOut))


@router.get("/events/{occasion_id}", auth=needs("read"), response=OccasionOut, summary="An event")
def read_occasion(request: ApiRequest, occasion_id: Id) -> Any:
    return _out(one_of(services.occasions_seen_by(request.user), occasion_id), OccasionOut)


@router.get(
    "/accounts/{account_id}/events", auth=needs("read"), response=list[OccasionOut], summary="Its events"
)
def list_occasions_of(request: ApiRequest, account_id: Id) -> Any:
    account = one_of(visible_accounts(request.user), account_id)
    found = Occasion.objects.filter(account=account).select_related("account", "contact", "owner")
    return [_out(one, OccasionOut) for one in found]


@router.post(
    "/accounts/{account_id}/gifts", auth=needs("write"), response={201: GiftOut}, summary="Enter a gift"
)
def add_gift(request: ApiRequest, account_id: Id, told: GiftIn) -> Any:
    """Before it is given; what is over a limit, or for a public official, is refused with the reason."""
    account = one_of(visible_accounts(request.user), account_id)
    editors_only(request)
    values = told.dict(exclude={"contact_id", "approver_id"})
    form = GiftForm(
        {**values, "contact": told.contact_id or "", "of": told.approver_id or ""},
        account=account,
        by=request.user,
    )
    if not form.is_valid():
        raise of_form(form)
    gift = gifts.register_gift(
        by=request.user,
        account=account,
        contact=contact_chosen(account, told.contact_id),
        of=form.approvers.get(str(told.approver_id)),
        **values,
    )
    return Status(201, _out(gift, GiftOut))


@router.get("/gifts/{gift_id}", auth=needs("read"), response=GiftOut, summary="An entry of the register")
def read_gift(request: ApiRequest, gift_id: Id) -> Any:
    return _out(one_of(gifts.gifts_seen_by(request.user), gift_id), GiftOut)
