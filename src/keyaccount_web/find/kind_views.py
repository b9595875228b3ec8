"""Kind, role and class of an account, and of many: the scorecard, overruling it, special standing (F5, F6)."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keyaccount.find.kind_settings import CLASSES
from keyaccount.find.kinds import KINDS
from keyaccount.find.roles import ROLES, STANDINGS, role_reasons
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts
from keyaccount_web.find import decisions
from keyaccount_web.find.decisions import DecisionError
from keyaccount_web.find.kind_pages import cards, decision_texts, past_decisions, why_open
from keyaccount_web.find.kinds import kept_settings, kind_rows
from keyaccount_web.find.models import KindBulk, KindDecision, SpecialStanding
from keyaccount_web.find.models.kinds import ROUTES
from keyaccount_web.find.presets import class_names
from keyaccount_web.find.tasks import kinds_again
from keyaccount_web.know.models import Account
from keyaccount_web.know.tabs import account_context, with_head
from keyaccount_web.lists.exports import ids_of
from keyaccount_web.operate.queue import enqueue_with_records
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import current_run
from keyaccount_web.shell.templatetags.pages import lang


def _account(request: Request, pk: int) -> Account:
    return get_object_or_404(
        with_head(visible_accounts(request.user)).select_related("kind_figures", "kind_decision__decided_by"),
        pk=pk,
    )


def _editors_only(request: Request) -> None:
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied


class DecisionForm(forms.Form):
    """What is left empty is as computed; in a bulk decision it stays as it is."""

    kind = forms.ChoiceField(required=False)
    role = forms.ChoiceField(required=False)
    volume_class = forms.ChoiceField(required=False)
    route = forms.ChoiceField(required=False)
    reason = forms.CharField(max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, empty: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = class_names(lang())
        choices = {
            "kind": [(one, message(f"kind.{one}", lang())) for one in KINDS],
            "role": [(one, message(f"role.kind.{one}", lang())) for one in ROLES],
            "volume_class": [(one.code, names[one.code]) for one in CLASSES],
            "route": [(one, message(f"route.{one}", lang())) for one in ROUTES],
        }
        titles = {
            "kind": "kinds.kind",
            "role": "kinds.role",
            "volume_class": "kinds.class",
            "route": "kinds.route",
        }
        for name, field in self.fields.items():
            if name in choices and isinstance(field, forms.ChoiceField):
                blank = message(
                    "kinds.unknown" if name == "route" and empty == "kinds.as_computed" else empty, lang()
                )
                field.choices = [("", blank), *choices[name]]
            field.label = message(titles.get(name, "kinds.reason"), lang())
            field.widget.attrs["class"] = "form-select" if name in choices else "form-control"

    def changes(self) -> dict[str, str]:
        return {name: self.cleaned_data.get(name, "") for name in decisions.FIELDS}


@require_GET
def account_kinds(request: Request, pk: int) -> HttpResponse:
    """What an account values, its role, its class, and why."""
    return _page(request, _account(request, pk))


def _page(
    request: Request,
    account: Account,
    *,
    form: DecisionForm | None = None,
    problem: str = "",
    standing: Any = None,
) -> HttpResponse:
    run = current_run()
    row = kind_rows(run, [account.code]).get(account.code)
    kept = kept_settings(run) if run and row else None
    decision: KindDecision | None = getattr(account, "kind_decision", None)
    if form is None:
        held = {name: getattr(decision, name) for name in decisions.FIELDS} if decision else {}
        form = DecisionForm(
            initial={**held, "version": decision.version if decision else 0}, empty="kinds.as_computed"
        )
    context = account_context(request, account, "account_kinds")
    names = class_names(lang())
    figures = getattr(account, "kind_figures", None)
    if row and kept and run:
        until = run.until or row["first_date"]
        day = dt.date.fromisoformat(until) if isinstance(until, str) else until
        volume = next((one for one in kept[1].classes if one.code == row["volume_class"]), None)
        context |= {
            "cards": cards(account, row, kept[0], day, may_set=may(request.user, Right.MANAGE_SETTINGS)),
            "why_open": why_open(row, kept[0]),
            "role_reasons": [reason.text(lang()) for reason in role_reasons(row)],
            "policy": volume.policy if volume else "",
            "least_sales": volume.least_sales if volume else None,
        }
    return render(
        request,
        "find/account_kinds.html",
        context
        | {
            "row": row,
            "kind_figures": figures,
            "class_name": names.get(figures.volume_class) if figures else None,
            "decision": decision,
            "past": past_decisions(decision, names),
            "form": form,
            "problem": problem,
            "bought": account.bought_from.select_related("recorded_by"),
            "standings": account.standings.select_related("entered_by"),
            "standing_codes": list(STANDINGS),
            "today": timezone.localdate(),
            "standing": standing or {},
            "may_run": may(request.user, Right.RUN),
        },
        status=409 if problem else 200,
    )


@require_POST
def decide_one(request: Request, pk: int) -> HttpResponse:
    """Overrule what was computed, or take it back."""
    _editors_only(request)
    account = _account(request, pk)
    form = DecisionForm(request.POST, empty="kinds.as_computed")
    if not form.is_valid():
        return _page(request, account, form=form, problem=message("kinds.not_understood", lang()))
    told = form.cleaned_data
    try:
        decisions.decide(
            account, form.changes(), reason=told["reason"], version=told["version"] or 0, user=request.user
        )
    except DecisionError as error:
        return _page(request, account, form=form, problem=error.text(lang()))
    messages.success(request, message("kinds.kept", lang()))
    return redirect("account_kinds", pk)


class StandingForm(forms.Form):
    """Each with where one knows it from."""

    standing = forms.ChoiceField(choices=[(one, one) for one in STANDINGS])
    source = forms.CharField(max_length=200)
    since = forms.DateField()
    until = forms.DateField(required=False)


@require_POST
def standing_add(request: Request, pk: int) -> HttpResponse:
    """Note a special standing."""
    _editors_only(request)
    account = _account(request, pk)
    form = StandingForm(request.POST)
    if not form.is_valid():
        return _page(request, account, problem=message("standing.incomplete", lang()), standing=request.POST)
    told = form.cleaned_data
    try:
        decisions.add_standing(
            account,
            told["standing"],
            source=told["source"],
            since=told["since"],
            until=told["until"],
            user=request.user,
        )
    except DecisionError as error:
        return _page(request, account, problem=error.text(lang()), standing=request.POST)
    messages.success(request, message("standing.kept", lang()))
    return redirect("account_kinds", pk)


@require_POST
def standing_end(request: Request, pk: int) -> HttpResponse:
    """It held until yesterday."""
    _editors_only(request)
    standing = get_object_or_404(SpecialStanding, pk=pk, account__in=visible_accounts(request.user))
    decisions.end_standing(standing, until=timezone.localdate() - dt.timedelta(days=1))
    messages.success(request, message("standing.ended", lang()))
    return redirect("account_kinds", standing.account_id)


@require_http_methods(["GET", "POST"])
def bulk(request: Request) -> HttpResponse:
    """The dialog for the selected accounts, and deciding."""
    _editors_only(request)
    told = request.POST if request.method == "POST" else request.GET
    ids = ids_of(told.getlist("ids"))
    accounts = visible_accounts(request.user).filter(pk__in=ids)
    form = DecisionForm(request.POST if request.method == "POST" else None, empty="bulk.as_it_is")
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            done = decisions.decide_many(
                accounts, form.changes(), reason=form.cleaned_data["reason"], user=request.user
            )
            return redirect("kinds_bulk_done", done.pk)
        except DecisionError as error:
            problem = error.text(lang())
    context = {
        "in_dialog": bool(request.htmx),
        "form": form,
        "ids": ids,
        "n": accounts.count(),
        "problem": problem,
    }
    return render(request, "find/kinds_bulk.html", context, status=409 if problem else 200)


@require_GET
def bulk_done(request: Request, pk: int) -> HttpResponse:
    """What a decision on many did, and the way back."""
    done = get_object_or_404(KindBulk, pk=pk, user=request.user)
    ids = [entry["id"] for entry in done.rows]
    return render(
        request,
        "find/kinds_bulk_done.html",
        {
            "bulk": done,
            "n": len(ids),
            "texts": decision_texts(done.changes, class_names(lang())),
            "accounts": visible_accounts(request.user).filter(pk__in=ids).order_by("name")[:200],
        },
    )


@require_POST
def bulk_undo(request: Request, pk: int) -> HttpResponse:
    """Bring it all back."""
    _editors_only(request)
    done = get_object_or_404(KindBulk, pk=pk, user=request.user)
    try:
        undone = decisions.undo_many(done, request.user)
    except DecisionError as error:
        messages.error(request, error.text(lang()))
        return redirect("kinds_bulk_done", pk)
    messages.success(request, message("bulk.undo_done", lang(), n=undone.restored))
    if undone.changed_since:
        names = [account.name for account in undone.changed_since]
        messages.warning(request, message("bulk.changed_since", lang(), names=names))
    return redirect("kinds")


@require_POST
def again(request: Request) -> HttpResponse:
    """Compute kinds once more, by the settings and records as they are now."""
    if not may(request.user, Right.RUN):
        raise PermissionDenied
    run = current_run()
    if run is None or run.state != Run.State.DONE:
        messages.error(request, message("kinds.no_run", lang()))
        return redirect("kinds")
    enqueue_with_records(kinds_again, run.pk)
    messages.success(request, message("kinds.begun", lang()))
    return redirect("kinds")
