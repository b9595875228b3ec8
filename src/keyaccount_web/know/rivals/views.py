"""Pages of rivals: an account's tab with share of wallet, and the forms of its facts (K6)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.know.merged import leads_on
from keyaccount_web.know.models import Account
from keyaccount_web.know.provenance import SOURCE_FIELDS, SourcedForm, source_initial, source_of
from keyaccount_web.know.record_kit import RecordForm, account_of, day_field, form_page, history_of
from keyaccount_web.know.rivals import services
from keyaccount_web.know.rivals.models import BEST, KnownPurchases, Rival, RivalFact, SupplyFailure
from keyaccount_web.know.tabs import account_context
from keyaccount_web.shell.templatetags.pages import lang


class FactForm(SourcedForm, RecordForm):
    """One fact about a rival; what is not known stays empty."""

    labels = "rival"
    rival = forms.CharField(max_length=100)
    business_line = forms.CharField(max_length=100, required=False)
    product = forms.CharField(max_length=100, required=False)
    price = forms.DecimalField(required=False, min_value=0, max_digits=18, decimal_places=4)
    price_unit = forms.CharField(max_length=20, required=False)
    yearly_sales = forms.DecimalField(required=False, min_value=0, max_digits=18, decimal_places=4)
    promo_spend = forms.DecimalField(required=False, min_value=0, max_digits=18, decimal_places=4)
    channel = forms.CharField(max_length=60, required=False)
    tactics = forms.CharField(max_length=500, required=False)
    rating_them = forms.IntegerField(required=False, min_value=1, max_value=BEST)
    rating_us = forms.IntegerField(required=False, min_value=1, max_value=BEST)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rival"].widget.attrs["list"] = "rivals"
        _with_lines(self)


class PurchasesForm(SourcedForm, RecordForm):
    """What a source says that the customer buys in a year."""

    labels = "purchases"
    year = forms.IntegerField(min_value=1990, max_value=2100)
    business_line = forms.CharField(max_length=100, required=False)
    amount = forms.DecimalField(min_value=0, max_digits=18, decimal_places=4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _with_lines(self)


class FailureForm(SourcedForm, RecordForm):
    """A rival could not deliver."""

    labels = "failure"
    rival = forms.CharField(max_length=100)
    what = forms.CharField(max_length=300)
    business_line = forms.CharField(max_length=100, required=False)
    began_on = day_field()
    ended_on = day_field(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rival"].widget.attrs["list"] = "rivals"
        _with_lines(self)


def _with_lines(form: forms.Form) -> None:
    form.fields["business_line"].widget.attrs |= {
        "list": "lines",
        "placeholder": message("rival.all_lines", lang()),
    }


@require_GET
@leads_on
def account_rivals(request: Request, pk: int) -> HttpResponse:
    """The tab: who else sells here, which part is ours, when they could not deliver."""
    account = account_of(request, pk)
    facts = list(RivalFact.objects.filter(account=account).select_related("rival", "recorded_by"))
    failures = list(SupplyFailure.objects.filter(account=account).select_related("rival", "recorded_by"))
    purchases = list(KnownPurchases.objects.filter(account=account).select_related("recorded_by"))
    shares = services.wallet_of(request.user, account).to_pylist()
    today = timezone.localdate()
    return render(
        request,
        "rivals/account.html",
        {
            **account_context(request, account, "account_rivals"),
            "rivals": _by_rival(facts),
            "count": len({fact.rival_id for fact in facts}),
            "wallet": _by_year(shares),
            "whole": next((row for row in shares if not row["business_line"] and row["standing"] in ("known", "range")), None),
            "purchases": purchases,
            "failures": [
                (one, one.began_on <= today and (one.ended_on is None or one.ended_on >= today)) for one in failures
            ],
            "best": BEST,
        },
    )  # fmt: skip


def _by_rival(facts: list[RivalFact]) -> list[dict[str, Any]]:
    """Of each rival its facts, the newest of each business line first, older ones behind."""
    found: dict[int, dict[str, Any]] = {}
    for fact in facts:
        rival = found.setdefault(fact.rival_id, {"rival": fact.rival, "now": [], "older": [], "lines": set()})
        place = (fact.business_line, fact.product, fact.channel)
        rival["older" if place in rival["lines"] else "now"].append(fact)
        rival["lines"].add(place)
    return sorted(found.values(), key=lambda one: -sum(fact.yearly_sales or 0 for fact in one["now"]))


def _by_year(shares: list[dict[str, Any]]) -> list[tuple[int, list[dict[str, Any]]]]:
    years: dict[int, list[dict[str, Any]]] = {}
    for row in shares:
        row["first"], row["last"] = f"{row['year']}-01-01", f"{row['year']}-12-31"
        years.setdefault(row["year"], []).append(row)
    return list(years.items())


def _lists(request: Request, account: Account) -> dict[str, list[str]]:
    """What the fields offer while one types."""
    return {
        "rivals": list(Rival.objects.values_list("name", flat=True)[:200]),
        "lines": services.business_lines(services.wallet_of(request.user, account)),
    }


def _page(
    request: Request, pk: int, record_id: int | None, *, model: Any, form_class: Any, name: str, save: Any, initial: dict[str, Any]
) -> HttpResponse:  # fmt: skip
    """A form to add or change one of the three kinds of facts."""
    account = account_of(request, pk, to_edit=True)
    record = None
    names = [one for one in form_class.base_fields if one != "rival"]
    if record_id is not None:
        record = get_object_or_404(model, pk=record_id, account=account)
        initial = {one: getattr(record, one) for one in names}
        initial |= {"rival": record.rival.name} if hasattr(record, "rival") else {}
        for one in ("price", "yearly_sales", "promo_spend", "amount"):
            if initial.get(one) is not None:
                initial[one] = f"{initial[one].normalize():f}"
    form = form_class(request.POST or None, initial=initial)
    back = reverse("account_rivals", args=[pk])

    def keep(told: dict[str, Any]) -> str:
        values = {one: value for one, value in told.items() if one not in SOURCE_FIELDS}
        save(by=request.user, account=account, record=record, source=source_of(told), **values)
        return back

    more: dict[str, Any] = {"datalists": _lists(request, account)}
    if record is not None:
        shown = {
            "permission": lambda value: message(f"fact.permission.{value}", lang()),
            "source_kind": lambda value: message(f"fact.source_kind.{value}", lang()),
        }
        own = [one for one in names if one not in ("version", *SOURCE_FIELDS)]
        more["history"] = history_of(record, own, form_class.labels, **shown)
    return form_page(
        request,
        form,
        account=account,
        title=f"{name}.change" if record else f"{name}.new",
        back=back,
        save=keep,
        record=record,
        remove=reverse("rival_remove", args=[pk, name, record.pk]) if record else "",
        more=more,
    )


def fact(request: Request, pk: int, record_id: int | None = None) -> HttpResponse:
    return _page(
        request, pk, record_id, model=RivalFact, form_class=FactForm, name="rival", save=services.keep_fact,
        initial=source_initial(),
    )  # fmt: skip


def purchases(request: Request, pk: int, record_id: int | None = None) -> HttpResponse:
    last = timezone.localdate().year - 1
    return _page(
        request, pk, record_id, model=KnownPurchases, form_class=PurchasesForm, name="purchases",
        save=services.keep_purchases, initial=source_initial(year=last),
    )  # fmt: skip


def failure(request: Request, pk: int, record_id: int | None = None) -> HttpResponse:
    return _page(
        request, pk, record_id, model=SupplyFailure, form_class=FailureForm, name="failure",
        save=services.keep_failure, initial=source_initial(began_on=timezone.localdate()),
    )  # fmt: skip


MODELS: dict[str, Any] = {"rival": RivalFact, "purchases": KnownPurchases, "failure": SupplyFailure}


@require_POST
def remove(request: Request, pk: int, name: str, record_id: int) -> HttpResponse:
    """It was wrong; its history stays."""
    account = account_of(request, pk, to_edit=True)
    if name not in MODELS:
        raise Http404
    get_object_or_404(MODELS[name], pk=record_id, account=account).delete()
    messages.success(request, message("record.removed", lang()))
    return redirect("account_rivals", pk)


@require_GET
def regions(request: Request) -> HttpResponse:
    """Our share of what the customers of each region buy; never of fewer than five."""
    asked = request.GET.get("year", "")
    this = timezone.localdate().year
    year = int(asked) if asked.isdecimal() and len(asked) == 4 else this - 1
    rows = services.regions_wallet(request.user, year).to_pylist()
    years = [this - back for back in range(4)]
    return render(request, "rivals/regions.html", {"rows": rows, "year": year, "years": years})
