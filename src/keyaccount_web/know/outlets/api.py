"""Endpoints on an account's outlets (K4)."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

from ninja import Field, Path, Router, Schema, Status

from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.api.kit import ApiRequest, Id, Named, add_list, named, needs, one_of
from keyaccount_web.know.needs.api import SourceIn
from keyaccount_web.know.outlets import services
from keyaccount_web.know.outlets.listings import OUTLETS
from keyaccount_web.know.outlets.models import Outlet
from keyaccount_web.know.provenance import SOURCE_FIELDS, source_of
from keyaccount_web.know.record_kit import editors_only
from keyaccount_web.lists.exports import json_value

router = Router(tags=["outlets"])
Month = Annotated[str, Path(pattern=r"^(19|20)\d\d-(0[1-9]|1[0-2])$")]
"""2025-03."""


class OutletIn(SourceIn):
    """An outlet; latitude and longitude belong together."""

    code: str = Field(min_length=1, max_length=60)
    name: str = Field(min_length=1, max_length=100)
    kind: str = Field("store", pattern="^(store|counter|franchise|online|site)$")
    city: str = Field("", max_length=60)
    address: str = Field("", max_length=200)
    latitude: Decimal | None = Field(None, ge=-90, le=90, decimal_places=5)
    longitude: Decimal | None = Field(None, ge=-180, le=180, decimal_places=5)
    pushes: str = Field("", max_length=300)
    can_sell: Decimal | None = Field(None, ge=0, max_digits=18, decimal_places=4)
    closed_on: dt.date | None = None


class MonthIn(SourceIn):
    """What it sold in a month; at least one figure."""

    sales: Decimal | None = Field(None, ge=0, max_digits=18, decimal_places=4)
    our_sales: Decimal | None = Field(None, ge=0, max_digits=18, decimal_places=4)


class BandIn(SourceIn):
    """A price band; the lower bound belongs to it."""

    business_line: str = Field("", max_length=100)
    low: Decimal = Field(ge=0, max_digits=18, decimal_places=4)
    high: Decimal | None = Field(None, ge=0, max_digits=18, decimal_places=4)
    share: Decimal | None = Field(None, ge=0, le=1, decimal_places=4)


class MonthOut(Schema):
    """A month of an outlet."""

    month: dt.date
    sales: str | None
    our_sales: str | None
    source: str
    dated: dt.date


class BandOut(Schema):
    """A price band of an outlet."""

    id: int
    business_line: str
    low: str
    high: str | None
    share: str | None


class OutletOut(Schema):
    """An outlet with its means over the last twelve months."""

    id: int
    account: Named
    code: str
    name: str
    kind: str
    city: str
    address: str
    latitude: str | None
    longitude: str | None
    pushes: str
    can_sell: str | None
    closed_on: dt.date | None
    source: str
    dated: dt.date
    version: int
    sales: str | None
    our_sales: str | None
    our_share: float | None
    room: str | None


class OutletFileOut(OutletOut):
    """An outlet with its months and price bands."""

    months: list[MonthOut]
    price_bands: list[BandOut]


add_list(router, "/outlets", OUTLETS, summary="The list of outlets")

_FIGURES = ("sales", "our_sales", "our_share", "room")


def _plain(record: Any, schema: type[Schema], *, leave: tuple[str, ...] = ()) -> dict[str, Any]:
    told = {name: getattr(record, name) for name in schema.model_fields if name not in leave}
    return {name: json_value(one) if isinstance(one, Decimal) else one for name, one in told.items()}


def _out(outlet: Outlet, figures: Any) -> dict[str, Any]:
    told = _plain(outlet, OutletOut, leave=("account", *_FIGURES))
    means = {name: getattr(figures, name) for name in _FIGURES}
    told |= {name: json_value(one) if isinstance(one, Decimal) else one for name, one in means.items()}
    return told | {"account": named(outlet.account)}


def _to_edit(request: ApiRequest, outlet_id: int) -> Outlet:
    held = one_of(services.outlets_seen_by(request.user), outlet_id)
    editors_only(request)
    return held


def _told(told: SourceIn) -> dict[str, Any]:
    values = told.dict()
    return {name: one for name, one in values.items() if name not in SOURCE_FIELDS} | {
        "source": source_of(values)
    }


@router.get(
    "/accounts/{account_id}/outlets", auth=needs("read"), response=list[OutletOut], summary="Its outlets"
)
def list_outlets_of(request: ApiRequest, account_id: Id) -> Any:
    account = one_of(visible_accounts(request.user), account_id)
    return [_out(one.outlet, one.figures) for one in services.of_account(account)]


@router.post(
    "/accounts/{account_id}/outlets", auth=needs("write"), response={201: OutletOut}, summary="Add an outlet"
)
def add_outlet(request: ApiRequest, account_id: Id, told: OutletIn) -> Any:
    account = one_of(visible_accounts(request.user), account_id)
    editors_only(request)
    held = services.keep_outlet(by=request.user, account=account, **_told(told))
    return Status(201, _out(held, services.figures_of([held])[held.pk]))


@router.get("/outlets/{outlet_id}", auth=needs("read"), response=OutletFileOut, summary="An outlet")
def outlet(request: ApiRequest, outlet_id: Id) -> Any:
    held = one_of(services.outlets_seen_by(request.user), outlet_id)
    return _out(held, services.figures_of([held])[held.pk]) | {
        "months": [_plain(one, MonthOut) for one in held.months.all()],
        "price_bands": [_plain(one, BandOut) for one in held.bands.all()],
    }


@router.put(
    "/outlets/{outlet_id}/months/{month}",
    auth=needs("write"),
    response=MonthOut,
    summary="Say what an outlet sold in a month",
)
def put_month(
    request: ApiRequest,
    outlet_id: Id,
    told: MonthIn,
    month: Month,
) -> Any:
    """`month`: 2025-03. What was said of it before stays in its history."""
    held = _to_edit(request, outlet_id)
    day = dt.date.fromisoformat(f"{month}-01")
    return _plain(services.keep_month(by=request.user, outlet=held, month=day, **_told(told)), MonthOut)


@router.post(
    "/outlets/{outlet_id}/price-bands",
    auth=needs("write"),
    response={201: BandOut},
    summary="Add a price band of an outlet",
)
def add_band(request: ApiRequest, outlet_id: Id, told: BandIn) -> Any:
    """Bands of one business line must not overlap."""
    held = _to_edit(request, outlet_id)
    return Status(201, _plain(services.keep_band(by=request.user, outlet=held, **_told(told)), BandOut))
