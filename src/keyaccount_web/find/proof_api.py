"""Endpoints that recompute a list from its snapshot and inputs, to the cent (F7)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from ninja import Field, Router, Schema, Status

from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.api.kit import ApiRequest, Id, needs, one_of
from keyaccount_web.find.lists.comparing import prove
from keyaccount_web.find.lists.reading import lists_seen_by, sees_whole
from keyaccount_web.find.models import KeyAccountList
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import repeat

router = Router(tags=["key lists"])

MOST_DIFFERENCES = 200


class DifferenceOut(Schema):
    """A figure that came out otherwise."""

    code: str
    column: str
    kept: str
    recomputed: str


class ProofOut(Schema):
    """A list held against a run made again from its snapshot."""

    run_id: int
    state: Run.State = Field(description="Of that run; the rest is told when it is done.")
    holds: bool | None = None
    rows: int | None = Field(None, description="Rows of the result compared.")
    entries: int | None = Field(None, description="Entries of the frozen document compared.")
    figures: int | None = Field(None, description="How many figures that is.")
    differences: list[DifferenceOut] = Field([], description=f"The first {MOST_DIFFERENCES}.")


def _list(request: ApiRequest, pk: int) -> KeyAccountList:
    told = one_of(lists_seen_by(request.user).select_related("run"), pk)
    if not sees_whole(request.user):
        raise PermissionDenied
    return told


@router.post(
    "/key-lists/{list_id}/proofs",
    auth=needs("runs"),
    response={202: ProofOut},
    summary="Recompute it from its snapshot",
)
def start_proof(request: ApiRequest, list_id: Id) -> Any:
    """A worker takes it from here: ask for the proof until its run is done."""
    told = _list(request, list_id)
    if not may(request.user, Right.RUN):
        raise PermissionDenied
    again = repeat(told.run, request.user)
    return Status(202, {"run_id": again.pk, "state": again.state})


@router.get(
    "/key-lists/{list_id}/proofs/{proof_id}",
    auth=needs("read"),
    response=ProofOut,
    summary="What a recomputation says",
)
def read_proof(request: ApiRequest, list_id: Id, proof_id: Id) -> Any:
    """Whether every figure is the same to the last decimal, whatever was imported since."""
    told = _list(request, list_id)
    again = one_of(Run.objects.filter(repeats=told.run), proof_id)
    shown: dict[str, Any] = {"run_id": again.pk, "state": again.state}
    if again.state != Run.State.DONE:
        return shown
    proof = prove(told, again)
    differences = [
        {"code": one.code, "column": one.column, "kept": str(one.kept), "recomputed": str(one.recomputed)}
        for one in proof.differences[:MOST_DIFFERENCES]
    ]
    counted = {name: getattr(proof, name) for name in ("holds", "rows", "entries", "figures")}
    return {**shown, **counted, "differences": differences}
