"""On which day of a year is a birthday, a founding day, a festival: by the sun's calendar or the moon's, and when to begin? (K7)

Worked by hand in docs/en/calculations/occasions.md.
"""

import calendar
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lunar_python import Lunar, LunarMonth, LunarYear

from keyaccount.errors import KeyAccountError

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Between these years the moon's calendar is known."""


class OccasionError(KeyAccountError):
    """A day that no year has."""


@dataclass(frozen=True)
class Yearly:
    """A day that comes every year."""

    month: int
    """1 to 12."""
    day: int
    """1 to 31, of the moon's calendar 1 to 30."""
    is_lunar: bool = False
    is_leap_month: bool = False
    """Of the moon's calendar: in the leap month that follows the month of that number."""


def checked(rule: Yearly) -> Yearly:
    """The same where some year has such a day. Raises OccasionError `occasion.no_such_day`."""
    days = 30 if rule.is_lunar else calendar.monthrange(2024, rule.month)[1] if 1 <= rule.month <= 12 else 0
    if not 1 <= rule.month <= 12 or not 1 <= rule.day <= days or (rule.is_leap_month and not rule.is_lunar):
        raise OccasionError("occasion.no_such_day", month=rule.month, day=rule.day)
    return rule


def day_in(rule: Yearly, year: int) -> dt.date:
    """The day on which it falls in a year; of the moon's calendar, in the lunar year that begins in `year`.

    29 February: 28 February in a year without one, so that nobody is late. The moon's calendar: one born in a leap month is
    congratulated in that leap month where the year has it, else in the ordinary month of the same number; the 30th of a
    month with 29 days is its last day.

    Raises
    ------
    OccasionError `occasion.no_such_day`; `occasion.year` for a lunar year outside 1900 to 2100.
    """
    checked(rule)
    if not rule.is_lunar:
        last = calendar.monthrange(year, rule.month)[1]
        return dt.date(year, rule.month, min(rule.day, last))
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise OccasionError("occasion.year", year=year, first=FIRST_YEAR, last=LAST_YEAR)
    month = rule.month
    if rule.is_leap_month and LunarYear.fromYear(year).getLeapMonth() == month:
        month = -month
    last = LunarMonth.fromYm(year, month).getDayCount()
    solar = Lunar.fromYmd(year, month, min(rule.day, last)).getSolar()
    return dt.date(solar.getYear(), solar.getMonth(), solar.getDay())


def occurrences(rule: Yearly, first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """The days from `first` to `last`, both counted, on which it falls."""
    # A lunar year reaches into the next one of the sun.
    for year in range(first.year - rule.is_lunar, last.year + 1):
        day = day_in(rule, year)
        if first <= day <= last:
            yield day


def next_day(rule: Yearly, since: dt.date) -> dt.date:
    """The first such day on or after `since`."""
    return next(occurrences(rule, since, since + dt.timedelta(days=800)))


FESTIVALS: dict[str, Yearly] = {
    "new_year": Yearly(1, 1),
    "spring": Yearly(1, 1, is_lunar=True),
    "lantern": Yearly(1, 15, is_lunar=True),
    "labour": Yearly(5, 1),
    "dragon_boat": Yearly(5, 5, is_lunar=True),
    "mid_autumn": Yearly(8, 15, is_lunar=True),
    "double_ninth": Yearly(9, 9, is_lunar=True),
    "national": Yearly(10, 1),
}
"""Festivals on which customers are greeted. Qingming is none of them: one mourns on it."""


def festivals(first: dt.date, last: dt.date) -> list[tuple[dt.date, str]]:
    """The festivals from `first` to `last`, by day."""
    return sorted((day, code) for code, rule in FESTIVALS.items() for day in occurrences(rule, first, last))


def begin_day(day: dt.date, lead_days: int, is_worked: Callable[[dt.date], bool]) -> dt.date:
    """When to begin for a day: `lead_days` (0 or more) before, or the last day before that which is worked."""
    begin = day - dt.timedelta(days=lead_days)
    while not is_worked(begin):
        begin -= dt.timedelta(days=1)
    return begin
