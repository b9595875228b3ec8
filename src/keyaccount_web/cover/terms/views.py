"""Pages of inversions: those behind one, what aligning costs, discounts by tier, who approved terms (C4)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.cover.terms import services
from keyaccount_web.cover.terms.computed import discounts_of, told_of
from keyaccount_web.cover.terms.models import Terms
from keyaccount_web.cover.terms.picture import picture
from keyaccount_web.find.lists.reading import sees_whole
from keyaccount_web.know.record_kit import RecordForm, account_of, day_field, form_page, history_of
from keyaccount_web.runs.services import current_run
from keyaccount_web.shell.templatetags.pages import lang

SHOWN = 50
"""Accounts on the page of what aligning costs, before somebody asks for all."""


@require_GET
def inversion(request: Request, pk: int) -> HttpResponse:
    """Who below bought it cheaper, and how price stands against volume."""
    one = get_object_or_404(services.inversions_seen_by(request.user).select_related("run", "account"), pk=pk)
    problem, opened = "", None
    try:
        opened = services.opened(request.user, one)
    except KeyAccountError as error:
        problem = error.text(lang())
    return render(
        request,
        "terms/inversion.html",
        {
            "one": one,
            "quarter": services.quarter_text(one.quarter),
            "opened": opened,
            "problem": problem,
            "picture": picture(opened.picture, one.price) if opened else None,
            "may_edit": may(request.user, Right.EDIT_ACCOUNTS),
        },
    )


@require_GET
def aligning(request: Request) -> HttpResponse:
    """What the lowest prices would cost by key account; how many get discounts, how deep, by tier."""
    run = current_run()
    rows = services.aligning(request.user)
    return render(
        request,
        "terms/aligning.html",
        {
            "rows": rows if "all" in request.GET else rows[:SHOWN],
            "more": 0 if "all" in request.GET else max(0, len(rows) - SHOWN),
            "whole": services.whole(services.inversions_seen_by(request.user)),
            "told": told_of(run),
            "discounts": discounts_of(run) if sees_whole(request.user) else [],
            "sees_whole": sees_whole(request.user),
        },
    )


class TermsForm(RecordForm):
    """Who approved an account's terms on a product."""

    labels = "terms"
    approver = forms.CharField(max_length=100)
    since = day_field()
    until = day_field(required=False)
    source = forms.CharField(max_length=200)
    product = forms.CharField(max_length=200, widget=forms.HiddenInput)
    product_name = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)


def terms(request: Request, pk: int, record_id: int | None = None) -> HttpResponse:
    """Note it, or put a note right."""
    account = account_of(request, pk, to_edit=True)
    record = get_object_or_404(Terms, pk=record_id, account=account) if record_id is not None else None
    names = ("approver", "since", "until", "source")
    initial: dict[str, Any] = {"since": timezone.localdate()}
    if record is not None:
        initial = {name: getattr(record, name) for name in (*names, "product", "product_name", "version")}
    elif "product" in request.GET:
        initial |= {name: request.GET.get(name, "")[:200] for name in ("product", "product_name")}
    form = TermsForm(request.POST or None, initial=initial)
    back = _back(request, pk)

    def keep(told: dict[str, Any]) -> str:
        services.keep_terms(by=request.user, account=account, record=record, **told)
        return back

    named = record or Terms(
        product=form["product"].value() or "", product_name=form["product_name"].value() or ""
    )
    more: dict[str, Any] = {}
    if record is not None:
        more["history"] = history_of(record, names, "terms")
    return form_page(
        request,
        form,
        account=account,
        title="terms.change" if record else "terms.new",
        sentence=message("terms.of_product", lang(), product=named.product_name or named.product or "—"),
        back=back,
        save=keep,
        record=record,
        remove=f"{reverse('terms_remove', args=[pk, record.pk])}?{request.GET.urlencode()}" if record else "",
        more={**more, "hidden": True},
    )  # fmt: skip


@require_POST
def terms_remove(request: Request, pk: int, record_id: int) -> HttpResponse:
    """It was wrong; its history stays."""
    account = account_of(request, pk, to_edit=True)
    get_object_or_404(Terms, pk=record_id, account=account).delete()
    messages.success(request, message("record.removed", lang()))
    return redirect(_back(request, pk))


def _back(request: Request, pk: int) -> str:
    """To the inversion that one came from, else to the account's."""
    asked = request.GET.get("inversion", "")
    if asked.isdecimal() and len(asked) < 19:
        return reverse("inversion", args=[int(asked)])
    return f"{reverse('inversions')}?account={pk}"
