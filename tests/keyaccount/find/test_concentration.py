"""Which few accounts carry the business?"""

from decimal import Decimal

import pyarrow as pa
import pytest

from keyaccount.errors import SettingError
from keyaccount.find.concentration import concentration, concentration_accounts, curve, ranked
from keyaccount.find.exact import TOTAL_TYPE
from keyaccount.find.settings import FindSettings
from keyaccount.language import knows


def accounts(**amounts):
    columns = {
        "account_id": list(amounts),
        "sales": [None if one is None else Decimal(str(one)) for one in amounts.values()],
    }
    return pa.table(columns, schema=pa.schema({"account_id": pa.string(), "sales": TOTAL_TYPE}))


def rank(share="0.8", **amounts):
    placed = ranked(accounts(**amounts), "sales", share=Decimal(share))
    return {row["account_id"]: row for row in placed.to_pylist()}


def figures(top_share="0.2", **amounts):
    placed = ranked(accounts(**amounts), "sales", share=Decimal("0.8"))
    return concentration(placed, "sales", top_share=Decimal(top_share))[0]


def members(placed):
    return [
        account
        for account, row in sorted(placed.items(), key=lambda item: item[1]["rank"] or 99)
        if row["in_set"]
    ]


class TestRanked:
    def test_marks_the_account_that_crosses_the_line(self):
        # 60 + 30 = 90 of 100: B crosses 0.80, C begins above it.
        assert members(rank(A=60, B=30, C=10)) == ["A", "B"]

    def test_leaves_out_the_account_that_begins_exactly_at_the_line(self):
        # 80 of 100 is exactly 0.8 × 100, to the last digit.
        assert members(rank(A=80, B=15, C=5)) == ["A"]
        assert members(rank(A="79.9999", B="15.0001", C=5)) == ["A", "B"]

    def test_is_exact_to_the_fourth_decimal_of_large_sums(self):
        # 8 × 10^13 + 0.0001 against 0.8 × (10^14 + …): in float64 the ten-thousandth is lost.
        assert members(rank(A="80000000000000.0000", B="19999999999999.9999", C="0.0002")) == ["A", "B"]
        assert members(rank(A="80000000000000.0001", B="19999999999999.9999", C="0.0001")) == ["A"]

    def test_breaks_ties_by_code_point_of_the_id(self):
        placed = rank(share="0.5", b=10, B=10, a=10, 乙=10)
        assert [row["account_id"] for row in sorted(placed.values(), key=lambda row: row["rank"])] == [
            "B",
            "a",
            "b",
            "乙",
        ]

    def test_counts_negatives_in_the_total_but_never_in_the_set(self):
        # Total 100 + 20 − 20 = 100; before B 100 ≥ 80.
        placed = rank(A=100, B=20, C=-20)
        assert members(placed) == ["A"]
        assert placed["B"]["running_share"] == pytest.approx(1.2)
        assert placed["C"]["running_share"] == pytest.approx(1.0)

    def test_takes_everybody_above_zero_at_share_one(self):
        assert members(rank(share="1", A=3, B=2, C=0)) == ["A", "B"]

    def test_gives_an_unknown_amount_no_rank(self):
        placed = rank(A=5, B=None)
        assert (placed["B"]["rank"], placed["B"]["running_share"], placed["B"]["in_set"]) == (
            None,
            None,
            False,
        )

    def test_ranks_sums_that_64_bits_cannot_hold(self):
        # 3 × 10^33 of 4 × 10^33: before B 0.75 < 0.80, and 0.0001 more at A would not change it.
        large = 10**33
        placed = rank(A=3 * large, B=large, C=1)
        assert members(placed) == ["A", "B"]
        assert placed["B"]["running"] == 4 * large

    def test_ranks_ties_among_others_by_id_in_whatever_order_they_come(self):
        placed = rank(share="1", c=10, z=30, a=10, y=20, b=10, x=20)
        assert members(placed) == ["z", "x", "y", "a", "b", "c"]

    def test_gives_one_account_all(self):
        assert rank(A=5)["A"]["share_of_total"] == 1.0


class TestConcentration:
    def test_counts_the_top_fifth_upwards(self):
        # ceil(0.2 × 6) = 2 accounts with 50 + 20 = 70 of 100.
        told = figures(A=50, B=20, C=10, D=10, E=5, F=5)
        assert (told["top_accounts"], told["top_amount_share"]) == (2, 0.7)

    def test_counts_the_top_fifth_of_fifteen_as_three(self):
        # 0.2 × 15 is 3.0000000000000004 in floating point.
        assert figures(**{f"A{at:02}": 1 for at in range(15)})["top_accounts"] == 3

    def test_gives_gini_as_published(self):
        # Incomes 1, 2, 3, 4, 5: G = 4/15 (any textbook; Σ|xi − xj| ÷ 2n²x̄ = 40 ÷ 150).
        assert figures(A=1, B=2, C=3, D=4, E=5)["gini"] == pytest.approx(4 / 15)

    def test_gives_equals_a_gini_of_zero(self):
        assert figures(A=7, B=7, C=7)["gini"] == pytest.approx(0, abs=1e-12)

    def test_leaves_accounts_at_or_below_zero_out_of_gini(self):
        told = figures(A=1, B=2, C=3, D=4, E=5, F=0, G=-3)
        assert (told["gini"], told["positive_accounts"], told["accounts"]) == (pytest.approx(4 / 15), 5, 7)

    def test_gives_the_accounts_behind_it(self):
        placed = ranked(accounts(A=60, B=30, C=10), "sales", share=Decimal("0.8"))
        told = concentration(placed, "sales", top_share=Decimal("0.2"))[0]
        behind = concentration_accounts(placed).to_pylist()
        assert len(behind) == told["set_size"] == 2
        assert sum(row["sales"] for row in behind) == told["set_amount"] == 90

    def test_ranks_each_region_by_itself(self):
        sums = pa.table(
            {
                "account_id": ["A", "B", "A"],
                "region": ["东", "东", "西"],
                "sales": pa.array([Decimal(90), Decimal(10), Decimal(1)], TOTAL_TYPE),
            }
        )
        placed = ranked(sums, "sales", share=Decimal("0.8"), within=["region"])
        told = concentration(placed, "sales", top_share=Decimal("0.2"), within=["region"])
        assert {row["region"]: (row["accounts"], row["set_size"]) for row in told} == {
            "东": (2, 1),
            "西": (1, 1),
        }


class TestCurve:
    def test_ends_at_one(self):
        placed = ranked(accounts(A=60, B=30, C=10), "sales", share=Decimal("0.8"))
        points = curve(placed, "sales").to_pylist()
        assert [round(point["running_share"], 9) for point in points] == [0.6, 0.9, 1.0]
        assert points[-1]["accounts_share"] == 1

    def test_has_at_most_about_a_thousand_points_and_the_last(self):
        many = accounts(**{f"A{at:05}": at + 1 for at in range(25_000)})
        points = curve(ranked(many, "sales", share=Decimal("0.8")), "sales").to_pylist()
        assert 1000 <= len(points) <= 1002
        assert (points[0]["rank"], points[-1]["rank"]) == (1, 25_000)


class TestFindSettings:
    def test_are_all_explained_in_both_languages(self):
        assert [name for name in FindSettings.__dataclass_fields__ if not knows(f"setting_of.{name}")] == []

    @pytest.mark.parametrize("share", ["0", "-0.1", "1.01"])
    def test_refuses_a_share_outside_its_range(self, share):
        with pytest.raises(SettingError) as caught:
            FindSettings(share=Decimal(share))
        assert caught.value.code == "setting.range"

    def test_refuses_a_basis_that_is_none(self):
        with pytest.raises(SettingError) as caught:
            FindSettings(basis="turnover")
        assert caught.value.code == "setting.choice"

    @pytest.mark.parametrize(
        "name",
        ["one_time_days", "big_ticket_days", "history_days", "department_from", "accounts_per_manager"],
    )
    def test_refuses_a_negative_number(self, name):
        with pytest.raises(SettingError):
            FindSettings(**{name: -1})
