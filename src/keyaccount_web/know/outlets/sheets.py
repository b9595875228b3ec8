"""The sheets of outlets, of their months and their price bands (K4, K9)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from keyaccount.know.outlets import OutletError, check_bands
from keyaccount_web.imports.sheets.judging import reason_of
from keyaccount_web.imports.sheets.registry import Given, Refuse, Sheet
from keyaccount_web.know.outlets.models import Outlet, OutletMonth, PriceBand
from keyaccount_web.know.outlets.services import check_month, check_place

OUTLET = (
    "code",
    "name",
    "kind",
    "city",
    "address",
    "latitude",
    "longitude",
    "pushes",
    "can_sell",
    "closed_on",
)
BAND = ("business_line", "low", "high", "share")


def _outlet_values(given: Given) -> dict[str, Any]:
    check_place(given["latitude"], given["longitude"])
    return {"account": given["account"], **given.plain(*OUTLET), **given.source()}


def _month_told(one: OutletMonth) -> dict[str, Any]:
    return {
        "account": one.outlet.account,
        "outlet": one.outlet,
        "month": f"{one.month:%Y-%m}",
        "sales": one.sales,
        "our_sales": one.our_sales,
    }


def _month_values(given: Given) -> dict[str, Any]:
    check_month(given["month"], given["sales"], given["our_sales"])
    return {**given.plain("outlet", "month", "sales", "our_sales"), **given.source()}


def _band_told(one: PriceBand) -> dict[str, Any]:
    return {
        "account": one.outlet.account,
        "outlet": one.outlet,
        **{name: getattr(one, name) for name in BAND},
    }


def _band_values(given: Given) -> dict[str, Any]:
    check_bands([(given["low"], given["high"], given["share"])])
    return {**given.plain("outlet", *BAND), **given.source()}


def _fit_together(rows: Sequence[tuple[Any, Given]], refuse: Refuse) -> None:
    """The bands that an outlet has and those that come may not overlap, nor say more than all of its sales."""
    by_line: defaultdict[tuple[str, str, str], list[tuple[Any, Given]]] = defaultdict(list)
    for row, given in rows:
        by_line[given["account"].code, given["outlet"].code, given["business_line"]].append((row, given))
    for (_, _, line), those in by_line.items():
        outlet = those[0][1]["outlet"]
        changed = [given.record.pk for _, given in those if given.record is not None]
        kept = (
            PriceBand.objects.filter(outlet=outlet, business_line=line)
            if outlet.pk
            else PriceBand.objects.none()
        )
        bands = list(kept.exclude(pk__in=changed).values_list("low", "high", "share"))
        bands += [(given["low"], given["high"], given["share"]) for _, given in those]
        try:
            check_bands(bands)
        except OutletError as error:
            told = reason_of(error)
            for row, _ in those:
                refuse(row, "low", told["code"], {"text": told["text"]})


OUTLETS = Sheet(
    "outlets",
    Outlet,
    order=50,
    records=lambda _user, accounts: Outlet.objects.filter(account__in=accounts).select_related("account"),
    told=lambda one: {"account": one.account, **{name: getattr(one, name) for name in OUTLET}},
    values=_outlet_values,
    words={"kind": {one: f"outlet.kind.{one}" for one in Outlet.Kind.values}},
)
MONTHS = Sheet(
    "months",
    OutletMonth,
    order=51,
    records=lambda _user, accounts: OutletMonth.objects.filter(outlet__account__in=accounts).select_related(
        "outlet__account"
    ),
    told=_month_told,
    values=_month_values,
)
BANDS = Sheet(
    "bands",
    PriceBand,
    order=52,
    records=lambda _user, accounts: PriceBand.objects.filter(outlet__account__in=accounts).select_related(
        "outlet__account"
    ),
    told=_band_told,
    values=_band_values,
    together=_fit_together,
)
