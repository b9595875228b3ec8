"""Endpoints on needs and on what is expected of delivery (K5)."""

from datetime import date
from decimal import Decimal
from typing import Any

from ninja import Field, Router, Schema, Status

from keyaccount.know.needs import VOICES
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.api.kit import ApiRequest, Id, Input, Named, add_list, named, needs, one_of
from keyaccount_web.api.problems import ApiError, of_form
from keyaccount_web.know.needs import services
from keyaccount_web.know.needs.listings import NEEDS
from keyaccount_web.know.needs.models import Expectation, Need
from keyaccount_web.know.needs.views import ExpectationForm, NeedForm, VoiceForm
from keyaccount_web.know.provenance import source_of
from keyaccount_web.know.record_kit import RecordChangedError, contact_chosen, editors_only, owner_chosen
from keyaccount_web.lists.exports import json_value

router = Router(tags=["needs"])


class SourceIn(Input):
    """Where a fact is from, and what we may do with it; `confidential` is refused."""

    source_kind: str = Field(
        "customer", max_length=10, description="customer, seen, published, partner or bought"
    )
    source: str = Field("", max_length=200)
    dated: date = Field(description="The day for which it holds.")
    permission: str = Field("internal", max_length=20, description="public, internal or account")


class NeedIn(SourceIn):
    """A new need."""

    text: str = Field(min_length=1, max_length=500)
    topic: str = Field("product", max_length=10)
    standing: str = Field("implicit", max_length=10, description="implicit or explicit")
    contact_id: int | None = Field(None, ge=1, le=2**53 - 1, description="Who said it.")
    words: str = Field("", max_length=300)
    owner_id: int | None = Field(None, ge=1, le=2**53 - 1)


class MoveIn(Input):
    """One step on its way."""

    to: str = Field(max_length=10, description="explicit, proposed, answered, dropped or implicit")
    text: str = Field("", max_length=1000)
    is_taken: bool | None = None
    version: int = Field(ge=0, le=2**31 - 1)


class VoiceIn(Input):
    """Somebody has said it, too."""

    contact_id: int = Field(ge=1, le=2**53 - 1)
    said_on: date
    words: str = Field("", max_length=300)


class NeedOut(Schema):
    """A need. `version` is to be sent back with a step."""

    id: int
    account: Named
    text: str
    topic: str
    standing: str
    moved_on: date
    proposal: str
    answer: str
    is_taken: bool | None
    owner: Named | None
    voices: int
    is_single_voice: bool
    source_kind: str
    source: str
    dated: date
    permission: str
    version: int


class ExpectationIn(SourceIn):
    """What is expected of delivery, for all goods (empty) or for some."""

    goods: str = Field("", max_length=100)
    lead_days: int | None = Field(None, ge=0, le=3650)
    lot_size: Decimal | None = Field(None, ge=0, max_digits=14, decimal_places=3)
    lot_unit: str = Field("", max_length=20)
    lots: int | None = Field(None, ge=1, le=1000)
    cycle_days: int | None = Field(None, ge=1, le=3650)
    price: Decimal | None = Field(None, ge=0, max_digits=18, decimal_places=4)
    wants_training: bool | None = None
    wants_research: bool | None = None


class ExpectationOut(Schema):
    """An expectation."""

    id: int
    account: Named
    goods: str
    lead_days: int | None
    lot_size: str | None
    lot_unit: str
    lots: int | None
    cycle_days: int | None
    price: str | None
    wants_training: bool | None
    wants_research: bool | None
    source_kind: str
    source: str
    dated: date
    permission: str
    version: int


add_list(router, "/needs", NEEDS, summary="The list of needs")

SOURCE = ("source_kind", "source", "dated", "permission", "version")


def _need(need: Need) -> dict[str, Any]:
    names = ("id", "text", "topic", "standing", "moved_on", "proposal", "answer", "is_taken", *SOURCE)
    voices: int = need.voices_known  # type: ignore[attr-defined]
    return {
        **{name: getattr(need, name) for name in names},
        "account": named(need.account),
        "owner": named(need.owner),
        "voices": voices,
        "is_single_voice": voices < VOICES,
    }


def _again(request: ApiRequest, need: Need) -> dict[str, Any]:
    return _need(one_of(services.needs_seen_by(request.user), need.pk))


def _expectation(one: Expectation) -> dict[str, Any]:
    names = ("id", *services.EXPECTED, *SOURCE)
    told = {name: getattr(one, name) for name in names}
    told |= {name: json_value(told[name]) for name in ("lot_size", "price")}
    return {**told, "account": named(one.account)}


@router.post(
    "/accounts/{account_id}/needs", auth=needs("write"), response={201: NeedOut}, summary="Add a need"
)
def add(request: ApiRequest, account_id: Id, told: NeedIn) -> Any:
    """It begins implicit or explicit; who said it, or a source, must be given."""
    account = one_of(visible_accounts(request.user).select_related("owner"), account_id)
    editors_only(request)
    values = told.dict(exclude={"contact_id", "owner_id"})
    values |= {"contact": told.contact_id or "", "owner": told.owner_id or ""}
    form = NeedForm(values, account=account)
    if not form.is_valid():
        raise of_form(form)
    cleaned = form.cleaned_data
    need = services.add_need(
        by=request.user,
        account=account,
        text=cleaned["text"],
        topic=cleaned["topic"],
        standing=cleaned["standing"],
        source=source_of(cleaned),
        contact=contact_chosen(account, cleaned["contact"]),
        words=cleaned["words"],
        owner=owner_chosen(account, cleaned["owner"], request.user),
    )
    return Status(201, _again(request, need))


@router.get("/needs/{need_id}", auth=needs("read"), response=NeedOut, summary="A need")
def read(request: ApiRequest, need_id: Id) -> Any:
    return _need(one_of(services.needs_seen_by(request.user), need_id))


@router.post("/needs/{need_id}/move", auth=needs("write"), response=NeedOut, summary="Move a need on")
def move(request: ApiRequest, need_id: Id, told: MoveIn) -> Any:
    """To explicit, to a proposal, to an answer; who is late gets 409."""
    need = one_of(services.needs_seen_by(request.user), need_id)
    editors_only(request)
    if told.to not in Need.Standing.values:
        raise ApiError("need.not_from_here", status=422, now=need.standing, to=told.to)
    try:
        services.move(
            need, by=request.user, to=told.to, text=told.text, is_taken=told.is_taken, version=told.version
        )
    except (RecordChangedError, services.NeedError) as error:
        raise ApiError(error.code, status=409, **error.values) from error
    return _again(request, need)


@router.post(
    "/needs/{need_id}/voices", auth=needs("write"), response={201: NeedOut}, summary="Somebody said it, too"
)
def say(request: ApiRequest, need_id: Id, told: VoiceIn) -> Any:
    need = one_of(services.needs_seen_by(request.user), need_id)
    editors_only(request)
    form = VoiceForm({**told.dict(), "contact": told.contact_id}, account=need.account)
    if not form.is_valid():
        raise of_form(form)
    contact = contact_chosen(need.account, told.contact_id)
    services.say_again(need, by=request.user, contact=contact, said_on=told.said_on, words=told.words)
    return Status(201, _again(request, need))


@router.get(
    "/accounts/{account_id}/expectations",
    auth=needs("read"),
    response=list[ExpectationOut],
    summary="What it expects of delivery",
)
def list_expectations(request: ApiRequest, account_id: Id) -> Any:
    account = one_of(visible_accounts(request.user), account_id)
    found = Expectation.objects.filter(account=account).select_related("account")
    return [_expectation(one) for one in found]


@router.put(
    "/accounts/{account_id}/expectations",
    auth=needs("write"),
    response=ExpectationOut,
    summary="Keep what it expects for goods",
)
def put_expectation(request: ApiRequest, account_id: Id, told: ExpectationIn) -> Any:
    """What is there for the same goods is replaced; its history stays."""
    account = one_of(visible_accounts(request.user), account_id)
    editors_only(request)
    answers = {True: "yes", False: "no", None: ""}
    values = told.dict()
    values |= {name: answers[values[name]] for name in ("wants_training", "wants_research")}
    form = ExpectationForm(values)
    if not form.is_valid():
        raise of_form(form)
    cleaned = {name: form.cleaned_data[name] for name in services.EXPECTED}
    cleaned |= {"wants_training": told.wants_training, "wants_research": told.wants_research}
    record = Expectation.objects.filter(account=account, goods=told.goods.strip()).first()
    kept = services.keep_expectation(
        by=request.user, account=account, source=source_of(form.cleaned_data), record=record, **cleaned
    )
    return _expectation(kept)
