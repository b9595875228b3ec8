"""How many years of managers go into each tier, and how many hours does an account ask for? (C5)"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from keyaccount.cover.standards import Standard
from keyaccount.cover.stretching import hours_a_year
from keyaccount_web.cover.staffing.work import Served, Work
from keyaccount_web.cover.staffing.worked import Settings

UNASSIGNED = "-"
"""Stands for the years of managers whose accounts ask for no hours."""


def tier_years(work: Work, served: list[Served], settings: Settings) -> dict[str | None, float]:
    """Years of managers by tier: each one's share of the year, parted by the hours that the tiers of their accounts ask for."""
    hours: defaultdict[int, defaultdict[str | None, float]] = defaultdict(lambda: defaultdict(float))
    own = hours_of(settings)
    for one in served:
        if one.owner is not None:
            hours[one.owner][one.tier] += own(one)
    told: defaultdict[str | None, float] = defaultdict(float)
    for _, _, employed, _, _, pk in work.managers:
        share = float(employed or 0)
        whole = sum(hours[pk].values()) if pk in hours else 0
        if not whole:
            told[UNASSIGNED] += share
        for tier, part in hours[pk].items() if whole else ():
            told[tier] += share * part / whole
    return dict(told)


def hours_of(settings: Settings) -> Callable[[Served], float]:
    """Gives the hours a year that an account asks for, service included."""
    by_tier: defaultdict[str, list[Standard]] = defaultdict(list)
    for one in settings.standards.standards:
        by_tier[one.tier].append(one)
    kept: dict[tuple[Any, Any], float] = {}

    def hours(one: Served) -> float:
        key = (one.tier, one.kind)
        if key not in kept:
            kept[key] = sum(
                float(hours_a_year(rule, settings.standards, settings.staffing.effort, kind=one.kind or ""))
                for rule in by_tier[one.tier or ""]
            )
        return kept[key] + one.orders * settings.staffing.order_minutes / 60

    return hours
