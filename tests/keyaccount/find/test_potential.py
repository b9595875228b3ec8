"""Who grows towards the line? The worked example, and what must hold whatever the months."""

import csv
import datetime as dt
import io
import math
import statistics
import tomllib
from collections import Counter
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from keyaccount.errors import SettingError
from keyaccount.find.key_accounts import find_key_accounts
from keyaccount.find.potential import (
    MONTHS,
    PotentialSettings,
    find_potential,
    month_periods,
    monthly_profit,
    monthly_sales,
    potential,
    potential_months,
    reasons_of,
)
from keyaccount.find.settings import FindSettings
from keyaccount.ledger.rollup import measured
from keyaccount.periods import Period

from ..data import ROOT
from .ledgers import line, monthly, table

WORKED = tomllib.loads((ROOT / "docs" / "worked" / "potential.toml").read_text(encoding="utf-8"))
UNTIL = dt.date(2025, 12, 31)
RISING = tuple(range(10, 34))


def months_of(**sales):
    """Account → 24 months, as `monthly_sales` gives them."""
    money = pa.decimal128(38, 4)
    columns = {
        f"sales_{at}": pa.array([Decimal(str(one[at])) for one in sales.values()], money)
        for at in range(MONTHS)
    }
    return pa.table({"account_id": pa.array(list(sales), pa.string()), **columns})


def listed(line=400, outside=(), settings=None, **sales):
    return potential(months_of(**sales), line=Decimal(line), outside=outside, settings=settings).to_pylist()


class TestTheWorkedExample:
    def test_gives_what_its_page_says(self):
        given_rows = list(csv.DictReader(io.StringIO(WORKED["months"].strip())))
        sales = {}
        for row in given_rows:
            sales.setdefault(row.pop("account_id"), []).extend(
                value for name, value in row.items() if name != "year"
            )
        expected = list(
            csv.DictReader(io.StringIO(",".join(WORKED["columns"]) + "\n" + WORKED["expected"].strip()))
        )
        found = listed(line=WORKED["line"], **sales)
        assert [row["account_id"] for row in found] == [row["account_id"] for row in expected]
        for ours, theirs in zip(found, expected, strict=True):
            for name in WORKED["columns"][1:]:
                assert float(ours[name]) == float(theirs[name]), (ours["account_id"], name)
        assert len(found) == WORKED["summary"]["accounts"]


class TestPotential:
    def test_is_as_sure_as_mann_and_kendall_say(self):
        (row,) = listed(R=RISING)
        z = (276 - 1) / math.sqrt(24 * 23 * 53 / 18)
        assert row["trend_p"] == pytest.approx(0.5 * math.erfc(z / math.sqrt(2)))

    def test_counts_ties_in_the_variance(self):
        sales = (*range(1, 10), *[10] * 6, *range(11, 20))  # six equal months: 6 × 5 × 17 = 510 less
        (row,) = listed(line=200, R=sales)
        # Pairs that rise: all 276 but the 15 among the six.
        z = (261 - 1) / math.sqrt((24 * 23 * 53 - 510) / 18)
        assert row["trend_p"] == pytest.approx(0.5 * math.erfc(z / math.sqrt(2)))

    def test_leaves_out_who_is_in_the_set_or_above_the_line(self):
        assert [row["account_id"] for row in listed(R=RISING, Q=RISING, outside=["Q"])] == ["R"]
        assert listed(line=330, R=RISING) == []  # 330 is reached, not below
        assert len(listed(line="330.0001", R=RISING)) == 1

    def test_leaves_out_who_comes_too_late_or_is_not_sure(self):
        assert listed(line=10_000, R=RISING) == []
        # (10,000 ÷ 12 − 33) + 5.5 = 805.8: even 60 months are too few; 690 ÷ 12 = 57.5 → 30 months.
        late = PotentialSettings(within_months=30)
        assert [row["months_to_line"] for row in listed(line=690, settings=late, R=RISING)] == [30]
        assert listed(line=690, R=RISING) == []
        wild = tuple(10 + (at * 7919 % 13) for at in range(MONTHS))
        assert listed(R=wild) == []

    def test_needs_enough_months(self):
        sales = (*[0] * 19, 10, 20, 30, 40, 50)
        assert listed(R=sales) == []
        # 5 months, S = 10, variance 5 × 4 × 15 ÷ 18 = 16.7: z = 9 ÷ 4.08 = 2.2, sure enough. (33.3 − 50) ÷ 10 + 5.5 = 3.8.
        (row,) = listed(R=sales, settings=PotentialSettings(active_months=5))
        assert row["months_to_line"] == 4
        assert row["trend_p"] == pytest.approx(0.5 * math.erfc(9 / math.sqrt(300 / 18) / math.sqrt(2)))

    def test_stands_by_months_then_sales_then_account(self):
        twice = tuple(2 * one for one in RISING)  # level 66, trend 2
        rows = listed(line=700, B=RISING, A=RISING, T=twice, settings=PotentialSettings(within_months=60))
        # T: (58.33 − 66) ÷ 2 + 5.5 = 1.67 → 2; A and B: 58.33 − 33 + 5.5 = 30.8 → 31.
        assert [(row["account_id"], row["months_to_line"]) for row in rows] == [
            ("T", 2),
            ("A", 31),
            ("B", 31),
        ]

    def test_of_nobody_is_nobody(self):
        assert potential(months_of(), line=Decimal(1)).num_rows == 0

    @pytest.mark.parametrize(
        "wrong", [{"confidence": 0.5}, {"confidence": 1}, {"within_months": 0}, {"active_months": 25}]
    )
    def test_refuses_settings_out_of_range(self, wrong):
        with pytest.raises(SettingError) as raised:
            PotentialSettings(**wrong)
        assert raised.value.code == "setting.range"

    def test_refuses_a_line_of_nothing(self):
        with pytest.raises(SettingError):
            listed(line=0, R=RISING)

    @hypothesis_settings(deadline=None, max_examples=60)
    @given(
        st.lists(st.integers(-6, 6), min_size=MONTHS, max_size=MONTHS),
        st.integers(-1, 4),
        st.integers(100, 2000),
        st.integers(0, 14),
    )
    def test_says_what_the_definition_says(self, noise, slope, line, began):
        """Against the rule written out pair by pair."""
        sales = [0 if at < began else 10 + slope * at // 2 + one for at, one in enumerate(noise)]
        began = next(at for at, one in enumerate(sales) if one)
        n = MONTHS - began
        pairs = [(i, j) for i in range(began, MONTHS) for j in range(i + 1, MONTHS)]
        trend = statistics.median((sales[j] - sales[i]) / (j - i) for i, j in pairs)
        level = (
            statistics.median(one - trend * at for at, one in enumerate(sales) if at >= began) + trend * 23
        )
        score = sum((sales[j] > sales[i]) - (sales[j] < sales[i]) for i, j in pairs)
        ties = sum(t * (t - 1) * (2 * t + 5) for t in Counter(sales[began:]).values())
        p = 1.0
        if score > 0:
            p = 0.5 * math.erfc(
                (score - 1) / math.sqrt((n * (n - 1) * (2 * n + 5) - ties) / 18) / math.sqrt(2)
            )
        year, before = sales[12:], sales[:12]
        reached = next((h for h in range(1, 25) if 12 * (level + trend * (h - 5.5)) >= line - 1e-9), None)
        is_listed = (
            sum(year) < line
            and sum(one > 0 for one in sales) >= 6
            and sum(year) - max(0, *year) > sum(before) - max(0, *before)
            and trend > 0
            and p <= 0.05
            and reached is not None
        )
        rows = listed(line=line, R=sales)
        assert len(rows) == is_listed
        for row in rows:
            assert row["months_to_line"] == reached
            assert float(row["trend"]) == pytest.approx(trend, abs=0.51)  # to the unit
            assert float(row["level"]) == pytest.approx(level, abs=0.51)
            assert row["trend_p"] == pytest.approx(p)

    @hypothesis_settings(deadline=None, max_examples=60)
    @given(st.integers(12, MONTHS - 1), st.integers(1, 69))
    def test_is_not_moved_by_one_big_ticket(self, at, ticket):
        """R stays below the line with it: 330 + 69 < 400."""
        (plain,) = listed(R=RISING)
        with_ticket = [one + (ticket if month == at else 0) for month, one in enumerate(RISING)]
        (moved,) = listed(R=with_ticket)
        assert moved["months_to_line"] == plain["months_to_line"]
        assert moved["trend"] == 1


class TestMonthlySales:
    def test_sums_by_account_and_month(self):
        lines = [
            *monthly("A", 2024, 10),
            *monthly("A", 2025, 20),
            line("A", "2025-12-31", -5),
            line("B", "2024-01-01", 7),
        ]
        rows = {row["account_id"]: row for row in monthly_sales(table(lines), until=UNTIL).to_pylist()}
        assert [rows["A"][f"sales_{at}"] for at in range(MONTHS)] == [10] * 12 + [20] * 11 + [15]
        assert [rows["B"][f"sales_{at}"] for at in range(MONTHS)] == [7] + [0] * 23

    def test_leaves_out_other_days_and_lines_without_account(self):
        lines = [
            line("A", "2023-12-31", 1),
            line("A", "2026-01-01", 1),
            line(None, "2025-05-05", 1),
            line("A", "2025-05-05", 3),
        ]
        (row,) = monthly_sales(table(lines), until=UNTIL).to_pylist()
        assert row["account_id"] == "A"
        assert sum(row[f"sales_{at}"] for at in range(MONTHS)) == 3

    def test_counts_members_as_their_group(self):
        lines = [line("A", "2025-05-05", 3), line("B", "2025-05-06", 4)]
        tops = {"A": "G", "B": "G"}
        (row,) = monthly_sales(table(lines), until=UNTIL, tops=tops).to_pylist()
        assert (row["account_id"], row["sales_16"]) == ("G", 7)
        behind = potential_months(table(lines), "G", until=UNTIL, tops=tops)
        month = {"first": dt.date(2025, 5, 1), "last": dt.date(2025, 5, 31)}
        assert behind[16] == {**month, "sales": 7, "profit": None}
        assert sum(one["sales"] for one in behind) == 7

    def test_of_a_day_within_a_month_counts_months_from_there(self):
        periods = month_periods(dt.date(2025, 3, 15))
        assert periods[-1] == Period(dt.date(2025, 2, 16), dt.date(2025, 3, 15))
        assert periods[0].begin == dt.date(2023, 3, 16)
        assert len(periods) == MONTHS

    def test_of_a_leap_day_ends_each_month(self):
        assert month_periods(dt.date(2024, 2, 29))[-2] == Period(dt.date(2024, 1, 1), dt.date(2024, 1, 31))


class TestByProfit:
    """R sells 200 a month, and earns 10, 11, … 33 of it; H earns 300 a month and is the set; N sells as R does, costs unknown."""

    LINES = (
        *(
            line("R", f"{2024 + at // 12}-{at % 12 + 1:02}-15", 200, cost=200 - earned)
            for at, earned in enumerate(RISING)
        ),
        *(one for year in (2024, 2025) for one in monthly("H", year, 5000, cost=4700)),
        *(one for year in (2024, 2025) for one in monthly("N", year, 200, cost=None)),
        line("H", "2023-12-20", 1, cost=1),
    )
    COSTS = pa.table({"account_id": ["R"], "amount": pa.array([Decimal(26)], pa.decimal128(18, 4))})

    def found(self, costs=None):
        lines = table(self.LINES)
        settings = FindSettings(basis="profit", until=UNTIL, share=Decimal("0.8"))
        result = find_key_accounts(lines, cost_to_serve=costs, settings=settings)
        return find_potential(lines, result).to_pylist(), {
            row["account_id"]: row for row in result.accounts.to_pylist()
        }

    def test_grows_towards_the_line_by_what_it_earns(self):
        """22 + … + 33 = 330; (3600 ÷ 12 − 33) + 5.5 = 272.5 months are too many, but for 60: so the line is met by settings alone."""
        rows, accounts = self.found()
        assert rows == []
        assert accounts["H"]["profit"] == 3600
        months = table_of_profit(self.LINES)
        (row,) = potential(months, line=Decimal(400), outside=["H"], measure="profit").to_pylist()
        assert (row["account_id"], row["profit"], row["profit_year_before"], row["months_to_line"]) == (
            "R", 330, 186, 6,
        )  # fmt: skip

    def test_bears_the_cost_to_serve_evenly_and_sums_to_the_profit_of_the_list(self):
        _, accounts = self.found(self.COSTS)
        months = table_of_profit(self.LINES, served={"R": Decimal(26)})
        rows = {row["account_id"]: row for row in months.to_pylist()}
        assert set(rows) == {"H", "R"}
        assert sum(rows["R"][f"profit_{at}"] for at in range(12, MONTHS)) == accounts["R"]["profit"] == 304
        # 26 ÷ 12 = 2.1666…; the last month bears what is left over.
        assert [rows["R"][f"profit_{at}"] for at in (0, 22, 23)] == [
            Decimal("7.8334"), Decimal("29.8334"), Decimal("30.8326"),
        ]  # fmt: skip

    def test_keeps_the_measure_and_both_figures_beside_it(self):
        lines = table([*self.LINES, *monthly("S", 2024, 60, cost=20), *monthly("S", 2025, 60, cost=20)])
        settings = FindSettings(basis="profit", until=UNTIL, share=Decimal("0.92"))
        (row,) = find_potential(lines, find_key_accounts(lines, settings=settings)).to_pylist()
        # The set by profit: H 3600, S 480 (3600 + 480 is above 92% of 4410, so R is not); the line is S's.
        assert (row["account_id"], row["measure"], row["line"]) == ("R", "profit", 480)
        assert (row["sales"], row["sales_year_before"], row["profit"]) == (2400, 2400, 330)
        assert [one.code for one in reasons_of(row, line=row["line"])] == [
            "potential.profit.trend", "potential.profit.year", "potential.line",
        ]  # fmt: skip
        assert reasons_of(row, line=None)[1].text("zh") == "近十二个月利润 330 元，上年同期 186 元"


def table_of_profit(lines, **more):
    return monthly_profit(measured(table(lines)), until=UNTIL, **more)


class TestReasons:
    def test_name_the_line_only_where_it_may_be_seen(self):
        (row,) = listed(R=RISING)
        assert [one.code for one in reasons_of(row, line=None)] == ["potential.trend", "potential.year"]
        told = reasons_of(row, line=Decimal(400))
        assert told[-1].text("zh") == "照此下去约 6 个月后达到入围线 400 元"
        assert "1 元" in told[0].text("zh")
