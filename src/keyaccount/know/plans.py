"""How does a customer's plan stand: what should be reached by now, which goals are behind, what was left blank? (K8)

Worked by hand in docs/en/calculations/plans.md.
"""

import datetime as dt
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from keyaccount.errors import SettingError
from keyaccount.reasons import Reason

LEVELS = ("vendor", "credible_source", "problem_solver", "trusted_advisor")
"""How a customer takes us, from the lowest."""
PAGE_ORDER = (
    "team", "players", "level", "trends", "opportunities", "strengths", "vulnerability", "risks",
    "field_of_play", "value", "how", "gain", "three_years", "goals", "actions", "commitments",
)  # fmt: skip
"""The parts of a plan as they are gone through; the one that is blank bears a flag."""
TOLERANCE = Decimal("0.05")
"""How far from the pro-rata is still on it; preset of the setting `plans.tolerance`."""
LOOK_DAYS = 31
"""Days within which somebody is to look at a plan; preset of the setting `plans.look_days`."""
GONE_WRONG = ("behind", "missed")


@dataclass(frozen=True)
class GoalState:
    """One goal of a year, and what was reached of it."""

    key: Hashable
    target: Decimal
    due: dt.date
    """By when; within the year of the plan."""
    reached: Decimal | None
    """From 1 January on; None: not known."""
    base: Decimal | None = None
    """Last year's figure; of a level where it stood when the year began, 0 where None."""
    months: tuple[Decimal, ...] | None = None
    """Last year's figure by calendar month, twelve of them; None: it has no season."""
    is_level: bool = False
    """It goes from `base` to `target`, up or down, instead of adding up from 0."""
    weight: int = 1


@dataclass(frozen=True)
class GoalStanding:
    """How a goal stands on a day."""

    key: Hashable
    expected: Decimal
    """What should be reached by then: the pro-rata."""
    progress: float | None
    """Share of the way, within 0 and 1; None: nothing was measured."""
    standing: str
    """reached, ahead, on, behind, missed (the day is past), unknown or to_come (the year has not begun)."""
    weight: int = 1


@dataclass(frozen=True)
class ActionState:
    """One action under a goal."""

    goal: Hashable
    due: dt.date
    state: str
    """open, done or dropped; dropped ones count for nothing."""


@dataclass(frozen=True)
class PlanStanding:
    """How a plan stands on a day."""

    progress: float
    """Mean of its goals' progress by weight, within 0 and 1."""
    standing: str
    """empty (no goals), reached (all of them), behind (a goal is, or an action is overdue), else on."""
    goals: int
    reached: int
    behind: int
    actions: int
    done: int
    overdue: int
    reasons: tuple[Reason, ...]
    """What is to be looked at, the worst first."""


def season_share(months: Sequence[Decimal] | None, day: dt.date) -> Fraction:
    """Which share of a year's figure is there by a day, by last year's months; within a month by days.

    Without months, or where they sum up to 0 or less, by the days of the year. Held within 0 and 1.
    """
    first = dt.date(day.year, 1, 1)
    whole = sum(months, Decimal(0)) if months else Decimal(0)
    if not months or whole <= 0:
        return Fraction((day - first).days + 1, (dt.date(day.year + 1, 1, 1) - first).days)
    begin = day.replace(day=1)
    days = ((begin + dt.timedelta(days=31)).replace(day=1) - begin).days
    so_far = Fraction(sum(months[: day.month - 1], Decimal(0)))
    so_far += Fraction(months[day.month - 1]) * day.day / days
    return min(max(so_far / Fraction(whole), Fraction(0)), Fraction(1))


def goal_standing(goal: GoalState, *, until: dt.date, tolerance: Decimal = TOLERANCE) -> GoalStanding:
    """How a goal stands at the end of the day `until`.

    Parameters
    ----------
    goal : what adds up (sales, visits) follows last year's season up to its day; a level goes evenly from where it stood.
    until : the last day of which figures are known.
    tolerance : in [0, 1): what adds up may be off by this share of the pro-rata, a level by this share of the whole way.

    Returns
    -------
    expected = target × season_share(until) ÷ season_share(due), at most target; of a level base + (target − base) × days gone ÷ days
    until due. The target reached is `reached` at any time; short of it on the day it is due, `missed`.

    Raises
    ------
    SettingError `setting.range`.
    """
    if not 0 <= tolerance < 1:
        raise SettingError("setting.range", name="plans.tolerance", allowed="[0, 1)", value=tolerance)
    share = _share_due(goal, until)
    base = goal.base or Decimal(0)
    start = base if goal.is_level else Decimal(0)
    way = Fraction(goal.target) - Fraction(start)
    expected = Fraction(start) + way * share
    return GoalStanding(
        key=goal.key,
        expected=_decimal(expected),
        progress=_progress(goal.reached, start, way),
        standing=_standing(goal, until, expected, way, Fraction(tolerance)),
        weight=goal.weight,
    )


def _share_due(goal: GoalState, until: dt.date) -> Fraction:
    """Which part of the target should be there by now."""
    if until >= goal.due:
        return Fraction(1)
    if until.year < goal.due.year:
        return Fraction(0)
    months = None if goal.is_level else goal.months
    by_due = season_share(months, goal.due)
    return min(season_share(months, until) / by_due, Fraction(1)) if by_due else Fraction(0)


def _standing(goal: GoalState, until: dt.date, expected: Fraction, way: Fraction, tolerance: Fraction) -> str:
    if until.year < goal.due.year:
        return "to_come"
    if goal.reached is None:
        return "unknown"
    sign = -1 if way < 0 else 1
    reached = Fraction(goal.reached)
    if (reached - Fraction(goal.target)) * sign >= 0:
        return "reached"
    if until >= goal.due:
        return "missed"
    room = tolerance * (abs(way) or abs(Fraction(goal.target)) if goal.is_level else abs(expected))
    off = (reached - expected) * sign
    if off < -room:
        return "behind"
    return "ahead" if off > room else "on"


def _progress(reached: Decimal | None, start: Decimal, way: Fraction) -> float | None:
    if reached is None:
        return None
    gone = Fraction(reached) - Fraction(start)
    if not way:
        return 1.0 if gone >= 0 else 0.0
    return float(min(max(gone / way, Fraction(0)), Fraction(1)))


def _decimal(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.0001"))


def rolled_up(goal: GoalStanding, actions: Iterable[ActionState]) -> float:
    """A goal's progress: measured, else the share of its actions that are done; 0 where it has neither."""
    if goal.progress is not None:
        return goal.progress
    counted = [one for one in actions if one.goal == goal.key and one.state != "dropped"]
    return sum(one.state == "done" for one in counted) / len(counted) if counted else 0.0


def plan_standing(
    goals: Sequence[GoalStanding],
    actions: Sequence[ActionState],
    *,
    until: dt.date,
    looked_on: dt.date | None,
    look_days: int = LOOK_DAYS,
) -> PlanStanding:
    """Actions to goals to plan, and why somebody should look at it.

    Parameters
    ----------
    until : today: an action due before it and still open is overdue.
    looked_on : when somebody last looked at the plan; None: nobody has.
    look_days : at least 1.

    Raises
    ------
    SettingError `setting.range`.
    """
    if look_days < 1:
        raise SettingError("setting.range", name="plans.look_days", allowed="≥ 1", value=look_days)
    counted = [one for one in actions if one.state != "dropped"]
    overdue = [one for one in counted if one.state == "open" and one.due < until]
    wrong = [one for one in goals if one.standing in GONE_WRONG]
    weights = sum(one.weight for one in goals)
    progress = sum(rolled_up(one, actions) * one.weight for one in goals) / weights if weights else 0.0
    reached = sum(one.standing == "reached" for one in goals)
    reasons = [
        Reason(code, values)
        for code, values, holds in (
            ("plan_why.no_goals", {}, not goals),
            ("plan_why.behind", {"n": len(wrong), "of": len(goals)}, wrong),
            ("plan_why.overdue", {"n": len(overdue)}, overdue),
        )
        if holds
    ]
    reasons += look_due(until, looked_on, look_days)
    standing = "on"
    if not goals:
        standing = "empty"
    elif wrong or overdue:
        standing = "behind"
    elif reached == len(goals):
        standing = "reached"
    return PlanStanding(
        progress=progress,
        standing=standing,
        goals=len(goals),
        reached=reached,
        behind=len(wrong),
        actions=len(counted),
        done=sum(one.state == "done" for one in counted),
        overdue=len(overdue),
        reasons=tuple(reasons),
    )


def look_due(until: dt.date, looked_on: dt.date | None, look_days: int) -> list[Reason]:
    """That nobody has looked at a plan for `look_days` days or more; empty: somebody has."""
    if looked_on is None:
        return [Reason("plan_why.never_looked", {})]
    days = (until - looked_on).days
    return [Reason("plan_why.not_looked", {"days": days, "limit": look_days})] if days >= look_days else []


def blanks(filled: Collection[str]) -> list[str]:
    """The parts of the page order that nobody has filled in, in that order: each gets a flag."""
    return [part for part in PAGE_ORDER if part not in filled]
