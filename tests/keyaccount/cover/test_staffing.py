"""How many managers, and what is one more worth? By hand, against plain Python, at the edges (C5)."""

import csv
import io
import math
import random
import statistics
import tomllib
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyaccount.cover.next_manager import (
    ChurnDifference,
    CoverageSettings,
    churn_difference,
    managers_that_pay,
    next_managers,
)
from keyaccount.cover.staffing import StaffingSettings, back_office, percentile, staffing, with_more
from keyaccount.cover.standards import STANDARDS
from keyaccount.errors import SettingError
from keyaccount.tables import TableError

from ..data import ROOT

WORKED = tomllib.loads((ROOT / "docs" / "worked" / "staffing.toml").read_text(encoding="utf-8"))
KINDS = {
    "complaints": pa.int64(),
    "orders": pa.int64(),
    "employed": pa.decimal128(9, 4),
    "skill": pa.decimal128(9, 4),
    "support": pa.decimal128(9, 4),
    "hours": pa.float64(),
}


def table(text):
    rows = list(csv.DictReader(io.StringIO(text.strip())))
    columns = {}
    for name in rows[0]:
        kind = KINDS.get(name, pa.string())
        to = (
            Decimal
            if pa.types.is_decimal(kind)
            else int
            if kind == pa.int64()
            else float
            if kind == pa.float64()
            else str
        )
        columns[name] = pa.array([to(row[name]) if row[name] else None for row in rows], kind)
    return pa.table(columns)


ACCOUNTS, SERVICE, MANAGERS, MONTHS = (
    table(WORKED[name]) for name in ("accounts", "service", "managers", "branch_months")
)


def shown(value):
    if value is None:
        return ""
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def worked(**more):
    return staffing(ACCOUNTS, MANAGERS, service=SERVICE, months=MONTHS, quotas=WORKED["quotas"], **more)


class TestTheWorkedExample:
    def test_needs_as_many_as_its_page_says(self):
        rows = [
            ",".join(shown(row[name]) for name in WORKED["columns"]) for row in worked().branches.to_pylist()
        ]
        assert rows == WORKED["expected"].strip().splitlines()

    def test_names_what_it_could_not_count(self):
        told = worked().problems
        assert [(one.code, *one.values.values()) for one in told] == [
            ("staffing.no_branch", "E"), ("staffing.no_hours", "m3")
        ]  # fmt: skip
        assert len(told) == WORKED["summary"]["problems"]
        assert all(one.text(lang) for one in told for lang in ("zh", "en"))

    def test_sums_by_tier_hold_those_without_a_branch_too(self):
        told = {row["tier"]: (row["accounts"], row["hours"]) for row in worked().tiers.to_pylist()}
        # crystal: A 8 × 2.5 + 12 ÷ 3 + 16 = 40, C 4 × 2.5 + 4 = 14, E 24
        assert told == {"business_a": (1, 14.0), "crystal": (3, 78.0), "diamond": (1, 89.0)}

    def test_costs_what_is_needed(self):
        told = worked(settings=StaffingSettings(yearly_cost=Decimal(150_000))).branches["cost"].to_pylist()
        assert told == [150_000, 300_000]


def plainly(accounts, managers):
    """Hours and managers in floats and loops; no kinds, no service."""
    minutes = {"visit": 150, "call": 20, "executive": 240}
    a_year = {"month": 12, "quarter": 4, "half_year": 2, "year": 1}
    found = {}
    for branch in {branch for _, branch, _ in accounts}:
        hours = sum(
            one.times * a_year[one.period] * minutes[one.touch] / 60
            for _, its_branch, tier in accounts
            for one in STANDARDS
            if its_branch == branch and one.tier == tier
        )
        own = [employed * skill * support for its, employed, skill, support in managers if its == branch]
        capacity = 1200 * (sum(own) / len(own) if own else 1)
        found[branch] = (round(hours, 6), math.ceil(hours / capacity - 1e-9))
    return found


class TestAgainstPlainPython:
    def test_gives_the_same_hours_and_numbers(self):
        chance = random.Random(3)  # noqa: S311 - invented rows
        tiers = sorted({one.tier for one in STANDARDS})
        accounts = [(f"C{at}", chance.choice("XYZ"), chance.choice(tiers)) for at in range(600)]
        managers = [
            (chance.choice("XY"), chance.choice([0.5, 1]), chance.choice([0.8, 1, 1.2]), 1) for _ in range(12)
        ]
        told = staffing(
            pa.table(
                {
                    "account_id": [one[0] for one in accounts],
                    "branch": [one[1] for one in accounts],
                    "tier": [one[2] for one in accounts],
                    "kind": pa.nulls(600, pa.string()),
                }
            ),
            pa.table(
                {
                    "manager_id": [str(at) for at in range(12)],
                    "branch": [one[0] for one in managers],
                    **{
                        name: [float(one[at]) for one in managers]
                        for at, name in enumerate(("employed", "skill", "support"), 1)
                    },
                }
            ),
        ).branches.to_pylist()
        assert {row["branch"]: (round(row["hours"], 6), row["needed"]) for row in told} == plainly(
            accounts, managers
        )

    @given(st.lists(st.floats(0, 1000), min_size=2, max_size=20))
    def test_percentiles_are_those_of_the_standard_library(self, values):
        told = statistics.quantiles(values, n=20, method="inclusive")[-1]
        assert percentile(values, 0.95) == pytest.approx(told)


class TestScenarios:
    def test_more_accounts_are_spread_as_those_there(self):
        told = with_more(ACCOUNTS, 5, tier="crystal").to_pylist()
        added = [(row["branch"], row["kind"]) for row in told if row["account_id"] is None]
        # three of crystal: two of them in Hangzhou (one transactional), one without a branch; 5 ÷ 3 each
        assert len(added) == 5
        assert {one: added.count(one) for one in set(added)} == {
            (None, None): 2,
            ("杭州", None): 2,
            ("杭州", "transactional"): 1,
        }

    def test_more_accounts_ask_for_the_service_of_those_like_them(self):
        """In Ningbo two of silver with 30 and 0 orders: three more have 15 each, 2.5 hours at 10 minutes."""
        own = pa.table(
            {
                "account_id": ["a", "b", "c"],
                "branch": ["宁波", "宁波", "杭州"],
                "tier": ["silver", "silver", "silver"],
                "kind": pa.nulls(3, pa.string()),
            }
        )
        service = pa.table({"account_id": ["a", "c"], "complaints": [0, 1], "orders": [30, 0]})
        told = staffing(with_more(own, 6), MANAGERS, service=service).branches.to_pylist()
        hours = {row["branch"]: row["service_hours"] for row in told}
        assert (hours["宁波"], hours["杭州"]) == (5 + 4 * 2.5, 3 + 2 * 3)

    @given(st.integers(0, 400))
    def test_as_many_as_asked_are_added_and_never_fewer_hours(self, number):
        more = with_more(ACCOUNTS, number)
        assert len(more) == len(ACCOUNTS) + number
        before, after = (staffing(one, MANAGERS).branches for one in (ACCOUNTS, more))
        assert all(
            b <= a for b, a in zip(before["hours"].to_pylist(), after["hours"].to_pylist(), strict=True)
        )

    def test_none_of_a_tier_cannot_be_more(self):
        with pytest.raises(SettingError) as error:
            with_more(ACCOUNTS, 3, tier="gold")
        assert error.value.code == "staffing.nobody_like"

    def test_what_can_move_to_the_back_office(self):
        rows = pa.table(
            {
                "branch": ["X", "X", "Y"],
                "activity": ["order", "visit", "visit"],
                "hours": [300.0, 900.0, 50.0],
            }
        )
        told = back_office(rows, ["order"], capacity=Decimal(1200)).to_pylist()
        assert [(row["movable_hours"], row["share"], row["managers_freed"]) for row in told] == [
            (300, 0.25, 0.25),
            (0, 0, 0),
        ]


def history(*groups):
    """(tier, compliance, left, how many)."""
    rows = [(tier, compliance, left) for tier, compliance, left, number in groups for _ in range(number)]
    return pa.table(
        {
            "account_id": [str(at) for at in range(len(rows))],
            "tier": [row[0] for row in rows],
            "compliance": pa.array([row[1] for row in rows], pa.float64()),
            "left": [row[2] for row in rows],
        }
    )


class TestChurnDifference:
    def test_compares_like_with_like(self):
        # a: badly 10 of 40 left, well 4 of 40, weight 20; b: badly 3 of 10, well 3 of 30, weight 7.5
        told = churn_difference(
            history(
                ("a", 0.2, True, 10), ("a", 0.2, False, 30), ("a", 0.9, True, 4), ("a", 0.9, False, 36),
                ("b", 0.4, True, 3), ("b", 0.4, False, 7), ("b", 0.8, True, 3), ("b", 0.8, False, 27),
                ("c", 0.1, True, 50), ("a", 0.6, True, 50), ("a", None, True, 50),
            )
        )  # fmt: skip
        # (20 × 0.15 + 7.5 × 0.2) ÷ 27.5
        assert told.value == pytest.approx(4.5 / 27.5)
        assert (told.well, told.badly, told.is_history) == (70, 50, True)
        # variances (left + 1, n + 2): 11/42, 5/42; 4/12, 4/32
        sides = [(20, (11, 42)), (20, (5, 42)), (7.5, (4, 12)), (7.5, (4, 32))]
        variance = sum((w / 27.5) ** 2 * (x / n) * (1 - x / n) / n for w, (x, n) in sides)
        assert told.high - told.value == pytest.approx(1.959964 * variance**0.5)

    def test_says_where_history_is_not_enough(self):
        told = churn_difference(history(("a", 0.9, False, 100), ("a", 0.1, True, 29)))
        assert (told.is_history, told.value, told.low, told.high, told.badly) == (False, 0.05, 0.05, 0.05, 29)
        assert not churn_difference(history(("a", 0.9, False, 100), ("b", 0.1, True, 100))).is_history

    @given(st.integers(30, 60), st.integers(30, 60), st.integers(0, 30), st.integers(0, 30))
    def test_lies_within_its_interval(self, well, badly, left_well, left_badly):
        told = churn_difference(
            history(
                ("a", 0.9, True, left_well), ("a", 0.9, False, well - left_well),
                ("a", 0.1, True, left_badly), ("a", 0.1, False, badly - left_badly),
            )
        )  # fmt: skip
        assert -1 <= told.low <= told.value <= told.high <= 1
        assert told.value == pytest.approx(left_badly / badly - left_well / well)


DIFFERENCE = ChurnDifference(0.1, 0.05, 0.2, 100, 100, is_history=True)


def lacking(*rows):
    names = ("account_id", "sales", "profit", "hours_lacking")
    columns = list(zip(*rows, strict=True)) if rows else [[], [], [], []]
    money = pa.decimal128(18, 4)
    kinds = (pa.string(), money, money, pa.float64())
    return pa.table(
        {name: pa.array(list(one), kind) for name, one, kind in zip(names, columns, kinds, strict=True)}
    )


class TestNextManagers:
    def test_takes_the_dearest_hours_first_and_stops_to_pay(self):
        told = next_managers(
            lacking(
                ("A", Decimal(9000), Decimal(900), 90.0),
                ("B", Decimal(50_000), Decimal(20_000), 50.0),
                ("C", Decimal(4000), Decimal(400), 100.0),
            ),
            DIFFERENCE,
            capacity=Decimal(100),
            cost=Decimal(500),
        ).to_pylist()
        # 1: B whole, and 50 of A's 90 hours: 50,000 + 5,000; profit 20,000 + 500. 2: A's other 40 hours and 60 of C's. 3: C's last 40.
        assert [(row["accounts"], row["hours"], row["revenue_at_risk"]) for row in told] == [
            (2, 100, 55_000), (2, 100, Decimal(6400)), (1, 40, 1600)
        ]  # fmt: skip
        assert [(row["revenue_kept"], row["profit_kept"], row["pays"]) for row in told] == [
            (5500, 2050, True), (640, 64, False), (160, 16, False)
        ]  # fmt: skip
        assert [row["account_ids"] for row in told] == [["B", "A"], ["A", "C"], ["C"]]
        assert (told[0]["revenue_kept_low"], told[0]["revenue_kept_high"]) == (2750, 11_000)

    def test_counts_those_that_pay(self):
        rows = next_managers(
            lacking(("A", Decimal(100), Decimal(100), 10.0)), DIFFERENCE, capacity=Decimal(5), cost=Decimal(5)
        )
        assert managers_that_pay(rows) == 2
        assert (
            managers_that_pay(next_managers(lacking(), DIFFERENCE, capacity=Decimal(5), cost=Decimal(5))) == 0
        )

    @given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 300)), max_size=15), st.integers(1, 200))
    def test_no_manager_is_worth_more_than_the_one_before_and_nothing_is_counted_twice(self, rows, capacity):
        told = next_managers(
            lacking(
                *(
                    (str(at), Decimal(sales), Decimal(sales), float(hours))
                    for at, (sales, hours) in enumerate(rows)
                )
            ),
            DIFFERENCE,
            capacity=Decimal(capacity),
            cost=Decimal(1),
            most=10_000,
        ).to_pylist()
        risk = [row["revenue_at_risk"] for row in told]
        assert all(later <= earlier + Decimal("0.001") for earlier, later in pairwise(risk))
        assert float(sum(risk)) == pytest.approx(
            sum(sales for sales, _ in rows), abs=0.0001 * len(told) + 0.0001
        )
        assert sum(Fraction(row["hours"]) for row in told) == sum(hours for _, hours in rows)


class TestErrors:
    @pytest.mark.parametrize(
        "make",
        [
            lambda: StaffingSettings(selling_hours=Decimal(0)),
            lambda: StaffingSettings(peak=Decimal(1)),
            lambda: StaffingSettings(accounts_per_manager=0),
            lambda: CoverageSettings(badly=Decimal("0.9")),
            lambda: CoverageSettings(elasticity=Decimal(2)),
            lambda: CoverageSettings(least_accounts=0),
            lambda: next_managers(lacking(), DIFFERENCE, capacity=Decimal(0), cost=Decimal(1)),
            lambda: back_office(
                pa.table({"branch": ["X"], "activity": ["a"], "hours": [1.0]}), [], capacity=Decimal(0)
            ),
        ],
    )
    def test_a_setting_out_of_range_is_refused(self, make):
        with pytest.raises(SettingError):
            make()

    def test_a_missing_column_is_named(self):
        with pytest.raises(TableError):
            staffing(ACCOUNTS.drop_columns(["branch"]), MANAGERS)
        with pytest.raises(TableError):
            churn_difference(pa.table({"account_id": ["A"]}))

    def test_nobody_anywhere_gives_no_rows(self):
        assert len(staffing(ACCOUNTS.slice(0, 0), MANAGERS.slice(0, 0)).branches) == 0
