"""Which days are worked, and how many were since a day?"""

import datetime as dt

import pytest

from keyaccount_web.work.working_days import day_after, days_worked_ago, is_worked


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2026-03-12", True),  # a Thursday
        ("2026-03-14", False),  # a Saturday
        ("2026-02-14", True),  # a Saturday worked for the Spring Festival
        ("2026-02-17", False),  # a Tuesday, the first day of the year of the horse
        ("2090-01-02", True),  # a Monday; nothing is announced
        ("2090-01-07", False),
    ],
)
def test_is_worked(day, worked):
    assert is_worked(dt.date.fromisoformat(day)) is worked


@pytest.mark.parametrize(
    ("day", "count", "since"),
    [
        ("2026-03-16", 1, "2026-03-15"),  # Monday; due on Friday is before it
        ("2026-03-13", 1, "2026-03-12"),
        ("2026-03-17", 3, "2026-03-12"),  # Tuesday, Monday, Friday
        ("2026-02-24", 2, "2026-02-13"),  # the first day after the festival, the Saturday before it
    ],
)
def test_days_worked_ago(day, count, since):
    assert days_worked_ago(dt.date.fromisoformat(day), count) == dt.date.fromisoformat(since)


def test_day_after_counts_make_up_days_and_leaves_holidays_out():
    # 2025-09-28 is a Sunday that is worked; 1 to 8 October are free.
    assert day_after(dt.date(2025, 9, 26), 1) == dt.date(2025, 9, 28)
    assert day_after(dt.date(2025, 9, 30), 1) == dt.date(2025, 10, 9)
    assert day_after(dt.date(2025, 9, 30), 0) == dt.date(2025, 9, 30)
