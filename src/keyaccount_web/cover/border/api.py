"""Endpoints of the border (C4)."""

from typing import Any

from ninja import Field, Router, Schema

from keyaccount_web.api.kit import ApiRequest, needs
from keyaccount_web.cover.border import services

router = Router(tags=["cover"])


class GroupOut(Schema):
    """How one group near the line is served, of the customers that the user sees."""

    group: str
    accounts: int
    touches: float | None
    with_discount: float | None
    depth: float | None
    complaints: float | None = Field(description="Null: complaints are not recorded yet, which is not none.")
    growth: float | None


@router.get("/border", auth=needs("read"), response=list[GroupOut], summary="Both sides of the line compared")
def border(request: ApiRequest) -> Any:
    """From the largest spend to the smallest: tier_above, band_above, band_below, tier_below."""
    return [
        {name: getattr(one, name) for name in GroupOut.model_fields} for one in services.served(request.user)
    ]
