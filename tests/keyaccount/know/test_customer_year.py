"""How far are a customer's targets reached? By hand, at the edges, and month sums against adding up the lines (K3)."""

import csv
import datetime as dt
import io
import random
import tomllib
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyaccount.know.customer_year import (
    CustomerYearError,
    buying_days,
    monthly_sales,
    target_state,
    year_months,
)

from ..data import ROOT

WORKED = tomllib.loads((ROOT / "docs" / "worked" / "customer_year.toml").read_text(encoding="utf-8"))
FIRST = dt.date(2025, 1, 1)


def decimals(text):
    return [Decimal(one) for one in text.split()]


def read(text, names=None):
    return list(csv.DictReader(io.StringIO(text.strip()), names))


class TestTargetState:
    def test_the_worked_example(self):
        rows = read(WORKED["year_targets"])
        for row, told in zip(rows, read(WORKED["expected"], WORKED["columns"]), strict=True):
            state = target_state(
                decimals(row["targets"]),
                decimals(row["reached"]),
                first=dt.date.fromisoformat(row["first"]),
                until=dt.date.fromisoformat(row["until"]),
            )
            for name in ("target", "due", "reached", "left"):
                assert getattr(state, name) == Decimal(told[name]), (row["account_id"], name)
            for name in ("a_month", "at_this_pace"):
                value = getattr(state, name)
                assert ("" if value is None else f"{value:.2f}") == told[name], (row["account_id"], name)
            assert state.standing == told["standing"]

    @given(
        st.lists(st.decimals(0, 1000, places=2), min_size=12, max_size=12).filter(any),
        st.lists(st.decimals(-100, 1000, places=2), min_size=12, max_size=12),
        st.integers(-40, 420),
    )
    def test_what_is_due_grows_with_the_days_and_what_is_left_adds_up(self, targets, reached, days):
        until = FIRST + dt.timedelta(days=days)
        state = target_state(targets, reached, first=FIRST, until=until)
        later = target_state(targets, reached, first=FIRST, until=until + dt.timedelta(days=1))
        assert 0 <= state.due <= later.due <= state.target
        assert state.left == max(sum(targets) - sum(reached), 0)
        assert (state.standing == "missed") == bool(state.left and until >= dt.date(2025, 12, 31))

    def test_both_lines_belong_to_on_the_way(self):
        def standing(have):
            return target_state([Decimal(100)] * 12, [Decimal(have), *[Decimal(0)] * 11], first=FIRST, until=dt.date(2025, 1, 31)).standing  # fmt: skip

        assert [standing(n) for n in ("94.99", "95", "105", "105.01")] == ["behind", "on_the_way", "on_the_way", "ahead"]  # fmt: skip

    @pytest.mark.parametrize(
        ("targets", "code"),
        [
            ([Decimal(1)] * 11, "customer_year.twelve"),
            ([Decimal(0)] * 12, "customer_year.no_target"),
            ([Decimal(-1), *[Decimal(1)] * 11], "customer_year.negative"),
        ],
    )
    def test_what_cannot_be_reckoned_is_named(self, targets, code):
        with pytest.raises(CustomerYearError) as refused:
            target_state(targets, [Decimal(0)] * 12, first=FIRST, until=FIRST)
        assert refused.value.code == code


def test_a_year_may_begin_in_any_month():
    assert year_months(2025, 1)[-1] == dt.date(2025, 12, 1)
    assert [year_months(2025, 4)[at] for at in (0, 8, 9, 11)] == [
        dt.date(2025, 4, 1), dt.date(2025, 12, 1), dt.date(2026, 1, 1), dt.date(2026, 3, 1),
    ]  # fmt: skip
    with pytest.raises(CustomerYearError):
        year_months(2025, 13)


def test_months_are_summed_as_one_would_by_hand():
    chance = random.Random(4)  # noqa: S311 - invented rows
    rows = [
        {
            "account_id": chance.choice("ABC"),
            "date": dt.date(2025, 1, 1) + dt.timedelta(days=chance.randrange(500)),
            "net_amount": Decimal(chance.randrange(-500, 5000)) / 100,
            "category": chance.choice(["泵", "阀", None]),
        }
        for _ in range(400)
    ]
    schema = pa.schema(
        [("account_id", pa.string()), ("date", pa.date32()), ("net_amount", pa.decimal128(18, 4)), ("category", pa.string())]
    )  # fmt: skip
    lines = ibis.memtable(pa.Table.from_pylist(rows, schema=schema))
    months = year_months(2025, 4)
    for category in ("", "泵"):
        by_hand = [
            sum(
                (
                    row["net_amount"]
                    for row in rows
                    if row["account_id"] in "AB"
                    and row["date"].replace(day=1) == month
                    and category in ("", row["category"])
                ),
                Decimal(0),
            )
            for month in months
        ]
        assert monthly_sales(lines, ["A", "B"], months, category=category) == by_hand


def test_buying_days_count_apart_what_nobody_knows():
    assert buying_days([5, None, 10, 0]) == (15, 1)
    assert buying_days([]) == (0, 0)
