"""Which settings are there, and what does the company say? Each chapter adds its own from its AppConfig.ready().

add_presets("work", Whole("to_do.owner_after_days", 3, most=365), order=10)
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction

from keyaccount.errors import KeyAccountError
from keyaccount_web.company.kinds import Preset
from keyaccount_web.company.models import Setting
from keyaccount_web.operate.per_request import once_a_request

PRESETS: dict[str, Preset] = {}
"""Every setting by name."""
_chapters: dict[str, tuple[int, tuple[str, ...]]] = {}
_checks: dict[str, Callable[[Mapping[str, Any]], object]] = {}


class ChangedMeanwhileError(KeyAccountError):
    """Somebody else has set it since the page was opened."""


def add_presets(chapter: str, *presets: Preset, order: int) -> None:
    """Let a chapter's settings be known, under the title `settings.of.<chapter>`; doing it again replaces them."""
    _chapters[chapter] = (order, tuple(preset.name for preset in presets))
    PRESETS.update({preset.name: preset for preset in presets})


def add_check(prefix: str, check: Callable[[Mapping[str, Any]], object]) -> None:
    """Let settings that begin with `prefix` be looked at together (as `settings_of` gives them); it raises what is wrong with them."""
    _checks[prefix] = check


def chapters() -> dict[str, tuple[Preset, ...]]:
    """Presets by chapter, in the order of the page."""
    found = sorted(_chapters.items(), key=lambda one: (one[1][0], one[0]))
    return {chapter: tuple(PRESETS[name] for name in names) for chapter, (_, names) in found}


def setting(name: str) -> Any:
    """The company's value, else the preset."""
    own = _kept().get(name)
    return PRESETS[name].value if own is None else _value(PRESETS[name], own)


def settings_of(prefix: str) -> dict[str, Any]:
    """All settings that begin with `prefix` by what follows it."""
    own = own_values(prefix)
    return {
        name.removeprefix(prefix): own.get(name, preset.value)
        for name, preset in PRESETS.items()
        if name.startswith(prefix)
    }


def own_values(prefix: str = "") -> dict[str, Any]:
    """The settings that the company has changed."""
    return {
        name: _value(PRESETS[name], value)
        for name, value in _kept().items()
        if name in PRESETS and name.startswith(prefix)
    }


def change_setting(name: str, value: Any) -> None:
    """Keep a value of the company's own; the preset itself is not kept. Raises SettingError as `Preset.read`."""
    preset = PRESETS[name]
    change_settings({name: preset.kept(value)})


def change_settings(
    typed: Mapping[str, str], *, seen: Mapping[str, str] | None = None
) -> dict[str, KeyAccountError]:
    """Keep what was typed, and tell what could not be kept; good values are kept even where others are not.

    Parameters
    ----------
    seen : what the page showed, by name; where somebody else has changed it meanwhile, ChangedMeanwhileError `setting.meanwhile`.
        With it errors are given back; without it the first is raised.
    """
    errors: dict[str, KeyAccountError] = {}
    with transaction.atomic():
        kept = {one.name: one for one in Setting.objects.select_for_update().filter(name__in=list(typed))}
        for name, text in typed.items():
            preset = PRESETS[name]
            now = kept[name].value if name in kept else preset.kept(preset.value)
            try:
                value = preset.kept(preset.read(text))
                if value == now or (seen is not None and value == seen.get(name)):
                    continue
                if seen is not None and seen.get(name) != now:
                    raise ChangedMeanwhileError("setting.meanwhile", name=name, value=now)
            except KeyAccountError as error:
                if seen is None:
                    raise
                errors[name] = error
                continue
            if value == preset.kept(preset.value):
                kept[name].delete()
            elif name in kept:
                kept[name].value = value
                kept[name].save(update_fields=["value"])
            else:
                Setting.objects.create(name=name, value=value)
        _kept.forget()
        _check_together(typed, errors, is_page=seen is not None)
    _kept.forget()
    return errors


def _check_together(typed: Mapping[str, str], errors: dict[str, KeyAccountError], *, is_page: bool) -> None:
    """Values that are good alone and not together are not kept, nor are those beside them."""
    for prefix, check in _checks.items():
        names = [name for name in typed if name.startswith(prefix)]
        try:
            if names:
                check(settings_of(prefix))
        except KeyAccountError as error:
            if not is_page:
                raise
            errors[names[0]] = error
            transaction.set_rollback(True)


@once_a_request
def _kept() -> dict[str, str]:
    """All that the company has set, in one query a request: they are few."""
    return dict(Setting.objects.values_list("name", "value"))


def _value(preset: Preset, kept: str) -> Any:
    """A kept value, or the preset where bounds have been drawn closer since."""
    try:
        return preset.read(kept)
    except KeyAccountError:
        return preset.value
