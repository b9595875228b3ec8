"""Under which settings is staffing worked out: the company's, or those of a scenario? (C5)"""

from dataclasses import asdict, dataclass, field, fields, replace
from decimal import Decimal
from typing import Any

from keyaccount.cover.next_manager import CoverageSettings
from keyaccount.cover.staffing import StaffingSettings
from keyaccount.cover.standards import Standard, StandardSettings
from keyaccount.cover.stretching import Effort
from keyaccount.errors import SettingError
from keyaccount_web.company.presets import settings_of
from keyaccount_web.cover.presets import effort, standard_settings
from keyaccount_web.cover.staffing.presets import MOVABLE


@dataclass(frozen=True)
class Asked:
    """All that staffing depends on beside the records."""

    standards: StandardSettings = field(default_factory=StandardSettings)
    staffing: StaffingSettings = field(default_factory=StaffingSettings)
    coverage: CoverageSettings = field(default_factory=CoverageSettings)
    skill_weight: Decimal = Decimal("0.2")
    movable: tuple[str, ...] = ()
    """Activities that need no account manager."""
    more_accounts: int = 0
    more_tier: str = ""
    """Of which tier; empty: spread as those that are there."""
    more_managers: int = 0
    support: Decimal = Decimal(1)
    """By what everybody's hours are multiplied, on top of their own support."""
    skill: Decimal | None = None
    """Everybody's skill; None: by the gaps."""

    def __post_init__(self) -> None:
        if self.support <= 0:
            raise SettingError("setting.range", name="staffing.support", allowed="> 0", value=self.support)
        if self.skill is not None and self.skill <= 0:
            raise SettingError("setting.range", name="staffing.skill", allowed="> 0", value=self.skill)
        if self.more_accounts < 0:
            raise SettingError(
                "setting.range", name="staffing.more_accounts", allowed="≥ 0", value=self.more_accounts
            )


def companys_own(recorded: Effort | None = None) -> Asked:
    """By the company's settings; `recorded`: how long touches take by what was recorded, where there is enough of it."""
    own = settings_of("staffing.")
    minutes = recorded if recorded is not None and own["effort_from"] == "recorded" else effort()
    return Asked(
        standards=standard_settings(),
        staffing=StaffingSettings(
            effort=minutes,
            selling_hours=Decimal(settings_of("standards.")["selling_hours"]),
            **{
                name: own[name]
                for name in (
                    "complaint_minutes",
                    "order_minutes",
                    "peak",
                    "accounts_per_manager",
                    "yearly_cost",
                )
            },
        ),
        coverage=CoverageSettings(own["well"], own["badly"], own["least_accounts"], own["elasticity"]),
        skill_weight=own["skill_weight"],
        movable=tuple(name for name in MOVABLE if own[f"moves.{name}"] == "yes"),
    )


def as_json(asked: Asked) -> dict[str, Any]:
    """As a scenario keeps it: decimals and fractions as text."""
    told: dict[str, Any] = {
        name: getattr(asked, name) for name in ("more_accounts", "more_tier", "more_managers")
    }
    told |= {"movable": list(asked.movable), "support": str(asked.support), "skill_weight": str(asked.skill_weight)}
    told["skill"] = None if asked.skill is None else str(asked.skill)
    own = asked.standards
    told["standards"] = {
        "standards": [[one.tier, one.touch, one.times, one.period] for one in own.standards],
        "early_share": str(own.early_share),
        "kind_shares": {kind: str(share) for kind, share in own.kind_shares.items()},
        "answer_days": own.answer_days,
        "tier_weights": {tier: str(weight) for tier, weight in own.tier_weights.items()},
    }
    told["staffing"] = {name: _plain(value) for name, value in asdict(asked.staffing).items()}
    told["coverage"] = {name: _plain(value) for name, value in asdict(asked.coverage).items()}
    return told  # fmt: skip


def from_json(told: dict[str, Any]) -> Asked:
    """The same, read again."""
    own = told["standards"]
    standards = StandardSettings(
        standards=tuple(Standard(*one) for one in own["standards"]),
        early_share=Decimal(own["early_share"]),
        kind_shares={kind: Decimal(share) for kind, share in own["kind_shares"].items()},
        answer_days=own["answer_days"],
        tier_weights={tier: Decimal(weight) for tier, weight in own["tier_weights"].items()},
    )
    of_staffing = {**told["staffing"], "effort": Effort(**told["staffing"]["effort"])}
    return Asked(
        standards=standards,
        staffing=StaffingSettings(**_read(StaffingSettings(), of_staffing)),
        coverage=CoverageSettings(**_read(CoverageSettings(), told["coverage"])),
        skill_weight=Decimal(told["skill_weight"]),
        movable=tuple(told["movable"]),
        more_accounts=told["more_accounts"],
        more_tier=told["more_tier"],
        more_managers=told["more_managers"],
        support=Decimal(told["support"]),
        skill=None if told["skill"] is None else Decimal(told["skill"]),
    )


def with_times(asked: Asked, times: dict[tuple[str, str], int]) -> Asked:
    """With other standards: tier and touch → times a year. The others stay as they are."""
    kept = [one for one in asked.standards.standards if (one.tier, one.touch) not in times]
    own = [Standard(tier, touch, number, "year") for (tier, touch), number in times.items() if number]
    return replace(asked, standards=replace(asked.standards, standards=(*kept, *own)))


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def _read(preset: Any, told: dict[str, Any]) -> dict[str, Any]:
    kinds = {one.name: getattr(preset, one.name) for one in fields(preset)}
    return {
        name: Decimal(value) if isinstance(kinds[name], Decimal) else value
        for name, value in told.items()
        if name in kinds
    }
