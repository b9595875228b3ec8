"""Endpoints of channels and tiers (C1, C2)."""

from datetime import date
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from ninja import Field, Router, Schema

from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.api.kit import ApiRequest, Done, Id, Input, Named, add_list, named, needs, one_of
from keyaccount_web.cover.tiers import placing
from keyaccount_web.cover.tiers.listings import ACCOUNT_TIERS, TIER_MOVES

router = Router(tags=["cover"])

add_list(router, "/account-tiers", ACCOUNT_TIERS, summary="Channel and tier of every customer, and why")
add_list(router, "/tier-moves", TIER_MOVES, summary="Who moved to another channel or tier, newest first")


class PlacementIn(Input):
    """Where a customer is to be; without a tier its spend says which."""

    channel: Literal["key_account", "business", "community", "floating"]
    tier: str = Field("", max_length=20)
    reason: str = Field(min_length=1, max_length=300)
    until: date | None = None


class PlacementOut(Schema):
    """A customer placed by hand."""

    account: Named
    channel: str
    tier: str
    reason: str
    until: date | None
    version: int


def _account(request: ApiRequest, account_id: int) -> Any:
    account = one_of(visible_accounts(request.user), account_id)
    if not placing.may_place(request.user):
        raise PermissionDenied
    return account


@router.put(
    "/accounts/{account_id}/placement",
    auth=needs("write"),
    response=PlacementOut,
    summary="Place a customer by hand",
)
def put_placement(request: ApiRequest, account_id: Id, told: PlacementIn) -> Any:
    """It holds before every rule, and shows once the worker has gone through everybody."""
    held = placing.place(by=request.user, account=_account(request, account_id), **told.model_dump())
    names = ("channel", "tier", "reason", "until", "version")
    return {"account": named(held.account), **{name: getattr(held, name) for name in names}}


@router.delete(
    "/accounts/{account_id}/placement",
    auth=needs("write"),
    response=Done,
    summary="Let the rules decide again",
)
def remove_placement(request: ApiRequest, account_id: Id) -> Any:
    placing.take_back(_account(request, account_id))
    return Done()
