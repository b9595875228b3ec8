"""Pages of accounts: the list, one account, its lines, its history."""

import datetime as dt
from dataclasses import asdict
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from keyaccount.find.segments import SEGMENT_FIELDS
from keyaccount.know.buying import Buying
from keyaccount.language import message
from keyaccount.periods import year_ending
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts
from keyaccount_web.know.bought import what_it_buys
from keyaccount_web.know.group_shown import group_of
from keyaccount_web.know.history import versions_of
from keyaccount_web.know.lines import current_ledger, found_lines
from keyaccount_web.know.listings import record_seen
from keyaccount_web.know.members import with_members
from keyaccount_web.know.merged import leads_on
from keyaccount_web.know.models import Account
from keyaccount_web.know.services import EDITABLE, EditConflictError, edit_account, go_back
from keyaccount_web.know.tabs import account_context, with_head
from keyaccount_web.know.team import may_choose_team
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import current_run, merged_otherwise, of_summary, reasons_for, result
from keyaccount_web.shell.templatetags.pages import lang

LINES = 100


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person may change of an account."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    website = forms.URLField(required=False, max_length=200, assume_scheme="https")

    class Meta:
        model = Account
        fields = EDITABLE
        widgets: ClassVar = {"remark": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name != "version":
                field.label = message(f"field.{name}", lang())
                field.widget.attrs["class"] = "form-control"


def _account(request: Request, pk: int) -> Account:
    """An account that may be seen; for one that may not the answer is the same as for none."""
    return get_object_or_404(with_head(visible_accounts(request.user)), pk=pk)


@require_GET
@leads_on
def account(request: Request, pk: int) -> HttpResponse:
    """One account: who and how it stands. What it buys is read from the ledger and follows in a part of its own."""
    told = _account(request, pk)
    run = current_run()
    prefetch_related_objects([told], "contacts")
    return render(
        request,
        "know/account.html",
        {
            **account_context(request, told, "account"),
            "reasons": _reasons(request, run, told),
            "year": year_ending(_until(run)),
            "may_merge": may(request.user, Right.MERGE),
            "is_merged_since": run is not None and told.code in merged_otherwise(run),
            "group": group_of(told, visible_accounts(request.user)),
            "contacts": told.contacts.all(),
            "may_choose_team": may_choose_team(request.user),
            "team": told.team.select_related("user").exclude(until__lt=timezone.localdate()),
        },
    )


@require_GET
@leads_on
def account_buying(request: Request, pk: int) -> HttpResponse:
    """What an account buys: months, products, rhythm, last orders; a part of its page, or a page by itself."""
    told = _account(request, pk)
    run = current_run()
    bought = None
    ledger = current_ledger(request.user, run)
    if ledger is not None:
        codes = [member.code for member in with_members(told, visible_accounts(request.user))]
        bought = what_it_buys(ledger, codes, _until(run))
    return render(
        request,
        "know/buying.html",
        {
            "in_page": bool(request.htmx),
            "account": told,
            "buying": bought,
            "months": _months(bought) if bought else [],
            "chart": _chart(bought, reverse("account_lines", args=[told.pk])),
        },
    )


def _months(bought: Buying) -> list[dict[str, Any]]:
    """The months with the first and last day of each that lie in the year, which may begin within a month."""
    return [
        {
            **asdict(month),
            "first": max(month.month, bought.year.begin),
            "last": min(
                (month.month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1), bought.year.until
            ),
        }
        for month in bought.months
    ]


def _until(run: Run | None) -> dt.date:
    """The year shown ends as the current run's does."""
    told = of_summary(run).until if run else None
    return told or timezone.localdate().replace(month=12, day=31)


def _reasons(request: Request, run: Run | None, told: Account) -> list[str]:
    """Why it has its verdict, from the row of the current run."""
    if run is None or not hasattr(told, "figures"):
        return []
    rows = result(run, [told.code]).to_pylist()
    return [reason.text(lang()) for row in rows[:1] for reason in reasons_for(request.user, run, row)]


def _chart(bought: Buying | None, lines_url: str) -> dict[str, Any] | None:
    """Sales by month beside the year before, for the browser to draw."""
    if bought is None:
        return None
    return {
        "kind": "months",
        "months": [month.month.isoformat()[:7] for month in bought.months],
        "sales": [float(month.sales) for month in bought.months],
        "before": [float(month.sales_year_before) for month in bought.months],
        "names": [message("chart.year", lang()), message("chart.year_before", lang())],
        "links": [f"{lines_url}?from={month['first']}&to={month['last']}" for month in _months(bought)],
    }


@require_POST
def seen(request: Request, pk: int) -> HttpResponse:
    """The page tells that it was looked at; a GET writes nothing."""
    record_seen(_account(request, pk), request)
    return HttpResponse(status=204)


@require_GET
@leads_on
def lines(request: Request, pk: int) -> HttpResponse:
    """The invoice lines behind a figure of an account."""
    told = _account(request, pk)
    asked_run = request.GET.get("run", "")
    run = Run.objects.filter(pk=asked_run).first() if asked_run.isdecimal() and len(asked_run) < 9 else None
    asked = request.GET.get("page", "1")
    page = max(1, int(asked)) if asked.isdecimal() and len(asked) < 9 else 1
    found = found_lines(
        request.user,
        told,
        first=_day(request.GET.get("from")),
        last=_day(request.GET.get("to")),
        code=request.GET.get("account") or None,
        product=request.GET.get("product") or None,
        product_id=request.GET.get("product_id") or None,
        category=request.GET.get("category") or None,
        order=request.GET.get("order"),
        segments={name: request.GET[name] for name in SEGMENT_FIELDS if name in request.GET},
        run=run,
        with_profit=request.GET.get("of") == "profit",
        offset=(page - 1) * LINES,
        limit=LINES,
    )
    return render(
        request,
        "know/lines.html",
        {
            **account_context(request, told, "account_lines"),
            "rows": [[row[name] for name in found.columns] for row in found.rows],
            "columns": found.columns,
            "total": found.total,
            "page_number": page,
            "has_more": found.total["n"] > page * LINES,
            "first": request.GET.get("from"),
            "last": request.GET.get("to"),
            "product": request.GET.get("product") or request.GET.get("product_id"),
            "category": request.GET.get("category"),
            "order": request.GET.get("order"),
            "segment": " · ".join(request.GET[name] for name in SEGMENT_FIELDS if request.GET.get(name)),
        },
    )


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None


@leads_on
def edit(request: Request, pk: int) -> HttpResponse:
    """Change an account; who is late is told what changed meanwhile and loses nothing typed."""
    told = _account(request, pk)
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied
    conflict = None
    if request.method == "POST":
        form = AccountForm(request.POST, instance=Account(pk=told.pk, code=told.code))
        if form.is_valid():
            try:
                edit_account(
                    pk,
                    {name: form.cleaned_data[name] for name in EDITABLE},
                    version=form.cleaned_data["version"],
                    user=request.user,
                )
            except EditConflictError as error:
                conflict = {
                    "text": error.text(lang()),
                    "theirs": [
                        (message(f"field.{name}", lang()), value) for name, value in error.theirs.items()
                    ],
                }
                # The next press of the button is made knowing what the other wrote.
                form.data = {**request.POST.dict(), **error.beside, "version": str(error.account.version)}
            else:
                messages.success(request, message("edit.done", lang()))
                return redirect("account", pk)
    else:
        form = AccountForm(instance=told, initial={"version": told.version})
    return render(
        request,
        "know/edit.html",
        {"account": told, "form": form, "conflict": conflict},
        status=409 if conflict else 200,
    )


@require_GET
@leads_on
def history(request: Request, pk: int) -> HttpResponse:
    """Who changed which field when."""
    told = _account(request, pk)
    entries = [
        {
            "entry": one.entry,
            "changes": [(message(f"field.{name}", lang()), old, new) for name, old, new in one.changes],
            "older": one.older,
        }
        for one in versions_of(told)
    ]
    return render(
        request,
        "know/history.html",
        {**account_context(request, told, "account_history"), "entries": entries},
    )


@require_POST
def back(request: Request, pk: int, history_id: int) -> HttpResponse:
    """Bring an account back to what it was."""
    told = _account(request, pk)
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied
    get_object_or_404(told.history, history_id=history_id)
    go_back(told, history_id)
    messages.success(request, message("history.back_done", lang()))
    return redirect("account_history", pk)
