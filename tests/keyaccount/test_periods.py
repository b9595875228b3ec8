"""Which days make a year?"""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyaccount.periods import Period, six_months_ending, year_before, year_ending


def day(text):
    return dt.date.fromisoformat(text)


class TestYearEnding:
    @pytest.mark.parametrize(
        ("until", "begin"),
        [
            ("2025-12-31", "2025-01-01"),
            ("2025-03-15", "2024-03-16"),
            ("2024-02-29", "2023-03-01"),  # ends its month: from the first of the next
            ("2025-02-28", "2024-03-01"),  # likewise, though 2024 had a 29th
            ("2024-02-28", "2023-03-01"),  # does not end its month: the day after 2023-02-28
            ("2025-04-30", "2024-05-01"),
        ],
    )
    def test_begins_the_day_after_a_year_earlier(self, until, begin):
        assert year_ending(day(until)) == Period(day(begin), day(until))

    @given(st.dates(dt.date(1980, 1, 1), dt.date(2090, 1, 1)))
    def test_has_365_or_366_days(self, until):
        year = year_ending(until)
        assert (year.until - year.begin).days in (364, 365)

    @given(st.dates(dt.date(1980, 1, 1), dt.date(2090, 1, 1)))
    def test_joins_the_year_before_without_a_gap(self, until):
        year = year_ending(until)
        assert year_before(year).until + dt.timedelta(days=1) == year.begin


class TestSixMonthsEnding:
    @pytest.mark.parametrize(
        ("until", "begin"),
        [
            ("2025-12-31", "2025-07-01"),
            ("2025-08-31", "2025-03-01"),
            ("2025-08-30", "2025-03-01"),
            ("2025-06-15", "2024-12-16"),
        ],
    )
    def test_follows_the_rule_of_the_year(self, until, begin):
        assert six_months_ending(day(until)).begin == day(begin)
