"""How are the words of a command understood, before any file is opened?"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from keyaccount.cli.steps import Steps
from keyaccount.errors import KeyAccountError, SettingError
from keyaccount.language import message
from keyaccount.ledger.dates import readings

if TYPE_CHECKING:
    from keyaccount.ledger.read import Ledger
    from keyaccount.ledger.sources import ReadOptions


class WordsError(KeyAccountError):
    """Options that do not go together, or do not read as they should."""


def option(lang: str, command: str, *names: str, **kwargs: Any) -> click.Option:
    """An option of `command` with its help in `lang`."""
    own = names[0].removeprefix("--").replace("-", "_")
    return click.Option(list(names), help=message(f"help.{command}.{own}", lang), **kwargs)


def lang_option(lang: str) -> click.Option:
    """Read before all others, so it does nothing here."""
    return click.Option(["--lang"], help=message("help.lang", lang), metavar="zh|en", expose_value=False)


def reading_params(lang: str) -> list[click.Parameter]:
    """The options of all commands that read ledger files."""
    return [
        option(lang, "find", "--map", "columns", multiple=True, metavar="field=column"),
        option(lang, "find", "--sheet", "sheets", multiple=True, metavar="NAME"),
        option(lang, "find", "--date-order", metavar="dmy|mdy|ymd"),
        option(lang, "find", "--decimal", metavar="point|comma"),
        option(lang, "find", "--profile", metavar="NAME"),
        option(lang, "find", "--save-profile", metavar="NAME"),
    ]


def reading_options(words: Any, steps: Steps) -> "ReadOptions":
    """What those options say. Raises WordsError `map.form`, SettingError, ProfileError."""
    from keyaccount.ledger.profiles import load_profile
    from keyaccount.ledger.sources import ReadOptions

    return ReadOptions(
        columns=dict(pair(one) for one in words.columns),
        sheets=words.sheets,
        date_order=words.date_order,
        decimal_mark=words.decimal,
        progress=steps.step,
    ).with_profile(load_profile(words.profile) if words.profile else None)


def check_reading(words: Any) -> None:
    """Raises SettingError, WordsError, ProfileError where those options cannot be meant."""
    choice("date-order", words.date_order, ["dmy", "mdy", "ymd"])
    choice("decimal", words.decimal, ["point", "comma"])
    for one in words.columns:
        pair(one)
    if words.save_profile:
        from keyaccount.ledger.profiles import check_profile_name

        check_profile_name(words.save_profile)


def read_asking(
    read: "Callable[[ReadOptions], Any]", options: "ReadOptions", lang: str, steps: Steps, *, may_ask: bool
) -> Any:
    """`read` with `options`; a person at the terminal is asked which column is meant where that is in doubt."""
    from keyaccount.ledger.mapping import MappingError

    while True:
        try:
            return read(options)
        except MappingError as error:
            if not (may_ask and error.candidates):
                raise
            with steps.paused():
                options = replace(options, columns={**options.columns, **_ask(error, lang)})


def _ask(error: Any, lang: str) -> dict[str, str]:
    """Let the person at the terminal choose a column for each field in doubt."""
    chosen = {}
    for field, columns in error.candidates.items():
        click.echo(message("ask.column", lang, field=field))
        chosen[field] = columns[choose(columns)]
    return chosen


def choose(texts: Sequence[str]) -> int:
    """The place of the text that the person at the terminal chooses."""
    for number, text in enumerate(texts, start=1):
        click.echo(f"  {number}  {text}")
    chosen: int = click.prompt("", type=click.IntRange(1, len(texts)), prompt_suffix="> ")
    return chosen - 1


def keep_profile(name: str | None, ledger: "Ledger | None") -> list[Any]:
    """Save how the one source of `ledger` is read, where `name` says so. Gives the files written."""
    from keyaccount.ledger.profiles import ProfileError, save_profile

    if not name:
        return []
    sources = ledger.sources if ledger else ()
    if len(sources) != 1:
        raise ProfileError("profile.sources", name=name, files=[one.tables[0].place for one in sources])
    return [save_profile(name, sources[0].profile)]


def pair(text: str) -> tuple[str, str]:
    """`field=column`."""
    field, equals, column = text.partition("=")
    if not equals or not field.strip():
        raise WordsError("map.form", value=text)
    return field.strip(), column.strip()


def choice(name: str, value: str | None, allowed: list[str]) -> None:
    """Raises SettingError `setting.choice`."""
    if value is not None and value not in allowed:
        raise SettingError("setting.choice", name=f"--{name}", allowed=allowed, value=value)


def day(name: str, text: str | None) -> dt.date | None:
    """Raises SettingError `setting.date` where it can be read as several days or none."""
    if not text:
        return None
    days = set(readings(text.strip()).values())
    if len(days) != 1:
        raise SettingError("setting.date", name=name, value=text)
    return days.pop()


def count(name: str, text: str) -> int:
    """Raises SettingError `setting.number`."""
    if not text.isdecimal() or int(text) < 1:
        raise SettingError("setting.number", name=name, example="20", value=text)
    return int(text)
