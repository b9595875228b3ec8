"""Do the hours suffice for the standards; by how much must intervals grow; which standard can nobody keep? (C3)

Worked by hand in the docs, "Standards".
"""

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from keyaccount.cover.standards import PERIODS, StandardSettings, by_tier, require_columns, times_of
from keyaccount.errors import SettingError
from keyaccount.reasons import Reason

WORKED_DAYS = 21
"""Of a month: no calendar holds more visits to one account."""


@dataclass(frozen=True)
class Effort:
    """Minutes of one touch of each kind, with the way there."""

    visit: int = 90
    executive: int = 180
    call: int = 20
    travel: int = 60
    """Of a visit, where no matrix is known."""

    def hours(self, touch: str) -> Fraction:
        minutes = {
            "visit": self.visit + self.travel,
            "executive": self.executive + self.travel,
            "call": self.call,
        }
        return Fraction(minutes[touch], 60)


@dataclass(frozen=True)
class Stretch:
    """What the standards ask for and what there is. Hours a year."""

    hours_asked: float
    hours_there: float
    factor: Fraction | None
    """By which intervals are multiplied, at least 1; None: not even that helps, since tiers that do not stretch ask for too much."""


def stretch_factor(
    accounts: pa.Table,
    *,
    hours_there: Decimal,
    settings: StandardSettings | None = None,
    effort: Effort | None = None,
) -> Stretch:
    """The one factor by which all intervals grow until the touches fit the hours there are.

    Parameters
    ----------
    accounts : as for `due`.
    hours_there : selling hours a year, above 0.

    Returns
    -------
    factor f ≥ 1 with Σ hours of tier t ÷ (1 + (f − 1) × weight of t) = hours_there; with all weights 1 that is hours asked ÷ hours
    there, exactly, else to a ten-thousandth, rounded up so that it fits. An executive visit is counted as one visit made longer.

    Raises
    ------
    SettingError `setting.range` where hours_there ≤ 0.
    """
    settings = replace(settings or StandardSettings(), stretch=Fraction(1))
    effort = effort or Effort()
    if hours_there <= 0:
        raise SettingError("setting.range", name="standards.hours", allowed="> 0", value=hours_there)
    asked = _hoursby_tier(accounts, settings, effort)
    there, total = Fraction(hours_there), sum(asked.values(), Fraction(0))
    weights = {tier: Fraction(settings.tier_weights.get(tier, Decimal(1))) for tier in asked}

    def needed(factor: Fraction) -> Fraction:
        return sum((hours / (1 + (factor - 1) * weights[tier]) for tier, hours in asked.items()), Fraction(0))

    def told(factor: Fraction | None) -> Stretch:
        return Stretch(float(total), float(there), factor)

    if total <= there:
        return told(Fraction(1))
    if all(weight == 1 for weight in weights.values()):
        return told(total / there)
    if sum((hours for tier, hours in asked.items() if weights[tier] == 0), Fraction(0)) >= there:
        return told(None)
    low, high = Fraction(1), Fraction(2)
    while needed(high) > there:
        low, high = high, high * 2
    while high - low > Fraction(1, 10_000):
        middle = (low + high) / 2
        low, high = (middle, high) if needed(middle) > there else (low, middle)
    return told(Fraction(math.ceil(high * 10_000), 10_000))


def impossible(
    settings: StandardSettings,
    *,
    effort: Effort | None = None,
    hours_of_one: Decimal = Decimal(1200),
    worked_days: int = WORKED_DAYS,
) -> list[Reason]:
    """The standards that no calendar can hold: more touches than worked days, or more hours for one account than one manager has."""
    effort = effort or Effort()
    found = []
    for one in settings.standards:
        months = PERIODS[one.period]
        values = {"tier": one.tier, "touch": one.touch, "times": one.times, "period": one.period}
        if one.times > worked_days * months:
            found.append(Reason("standard.too_often", {**values, "days": worked_days * months}))
            continue
        hours = effort.hours(one.touch) * one.times * Fraction(12, months)
        if hours > Fraction(hours_of_one):
            found.append(
                Reason("standard.too_long", {**values, "hours": math.ceil(hours), "there": hours_of_one})
            )
    return found


def _hoursby_tier(accounts: pa.Table, settings: StandardSettings, effort: Effort) -> dict[str, Fraction]:
    """Hours a year that the standards ask for."""
    require_columns(accounts, "accounts", "account_id", "tier", "kind", "since")
    of_tier = by_tier(settings)
    numbers: defaultdict[tuple[str, str], int] = defaultdict(int)
    for account in accounts.select(["tier", "kind"]).to_pylist():
        numbers[account["tier"], account["kind"] or ""] += 1
    found: defaultdict[str, Fraction] = defaultdict(Fraction)
    for (tier, kind), number in numbers.items():
        for standard in of_tier.get(tier, ()):
            a_year = times_of(standard, settings, kind) * Fraction(12, PERIODS[standard.period])
            hours = effort.hours(standard.touch)
            if standard.touch == "executive":
                # It is one of the visits, made longer, where those are asked for at all.
                has_visits = any(one.touch == "visit" and one.times for one in of_tier[tier])
                hours = max(hours - (effort.hours("visit") if has_visits else 0), Fraction(0))
            found[tier] += number * a_year * hours
    return dict(found)
