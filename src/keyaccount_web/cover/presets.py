"""Which settings have standards and visits? (C3)"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from keyaccount.cover.standards import PERIODS, STANDARDS, TOUCHES, Standard, StandardSettings
from keyaccount.cover.stretching import Effort
from keyaccount.cover.tiers import TIERS as TIERS_OF_ALL
from keyaccount.language import message
from keyaccount_web.company.kinds import Choice, Number, Preset, Share, Whole
from keyaccount_web.company.presets import settings_of

TIERS = tuple(one.name for one in TIERS_OF_ALL)
KEY_TIERS = tuple(one.name for one in TIERS_OF_ALL if one.channel == "key_account")
KINDS = ("transactional", "value_added", "strategic")
PROOFS = {
    "told": (),
    "place": ("place", "place_and_photo"),
    "place_or_photo": ("place", "photo", "place_and_photo"),
}
"""What a visit must be shown by to count → values of `Touch.done_how`; none: whatever it is told by."""


@dataclass(frozen=True)
class Label:
    """The name of a setting, completed by the names of what it is of."""

    code: str
    values: tuple[tuple[str, str], ...]

    def __call__(self, lang: str) -> str:
        return message(self.code, lang, **{name: message(code, lang) for name, code in self.values})


def _of_standards() -> list[Preset]:
    held = {(one.tier, one.touch): one for one in STANDARDS}
    told: list[Preset] = []
    for tier in TIERS:
        for touch in TOUCHES:
            preset = held.get((tier, touch)) or Standard(tier, touch, 0, "quarter")
            of = (("tier", f"tier.{tier}"), ("touch", f"standard.touch.{touch}"))
            told += [
                Whole(
                    f"standards.{tier}.{touch}.times",
                    preset.times,
                    Label("setting.standard.times", of),
                    most=99,
                ),
                Choice(
                    f"standards.{tier}.{touch}.period",
                    preset.period,
                    Label("setting.standard.period", of),
                    tuple(PERIODS),
                    texts="standard.period",
                ),
            ]
    return told


PRESETS: tuple[Preset, ...] = (
    *_of_standards(),
    *(
        Share(
            f"standards.kind.{kind}",
            Decimal("0.5") if kind == "transactional" else Decimal(1),
            Label("setting.standard.kind", (("kind", f"kind.{kind}"),)),
        )
        for kind in KINDS
    ),
    *(
        Share(
            f"standards.weight.{tier}",
            Decimal(1),
            Label("setting.standard.weight", (("tier", f"tier.{tier}"),)),
        )
        for tier in TIERS
    ),
    Share("standards.early_share", Decimal("0.70"), least=Decimal("0.01")),
    Whole("standards.answer_days", 7, least=1, most=90),
    Share("standards.churn_below", Decimal("0.70")),
    Choice("standards.proof", "told", choices=tuple(PROOFS)),
    Choice("standards.stretched", "no", choices=("no", "yes")),
    Whole("standards.selling_hours", 1200, least=1, most=3000),
    Whole("visits.minutes", 90, least=1, most=600),
    Whole("visits.executive_minutes", 180, least=1, most=600),
    Whole("visits.call_minutes", 20, least=1, most=600),
    Whole("visits.travel_minutes", 60, most=600),
    Whole("visits.check_in_from", 8, most=23),
    Whole("visits.check_in_until", 19, least=1, most=24),
    Whole("visits.place_days", 90, least=1, most=3650),
    Number("visits.cost_an_hour", Decimal(0), most=Decimal(10_000)),
)


def standard_settings(
    stretch: Fraction = Fraction(1), *, own: Mapping[str, Any] | None = None
) -> StandardSettings:
    """The standards as the company has them, in one query, or in none where `settings_of("standards.")` is at hand."""
    own = settings_of("standards.") if own is None else own
    standards = tuple(
        Standard(tier, touch, own[f"{tier}.{touch}.times"], own[f"{tier}.{touch}.period"])
        for tier in TIERS
        for touch in TOUCHES
        if own[f"{tier}.{touch}.times"]
    )
    return StandardSettings(
        standards=standards,
        early_share=own["early_share"],
        kind_shares={kind: own[f"kind.{kind}"] for kind in KINDS if own[f"kind.{kind}"] != 1},
        answer_days=own["answer_days"],
        stretch=stretch,
        tier_weights={tier: own[f"weight.{tier}"] for tier in TIERS},
    )


def effort() -> Effort:
    """How long touches take, before anybody has recorded any."""
    own = settings_of("visits.")
    return Effort(own["minutes"], own["executive_minutes"], own["call_minutes"], own["travel_minutes"])
