"""How is a plan made, changed, worked on, looked at? (K8)"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from keyaccount.know.plan_document import INTERNAL_MEASURES, SHAREABLE_TEXTS
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import users_who_see
from keyaccount_web.know.models import Account
from keyaccount_web.know.plans.approving import PlanError, content_changed
from keyaccount_web.know.plans.models import AccountPlan, Commitment, Goal, PlanAction, PlanRisk
from keyaccount_web.know.plans.reading import (
    TEXTS,
    plan_of,
    plan_url,
    subject_of,
    years_allowed,
)
from keyaccount_web.know.plans.reckoning import reckon
from keyaccount_web.know.record_kit import changed
from keyaccount_web.search.registry import SEARCHABLE
from keyaccount_web.search.services import refresh_kind
from keyaccount_web.work import to_do
from keyaccount_web.work.models import ToDo

RULE = "know.plan_action"
AGAIN_DAYS = 14
"""Days after which an action that is still open is asked for again."""
Part = Goal | PlanAction | PlanRisk | Commitment
_UNAPPROVED = {
    Goal: {"reached", "counted_on"},
    PlanAction: {"state", "result", "closed_on"},
    Commitment: {"state", "their_word", "note", "agreed_by", "agreed_on"},
    PlanRisk: set[str](),
}
"""Fields that are no part of what is approved: what happens under a plan."""


def start_plan(
    *, by: User, account: Account, year: int, carry: Iterable[tuple[Goal, dt.date, Any]] = ()
) -> AccountPlan:
    """A plan of blanks; `carry`: goals of an earlier plan that were chosen one by one, each with its new day and target.

    Raises PlanError `account_plan.far_year`, `account_plan.there`, `account_plan.carry_due`, `account_plan.carry_other`,
    `plan_goal.*`.
    """
    if year not in years_allowed():
        raise PlanError(
            "account_plan.far_year", year=year, first=years_allowed()[0], last=years_allowed()[-1]
        )
    try:
        with transaction.atomic():
            plan = AccountPlan.objects.create(account=account, year=year, owner=account.owner or by)
            for old, due, target in carry:
                _carry(plan, old, due, target)
            reckon(plan)
    except IntegrityError as error:
        raise PlanError("account_plan.there", year=year, account=account.name) from error
    return plan


def _carry(plan: AccountPlan, old: Goal, due: dt.date, target: Any) -> None:
    if due.year != plan.year:
        raise PlanError("account_plan.carry_due", goal=old.name, year=plan.year, due=due)
    if old.plan.account_id != plan.account_id or old.plan.year >= plan.year:
        raise PlanError("account_plan.carry_other", goal=old.name)
    check_part(Goal, plan, old, {"due_on": due, "target": target, "is_shared": False})
    kept = ("name", "measure", "goods", "unit", "weight")
    # What stood at the end of the old year is where a counted level begins; sharing is decided anew.
    Goal.objects.create(
        plan=plan,
        due_on=due,
        target=target,
        base=old.reached if old.measure == Goal.Measure.HAND else None,
        carried_from=old,
        **{name: getattr(old, name) for name in kept},
    )


def keep_texts(
    plan: AccountPlan, *, version: int | None, shared: Iterable[str] | None = None, **values: Any
) -> AccountPlan:
    """Some of the texts and levels; `shared`: of those given, the ones that the customer may read (None: as they are).

    Raises RecordChangedError; PlanError `account_plan.not_shareable`.
    """
    unknown = values.keys() - {*TEXTS, "level_now", "level_wanted"}
    if unknown:
        raise TypeError(f"no text of a plan: {unknown}")
    told = {name: value.strip() for name, value in values.items()}
    if shared is not None:
        wanted = set(shared)
        if internal := wanted - set(SHAREABLE_TEXTS):
            raise PlanError("account_plan.not_shareable", parts=sorted(internal))
        told["shared"] = sorted((set(plan.shared) - values.keys()) | wanted)
    with transaction.atomic():
        held = changed(plan, version, told)
        content_changed(held)
    held.refresh_from_db()
    return held


def keep_part(
    model: type[Any], *, by: User, parent: Any, record: Any = None, version: int | None = None, **values: Any
) -> Any:
    """A goal, action, risk or commitment: new under `parent` (a goal for actions, else the plan), or changed.

    Raises PlanError `plan_goal.*`, `plan_action.not_seen`, `commitment.*`, `account_plan.due`; RecordChangedError.
    """
    plan = parent.plan if isinstance(parent, Goal) else parent
    check_part(model, plan, record, values)
    owner = values.get("owner")
    if owner is not None and not users_who_see(plan.account).filter(pk=owner.pk).exists():
        raise PlanError("plan_action.not_seen", name=owner.name)
    with transaction.atomic():
        if record is None:
            name = "goal" if model is PlanAction else "plan"
            if model is PlanAction:
                values["first_due"] = values["due_on"]
            kept = model.objects.create(**{name: parent}, **values)
            moved = True
        else:
            watched = values.keys() - _UNAPPROVED[model]
            moved = any(getattr(record, name) != values[name] for name in watched)
            kept = changed(record, version, values)
        if isinstance(kept, PlanAction):
            _ask_for(kept, plan, by)
        if moved:
            content_changed(plan)
        reckon(plan)
    return kept


def check_part(model: type[Any], plan: AccountPlan, record: Any, values: Mapping[str, Any]) -> None:
    """What a part says of itself. Raises PlanError `account_plan.due`, `plan_goal.*`, `commitment.*`."""
    due = values.get("due_on")
    if due is not None and model is not Commitment and due.year != plan.year:
        raise PlanError("account_plan.due", year=plan.year, due=due)

    def value(name: str) -> Any:
        return values[name] if name in values else getattr(record, name, None)

    if model is Goal:
        _check_goal(value)
    if model is Commitment:
        agreed, on = value("agreed_by"), value("agreed_on")
        if bool(agreed) != bool(on):
            raise PlanError("commitment.agreed_half")
        if agreed and not value("is_shared"):
            raise PlanError("commitment.agreed_internal")
        if on and on > timezone.localdate():
            raise PlanError("commitment.agreed_future", day=on)


def _check_goal(value: Any) -> None:
    measure = value("measure")
    if measure != Goal.Measure.HAND and value("target") <= 0:
        raise PlanError("plan_goal.target_low", target=value("target"))
    if measure == Goal.Measure.WALLET and value("target") > 1:
        raise PlanError("plan_goal.share", target=value("target"))
    if measure in (Goal.Measure.CATEGORY, Goal.Measure.PRODUCT) and not value("goods"):
        raise PlanError("plan_goal.no_goods")
    if measure in INTERNAL_MEASURES and value("is_shared"):
        raise PlanError("plan_goal.internal")


def remove_part(record: Part, *, by: User) -> AccountPlan:
    """Take a goal (with its actions), an action, a risk or a commitment out of the plan; its history stays."""
    plan = plan_of(record)
    with transaction.atomic():
        actions = [record] if isinstance(record, PlanAction) else []
        if isinstance(record, Goal):
            actions = list(record.actions.all())
        for one in actions:
            _no_longer_asked(one, by)
        record.delete()
        content_changed(plan)
        reckon(plan)
    return plan


def count_by_hand(goal: Goal, *, reached: Any, on: dt.date, version: int | None = None) -> Goal:
    """What a goal stands at. Raises PlanError `plan_goal.not_by_hand`, `plan_goal.future`; RecordChangedError."""
    if goal.measure != Goal.Measure.HAND:
        raise PlanError("plan_goal.not_by_hand", goal=goal.name)
    if on > timezone.localdate():
        raise PlanError("plan_goal.future", day=on)
    with transaction.atomic():
        held = changed(goal, version, {"reached": reached, "counted_on": on})
        reckon(goal.plan)
    return held


def close_action(
    action: PlanAction, *, by: User, state: str, result: str = "", version: int | None = None
) -> PlanAction:
    """Done or dropped with what came of it, or open again. Raises PlanError `plan_action.no_result`; RecordChangedError."""
    result = result.strip()
    if state != PlanAction.State.OPEN and not result:
        raise PlanError("plan_action.no_result")
    plan = action.goal.plan
    values: dict[str, Any] = {"state": state, "closed_on": None if state == "open" else timezone.localdate()}
    if result:
        values["result"] = result
    with transaction.atomic():
        held = changed(action, version, values)
        _ask_for(held, plan, by)
        if PlanAction.State.DROPPED in (state, action.state):
            content_changed(plan)
        reckon(plan)
    return held


def look(plan: AccountPlan, *, by: User) -> None:
    """Somebody has looked at the plan, as is to be done each month."""
    with transaction.atomic():
        held = AccountPlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
        held.looked_on, held.looked_by = timezone.localdate(), by
        held.save(update_fields=["looked_on", "looked_by"])
        reckon(plan_again(held))


def plan_again(plan: AccountPlan) -> AccountPlan:
    return AccountPlan.objects.select_related("account", "owner").get(pk=plan.pk)


def follow(accounts: set[int]) -> None:
    """After drafts of accounts were changed in one go: to-dos are asked for, or no longer, and standings kept."""
    drafts = AccountPlan.objects.filter(account__in=accounts, state=AccountPlan.State.DRAFT)
    actions = PlanAction.objects.filter(goal__plan__in=drafts).select_related("owner", "goal__plan__account")
    for one in actions:
        _ask_for(one, one.goal.plan, one.owner)
    kept = PlanAction.objects.filter(goal__plan__account__in=accounts)
    there = set(kept.values_list("pk", flat=True))
    asked = ToDo.objects.filter(rule=RULE, state=ToDo.State.OPEN, account__in=accounts)
    for to_drop in asked.select_related("owner"):
        if int((to_drop.key or "0:0").split(":")[1]) not in there:
            to_do.finish(to_drop, to_drop.owner, state=ToDo.State.DROPPED)
    for plan in drafts.select_related("account", "owner"):
        reckon(plan)
    refresh_kind(SEARCHABLE["plan_goal"], Goal.objects.filter(plan__in=drafts))


# --- what an owner is asked for


def _ask_for(action: PlanAction, plan: AccountPlan, by: User) -> None:
    """The to-do of an open action, as it stands now; of one that is closed, or was passed on or put off, no longer."""
    key = _key(action)
    is_open = action.state == PlanAction.State.OPEN
    is_done = action.state == PlanAction.State.DONE
    for one in _asked(action).exclude(key=key) if is_open else _asked(action):
        to_do.finish(one, by, state=ToDo.State.DONE if is_done else ToDo.State.DROPPED)
    if is_open and action.owner.is_active:
        _ask(action, plan, key)


def _ask(action: PlanAction, plan: AccountPlan, key: str) -> bool:
    values = {"what": action.what, "year": plan.year}
    if ToDo.objects.filter(key=key).exists():
        return False
    to_do.ask(
        action.owner, "plan_action.ask", due_date=action.due_on, about=subject_of(plan), values=values, rule=RULE,
        key=key, url=plan_url(plan, f"action-{action.pk}"),
    )  # fmt: skip
    return True


def _no_longer_asked(action: PlanAction, by: User) -> None:
    for one in _asked(action):
        to_do.finish(one, by, state=ToDo.State.DROPPED)


def _asked(action: PlanAction) -> QuerySet[ToDo]:
    return ToDo.objects.filter(rule=RULE, key__startswith=f"plan_action:{action.pk}:", state=ToDo.State.OPEN)


def _key(action: PlanAction, again: int = 0) -> str:
    return f"plan_action:{action.pk}:{action.version}:{action.owner_id}:{action.due_on}:{again}"


def remind(until: dt.date | None = None) -> int:
    """Ask again for actions that are still open long after their day though their to-do was ticked off. Gives how many."""
    until = until or timezone.localdate()
    late = PlanAction.objects.filter(
        state=PlanAction.State.OPEN, due_on__lte=until - dt.timedelta(days=AGAIN_DAYS)
    )
    made = 0
    for action in late.select_related("owner", "goal__plan__account"):
        if action.owner.is_active and not _asked(action).exists():
            made += _ask(action, action.goal.plan, _key(action, (until - action.due_on).days // AGAIN_DAYS))
    return made


def hand_over_plans(leaving: User, successor: User, *, within: QuerySet[Account]) -> int:
    """The plans of a leaving colleague, and what they still have to do in them."""
    plans = list(AccountPlan.objects.filter(owner=leaving, account__in=within))
    for plan in plans:
        plan.owner = successor
        plan.save(update_fields=["owner"])
    actions = PlanAction.objects.filter(
        owner=leaving, state=PlanAction.State.OPEN, goal__plan__account__in=within
    )
    for action in actions.select_related("goal__plan__account", "owner"):
        _ask_for(changed(action, None, {"owner": successor}), action.goal.plan, leaving)
    PlanRisk.objects.filter(owner=leaving, plan__account__in=within).update(owner=successor)
    return len(plans)
