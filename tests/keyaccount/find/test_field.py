"""How does the list stand against the open field, and does a department pay? (F7, F9)"""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from keyaccount.find.department import department, department_accounts
from keyaccount.find.field import (
    against_field,
    faster_accounts,
    faster_segments,
    field_segment_rows,
    side_accounts,
    yields,
)
from keyaccount.find.key_accounts import find_key_accounts
from keyaccount.find.settings import FindSettings

from .ledgers import line, monthly, table

UNTIL = dt.date(2025, 12, 31)
LINES = [
    *monthly("a", 2024, 100, region="东", cost=50),
    *monthly("a", 2025, 110, region="东", cost=60),
    *monthly("b", 2024, 40, region="西", cost=10),
    *monthly("c", 2024, 10, region="西", cost=5),
    *monthly("c", 2025, 11, region="西", cost=5),
    *monthly("d", 2024, 10, region="东", cost=5),
    *monthly("d", 2025, 30, region="东", cost=5),
    line("e", "2025-06-01", 9, region="西", cost=None),
]


@pytest.fixture(scope="module")
def result():
    return find_key_accounts(table(LINES), settings=FindSettings(until=UNTIL))


class TestYields:
    def test_a_day_is_eight_hours_and_what_was_not_recorded_counts_nowhere(self, result):
        told = against_field(result.year_accounts, ["a"], history=True)
        minutes = pa.table({"account_id": ["a", "x"], "minutes": [960, 480]})
        listed, field = yields(result.year_accounts, ["a"], told, minutes)
        # a sells 12 × 110 = 1320 and earns 12 × 50 = 600 in 960 ÷ 480 = 2 days.
        assert (listed.days, listed.sales, listed.profit) == (2, Decimal("660.00"), Decimal("300.00"))
        assert (field.days, field.sales, field.profit) == (0, None, None)


class TestAgainstTheField:
    def test_the_sides_make_the_whole(self, result):
        for listed in ([], ["a"], ["a", "b", "x"], ["a", "b", "c", "d", "e"]):
            told = against_field(result.year_accounts, listed, history=True)
            assert told.listed.sales + told.field.sales == result.summary.sales
            assert told.listed.sales_year_before + told.field.sales_year_before == result.years[1].sales
            assert told.listed.accounts + told.field.accounts == result.summary.accounts

    def test_who_stays_away_counts_in_the_growth(self, result):
        told = against_field(result.year_accounts, ["b", "c"], history=True).listed
        assert (told.accounts, told.gone_accounts, told.growth) == (1, 1, pytest.approx(132 / 600 - 1))

    def test_an_empty_side_is_nothing_and_not_an_error(self, result):
        told = against_field(result.year_accounts, [], history=True).listed
        assert (told.accounts, told.sales, told.growth, told.profit, told.cost_share) == (
            0,
            0,
            None,
            None,
            None,
        )

    def test_without_the_year_before_growth_is_not_judged(self, result):
        told = against_field(result.year_accounts, ["a"], history=False)
        assert (told.listed.growth, told.field.growth, told.field.new_accounts) == (None, None, 0)
        assert len(faster_accounts(result.year_accounts, ["a"], told.listed)) == 0

    def test_without_any_cost_to_serve_says_so(self, result):
        told = against_field(result.year_accounts, ["a"], history=True, costs_known=False)
        assert (told.listed.cost_to_serve, told.listed.cost_share) == (None, None)

    def test_the_accounts_behind_sum_to_the_side(self, result):
        told = against_field(result.year_accounts, ["a"], history=True)
        for on_list, side in ((True, told.listed), (False, told.field)):
            behind = side_accounts(result.year_accounts, ["a"], on_list=on_list)
            assert pc.sum(behind["sales_0"]).as_py() == side.sales
            assert pc.sum(behind["sales_1"]).as_py() == side.sales_year_before
            assert len(behind) == side.accounts + side.gone_accounts


class TestFaster:
    def test_names_who_grew_more_and_by_how_much(self, result):
        told = against_field(result.year_accounts, ["a"], history=True)
        rows = faster_accounts(result.year_accounts, ["a"], told.listed).to_pylist()
        # The list grew by a tenth; so did c, which is not more.
        assert [(row["account_id"], row["gained"], row["growth"]) for row in rows] == [
            ("d", 240, pytest.approx(2))
        ]

    def test_compares_exactly(self):
        # 0.1 and 0.3 more on the same: the rates differ in the 17th digit only.
        lines = [
            line("a", "2024-01-01", "3"), line("a", "2025-01-01", "3.3"),
            line("b", "2024-01-01", "1000000000"), line("b", "2025-01-01", "1100000000.0001"),
            line("c", "2024-01-01", "1000000000"), line("c", "2025-01-01", "1100000000"),
        ]  # fmt: skip
        accounts = find_key_accounts(table(lines), settings=FindSettings(until=UNTIL)).year_accounts
        told = against_field(accounts, ["a"], history=True)
        assert faster_accounts(accounts, ["a"], told.listed)["account_id"].to_pylist() == ["b"]

    def test_names_the_parts_of_the_field(self, result):
        rows = result.segment_rows["region"]
        told = against_field(result.year_accounts, ["a"], history=True)
        faster = faster_segments(rows, ["a"], told.listed).to_pylist()
        assert [(row["segment"], row["sales"], row["sales_year_before"]) for row in faster] == [
            ("东", 360, 120)
        ]
        behind = field_segment_rows(rows, ["a"])
        assert set(behind["account_id"].to_pylist()) == {"b", "c", "d", "e"}


class TestTheDepartment:
    @pytest.mark.parametrize(
        ("key", "pays", "managers"), [(0, False, 0), (19, False, 2), (20, True, 2), (21, True, 3)]
    )
    def test_pays_from_twenty_on(self, key, pays, managers):
        lines = [one for at in range(key) for one in monthly(f"k{at}", 2025, 100, cost=60)]
        lines += [one for at in range(key) for one in monthly(f"k{at}", 2024, 100, cost=60)]
        # One more that nobody would call key: all of it at once.
        lines += [line("z", "2025-05-05", 40 * max(key, 1), cost=0)]
        result = find_key_accounts(table(lines), settings=FindSettings(until=UNTIL, share=Decimal(1)))
        told = department(
            result.accounts, result.settings, sales=result.summary.sales, profit=result.summary.profit
        )
        assert (told.accounts, told.pays, told.managers) == (key, pays, managers)
        assert (result.summary.department_pays, result.summary.managers) == (pays, managers)
        assert told.sales == 1200 * key
        assert len(department_accounts(result.accounts)) == key
        assert told.profit == (480 * key if key else None)
        assert told.profit_share == (pytest.approx(480 * key / (520 * key)) if key else None)

    def test_without_costs_has_no_profit_at_stake(self):
        result = find_key_accounts(table(monthly("a", 2025, 5)), settings=FindSettings(until=UNTIL))
        told = department(result.accounts, result.settings, sales=result.summary.sales, profit=None)
        assert (told.profit, told.profit_share, told.profit_accounts) == (None, None, 0)
        assert told.sales_share == 1
