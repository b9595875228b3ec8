"""How are plans and goals searched? A plan by its account's name and its year, a goal by its words and those of its actions."""

from collections.abc import Iterator

from django.db.models import Exists, OuterRef, QuerySet

from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.know.plans.models import AccountPlan, Goal
from keyaccount_web.know.plans.reading import plan_name, plan_url, plans_seen_by
from keyaccount_web.search.keys import Key, name_keys
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


def _goal_keys(one: Goal) -> Iterator[Key]:
    """Its own words, and those of its actions."""
    for text in (one.name, *one.actions.values_list("what", flat=True)):
        yield from name_keys(text)


def _goal_told(one: Goal) -> Told:
    beside = f"{one.plan.account.name} · {plan_name(one.plan)}"
    return Told(one.name, plan_url(one.plan, f"goal-{one.pk}"), beside=beside)


GOAL = Searchable(
    46,
    "plan_goal",
    Goal,
    keys=_goal_keys,
    visible=_goals,
    largest_first=("-due_on", "pk"),
    told=_goal_told,
)
