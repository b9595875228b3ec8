"""Which settings has staffing? (C5)"""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from keyaccount.cover.next_manager import CoverageSettings
from keyaccount.cover.staffing import StaffingSettings
from keyaccount_web.company.kinds import Choice, Number, Preset, Share, Whole
from keyaccount_web.company.presets import settings_of

ACTIVITIES = ("visit", "executive", "call", "mail", "order", "complaint")
"""What managers spend their hours on; the last two are service."""
_MOVABLE = ("mail", "order")
_STAFFING, _COVERAGE = StaffingSettings(), CoverageSettings()

PRESETS: tuple[Preset, ...] = (
    Whole("staffing.accounts_per_manager", _STAFFING.accounts_per_manager, least=1, most=10_000),
    Whole("staffing.complaint_minutes", _STAFFING.complaint_minutes, most=6000),
    Whole("staffing.order_minutes", _STAFFING.order_minutes, most=6000),
    Share("staffing.peak", _STAFFING.peak, least=Decimal("0.01"), most=Decimal("0.99")),
    Number("staffing.yearly_cost", _STAFFING.yearly_cost),
    *(
        Choice(
            f"staffing.movable.{one}",
            "yes" if one in _MOVABLE else "no",
            choices=("no", "yes"),
            texts="staffing.is_movable",
        )
        for one in ACTIVITIES
    ),
    Share("staffing.well", _COVERAGE.well),
    Share("staffing.badly", _COVERAGE.badly),
    Whole("staffing.least_accounts", _COVERAGE.least_accounts, least=1, most=100_000),
    Share("staffing.elasticity", _COVERAGE.elasticity),
    Share("staffing.gap_cost", Decimal("0.2"), most=Decimal("0.9")),
)


def staffing_settings() -> StaffingSettings:
    """As the company has them; the selling hours are those of standards."""
    own = settings_of("staffing.")
    names = asdict(_STAFFING).keys() - {"effort", "selling_hours"}
    told: dict[str, Any] = {name: own[name] for name in names}
    return StaffingSettings(**told, selling_hours=Decimal(settings_of("standards.")["selling_hours"]))


def coverage_settings() -> CoverageSettings:
    """Badly is never above well, whatever was typed."""
    own = settings_of("staffing.")
    return CoverageSettings(
        well=own["well"],
        badly=min(own["badly"], own["well"]),
        least_accounts=own["least_accounts"],
        elasticity=own["elasticity"],
    )


def movable() -> tuple[str, ...]:
    """Activities that need no account manager."""
    own = settings_of("staffing.movable.")
    return tuple(one for one in ACTIVITIES if own[one] == "yes")
