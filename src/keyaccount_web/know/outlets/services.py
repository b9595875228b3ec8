"""How are outlets kept, and what do they say together? (K4)"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from keyaccount.know.outlets import OutletFigures, OutletMonthSales, check_bands, outlet_figures
from keyaccount_web.access.models import User
from keyaccount_web.know.models import Account
from keyaccount_web.know.outlets.models import Outlet, OutletMonth, PriceBand
from keyaccount_web.know.provenance import Sourced, checked_source
from keyaccount_web.know.record_kit import RecordError, changed, of_visible


@dataclass(frozen=True)
class Told:
    """An outlet with its figures."""

    outlet: Outlet
    figures: OutletFigures


def outlets_seen_by(user: User) -> QuerySet[Outlet]:
    return of_visible(Outlet.objects.all(), user).select_related("recorded_by")


def over_accounts(user: User) -> QuerySet[Outlet]:
    """Those that may stand in lists of many accounts."""
    return outlets_seen_by(user).exclude(permission=Sourced.Permission.ACCOUNT)


def of_account(account: Account) -> list[Told]:
    """The account's outlets, the largest first, closed ones last. Two queries."""
    outlets = list(account.outlets.select_related("recorded_by"))
    figures = figures_of(outlets)
    told = [Told(one, figures[one.pk]) for one in outlets]
    told.sort(
        key=lambda one: (one.outlet.closed_on is not None, -(one.figures.sales or one.figures.our_sales or 0))
    )
    return told


def figures_of(outlets: Sequence[Outlet]) -> dict[int, OutletFigures]:
    """By pk; one query."""
    rows = OutletMonth.objects.filter(outlet__in=[one.pk for one in outlets])
    told = [OutletMonthSales(*row) for row in rows.values_list("outlet", "month", "sales", "our_sales")]
    figures = outlet_figures(told, {one.pk: one.can_sell for one in outlets}, until=timezone.localdate())
    return {one.pk: figures[one.pk] for one in outlets}


def keep_outlet(
    *,
    by: User,
    account: Account,
    source: Mapping[str, Any],
    record: Outlet | None = None,
    version: int | None = None,
    **values: Any,
) -> Outlet:
    """An outlet, new or put right.

    Raises RecordError `outlet.code_taken`, `outlet.half_a_place`; FactError; RecordChangedError.
    """
    check_place(values.get("latitude"), values.get("longitude"))
    kept = {**values, "code": values["code"].strip(), **checked_source(by=by, **source)}
    try:
        with transaction.atomic():
            if record is None:
                return Outlet.objects.create(account=account, **kept)
            return changed(record, version, kept)
    except IntegrityError:
        raise RecordError("outlet.code_taken", code=kept["code"]) from None


def check_place(latitude: Decimal | None, longitude: Decimal | None) -> None:
    """Raises RecordError `outlet.half_a_place`, `outlet.no_place`."""
    if (latitude is None) != (longitude is None):
        raise RecordError("outlet.half_a_place")
    if latitude is not None and longitude is not None and not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise RecordError("outlet.no_place", latitude=latitude, longitude=longitude)


def check_month(month: dt.date, sales: Decimal | None, our_sales: Decimal | None) -> None:
    """Raises RecordError `outlet.month_empty`, `outlet.month_ahead`, `outlet.month_more`."""
    if sales is None and our_sales is None:
        raise RecordError("outlet.month_empty")
    if month > timezone.localdate():
        raise RecordError("outlet.month_ahead", month=f"{month:%Y-%m}")
    if sales is not None and our_sales is not None and our_sales > sales:
        raise RecordError("outlet.month_more", our_sales=our_sales, sales=sales)


def keep_month(
    *,
    by: User,
    outlet: Outlet,
    source: Mapping[str, Any],
    month: dt.date,
    sales: Decimal | None,
    our_sales: Decimal | None,
    record: OutletMonth | None = None,
    version: int | None = None,
) -> OutletMonth:
    """What an outlet sold in a month; a second word on the same month takes the place of the first, which stays in its history.

    Raises RecordError `outlet.month_empty`, `outlet.month_ahead`, `outlet.month_more`, `outlet.month_there`; FactError;
    RecordChangedError.
    """
    month = month.replace(day=1)
    check_month(month, sales, our_sales)
    values = {"month": month, "sales": sales, "our_sales": our_sales, **checked_source(by=by, **source)}
    try:
        with transaction.atomic():
            held = record or OutletMonth.objects.filter(outlet=outlet, month=month).first()
            if held is None:
                return OutletMonth.objects.create(outlet=outlet, **values)
            return changed(held, version if record else None, values)
    except IntegrityError:
        raise RecordError("outlet.month_there", month=f"{month:%Y-%m}") from None


def keep_band(
    *,
    by: User,
    outlet: Outlet,
    source: Mapping[str, Any],
    low: Decimal,
    high: Decimal | None,
    share: Decimal | None,
    business_line: str = "",
    record: PriceBand | None = None,
    version: int | None = None,
) -> PriceBand:
    """A price band of an outlet, new or put right. Raises OutletError; FactError; RecordChangedError."""
    line = business_line.strip()
    values = {"business_line": line, "low": low, "high": high, "share": share}
    kept = {**values, **checked_source(by=by, **source)}
    with transaction.atomic():
        Outlet.objects.select_for_update(of=("self",)).get(pk=outlet.pk)
        others = outlet.bands.filter(business_line=line)
        others = others.exclude(pk=record.pk) if record else others
        check_bands([*others.values_list("low", "high", "share"), (low, high, share)])
        if record is None:
            return PriceBand.objects.create(outlet=outlet, **kept)
        return changed(record, version, kept)
