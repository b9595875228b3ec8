"""How are plans, goals and actions searched? A plan by its account's name and its year, what hangs on it by its words."""

from django.db.models import Exists, OuterRef, QuerySet

from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.know.plans.models import AccountPlan, Goal, PlanAction
from keyaccount_web.know.plans.reading import plan_name, plan_url, plans_seen_by
from keyaccount_web.search.keys import name_keys
from keyaccount_web.search.registry import Searchable, Told

PLAN = Searchable(
    43,
    "account_plan",
    AccountPlan,
    keys=lambda one: name_keys(f"{one.account.name} {one.year}"),
    visible=plans_seen_by,
    largest_first=("-year", "pk"),
    told=lambda one: Told(plan_name(one), plan_url(one), beside=one.account.name),
    account="account_id",
)


def _goals(user: User) -> QuerySet[Goal]:
    seen = Exists(visible_accounts(user).filter(pk=OuterRef("plan__account_id")))
    return Goal.objects.filter(seen).select_related("plan__account")


def _actions(user: User) -> QuerySet[PlanAction]:
    seen = Exists(visible_accounts(user).filter(pk=OuterRef("goal__plan__account_id")))
    return PlanAction.objects.filter(seen).select_related("goal__plan__account")


def _goal_told(one: Goal) -> Told:
    beside = f"{one.plan.account.name} · {plan_name(one.plan)}"
    return Told(one.name, plan_url(one.plan, f"goal-{one.pk}"), beside=beside)


def _action_told(one: PlanAction) -> Told:
    plan = one.goal.plan
    return Told(
        one.what, plan_url(plan, f"action-{one.pk}"), beside=f"{plan.account.name} · {plan_name(plan)}"
    )


GOAL = Searchable(
    46,
    "plan_goal",
    Goal,
    keys=lambda one: name_keys(one.name),
    visible=_goals,
    largest_first=("-due_on", "pk"),
    told=_goal_told,
)
ACTION = Searchable(
    47,
    "plan_action",
    PlanAction,
    keys=lambda one: name_keys(one.what),
    visible=_actions,
    largest_first=("-due_on", "pk"),
    told=_action_told,
)
