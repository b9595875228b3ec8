"""Endpoints of staffing (C5)."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from ninja import Field, Router, Schema, Status

from keyaccount_web.api.kit import (
    ApiRequest,
    Cursor,
    Id,
    Input,
    Limit,
    Named,
    keyset,
    named,
    needs,
    one_of,
    page_schema,
)
from keyaccount_web.api.problems import field_problem, refused
from keyaccount_web.cover.presets import TIERS
from keyaccount_web.cover.staffing.forms import MOST_MORE
from keyaccount_web.cover.staffing.models import Scenario
from keyaccount_web.cover.staffing.scenarios import keep_scenario, scenarios_seen_by
from keyaccount_web.cover.staffing.shown import problem_text
from keyaccount_web.cover.staffing.tier_years import tier_years
from keyaccount_web.cover.staffing.work import sees_staffing, served_accounts, work_seen_by
from keyaccount_web.cover.staffing.worked import Asked, company_settings, outcome, work_out

router = Router(tags=["staffing"])


class BranchOut(Schema):
    """One branch: hours a year; `needed_exact` managers, `needed` rounded up; `quota` null: none is set."""

    branch: str
    name: str
    accounts: int
    visit_hours: float
    call_hours: float
    executive_hours: float
    service_hours: float
    burst_hours: float
    hours: float
    capacity: float
    needed_exact: float
    needed: int
    norm: int
    quota: int | None
    actual: int
    actual_years: float
    gap: int
    cost: str | None


class TierOut(Schema):
    """One tier, without bursts."""

    tier: str | None
    accounts: int
    hours: float
    needed_exact: float
    norm: int
    quota: int | None = Field(
        None, description="Of the whole company, for those who see it; null: none is set."
    )
    actual_years: float | None = Field(
        None, description="Years of managers that go into it today; null in plans."
    )


class StaffingOut(Schema):
    """What the work of the accounts that you see asks for."""

    branches: list[BranchOut]
    tiers: list[TierOut]
    totals: dict[str, Any]
    problems: list[str] = Field(description="What could not be counted, one by one.")


class ScenarioIn(Input):
    """What a plan has otherwise than today; left out: as today."""

    name: str = Field(min_length=1, max_length=80)
    more: int = Field(0, ge=0, le=MOST_MORE, description="So many accounts more.")
    tier: str = Field("", max_length=30, description="Of this tier; empty: spread as those there.")
    skill: Decimal = Field(Decimal(1), ge=Decimal("0.1"), le=5)
    support: Decimal = Field(Decimal(1), ge=Decimal("0.1"), le=5)


class ScenarioOut(Schema):
    """A plan kept."""

    id: int
    name: str
    by: Named
    created_at: dt.datetime
    run_id: int | None
    repeats_id: int | None
    asked: dict[str, Any]
    outcome: StaffingOut


ScenarioPage = page_schema("Scenario", ScenarioOut)


def _outcome(told: dict[str, Any]) -> dict[str, Any]:
    texts = [problem_text(one["code"], one["values"]) for one in told["problems"]]
    branches = [
        {**row, "cost": None if row["cost"] is None else str(row["cost"])} for row in told["branches"]
    ]
    return {**told, "branches": branches, "problems": texts}


def _scenario(one: Scenario) -> dict[str, Any]:
    plain = ("id", "name", "created_at", "run_id", "repeats_id", "asked")
    return {
        **{name: getattr(one, name) for name in plain},
        "by": named(one.by),
        "outcome": _outcome(one.outcome),
    }


def _seers_only(request: ApiRequest) -> None:
    if not sees_staffing(request.user):
        raise PermissionDenied


@router.get(
    "/staffing", auth=needs("read"), response=StaffingOut, summary="Managers needed, by branch and tier"
)
def read_staffing(request: ApiRequest) -> Any:
    _seers_only(request)
    served = served_accounts(request.user)
    work = work_seen_by(request.user, served)
    worked = work_out(work, company_settings())
    told, years = outcome(worked, work), tier_years(work, served, worked.settings)
    tiers = [{**row, "actual_years": years.get(row["tier"], 0.0)} for row in told["tiers"]]
    return _outcome({**told, "tiers": tiers})


@router.get(
    "/staffing/scenarios", auth=needs("read"), response=ScenarioPage, summary="Plans kept, newest first"
)
def list_scenarios(request: ApiRequest, limit: Limit, after: Cursor) -> Any:
    _seers_only(request)
    rows, cursor = keyset(scenarios_seen_by(request.user), limit=limit, after=after)
    return {"items": [_scenario(one) for one in rows], "after": cursor}


@router.post(
    "/staffing/scenarios",
    auth=needs("write"),
    response={201: ScenarioOut},
    summary="Work out a plan and keep it",
)
def create_scenario(request: ApiRequest, told: ScenarioIn) -> Any:
    _seers_only(request)
    if told.tier and told.tier not in TIERS:
        raise refused(field_problem("tier", "one_of", allowed=list(TIERS), value=told.tier))
    values = told.model_dump(exclude={"name"})
    return Status(201, _scenario(keep_scenario(request.user, told.name, Asked(**values))))


@router.get("/staffing/scenarios/{scenario_id}", auth=needs("read"), response=ScenarioOut, summary="A plan")
def read_scenario(request: ApiRequest, scenario_id: Id) -> Any:
    _seers_only(request)
    return _scenario(one_of(scenarios_seen_by(request.user), scenario_id))
