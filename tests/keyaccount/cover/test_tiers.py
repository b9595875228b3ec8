"""Which channel, which tier, who moves? By hand, against plain Python, month by month, at the edges (C1, C2)."""

import csv
import datetime as dt
import io
import random
import tomllib
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyaccount.cover.tiers import (
    CHANNELS,
    TIERS,
    Tier,
    TierSettings,
    channel_reason,
    month_ends,
    moves,
    tier_reason,
    tiers,
)
from keyaccount.errors import SettingError
from keyaccount.tables import TableError

from ..data import ROOT

WORKED = tomllib.loads((ROOT / "docs" / "worked" / "tiers.toml").read_text(encoding="utf-8"))
MONEY = ("spend", "monthly_spend")
NUMBERS = ("months", "below")


def table(text):
    """A csv as a table; blank is null, money and numbers are those."""
    rows = list(csv.DictReader(io.StringIO(text.strip())))
    columns = {}
    for name in rows[0]:
        values = [row[name] or None for row in rows]
        if name in MONEY:
            columns[name] = pa.array([Decimal(one) for one in values], pa.decimal128(38, 4))
        elif name in NUMBERS:
            columns[name] = pa.array([int(one) for one in values], pa.int64())
        else:
            columns[name] = pa.array(values, pa.string())
    return pa.table(columns)


def spends(**amounts):
    """Average monthly spends of accounts known for a year."""
    return pa.table(
        {
            "account_id": pa.array(amounts, pa.string()),
            "spend": pa.array([12 * Decimal(one) for one in amounts.values()], pa.decimal128(38, 4)),
            "months": pa.array([12] * len(amounts), pa.int64()),
            "monthly_spend": pa.array([Decimal(one) for one in amounts.values()], pa.decimal128(38, 4)),
        }
    )


def accounts(*ids, kind=None):
    return pa.table(
        {"account_id": pa.array(ids, pa.string()), "customer_kind": pa.array([kind] * len(ids), pa.string())}
    )


def of(result, name="tier"):
    return dict(zip(result["account_id"].to_pylist(), result[name].to_pylist(), strict=True))


GIVEN = {name: table(WORKED[name]) for name in ("accounts", "spends", "fixed", "before", "placed")}


def worked():
    return tiers(listed=WORKED["listed"], **GIVEN)


def shown(row, names):
    return ",".join("" if row[name] is None else str(row[name]) for name in names)


class TestTheWorkedExample:
    def test_puts_each_where_its_page_says(self):
        rows = [shown(row, WORKED["columns"]) for row in worked().to_pylist()]
        assert rows == WORKED["expected"].strip().splitlines()
        assert len(rows) == WORKED["summary"]["rows"]

    def test_moves_those_that_its_page_says(self):
        rows = [
            shown(row, WORKED["move_columns"])
            for row in moves(
                GIVEN["before"].append_column("channel_rule", pa.array(["rest"] * 3)), worked()
            ).to_pylist()
        ]
        assert rows == WORKED["moves"].strip().splitlines()

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_every_place_has_its_reason(self, lang):
        for row in worked().to_pylist():
            assert tier_reason(row).text(lang)
            assert channel_reason(row).text(lang)

    def test_a_held_account_is_told_how_long(self):
        told = tier_reason(worked().to_pylist()[1]).text("en")
        assert "¥750" in told
        assert "¥800" in told


class TestThePresets:
    @pytest.mark.parametrize(
        ("spend", "channel", "tier"),
        [
            # The telecom case: crystal 3,000 to 10,000; A/A+ 1,500 to 3,000; a lower bound belongs to the tier.
            ("2999.99", "business", "business_a"),
            ("3000", "key_account", "crystal"),
            ("9999.99", "key_account", "crystal"),
            ("10000", "key_account", "jade"),
            ("20000", "key_account", "silver"),
            ("30000", "key_account", "gold"),
            ("50000", "key_account", "platinum"),
            ("99999.9999", "key_account", "platinum"),
            ("100000", "key_account", "diamond"),
            ("1500", "business", "business_a"),
            ("1499.9999", "business", "business_b"),
            ("800", "business", "business_b"),
            ("300", "business", "business_c"),
            ("0", "business", "business_d"),
        ],
    )
    def test_a_spend_before_there_is_a_list(self, spend, channel, tier):
        row = tiers(accounts("X"), spends(X=spend)).to_pylist()[0]
        assert (row["channel"], row["tier"]) == (channel, tier)

    def test_more_returned_than_bought_is_below_every_line(self):
        row = tiers(accounts("X"), spends(X="-5")).to_pylist()[0]
        assert (row["tier"], row["tier_rule"], row["tier_by_spend"]) == ("business_d", "lowest", None)


def plainly(rows, state, listed):
    """The definitions sentence by sentence. `rows`: account → (kind, spend of 12 months, months)."""
    lines = {one.name: one.line for one in TIERS}
    found = {}
    for one, (kind, spend, months) in rows.items():
        average = Decimal(spend) / months
        if (listed is not None and one in listed) or (listed is None and average >= 3000):
            channel = "key_account"
        elif kind in ("community", "floating"):
            channel = kind
        else:
            channel = "business"
        names = [tier.name for tier in sorted(TIERS, key=lambda tier: tier.line) if tier.channel == channel]
        if not names:
            found[one] = (channel, None, 0)
            continue
        reached = [name for name in names if average >= lines[name]]
        now = reached[-1] if reached else names[0]
        was_channel, was, below = state.get(one, (None, None, 0))
        tier, count = now, 0
        if was_channel == channel and names.index(was) > names.index(now):
            count = below + 1 if average < Decimal("0.9") * lines[was] else 0
            tier = was if count < 2 else now
            count = count if count < 2 else 0
        found[one] = (channel, tier, count)
    return found


class TestMonthByMonth:
    @pytest.mark.parametrize("has_list", [False, True])
    def test_holds_and_moves_as_plain_python(self, has_list):
        chance = random.Random(4)  # noqa: S311 - invented rows
        ids = [f"C{at:03}" for at in range(200)]
        kinds = {one: chance.choice([None, None, None, "community", "floating", "other"]) for one in ids}
        listed = set(chance.sample(ids, 40)) if has_list else None
        steps = [0, 300, 720, 800, 1350, 1500, 2700, 3000, 9000, 10000, 45000, 100000, 1499, 2699, -1]
        state, before = {}, None
        for _ in range(8):
            spent = {one: (kinds[one], 12 * chance.choice(steps), 12) for one in ids}
            told = tiers(
                pa.table(
                    {"account_id": ids, "customer_kind": pa.array([kinds[one] for one in ids], pa.string())}
                ),
                spends(**{one: Decimal(spend) / 12 for one, (_, spend, _) in spent.items()}),
                listed=listed,
                before=before,
            )
            state = plainly(spent, state, listed)
            rows = {
                row["account_id"]: (row["channel"], row["tier"], row["below"]) for row in told.to_pylist()
            }
            assert rows == state
            before = told

    def test_month_ends_are_the_days_after_them(self):
        assert month_ends(dt.date(2025, 11, 15), dt.date(2026, 1, 30)) == [
            dt.date(2025, 12, 1),
            dt.date(2026, 1, 1),
        ]
        assert month_ends(dt.date(2025, 11, 15), dt.date(2025, 12, 31))[-1] == dt.date(2026, 1, 1)


class TestProperties:
    @given(
        st.dictionaries(st.text("ABCDEFG", min_size=1, max_size=3), st.integers(-10, 200_000), max_size=12)
    )
    def test_every_customer_is_in_exactly_one_channel_and_the_order_changes_nothing(self, amounts):
        ids = list(amounts)
        told = tiers(accounts(*ids), spends(**amounts))
        assert told["account_id"].to_pylist() == sorted(ids)
        assert set(told["channel"].to_pylist()) <= set(CHANNELS)
        assert told["tier"].null_count == 0
        again = tiers(accounts(*reversed(ids)), spends(**dict(reversed(amounts.items()))))
        assert again.equals(told)

    @given(st.integers(0, 200_000), st.integers(0, 200_000))
    def test_more_spend_is_never_a_lower_place(self, one, other):
        told = of(tiers(accounts("L", "M"), spends(L=min(one, other), M=max(one, other))))
        lines = {tier.name: tier.line for tier in TIERS}
        assert lines[told["L"]] <= lines[told["M"]]

    def test_nobody_moves_where_nothing_changed(self):
        assert len(moves(worked(), worked())) == 0


class TestMoves:
    def test_a_channel_that_changes_is_told_before_tiers(self):
        first = tiers(accounts("A", "B", "C"), spends(A=2000, B=2000, C=900))
        second = tiers(accounts("A", "B", "D"), spends(A=4000, B=100, D=1), before=first)
        told = [(row["account_id"], row["move"]) for row in moves(first, second).to_pylist()]
        assert told == [("A", "channel"), ("D", "new"), ("C", "gone")]  # B is held for a month yet
        third = tiers(accounts("A", "B", "D"), spends(A=4000, B=100, D=900), before=second)
        told = [(row["account_id"], row["move"]) for row in moves(second, third).to_pylist()]
        assert told == [("D", "up"), ("B", "down")]


class TestErrors:
    @pytest.mark.parametrize(
        ("made", "code"),
        [
            (
                (
                    Tier("a", "business", Decimal(0)),
                    Tier("b", "business", Decimal(0)),
                    Tier("k", "key_account", Decimal(1)),
                ),
                "tiers.overlap",
            ),
            ((Tier("a", "business", Decimal(0)), Tier("a", "key_account", Decimal(1))), "tiers.overlap"),
            ((Tier("a", "business", Decimal(0)),), "tiers.missing"),
            ((Tier("a", "business", Decimal(5)), Tier("k", "key_account", Decimal(1))), "tiers.gap"),
            ((Tier("a", "shop", Decimal(5)),), "setting.range"),
        ],
    )
    def test_tiers_that_overlap_or_are_missing_are_named(self, made, code):
        with pytest.raises(SettingError) as error:
            TierSettings(tiers=made)
        assert error.value.code == code

    @pytest.mark.parametrize("changes", [{"hold_share": Decimal(0)}, {"hold_months": 0}])
    def test_settings_out_of_range(self, changes):
        with pytest.raises(SettingError):
            TierSettings(**changes)

    def test_an_account_given_twice_is_named(self):
        with pytest.raises(TableError) as error:
            tiers(accounts("A", "A"), spends(A=1))
        assert error.value.values["names"] == ["A"]

    @pytest.mark.parametrize(
        ("channel", "tier"), [("shop", None), ("business", "gold"), ("business", "none")]
    )
    def test_a_placement_that_is_no_place_is_named(self, channel, tier):
        placed = pa.table(
            {
                "account_id": ["A"],
                "channel": [channel],
                "tier": pa.array([tier], pa.string()),
                "reason": ["x"],
            }
        )
        with pytest.raises(TableError) as error:
            tiers(accounts("A"), spends(A=1), placed=placed)
        assert error.value.code == "tiers.unknown"

    def test_a_fixed_tier_of_another_channel_is_named(self):
        with pytest.raises(TableError) as error:
            tiers(accounts("A"), spends(A=1), fixed=pa.table({"account_id": ["A"], "tier": ["business_a"]}))
        assert error.value.code == "tiers.unknown"

    def test_a_missing_column_is_named(self):
        with pytest.raises(TableError) as error:
            tiers(accounts("A").drop_columns(["customer_kind"]), spends(A=1))
        assert error.value.code == "column.missing"

    def test_nobody_gives_no_rows(self):
        assert len(tiers(accounts(), spends())) == 0
