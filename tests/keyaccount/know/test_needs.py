"""Which needs wait, since when, and which rest on one voice?"""

import datetime as dt
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyaccount.errors import SettingError
from keyaccount.know.needs import NEXT, STANDINGS, NeedState, is_single_voice, needs_due

TODAY = dt.date(2026, 11, 28)
WORKED = tomllib.loads((Path(__file__).parents[3] / "docs/worked/needs.toml").read_text(encoding="utf-8"))


def ago(days):
    return TODAY - dt.timedelta(days=days)


class TestNeedsDue:
    def test_the_worked_example(self):
        rows = [line.split(",") for line in WORKED["records"].strip().splitlines()[1:]]
        states = [NeedState(key, standing, dt.date.fromisoformat(since)) for key, standing, since in rows]
        due = needs_due(states, until=dt.date.fromisoformat(WORKED["until"]))
        told = "\n".join(f"{one.state.key},{one.waited_days},{one.round}" for one in due)
        assert told == WORKED["expected"].strip()

    def test_reminds_on_the_day_and_not_the_day_before(self):
        assert needs_due([NeedState(1, "implicit", ago(13))], until=TODAY) == []
        (due,) = needs_due([NeedState(1, "implicit", ago(14))], until=TODAY)
        assert (due.waited_days, due.round) == (14, 1)

    def test_what_has_its_answer_waits_for_nothing(self):
        states = [NeedState(1, "answered", ago(900)), NeedState(2, "dropped", ago(900))]
        assert needs_due(states, until=TODAY) == []

    def test_a_day_in_the_future_waits_no_days(self):
        assert needs_due([NeedState(1, "implicit", ago(-3))], until=TODAY) == []

    def test_says_why_in_both_languages(self):
        for standing in ("implicit", "explicit", "proposed"):
            (due,) = needs_due([NeedState(1, standing, ago(99))], until=TODAY)
            assert "99" in due.reason.text("zh")
            assert "99" in due.reason.text("en")

    def test_refuses_a_limit_below_a_day(self):
        with pytest.raises(SettingError) as refused:
            needs_due([], until=TODAY, waiting_days={"implicit": 0})
        assert refused.value.code == "setting.range"

    @given(
        st.lists(st.tuples(st.sampled_from(STANDINGS), st.integers(-5, 400)), max_size=8), st.integers(1, 40)
    )
    def test_a_later_day_never_reminds_of_less(self, told, later):
        states = [NeedState(at, standing, ago(days)) for at, (standing, days) in enumerate(told)]
        now = {one.state.key: one.round for one in needs_due(states, until=TODAY)}
        then = {one.state.key: one.round for one in needs_due(states, until=TODAY + dt.timedelta(days=later))}
        assert all(then[key] >= rounds for key, rounds in now.items())


def test_no_way_leads_past_the_customers_own_word_to_a_proposal():
    assert [now for now, then in NEXT.items() if "proposed" in then] == ["explicit"]
    assert set(NEXT) == set(STANDINGS)


class TestSingleVoice:
    def test_one_person_three_times_is_one_voice(self):
        assert is_single_voice([7, 7, 7])
        assert not is_single_voice([7, 8])

    def test_nobody_known_confirms_nothing(self):
        assert is_single_voice([])
        assert is_single_voice([7, None, None])
