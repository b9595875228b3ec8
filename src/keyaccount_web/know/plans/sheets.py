"""The sheets of account plans: goals, actions, risks; of drafts only, one in force or in review is not changed by them (K8, K9)."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from keyaccount_web.access.models import User
from keyaccount_web.imports.sheets.registry import Given, Sheet, check_sees
from keyaccount_web.know.models import Account
from keyaccount_web.know.plans.acting import check_part, follow
from keyaccount_web.know.plans.approving import PlanError
from keyaccount_web.know.plans.models import AccountPlan, Goal, PlanAction, PlanRisk
from keyaccount_web.know.plans.reading import years_allowed

Measure = Goal.Measure
GOAL = (
    "measure",
    "goods",
    "unit",
    "base",
    "target",
    "reached",
    "counted_on",
    "due_on",
    "weight",
    "is_shared",
)
BY_HAND = ("unit", "base", "reached", "counted_on")
ACTION = ("owner", "due_on", "state", "result", "is_shared")
RISK = ("likelihood", "effect", "answer", "owner")


def draft_of(given: Given) -> AccountPlan:
    """The draft of the row's year; where the account has no plan of it, one of blanks, not kept yet.

    Raises PlanError `account_plan.far_year`, `account_plan.no_draft`.
    """
    account, year = given["account"], given["year"]
    key = (AccountPlan, f"{account.code}\n{year}")
    if key not in given.known:
        allowed = years_allowed()
        if year not in allowed:
            raise PlanError("account_plan.far_year", year=year, first=allowed[0], last=allowed[-1])
        found = AccountPlan.objects.filter(account=account, year=year).first() if account.pk else None
        given.known[key] = found or AccountPlan(account=account, year=year, owner=account.owner or given.by)
    plan: AccountPlan = given.known[key]
    if plan.state != AccountPlan.State.DRAFT:
        raise PlanError("account_plan.no_draft", account=account.name, year=year)
    return plan


def kept_plan(given: Given, plan: AccountPlan) -> AccountPlan:
    """The plan, kept now that the row is known to be right."""
    if plan.pk is None and not given.is_check:
        plan._history_user = given.by  # read by simple_history
        plan.save()
        given.beside.append(plan)
    return plan


def _goal_told(one: Goal) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in GOAL}
    if one.measure == Measure.WALLET:
        told["target"] = one.target * 100
    return {"account": one.plan.account, "year": one.plan.year, "goal": one.name, **told}


def _goal_values(given: Given) -> dict[str, Any]:
    plan, measure = draft_of(given), given["measure"]
    values = {**given.plain(*GOAL), "name": given["goal"], "is_shared": bool(given["is_shared"])}
    values["weight"] = 1 if given["weight"] is None else given["weight"]
    if measure == Measure.WALLET:
        values["target"] = values["target"] / 100
    has_goods = measure in (Measure.CATEGORY, Measure.PRODUCT)
    if (given["goods"] and not has_goods) or (
        measure != Measure.HAND and any(given[name] not in (None, "") for name in BY_HAND)
    ):
        raise PlanError("plan_goal.not_of_measure", goal=given["goal"])
    if (given["reached"] is None) != (given["counted_on"] is None):
        raise PlanError("plan_goal.counted_half", goal=given["goal"])
    if given["counted_on"] is not None and given["counted_on"] > timezone.localdate():
        raise PlanError("plan_goal.future", day=given["counted_on"])
    if values["weight"] < 1:
        raise PlanError("plan_goal.no_weight", goal=given["goal"])
    check_part(Goal, plan, given.record, values)
    return {"plan": kept_plan(given, plan), **values}


def _action_told(one: PlanAction) -> dict[str, Any]:
    plan = one.goal.plan
    told = {name: getattr(one, name) for name in ACTION}
    return {"account": plan.account, "year": plan.year, "goal": one.goal.name, "action": one.what, **told}


def _action_values(given: Given) -> dict[str, Any]:
    plan = draft_of(given)
    goal = given.record.goal if given.record is not None else _goal_of(given, plan)
    state = given["state"] or PlanAction.State.OPEN
    is_closed = state != PlanAction.State.OPEN
    if is_closed and not given["result"]:
        raise PlanError("plan_action.no_result")
    check_sees(given, "owner")
    values = {
        "goal": goal,
        "what": given["action"],
        "owner": given["owner"] or given["account"].owner or given.by,
        "state": state,
        "is_shared": bool(given["is_shared"]),
        **given.plain("due_on", "result"),
    }
    check_part(PlanAction, plan, given.record, values)
    if given.record is None:
        values["first_due"] = given["due_on"]
    if given.record is None or given.record.state != state:
        values["closed_on"] = timezone.localdate() if is_closed else None
    return values


def _goal_of(given: Given, plan: AccountPlan) -> Goal | None:
    """By its name; at the check None for one that the same workbook brings. Raises PlanError."""
    name = given["goal"]
    found = list(plan.goals.filter(name__iexact=name)) if plan.pk else []
    keys = [key for key in given.coming.get("goals", ()) if key[:3] == _goal_key(given)]
    if len(found) + len(keys) > 1:
        raise PlanError("plan_action.several_goals", goal=name, year=given["year"])
    if not found and not keys:
        raise PlanError("plan_action.no_goal", goal=name, year=given["year"])
    return found[0] if found else None


def _goal_key(given: Given) -> tuple[str, ...]:
    return given["account"].code, str(given["year"]), given["goal"].casefold()


def _risk_told(one: PlanRisk) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in RISK}
    return {"account": one.plan.account, "year": one.plan.year, "risk": one.what, **told}


def _risk_values(given: Given) -> dict[str, Any]:
    plan = draft_of(given)
    check_sees(given, "owner")
    values = {
        "what": given["risk"],
        "likelihood": int(given["likelihood"]),
        "effect": int(given["effect"]),
        "answer": given["answer"],
        "owner": given["owner"] or given["account"].owner or given.by,
    }
    return {"plan": kept_plan(given, plan), **values}


def parts_of_plans(model: type[Any], path: str, *more: str) -> Any:
    """The parts of all plans: those in force leave with the file, too."""

    def records(_user: User, accounts: QuerySet[Account]) -> QuerySet[Any]:
        rows: QuerySet[Any] = model._default_manager.filter(**{f"{path}__account__in": accounts})
        return rows.select_related(f"{path}__account__owner", *more)

    return records


_GRADES = {"3": "plan_risk.grade.high", "2": "plan_risk.grade.middle", "1": "plan_risk.grade.low"}
GOALS = Sheet(
    "goals",
    Goal,
    order=70,
    records=parts_of_plans(Goal, "plan"),
    told=_goal_told,
    values=_goal_values,
    after=follow,
    words={"measure": {one: f"plan_goal.measure.{one}" for one in Measure.values}},
)
ACTIONS = Sheet(
    "actions",
    PlanAction,
    order=71,
    records=parts_of_plans(PlanAction, "goal__plan", "owner"),
    told=_action_told,
    values=_action_values,
    after=follow,
    words={"state": {one: f"plan_action.state.{one}" for one in PlanAction.State.values}},
)
RISKS = Sheet(
    "risks",
    PlanRisk,
    order=72,
    records=parts_of_plans(PlanRisk, "plan", "owner"),
    told=_risk_told,
    values=_risk_values,
    after=follow,
    words={"likelihood": _GRADES, "effect": _GRADES},
)
