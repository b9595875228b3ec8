"""Endpoints on the parts of a plan: goals, actions, commitments, risks (K8)."""

from typing import Any

from ninja import Router, Status

from keyaccount.errors import KeyAccountError
from keyaccount_web.api.kit import ApiRequest, Id, Input, needs
from keyaccount_web.api.problems import of_form
from keyaccount_web.know.plans import acting
from keyaccount_web.know.plans.api_shapes import (
    ActionIn,
    ActionOut,
    CommitmentIn,
    CommitmentOut,
    CountIn,
    GoalIn,
    PlanOut,
    RiskIn,
    RiskOut,
    StateIn,
)
from keyaccount_web.know.plans.api_told import (
    action_told,
    commitment_told,
    part_seen,
    plan_refused,
    plan_told,
    risk_told,
    seen,
)
from keyaccount_web.know.plans.forms import (
    ActionForm,
    CommitmentForm,
    GoalForm,
    RiskForm,
    goal_initial,
    initial_of,
)
from keyaccount_web.know.plans.models import Commitment, Goal, PlanAction, PlanRisk
from keyaccount_web.know.plans.reading import plan_of
from keyaccount_web.know.record_kit import RecordForm, editors_only

parts = Router(tags=["account-plans"])


def _kept(request: ApiRequest, form: RecordForm, model: type[Any], parent: Any, record: Any = None) -> Any:
    """Keep a part that a form understands, as the page does."""
    if not form.is_valid():
        raise of_form(form)
    told = form.cleaned_data
    version = told.pop("version")
    try:
        return acting.keep_part(
            model, by=request.user, parent=parent, record=record, version=version if record else None, **told
        )
    except KeyAccountError as error:
        raise plan_refused(error) from error


def values_over(told: Input, before: dict[str, Any], **renamed: str) -> dict[str, Any]:
    """What was sent over what is there; `renamed`: name of a form's field → name in the body."""
    sent = {name: value for name, value in told.dict().items() if value is not None}
    for name, of in renamed.items():
        if of in sent:
            sent[name] = sent.pop(of)
    return {**before, **sent}


@parts.post(
    "/account-plans/{plan_id}/goals", auth=needs("write"), response={201: PlanOut}, summary="Add a goal"
)
def add_goal(request: ApiRequest, plan_id: Id, told: GoalIn) -> Any:
    plan = seen(request, plan_id)
    editors_only(request)
    _kept(request, GoalForm(values_over(told, {"weight": 1})), Goal, plan)
    return Status(201, plan_told(request, plan))


@parts.patch("/plan-goals/{goal_id}", auth=needs("write"), response=PlanOut, summary="Change a goal")
def change_goal(request: ApiRequest, goal_id: Id, told: GoalIn) -> Any:
    goal = part_seen(request, Goal, goal_id)
    _kept(request, GoalForm(values_over(told, goal_initial(goal))), Goal, goal.plan, goal)
    return plan_told(request, seen(request, goal.plan_id))


@parts.post(
    "/plan-goals/{goal_id}/count", auth=needs("write"), response=PlanOut, summary="Count a goal by hand"
)
def count(request: ApiRequest, goal_id: Id, told: CountIn) -> Any:
    goal = part_seen(request, Goal, goal_id)
    try:
        acting.count_by_hand(goal, reached=told.reached, on=told.counted_on, version=told.version)
    except KeyAccountError as error:
        raise plan_refused(error) from error
    return plan_told(request, seen(request, goal.plan_id))


@parts.post(
    "/plan-goals/{goal_id}/actions", auth=needs("write"), response={201: ActionOut}, summary="Add an action"
)
def add_action(request: ApiRequest, goal_id: Id, told: ActionIn) -> Any:
    """Its owner finds it among their to-dos."""
    goal = part_seen(request, Goal, goal_id)
    values = values_over(told, {"owner": request.user.pk}, owner="owner_id")
    return Status(
        201, action_told(_kept(request, ActionForm(values, account=goal.plan.account), PlanAction, goal))
    )


@parts.patch("/plan-actions/{action_id}", auth=needs("write"), response=ActionOut, summary="Change an action")
def change_action(request: ApiRequest, action_id: Id, told: ActionIn) -> Any:
    action = part_seen(request, PlanAction, action_id)
    form = ActionForm(
        values_over(told, initial_of(action), owner="owner_id"), account=plan_of(action).account
    )
    return action_told(_kept(request, form, PlanAction, action.goal, action))


@parts.post(
    "/plan-actions/{action_id}/state", auth=needs("write"), response=ActionOut, summary="Close an action"
)
def close_action(request: ApiRequest, action_id: Id, told: StateIn) -> Any:
    action = part_seen(request, PlanAction, action_id)
    try:
        kept = acting.close_action(
            action, by=request.user, state=told.state, result=told.result, version=told.version
        )
    except KeyAccountError as error:
        raise plan_refused(error) from error
    return action_told(kept)


@parts.post(
    "/account-plans/{plan_id}/commitments",
    auth=needs("write"),
    response={201: CommitmentOut},
    summary="Add a commitment",
)
def add_commitment(request: ApiRequest, plan_id: Id, told: CommitmentIn) -> Any:
    plan = seen(request, plan_id)
    editors_only(request)
    values = values_over(told, {"topic": "other", "side": "ours"}, agreed_by="agreed_by_id")
    return Status(
        201, commitment_told(_kept(request, CommitmentForm(values, account=plan.account), Commitment, plan))
    )


@parts.patch(
    "/plan-commitments/{commitment_id}",
    auth=needs("write"),
    response=CommitmentOut,
    summary="Change a commitment",
)
def change_commitment(request: ApiRequest, commitment_id: Id, told: CommitmentIn) -> Any:
    record = part_seen(request, Commitment, commitment_id)
    values = values_over(told, initial_of(record), agreed_by="agreed_by_id")
    return commitment_told(
        _kept(request, CommitmentForm(values, account=record.plan.account), Commitment, record.plan, record)
    )


@parts.post(
    "/account-plans/{plan_id}/risks", auth=needs("write"), response={201: RiskOut}, summary="Add a risk"
)
def add_risk(request: ApiRequest, plan_id: Id, told: RiskIn) -> Any:
    plan = seen(request, plan_id)
    editors_only(request)
    values = values_over(told, {"likelihood": 2, "effect": 2, "owner": request.user.pk}, owner="owner_id")
    return Status(201, risk_told(_kept(request, RiskForm(values, account=plan.account), PlanRisk, plan)))


@parts.patch("/plan-risks/{risk_id}", auth=needs("write"), response=RiskOut, summary="Change a risk")
def change_risk(request: ApiRequest, risk_id: Id, told: RiskIn) -> Any:
    record = part_seen(request, PlanRisk, risk_id)
    form = RiskForm(values_over(told, initial_of(record), owner="owner_id"), account=record.plan.account)
    return risk_told(_kept(request, form, PlanRisk, record.plan, record))


def _removed(request: ApiRequest, model: type[Any], pk: int) -> Any:
    """Out of the plan; of one in force that makes the next edition."""
    acting.remove_part(part_seen(request, model, pk), by=request.user)
    return Status(204, None)


@parts.delete("/plan-goals/{goal_id}", auth=needs("write"), response={204: None}, summary="Remove a goal")
def remove_goal(request: ApiRequest, goal_id: Id) -> Any:
    """Its actions go with it."""
    return _removed(request, Goal, goal_id)


@parts.delete(
    "/plan-actions/{action_id}", auth=needs("write"), response={204: None}, summary="Remove an action"
)
def remove_action(request: ApiRequest, action_id: Id) -> Any:
    return _removed(request, PlanAction, action_id)


@parts.delete("/plan-risks/{risk_id}", auth=needs("write"), response={204: None}, summary="Remove a risk")
def remove_risk(request: ApiRequest, risk_id: Id) -> Any:
    return _removed(request, PlanRisk, risk_id)


@parts.delete(
    "/plan-commitments/{commitment_id}",
    auth=needs("write"),
    response={204: None},
    summary="Remove a commitment",
)
def remove_commitment(request: ApiRequest, commitment_id: Id) -> Any:
    return _removed(request, Commitment, commitment_id)
