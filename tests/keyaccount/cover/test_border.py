"""Who is near the line, how are they served, and what did a trial do? By hand, and with effects planted (C4)."""

import csv
import io
import random
import tomllib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyaccount.cover.border import (
    GROUPS,
    BorderError,
    BorderSettings,
    Served,
    Unit,
    _student,
    border_group,
    served_by_group,
    trial_effect,
)
from keyaccount.cover.tiers import Tier, TierSettings
from keyaccount.errors import SettingError

from ..data import ROOT

WORKED = tomllib.loads((ROOT / "docs" / "worked" / "border.toml").read_text(encoding="utf-8"))


def amount(text):
    return Decimal(text) if text else None


def test_the_worked_example():
    rows = csv.DictReader(io.StringIO(WORKED["served"].strip()))
    accounts = [
        Served(group, int(row["touches"]), Decimal(row["sales"]), Decimal(row["sales_before"]), amount(row["list_amount"]), amount(row["net_amount"]))
        for row in rows
        if (group := border_group(Decimal(row["monthly_spend"])))
    ]  # fmt: skip
    told = served_by_group(accounts)
    expected = list(csv.DictReader(io.StringIO(WORKED["expected"].strip()), WORKED["columns"]))
    assert [one.group for one in told] == [row["group"] for row in expected] == list(GROUPS)
    for one, row in zip(told, expected, strict=True):
        assert one.accounts == int(row["accounts"])
        for name in ("touches", "with_discount", "depth", "growth"):
            assert getattr(one, name) == pytest.approx(float(row[name]), abs=1e-6), (one.group, name)
        assert one.complaints is None


class TestGroups:
    @given(st.decimals(0, 200_000, places=2))
    def test_every_spend_is_in_one_or_far(self, spend):
        inside = 1_500 <= spend < 10_000
        assert (border_group(spend) is not None) == inside

    def test_without_lines_further_out_there_is_no_end(self):
        tiers = TierSettings(
            (Tier("key", "key_account", Decimal(3000)), Tier("rest", "business", Decimal(0)))
        )
        assert border_group(Decimal(10**9), tiers) == "tier_above"
        assert border_group(Decimal(0), tiers) == "tier_below"

    def test_an_empty_group_says_nothing(self):
        (first, *_) = served_by_group([])
        assert (first.accounts, first.touches, first.growth, first.depth) == (0, None, None, None)

    def test_a_width_that_cannot_be_is_refused(self):
        with pytest.raises(SettingError):
            BorderSettings(Decimal(1))


def stays(_chance, _is_treated):
    return False


def units(effect, *, treated=40, others=200, seed=1, left=stays):
    chance = random.Random(seed)  # noqa: S311 - invented rows
    found = []
    for n in range(treated + others):
        is_treated = n < treated
        spend = chance.uniform(2400, 3600)
        # Everybody's spend changes with its growth; those of a trial by the planted effect, too.
        growth = chance.gauss(0, 0.2)
        after = spend * (1 + growth / 2) + chance.gauss(0, 50) + (effect if is_treated else 0)
        found.append(Unit(n, is_treated, spend, growth, "A", spend, after, left(chance, is_treated)))
    return found


class TestTrials:
    def test_find_an_effect_that_was_planted(self):
        told = [trial_effect(units(300, treated=12, others=60, seed=seed)) for seed in range(40)]
        assert all(one.is_clear for one in told)
        # Of 200 seeds 93% hold it; like accounts that stand beside several cost a little.
        assert sum(one.spend_low <= 300 <= one.spend_high for one in told) >= 32

    @pytest.mark.parametrize(("treated", "others"), [(20, 12), (40, 40), (20, 200)])
    def test_say_nothing_clear_of_one_that_was_not(self, treated, others):
        # However often the same like accounts stand beside the trial's: one in twenty is expected.
        told = [trial_effect(units(0, treated=treated, others=others, seed=seed)) for seed in range(60)]
        assert sum(one.is_clear for one in told) <= 6

    def test_tell_churn_as_a_share(self):
        told = trial_effect(
            units(0, left=lambda chance, is_treated: chance.random() < (0.05 if is_treated else 0.4))
        )
        assert told.churn_high < 0
        assert told.churn == pytest.approx(-0.35, abs=0.12)

    def test_by_hand(self):
        treated = [Unit(f"T{n}", True, 3000, 0, "A", 100, 130, left=False) for n in range(5)]
        # Like: the three that spend 3,000; the other two are far off and change a lot.
        near = [Unit(f"N{n}", False, 3000, 0, "A", 100, 110, left=n == 0) for n in range(3)]
        odd = [Unit(f"O{n}", False, 3000 + 5 * n, 0.01, "A", 100, 110, left=True) for n in range(2)]
        treated[0] = Unit("T0", True, 3003, 0.01, "A", 100, 130, left=False)
        told = trial_effect([*treated, *near, *odd])
        assert set(told.pairs["T1"]) == {"N0", "N1", "N2"}
        assert {"O0", "O1"} < set(told.pairs["T0"])
        assert told.spend == pytest.approx(20)
        assert (told.spend_low, told.spend_high) == (pytest.approx(20), pytest.approx(20))
        # Four stand beside one that left in three, one beside two or three that did.
        assert told.churn < 0

    def test_hold_who_had_left_before_against_who_left_after(self):
        """Two of ten had left before the start and came back; of those like them one in five was gone before and is after."""
        treated = [
            Unit(f"T{n}", True, 3000, 0, "A", 100, 130, left=False, had_left=n < 2, touches_after=2.0)
            for n in range(10)
        ]
        like = [
            Unit(f"C{n}", False, 3000, 0, "A", 90, 110, left=n == 0, had_left=n == 0, touches_before=0.5)
            for n in range(5)
        ]
        told = trial_effect([*treated, *like])
        assert told.churn == pytest.approx(-0.2)
        assert (told.of_trial.left_before, told.of_trial.left_after) == (0.2, 0)
        assert told.of_like.left_before == told.of_like.left_after == pytest.approx(0.2, abs=0.07)
        assert (told.of_trial.spend_before, told.of_trial.spend_after) == (100, 130)
        assert (told.of_like.spend_before, told.of_like.spend_after) == (90, 110)
        assert told.spend == pytest.approx(told.of_trial.spend_after - 100 - (told.of_like.spend_after - 90))
        assert (told.of_trial.touches_after, told.of_like.touches_before) == (2, 0.5)

    def test_of_few_accounts_say_nothing(self):
        with pytest.raises(BorderError) as refused:
            trial_effect(units(300, treated=4))
        assert refused.value.code == "border.too_few"

    def test_leave_out_and_count_those_that_nobody_is_like(self):
        lonely = [Unit(f"L{n}", True, 3000, 0, "alone", 1, 2, left=False) for n in range(3)]
        told = trial_effect([*lonely, *units(300)])
        assert (told.unlike, told.treated) == (3, 40)

    def test_students_points_are_the_published_ones(self):
        published = {4: 2.776, 5: 2.571, 9: 2.262, 29: 2.045, 120: 1.980}
        assert all(abs(_student(freedom) - point) < 0.01 for freedom, point in published.items())
