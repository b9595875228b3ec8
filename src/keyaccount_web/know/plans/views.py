"""Pages of plans: the plan of an account as one page, its start, its texts, its way into force (K8)."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.know.plan_units import unit_text
from keyaccount.know.plan_words import amount_text
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.know.merged import leads_on
from keyaccount_web.know.plans import acting
from keyaccount_web.know.plans.approving import PlanError
from keyaccount_web.know.plans.forms import TEXT_FORMS, TextsForm, target_kept, target_typed
from keyaccount_web.know.plans.models import AccountPlan, Goal
from keyaccount_web.know.plans.reading import (
    CHARTER,
    SITUATION,
    TEXTS,
    blanks_of,
    parts_of,
    plan_name,
    plan_url,
    plans_by_year,
    plans_seen_by,
    year_asked,
    year_to_show,
)
from keyaccount_web.know.plans.reckoning import PlanFigures, figures_of
from keyaccount_web.know.plans.reviewing import quarters_to_review
from keyaccount_web.know.plans.shown import commitment_rows, goal_rows, review_rows, standing_shown, text_rows
from keyaccount_web.know.record_kit import RecordChangedError, account_of, editors_only
from keyaccount_web.know.tabs import account_context
from keyaccount_web.shell.templatetags.pages import lang

ANCHORS = {"team": "people", "players": "people", "level": "situation", "actions": "goals"}


def plan_seen(request: Request, pk: int, *, to_edit: bool = False) -> AccountPlan:
    """A plan that may be seen, else 404; `to_edit`: by somebody who may change it, else 403."""
    rows = plans_seen_by(request.user).select_related("account__owner", "account__unit", "account__figures")
    plan = get_object_or_404(rows, pk=pk)
    if to_edit:
        editors_only(request)
    return plan


@require_GET
def open_plan(request: Request, pk: int) -> HttpResponse:
    """Where a to-do, a comment or an approval leads to."""
    return redirect(plan_url(plan_seen(request, pk)))


@require_GET
@leads_on
def account_plan(request: Request, pk: int) -> HttpResponse:
    """The tab: the plan of a year, or how to begin one."""
    account = account_of(request, pk)
    plans = plans_by_year(account)
    year = year_asked(request.GET.get("year", "")) or year_to_show(plans)
    if year in plans:
        return plan_page(request, plans[year], years=list(plans))
    return render(
        request,
        "account_plans/none.html",
        {
            **account_context(request, account, "account_plan"),
            "year": year or timezone.localdate().year,
            "years": list(plans),
        },
    )


def plan_page(
    request: Request,
    plan: AccountPlan,
    *,
    years: list[int] | None = None,
    form: TextsForm | None = None,
    opened: str = "",
    status: int = 200,
) -> HttpResponse:
    """The whole plan; `form`: one of its texts as it was refused."""
    told, today = figures_of(plan, request.user), timezone.localdate()
    parts = parts_of(plan, [one.goal for one in told.goals], told.actions)
    flags = blanks_of(plan, parts)
    reviews = list(plan.reviews.select_related("by"))
    context = account_context(request, plan.account, "account_plan")
    text_forms = {name: kind(plan=plan) for name, kind in TEXT_FORMS.items()} if context["may_edit"] else {}
    if form is not None:
        text_forms[opened] = form
    return render(
        request,
        "account_plans/plan.html",
        {
            **context,
            "plan": plan,
            "years": years or list(plans_by_year(plan.account)),
            "told": told,
            "standing": standing_shown(told.standing.standing),
            "reasons": [one.text(lang()) for one in told.standing.reasons],
            "flags": [(message(f"account_plan.part.{one}", lang()), _anchor(one)) for one in flags],
            "goals": goal_rows(told, today),
            "commitments": commitment_rows(parts.commitments, today),
            "risks": parts.risks,
            "team": parts.team,
            "players": [(one, message(f"people.stance.{one.stance}", lang())) for one in parts.players],
            "reviews": review_rows(reviews),
            "to_review": quarters_to_review(plan, {one.quarter for one in reviews}),
            "charter": text_rows(plan, CHARTER),
            "situation": text_rows(plan, SITUATION),
            "forms": text_forms,
            "opened": opened,
            "chart": _chart(plan, told),
            "today": today,
        },
        status=status,
    )


def _anchor(part: str) -> str:
    if part in CHARTER:
        return "charter"
    return "situation" if part in SITUATION else ANCHORS.get(part, part)


def _chart(plan: AccountPlan, told: PlanFigures) -> dict[str, Any] | None:
    """Sales by month beside last year's, for the browser to draw; each month opens its lines."""
    if not told.sales:
        return None
    url = reverse("account_lines", args=[plan.account_id])
    firsts = [dt.date(plan.year, month, 1) for month in range(1, 13)]
    return {
        "kind": "months",
        "months": [day.isoformat()[:7] for day in firsts],
        "sales": [float(one) for one in told.sales],
        "before": [float(one) for one in told.sales_before],
        "names": [str(plan.year), str(plan.year - 1)],
        "links": [
            f"{url}?from={day}&to={(day + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)}"
            for day in firsts
        ],
    }


@require_POST
def texts(request: Request, pk: int) -> HttpResponse:
    """The charter, or the situation with its levels, as changed in place."""
    plan = plan_seen(request, pk, to_edit=True)
    name = request.POST.get("part", "")
    kind = TEXT_FORMS.get(name)
    if kind is None:
        return redirect(plan_url(plan))
    form = kind(request.POST, plan=plan)
    status = 422
    if form.is_valid():
        try:
            acting.keep_texts(plan, version=form.cleaned_data["version"], shared=form.shared, **form.values)
        except RecordChangedError as error:
            form.add_error(None, error.text(lang()))
            now = AccountPlan.objects.values_list("version", flat=True).get(pk=plan.pk)
            # The next press of the button is made knowing that somebody else was here.
            form.data = {**request.POST.dict(), "version": str(now)}
            status = 409
        else:
            messages.success(request, message("record.kept", lang()))
            return redirect(plan_url(plan, name))
    return plan_page(request, plan, form=form, opened=name, status=status)


@require_POST
def looked(request: Request, pk: int) -> HttpResponse:
    """This month's look is taken."""
    plan = plan_seen(request, pk, to_edit=True)
    acting.look(plan, by=request.user)
    messages.success(request, message("account_plan.looked_kept", lang()))
    return redirect(plan_url(plan))


def start(request: Request, pk: int) -> HttpResponse:
    """A new year's plan: blanks, with last year's beside it; a goal is carried over one by one, with a new day and target."""
    account = account_of(request, pk, to_edit=True)
    year = year_asked(request.POST.get("year", request.GET.get("year", ""))) or timezone.localdate().year
    last = account.plans.filter(year__lt=year).order_by("-year").first()
    offered = list(last.goals.all()) if last else []
    problem = ""
    if request.method == "POST":
        try:
            carry = [_carried(one, request) for one in offered if request.POST.get(f"carry_{one.pk}")]
            plan = acting.start_plan(by=request.user, account=account, year=year, carry=carry)
        except KeyAccountError as error:
            problem = error.text(lang())
        else:
            messages.success(request, message("account_plan.started", lang(), year=year))
            return redirect(plan_url(plan))
    return render(
        request,
        "account_plans/start.html",
        {
            **account_context(request, account, "account_plan"),
            "year": year,
            "last": last,
            "last_name": plan_name(last) if last else "",
            "last_texts": [one for one in text_rows(last, TEXTS) if not one["is_blank"]] if last else [],
            "offered": [_offer(one, request) for one in offered],
            "problem": problem,
        },
        status=409 if problem else 200,
    )


def _carried(goal: Goal, request: Request) -> tuple[Goal, dt.date, Any]:
    """Raises PlanError `account_plan.carry_fields` where the new day or target is missing."""
    try:
        due = forms.DateField().clean(request.POST.get(f"due_{goal.pk}", ""))
        target = target_typed(request.POST.get(f"target_{goal.pk}", ""), goal.measure, goal.unit)
    except forms.ValidationError as error:
        raise PlanError("account_plan.carry_fields", goal=goal.name) from error
    return goal, due, target_kept(goal, target)


def _offer(goal: Goal, request: Request) -> dict[str, Any]:
    return {
        "goal": goal,
        "measure": message(f"plan_goal.measure.{goal.measure}", lang()),
        "target": amount_text(goal.measure, goal.unit, goal.target, lang()),
        "unit": unit_text(goal.measure, goal.unit, lang()),
        "is_chosen": bool(request.POST.get(f"carry_{goal.pk}")),
        "typed_due": request.POST.get(f"due_{goal.pk}", ""),
        "typed_target": request.POST.get(f"target_{goal.pk}", ""),
    }
