"""Forms of what we buy from an account; shown on the tab of its kind (F5, F6)."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.find.bought import FIRST_YEAR, bought_seen_by, keep_bought
from keyaccount_web.find.models import BoughtFrom
from keyaccount_web.know.models import Account
from keyaccount_web.know.record_kit import RecordForm, account_of, editors_only, form_page, history_of
from keyaccount_web.shell.templatetags.pages import lang, money

FIELDS = ("year", "amount", "source")


class BoughtForm(RecordForm):
    """A year, an amount, where it is from."""

    labels = "bought_from"
    year = forms.IntegerField(min_value=FIRST_YEAR)
    amount = forms.DecimalField(min_value=0, max_digits=18, decimal_places=4)
    evidence = forms.CharField(max_length=200)
    """Its source; that name is for facts with permission and day."""


def _back(account: Account) -> str:
    return reverse("account_kinds", args=[account.pk]) + "#bought"


@require_http_methods(["GET", "POST"])
def new(request: Request, pk: int) -> HttpResponse:
    """Note what we bought in a year."""
    return _page(request, account_of(request, pk, to_edit=True), None)


@require_http_methods(["GET", "POST"])
def change(request: Request, pk: int) -> HttpResponse:
    """Change it; with its history."""
    editors_only(request)
    record = get_object_or_404(bought_seen_by(request.user), pk=pk)
    return _page(request, account_of(request, record.account_id), record)


@require_POST
def remove(request: Request, pk: int) -> HttpResponse:
    """It was wrong; its history stays."""
    editors_only(request)
    record = get_object_or_404(bought_seen_by(request.user), pk=pk)
    record.delete()
    return redirect(_back(record.account))


def _page(request: Request, account: Account, record: BoughtFrom | None) -> HttpResponse:
    today = timezone.localdate()
    initial: dict[str, Any] = {"year": today.year - 1}
    if record is not None:
        initial = {name: getattr(record, name) for name in (*FIELDS, "version")} | {"evidence": record.source}

    def save(told: dict[str, Any]) -> str:
        told["source"] = told.pop("evidence")
        keep_bought(by=request.user, account=account, record=record, today=today, **told)
        return _back(account)

    form = BoughtForm(request.POST or None, initial=initial)
    more = {"history": history_of(record, FIELDS, "bought_from", amount=money)} if record else {}
    return form_page(
        request,
        form,
        account=account,
        title="bought_from.change" if record else "bought_from.new",
        sentence=message("bought_from.sentence", lang()),
        back=_back(account),
        save=save,
        record=record,
        remove=reverse("bought_from_remove", args=[record.pk]) if record else "",
        more=more,
    )
