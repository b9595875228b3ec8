"""How complete is a file?"""

import csv
import io
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyaccount.errors import SettingError
from keyaccount.know.completeness import PARTS, completeness, mean_score

WORKED = tomllib.loads(
    (Path(__file__).parents[3] / "docs/worked/completeness.toml").read_text(encoding="utf-8")
)


def read(text):
    return list(csv.DictReader(io.StringIO(text.strip())))


class TestCompleteness:
    def test_the_worked_example(self):
        weights = {row["part"]: int(row["weight"]) for row in read(WORKED["parts"])}
        filled = [(row["account"], row["parts"].split()) for row in read(WORKED["filled"])]
        told = [f"{one.key},{one.score:g},{' '.join(one.missing)}" for one in completeness(filled, weights)]
        assert "\n".join(told) == WORKED["expected"].strip()

    def test_says_what_is_missing_in_both_languages(self):
        (nothing,) = completeness([("A", [])])
        assert (nothing.score, len(nothing.missing)) == (0, len(PARTS))
        assert all(reason.text(lang) for reason in nothing.reasons for lang in ("zh", "en"))

    def test_of_nobody_is_nothing(self):
        assert completeness([]) == []
        assert mean_score([]) is None

    @pytest.mark.parametrize("weights", [{}, {"need": 0}, {"need": -1, "rival": 2}])
    def test_refuses_weights_that_say_nothing(self, weights):
        with pytest.raises(SettingError) as refused:
            completeness([], weights)
        assert refused.value.code == "setting.range"

    @given(st.sets(st.sampled_from(sorted(PARTS))), st.sampled_from(sorted(PARTS)))
    def test_one_more_part_never_lowers_the_score(self, parts, more):
        (before,), (after,) = completeness([("A", parts)]), completeness([("A", parts | {more})])
        assert 0 <= before.score <= after.score <= 1
        assert set(before.missing) == set(PARTS) - parts
