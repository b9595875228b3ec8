"""How does a code with values become a sentence in the reader's language?

Every text that a person sees stands in `messages/*.toml`, Chinese and English side by side, under a code.
Values are formatted by kind: `{sales:money}`, `{share:percent}`, `{lines:count}`, `{names:names}`, `{text:told}`.
"""

import datetime as dt
import os
import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any

from keyaccount.money import show_exact, show_money

LANGUAGES = ("zh", "en")
_packages = ["keyaccount.messages"]
SHOWN_NAMES = 5


def message(code: str, lang: str, /, **values: Any) -> str:
    """The sentence for `code` in `lang` ("zh" or "en"), with `values` filled in."""
    return _Sentence(lang).format(catalogue()[code][lang], **values)


def reader_language() -> str:
    """The reader's language by `KEYACCOUNT_LANG` or the locale; Chinese where neither says English."""
    for name in ("KEYACCOUNT_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        chosen = os.environ.get(name, "").lower()[:2]
        if chosen in LANGUAGES:
            return chosen
    return LANGUAGES[0]


def knows(code: str) -> bool:
    """Whether there is a text for `code`."""
    return code in catalogue()


def add_catalogue(package: str) -> None:
    """Let the `*.toml` of another package be known too."""
    if package not in _packages:
        _packages.append(package)
        catalogue.cache_clear()


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Every text: code → language → template."""
    texts: dict[str, Mapping[str, str]] = {}
    entries = [entry for package in _packages for entry in files(package).iterdir()]
    for file in sorted(entries, key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            for code, entry in tomllib.loads(file.read_text(encoding="utf-8")).items():
                # An error is three sentences under one code: expected, found, to_do.
                parts = (
                    {code: entry}
                    if "zh" in entry
                    else {f"{code}.{part}": text for part, text in entry.items()}
                )
                texts |= parts
    return texts


class _Sentence(Formatter):
    """`str.format` with the kinds of values that our texts name."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def format_field(self, value: Any, format_spec: str) -> str:
        match format_spec:
            case "money":
                return "—" if value is None else show_money(value, self.lang)
            case "percent":
                return "—" if value is None else f"{float(value) * 100:.1f}%"
            case "share":  # a preset: 80%, 12.5%
                return f"{float(value) * 100:g}%"
            case "exact":
                return "—" if value is None else show_exact(value, self.lang)
            case "count":
                return f"{value:,}"
            case "standing":  # by its code, or as somebody has written it
                code = f"standing.{value}"
                return message(code, self.lang) if code in catalogue() else str(value)
            case "names":
                return shown_names(value, self.lang)
            case "told":  # language → text, of what was said elsewhere
                return str(value[self.lang])
            case kind if kind.startswith("n "):  # English: 1 order, 2 orders
                return f"{value:,} {kind[2:]}{'' if value == 1 else 's'}"
            case "choices":  # field → columns to choose from
                pair, gap = ("：", "；") if self.lang == "zh" else (": ", "; ")
                return gap.join(f"{name}{pair}{' | '.join(columns)}" for name, columns in value.items())
            case "":
                return _plain(value)
        return super().format_field(value, format_spec)  # type: ignore[no-any-return]


def _plain(value: Any) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def shown_names(values: Iterable[Any], lang: str) -> str:
    """Up to five values, and how many more there are."""
    names = [_plain(value) for value in values]
    shown = ("、" if lang == "zh" else ", ").join(names[:SHOWN_NAMES])
    more = len(names) - SHOWN_NAMES
    if more > 0:
        return f"{shown} 等共 {len(names)} 个" if lang == "zh" else f"{shown} and {more} more"
    return shown or ("（无）" if lang == "zh" else "(none)")
