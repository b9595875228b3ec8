"""Which days make a year that ends on a given day? (F1)"""

import calendar
import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Period:
    """Days from `begin` to `until`, both counted."""

    begin: dt.date
    until: dt.date

    def __contains__(self, day: dt.date) -> bool:
        return self.begin <= day <= self.until


def year_ending(until: dt.date) -> Period:
    """The 12 months that end on `until`.

    From the first of a month where `until` ends its month (2024-02-29 → 2023-03-01), otherwise from
    the day after its namesake a year earlier (2025-03-15 → 2024-03-16).
    """
    return months_ending(until, months=12)


def six_months_ending(until: dt.date) -> Period:
    """The six months that end on `until`, by the rule of `year_ending`."""
    return months_ending(until, months=6)


def year_before(year: Period) -> Period:
    """The 12 months that end the day before `year` begins."""
    return year_ending(year.begin - dt.timedelta(days=1))


def months_ending(until: dt.date, *, months: int) -> Period:
    """The `months` months that end on `until`."""
    year, month0 = divmod(until.year * 12 + until.month - 1 - months, 12)
    last_day = calendar.monthrange(year, month0 + 1)[1]
    if until.day == calendar.monthrange(until.year, until.month)[1]:
        namesake = dt.date(year, month0 + 1, last_day)
    else:
        # 30 August has no namesake in February: the month's last day stands in for it.
        namesake = dt.date(year, month0 + 1, min(until.day, last_day))
    return Period(namesake + dt.timedelta(days=1), until)
