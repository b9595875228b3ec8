"""Endpoints on runs: started, watched, read row by row, compared, made current (F1-F4)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from ninja import Field, Router, Schema, Status

from keyaccount.find.settings import FindSettings
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, sees_all, visible_accounts, visible_codes
from keyaccount_web.api.kit import (
    ApiRequest,
    Cursor,
    Id,
    Input,
    Limit,
    Named,
    by_number,
    in_query,
    keyset,
    named,
    needs,
    one_of,
    page_schema,
)
from keyaccount_web.know.api import ReasonOut
from keyaccount_web.know.services import make_current
from keyaccount_web.lists.exports import json_value
from keyaccount_web.runs import services
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import RunError
from keyaccount_web.shell.templatetags.pages import lang

router = Router(tags=["runs"])
OF_FEW = ("verdict_sales", "verdict_profit", "smallest_in_set")


class FindIn(Input):
    """Settings of `find`; what is left out has its preset."""

    until: date | None = Field(None, description="Last day of the year; preset: the ledger's last day.")
    share: Decimal | None = Field(
        None, gt=0, le=1, max_digits=6, decimal_places=5, description="Preset: 0.8."
    )
    basis: Literal["sales", "profit"] = "sales"


class RunOut(Schema):
    """A run. `summary` has the figures of the whole, for those who may see them."""

    id: int
    kind: str
    state: Run.State
    progress: int
    settings: dict[str, Any]
    started_by: Named
    created_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    snapshot: int | None
    version: str
    is_current: bool
    repeats_id: int | None
    error: str | None
    summary: dict[str, Any] | None = None


class ChangeOut(Schema):
    """An account whose verdict differs between two runs; null: it is not in that run."""

    account_id: str
    account_name: str | None
    verdict_before: str | None
    verdict_after: str | None
    sales_before: str | None
    sales_after: str | None


class WhyOut(Schema):
    """Why an account has its verdict in a run."""

    account_id: str
    verdict: str
    reasons: list[ReasonOut]


def _viewers_only(request: ApiRequest) -> None:
    if not (may(request.user, Right.RUN) or may(request.user, Right.COMPANY_FIGURES)):
        raise PermissionDenied


def _runs(request: ApiRequest) -> QuerySet[Run]:
    _viewers_only(request)
    return Run.objects.select_related("started_by")


def _run(request: ApiRequest, run: Run, *, with_summary: bool = True) -> dict[str, Any]:
    names = (
        "id",
        "kind",
        "state",
        "progress",
        "settings",
        "created_at",
        "began_at",
        "ended_at",
        "snapshot",
        "version",
    )
    told = {name: getattr(run, name) for name in (*names, "is_current", "repeats_id")}
    told |= {"started_by": named(run.started_by), "error": (run.error or {}).get(lang())}
    if with_summary and may(request.user, Right.COMPANY_FIGURES):
        summary = (run.summary or {}).get("summary")
        if summary is not None and not sees_all(request.user):
            # Where one account alone has a verdict, or stands at the line, its sales would be told.
            summary = {name: value for name, value in summary.items() if name not in OF_FEW}
        told["summary"] = summary
    return told


@router.get(
    "/runs",
    auth=needs("read"),
    response=page_schema("Run", RunOut),
    exclude_unset=True,
    summary="Runs, newest first",
)
def list_runs(
    request: ApiRequest,
    limit: Limit,
    after: Cursor = None,
    state: Run.State | None = in_query(None),
    is_current: bool | None = in_query(None),
) -> Any:
    rows = _runs(request).defer("summary", "imports")
    if state is not None:
        rows = rows.filter(state=state)
    if is_current is not None:
        rows = rows.filter(is_current=is_current)
    found, next_page = keyset(rows, limit=limit, after=after)
    return {"items": [_run(request, one, with_summary=False) for one in found], "after": next_page}


@router.post(
    "/runs", auth=needs("runs"), response={202: RunOut}, exclude_unset=True, summary="Find the key accounts"
)
def start_run(request: ApiRequest, told: FindIn) -> Any:
    """A worker takes it from here: ask for the run until it is done, or have a webhook told."""
    if not may(request.user, Right.RUN):
        raise PermissionDenied
    settings = FindSettings(**told.dict(exclude_none=True))
    run = services.begin_find(request.user, settings)
    run.refresh_from_db()
    return Status(202, _run(request, run))


@router.get("/runs/{run_id}", auth=needs("read"), response=RunOut, exclude_unset=True, summary="A run")
def read_run(request: ApiRequest, run_id: Id) -> Any:
    return _run(request, one_of(_runs(request), run_id))


@router.get(
    "/runs/{run_id}/accounts",
    auth=needs("read"),
    response=page_schema("Result", dict[str, Any]),
    summary="Its result, largest first",
)
def list_result(
    request: ApiRequest,
    run_id: Id,
    limit: Limit,
    after: Cursor = None,
    verdict: str | None = in_query(None, max_length=20),
    within: int | None = in_query(None, ge=1, le=10**9, description="Up to this rank by sales."),
) -> Any:
    """One row per account that may be seen, as the contract of the key account list has it. It never changes."""
    run, at = one_of(_runs(request), run_id), by_number(after)
    rows = [
        row
        for row in services.result(run, visible_codes(request.user)).to_pylist()
        if not row["is_unassigned"]
    ]
    if verdict is not None:
        rows = [row for row in rows if row["verdict"] == verdict]
    if within is not None:
        rows = [row for row in rows if row["sales_rank"] and row["sales_rank"] <= within]
    company = may(request.user, Right.COMPANY_FIGURES)
    return {
        "items": [_row(row, company=company) for row in rows[at : at + limit]],
        "after": str(at + limit) if at + limit < len(rows) else None,
    }


def _row(row: dict[str, Any], *, company: bool) -> dict[str, Any]:
    """Shares of the whole are left out for those who may not see it."""
    return {
        name: json_value(value)
        for name, value in row.items()
        if company or not ("share" in name and name != "largest_order_share")
    }


@router.get(
    "/runs/{run_id}/accounts/{code}",
    auth=needs("read"),
    response=WhyOut,
    summary="Why an account has its verdict",
)
def read_why(request: ApiRequest, run_id: Id, code: str) -> Any:
    """Of the current run for whoever may see the account."""
    run = one_of(Run.objects.filter(state=Run.State.DONE), run_id)
    account = visible_accounts(request.user).filter(code=code).first()
    if not run.is_current:
        _viewers_only(request)
    rows = services.result(run, [account.code]).to_pylist() if account else []
    if not rows:
        one_of(Run.objects.none(), run_id)
    reasons = services.reasons_for(request.user, run, rows[0])
    told = [{"code": one.code, "text": one.text(lang())} for one in reasons]
    return {"account_id": code, "verdict": rows[0]["verdict"], "reasons": told}


@router.post(
    "/runs/{run_id}/repeat",
    auth=needs("runs"),
    response={202: RunOut},
    exclude_unset=True,
    summary="The same again",
)
def repeat_run(request: ApiRequest, run_id: Id) -> Any:
    """From the same snapshot and the same inputs."""
    if not may(request.user, Right.RUN):
        raise PermissionDenied
    run = services.repeat(one_of(_runs(request), run_id), request.user)
    run.refresh_from_db()
    return Status(202, _run(request, run))


@router.post(
    "/runs/{run_id}/make-current",
    auth=needs("runs"),
    response=RunOut,
    exclude_unset=True,
    summary="Let the lists show its figures",
)
def make_run_current(request: ApiRequest, run_id: Id) -> Any:
    if not may(request.user, Right.PUBLISH):
        raise PermissionDenied
    run = one_of(_runs(request), run_id)
    if run.state != Run.State.DONE:
        raise RunError("run.no_result", run=run.pk)
    make_current(run)
    return _run(request, one_of(_runs(request), run_id))


@router.get(
    "/runs/{run_id}/compare/{before_id}",
    auth=needs("read"),
    response=page_schema("Change", ChangeOut),
    summary="Whose verdict differs from that of a run before",
)
def compare_runs(request: ApiRequest, run_id: Id, before_id: Id, limit: Limit, after: Cursor = None) -> Any:
    run, before, at = one_of(_runs(request), run_id), one_of(_runs(request), before_id), by_number(after)
    changes = services.compare(before, run, visible_codes(request.user))
    items = [
        {
            "account_id": one.account_id,
            "account_name": one.account_name,
            "verdict_before": one.before,
            "verdict_after": one.after,
            "sales_before": json_value(one.sales_before),
            "sales_after": json_value(one.sales_after),
        }
        for one in changes[at : at + limit]
    ]
    return {"items": items, "after": str(at + limit) if at + limit < len(changes) else None}
