"""Endpoints of what we buy from an account (F5, F6)."""

from decimal import Decimal
from typing import Any

from django.utils import timezone
from ninja import Field, Router, Schema, Status

from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.api.kit import ApiRequest, Done, Id, Input, Named, named, needs, one_of
from keyaccount_web.find.bought import bought_seen_by, keep_bought
from keyaccount_web.find.models import BoughtFrom
from keyaccount_web.know.record_kit import editors_only
from keyaccount_web.lists.exports import json_value

router = Router(tags=["key lists"])


class BoughtIn(Input):
    """What we bought from an account in a calendar year; 0: nothing."""

    year: int = Field(ge=1990, le=9998)
    amount: Decimal = Field(ge=0, max_digits=18, decimal_places=4)
    source: str = Field(min_length=1, max_length=200)


class BoughtOut(Schema):
    """What we bought from an account in a calendar year."""

    id: int
    account: Named
    year: int
    amount: str
    source: str
    version: int


def _out(record: BoughtFrom) -> dict[str, Any]:
    told = {name: getattr(record, name) for name in ("id", "year", "source", "version")}
    return {**told, "account": named(record.account), "amount": json_value(record.amount)}


@router.get(
    "/accounts/{account_id}/bought-from",
    auth=needs("read"),
    response=list[BoughtOut],
    summary="What we buy from it, newest year first",
)
def list_bought(request: ApiRequest, account_id: Id) -> Any:
    account = one_of(visible_accounts(request.user), account_id)
    return [_out(one) for one in bought_seen_by(request.user).filter(account=account).order_by("-year")]


@router.post(
    "/accounts/{account_id}/bought-from",
    auth=needs("write"),
    response={201: BoughtOut},
    summary="Note what we bought from it in a year",
)
def add_bought(request: ApiRequest, account_id: Id, told: BoughtIn) -> Any:
    """Counts from the next run on, for two-way trade and the role of a group account."""
    account = one_of(visible_accounts(request.user), account_id)
    editors_only(request)
    made = keep_bought(by=request.user, account=account, today=timezone.localdate(), **told.dict())
    return Status(201, _out(made))


@router.delete("/bought-from/{bought_id}", auth=needs("write"), response=Done, summary="Remove a year of it")
def remove_bought(request: ApiRequest, bought_id: Id) -> Any:
    """It was wrong; its history stays."""
    record = one_of(bought_seen_by(request.user), bought_id)
    editors_only(request)
    record.delete()
    return Done()
