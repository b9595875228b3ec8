"""Endpoints on an account's profile (K1)."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from ninja import Field, Router, Schema, Status

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.api.kit import ApiRequest, Id, needs, one_of
from keyaccount_web.api.problems import ApiError
from keyaccount_web.know.needs.api import SourceIn
from keyaccount_web.know.profile import services
from keyaccount_web.know.profile.services import PARTS, Part
from keyaccount_web.know.provenance import source_of
from keyaccount_web.know.record_kit import editors_only, of_visible
from keyaccount_web.lists.exports import json_value

router = Router(tags=["profile"])
PartName = Literal["size", "production", "finances", "credit"]


def _amount() -> Any:
    return Field(None, max_digits=18, decimal_places=4)


class FactIn(SourceIn):
    """A fact of one part; fields of other parts stay empty. Money in the company's currency."""

    founded_year: int | None = Field(None, ge=1800, le=2200)
    staff: int | None = Field(None, ge=0, le=2**31 - 1)
    sites: int | None = Field(None, ge=0, le=2**31 - 1)
    capital: Decimal | None = _amount()
    products: str = Field("", max_length=200)
    output: Decimal | None = _amount()
    capacity: Decimal | None = _amount()
    unit: str = Field("", max_length=20)
    year: int | None = Field(None, ge=1800, le=2200)
    revenue: Decimal | None = _amount()
    profit: Decimal | None = _amount()
    assets: Decimal | None = _amount()
    debts: Decimal | None = _amount()
    limit: Decimal | None = _amount()
    days: int | None = Field(None, ge=0, le=32767)
    billing: str = Field("", pattern="^(own|group|branches|advance)?$")
    terms: str = Field("", max_length=300)
    receivables: Decimal | None = _amount()
    overdue: Decimal | None = _amount()


class FactChange(FactIn):
    """The same, as it is to be; `version` as it was read."""

    version: int = Field(ge=0, le=2**31 - 1)


class FactOut(Schema):
    """A fact with its source."""

    id: int
    values: dict[str, Any]
    source_kind: str
    source: str
    dated: date
    permission: str
    version: int


class ProfileOut(Schema):
    """The facts of each part, the latest first."""

    size: list[FactOut]
    production: list[FactOut]
    finances: list[FactOut]
    credit: list[FactOut]


def _out(part: Part, one: Any) -> dict[str, Any]:
    names = ("id", "source_kind", "source", "dated", "permission", "version")
    values = {name: json_value(getattr(one, name)) for name in part.fields}
    return {**{name: getattr(one, name) for name in names}, "values": values}


def _kept(part: Part, told: FactIn, **more: Any) -> dict[str, Any]:
    values = told.dict()
    source = source_of(values)
    others = [
        name
        for name, value in values.items()
        if name not in (*source, *part.fields, "version") and value not in (None, "")
    ]
    if others:
        raise ApiError("profile.other_part", status=422, fields=others)
    own = {name: values[name] for name in part.fields}
    try:
        return _out(part, services.keep(part, source=source, **own, **more))
    except KeyAccountError as error:
        status = 409 if error.code == "record.changed_meanwhile" else 422
        raise ApiError(error.code, status=status, **error.values) from error


@router.get(
    "/accounts/{account_id}/profile", auth=needs("read"), response=ProfileOut, summary="An account's profile"
)
def profile(request: ApiRequest, account_id: Id) -> Any:
    facts = services.facts_of(one_of(visible_accounts(request.user), account_id))
    return {name: [_out(PARTS[name], one) for one in those] for name, those in facts.items()}


@router.post(
    "/accounts/{account_id}/profile/{part}",
    auth=needs("write"),
    response={201: FactOut},
    summary="Add a fact of the profile",
)
def add(request: ApiRequest, account_id: Id, part: PartName, told: FactIn) -> Any:
    account = one_of(visible_accounts(request.user), account_id)
    editors_only(request)
    return Status(201, _kept(PARTS[part], told, by=request.user, account=account))


def _held(request: ApiRequest, part: str, pk: int) -> Any:
    record = one_of(of_visible(PARTS[part].model._default_manager.all(), request.user), pk)
    editors_only(request)
    return record


@router.put("/profile/{part}/{profile_id}", auth=needs("write"), response=FactOut, summary="Change a fact")
def change(request: ApiRequest, part: PartName, profile_id: Id, told: FactChange) -> Any:
    record = _held(request, part, profile_id)
    return _kept(
        PARTS[part], told, by=request.user, account=record.account, record=record, version=told.version
    )


@router.delete(
    "/profile/{part}/{profile_id}", auth=needs("write"), response={204: None}, summary="Remove a fact"
)
def remove(request: ApiRequest, part: PartName, profile_id: Id) -> Any:
    _held(request, part, profile_id).delete()
    return Status(204, None)
