"""Which settings has staffing? (C5)"""

from decimal import Decimal

from keyaccount.cover.next_manager import CoverageSettings
from keyaccount.cover.skills import SKILL_WEIGHT
from keyaccount.cover.staffing import StaffingSettings
from keyaccount_web.company.kinds import Choice, Number, Preset, Share, Whole

MOVABLE = {"call": "no", "video": "no", "mail": "yes", "order": "yes", "complaint": "no"}
"""What may need no account manager → whether it does not, before the company says otherwise."""

PRESETS: tuple[Preset, ...] = (
    Whole("staffing.accounts_per_manager", StaffingSettings.accounts_per_manager, least=1, most=10_000),
    Number("staffing.yearly_cost", StaffingSettings.yearly_cost),
    Whole("staffing.complaint_minutes", StaffingSettings.complaint_minutes, most=10_000),
    Whole("staffing.order_minutes", StaffingSettings.order_minutes, most=10_000),
    Share("staffing.peak", StaffingSettings.peak, least=Decimal("0.5"), most=Decimal("0.999")),
    Share("staffing.skill_weight", SKILL_WEIGHT, most=Decimal("0.9")),
    Share("staffing.well", CoverageSettings.well),
    Share("staffing.badly", CoverageSettings.badly),
    Whole("staffing.least_accounts", CoverageSettings.least_accounts, least=1),
    Share("staffing.elasticity", CoverageSettings.elasticity),
    Choice("staffing.effort_from", "recorded", ("recorded", "preset")),
    Whole("staffing.least_touches", 30, least=1),
    *(
        Choice(f"staffing.moves.{name}", value, ("yes", "no"), texts="staffing.moves")
        for name, value in MOVABLE.items()
    ),
)
