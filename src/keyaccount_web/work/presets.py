"""Which numbers can a company set for its daily work, and what are they until it does?"""

from dataclasses import dataclass

from keyaccount.errors import SettingError
from keyaccount.know.freshness import SHELF_LIVES
from keyaccount_web.work.models import Setting


@dataclass(frozen=True)
class Preset:
    """What a setting is until the company changes it, and within which bounds it may."""

    value: int
    least: int
    most: int


PRESETS: dict[str, Preset] = {
    "to_do.owner_after_days": Preset(3, 0, 365),
    "to_do.superior_after_days": Preset(7, 0, 365),
    "comment.edit_minutes": Preset(15, 0, 1440),
    "file.most_megabytes": Preset(20, 1, 200),
    "file.keep_days": Preset(30, 1, 3650),
    **{f"freshness.{field}": Preset(days, 1, 36500) for field, days in SHELF_LIVES.items()},
}


def setting(name: str) -> int:
    """The company's value, else the preset."""
    own = Setting.objects.filter(name=name).values_list("value", flat=True).first()
    return PRESETS[name].value if own is None else own


def settings_of(prefix: str) -> dict[str, int]:
    """All settings that begin with `prefix` by what follows it, in one query."""
    own = dict(Setting.objects.filter(name__startswith=prefix).values_list("name", "value"))
    return {
        name.removeprefix(prefix): own.get(name, preset.value)
        for name, preset in PRESETS.items()
        if name.startswith(prefix)
    }


def change_setting(name: str, value: int) -> None:
    """Keep a value of the company's own; the preset itself is not kept. Raises SettingError `setting.range`."""
    preset = PRESETS[name]
    if not preset.least <= value <= preset.most:
        raise SettingError("setting.range", name=name, allowed=f"{preset.least}–{preset.most}", value=value)
    if value == preset.value:
        for kept in Setting.objects.filter(name=name):
            kept.delete()
    else:
        Setting.objects.update_or_create(name=name, defaults={"value": value})
