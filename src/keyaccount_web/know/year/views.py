"""Pages of a customer's year: an account's tab, and the forms of what is on it (K3)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from keyaccount.know.customer_year import buying_days, year_months
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.know.merged import leads_on
from keyaccount_web.know.models import Account
from keyaccount_web.know.provenance import SOURCE_FIELDS, source_initial, source_of
from keyaccount_web.know.record_kit import account_of, contact_chosen, form_page, history_of
from keyaccount_web.know.rivals.services import business_lines, wallet_of
from keyaccount_web.know.tabs import account_context
from keyaccount_web.know.year import services
from keyaccount_web.know.year.forms import AssessmentForm, StepForm, TargetForm, YearForm
from keyaccount_web.know.year.models import Assessment, BuyingStep, CustomerYear, YearTarget
from keyaccount_web.know.year.services import OnTarget, end_of
from keyaccount_web.runs.services import current_run, of_summary
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work.working_days import day_after


@dataclass(frozen=True)
class Kind:
    """One of the four kinds of records of a customer's year."""

    model: Any
    form: type[forms.Form]
    save: Callable[..., Any]


KINDS = {
    "plan": Kind(CustomerYear, YearForm, services.keep_year),
    "target": Kind(YearTarget, TargetForm, services.keep_target),
    "assessment": Kind(Assessment, AssessmentForm, services.keep_assessment),
    "step": Kind(BuyingStep, StepForm, services.keep_step),
}
TITLES = {"plan": "customer_year", "target": "target", "assessment": "assessment", "step": "step"}


def usual_year() -> int:
    """The year that the current run ends in: what the ledger can speak of; without a run the calendar's."""
    run = current_run()
    until = of_summary(run).until if run else None
    return (until or timezone.localdate()).year


def _year(request: Request) -> int:
    asked = request.GET.get("year", "")
    return int(asked) if asked.isdecimal() and len(asked) == 4 else usual_year()


@require_GET
@leads_on
def account_year(request: Request, pk: int) -> HttpResponse:
    """The tab: where the targets of a year stand, what the customer wants, how it is judged and how it buys."""
    account = account_of(request, pk)
    year = _year(request)
    plans = list(CustomerYear.objects.filter(account=account).select_related("recorded_by"))
    targets = services.of_account(request.user, account, year)
    steps = list(account.buying_steps.select_related("approver", "recorded_by"))
    days, unknown = buying_days(one.working_days for one in steps)
    years = {year, usual_year(), *(one.year for one in plans)}
    years |= set(account.year_targets.order_by().values_list("year", flat=True).distinct())
    ours = next((one for one in targets if one.state and one.record.set_by == YearTarget.SetBy.US), None)
    return render(
        request,
        "year/account.html",
        {
            **account_context(request, account, "account_year"),
            "year": year,
            "years": sorted(years, reverse=True),
            "plan": next((one for one in plans if one.year == year), None),
            "targets": targets,
            "ours": ours,
            "chart": _chart(account, ours) if ours else None,
            "assessments": list(account.assessments.select_related("recorded_by")),
            "steps": steps,
            "days": days,
            "unknown": unknown,
            "ready": day_after(timezone.localdate(), days) if days else None,
        },
    )


def _chart(account: Account, one: OnTarget) -> dict[str, Any]:
    """What was bought each month beside what the target asks."""
    url = reverse("account_lines", args=[account.pk])
    return {
        "kind": "months",
        "months": [f"{month:%Y-%m}" for month in one.months],
        "sales": [float(amount) for amount in one.reached],
        "before": [float(amount) for amount in one.record.amounts],
        "names": [message("target.bought", lang()), message("target.asked", lang())],
        "links": [f"{url}?from={month}&to={end_of(month)}" for month in one.months],
    }


def record(request: Request, pk: int, name: str, record_id: int | None = None) -> HttpResponse:
    """A form to add or change one of the four kinds of records."""
    account = account_of(request, pk, to_edit=True)
    if name not in KINDS:
        raise Http404
    kind = KINDS[name]
    held = get_object_or_404(kind.model, pk=record_id, account=account) if record_id is not None else None
    own = [one for one in kind.form.base_fields if one not in ("version", "amount", *SOURCE_FIELDS)]
    form = _form(request, kind, name, account, held)
    back = reverse("account_year", args=[pk])

    def keep(told: dict[str, Any]) -> str:
        values = {one: value for one, value in told.items() if one not in SOURCE_FIELDS}
        _ready(request, account, name, values)
        kept = kind.save(by=request.user, account=account, record=held, source=source_of(told), **values)
        year = getattr(kept, "year", None)
        return f"{back}?year={year}" if year else back

    more: dict[str, Any] = {
        "datalists": {"lines": business_lines(wallet_of(request.user, account)) if name == "target" else []}
    }
    if held is not None:
        more["history"] = history_of(held, own, TITLES[name], months=lambda value: " · ".join(value or []))
    return form_page(
        request,
        form,
        account=account,
        title=f"{TITLES[name]}.change" if held else f"{TITLES[name]}.new",
        back=back,
        save=keep,
        record=held,
        remove=reverse("year_remove", args=[pk, name, held.pk]) if held else "",
        more=more,
    )


def _form(request: Request, kind: Kind, name: str, account: Account, held: Any) -> forms.Form:
    year = held.year if hasattr(held, "year") else _year(request)
    if held is None:
        initial = source_initial(year=year, begins_in=1, set_by=YearTarget.SetBy.US)
    else:
        initial = {one: getattr(held, one) for one in kind.form.base_fields if hasattr(held, one)}
        for one in ("up_to", "reached_told"):
            if initial.get(one) is not None:
                initial[one] = f"{initial[one].normalize():f}"
        initial["approver"] = getattr(held, "approver_id", None)
        if name == "target" and held.our_part is not None:
            initial["our_part"] = f"{(held.our_part * 100).normalize():f}"
    extra: dict[str, Any] = {}
    if name == "step":
        extra["account"] = account
    if name == "target":
        extra["months"] = year_months(year, services.begins_in([account.pk]).get((account.pk, year), 1))
    return kind.form(request.POST or None, initial=initial, **extra)


def _ready(request: Request, account: Account, name: str, values: dict[str, Any]) -> None:
    """What the forms ask otherwise than the records keep it."""
    if name == "step":
        values["approver"] = contact_chosen(account, values["approver"])
    if name == "target":
        amount = values.pop("amount")
        if values["our_part"] is not None:
            values["our_part"] /= 100
        if not values["months"]:
            first = services.begins_in([account.pk]).get((account.pk, values["year"]), 1)
            months = year_months(values["year"], first)
            values["months"] = services.spread(request.user, account, amount, months, values["business_line"])


@require_POST
def remove(request: Request, pk: int, name: str, record_id: int) -> HttpResponse:
    """It was wrong; its history stays."""
    account = account_of(request, pk, to_edit=True)
    if name not in KINDS:
        raise Http404
    get_object_or_404(KINDS[name].model, pk=record_id, account=account).delete()
    messages.success(request, message("record.removed", lang()))
    return redirect("account_year", pk)
