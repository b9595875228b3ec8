"""Which plans may somebody see, how are they called and addressed, what of them is blank? (K8)"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Value
from django.urls import reverse
from django.utils import timezone

from keyaccount.know.plans import blanks
from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import users_who_see, visible_accounts
from keyaccount_web.approvals.services import deciders
from keyaccount_web.know.models import Account
from keyaccount_web.know.plans.models import AccountPlan, Commitment, Goal, PlanAction, PlanReview, PlanRisk
from keyaccount_web.know.record_kit import of_visible
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work.about import Subject

KIND = "account_plan"
"""By which to-dos, approvals, comments and files know plans."""
CHARTER = ("field_of_play", "value", "how", "gain", "three_years")
SITUATION = ("trends", "opportunities", "strengths", "vulnerability")
TEXTS = (*CHARTER, *SITUATION)
FIRST_YEAR, YEARS_AHEAD = 2000, 2


def plans_seen_by(user: User) -> QuerySet[AccountPlan]:
    rows: QuerySet[AccountPlan] = of_visible(AccountPlan.objects.all(), user)
    return rows.select_related("owner", "looked_by")


def part_seen_by(user: User, model: type[Any]) -> QuerySet[Any]:
    """The goals, actions, risks, commitments or reviews of the plans of accounts that `user` may see."""
    path = "goal__plan" if model is PlanAction else "plan"
    rows: QuerySet[Any] = model._default_manager.filter(**{f"{path}__account__in": visible_accounts(user)})
    return rows.select_related(path, f"{path}__account", f"{path}__account__owner")


def plan_of(record: Goal | PlanAction | PlanRisk | Commitment | PlanReview) -> AccountPlan:
    """The plan that one of its parts hangs on."""
    return record.goal.plan if isinstance(record, PlanAction) else record.plan


def plan_url(plan: AccountPlan, anchor: str = "") -> str:
    """Where a plan is read."""
    return (
        f"{reverse('account_plan', args=[plan.account_id])}?year={plan.year}{'#' if anchor else ''}{anchor}"
    )


def plan_name(plan: AccountPlan) -> str:
    return message("account_plan.name", lang(), year=plan.year)


def subject_of(plan: AccountPlan) -> Subject:
    return Subject(plan.account, KIND, plan.pk)


def years_allowed() -> range:
    """For which years a plan can be made."""
    return range(FIRST_YEAR, timezone.localdate().year + YEARS_AHEAD + 1)


def plans_by_year(account: Account) -> dict[int, AccountPlan]:
    """All plans of an account that may be seen, the latest first."""
    plans = account.plans.select_related("owner", "looked_by").order_by("-year")
    for one in (told := list(plans)):
        one.account = account
    return {one.year: one for one in told}


def this_years(accounts: list[Account]) -> QuerySet[Any, int]:
    """Of these accounts those with a plan for the calendar's year that has a goal: a part of a full file."""
    rows = AccountPlan.objects.filter(
        account__in=[one.pk for one in accounts], year=timezone.localdate().year, goals__isnull=False
    )
    return rows.order_by().values_list("account_id", flat=True)


def year_to_show(years: Iterable[int]) -> int | None:
    """Which plan is shown where no year is asked for: this year's, else the latest before it, else the earliest to come."""
    now = timezone.localdate().year
    before = [one for one in years if one <= now]
    return max(before) if before else min(years, default=None)


def year_asked(text: str) -> int | None:
    """The year that an address names; None: none, or one that is no year of a plan."""
    is_year = len(text) == 4 and text.isascii() and text.isdecimal()
    return int(text) if is_year and int(text) in years_allowed() else None


def approvers_for(account: Account, *without: User | None) -> QuerySet[User]:
    """Who may approve a plan of the account: with the right to, able to see it, and none of those named."""
    return (
        users_who_see(account)
        .filter(pk__in=deciders(KIND, without=without).order_by())
        .order_by("name", "pk")
    )


@dataclass(frozen=True)
class Player:
    """Somebody at the customer's whose stance is known."""

    name: str
    title: str
    stance: str


@dataclass(frozen=True)
class Parts:
    """What hangs on a plan, or stands in its account's file, as its page shows it."""

    goals: list[Goal]
    actions: list[PlanAction]
    risks: list[PlanRisk]
    commitments: list[Commitment]
    team: list[str]
    """Names of our people beside the owner."""
    players: list["Player"]
    """Those whose stance is known."""


def parts_of(plan: AccountPlan, goals: list[Goal], actions: list[PlanAction]) -> Parts:
    """Three queries beside the goals and actions that are at hand."""
    team, players = _people(plan.account)
    return Parts(
        goals=goals,
        actions=actions,
        risks=list(plan.risks.select_related("owner")),
        commitments=list(plan.commitments.select_related("agreed_by")),
        team=team,
        players=players,
    )


def _people(account: Account) -> tuple[list[str], list[Player]]:
    """Our team and its players, asked for as one."""
    team = account.team.exclude(until__lt=timezone.localdate()).order_by()
    players = account.contacts.exclude(relation=None).exclude(relation__stance="").order_by()
    both = team.values_list("part", "user__name", Value(""), Value("")).union(
        players.values_list(Value(""), "name", "title", "relation__stance"), all=True
    )
    rows = sorted(both)
    return (
        [name for part, name, _, _ in rows if part],
        [Player(*told) for part, *told in rows if not part],
    )


def blanks_of(plan: AccountPlan, parts: Parts) -> list[str]:
    """The parts of the page order that bear a flag: what is empty, and actions where a goal has none."""
    filled = {name for name in TEXTS if getattr(plan, name).strip()}
    told = {
        "team": parts.team,
        "players": parts.players,
        "level": plan.level_now and plan.level_wanted,
        "risks": parts.risks,
        "goals": parts.goals,
        "actions": parts.goals and {one.goal_id for one in parts.actions} >= {one.pk for one in parts.goals},
        "commitments": [one for one in parts.commitments if one.state != Commitment.State.DROPPED],
    }
    return blanks(filled | {name for name, there in told.items() if there})


def quarter_of(day: dt.date) -> int:
    return (day.month + 2) // 3


def quarter_end(year: int, quarter: int) -> dt.date:
    """The last day of a quarter."""
    month = quarter * 3
    return dt.date(year + (month == 12), month % 12 + 1, 1) - dt.timedelta(days=1)
