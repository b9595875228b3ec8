"""Endpoints on rivals at an account and on the share of wallet (K6)."""

from datetime import date
from decimal import Decimal
from typing import Any

from ninja import Field, Router, Schema, Status

from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.api.kit import ApiRequest, Done, Id, Named, add_list, named, needs, one_of
from keyaccount_web.api.problems import of_form
from keyaccount_web.know.needs.api import SourceIn
from keyaccount_web.know.provenance import SOURCE_FIELDS, source_of
from keyaccount_web.know.record_kit import editors_only
from keyaccount_web.know.rivals import services
from keyaccount_web.know.rivals.listings import RIVALS
from keyaccount_web.know.rivals.models import KnownPurchases, RivalFact, SupplyFailure
from keyaccount_web.know.rivals.views import FactForm, FailureForm, PurchasesForm
from keyaccount_web.lists.exports import json_value

router = Router(tags=["rivals"])


class RivalFactIn(SourceIn):
    """A fact about a rival; at least one thing must be told."""

    rival: str = Field(min_length=1, max_length=100)
    business_line: str = Field("", max_length=100)
    product: str = Field("", max_length=100)
    price: Decimal | None = Field(None, ge=0, max_digits=18, decimal_places=4)
    price_unit: str = Field("", max_length=20)
    yearly_sales: Decimal | None = Field(None, ge=0, max_digits=18, decimal_places=4)
    promo_spend: Decimal | None = Field(None, ge=0, max_digits=18, decimal_places=4)
    channel: str = Field("", max_length=60)
    tactics: str = Field("", max_length=500)
    rating_them: int | None = Field(None, ge=1, le=5)
    rating_us: int | None = Field(None, ge=1, le=5)


class PurchasesIn(SourceIn):
    """What a source says that the customer buys in a year, ours included."""

    year: int = Field(ge=1990, le=2100)
    business_line: str = Field("", max_length=100)
    amount: Decimal = Field(gt=0, max_digits=18, decimal_places=4)


class FailureIn(SourceIn):
    """A rival could not deliver."""

    rival: str = Field(min_length=1, max_length=100)
    business_line: str = Field("", max_length=100)
    what: str = Field(min_length=1, max_length=300)
    began_on: date
    ended_on: date | None = None


class SourcedOut(Schema):
    """What every fact has."""

    id: int
    source_kind: str
    source: str
    dated: date
    permission: str
    version: int


class RivalFactOut(SourcedOut):
    """A fact about a rival."""

    account: Named
    rival: Named
    business_line: str
    product: str
    price: str | None
    price_unit: str
    yearly_sales: str | None
    promo_spend: str | None
    channel: str
    tactics: str
    rating_them: int | None
    rating_us: int | None


class PurchasesOut(SourcedOut):
    """What a source says."""

    account: Named
    year: int
    business_line: str
    amount: str


class FailureOut(SourcedOut):
    """A window in which a rival could not deliver."""

    account: Named
    rival: Named
    business_line: str
    what: str
    began_on: date
    ended_on: date | None


class ShareOut(Schema):
    """Share of wallet of one business line (empty: all) and year."""

    business_line: str
    year: int
    sales: str
    purchases_low: str | None
    purchases_high: str | None
    share_low: float | None
    share_high: float | None
    sources: int
    standing: str


add_list(router, "/rivals", RIVALS, summary="The list of facts about rivals")


def _out(record: Any, schema: type[Schema]) -> dict[str, Any]:
    told = {}
    for name in schema.model_fields:
        value = getattr(record, name)
        told[name] = (
            named(value)
            if name in ("account", "rival")
            else json_value(value)
            if isinstance(value, Decimal)
            else value
        )
    return told


def _add(request: ApiRequest, account_id: int, told: SourceIn, form_class: Any, keep: Any) -> Any:
    account = one_of(visible_accounts(request.user), account_id)
    editors_only(request)
    form = form_class(told.dict())
    if not form.is_valid():
        raise of_form(form)
    values = {name: value for name, value in form.cleaned_data.items() if name not in SOURCE_FIELDS}
    return keep(by=request.user, account=account, source=source_of(form.cleaned_data), **values)


def _of(request: ApiRequest, account_id: int, model: Any, schema: type[Schema]) -> list[dict[str, Any]]:
    account = one_of(visible_accounts(request.user), account_id)
    relations = ["account", *(["rival"] if hasattr(model, "rival") else [])]
    return [_out(one, schema) for one in model.objects.filter(account=account).select_related(*relations)]


@router.get(
    "/accounts/{account_id}/rivals",
    auth=needs("read"),
    response=list[RivalFactOut],
    summary="What is known of its rivals",
)
def list_facts_of(request: ApiRequest, account_id: Id) -> Any:
    return _of(request, account_id, RivalFact, RivalFactOut)


@router.post(
    "/accounts/{account_id}/rivals",
    auth=needs("write"),
    response={201: RivalFactOut},
    summary="Add a fact about a rival",
)
def add_fact(request: ApiRequest, account_id: Id, told: RivalFactIn) -> Any:
    """What the customer marked confidential and not ours is refused."""
    return Status(201, _out(_add(request, account_id, told, FactForm, services.keep_fact), RivalFactOut))


@router.delete("/rivals/{fact_id}", auth=needs("write"), response=Done, summary="Remove a fact about a rival")
def remove_fact(request: ApiRequest, fact_id: Id) -> Any:
    """It was wrong; its history stays."""
    fact = one_of(services.facts_seen_by(request.user), fact_id)
    editors_only(request)
    fact.delete()
    return Done()


@router.get(
    "/accounts/{account_id}/wallet",
    auth=needs("read"),
    response=list[ShareOut],
    summary="Our share of what it buys",
)
def wallet(request: ApiRequest, account_id: Id) -> Any:
    account = one_of(visible_accounts(request.user), account_id)
    rows = services.wallet_of(request.user, account).to_pylist()
    return [
        {
            name: json_value(row[name]) if isinstance(row[name], Decimal) else row[name]
            for name in ShareOut.model_fields
        }
        for row in rows
    ]


@router.get(
    "/accounts/{account_id}/purchases",
    auth=needs("read"),
    response=list[PurchasesOut],
    summary="What sources say that it buys",
)
def list_purchases(request: ApiRequest, account_id: Id) -> Any:
    return _of(request, account_id, KnownPurchases, PurchasesOut)


@router.post(
    "/accounts/{account_id}/purchases",
    auth=needs("write"),
    response={201: PurchasesOut},
    summary="Add what a source says that it buys",
)
def add_purchases(request: ApiRequest, account_id: Id, told: PurchasesIn) -> Any:
    return Status(
        201, _out(_add(request, account_id, told, PurchasesForm, services.keep_purchases), PurchasesOut)
    )


@router.get(
    "/accounts/{account_id}/supply-failures",
    auth=needs("read"),
    response=list[FailureOut],
    summary="When rivals could not deliver",
)
def list_failures(request: ApiRequest, account_id: Id) -> Any:
    return _of(request, account_id, SupplyFailure, FailureOut)


@router.post(
    "/accounts/{account_id}/supply-failures",
    auth=needs("write"),
    response={201: FailureOut},
    summary="Add a supply failure of a rival",
)
def add_failure(request: ApiRequest, account_id: Id, told: FailureIn) -> Any:
    return Status(201, _out(_add(request, account_id, told, FailureForm, services.keep_failure), FailureOut))
