"""Endpoints on what one asks and another decides."""

from datetime import datetime
from typing import Any

from ninja import Field, Router, Schema

from keyaccount.errors import KeyAccountError
from keyaccount.language import LANGUAGES, message
from keyaccount_web.api.kit import ApiRequest, Id, Input, Named, named, needs, one_of
from keyaccount_web.api.problems import ApiError
from keyaccount_web.approvals import services
from keyaccount_web.approvals.models import Approval

router = Router(tags=["approvals"])
MOST = 200
_NOT_THEIRS = ("approval.same_person", "approval.no_right", "approval.not_yours", "approval.acting")
_TOO_LATE = ("approval.closed", "approval.changed")


class DecisionIn(Input):
    """Yes or no; a no says why. `digest`: of what was looked at, as the approval tells it."""

    granted: bool
    answer: str = Field("", max_length=2000)
    digest: str = Field(min_length=1, max_length=64)


class WithdrawIn(Input):
    """Whoever asked takes it back."""

    answer: str = Field("", max_length=2000)


class ApprovalOut(Schema):
    """One thing that somebody asked for."""

    id: int
    kind: str
    subject_id: int
    digest: str
    what: dict[str, str] = Field(description="What is asked, by language.")
    reason: str
    asked_by: Named
    asked_of: Named
    asked_at: datetime
    state: str
    decided_by: Named | None
    decided_at: datetime | None
    answer: str


def _out(one: Approval) -> dict[str, Any]:
    names = ("id", "kind", "subject_id", "digest", "reason", "asked_at", "state", "decided_at", "answer")
    people = ("asked_by", "asked_of", "decided_by")
    what = {lang: message(one.code, lang, **one.values) for lang in LANGUAGES}
    return {
        **{name: getattr(one, name) for name in names},
        **{name: named(getattr(one, name)) for name in people},
        "what": what,
    }


def _seen(request: ApiRequest, pk: int) -> Approval:
    return one_of(services.approvals_seen_by(request.user), pk)


def _refused(error: KeyAccountError) -> ApiError:
    status = 403 if error.code in _NOT_THEIRS else 409 if error.code in _TOO_LATE else 422
    return ApiError(error.code, status=status, **error.values)


@router.get("/approvals", auth=needs("read"), response=list[ApprovalOut], summary="Approvals that wait")
def waiting(request: ApiRequest) -> Any:
    """Those that one asked for or may decide, the newest first; 200 at most."""
    rows = services.approvals_seen_by(request.user).filter(state=Approval.State.OPEN)
    return [_out(one) for one in rows[:MOST]]


@router.get("/approvals/{approval_id}", auth=needs("read"), response=ApprovalOut, summary="An approval")
def read(request: ApiRequest, approval_id: Id) -> Any:
    return _out(_seen(request, approval_id))


@router.post(
    "/approvals/{approval_id}/decision",
    auth=needs("write"),
    response=ApprovalOut,
    summary="Decide an approval",
)
def decide(request: ApiRequest, approval_id: Id, told: DecisionIn) -> Any:
    """By a second person with the right to; whoever asked may not, and of what has changed since nothing is granted."""
    try:
        services.decide(_seen(request, approval_id), by=request.user, **told.dict())
    except KeyAccountError as error:
        raise _refused(error) from error
    return _out(_seen(request, approval_id))


@router.post(
    "/approvals/{approval_id}/withdraw",
    auth=needs("write"),
    response=ApprovalOut,
    summary="Take a question back",
)
def withdraw(request: ApiRequest, approval_id: Id, told: WithdrawIn) -> Any:
    try:
        services.withdraw(_seen(request, approval_id), by=request.user, answer=told.answer)
    except KeyAccountError as error:
        raise _refused(error) from error
    return _out(_seen(request, approval_id))
