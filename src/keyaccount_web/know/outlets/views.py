"""Pages of outlets: an account's tab with the plan, one outlet with its months and prices, the forms (K4)."""

from decimal import Decimal
from typing import Any

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
from keyaccount_web.know.outlets import services
from keyaccount_web.know.outlets.forms import BandForm, MonthForm, OutletForm
from keyaccount_web.know.outlets.map import plan
from keyaccount_web.know.outlets.models import Outlet, OutletMonth, PriceBand
from keyaccount_web.know.provenance import SOURCE_FIELDS, source_initial, source_of
from keyaccount_web.know.record_kit import account_of, form_page, history_of
from keyaccount_web.know.rivals.services import business_lines, wallet_of
from keyaccount_web.know.tabs import account_context
from keyaccount_web.shell.templatetags.pages import lang

OF_OUTLETS: dict[str, tuple[Any, Any, Any, str]] = {
    "month": (OutletMonth, MonthForm, services.keep_month, "outlet_month"),
    "band": (PriceBand, BandForm, services.keep_band, "band"),
}


@require_GET
@leads_on
def account_outlets(request: Request, pk: int) -> HttpResponse:
    """The tab: what the outlets sell together, where they lie, each with its figures."""
    account = account_of(request, pk)
    told = services.of_account(account)
    open_ones = [one for one in told if one.outlet.closed_on is None]
    known = [one.figures for one in open_ones]
    both = [one for one in known if one.our_share is not None]
    return render(
        request,
        "outlets/account.html",
        {
            **account_context(request, account, "account_outlets"),
            "outlets": told,
            "open": len(open_ones),
            "plan": plan(open_ones),
            "sales": _sum([one.sales for one in known]),
            "our_sales": _sum([one.our_sales for one in known]),
            "share": _share(both),
            "room": _sum([one.room for one in known]),
        },
    )


def _sum(amounts: list[Decimal | None]) -> Decimal | None:
    known = [one for one in amounts if one is not None]
    return sum(known, Decimal(0)) if known else None


def _share(figures: list[Any]) -> float | None:
    """Ours over all, of those outlets of which both are known."""
    whole = sum((one.sales for one in figures), Decimal(0))
    return float(sum((one.our_sales for one in figures), Decimal(0)) / whole) if whole > 0 else None


@require_GET
@leads_on
def outlet(request: Request, pk: int, outlet_id: int) -> HttpResponse:
    """One outlet: its months, its prices, what it pushes."""
    account = account_of(request, pk)
    held = get_object_or_404(account.outlets.select_related("recorded_by"), pk=outlet_id)
    months = list(held.months.select_related("recorded_by")[:36])
    return render(
        request,
        "outlets/outlet.html",
        {
            **account_context(request, account, "account_outlets"),
            "outlet": held,
            "told": services.figures_of([held])[held.pk],
            "months": months,
            "chart": _chart(months[:24][::-1]),
            "bands": list(held.bands.select_related("recorded_by")),
            "history": history_of(held, [one for one in OutletForm.base_fields if one not in ("version", *SOURCE_FIELDS)], "outlet"),
        },
    )  # fmt: skip


def _chart(months: list[OutletMonth]) -> dict[str, Any] | None:
    if not months:
        return None
    return {
        "kind": "months",
        "months": [f"{one.month:%Y-%m}" for one in months],
        "sales": [float(one.our_sales or 0) for one in months],
        "before": [float(one.sales or 0) for one in months],
        "names": [message("outlet.ours", lang()), message("outlet.all", lang())],
        "links": [f"#month-{one.pk}" for one in months],
    }


def edit(request: Request, pk: int, outlet_id: int | None = None) -> HttpResponse:
    """A form to add or change an outlet."""
    account = account_of(request, pk, to_edit=True)
    held = get_object_or_404(account.outlets, pk=outlet_id) if outlet_id is not None else None
    initial = _initial(held, OutletForm) if held else source_initial(kind=Outlet.Kind.STORE)
    form = OutletForm(request.POST or None, initial=initial)

    def keep(told: dict[str, Any]) -> str:
        values = {one: value for one, value in told.items() if one not in SOURCE_FIELDS}
        kept = services.keep_outlet(
            by=request.user, account=account, record=held, source=source_of(told), **values
        )
        return reverse("outlet", args=[pk, kept.pk])

    return form_page(
        request,
        form,
        account=account,
        title="outlet.change" if held else "outlet.new",
        back=reverse("outlet", args=[pk, held.pk]) if held else reverse("account_outlets", args=[pk]),
        save=keep,
        record=held,
        remove=reverse("outlet_remove", args=[pk, held.pk, "outlet", held.pk]) if held else "",
    )


def part(request: Request, pk: int, outlet_id: int, name: str, record_id: int | None = None) -> HttpResponse:
    """A form to add or change a month or a price band of an outlet."""
    account = account_of(request, pk, to_edit=True)
    of = get_object_or_404(account.outlets, pk=outlet_id)
    if name not in OF_OUTLETS:
        raise Http404
    model, form_class, save, labels = OF_OUTLETS[name]
    held = get_object_or_404(model, pk=record_id, outlet=of) if record_id is not None else None
    month = timezone.localdate().replace(day=1)
    initial = _initial(held, form_class) if held else source_initial(month=month, low=0)
    form = form_class(request.POST or None, initial=initial)
    back = reverse("outlet", args=[pk, of.pk])

    def keep(told: dict[str, Any]) -> str:
        values = {one: value for one, value in told.items() if one not in SOURCE_FIELDS}
        if values.get("share") is not None:
            values["share"] /= 100
        save(by=request.user, outlet=of, record=held, source=source_of(told), **values)
        return back

    own = [one for one in form_class.base_fields if one not in ("version", *SOURCE_FIELDS)]
    more: dict[str, Any] = {"datalists": {"lines": _lines(request, account) if name == "band" else []}}
    if held is not None:
        more["history"] = history_of(held, own, labels)
    return form_page(
        request,
        form,
        account=account,
        title=f"{labels}.change" if held else f"{labels}.new",
        back=back,
        save=keep,
        record=held,
        remove=reverse("outlet_remove", args=[pk, of.pk, name, held.pk]) if held else "",
        more=more,
    )


def _lines(request: Request, account: Account) -> list[str]:
    return business_lines(wallet_of(request.user, account))


def _initial(held: Any, form_class: Any) -> dict[str, Any]:
    told = {name: getattr(held, name) for name in form_class.base_fields}
    for name, value in told.items():
        if isinstance(value, Decimal):
            told[name] = f"{(value * 100 if name == 'share' else value).normalize():f}"
    return told


@require_POST
def remove(request: Request, pk: int, outlet_id: int, name: str, record_id: int) -> HttpResponse:
    """It was wrong; its history stays."""
    account = account_of(request, pk, to_edit=True)
    of = get_object_or_404(account.outlets, pk=outlet_id)
    if name == "outlet":
        of.delete()
    elif name in OF_OUTLETS:
        get_object_or_404(OF_OUTLETS[name][0], pk=record_id, outlet=of).delete()
    else:
        raise Http404
    messages.success(request, message("record.removed", lang()))
    return redirect("account_outlets", pk) if name == "outlet" else redirect("outlet", pk, of.pk)
