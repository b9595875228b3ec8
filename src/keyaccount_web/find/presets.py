"""Which settings have kinds, roles and classes by volume? (F5, F6)"""

from dataclasses import fields
from decimal import Decimal
from typing import Any

from keyaccount.find.kind_settings import CLASSES, POLICIES, SHARES, KindSettings, RoleSettings, VolumeClass
from keyaccount.language import message
from keyaccount_web.company.kinds import Choice, Number, Preset, Share, Text, Whole, words_of
from keyaccount_web.company.presets import settings_of

EXECUTIVE_TITLES = (
    *("董事长", "总经理", "总裁", "副总", "总监", "厂长", "院长", "局长"),
    *("CEO", "CFO", "COO", "president", "director", "managing"),
)
"""Words by which the title of an executive is known, in either language; a company adds its own."""


def _of_kinds() -> list[Preset]:
    told: list[Preset] = []
    for one in fields(KindSettings):
        name, value = f"kinds.{one.name}", one.default
        label = _label(f"setting_of.kinds.{one.name}")
        if isinstance(value, tuple):
            told.append(Text(name, "、".join(value), label))
        elif one.name in SHARES:
            smallest = Decimal("0.01") if one.name.endswith("_full") else Decimal(0)
            told.append(Share(name, Decimal(str(value)), label, least=smallest))
        elif isinstance(value, Decimal):
            told.append(Number(name, value, label, most=Decimal(100)))
        elif isinstance(value, int):
            fewest = 2 if one.name in ("price_months", "wide_categories", "wide_products") else 1
            told.append(Whole(name, value, label, least=fewest, most=100_000))
    return [*told, Text("kinds.executive_titles", "")]


def _label(code: str, **values: str) -> "Label":
    return Label(code, values)


class Label:
    """The name of a setting that is completed by the name of what it is of."""

    def __init__(self, code: str, values: dict[str, str]) -> None:
        self.code = code
        self.values = values

    def __call__(self, lang: str) -> str:
        return message(self.code, lang, **{name: message(code, lang) for name, code in self.values.items()})


def _of_classes() -> list[Preset]:
    told: list[Preset] = []
    for one in CLASSES:
        of = {"volume_class": f"class.{one.code}"}
        prefix = f"classes.{one.code}"
        told += [
            Text(f"{prefix}.name", "", _label("setting.class.name", **of), most=20),
            Number(
                f"{prefix}.least_sales",
                one.least_sales,
                _label("setting.class.least_sales", **of),
                most=Decimal(10**12),
            ),
            Choice(
                f"{prefix}.policy", one.policy, _label("setting.class.policy", **of), POLICIES, texts="policy"
            ),
            Share(f"{prefix}.effort_ceiling", one.effort_ceiling, _label("setting.class.ceiling", **of)),
        ]
    return told


PRESETS = (*_of_kinds(), *_of_classes())


def kind_settings() -> KindSettings:
    """The scorecard as the company has it."""
    own = settings_of("kinds.")
    own.pop("executive_titles")
    values: dict[str, Any] = {
        one.name: words_of(own[one.name]) if isinstance(one.default, tuple) else own[one.name]
        for one in fields(KindSettings)
    }
    return KindSettings(**values)


def role_settings() -> RoleSettings:
    """The classes by volume as the company has them, largest first."""
    own = settings_of("classes.")
    told = [
        VolumeClass(
            one.code,
            own[f"{one.code}.least_sales"],
            own[f"{one.code}.policy"],
            own[f"{one.code}.effort_ceiling"],
        )
        for one in CLASSES
    ]
    return RoleSettings(tuple(sorted(told, key=lambda one: -one.least_sales)))


def executive_titles() -> tuple[str, ...]:
    """Words by which the title of an executive is known, the company's own among them."""
    return EXECUTIVE_TITLES + words_of(settings_of("kinds.executive_titles")[""])


def class_names(lang: str) -> dict[str, str]:
    """The classes by volume as the company names them, in one query."""
    own = settings_of("classes.")
    return {one.code: own[f"{one.code}.name"] or message(f"class.{one.code}", lang) for one in CLASSES}
