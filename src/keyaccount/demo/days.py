"""On which days does 启明实业 sell, and how much more on one than on another?

A day is a number here: 0 is 1 January 2023, the ledger's first day.
"""

import datetime as dt

import numpy as np

from keyaccount.demo.draws import Integers

FIRST_DATE = dt.date(2023, 1, 1)
LAST_DATE = dt.date(2025, 12, 31)
DAYS = (LAST_DATE - FIRST_DATE).days + 1

MONTH_WEIGHTS = (84, 58, 100, 99, 107, 111, 104, 97, 105, 93, 107, 120)
WEEKDAY_WEIGHTS = (21, 20, 20, 19, 20, 6, 2)
HOLIDAY_WEIGHT = 1

# Public holidays as the State Council announced them, from the first to the last day off …
_HOLIDAYS = """
2023-01-01 2023-01-02   2023-01-21 2023-01-27   2023-04-05 2023-04-05   2023-04-29 2023-05-03
2023-06-22 2023-06-24   2023-09-29 2023-10-06   2024-01-01 2024-01-01   2024-02-10 2024-02-17
2024-04-04 2024-04-06   2024-05-01 2024-05-05   2024-06-08 2024-06-10   2024-09-15 2024-09-17
2024-10-01 2024-10-07   2025-01-01 2025-01-01   2025-01-28 2025-02-04   2025-04-04 2025-04-06
2025-05-01 2025-05-05   2025-05-31 2025-06-02   2025-10-01 2025-10-08
"""

# … and the weekend days worked instead (调休).
_WORKED_WEEKENDS = """
2023-01-28 2023-01-29 2023-04-23 2023-05-06 2023-06-25 2023-10-07 2023-10-08 2024-02-04 2024-02-18 2024-04-07
2024-04-28 2024-05-11 2024-09-14 2024-09-29 2024-10-12 2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11
"""


def day(year: int, month: int, of_month: int) -> int:
    """The day's number."""
    return (dt.date(year, month, of_month) - FIRST_DATE).days


HALF_YEARS: tuple[tuple[int, int], ...] = tuple(
    span
    for year in (2023, 2024, 2025)
    for span in ((day(year, 1, 1), day(year, 6, 30)), (day(year, 7, 1), day(year, 12, 31)))
)
"""First and last day of the six half-years, in order."""


def day_weights() -> Integers:
    """How much is ordered on each day: by month and weekday, next to nothing on holidays."""
    ends = [dt.date.fromisoformat(date) for date in _HOLIDAYS.split()]
    holidays = {
        first + dt.timedelta(days=more)
        for first, last in zip(ends[::2], ends[1::2], strict=True)
        for more in range((last - first).days + 1)
    }
    worked = {dt.date.fromisoformat(date) for date in _WORKED_WEEKENDS.split()}
    weights = []
    for number in range(DAYS):
        date = FIRST_DATE + dt.timedelta(days=number)
        of_weekday = WEEKDAY_WEIGHTS[date.weekday()]
        if date in holidays:
            of_weekday = HOLIDAY_WEIGHT
        elif date in worked:
            of_weekday = WEEKDAY_WEIGHTS[0]
        weights.append(MONTH_WEIGHTS[date.month - 1] * of_weekday)
    return np.array(weights, dtype=np.int64)


def years_and_months() -> tuple[Integers, Integers, Integers]:
    """For each day: its year (0 is 2023), its month (0 is January), and the date as 20230101."""
    dates = [FIRST_DATE + dt.timedelta(days=number) for number in range(DAYS)]
    years = np.array([date.year - FIRST_DATE.year for date in dates], dtype=np.int64)
    months = np.array([date.month - 1 for date in dates], dtype=np.int64)
    written = np.array([date.year * 10000 + date.month * 100 + date.day for date in dates], dtype=np.int64)
    return years, months, written
