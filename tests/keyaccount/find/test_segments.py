"""How does the business part by region, industry and channel? (F1)"""

import csv
import datetime as dt
from collections import defaultdict
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from keyaccount.find.account_years import periods_ending
from keyaccount.find.key_accounts import find_key_accounts
from keyaccount.find.segments import (
    SEGMENT_FIELDS,
    account_segments,
    segment_accounts,
    segment_lines,
    segments,
)
from keyaccount.find.settings import FindSettings
from keyaccount.find.three_years import year_accounts
from keyaccount.ledger.read import read_ledger
from keyaccount.ledger.rollup import Condensed, account_names, rollup
from keyaccount.ledger.sources import ReadOptions
from keyaccount.tables import TableError

from ..data import shared
from .ledgers import line, monthly, table

UNTIL = dt.date(2025, 12, 31)
SETTINGS = FindSettings(until=UNTIL)
LINES = [
    *monthly("a", 2025, 10, region="东", cost=4),
    *monthly("a", 2024, 5, region="东", cost=4),
    line("a", "2025-03-01", 30, region="西", cost=None),
    *monthly("b", 2025, 7, region="西", cost=9),
    line("c", "2025-05-05", 6, region=None, cost=1),
    line("d", "2024-05-05", 50, region="西", cost=1),
]


def found(lines, **told):
    return find_key_accounts(table(lines), settings=SETTINGS, segments=SEGMENT_FIELDS, **told)


def by_name(rows):
    return {row["segment"]: row for row in rows.to_pylist()}


class TestSegments:
    def test_part_sales_profit_and_the_year_before(self):
        told = by_name(found(LINES).segments["region"])
        assert (told["东"]["sales"], told["东"]["sales_year_before"], told["东"]["profit"]) == (120, 60, 72)
        # What `a` earns in the west is not known; what `d` bought there the year before counts without it.
        assert (told["西"]["sales"], told["西"]["accounts"], told["西"]["profit"]) == (114, 2, -24)
        assert (told["西"]["sales_year_before"], told["西"]["profit_accounts"]) == (50, 1)
        assert (told[None]["sales"], told[None]["profit"]) == (6, 5)

    def test_have_shares_of_one_in_all(self):
        told = found(LINES).segments["region"].to_pylist()
        assert sum(row["sales_share"] for row in told) == pytest.approx(1)
        assert sum(row["profit_share"] for row in told) == pytest.approx(1)
        assert [row["sales"] for row in told] == sorted((row["sales"] for row in told), reverse=True)

    def test_are_those_that_the_ledger_has(self):
        assert list(found(LINES).segments) == ["region"]
        assert found([line("a", "2025-01-01", 5)]).segments == {}

    def test_of_groups_count_members_as_one(self):
        groups = pa.table({"account_id": ["b"], "parent_id": ["a"]})
        told = by_name(found(LINES, groups=groups).segments["region"])
        assert (told["西"]["accounts"], told["西"]["sales"], told["西"]["top_amount_share"]) == (1, 114, 1)

    def test_of_merged_accounts_count_them_as_one(self):
        merged = pa.table({"account_id": ["b"], "into_id": ["a"]})
        assert by_name(found(LINES, merged=merged).segments["region"])["西"]["accounts"] == 1

    def test_of_returns_alone_have_a_share_below_nothing_and_no_set(self):
        rows = found([line("a", "2025-01-01", -5, region="东"), line("b", "2025-01-01", 11, region="西")])
        told = by_name(rows.segments["region"])["东"]
        assert (told["sales_share"], told["set_size"], told["gini"]) == (pytest.approx(-5 / 6), 0, None)

    def test_that_make_nothing_together_have_no_shares(self):
        rows = found([line("a", "2025-01-01", 5, region="东"), line("b", "2025-01-01", 4, region="西")])
        returned = rows.segment_rows["region"].to_pylist()
        returned[0]["sales"] = Decimal(-9)
        told = segments(pa.Table.from_pylist(returned, schema=rows.segment_rows["region"].schema), SETTINGS)
        assert told["sales_share"].to_pylist() == [None, None]

    def test_of_no_rows_are_none(self):
        rows = found([line("a", "2025-01-01", 5, region="东")]).segment_rows["region"]
        assert segments(rows.slice(0, 0), SETTINGS).num_rows == 0

    def test_of_a_rollup_without_lines_say_what_is_missing(self):
        lines = table([line("a", "2025-01-01", 5, region="东")])
        kept = Condensed(rollup(lines), account_names(lines), frozenset({"region", "industry"}))
        with pytest.raises(TableError, match="industry"):
            find_key_accounts(kept, settings=SETTINGS, segments=["industry"])


class TestByRecords:
    def test_each_account_stands_in_one_place(self):
        result = found(
            [*monthly("a", 2025, 10, cost=4), line("b", "2024-05-01", 7), line("c", "2025-05-01", 3)]
        )
        rows = account_segments(result.year_accounts, {"a": "东", "b": "东"})
        told = by_name(segments(rows, SETTINGS))
        assert (told["东"]["sales"], told["东"]["sales_year_before"], told["东"]["accounts"]) == (120, 7, 1)
        assert (told["东"]["profit"], told[None]["sales"], told[None]["profit"]) == (72, 3, None)


class TestTheRecordsBehind:
    def test_sum_to_each_segment(self):
        result = found(LINES)
        lines = table(LINES)
        for row in result.segments["region"].to_pylist():
            behind = segment_accounts(result.segment_rows["region"], row["segment"])
            assert pc.sum(behind["sales"]).as_py() == row["sales"]
            assert len(behind) == row["accounts"]
            own = segment_lines(lines, "region", row["segment"], periods_ending(UNTIL).year)
            assert own.net_amount.sum().to_pyarrow().as_py() == row["sales"]


class TestTheYears:
    def test_have_the_accounts_behind_them(self):
        result = found(LINES)
        for number, year in enumerate(result.years):
            behind = year_accounts(result.year_accounts, number)
            assert len(behind) == year.accounts
            assert (pc.sum(behind[f"sales_{number}"]).as_py() or 0) == year.sales
            assert (pc.sum(behind[f"in_set_{number}"]).as_py() or 0) == year.set_size
            ranks = behind[f"rank_{number}"].to_pylist()
            assert ranks == list(range(1, len(behind) + 1))

    def test_of_the_newest_stand_as_in_the_list(self):
        result = found(LINES)
        ours = {row["account_id"]: row for row in result.year_accounts.to_pylist()}
        for row in result.accounts.to_pylist():
            year = ours[row["account_id"]]
            assert (year["sales_0"], year["profit_0"], year["rank_0"], year["in_set_0"]) == (
                row["sales"], row["profit"], row["sales_rank"], row["in_set"],
            )  # fmt: skip

    def test_have_their_gini(self):
        result = found([*monthly("a", 2024, 1), *monthly("b", 2024, 1), line("a", "2025-01-01", 3)])
        assert [year.gini for year in result.years] == [0, 0, None]
        assert result.summary.gini == result.years[0].gini

    def test_by_profit_leave_the_unjudged_without_rank(self):
        lines = [line("a", "2025-01-01", 3, cost=1), line("b", "2025-01-01", 9, cost=None)]
        result = find_key_accounts(table(lines), settings=FindSettings(until=UNTIL, basis="profit"))
        ranks = {row["account_id"]: row["rank_0"] for row in result.year_accounts.to_pylist()}
        assert ranks == {"a": 1, "b": None}
        assert result.years[0].profit == Decimal(2)


class TestOnRealData:
    def test_regions_and_whale_curve_are_those_summed_by_hand(self):
        file = shared("superstore_2022/Sample - Superstore.csv")
        with file.open(encoding="utf-8-sig", errors="replace") as stream:
            sold = [row for row in csv.DictReader(stream) if row["Order Date"].endswith("22")]
        earned, regions = defaultdict(Decimal), defaultdict(lambda: [set(), Decimal(0), Decimal(0)])
        for row in sold:
            sales, profit = (Decimal(row[name]).quantize(Decimal("0.0001")) for name in ("Sales", "Profit"))
            earned[row["Customer ID"]] += profit
            region = regions[row["Region"]]
            region[0].add(row["Customer ID"])
            region[1] += sales
            region[2] += profit
        lines = read_ledger(file, options=ReadOptions(columns={"date": "Order Date"})).lines
        result = find_key_accounts(lines, settings=FindSettings(until=dt.date(2022, 12, 31)))
        told = by_name(result.segments["region"])
        assert {name: (row["accounts"], row["sales"], row["profit"]) for name, row in told.items()} == {
            name: (len(one[0]), one[1], one[2]) for name, one in regions.items()
        }
        assert result.whale.tail_accounts == sum(one < 0 for one in earned.values()) > 100
        assert result.whale.peak == sum(one for one in earned.values() if one > 0)
        assert result.whale.profit == sum(earned.values())
