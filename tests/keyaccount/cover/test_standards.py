"""How often, who is due, were the standards kept? By hand, against plain Python, at the edges (C3)."""

import csv
import datetime as dt
import io
import random
import tomllib
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest

from keyaccount.cover.standards import (
    STANDARDS,
    Standard,
    StandardSettings,
    compliance,
    compliance_touches,
    counted,
    due,
    interval,
)
from keyaccount.cover.stretching import impossible, stretch_factor
from keyaccount.errors import SettingError
from keyaccount.tables import TableError

from ..data import ROOT

WORKED = tomllib.loads((ROOT / "docs" / "worked" / "standards.toml").read_text(encoding="utf-8"))
DAY = dt.date(2025, 12, 31)
DATES = ("since", "date")


def table(rows, *names):
    """Rows of texts as a table; the blank is null."""
    columns = {}
    for name in names:
        values = [row[name] or None for row in rows]
        if name in DATES:
            values = [None if one is None else dt.date.fromisoformat(str(one)) for one in values]
        columns[name] = pa.array(values, pa.date32() if name in DATES else pa.string())
    return pa.table(columns)


def read(name):
    return list(csv.DictReader(io.StringIO(WORKED[name].strip())))


def accounts(*rows):
    names = ("account_id", "tier", "kind", "since")
    return table([dict(zip(names, row, strict=True)) for row in rows], *names)


def touches(*rows):
    names = ("account_id", "touch", "date")
    return table([dict(zip(names, row, strict=True)) for row in rows], *names)


ACCOUNTS = table(read("accounts"), "account_id", "tier", "kind", "since")
TOUCHES = table(read("touches"), "account_id", "touch", "date")
SIGNS = table(read("signs"), "account_id", "sign", "date")


def shown(value):
    return "" if value is None else str(value)


class TestTheWorkedExample:
    def test_gives_what_its_page_says_of_who_is_due(self):
        told = due(ACCOUNTS, TOUCHES, day=WORKED["day"], signs=SIGNS).to_pylist()
        rows = [[shown(row[name]) for name in WORKED["columns"]] for row in told]
        assert rows == list(csv.reader(io.StringIO(WORKED["expected"].strip())))
        assert len(rows) == WORKED["summary"]["rows"]

    def test_gives_what_its_page_says_of_what_was_kept(self):
        told = compliance(ACCOUNTS, TOUCHES, until=WORKED["day"]).to_pylist()
        rows = [
            [
                f"{row['account_id']},{row['touch']},{row['asked']:g},{row['done']},{row['compliance']:g},{str(row['is_judged']).lower()}"
            ]
            for row in told
        ]
        assert [row[0] for row in rows] == WORKED["compliance"].strip().splitlines()
        judged = [row for row in told if row["is_judged"]]
        # (1 + 1 + 0 + 0) / (1 + 2 + 1 + 1)
        assert sum(row["kept"] for row in judged) / sum(row["asked"] for row in judged) == 0.4

    def test_stretches_as_its_page_says(self):
        stretch = stretch_factor(ACCOUNTS, hours_there=Decimal(40))
        assert (stretch.hours_asked, stretch.factor) == (52, Fraction(13, 10))
        days = interval(Standard("crystal", "visit", 2, "quarter"), StandardSettings(stretch=stretch.factor))
        assert round(float(days), 1) == 59.3


class TestAgainstPlainPython:
    def test_gives_the_same_states_dates_and_compliance(self):
        chance = random.Random(9)  # noqa: S311 - invented rows
        tiers = [*{one.tier for one in STANDARDS}, "business_d"]
        tiers.sort()
        people = [
            (f"C{at:03}", chance.choice(tiers), chance.choice(("", "strategic", "transactional")), "")
            for at in range(120)
        ]
        done = [
            (
                chance.choice(people)[0],
                chance.choice(("visit", "call", "executive")),
                DAY - dt.timedelta(chance.randrange(400)),
            )
            for _ in range(900)
        ]
        told = due(accounts(*people), touches(*done), day=DAY).to_pylist()
        assert {(row["account_id"], row["touch"]): (row["state"], row["due_until"]) for row in told} == {
            key: value[:2] for key, value in self.by_hand(people, done).items()
        }
        kept = compliance(accounts(*people), touches(*done), until=DAY).to_pylist()
        assert {(row["account_id"], row["touch"]): row["compliance"] for row in kept} == {
            key: value[2] for key, value in self.by_hand(people, done).items()
        }

    @staticmethod
    def by_hand(people, done):
        """The definitions sentence by sentence, in floats and loops."""
        begins = {
            "month": dt.date(2025, 12, 1),
            "quarter": dt.date(2025, 10, 1),
            "half_year": dt.date(2025, 7, 1),
            "year": dt.date(2025, 1, 1),
        }
        length = {"month": 365 / 12, "quarter": 365 / 4, "half_year": 365 / 2, "year": 365}
        found = {}
        for code, tier, kind, _ in people:
            for one in STANDARDS:
                if one.tier != tier:
                    continue
                times = one.times * (0.5 if kind == "transactional" and one.touch == "visit" else 1)
                dates = [date for who, touch, date in done if (who, touch) == (code, one.touch)]
                inside = sum(date >= begins[one.period] for date in dates)
                if not dates:
                    found[code, one.touch] = ("overdue", None, 0.0)
                    continue
                gone = (DAY - max(dates)).days
                days = length[one.period] / times
                state = "overdue" if gone > days else "due" if gone >= 0.7 * days - 1e-9 else "early"
                found[code, one.touch] = (
                    state,
                    max(dates) + dt.timedelta(int(days + 1e-9)),
                    min(1.0, inside / times),
                )
        return found

    def test_the_order_of_rows_changes_nothing(self):
        again = due(ACCOUNTS.take([3, 1, 0, 2]), TOUCHES.take([4, 2, 0, 3, 1]), day=DAY, signs=SIGNS)
        assert again.equals(due(ACCOUNTS, TOUCHES, day=DAY, signs=SIGNS))


class TestAtTheEdges:
    def state(self, gone, times=1, period="year", **more):
        settings = StandardSettings(standards=(Standard("t", "visit", times, period),), **more)
        told = due(
            accounts(("A", "t", "", "")),
            touches(("A", "visit", DAY - dt.timedelta(gone))),
            day=DAY,
            settings=settings,
        )
        return told["state"][0].as_py()

    def test_the_day_of_70_percent_is_due_and_the_day_of_100_not_overdue(self):
        # 365 days: 70% are 255.5.
        assert [self.state(days) for days in (255, 256, 365, 366)] == ["early", "due", "due", "overdue"]

    def test_a_touch_after_the_day_is_not_known_on_it(self):
        told = due(accounts(("A", "crystal", "", "")), touches(("A", "visit", "2026-01-01")), day=DAY)
        assert told["last_date"].null_count == 2

    def test_nobody_gives_no_row_and_no_tier_neither(self):
        assert len(due(accounts(), touches(), day=DAY)) == 0
        assert len(due(accounts(("A", "", "", "")), touches(), day=DAY)) == 0

    def test_a_weight_of_0_is_not_stretched(self):
        weighed = {"stretch": Fraction(2), "tier_weights": {"t": Decimal(0)}}
        assert self.state(366, **weighed) == "overdue"
        assert self.state(366, stretch=Fraction(2)) == "early"  # of 730 days

    def test_what_is_asked_shrinks_with_the_stretch_and_too_much_counts_once(self):
        settings = StandardSettings(stretch=Fraction(2))
        told = compliance(
            accounts(("A", "business_a", "", "")),
            touches(*[("A", "visit", DAY)] * 3),
            until=DAY,
            settings=settings,
        )
        row = told.to_pylist()[1]
        assert (row["asked"], row["done"], row["kept"], row["compliance"]) == (0.5, 3, 0.5, 1.0)

    def test_the_touches_behind_are_those_counted(self):
        standard = Standard("crystal", "visit", 2, "quarter")
        behind = compliance_touches(TOUCHES, standard, until=DAY)
        assert behind["account_id"].to_pylist() == ["A", "C", "C"]


class TestWhatCounts:
    ROWS = pa.table(
        {
            "account_id": ["A"] * 5,
            "kind": ["visit", "visit", "call", "video", "mail"],
            "is_executive": [True, False, False, True, False],
            "done_how": ["told", "place", "told", "told", "told"],
            "date": pa.array([DAY] * 5, pa.date32()),
        }
    )

    def test_an_executive_visit_is_a_visit_a_video_a_call_a_mail_nothing(self):
        assert counted(self.ROWS)["touch"].to_pylist() == ["visit", "executive", "visit", "call", "call"]

    def test_a_visit_without_proof_counts_not_where_proof_is_asked_for(self):
        told = counted(self.ROWS, proof=("place", "place_and_photo"))
        assert told["touch"].to_pylist() == ["visit", "call", "call"]


class TestCapacity:
    def test_enough_hours_stretch_nothing(self):
        assert stretch_factor(ACCOUNTS, hours_there=Decimal(52)).factor == 1

    def test_weights_are_kept_to_and_the_rest_fits(self):
        settings = StandardSettings(tier_weights={"business_a": Decimal(0), "crystal": Decimal("0.5")})
        stretch = stretch_factor(ACCOUNTS, hours_there=Decimal(40), settings=settings)
        # B's 14 hours stay; A's and C's 38 ÷ (1 + (f − 1) ÷ 2) must be at most 26: f = 25 ÷ 13 = 1.923077
        assert stretch.factor == Fraction(19231, 10000)
        assert compare_hours(replace(settings, stretch=stretch.factor)) <= 40

    def test_what_does_not_stretch_may_ask_for_too_much(self):
        settings = StandardSettings(tier_weights={"business_a": Decimal(0)})
        assert stretch_factor(ACCOUNTS, hours_there=Decimal(10), settings=settings).factor is None

    def test_a_standard_that_no_calendar_can_hold_is_named(self):
        settings = StandardSettings(
            standards=(
                Standard("gold", "visit", 22, "month"),
                Standard("jade", "executive", 21, "month"),
                Standard("crystal", "visit", 2, "quarter"),
            )
        )
        told = impossible(settings, hours_of_one=Decimal(1000))
        # 21 × 12 × 4 hours = 1008
        assert [(one.code, one.values["tier"]) for one in told] == [
            ("standard.too_often", "gold"),
            ("standard.too_long", "jade"),
        ]
        assert told[1].values["hours"] == 1008
        assert impossible(StandardSettings()) == []


def compare_hours(settings):
    """Hours a year of the worked example's accounts, from their intervals."""
    hours = {"visit": Fraction(5, 2), "call": Fraction(1, 3)}
    return sum(
        365 / interval(one, settings, kind=row["kind"] or "") * hours[one.touch]
        for row in ACCOUNTS.to_pylist()
        for one in settings.standards
        if one.tier == row["tier"]
    )


class TestErrors:
    def test_a_missing_column_is_named(self):
        with pytest.raises(TableError) as error:
            due(ACCOUNTS.drop_columns(["tier"]), TOUCHES, day=DAY)
        assert error.value.code == "column.missing"

    @pytest.mark.parametrize(
        "make",
        [
            lambda: Standard("t", "letter", 1, "month"),
            lambda: Standard("t", "visit", 1, "week"),
            lambda: Standard("t", "visit", -1, "month"),
            lambda: StandardSettings(early_share=Decimal(0)),
            lambda: StandardSettings(stretch=Fraction(1, 2)),
            lambda: StandardSettings(tier_weights={"t": Decimal(2)}),
            lambda: stretch_factor(ACCOUNTS, hours_there=Decimal(0)),
        ],
    )
    def test_a_setting_out_of_range_is_refused(self, make):
        with pytest.raises(SettingError) as error:
            make()
        assert error.value.code == "setting.range"

    def test_two_standards_for_the_same_are_refused(self):
        twice = StandardSettings(
            standards=(Standard("t", "visit", 1, "month"), Standard("t", "visit", 2, "month"))
        )
        with pytest.raises(SettingError) as error:
            due(ACCOUNTS, TOUCHES, day=DAY, settings=twice)
        assert error.value.code == "standard.twice"
