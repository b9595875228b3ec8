"""How is a cultivation plan made, changed, closed, taken up again, handed over? (F8)

Its steps are to-dos about it, so that they remind and escalate like all others; so does the day on which its result is due.
"""

import datetime as dt
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import users_who_see, visible_accounts
from keyaccount_web.find.models import CultivationPlan, Potential
from keyaccount_web.know.models import Account, AccountFigures
from keyaccount_web.work import to_do
from keyaccount_web.work.about import Subject
from keyaccount_web.work.models import ToDo

KIND = "plan"
"""By which to-dos, comments and files know plans."""
RULE = "find.plan"
State = CultivationPlan.State


class PlanError(KeyAccountError):
    """A plan cannot be made or changed as asked."""


def plans_seen_by(user: User) -> QuerySet[CultivationPlan]:
    """Plans of the accounts that `user` may see."""
    seen = CultivationPlan.objects.filter(account__in=visible_accounts(user))
    return seen.select_related("account", "owner", "created_by", "closed_by")


def steps_of(plan: CultivationPlan) -> QuerySet[ToDo]:
    """Its to-dos: the steps, and the one that asks for the result."""
    about = ToDo.objects.filter(account=plan.account_id, about_kind=KIND, about_id=plan.pk)
    return about.select_related("account", "owner", "given_by", "handed_over_from").order_by("due_date", "pk")


def subject_of(plan: CultivationPlan) -> Subject:
    return Subject(plan.account, KIND, plan.pk)


def expected(account: Account) -> tuple[Decimal | None, Decimal | None]:
    """An account's sales, and what their trend expects of the next twelve months; None: not known, or the trend is of profit."""
    potential = Potential.objects.filter(account=account).first()
    if potential is not None:
        return potential.sales, potential.expected_sales if potential.measure == "sales" else None
    figures = AccountFigures.objects.filter(account=account).first()
    return (figures.sales if figures else None), None


def begin_plan(
    *,
    by: User,
    account: Account,
    owner: User,
    goal: str,
    due_date: dt.date,
    first_step: str = "",
    first_step_date: dt.date | None = None,
) -> CultivationPlan:
    """Make a plan; its owner is asked for the result on its day, and given the first step where there is one.

    Raises PlanError `plan.open_already`, `plan.may_not_see`.
    """
    _check_sees(owner, account)
    try:
        with transaction.atomic():
            plan = CultivationPlan.objects.create(
                account=account,
                owner=owner,
                goal=goal,
                due_date=due_date,
                sales_then=expected(account)[0],
                created_by=by,
                created_at=timezone.now(),
            )
            _ask_for_result(plan)
            if first_step:
                to_do.give(
                    by, owner, first_step, due_date=first_step_date or due_date, about=subject_of(plan)
                )
    except IntegrityError as error:
        raise PlanError("plan.open_already", account=account.name) from error
    return plan


def change_plan(
    plan: CultivationPlan, *, by: User, version: int, owner: User, goal: str, due_date: dt.date
) -> CultivationPlan:
    """Another goal, day or owner; the reminder goes along.

    Raises PlanError `plan.changed_meanwhile`, `plan.closed`, `plan.may_not_see`.
    """
    _check_sees(owner, plan.account)
    with transaction.atomic():
        held = _locked(plan, version)
        held.owner, held.goal, held.due_date = owner, goal, due_date
        _save(held, "owner", "goal", "due_date")
        asked = steps_of(held).filter(rule=RULE, state=ToDo.State.OPEN).first()
        if asked is None:
            _ask_for_result(held)
        elif (asked.owner, asked.due_date) != (owner, due_date):
            to_do.change(asked, by, owner=owner, due_date=due_date)
    return held


def close_plan(plan: CultivationPlan, *, by: User, version: int, state: str, result: str) -> CultivationPlan:
    """Reached, or given up, with what came of it; what is still to do is dropped.

    Raises PlanError `plan.changed_meanwhile`, `plan.closed`, `plan.no_result`.
    """
    if not result.strip():
        raise PlanError("plan.no_result")
    with transaction.atomic():
        held = _locked(plan, version)
        held.state, held.result = State(state), result.strip()
        held.closed_by, held.closed_at = by, timezone.now()
        _save(held, "state", "result", "closed_by", "closed_at")
        for step in steps_of(held).filter(state=ToDo.State.OPEN):
            done = step.rule == RULE and held.state == State.REACHED
            to_do.finish(step, by, state=ToDo.State.DONE if done else ToDo.State.DROPPED)
    return held


def reopen_plan(plan: CultivationPlan, *, by: User) -> CultivationPlan:
    """Undo of `close_plan`; steps that were dropped stay so.

    Raises PlanError `plan.open_already`.
    """
    try:
        with transaction.atomic():
            held = CultivationPlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
            held.state, held.closed_by, held.closed_at = State.OPEN, None, None
            _save(held, "state", "closed_by", "closed_at")
            asked = steps_of(held).filter(rule=RULE).first()
            if asked is None:
                _ask_for_result(held)
            elif asked.state != ToDo.State.OPEN:
                to_do.reopen(asked)
                to_do.change(asked, by, owner=held.owner, due_date=held.due_date)
    except IntegrityError as error:
        raise PlanError("plan.open_already", account=plan.account.name) from error
    return held


def hand_over_plans(leaving: User, successor: User, *, within: QuerySet[Account]) -> int:
    """The open plans of a leaving colleague, as far as the successor sees their accounts."""
    theirs = CultivationPlan.objects.filter(owner=leaving, state=State.OPEN, account__in=within).filter(
        account__in=visible_accounts(successor)
    )
    plans = list(theirs.select_for_update(of=("self",)))
    for plan in plans:
        plan.owner = successor
        _save(plan, "owner")
    return len(plans)


def _save(plan: CultivationPlan, *names: str) -> None:
    plan.version += 1
    plan.save(update_fields=[*names, "version"])


def _locked(plan: CultivationPlan, version: int) -> CultivationPlan:
    held = CultivationPlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if held.state != State.OPEN:
        raise PlanError("plan.closed")
    if held.version != version:
        raise PlanError("plan.changed_meanwhile", goal=held.goal, due=held.due_date, name=held.owner.name)
    return held


def _ask_for_result(plan: CultivationPlan) -> None:
    to_do.ask(
        plan.owner,
        "plan.ask_for_result",
        due_date=plan.due_date,
        about=subject_of(plan),
        values={"goal": plan.goal},
        rule=RULE,
        key=f"plan:{plan.pk}",
    )


def _check_sees(owner: User, account: Account) -> None:
    if not users_who_see(account).filter(pk=owner.pk).exists():
        raise PlanError("plan.may_not_see", name=owner.name, account=account.name)
