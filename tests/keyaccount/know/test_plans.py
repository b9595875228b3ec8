"""Account plans: what should be reached by now, how goals and plan stand, what is blank."""

import datetime as dt
import random
import tomllib
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from keyaccount.errors import SettingError
from keyaccount.know.plan_document import GoalTold, PlanDocument
from keyaccount.know.plan_figures import ledger_figures
from keyaccount.know.plan_words import PlanWords
from keyaccount.know.plans import PAGE_ORDER, ActionState, GoalState, blanks, goal_standing, plan_standing

WORKED = tomllib.loads((Path(__file__).parents[3] / "docs/worked/plans.toml").read_text(encoding="utf-8"))
UNTIL = dt.date.fromisoformat(WORKED["until"])
MONTHS = tuple(Decimal(one) for one in WORKED["last_year_months"].split(","))
YEAR_END = dt.date(2026, 12, 31)


def number(text):
    return Decimal(text) if text else None


def worked_goals():
    for line in WORKED["records"].strip().splitlines()[1:]:
        key, kind, base, target, reached, due = line.split(",")
        yield GoalState(
            key, Decimal(target), dt.date.fromisoformat(due), number(reached), number(base),
            MONTHS if kind == "season" else None, kind == "level",
        )  # fmt: skip


def goal(**more):
    return GoalState(**{"key": 1, "target": Decimal(100), "due": YEAR_END, "reached": Decimal(0), **more})


class TestGoalStanding:
    def test_the_worked_example(self):
        told = [goal_standing(one, until=UNTIL) for one in worked_goals()]
        shown = "\n".join(
            f"{one.key},{one.expected},{'' if one.progress is None else f'{one.progress:.6f}'},{one.standing}"
            for one in told
        )
        assert shown == WORKED["expected"].strip()
        actions = [ActionState("F", YEAR_END, "done"), ActionState("F", YEAR_END, "open"), ActionState("F", YEAR_END, "dropped")]  # fmt: skip
        plan = plan_standing(told, actions, until=UNTIL, looked_on=UNTIL)
        assert f"{plan.progress:.6f}" == WORKED["plan_progress"]
        assert (plan.standing, plan.behind, plan.reached, plan.actions, plan.done) == ("behind", 1, 1, 2, 1)

    @pytest.mark.parametrize(
        ("reached", "until", "standing"),
        [
            ("100", "2026-03-01", "reached"),
            ("99.99", "2026-12-31", "missed"),
            ("99.99", "2027-02-01", "missed"),
            ("-5", "2026-07-01", "behind"),
            ("0", "2025-12-31", "to_come"),
        ],
    )
    def test_edges(self, reached, until, standing):
        told = goal_standing(goal(reached=Decimal(reached)), until=dt.date.fromisoformat(until))
        assert told.standing == standing
        assert 0 <= told.progress <= 1

    def test_a_year_of_returns_goes_by_days(self):
        told = goal_standing(goal(months=(Decimal(-1),) * 12), until=dt.date(2026, 6, 15))
        assert told.expected == Decimal("45.4795")  # 100 × 166 ÷ 365

    def test_a_leap_day_counts(self):
        told = goal_standing(goal(due=dt.date(2028, 12, 31)), until=dt.date(2028, 2, 29))
        assert told.expected == Decimal("16.3934")  # 100 × 60 ÷ 366

    def test_refuses_a_tolerance_of_all(self):
        with pytest.raises(SettingError):
            goal_standing(goal(), until=UNTIL, tolerance=Decimal(1))

    def test_a_copy_of_last_year_is_never_behind(self):
        """By a second computation: what last year had by the same day, days of a month alike."""
        chance = random.Random(20261128)  # noqa: S311 - invented figures
        for _ in range(200):
            months = tuple(Decimal(chance.randint(0, 500)) for _ in range(12))
            day = dt.date(2026, 1, 1) + dt.timedelta(days=chance.randint(0, 364))
            days = ((day.replace(day=1) + dt.timedelta(days=31)).replace(day=1) - day.replace(day=1)).days
            so_far = sum(months[: day.month - 1]) + months[day.month - 1] * day.day / days
            told = goal_standing(goal(target=sum(months), months=months, reached=so_far), until=day)
            assert abs(told.expected - so_far) < Decimal("0.001")
            assert told.standing in ("on", "reached")


class TestPlanStanding:
    def test_says_why_it_is_to_be_looked_at(self):
        states = [ActionState(1, UNTIL - dt.timedelta(days=1), "open"), ActionState(1, UNTIL, "open")]
        plan = plan_standing([], states, until=UNTIL, looked_on=None)
        assert [one.code for one in plan.reasons] == [
            "plan_why.no_goals", "plan_why.overdue", "plan_why.never_looked",
        ]  # fmt: skip
        assert (plan.standing, plan.overdue, plan.progress) == ("empty", 1, 0.0)
        for days, codes in ((30, []), (31, ["plan_why.not_looked"])):
            seen = plan_standing(
                [goal_standing(goal(reached=Decimal(100)), until=UNTIL)],
                [], until=UNTIL, looked_on=UNTIL - dt.timedelta(days=days),
            )  # fmt: skip
            assert [one.code for one in seen.reasons] == codes
            assert seen.standing == "reached"

    def test_blanks_follow_the_page(self):
        assert blanks(PAGE_ORDER) == []
        assert blanks({"goals", "team"})[:2] == ["players", "level"]


class TestLedgerFigures:
    LINES = pa.table(
        {
            "date": pa.array([dt.date(2025, 1, 31), dt.date(2025, 12, 31), dt.date(2026, 1, 1), dt.date(2026, 2, 28), dt.date(2026, 2, 28), dt.date(2026, 3, 1)]),
            "net_amount": pa.array([Decimal(one) for one in (100, 200, 40, 60, -10, 999)], pa.decimal128(18, 4)),
            "cost": pa.array([Decimal(80), None, Decimal(30), Decimal(50), Decimal(-8), Decimal(0)], pa.decimal128(18, 4)),
            "category": ["泵", "阀", "泵", "阀", "泵", "泵"],
        }
    )  # fmt: skip

    @pytest.mark.parametrize(
        ("measure", "goods", "reached", "base"),
        [
            ("sales", "", 90, 300),  # 40 + 60 − 10; what comes after the day does not count
            ("profit", "", 18, 20),  # 10 + 10 − 2; a line without cost counts for nothing
            ("category", "泵", 30, 100),
            ("order_days", "", 2, 2),
        ],
    )
    def test_by_hand(self, measure, goods, reached, base):
        told = ledger_figures(self.LINES, measure, year=2026, until=dt.date(2026, 2, 28), goods=goods)
        assert (told.reached, told.base) == (reached, base)
        assert len(told.months) == 12

    def test_what_the_ledger_cannot_tell_is_nothing(self):
        bare = self.LINES.drop_columns(["cost", "category"])
        for measure in ("profit", "category", "product"):
            assert ledger_figures(bare, measure, year=2026, until=UNTIL, goods="泵") is None


def test_on_paper_a_year_that_the_ledger_has_not_reached_is_no_loss_of_all_sales():
    goal = GoalTold(
        "卖到 400 万",
        "sales",
        Decimal(4_000_000),
        YEAR_END,
        "to_come",
        reached=Decimal(0),
        expected=Decimal(0),
    )
    told = PlanDocument(
        "启明", 2026, dt.date(2025, 12, 31), dt.date(2026, 1, 5), "何建明",
        sales=(Decimal(0),) * 12, sales_before=(Decimal(100),) * 12, goals=(goal,),
    )  # fmt: skip
    words = PlanWords(told, "zh")
    assert words.sales_sentence == "2025 年销售额 1,200 元；数字截至 2025-12-31，还没有 2026 年的"  # 12 × 100
    assert words.goals().rows[0][-3:] == ("—", "—", "还没有数字")
