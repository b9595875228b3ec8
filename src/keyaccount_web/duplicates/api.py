"""Endpoints on duplicates: which accounts may be one, asked of all or of one that is about to be made (K9)."""

from datetime import datetime
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.http import Http404
from ninja import Field, Router, Schema, Status

from keyaccount.reasons import Reason
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.api.kit import (
    ApiRequest,
    Cursor,
    Id,
    Input,
    Limit,
    in_query,
    keyset,
    needs,
    one_of,
    page_schema,
)
from keyaccount_web.duplicates import merges_api
from keyaccount_web.duplicates.entry import similar_to
from keyaccount_web.duplicates.models import DuplicatePair
from keyaccount_web.duplicates.services import decide_pair
from keyaccount_web.duplicates.tasks import begin_search
from keyaccount_web.duplicates.views import visible_pairs
from keyaccount_web.know.api import ReasonOut, similar_out
from keyaccount_web.know.models import Account
from keyaccount_web.shell.templatetags.pages import lang

router = Router(tags=["duplicates"])
router.add_router("", merges_api.router)


class SideOut(Schema):
    """One of the two; of an account that may not be seen only name and owner."""

    id: int | None = None
    code: str | None = None
    name: str
    owner: str | None = None
    is_visible: bool


class PairOut(Schema):
    """Two accounts that may be one customer."""

    id: int
    account: SideOut
    other: SideOut
    score: float
    reasons: list[ReasonOut]
    state: DuplicatePair.State
    decided_at: datetime | None


class Candidate(Input):
    """What is known of an account that is not there yet."""

    name: str = Field("", max_length=200)
    tax_number: str = Field("", max_length=30)
    phone: str = Field("", max_length=30)
    address: str = Field("", max_length=200)


class SimilarOut(Schema):
    """An account like the candidate."""

    id: int | None = None
    code: str | None = None
    name: str
    owner: str | None
    is_visible: bool
    score: float
    reasons: list[ReasonOut] = Field(default_factory=list)


class Decision(Input):
    """What somebody has seen of a pair."""

    state: Literal["open", "not_duplicate"]


class ComparisonOut(Schema):
    """A search over all accounts."""

    id: int
    started_at: datetime
    ended_at: datetime | None
    accounts: int
    pairs: int


def _editors_only(request: ApiRequest) -> None:
    if not (may(request.user, Right.EDIT_ACCOUNTS) or may(request.user, Right.MERGE)):
        raise PermissionDenied


def _side(account: Account, *, is_visible: bool) -> dict[str, Any]:
    told = {
        "name": account.name,
        "owner": account.owner.name if account.owner else None,
        "is_visible": is_visible,
    }
    return {**told, "id": account.pk, "code": account.code} if is_visible else told


def _pair(pair: DuplicatePair) -> dict[str, Any]:
    seen = vars(pair)
    sees_both = bool(seen["sees_account"] and seen["sees_other"])
    reasons = [Reason(one["code"], one["values"]) for one in pair.reasons]
    return {
        "id": pair.pk,
        "account": _side(pair.account, is_visible=bool(seen["sees_account"])),
        "other": _side(pair.other, is_visible=bool(seen["sees_other"])),
        "score": pair.score,
        # They quote what the two have in common, which is for who sees both.
        "reasons": [{"code": one.code, "text": one.text(lang())} for one in reasons] if sees_both else [],
        "state": pair.state,
        "decided_at": pair.decided_at,
    }


@router.get(
    "/duplicates", auth=needs("read"), response=page_schema("Pair", PairOut), summary="Pairs, likeliest first"
)
def list_pairs(
    request: ApiRequest,
    limit: Limit,
    after: Cursor = None,
    state: DuplicatePair.State = in_query(DuplicatePair.State.OPEN),
) -> Any:
    _editors_only(request)
    rows = visible_pairs(request).filter(state=state).select_related("account__owner", "other__owner")
    found, next_page = keyset(rows, limit=limit, after=after, path="score")
    return {"items": [_pair(one) for one in found], "after": next_page}


@router.post(
    "/duplicates/similar",
    auth=needs("read"),
    response=list[SimilarOut],
    summary="What is like an account to be made",
)
def list_similar(request: ApiRequest, told: Candidate) -> Any:
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied
    return [similar_out(one) for one in similar_to(told.dict(), request.user)]


@router.post(
    "/duplicates/searches",
    auth=needs("write"),
    response={202: ComparisonOut},
    summary="Compare all accounts now",
)
def start_search(request: ApiRequest) -> Any:
    if not may(request.user, Right.MERGE):
        raise PermissionDenied
    record = begin_search(request.user)
    record.refresh_from_db()
    return Status(202, record)


# After those whose addresses would otherwise be taken for an id.
@router.patch("/duplicates/{pair_id}", auth=needs("write"), response=PairOut, summary="Decide on a pair")
def decide(request: ApiRequest, pair_id: Id, told: Decision) -> Any:
    _editors_only(request)
    pair = one_of(visible_pairs(request), pair_id)
    if not (vars(pair)["sees_account"] and vars(pair)["sees_other"]):
        raise Http404
    decide_pair(pair, told.state, request.user)
    return _pair(one_of(visible_pairs(request).select_related("account__owner", "other__owner"), pair_id))
