"""Pages of the cost to serve: the list, one cost with its history, a file of them (F4)."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Reach, Right
from keyaccount_web.access.scope import current_posts, may, visible_accounts
from keyaccount_web.find.costs import (
    CostConflictError,
    edit_cost,
    enter_cost,
    import_costs,
    keep_refused,
    refused_path,
    remove_cost,
    version_of,
    visible_costs,
)
from keyaccount_web.know.models import Account, CostToServe
from keyaccount_web.lists.kit import Column, Least, Listing, Search, add_listing
from keyaccount_web.search.services import accounts_matching
from keyaccount_web.shell.templatetags.pages import lang, money

SHOWN_REFUSED = 50


def sees_costs(user: User) -> bool:
    """Whoever sees any account."""
    return any(post.reach != Reach.NONE for post in current_posts(user))


def _by_text(costs: QuerySet[CostToServe], text: str) -> QuerySet[CostToServe]:
    return costs.filter(Q(account__in=Account.objects.filter(accounts_matching(text)).order_by()))


def _account(cost: CostToServe, _context: Mapping[str, Any]) -> str:
    return format_html(
        '<a href="{}">{}</a><span class="code">{}</span>',
        reverse("account", args=[cost.account_id]),
        cost.account.name,
        cost.account.code,
    )


def _amount(cost: CostToServe, _context: Mapping[str, Any]) -> str:
    return format_html('<a href="{}">{}</a>', reverse("cost_to_serve", args=[cost.pk]), money(cost.amount))


COSTS = add_listing(
    Listing(
        name="costs_to_serve",
        url_name="costs_to_serve",
        export_url_name="costs_to_serve_export",
        title="section.cost_to_serve",
        found="cost.found",
        empty="cost.none",
        template="find/costs.html",
        rows=lambda request: visible_costs(request.user).select_related("account"),
        sort="-amount",
        context=lambda request: {"may_edit": may(request.user, Right.EDIT_ACCOUNTS)},
        columns=(
            Column("account", "column.account", "account__name", html=_account, needs="account"),
            Column("account_id", "cost.column.account_id", "account__code", is_shown=False, is_key=True),
            Column("amount", "cost.column.amount", "amount", show="money", html=_amount),
            Column("date", "cost.column.date", "date", show="day"),
            Column("remark", "field.remark", "remark", is_low=True),
        ),
        filters=(
            Search("q", "action.search", find=_by_text),
            Least("least", "cost.column.amount", path="amount"),
        ),
    )
)


class CostForm(forms.Form):
    """What a person enters."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    account = forms.CharField(max_length=200)
    amount = forms.DecimalField(max_digits=18, decimal_places=4)
    date = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    remark = forms.CharField(required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("account", "amount", "date", "remark"):
            field = self.fields[name]
            field.label = message("field.remark" if name == "remark" else f"cost.column.{name}", lang())
            field.help_text = message(f"cost.hint.{name}", lang())
            field.widget.attrs["class"] = "form-control"
            field.error_messages = {
                code: message(f"cost.problem.{name}", lang())
                for code in ("required", "invalid", "max_digits", "max_decimal_places", "max_whole_digits")
            }


def _editors_only(request: Request) -> None:
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied


@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    """Enter a cost."""
    _editors_only(request)
    account = visible_accounts(request.user).filter(code=request.GET.get("account", "")).first()
    form = CostForm(request.POST or None, initial={"account": account.code if account else ""})
    problem = ""
    if request.method == "POST" and form.is_valid():
        told = {name: form.cleaned_data[name] for name in ("account", "amount", "date", "remark")}
        try:
            enter_cost(user=request.user, **told)
        except KeyAccountError as error:
            problem = error.text(lang())
        else:
            messages.success(request, message("cost.entered", lang()))
            return redirect("costs_to_serve")
    return render(request, "find/cost.html", {"form": form, "problem": problem})


@require_http_methods(["GET", "POST"])
def cost(request: Request, pk: int) -> HttpResponse:
    """One cost: change it, take it away, and who changed what when."""
    told = get_object_or_404(visible_costs(request.user).select_related("account"), pk=pk)
    may_edit = may(request.user, Right.EDIT_ACCOUNTS)
    form, problem, status = CostForm(initial=_initial(told)), "", 200
    if request.method == "POST":
        _editors_only(request)
        form = CostForm(request.POST)
        if form.is_valid():
            asked = {name: form.cleaned_data[name] for name in ("account", "amount", "date", "remark")}
            version = form.cleaned_data["version"] or 0
            try:
                if "remove" in request.POST:
                    remove_cost(pk, user=request.user, version=version)
                else:
                    edit_cost(pk, user=request.user, version=version, **asked)
            except CostConflictError as error:
                problem, status = error.text(lang()), 409
                # The next press of the button is made knowing what the other wrote.
                form.data = {**request.POST.dict(), "version": str(version_of(told))}
            except KeyAccountError as error:
                problem = error.text(lang())
            else:
                done = "cost.removed" if "remove" in request.POST else "cost.changed"
                messages.success(request, message(done, lang()))
                return redirect("costs_to_serve")
    return render(
        request,
        "find/cost.html",
        {
            "cost": told,
            "form": form,
            "problem": problem,
            "may_edit": may_edit,
            "history": told.history.select_related("history_user")[:50],
        },
        status=status,
    )


def _initial(told: CostToServe) -> dict[str, Any]:
    return {
        "version": version_of(told),
        "account": told.account.code,
        "amount": told.amount.normalize() if told.amount == told.amount.to_integral() else told.amount,
        "date": told.date and told.date.isoformat(),
        "remark": told.remark,
    }


@require_POST
def bring(request: Request) -> HttpResponse:
    """Take a file of costs; each of its rows ends as new, there already, or refused with its reason."""
    _editors_only(request)
    file = request.FILES.get("file")
    if getattr(request, "upload_too_large", False):
        messages.error(request, message("imports.too_large", lang(), limit=settings.UPLOAD_LIMIT >> 20))
        return redirect("costs_to_serve")
    if file is None:
        messages.error(request, message("imports.no_file", lang()))
        return redirect("costs_to_serve")
    name = Path(file.name or "file").name[-200:]
    try:
        with tempfile.TemporaryDirectory(prefix="keyaccount-") as folder:
            # By its own name, which the reader's words show.
            path = Path(folder) / name
            with path.open("wb") as stream:
                for chunk in file.chunks():
                    stream.write(chunk)
            told, read = import_costs(path, user=request.user, name=name)
            keep_refused(request.user, told, read, lang())
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
        return redirect("costs_to_serve")
    refused = [(row.row, row.reason(lang())) for row in told.refused[:SHOWN_REFUSED]]
    return render(request, "find/costs_brought.html", {"told": told, "refused": refused, "name": name})


@require_GET
def refused(request: Request) -> FileResponse:
    """The refused rows of one's own last file."""
    path = refused_path(request.user)
    if not path.exists():
        raise Http404
    name = f"{message('cost.refused_file', lang())}.csv"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="text/csv")
