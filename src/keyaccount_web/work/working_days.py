"""Which days are worked? By the calendar of China, with its holidays and make-up days (S8)."""

import datetime as dt

import chinese_calendar


def is_worked(day: dt.date) -> bool:
    """Of a year whose holidays are not announced yet, or not known here, Monday to Friday are."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def days_worked_ago(day: dt.date, count: int) -> dt.date:
    """The latest day since which `count` days (at least 1) were worked, `day` itself counted.

    Due on Friday, on Monday one day has been worked since.
    """
    left = count
    while left > 0:
        left -= is_worked(day)
        day -= dt.timedelta(days=1)
    return day


def day_after(day: dt.date, count: int) -> dt.date:
    """The day with which `count` days have been worked, `day` itself not counted."""
    while count > 0:
        day += dt.timedelta(days=1)
        count -= is_worked(day)
    return day
