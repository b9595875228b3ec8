"""Endpoints on plans, their goals, actions, risks, commitments and reviews, and the way into force (K8)."""

from typing import Any

from ninja import Router, Status

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.api.kit import ApiRequest, Id, Input, add_list, named, needs, one_of
from keyaccount_web.api.problems import ApiError, of_form
from keyaccount_web.know.plans import acting, approving
from keyaccount_web.know.plans.api_shapes import (
    ActionIn,
    ActionOut,
    CommitmentIn,
    CommitmentOut,
    CountIn,
    EditionOut,
    GoalIn,
    PlanIn,
    PlanOut,
    ReviewIn,
    ReviewOut,
    ReviewTextsIn,
    RiskIn,
    RiskOut,
    StateIn,
    SubmitIn,
    TextsIn,
)
from keyaccount_web.know.plans.forms import (
    ActionForm,
    CommitmentForm,
    GoalForm,
    ReviewForm,
    RiskForm,
    goal_initial,
    initial_of,
)
from keyaccount_web.know.plans.listings import PLANS
from keyaccount_web.know.plans.models import AccountPlan, Commitment, Goal, PlanAction, PlanReview, PlanRisk
from keyaccount_web.know.plans.reading import TEXTS, approvers_for, part_seen_by, plan_of, plans_seen_by
from keyaccount_web.know.plans.reckoning import GoalFigures, figures_of
from keyaccount_web.know.plans.reviewing import keep_review
from keyaccount_web.know.record_kit import RecordForm, editors_only

router = Router(tags=["account-plans"])


add_list(router, "/account-plans", PLANS, summary="Key accounts with this year's plans")


def _plan(request: ApiRequest, plan: AccountPlan) -> dict[str, Any]:
    told = figures_of(plan, request.user)
    names = ("id", "year", "state", "edition", "level_now", "level_wanted", "shared", "looked_on", "version")
    return {
        **{name: getattr(plan, name) for name in names},
        "account": named(plan.account),
        "owner": named(plan.owner),
        "texts": {name: getattr(plan, name) for name in TEXTS},
        "progress": told.standing.progress,
        "standing": told.standing.standing,
        "goals": [_goal(one, told.actions) for one in told.goals],
        "commitments": [_commitment(one) for one in plan.commitments.select_related("agreed_by")],
        "risks": [_risk(one) for one in plan.risks.select_related("owner")],
        "reviews": list(plan.reviews.all()),
    }


def _goal(one: GoalFigures, actions: list[PlanAction]) -> dict[str, Any]:
    goal = one.goal
    names = ("id", "name", "measure", "goods", "unit", "target", "due_on", "weight", "is_shared", "version")
    return {
        **{name: getattr(goal, name) for name in names},
        "base": one.base,
        "reached": one.reached,
        "by_now": one.standing.expected,
        "progress": one.standing.progress,
        "standing": one.standing.standing,
        "actions": [_action(each) for each in actions if each.goal_id == goal.pk],
    }


def _action(one: PlanAction) -> dict[str, Any]:
    names = ("id", "goal_id", "what", "due_on", "first_due", "state", "result", "is_shared", "version")
    return {**{name: getattr(one, name) for name in names}, "owner": named(one.owner)}


def _commitment(one: Commitment) -> dict[str, Any]:
    names = ("id", "what", "topic", "side", "measure", "due_on", "state", "their_word", "agreed_on", "note", "is_shared", "version")  # fmt: skip
    return {**{name: getattr(one, name) for name in names}, "agreed_by": named(one.agreed_by)}


def _risk(one: PlanRisk) -> dict[str, Any]:
    names = ("id", "what", "likelihood", "effect", "answer", "version")
    return {**{name: getattr(one, name) for name in names}, "owner": named(one.owner)}


def _seen(request: ApiRequest, plan_id: int) -> AccountPlan:
    return one_of(plans_seen_by(request.user).select_related("account__owner"), plan_id)


def _part(request: ApiRequest, model: type[Any], pk: int) -> Any:
    record = one_of(part_seen_by(request.user, model), pk)
    editors_only(request)
    return record


def _refused(error: KeyAccountError) -> ApiError:
    status = (
        409 if error.code in ("record.changed_meanwhile", "account_plan.there", "plan_review.there") else 422
    )
    return ApiError(error.code, status=status, **error.values)


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
        raise _refused(error) from error


def _values(told: Input, before: dict[str, Any], **renamed: str) -> dict[str, Any]:
    """What was sent over what is there; `renamed`: name of a form's field → name in the body."""
    sent = {name: value for name, value in told.dict().items() if value is not None}
    for name, of in renamed.items():
        if of in sent:
            sent[name] = sent.pop(of)
    return {**before, **sent}


@router.post(
    "/accounts/{account_id}/plans", auth=needs("write"), response={201: PlanOut}, summary="Begin a plan"
)
def start(request: ApiRequest, account_id: Id, told: PlanIn) -> Any:
    """One of blanks; there is one a year."""
    account = one_of(visible_accounts(request.user).select_related("owner"), account_id)
    editors_only(request)
    try:
        plan = acting.start_plan(by=request.user, account=account, year=told.year)
    except KeyAccountError as error:
        raise _refused(error) from error
    return Status(201, _plan(request, _seen(request, plan.pk)))


@router.get("/account-plans/{plan_id}", auth=needs("read"), response=PlanOut, summary="A plan")
def read(request: ApiRequest, plan_id: Id) -> Any:
    return _plan(request, _seen(request, plan_id))


@router.patch(
    "/account-plans/{plan_id}", auth=needs("write"), response=PlanOut, summary="Change a plan's texts"
)
def change(request: ApiRequest, plan_id: Id, told: TextsIn) -> Any:
    """Of a plan in force it makes the next edition, a draft again."""
    plan = _seen(request, plan_id)
    editors_only(request)
    given = told.dict(exclude={"version", "shared"})
    values = {name: value for name, value in given.items() if value is not None}
    try:
        acting.keep_texts(plan, version=told.version, shared=told.shared, **values)
    except KeyAccountError as error:
        raise _refused(error) from error
    return _plan(request, _seen(request, plan_id))


@router.post(
    "/account-plans/{plan_id}/goals", auth=needs("write"), response={201: PlanOut}, summary="Add a goal"
)
def add_goal(request: ApiRequest, plan_id: Id, told: GoalIn) -> Any:
    plan = _seen(request, plan_id)
    editors_only(request)
    _kept(request, GoalForm(_values(told, {"weight": 1})), Goal, plan)
    return Status(201, _plan(request, plan))


@router.patch("/plan-goals/{goal_id}", auth=needs("write"), response=PlanOut, summary="Change a goal")
def change_goal(request: ApiRequest, goal_id: Id, told: GoalIn) -> Any:
    goal = _part(request, Goal, goal_id)
    _kept(request, GoalForm(_values(told, goal_initial(goal))), Goal, goal.plan, goal)
    return _plan(request, _seen(request, goal.plan_id))


@router.post(
    "/plan-goals/{goal_id}/count", auth=needs("write"), response=PlanOut, summary="Count a goal by hand"
)
def count(request: ApiRequest, goal_id: Id, told: CountIn) -> Any:
    goal = _part(request, Goal, goal_id)
    try:
        acting.count_by_hand(goal, reached=told.reached, on=told.counted_on, version=told.version)
    except KeyAccountError as error:
        raise _refused(error) from error
    return _plan(request, _seen(request, goal.plan_id))


@router.post(
    "/plan-goals/{goal_id}/actions", auth=needs("write"), response={201: ActionOut}, summary="Add an action"
)
def add_action(request: ApiRequest, goal_id: Id, told: ActionIn) -> Any:
    """Its owner finds it among their to-dos."""
    goal = _part(request, Goal, goal_id)
    values = _values(told, {"owner": request.user.pk}, owner="owner_id")
    return Status(
        201, _action(_kept(request, ActionForm(values, account=goal.plan.account), PlanAction, goal))
    )


@router.patch(
    "/plan-actions/{action_id}", auth=needs("write"), response=ActionOut, summary="Change an action"
)
def change_action(request: ApiRequest, action_id: Id, told: ActionIn) -> Any:
    action = _part(request, PlanAction, action_id)
    form = ActionForm(_values(told, initial_of(action), owner="owner_id"), account=plan_of(action).account)
    return _action(_kept(request, form, PlanAction, action.goal, action))


@router.post(
    "/plan-actions/{action_id}/state", auth=needs("write"), response=ActionOut, summary="Close an action"
)
def close_action(request: ApiRequest, action_id: Id, told: StateIn) -> Any:
    action = _part(request, PlanAction, action_id)
    try:
        kept = acting.close_action(
            action, by=request.user, state=told.state, result=told.result, version=told.version
        )
    except KeyAccountError as error:
        raise _refused(error) from error
    return _action(kept)


@router.post(
    "/account-plans/{plan_id}/commitments",
    auth=needs("write"),
    response={201: CommitmentOut},
    summary="Add a commitment",
)
def add_commitment(request: ApiRequest, plan_id: Id, told: CommitmentIn) -> Any:
    plan = _seen(request, plan_id)
    editors_only(request)
    values = _values(told, {"topic": "other", "side": "ours"}, agreed_by="agreed_by_id")
    return Status(
        201, _commitment(_kept(request, CommitmentForm(values, account=plan.account), Commitment, plan))
    )


@router.patch(
    "/plan-commitments/{commitment_id}",
    auth=needs("write"),
    response=CommitmentOut,
    summary="Change a commitment",
)
def change_commitment(request: ApiRequest, commitment_id: Id, told: CommitmentIn) -> Any:
    record = _part(request, Commitment, commitment_id)
    values = _values(told, initial_of(record), agreed_by="agreed_by_id")
    return _commitment(
        _kept(request, CommitmentForm(values, account=record.plan.account), Commitment, record.plan, record)
    )


@router.post(
    "/account-plans/{plan_id}/reviews",
    auth=needs("write"),
    response={201: ReviewOut},
    summary="Review a quarter",
)
def review(request: ApiRequest, plan_id: Id, told: ReviewIn) -> Any:
    """The figures are reckoned to the quarter's end, or today, and frozen."""
    plan = _seen(request, plan_id)
    editors_only(request)
    form = ReviewForm(told.dict(), quarters=[1, 2, 3, 4])
    if not form.is_valid():
        raise of_form(form)
    values = {name: form.cleaned_data[name] for name in form.cleaned_data if name != "version"}
    try:
        kept: PlanReview = keep_review(plan, by=request.user, **values)
    except KeyAccountError as error:
        raise _refused(error) from error
    return Status(201, kept)


@router.patch(
    "/plan-reviews/{review_id}", auth=needs("write"), response=ReviewOut, summary="Change a review's texts"
)
def change_review(request: ApiRequest, review_id: Id, told: ReviewTextsIn) -> Any:
    """Its figures stay as they were frozen."""
    record: PlanReview = _part(request, PlanReview, review_id)
    names = ("decisions", "next_steps", "told_customer")
    before = {name: getattr(record, name) for name in names}
    texts = {name: value for name, value in _values(told, before).items() if name in names}
    try:
        return keep_review(
            record.plan, by=request.user, quarter=record.quarter, held_on=record.held_on, record=record,
            version=told.version, **texts,
        )  # fmt: skip
    except KeyAccountError as error:
        raise _refused(error) from error


@router.post(
    "/account-plans/{plan_id}/risks", auth=needs("write"), response={201: RiskOut}, summary="Add a risk"
)
def add_risk(request: ApiRequest, plan_id: Id, told: RiskIn) -> Any:
    plan = _seen(request, plan_id)
    editors_only(request)
    values = _values(told, {"likelihood": 2, "effect": 2, "owner": request.user.pk}, owner="owner_id")
    return Status(201, _risk(_kept(request, RiskForm(values, account=plan.account), PlanRisk, plan)))


@router.patch("/plan-risks/{risk_id}", auth=needs("write"), response=RiskOut, summary="Change a risk")
def change_risk(request: ApiRequest, risk_id: Id, told: RiskIn) -> Any:
    record = _part(request, PlanRisk, risk_id)
    form = RiskForm(_values(told, initial_of(record), owner="owner_id"), account=record.plan.account)
    return _risk(_kept(request, form, PlanRisk, record.plan, record))


def _removed(request: ApiRequest, model: type[Any], pk: int) -> Any:
    """Out of the plan; of one in force that makes the next edition."""
    acting.remove_part(_part(request, model, pk), by=request.user)
    return Status(204, None)


@router.delete("/plan-goals/{goal_id}", auth=needs("write"), response={204: None}, summary="Remove a goal")
def remove_goal(request: ApiRequest, goal_id: Id) -> Any:
    """Its actions go with it."""
    return _removed(request, Goal, goal_id)


@router.delete(
    "/plan-actions/{action_id}", auth=needs("write"), response={204: None}, summary="Remove an action"
)
def remove_action(request: ApiRequest, action_id: Id) -> Any:
    return _removed(request, PlanAction, action_id)


@router.delete("/plan-risks/{risk_id}", auth=needs("write"), response={204: None}, summary="Remove a risk")
def remove_risk(request: ApiRequest, risk_id: Id) -> Any:
    return _removed(request, PlanRisk, risk_id)


@router.delete(
    "/plan-commitments/{commitment_id}",
    auth=needs("write"),
    response={204: None},
    summary="Remove a commitment",
)
def remove_commitment(request: ApiRequest, commitment_id: Id) -> Any:
    return _removed(request, Commitment, commitment_id)


@router.post(
    "/account-plans/{plan_id}/looked", auth=needs("write"), response=PlanOut, summary="Take this month's look"
)
def looked(request: ApiRequest, plan_id: Id) -> Any:
    plan = _seen(request, plan_id)
    editors_only(request)
    acting.look(plan, by=request.user)
    return _plan(request, _seen(request, plan_id))


@router.post(
    "/account-plans/{plan_id}/submit",
    auth=needs("write"),
    response=PlanOut,
    summary="Ask for approval of a plan",
)
def submit(request: ApiRequest, plan_id: Id, told: SubmitIn) -> Any:
    """Of somebody else with the right to, who sees the account; it is decided at `/approvals`."""
    plan = _seen(request, plan_id)
    editors_only(request)
    of = approvers_for(plan.account, request.user).filter(pk=told.of_id).first()
    if of is None:
        raise ApiError("account_plan.no_approver", status=422)
    try:
        approving.submit(plan, by=request.user, of=of, reason=told.reason)
    except KeyAccountError as error:
        raise _refused(error) from error
    return _plan(request, _seen(request, plan_id))


@router.get(
    "/account-plans/{plan_id}/editions",
    auth=needs("read"),
    response=list[EditionOut],
    summary="A plan as it was approved",
)
def editions(request: ApiRequest, plan_id: Id) -> Any:
    """The latest first."""
    rows = _seen(request, plan_id).editions.select_related("asked_by", "approved_by")
    return [
        {
            "number": one.number,
            "document": one.document,
            "asked_by": named(one.asked_by),
            "approved_by": named(one.approved_by),
            "approved_at": one.approved_at,
        }
        for one in rows
    ]
