"""Pages of cultivation plans: make one, look at it with its steps and history, change it, close it."""

import datetime as dt
from itertools import pairwise
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount.money import show_money
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.find import plans as services
from keyaccount_web.find.models import CultivationPlan
from keyaccount_web.know.models import Account
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work.about import Subject
from keyaccount_web.work.views.common import account_seen
from keyaccount_web.work.views.to_do import ToDoForm, colleague_named, rows_of

A_YEAR, TWO_WEEKS = dt.timedelta(days=365), dt.timedelta(days=14)
FURTHEST = dt.timedelta(days=3653)
SHOWN = ("goal", "due_date", "owner", "state", "result")


class PlanForm(forms.Form):
    """What, by when, by whom; the version of what was read, where it is a change."""

    goal = forms.CharField(max_length=300)
    due_date = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    owner = forms.CharField(max_length=130, required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, by: User, about: Subject, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by, self.about = by, about
        for name, field in self.fields.items():
            if name != "version":
                field.label = message(f"plan.{name}", lang())
                field.widget.attrs["class"] = "form-control"
        # The list behind the field is asked of the server while one types, as for to-dos.
        self.fields["owner"].widget.attrs |= {
            "list": "colleagues",
            "autocomplete": "off",
            "placeholder": by.name,
            "hx-get": f"{reverse('to_do_colleagues')}?about={about.token}",
            "hx-trigger": "input changed delay:200ms, focus once",
            "hx-target": "#colleagues",
        }

    def clean_due_date(self) -> dt.date:
        day: dt.date = self.cleaned_data["due_date"]
        if not timezone.localdate() <= day <= timezone.localdate() + FURTHEST:
            raise forms.ValidationError(message("plan.due_past", lang()))
        return day

    def clean_owner(self) -> User:
        try:
            return colleague_named(self.cleaned_data["owner"], self.by, self.about)
        except KeyAccountError as error:
            raise forms.ValidationError(error.text(lang())) from error


class NewPlanForm(PlanForm):
    """With a first step, which need not be given."""

    first_step = forms.CharField(max_length=300, required=False)
    first_step_date = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    field_order = ("goal", "due_date", "owner", "first_step", "first_step_date")

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        step, due = told.get("first_step_date"), told.get("due_date")
        if step and due and step > due:
            self.add_error("first_step_date", message("plan.step_late", lang()))
        return told


def _may_edit(request: Request) -> None:
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied


def _plan(request: Request, pk: int) -> CultivationPlan:
    return get_object_or_404(services.plans_seen_by(request.user), pk=pk)


def _named(user: User | None) -> str:
    return f"{user.name}（{user.username}）" if user else ""


def _goal(account: Account) -> str:
    """Said by the ledger, where that knows: from this year's sales to what the trend expects."""
    sales, expected = services.expected(account)
    if sales is None:
        return ""
    values = {
        "sales": show_money(sales, lang()),
        "expected": show_money(expected, lang()) if expected else "",
    }
    if expected is None or expected <= sales:
        return message("plan.goal_open", lang(), sales=values["sales"])
    return message("plan.goal_preset", lang(), **values)


def new_plan(request: Request, pk: int) -> HttpResponse:
    """The form, filled from the ledger; posted, the plan."""
    account = account_seen(request, pk)
    _may_edit(request)
    open_one = CultivationPlan.objects.filter(account=account, state=CultivationPlan.State.OPEN).first()
    if open_one is not None:
        return redirect("plan", open_one.pk)
    today = timezone.localdate()
    initial = {
        "goal": _goal(account),
        "due_date": today + A_YEAR,
        "owner": _named(account.owner) if account.owner else "",
        "first_step": message("plan.first_step_preset", lang()),
        "first_step_date": today + TWO_WEEKS,
    }
    form = NewPlanForm(request.POST or None, by=request.user, about=Subject(account), initial=initial)
    if request.method == "POST" and form.is_valid():
        told = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        try:
            made = services.begin_plan(by=request.user, account=account, **told)
        except KeyAccountError as error:
            form.add_error(None, error.text(lang()))
        else:
            messages.success(request, message("plan.made", lang(), name=made.owner.name))
            return redirect("plan", made.pk)
    status = 422 if form.errors else 200
    return render(
        request, "find/plan_form.html", {"account": account, "form": form, "plan": None}, status=status
    )


@require_GET
def plan(request: Request, pk: int) -> HttpResponse:
    return _page(request, _plan(request, pk))


def _page(request: Request, told: CultivationPlan, *, problem: str = "", status: int = 200) -> HttpResponse:
    about = services.subject_of(told)
    sales, _ = services.expected(told.account)
    return render(
        request,
        "find/plan.html",
        {
            "plan": told,
            "account": told.account,
            "rows": rows_of(request.user, services.steps_of(told)),
            "to_do_form": ToDoForm(by=request.user, about=about, initial={"due_date": timezone.localdate()}),
            "about": about,
            "sales": sales,
            "is_open": told.state == CultivationPlan.State.OPEN,
            "days_overdue": (timezone.localdate() - told.due_date).days,
            "may_edit": may(request.user, Right.EDIT_ACCOUNTS),
            "history": _history(told),
            "problem": problem,
            "result": request.POST.get("result", ""),
        },
        status=status,
    )


def _history(told: CultivationPlan) -> list[dict[str, Any]]:
    """Who changed what when, the newest first."""
    versions = list(told.history.select_related("history_user", "owner")[:50])
    entries = []
    for newer, older in pairwise([*versions, None]):
        changes = []
        if newer is not None and older is not None:
            changes = [
                (message(f"plan.{name}", lang()), _shown(older, name), _shown(newer, name))
                for name in SHOWN
                if getattr(newer, name) != getattr(older, name)
            ]
        entries.append({"entry": newer, "changes": changes, "is_first": older is None})
    return entries


def _shown(version: Any, name: str) -> str:
    value = getattr(version, name)
    if name == "state":
        return message(f"plan.state.{value}", lang())
    return value.name if name == "owner" else str(value)


def change(request: Request, pk: int) -> HttpResponse:
    """Another goal, day or owner; who is late is told and loses nothing typed."""
    told = _plan(request, pk)
    _may_edit(request)
    initial = {
        "goal": told.goal,
        "due_date": told.due_date,
        "owner": _named(told.owner),
        "version": told.version,
    }
    form = PlanForm(request.POST or None, by=request.user, about=services.subject_of(told), initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        values = {**form.cleaned_data, "version": form.cleaned_data["version"] or 0}
        try:
            services.change_plan(told, by=request.user, **values)
        except KeyAccountError as error:
            form.add_error(None, error.text(lang()))
            # The next press of the button is made knowing what the other wrote.
            form.data = {**request.POST.dict(), "version": str(told.version)}
            status = 409
        else:
            messages.success(request, message("plan.changed", lang()))
            return redirect("plan", told.pk)
    status = status if status == 409 or not form.errors else 422
    return render(
        request, "find/plan_form.html", {"account": told.account, "form": form, "plan": told}, status=status
    )


@require_POST
def close(request: Request, pk: int) -> HttpResponse:
    """Reached, or given up."""
    told = _plan(request, pk)
    _may_edit(request)
    state = request.POST.get("state", "")
    if state not in (CultivationPlan.State.REACHED, CultivationPlan.State.GIVEN_UP):
        state = CultivationPlan.State.GIVEN_UP
    version = request.POST.get("version", "")
    try:
        services.close_plan(
            told,
            by=request.user,
            version=int(version) if version.isdecimal() and len(version) < 9 else 0,
            state=state,
            result=request.POST.get("result", "")[:1000],
        )
    except KeyAccountError as error:
        return _page(request, told, problem=error.text(lang()), status=409)
    messages.success(request, message("plan.closed_done", lang()))
    return redirect("plan", told.pk)


@require_POST
def reopen(request: Request, pk: int) -> HttpResponse:
    """Undo of closing."""
    told = _plan(request, pk)
    _may_edit(request)
    try:
        services.reopen_plan(told, by=request.user)
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
    return redirect("plan", told.pk)
