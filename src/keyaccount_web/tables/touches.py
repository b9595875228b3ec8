"""What do recorded visits and calls give to the calculations? (C3, F4, F7)"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

import pyarrow as pa
from django.db.models import F, Min, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from keyaccount.periods import Period
from keyaccount_web.company.presets import setting
from keyaccount_web.cover.models import Touch

_SPENT = F("minutes") + F("travel_minutes")
_AMOUNT = Decimal("0.0001")


def touch_minutes(year: Period) -> pa.Table:
    """Minutes with and on the way to each account in a year: account_id, minutes; accounts without touches are absent."""
    told = Touch.objects.filter(
        removed_at=None, began_at__date__gte=year.begin, began_at__date__lte=year.until
    )
    rows = sorted(told.order_by().values_list("account__code").annotate(spent=Sum(_SPENT)))
    return pa.table(
        {
            "account_id": pa.array([code for code, _ in rows], pa.string()),
            "minutes": pa.array([spent for _, spent in rows], pa.int64()),
        }
    )


def touches_since() -> dt.date | None:
    """The day of the first touch recorded; None: there is none."""
    first = Touch.objects.filter(removed_at=None).aggregate(first=Min("began_at"))["first"]
    return timezone.localdate(first) if first else None


def touch_costs() -> list[tuple[str, Decimal, dt.date]]:
    """What visiting cost, by account and day, at the company's cost of an hour: code, amount, day; none while that is 0."""
    an_hour: Decimal = setting("visits.cost_an_hour")
    if not an_hour:
        return []
    told = Touch.objects.filter(removed_at=None).order_by().annotate(day=TruncDate("began_at"))
    rows = told.values_list("account__code", "day").annotate(spent=Sum(_SPENT))
    return sorted((code, (an_hour * spent / 60).quantize(_AMOUNT), day) for code, day, spent in rows)


def visit_days(accounts: Iterable[int], first: dt.date, last: dt.date) -> list[dt.date]:
    """The days of the visits to some accounts, one for each visit; for goals of a plan (K8)."""
    told = Touch.objects.filter(account__in=list(accounts), removed_at=None, kind=Touch.Kind.VISIT)
    rows = told.annotate(day=TruncDate("began_at")).filter(day__gte=first, day__lte=last)
    return list(rows.order_by().values_list("day", flat=True))
