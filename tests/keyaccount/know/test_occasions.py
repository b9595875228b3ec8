"""On which day does it fall?"""

import csv
import datetime as dt
import io
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyaccount.know.occasions import OccasionError, Yearly, begin_day, checked, day_in, festivals, next_day

WORKED = tomllib.loads((Path(__file__).parents[3] / "docs/worked/occasions.toml").read_text(encoding="utf-8"))


class TestDayIn:
    def test_the_worked_example(self):
        told = []
        for row in csv.DictReader(io.StringIO(WORKED["records"].strip())):
            rule = Yearly(
                int(row["month"]), int(row["day"]), row["calendar"] == "lunar", row["leap_month"] == "yes"
            )
            told.append(f"{row['who']},{row['year']},{day_in(rule, int(row['year']))}")
        assert "\n".join(told) == WORKED["expected"].strip()

    @pytest.mark.parametrize(
        ("year", "spring", "mid_autumn"),
        # As the State Council's notices on holidays of these years name them.
        [
            (2023, "2023-01-22", "2023-09-29"),
            (2024, "2024-02-10", "2024-09-17"),
            (2025, "2025-01-29", "2025-10-06"),
            (2026, "2026-02-17", "2026-09-25"),
        ],
    )
    def test_festivals_as_published(self, year, spring, mid_autumn):
        days = {code: str(day) for day, code in festivals(dt.date(year, 1, 1), dt.date(year, 12, 31))}
        assert (days["spring"], days["mid_autumn"]) == (spring, mid_autumn)

    @pytest.mark.parametrize(
        "rule",
        [
            Yearly(13, 1),
            Yearly(2, 30),
            Yearly(4, 31),
            Yearly(0, 1),
            Yearly(6, 31, True),
            Yearly(6, 1, False, True),
        ],
    )
    def test_a_day_that_no_year_has_is_refused(self, rule):
        with pytest.raises(OccasionError) as refused:
            checked(rule)
        assert refused.value.code == "occasion.no_such_day"

    def test_the_moons_calendar_ends(self):
        with pytest.raises(OccasionError) as refused:
            day_in(Yearly(1, 1, True), 2101)
        assert refused.value.code == "occasion.year"

    @given(
        st.integers(1, 12),
        st.integers(1, 30),
        st.booleans(),
        st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)),
    )
    def test_the_next_lunar_birthday_is_never_far_away(self, month, day, is_leap, since):
        rule = Yearly(month, day, True, is_leap)
        found = next_day(rule, since)
        # A lunar year has at most 385 days; one in a leap month may move back by a month.
        assert 0 <= (found - since).days <= 385 + 30
        assert found in (day_in(rule, found.year), day_in(rule, found.year - 1))


def test_one_begins_on_a_worked_day():
    def is_worked(day):
        return day.weekday() < 5

    # Friday 2026-11-27 less 5 days is Sunday the 22nd: back to Friday the 20th.
    assert begin_day(dt.date(2026, 11, 27), 5, is_worked) == dt.date(2026, 11, 20)
    assert begin_day(dt.date(2026, 11, 27), 0, is_worked) == dt.date(2026, 11, 27)
