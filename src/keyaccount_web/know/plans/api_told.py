"""How are a plan and its parts told to programs? Amounts in the unit of their measure, a share of wallet in per cent, as they are sent (K8)."""

from decimal import Decimal
from typing import Any

from keyaccount.errors import KeyAccountError
from keyaccount_web.api.kit import ApiRequest, named, one_of
from keyaccount_web.api.problems import ApiError
from keyaccount_web.know.plans.models import AccountPlan, Commitment, Goal, PlanAction, PlanReview, PlanRisk
from keyaccount_web.know.plans.reading import TEXTS, part_seen_by, plans_seen_by
from keyaccount_web.know.plans.reckoning import GoalFigures, figures_of
from keyaccount_web.know.record_kit import editors_only

_AMOUNTS = ("base", "target", "reached", "expected")


def plan_told(request: ApiRequest, plan: AccountPlan) -> dict[str, Any]:
    told = figures_of(plan, request.user)
    names = ("id", "year", "state", "edition", "level_now", "level_wanted", "shared", "looked_on", "version")
    return {
        **{name: getattr(plan, name) for name in names},
        "account": named(plan.account),
        "owner": named(plan.owner),
        "texts": {name: getattr(plan, name) for name in TEXTS},
        "progress": told.standing.progress,
        "standing": told.standing.standing,
        "goals": [_goal_told(one, told.actions) for one in told.goals],
        "commitments": [commitment_told(one) for one in plan.commitments.select_related("agreed_by")],
        "risks": [risk_told(one) for one in plan.risks.select_related("owner")],
        "reviews": [review_told(one) for one in plan.reviews.all()],
    }


def _goal_told(one: GoalFigures, actions: list[PlanAction]) -> dict[str, Any]:
    goal = one.goal
    names = ("id", "name", "measure", "goods", "unit", "due_on", "weight", "is_shared", "version")
    amounts = {
        "target": goal.target,
        "base": one.base,
        "reached": one.reached,
        "by_now": one.standing.expected,
    }
    return {
        **{name: getattr(goal, name) for name in names},
        **{name: in_unit(goal.measure, amount) for name, amount in amounts.items()},
        "progress": one.standing.progress,
        "standing": one.standing.standing,
        "actions": [action_told(each) for each in actions if each.goal_id == goal.pk],
    }


def action_told(one: PlanAction) -> dict[str, Any]:
    names = ("id", "goal_id", "what", "due_on", "first_due", "state", "result", "is_shared", "version")
    return {**{name: getattr(one, name) for name in names}, "owner": named(one.owner)}


def commitment_told(one: Commitment) -> dict[str, Any]:
    names = ("id", "what", "topic", "side", "measure", "due_on", "state", "their_word", "agreed_on", "note", "is_shared", "version")  # fmt: skip
    return {**{name: getattr(one, name) for name in names}, "agreed_by": named(one.agreed_by)}


def risk_told(one: PlanRisk) -> dict[str, Any]:
    names = ("id", "what", "likelihood", "effect", "answer", "version")
    return {**{name: getattr(one, name) for name in names}, "owner": named(one.owner)}


def review_told(one: PlanReview) -> dict[str, Any]:
    names = ("id", "quarter", "held_on", "until", "decisions", "next_steps", "told_customer", "version")
    goals = [
        {**goal, **{name: _frozen_in_unit(goal["measure"], goal[name]) for name in _AMOUNTS}}
        for goal in one.figures["goals"]
    ]
    return {**{name: getattr(one, name) for name in names}, "figures": {**one.figures, "goals": goals}}


def in_unit(measure: str, amount: Decimal | None) -> Decimal | None:
    """An amount as a goal of that measure is typed and read: a share in per cent."""
    return amount * 100 if amount is not None and measure == Goal.Measure.WALLET else amount


def _frozen_in_unit(measure: str, amount: str | None) -> str | None:
    return amount if amount is None else f"{in_unit(measure, Decimal(amount)):f}"


def seen(request: ApiRequest, plan_id: int) -> AccountPlan:
    return one_of(plans_seen_by(request.user).select_related("account__owner"), plan_id)


def part_seen(request: ApiRequest, model: type[Any], pk: int) -> Any:
    """A part of a plan that may be seen, to change it."""
    record = one_of(part_seen_by(request.user, model), pk)
    editors_only(request)
    return record


def plan_refused(error: KeyAccountError) -> ApiError:
    status = (
        409 if error.code in ("record.changed_meanwhile", "account_plan.there", "plan_review.there") else 422
    )
    return ApiError(error.code, status=status, **error.values)
