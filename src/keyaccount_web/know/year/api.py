"""Endpoints on a customer's own year (K3)."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from ninja import Field, Router, Schema, Status

from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.api.kit import ApiRequest, Id, add_list, needs, one_of
from keyaccount_web.know.needs.api import SourceIn
from keyaccount_web.know.provenance import source_of
from keyaccount_web.know.record_kit import contact_chosen, editors_only, of_visible
from keyaccount_web.know.year import services
from keyaccount_web.know.year.listings import TARGETS
from keyaccount_web.know.year.models import Assessment, BuyingStep, CustomerYear, YearTarget
from keyaccount_web.lists.exports import json_value

router = Router(tags=["customer's year"])


class CustomerPlanIn(SourceIn):
    """What a customer has set out to do in a year."""

    year: int = Field(ge=1990, le=2100)
    begins_in: int = Field(1, ge=1, le=12)
    priorities: str = Field(min_length=1, max_length=2000)
    plan: str = Field("", max_length=4000)


class TargetIn(SourceIn):
    """A target of a year: its twelve months, from the first of the customer's year, or its amount alone."""

    year: int = Field(ge=1990, le=2100)
    set_by: str = Field(pattern="^(us|own|supplier)$")
    supplier: str = Field("", max_length=100)
    business_line: str = Field("", max_length=100)
    months: list[Decimal] = Field(min_length=12, max_length=12)
    our_part: Decimal | None = Field(None, ge=0, le=1, max_digits=5, decimal_places=4)
    reached_told: Decimal | None = Field(None, ge=0, max_digits=18, decimal_places=4)


class AssessmentIn(SourceIn):
    """What a department is judged by."""

    department: str = Field(min_length=1, max_length=60)
    measured_by: str = Field(min_length=1, max_length=300)
    our_weight: int | None = Field(None, ge=0, le=100)
    gap: str = Field("", max_length=300)


class StepIn(SourceIn):
    """One step of buying; without a place it is the last."""

    place: int | None = Field(None, ge=1, le=99)
    what: str = Field(min_length=1, max_length=200)
    department: str = Field("", max_length=60)
    approver_id: Id | None = None
    up_to: Decimal | None = Field(None, ge=0, max_digits=18, decimal_places=4)
    working_days: int | None = Field(None, ge=0, le=999)
    asks_of_us: str = Field("", max_length=300)


class PlanChange(CustomerPlanIn):
    """The same, as it is to be; `version` as it was read."""

    version: int = Field(ge=0, le=2**31 - 1)


class TargetChange(TargetIn):
    """The same, as it is to be; `version` as it was read."""

    version: int = Field(ge=0, le=2**31 - 1)


class AssessmentChange(AssessmentIn):
    """The same, as it is to be; `version` as it was read."""

    version: int = Field(ge=0, le=2**31 - 1)


class StepChange(StepIn):
    """The same, as it is to be; `version` as it was read."""

    version: int = Field(ge=0, le=2**31 - 1)


class SourceOut(Schema):
    """What every fact has."""

    id: int
    source_kind: str
    source: str
    dated: date
    permission: str
    version: int


class CustomerPlanOut(SourceOut):
    """What a customer has set out to do."""

    year: int
    begins_in: int
    priorities: str
    plan: str


class TargetOut(SourceOut):
    """A target and, where our ledger can tell, where it stands."""

    year: int
    set_by: str
    supplier: str
    business_line: str
    months: list[str]
    our_part: str | None
    reached_told: str | None
    target: str
    reached: str | None
    due: str | None
    left: str | None
    standing: str
    until: date | None


class AssessmentOut(SourceOut):
    """What a department is judged by."""

    department: str
    measured_by: str
    our_weight: int | None
    gap: str


class StepOut(SourceOut):
    """One step of buying."""

    place: int
    what: str
    department: str
    approver_id: int | None
    up_to: str | None
    working_days: int | None
    asks_of_us: str


class YearOut(Schema):
    """A customer's year."""

    plan: CustomerPlanOut | None
    targets: list[TargetOut]
    assessments: list[AssessmentOut]
    steps: list[StepOut]


add_list(router, "/customer-targets", TARGETS, summary="The list of customers' targets")


def _out(record: Any, schema: type[Schema]) -> dict[str, Any]:
    told = {name: getattr(record, name) for name in schema.model_fields}
    return {name: json_value(one) if isinstance(one, Decimal) else one for name, one in told.items()}


def _account(request: ApiRequest, account_id: int) -> Any:
    account = one_of(visible_accounts(request.user), account_id)
    editors_only(request)
    return account


def _told(told: SourceIn) -> dict[str, Any]:
    values = told.dict()
    source = source_of(values)
    return {name: one for name, one in values.items() if name not in source} | {"source": source}


@router.get(
    "/accounts/{account_id}/year/{year}",
    auth=needs("read"),
    response=YearOut,
    summary="A customer's year",
)
def customer_year(request: ApiRequest, account_id: Id, year: int) -> Any:
    account = one_of(visible_accounts(request.user), account_id)
    plan = CustomerYear.objects.filter(account=account, year=year).first()
    return {
        "plan": _out(plan, CustomerPlanOut) if plan else None,
        "targets": [_out(one, TargetOut) for one in account.year_targets.filter(year=year)],
        "assessments": [_out(one, AssessmentOut) for one in account.assessments.all()],
        "steps": [_out(one, StepOut) for one in account.buying_steps.all()],
    }


@router.post(
    "/accounts/{account_id}/year-plans",
    auth=needs("write"),
    response={201: CustomerPlanOut},
    summary="Note a customer's plan for a year",
)
def add_plan(request: ApiRequest, account_id: Id, told: CustomerPlanIn) -> Any:
    account = _account(request, account_id)
    return Status(
        201, _out(services.keep_year(by=request.user, account=account, **_told(told)), CustomerPlanOut)
    )


@router.post(
    "/accounts/{account_id}/year-targets",
    auth=needs("write"),
    response={201: TargetOut},
    summary="Add a target of a customer",
)
def add_target(request: ApiRequest, account_id: Id, told: TargetIn) -> Any:
    account = _account(request, account_id)
    return Status(201, _out(services.keep_target(by=request.user, account=account, **_told(told)), TargetOut))


@router.post(
    "/accounts/{account_id}/assessments",
    auth=needs("write"),
    response={201: AssessmentOut},
    summary="Add what a department is assessed by",
)
def add_assessment(request: ApiRequest, account_id: Id, told: AssessmentIn) -> Any:
    account = _account(request, account_id)
    kept = services.keep_assessment(by=request.user, account=account, **_told(told))
    return Status(201, _out(kept, AssessmentOut))


@router.post(
    "/accounts/{account_id}/buying-steps",
    auth=needs("write"),
    response={201: StepOut},
    summary="Add a step of its buying",
)
def add_step(request: ApiRequest, account_id: Id, told: StepIn) -> Any:
    """An approver who is nobody of the account's counts as none."""
    account = _account(request, account_id)
    values = _told(told)
    values["approver"] = contact_chosen(account, values.pop("approver_id"))
    return Status(201, _out(services.keep_step(by=request.user, account=account, **values), StepOut))


def _held(request: ApiRequest, model: type[Any], pk: int) -> Any:
    """One that may be changed."""
    record = one_of(of_visible(model._default_manager.all(), request.user), pk)
    editors_only(request)
    return record


def _changed(request: ApiRequest, record: Any, told: Any, save: Callable[..., Any], out: type[Schema]) -> Any:
    values = _told(told)
    if "approver_id" in values:
        values["approver"] = contact_chosen(record.account, values.pop("approver_id"))
    return _out(save(by=request.user, account=record.account, record=record, **values), out)


def _removed(request: ApiRequest, model: type[Any], pk: int) -> Any:
    _held(request, model, pk).delete()
    return Status(204, None)


@router.put(
    "/year-plans/{year_plan_id}",
    auth=needs("write"),
    response=CustomerPlanOut,
    summary="Change a plan of a customer",
)
def change_plan(request: ApiRequest, year_plan_id: Id, told: PlanChange) -> Any:
    record = _held(request, CustomerYear, year_plan_id)
    return _changed(request, record, told, services.keep_year, CustomerPlanOut)


@router.delete(
    "/year-plans/{year_plan_id}",
    auth=needs("write"),
    response={204: None},
    summary="Remove a plan of a customer",
)
def remove_plan(request: ApiRequest, year_plan_id: Id) -> Any:
    return _removed(request, CustomerYear, year_plan_id)


@router.put(
    "/year-targets/{target_id}",
    auth=needs("write"),
    response=TargetOut,
    summary="Change a target of a customer",
)
def change_target(request: ApiRequest, target_id: Id, told: TargetChange) -> Any:
    record = _held(request, YearTarget, target_id)
    return _changed(request, record, told, services.keep_target, TargetOut)


@router.delete(
    "/year-targets/{target_id}",
    auth=needs("write"),
    response={204: None},
    summary="Remove a target of a customer",
)
def remove_target(request: ApiRequest, target_id: Id) -> Any:
    return _removed(request, YearTarget, target_id)


@router.put(
    "/assessments/{assessment_id}", auth=needs("write"), response=AssessmentOut, summary="Change a assessment"
)
def change_assessment(request: ApiRequest, assessment_id: Id, told: AssessmentChange) -> Any:
    record = _held(request, Assessment, assessment_id)
    return _changed(request, record, told, services.keep_assessment, AssessmentOut)


@router.delete(
    "/assessments/{assessment_id}", auth=needs("write"), response={204: None}, summary="Remove a assessment"
)
def remove_assessment(request: ApiRequest, assessment_id: Id) -> Any:
    return _removed(request, Assessment, assessment_id)


@router.put("/buying-steps/{step_id}", auth=needs("write"), response=StepOut, summary="Change a buying step")
def change_step(request: ApiRequest, step_id: Id, told: StepChange) -> Any:
    record = _held(request, BuyingStep, step_id)
    return _changed(request, record, told, services.keep_step, StepOut)


@router.delete(
    "/buying-steps/{step_id}", auth=needs("write"), response={204: None}, summary="Remove a buying step"
)
def remove_step(request: ApiRequest, step_id: Id) -> Any:
    return _removed(request, BuyingStep, step_id)
