"""`keyaccount find`: from a ledger file to the key account list (F1–F4, F8, F9)."""

import datetime as dt
import sys
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keyaccount.cli.speech import SpokenCommand
from keyaccount.cli.steps import Steps
from keyaccount.errors import KeyAccountError, SettingError
from keyaccount.files import OutputError
from keyaccount.language import message
from keyaccount.ledger.dates import readings
from keyaccount.money import own_currency

if TYPE_CHECKING:
    from keyaccount.cli.inputs import Inputs
    from keyaccount.ledger.amounts import DecimalMark
    from keyaccount.ledger.dates import DateOrder
    from keyaccount.ledger.sources import ReadOptions


class FindUsageError(KeyAccountError):
    """Options that do not go together, or do not read as they should."""


@dataclass(frozen=True)
class Words:
    """The words of one `keyaccount find`, as they came from the shell."""

    ledger: tuple[str, ...]
    demo: bool
    columns: tuple[str, ...]
    sheets: tuple[str, ...]
    date_order: "DateOrder | None"
    decimal: "DecimalMark | None"
    profile: str | None
    save_profile: str | None
    until: str | None
    share: str | None
    basis: str | None
    groups: str | None
    cost_to_serve: str | None
    unassigned: str | None
    engine: str
    out: str | None
    explain: str | None
    top: str
    as_json: bool

    def check(self) -> None:
        """Say what is wrong with them before a file is opened."""
        _choice("engine", self.engine, ["duckdb"])
        _choice("date-order", self.date_order, ["dmy", "mdy", "ymd"])
        _choice("decimal", self.decimal, ["point", "comma"])
        _count("--top", self.top)
        of_files = {
            "--map": self.columns,
            "--sheet": self.sheets,
            "--date-order": self.date_order,
            "--decimal": self.decimal,
            "--profile": self.profile,
            "--save-profile": self.save_profile,
        }
        too_many = [*self.ledger, *(name for name, given in of_files.items() if given)]
        if self.demo and too_many:
            raise FindUsageError("demo.with_files", options=too_many)
        if not self.demo and not self.ledger:
            raise FindUsageError("ledger.none")
        read = [Path(one).resolve() for one in (*self.ledger, self.groups, self.cost_to_serve) if one]
        if self.out and Path(self.out).resolve() in read:
            raise FindUsageError("out.overwrites", file=self.out)
        if self.out and not Path(self.out).resolve().parent.is_dir():
            raise OutputError("out.no_folder", file=self.out, folder=str(Path(self.out).parent))


def find_command(lang: str) -> click.Command:
    """The command in `lang`."""

    def option(*names: str, **kwargs: Any) -> click.Option:
        own = names[0].removeprefix("--").replace("-", "_")
        return click.Option(list(names), help=message(f"help.find.{own}", lang), **kwargs)

    params: list[click.Parameter] = [
        click.Argument(["ledger"], nargs=-1, metavar=message("help.find.ledger", lang)),
        option("--demo", is_flag=True),
        option("--map", "columns", multiple=True, metavar="field=column"),
        option("--sheet", "sheets", multiple=True, metavar="NAME"),
        option("--date-order", metavar="dmy|mdy|ymd"),
        option("--decimal", metavar="point|comma"),
        option("--profile", metavar="NAME"),
        option("--save-profile", metavar="NAME"),
        option("--until", metavar="YYYY-MM-DD"),
        option("--share", metavar="0.8"),
        option("--basis", metavar="sales|profit"),
        option("--groups", metavar="FILE"),
        option("--cost-to-serve", metavar="FILE"),
        option("--unassigned", metavar="NAME"),
        option("--engine", metavar="duckdb", default="duckdb"),
        option("--out", metavar="FILE"),
        option("--explain", metavar="ACCOUNT"),
        option("--top", default="20", metavar="20"),
        option("--json", "as_json", is_flag=True),
        click.Option(["--lang"], help=message("help.lang", lang), metavar="zh|en", expose_value=False),
    ]

    def callback(**kwargs: Any) -> int:
        return _find(lang, Words(**kwargs))

    return SpokenCommand("find", params=params, callback=callback, help=message("help.find", lang), lang=lang)


def _find(lang: str, words: Words) -> int:
    words.check()
    by_hand = dict(_pair(one) for one in words.columns)

    # Imported late: `--help` need not wait for Ibis and DuckDB.
    from keyaccount.cli import show
    from keyaccount.find.explain import explain
    from keyaccount.find.export import account_year_json, check_kind, list_json
    from keyaccount.find.key_accounts import find_key_accounts
    from keyaccount.find.settings import FindSettings
    from keyaccount.ledger.profiles import ProfileError, check_profile_name, load_profile, save_profile
    from keyaccount.ledger.sources import ReadOptions

    chosen: dict[str, Any] = {"until": _date(words.until), "share": _share(words.share), "basis": words.basis}
    settings = FindSettings(**{name: value for name, value in chosen.items() if value is not None})
    if words.save_profile:
        check_profile_name(words.save_profile)
    target = Path(words.out) if words.out else None
    if target is not None:
        check_kind(target)

    with Steps(lang, total=3 * len(words.ledger) + 3) as steps:
        options = ReadOptions(
            columns=by_hand,
            sheets=words.sheets,
            date_order=words.date_order,
            decimal_mark=words.decimal,
            progress=steps.step,
        ).with_profile(load_profile(words.profile) if words.profile else None)
        inputs = _demo_inputs(steps) if words.demo else _read_inputs(words, options, lang, steps)
        inputs = inputs.with_small_tables(words.groups, words.cost_to_serve, options)
        sources = inputs.ledger.sources if inputs.ledger else ()
        for source in sources:
            for sign in source.conventions.currencies.values():
                own_currency.set(sign)
        if words.save_profile and len(sources) != 1:
            raise ProfileError(
                "profile.sources", name=words.save_profile, files=[one.tables[0].place for one in sources]
            )
        steps.step("step.find")
        result = find_key_accounts(
            inputs.lines,
            groups=inputs.groups,
            cost_to_serve=inputs.cost_to_serve,
            settings=settings,
            unassigned=words.unassigned,
        )
        account_year = explain(result, inputs.lines, words.explain) if words.explain else None
        run = inputs.run_facts(words.unassigned)
        written: list[Path] = []
        if target is not None:
            steps.step("step.write", str(target))
            written = inputs.write(target, result, lang, run)
    if words.save_profile:
        written.append(save_profile(words.save_profile, sources[0].profile))
    if words.as_json and account_year is not None:
        click.echo(account_year_json(account_year, inputs.outcome, lang, run), nl=False)
    elif words.as_json:
        click.echo(list_json(result, inputs.outcome, lang, run), nl=False)
    else:
        console = show.console()
        if account_year is not None:
            show.account_year(console, result, account_year, lang)
            show.refused(console, inputs, lang, has_out=target is not None)
        else:
            show.key_accounts(
                console, result, inputs, lang, top=_count("--top", words.top), has_out=target is not None
            )
        for path in written:
            console.print(message("written", lang, file=path), soft_wrap=True)
    return 1 if inputs.outcome.refused else 0


def _read_inputs(words: Words, options: "ReadOptions", lang: str, steps: Steps) -> "Inputs":
    from keyaccount.cli.inputs import Inputs
    from keyaccount.ledger.mapping import MappingError
    from keyaccount.ledger.read import read_ledger

    while True:
        try:
            ledger = read_ledger(*words.ledger, options=options, keep_unassigned=words.unassigned is not None)
            return Inputs.of(ledger)
        except MappingError as error:
            if not (not words.as_json and error.candidates and sys.stdin.isatty() and sys.stdout.isatty()):
                raise
            if steps.bar is not None:
                steps.bar.stop()
            options = replace(options, columns={**options.columns, **_ask(error, lang)})
            if steps.bar is not None:
                steps.bar.start()


def _ask(error: Any, lang: str) -> dict[str, str]:
    """Let the person at the terminal choose a column for each field in doubt."""
    chosen = {}
    for field, columns in error.candidates.items():
        click.echo(message("ask.column", lang, field=field))
        for number, column in enumerate(columns, start=1):
            click.echo(f"  {number}  {column}")
        chosen[field] = columns[
            click.prompt("", type=click.IntRange(1, len(columns)), prompt_suffix="> ") - 1
        ]
    return chosen


def _demo_inputs(steps: Steps) -> "Inputs":
    from keyaccount.cli.inputs import Inputs
    from keyaccount.demo import demo_ledger

    steps.step("step.demo")
    return Inputs.of_demo(demo_ledger())


def _pair(text: str) -> tuple[str, str]:
    field, equals, column = text.partition("=")
    if not equals or not field.strip():
        raise FindUsageError("map.form", value=text)
    return field.strip(), column.strip()


def _choice(name: str, value: str | None, allowed: list[str]) -> None:
    if value is not None and value not in allowed:
        raise SettingError("setting.choice", name=f"--{name}", allowed=allowed, value=value)


def _date(text: str | None) -> dt.date | None:
    if not text:
        return None
    days = set(readings(text.strip()).values())
    if len(days) != 1:
        raise SettingError("setting.date", name="--until", value=text)
    return days.pop()


def _share(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation as error:
        raise SettingError("setting.number", name="--share", example="0.8", value=text) from error


def _count(name: str, text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise SettingError("setting.number", name=name, example="20", value=text)
    return int(text)
