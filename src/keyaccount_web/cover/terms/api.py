"""Endpoints of discount inversion (C4)."""

import datetime as dt
from typing import Any

from ninja import Router, Schema

from keyaccount_web.api.kit import ApiRequest, Id, Named, add_list, named, needs, one_of
from keyaccount_web.cover.terms.listings import INVERSIONS
from keyaccount_web.cover.terms.services import Customer, inversions_seen_by, opened
from keyaccount_web.lists.exports import json_value

router = Router(tags=["inversions"])

add_list(
    router, "/inversions", INVERSIONS, summary="Where a smaller customer got better terms, most money first"
)


class BetterPriceOut(Schema):
    """A customer below with a better price; `account` is null where you may not see it."""

    account: Named | None
    lines: int
    quantity: str
    price: str
    gap: str
    gap_share: float
    approver: str | None
    since: dt.date | None
    until: dt.date | None


class InversionOut(Schema):
    """An inversion with its pairs, cheapest first. They overlap: `money` is of the cheapest alone, and pairs are never summed."""

    id: int
    account: Named
    product: str
    product_name: str
    unit: str
    quarter: dt.date
    quantity: str
    price: str
    lowest_price: str
    gap_share: float
    money: str
    pairs: list[BetterPriceOut]


def _pair(one: Customer) -> dict[str, Any]:
    return {
        "account": named(one.account),
        "lines": one.row["lines"],
        **{name: json_value(one.row[name]) for name in ("quantity", "price", "gap", "gap_share")},
        **{name: getattr(one.terms, name, None) for name in ("approver", "since", "until")},
    }


@router.get(
    "/inversions/{inversion_id}",
    auth=needs("read"),
    response=InversionOut,
    summary="The pairs behind an inversion",
)
def read_inversion(request: ApiRequest, inversion_id: Id) -> Any:
    told = one_of(inversions_seen_by(request.user).select_related("run", "account"), inversion_id)
    plain = ("id", "product", "product_name", "unit", "quarter", "gap_share")
    return {
        **{name: getattr(told, name) for name in plain},
        **{name: json_value(getattr(told, name)) for name in ("quantity", "price", "lowest_price", "money")},
        "account": named(told.account),
        "pairs": [_pair(one) for one in opened(request.user, told).pairs],
    }
