"""Forms of what hangs on a plan: goals, actions, risks, commitments, reviews (K8)."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.know.plan_words import amount_text
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.know.plans import acting
from keyaccount_web.know.plans.forms import (
    ActionForm,
    CommitmentForm,
    CountForm,
    GoalForm,
    ReviewForm,
    RiskForm,
    goal_initial,
    initial_of,
)
from keyaccount_web.know.plans.models import AccountPlan, Commitment, Goal, PlanAction, PlanReview, PlanRisk
from keyaccount_web.know.plans.reading import part_seen_by, plan_of, plan_url
from keyaccount_web.know.plans.reckoning import goods_of
from keyaccount_web.know.plans.reviewing import keep_review, quarters_to_review
from keyaccount_web.know.plans.views import plan_seen
from keyaccount_web.know.record_kit import RecordForm, editors_only, form_page, history_of
from keyaccount_web.shell.templatetags.pages import lang


@dataclass(frozen=True)
class Kind:
    """One kind of parts: its model, its form, where it stands on the page."""

    model: type[Any]
    form: Callable[..., RecordForm]
    anchor: str
    labels: str
    watched: tuple[str, ...] = ()


KINDS = {
    "goals": Kind(Goal, GoalForm, "goals", "plan_goal", ("name", "measure", "goods", "base", "target", "reached", "due_on", "weight", "is_shared")),
    "actions": Kind(PlanAction, ActionForm, "goals", "plan_action", ("what", "due_on", "state", "result", "is_shared")),
    "risks": Kind(PlanRisk, RiskForm, "risks", "plan_risk", ("what", "likelihood", "effect", "answer")),
    "commitments": Kind(Commitment, CommitmentForm, "commitments", "commitment", ("what", "measure", "due_on", "state", "their_word", "agreed_on", "is_shared")),
    "reviews": Kind(PlanReview, ReviewForm, "reviews", "plan_review", ("decisions", "next_steps", "told_customer", "held_on")),
}  # fmt: skip


def kind_named(name: str) -> Kind:
    if name not in KINDS:
        raise Http404
    return KINDS[name]


def part_seen(request: Request, name: str, pk: int) -> Any:
    """One part of a plan of an account that may be seen, to be changed; else 404, or 403 for who may not change anything."""
    kind = kind_named(name)
    record = get_object_or_404(part_seen_by(request.user, kind.model), pk=pk)
    editors_only(request)
    return record


def new(request: Request, pk: int, kind: str) -> HttpResponse:
    """A new part; an action is of the goal that `goal` names."""
    told = kind_named(kind)
    plan = plan_seen(request, pk, to_edit=True)
    if kind == "reviews":
        return _review(request, plan, None)
    parent: Any = plan
    if kind == "actions":
        asked = request.GET.get("goal", "")
        parent = get_object_or_404(plan.goals, pk=int(asked) if asked.isdecimal() and len(asked) < 18 else 0)
        parent.plan = plan
    initial: dict[str, Any] = {
        "due_on": dt.date(plan.year, 12, 31),
        "owner": plan.owner_id,
        "likelihood": 2,
        "effect": 2,
    }
    return _form(request, kind, told, plan, parent, None, initial)


def change(request: Request, kind: str, pk: int) -> HttpResponse:
    """A part as it is, to be changed, with its history."""
    record = part_seen(request, kind, pk)
    plan = plan_of(record)
    if isinstance(record, PlanReview):
        return _review(request, plan, record)
    parent = record.goal if isinstance(record, PlanAction) else plan
    initial = goal_initial(record) if isinstance(record, Goal) else initial_of(record)
    return _form(request, kind, kind_named(kind), plan, parent, record, initial)


def _form(
    request: Request,
    name: str,
    kind: Kind,
    plan: AccountPlan,
    parent: Any,
    record: Any,
    initial: dict[str, Any],
) -> HttpResponse:
    back = plan_url(plan, kind.anchor)
    more = {} if kind.model is Goal else {"account": plan.account}
    form = kind.form(request.POST or None, initial=initial, **more)

    shown: dict[str, Any] = {}
    if record:
        shown["history"] = history_of(
            record, kind.watched, kind.labels, **_shown(kind.labels), **_in_units(record)
        )
    if kind.model is Goal:
        shown["datalists"] = {"goods": goods_of(plan, request.user)}

    def save(told: dict[str, Any]) -> str:
        version = told.pop("version")
        acting.keep_part(
            kind.model,
            by=request.user,
            parent=parent,
            record=record,
            version=version if record else None,
            **told,
        )
        return back

    return form_page(
        request,
        form,
        account=plan.account,
        title=f"{kind.labels}.{'change' if record else 'new'}",
        sentence=message(f"{kind.labels}.sentence", lang(), name=getattr(parent, "name", "")),
        back=back,
        save=save,
        record=record,
        remove=reverse("plan_part_remove", args=[name, record.pk]) if record else "",
        more=shown,
    )


def _in_units(record: Any) -> dict[str, Callable[[Any], str]]:
    """How figures of a goal are told in its history."""
    if not isinstance(record, Goal):
        return {}

    def told(amount: Any) -> str:
        return amount_text(record.measure, record.unit, amount, lang())

    return dict.fromkeys(("base", "target", "reached"), told)


def _shown(labels: str) -> dict[str, Callable[[Any], str]]:
    """How coded values are told in a history."""

    def of(name: str) -> Callable[[Any], str]:
        return lambda value: message(f"{labels}.{name}.{value}", lang()) if value else "—"

    grades = {1: "low", 2: "middle", 3: "high"}

    def grade(value: int) -> str:
        return message(f"plan_risk.grade.{grades[value]}", lang())

    told: dict[str, dict[str, Callable[[Any], str]]] = {
        "plan_goal": {"measure": of("measure")},
        "plan_action": {"state": of("state")},
        "commitment": {"state": of("state"), "their_word": of("their_word")},
        "plan_risk": {"likelihood": grade, "effect": grade},
    }
    return told.get(labels, {})


def _review(request: Request, plan: AccountPlan, record: PlanReview | None) -> HttpResponse:
    """A quarter's review: its figures are frozen when it is kept."""
    kept = set(plan.reviews.values_list("quarter", flat=True))
    quarters = [record.quarter] if record else quarters_to_review(plan, kept)
    asked = request.GET.get("quarter", "")
    names = ("quarter", "held_on", "decisions", "next_steps", "told_customer", "version")
    initial = (
        {name: getattr(record, name) for name in names}
        if record
        else {"held_on": timezone.localdate(), "quarter": asked}
    )
    form = ReviewForm(request.POST or None, quarters=quarters, initial=initial)
    back = plan_url(plan, "reviews")

    def save(told: dict[str, Any]) -> str:
        keep_review(plan, by=request.user, record=record, **told)
        return back

    return form_page(
        request,
        form,
        account=plan.account,
        title="plan_review.change" if record else "plan_review.new",
        sentence=message("plan_review.sentence", lang(), name=""),
        back=back,
        save=save,
        record=record,
        more={"history": history_of(record, KINDS["reviews"].watched, "plan_review")} if record else {},
    )


@require_POST
def remove(request: Request, kind: str, pk: int) -> HttpResponse:
    """Out of the plan; reviews stay for ever."""
    record = part_seen(request, kind, pk)
    if isinstance(record, PlanReview):
        raise Http404
    plan = acting.remove_part(record, by=request.user)
    messages.success(request, message("record.removed", lang()))
    return redirect(plan_url(plan, kind_named(kind).anchor))


@require_POST
def state(request: Request, kind: str, pk: int) -> HttpResponse:
    """An action done, dropped or open again; a goal counted by hand: in place."""
    record = part_seen(request, kind, pk)
    plan = plan_of(record)
    try:
        if isinstance(record, PlanAction):
            _close(request, record)
        elif isinstance(record, Goal):
            _count(request, record)
        else:
            raise Http404
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
    except forms.ValidationError as error:
        for text in error.messages:
            messages.error(request, text)
    else:
        messages.success(request, message("record.kept", lang()))
    return redirect(plan_url(plan, f"action-{pk}" if isinstance(record, PlanAction) else "goals"))


def _close(request: Request, action: PlanAction) -> None:
    to = request.POST.get("to", "")
    if to not in PlanAction.State.values:
        raise Http404
    result = request.POST.get("result", "")[:1000]
    acting.close_action(action, by=request.user, state=to, result=result, version=_version(request))


def _count(request: Request, goal: Goal) -> None:
    form = CountForm(request.POST)
    if not form.is_valid():
        raise forms.ValidationError([text for texts in form.errors.values() for text in texts])
    told = form.cleaned_data
    acting.count_by_hand(goal, reached=told["reached"], on=told["counted_on"], version=_version(request))


def _version(request: Request) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
