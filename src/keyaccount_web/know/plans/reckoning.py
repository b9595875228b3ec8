"""Where do the figures of a plan's goals come from, how does the plan stand by them, and which records are behind each? (K8)"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
from django.urls import reverse
from django.utils import timezone

from keyaccount.know.plan_figures import (
    FROM_LEDGER,
    LINE_COLUMNS,
    ledger_figures,
    product_column,
    sales_by_month,
)
from keyaccount.know.plans import (
    ActionState,
    GoalStanding,
    GoalState,
    PlanStanding,
    goal_standing,
    plan_standing,
)
from keyaccount.ledger.store.few import FewLines, few_lines
from keyaccount.ledger.store.tables import StoreError
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.company.presets import settings_of
from keyaccount_web.know.lines import current_ledger
from keyaccount_web.know.members import with_codes
from keyaccount_web.know.models import Account
from keyaccount_web.know.needs.models import Need
from keyaccount_web.know.plans.models import AccountPlan, Goal, PlanAction
from keyaccount_web.know.rivals.models import KnownPurchases
from keyaccount_web.runs.services import current_run, of_summary
from keyaccount_web.tables.touches import visit_days

Measure = Goal.Measure
MOST_OFFERED = 300
"""Categories and products."""


@dataclass(frozen=True)
class GoalFigures:
    """One goal with its figures on a day."""

    goal: Goal
    base: Decimal | None
    reached: Decimal | None
    until: dt.date
    """The last day of which its figures are known."""
    standing: GoalStanding
    url: str
    """Where the records behind it are; empty: counted by hand."""


@dataclass(frozen=True)
class PlanFigures:
    """A plan on a day."""

    goals: list[GoalFigures]
    actions: list[PlanAction]
    standing: PlanStanding
    until: dt.date
    """The last day that the ledger has, or that was asked for."""
    sales: tuple[Decimal, ...] = ()
    """By calendar month; empty: there is no ledger."""
    sales_before: tuple[Decimal, ...] = ()


@dataclass
class _Sources:
    """What goals are reckoned from, for one reader; each is read once, and only where a goal asks."""

    user: User
    account: Account
    year: int
    until: dt.date
    members: list[Account]
    ledger_until: dt.date
    lines: pa.Table | None
    days: dict[str, list[dt.date]] = field(default_factory=dict)

    def days_of(self, measure: str) -> list[dt.date]:
        """One day for each record that counts."""
        if measure not in self.days:
            first, last = dt.date(self.year - 1, 1, 1), dt.date(self.year, 12, 31)
            accounts = [one.pk for one in self.members]
            if measure == Measure.VISITS:
                self.days[measure] = visit_days(accounts, first, last)
            else:
                rows = Need.objects.filter(account__in=accounts, standing=Need.Standing.ANSWERED)
                held = rows.filter(moved_on__gte=first, moved_on__lte=last)
                self.days[measure] = list(held.values_list("moved_on", flat=True))
        return self.days[measure]


def figures_of(plan: AccountPlan, user: User, *, until: dt.date | None = None) -> PlanFigures:
    """The plan's figures as `user` may see them, up to `until`; None: today."""
    return _figures(plan, user, *_goals_and_actions(plan), until or timezone.localdate())


def _goals_and_actions(plan: AccountPlan) -> tuple[list[Goal], list[PlanAction]]:
    """In one query, as goals beside their actions, with the actions' owners."""
    models: tuple[tuple[str, type[Any]], ...] = (
        ("", Goal), ("actions__", PlanAction), ("actions__owner__", User),
    )  # fmt: skip
    names = [[one.attname for one in model._meta.concrete_fields] for _, model in models]
    columns = [f"{path}{name}" for (path, _), own in zip(models, names, strict=True) for name in own]
    goals: dict[int, Goal] = {}
    actions: list[PlanAction] = []
    for row in Goal.objects.filter(plan=plan).order_by("pk").values_list(*columns):
        values = iter(row)
        goal, action, owner = (
            model.from_db(None, own, [next(values) for _ in own])
            for (_, model), own in zip(models, names, strict=True)
        )
        goals.setdefault(goal.pk, goal)
        if action.pk is not None:
            action.owner, action.goal = owner, goals[goal.pk]
            actions.append(action)
    return list(goals.values()), sorted(actions, key=lambda one: (one.due_on, one.pk))


def _figures(
    plan: AccountPlan, user: User, goals: list[Goal], actions: list[PlanAction], until: dt.date
) -> PlanFigures:
    sources = _sources(plan, user, until)
    settings = settings_of("plans.")
    told = [_goal(one, sources, settings["tolerance"]) for one in goals]
    states = [ActionState(one.goal_id, one.due_on, one.state) for one in actions]
    standing = plan_standing(
        [one.standing for one in told],
        states,
        until=until,
        looked_on=plan.looked_on,
        look_days=settings["look_days"],
    )
    sales: tuple[tuple[Decimal, ...], tuple[Decimal, ...]] = ((), ())
    if sources.lines is not None:
        sales = sales_by_month(sources.lines, plan.year, sources.ledger_until)
    return PlanFigures(told, actions, standing, sources.ledger_until, *sales)


def _sources(plan: AccountPlan, user: User, until: dt.date) -> _Sources:
    members, whom = with_codes(plan.account, visible_accounts(user))
    run = current_run()
    last = of_summary(run).until if run else None
    ledger_until = min(until, last) if last else until
    return _Sources(
        user=user,
        account=plan.account,
        year=plan.year,
        until=until,
        members=members,
        ledger_until=ledger_until,
        lines=lines_of(user, whom, plan.year),
    )


def lines_of(user: User, whom: Mapping[str, str], year: int) -> pa.Table | None:
    """The invoice lines of the year and the one before of accounts that `user` sees (`with_codes`); None: there is no ledger."""
    try:
        ledger = current_ledger(user, current_run())
    except StoreError:
        return None
    if ledger is None:
        return None
    wanted = FewLines(whom, dt.date(year - 1, 1, 1), dt.date(year, 12, 31))
    return few_lines(ledger.store, wanted, LINE_COLUMNS)


def goods_of(plan: AccountPlan, user: User) -> list[str]:
    """The categories and products that the account bought in the year and the one before, for a form to offer."""
    lines = lines_of(user, with_codes(plan.account, visible_accounts(user))[1], plan.year)
    if lines is None:
        return []
    columns = [name for name in ("category", product_column(lines)) if name in lines.column_names]
    found = [sorted(one for one in lines[name].unique().to_pylist() if one) for name in columns]
    return [one for names in found for one in names][:MOST_OFFERED]


def _goal(goal: Goal, sources: _Sources, tolerance: Decimal) -> GoalFigures:
    is_of_ledger = goal.measure in (*FROM_LEDGER, Measure.WALLET)
    until = sources.ledger_until if is_of_ledger else sources.until
    base, reached, months = _found(goal, sources, min(until, goal.due_on))
    state = GoalState(
        key=goal.pk,
        target=goal.target,
        due=goal.due_on,
        reached=reached,
        base=base,
        months=months,
        is_level=goal.measure == Measure.HAND,
        weight=goal.weight,
    )
    standing = goal_standing(state, until=until, tolerance=tolerance)
    return GoalFigures(
        goal, base, reached, until, standing, records_url(goal, sources.account, sources.year, until)
    )


Found = tuple[Decimal | None, Decimal | None, tuple[Decimal, ...] | None]
"""Last year's figure, this year's so far, last year's by month."""


def _found(goal: Goal, sources: _Sources, until: dt.date) -> Found:
    if goal.measure == Measure.HAND:
        return goal.base, goal.reached, None
    if goal.measure in (Measure.VISITS, Measure.NEEDS):
        return _counted(sources.days_of(goal.measure), sources.year, until)
    if sources.lines is None:
        return None, None, None
    measure = "sales" if goal.measure == Measure.WALLET else goal.measure
    told = ledger_figures(sources.lines, measure, year=sources.year, until=until, goods=goal.goods)
    if told is None:
        return None, None, None
    if goal.measure != Measure.WALLET:
        return told.base, told.reached, told.months
    now, before = _purchases(sources.account, sources.year)
    share = told.reached / now if now else None
    return told.base / before if before else None, share, told.months


def _counted(days: Iterable[dt.date], year: int, until: dt.date) -> Found:
    told = list(days)
    months = [
        Decimal(sum(day.year == year - 1 and day.month == month for day in told)) for month in range(1, 13)
    ]
    reached = sum(day.year == year and day <= until for day in told)
    return sum(months, Decimal(0)), Decimal(reached), tuple(months)


def _purchases(account: Account, year: int) -> tuple[Decimal | None, Decimal | None]:
    """What the account buys of our kind in the year, and in the one before: the most that a source says, so that our share is not
    made larger than it is; without one of the year, that of the year before."""
    rows = KnownPurchases.objects.filter(account=account, business_line="", year__in=(year - 1, year))
    most: dict[int, Decimal] = {}
    for at, amount in rows.values_list("year", "amount"):
        most[at] = max(most.get(at, Decimal(0)), amount)
    return most.get(year) or most.get(year - 1), most.get(year - 1)


def records_url(goal: Goal, account: Account, year: int, until: dt.date) -> str:
    """The lines or records that a figure is made of."""
    if goal.measure == Measure.HAND:
        return ""
    asked: dict[str, Any]
    if goal.measure == Measure.VISITS:
        asked = {
            "whose": "all",
            "account": account.pk,
            "kind": "visit",
            "since": f"{year}-01-01",
            "until": min(until, goal.due_on),
        }
        return f"{reverse('touches')}?{urlencode(asked)}"
    if goal.measure == Measure.NEEDS:
        return reverse("account_needs", args=[account.pk])
    if goal.measure == Measure.WALLET:
        return reverse("account_rivals", args=[account.pk])
    asked = {"from": dt.date(year, 1, 1), "to": min(until, goal.due_on)}
    if goal.measure == Measure.PROFIT:
        asked["of"] = "profit"
    elif goal.measure in (Measure.CATEGORY, Measure.PRODUCT):
        asked[goal.measure] = goal.goods
    return f"{reverse('account_lines', args=[account.pk])}?{urlencode(asked)}"


def reckon(plan: AccountPlan) -> PlanStanding:
    """Keep how a plan stands, in its owner's eyes, for lists. Runs within the transaction of what has changed it."""
    standing = figures_of(plan, plan.owner).standing
    AccountPlan.objects.filter(pk=plan.pk).update(
        progress=standing.progress,
        standing=standing.standing,
        why=[{"code": one.code, "values": dict(one.values)} for one in standing.reasons],
    )
    return standing


def reckon_all(year: int | None = None) -> int:
    """This year's plans, once a day. Gives how many."""
    year = year or timezone.localdate().year
    rows = AccountPlan.objects.filter(year=year).select_related("account", "owner")
    count = 0
    for plan in rows.iterator(chunk_size=200):
        reckon(plan)
        count += 1
    return count
