"""Tiers from month-end to month-end: fixed for the year, held, and who moved; each by hand (C1, C2)."""

import datetime as dt
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest

from keyaccount.cover.month_by_month import course_of, each_month_end

SCHEMA = pa.schema([("account_id", pa.string()), ("account_name", pa.string()), ("date", pa.date32()), ("net_amount", pa.decimal128(18, 4))])  # fmt: skip


def ledger(**monthly):
    """A line on the 5th of each month from January 2024 on: account → amounts."""
    rows = [
        {"account_id": account, "account_name": account, "date": dt.date(2024 + n // 12, n % 12 + 1, 5), "net_amount": Decimal(amount)}
        for account, amounts in monthly.items()
        for n, amount in enumerate(amounts)
        if amount
    ]  # fmt: skip
    return ibis.memtable(pa.Table.from_pylist(rows, schema=SCHEMA))


def places(lines, until, **more):
    told = {"known": {}, "listed": lambda _year, _day: None} | more
    return [
        (one.day, {row["account_id"]: (row["tier"], row["tier_rule"]) for row in one.tiers.to_pylist()})
        for one in each_month_end(lines, until, **told)
    ]


def test_a_key_accounts_tier_is_fixed_at_the_beginning_of_the_lists_year():
    # 12,000 a month through 2024 (jade), 60,000 a month in 2025: its spend is platinum by November.
    lines = ledger(A=[12_000] * 12 + [60_000] * 12)
    told = dict(
        places(lines, dt.date(2025, 12, 31), listed=lambda year, _day: ["A"] if year >= 2025 else None)
    )
    assert told[dt.date(2024, 12, 31)]["A"] == ("jade", "spend")  # fixes 2025
    assert told[dt.date(2025, 1, 31)]["A"] == ("jade", "fixed")
    assert told[dt.date(2025, 11, 30)]["A"] == ("jade", "fixed")
    assert told[dt.date(2025, 12, 31)]["A"] == ("platinum", "spend")  # fixes 2026


def test_who_comes_onto_the_list_later_is_fixed_from_then_on():
    lines = ledger(A=[12_000] * 12 + [60_000] * 12, B=[2_000] * 24)
    lists = {2025: ["A"], 2026: ["A", "B"]}
    told = dict(places(lines, dt.date(2025, 12, 31), listed=lambda year, _day: lists.get(year)))
    assert told[dt.date(2025, 12, 31)]["B"] == ("crystal", "lowest")  # on the list, below every line
    assert told[dt.date(2025, 6, 30)]["B"] == ("business_a", "spend")


def test_twelve_month_ends_are_gone_through_whatever_the_month():
    for until, first in (
        (dt.date(2025, 12, 31), dt.date(2024, 12, 31)),
        (dt.date(2025, 7, 15), dt.date(2024, 7, 31)),
    ):
        days = [day for day, _ in places(ledger(A=[5_000] * 24), until)]
        assert days[0] in (first, first + dt.timedelta(days=31))
        assert days[-1] == (until if until.day == 31 else dt.date(2025, 6, 30))


def test_a_course_tells_moves_and_since_when():
    lines = ledger(A=[1_000] * 18 + [9_000] * 6)
    told = course_of(
        each_month_end(lines, dt.date(2025, 12, 31), known={"Z": None}, listed=lambda _year, _day: None)
    )
    # Average of twelve months: July 2025 (1,000 × 11 + 9,000) ÷ 12 = 1,666.67, business A; September 3,000, key account.
    assert [
        (row["day"], row["move"], row["tier_after"]) for row in told.moves if row["account_id"] == "A"
    ] == [
        (dt.date(2025, 7, 31), "up", "business_a"),
        (dt.date(2025, 9, 30), "channel", "crystal"),
    ]
    assert told.since["A"] == dt.date(2025, 9, 30)
    assert told.since["Z"] is None  # never bought, in the lowest tier all year
    with pytest.raises(ValueError, match="one month-end"):
        course_of([])


def test_placements_and_lists_are_asked_for_as_they_stood():
    hand = pa.table(
        {"account_id": ["A"], "channel": ["floating"], "tier": pa.array([None], pa.string()), "reason": ["x"]}
    )
    asked = []

    def placed(day):
        asked.append(day)
        return hand if day is None or day >= dt.date(2025, 11, 30) else None

    lines = ledger(A=[5_000] * 24)
    told = course_of(
        each_month_end(lines, dt.date(2025, 12, 31), known={}, listed=lambda _year, _day: None, placed=placed)
    )
    assert asked[0] == dt.date(2024, 12, 31)
    assert asked[-1] is None
    assert [(row["day"], row["channel_after"]) for row in told.moves] == [(dt.date(2025, 11, 30), "floating")]
