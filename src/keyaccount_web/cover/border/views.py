"""Pages of the border: both sides compared, trials and what they did (C4)."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from keyaccount.cover.border import BorderError, Effect
from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.models import OrgUnit, User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts
from keyaccount_web.company.kinds import words_of
from keyaccount_web.cover.border import services
from keyaccount_web.cover.border.models import BorderTrial
from keyaccount_web.cover.tiers.presets import tier_settings
from keyaccount_web.know.record_kit import RecordForm, day_field
from keyaccount_web.shell.templatetags.pages import lang


class TrialForm(RecordForm):
    """A trial; without codes all customers near the line, of a unit where one is chosen."""

    labels = "trial"
    name = forms.CharField(max_length=100)
    policy = forms.CharField(max_length=500)
    team = forms.CharField(max_length=200, required=False)
    starts_on = day_field()
    unit = forms.ChoiceField(required=False)
    codes = forms.CharField(max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = [(str(one.pk), one.name) for one in OrgUnit.objects.order_by("path")]
        self.choose("unit", units, empty="trial.all_units")


@require_GET
def border(request: Request) -> HttpResponse:
    """Who is near the line and how both sides are served, as far as the reader sees; trials."""
    groups = services.served(request.user)
    by_name = {one.group: one for one in groups}
    above, below = by_name["band_above"], by_name["band_below"]
    tiers, width = tier_settings(), services.border_settings().width
    line = tiers.key_account_line
    company = may(request.user, Right.COMPANY_FIGURES)
    return render(
        request,
        "border/border.html",
        {
            "groups": groups,
            "n": above.accounts + below.accounts,
            "above": above,
            "below": below,
            "line": line,
            "low": line * (1 - width),
            "high": line * (1 + width),
            "worse": [
                name
                for name in ("touches", "with_discount", "depth", "growth")
                if None not in (getattr(above, name), getattr(below, name))
                and getattr(above, name) < getattr(below, name)
            ],
            "trials": list(BorderTrial.objects.select_related("made_by")) if company else [],
            "company": company,
            "may_try": may(request.user, Right.RUN) and company,
        },
    )


def new_trial(request: Request) -> HttpResponse:
    """A form to begin a trial."""
    _may_try(request)
    form = TrialForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        told.pop("version")
        chosen = told.pop("unit")
        unit = OrgUnit.objects.filter(pk=int(chosen)).first() if chosen else None
        codes = words_of(told.pop("codes"))
        try:
            trial = services.keep_trial(by=request.user, unit=unit, codes=codes, **told)
        except KeyAccountError as error:
            form.add_error("codes", error.text(lang()))
        else:
            return redirect("border_trial", trial.pk)
    return render(request, "border/new.html", {"form": form}, status=422 if request.method == "POST" else 200)


@require_GET
def trial(request: Request, pk: int) -> HttpResponse:
    """What a trial did, and with whom it was held against whom."""
    if not may(request.user, Right.COMPANY_FIGURES):
        raise PermissionDenied
    held = get_object_or_404(BorderTrial.objects.select_related("made_by"), pk=pk)
    problem, told = "", None
    try:
        told = services.measure(held)
    except BorderError as error:
        problem = error.text(lang())
    effect, window = told or (None, None)
    pairs = _pairs(effect, request.user) if effect else []
    return render(
        request,
        "border/trial.html",
        {
            "trial": held,
            "accounts": held.accounts.count(),
            "effect": effect,
            "window": window,
            "sides": [("trial.account", effect.of_trial), ("trial.like", effect.of_like)] if effect else [],
            "problem": problem,
            "pairs": pairs,
            "back": reverse("border"),
        },
    )


def _pairs(effect: Effect, reader: User) -> list[tuple[Any, list[Any]]]:
    """Each account of the trial with those beside it, as pk and name; of those that the reader may not see, that there is one."""
    codes = {str(one) for code, like in effect.pairs.items() for one in (code, *like)}
    rows = visible_accounts(reader).filter(code__in=codes).values_list("code", "pk", "name")
    known = {code: (pk, name) for code, pk, name in rows}
    another = message("terms.another", lang())

    def told(code: object) -> tuple[int | None, str]:
        return known.get(str(code), (None, another))

    return [(told(code), [told(one) for one in like]) for code, like in effect.pairs.items()]


def _may_try(request: Request) -> None:
    if not (may(request.user, Right.RUN) and may(request.user, Right.COMPANY_FIGURES)):
        raise PermissionDenied
