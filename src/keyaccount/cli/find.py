"""`keyaccount find`: from a ledger file to the key account list (F1–F4, F8, F9)."""

import datetime as dt
import sys
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keyaccount.cli.speech import SpokenCommand
from keyaccount.cli.steps import Steps
from keyaccount.errors import KeyAccountError, SettingError
from keyaccount.language import message

if TYPE_CHECKING:
    from keyaccount.ledger.amounts import DecimalMark
    from keyaccount.ledger.dates import DateOrder


class FindUsageError(KeyAccountError):
    """Options that do not go together, or do not read as they should."""


def find_command(lang: str) -> click.Command:
    """The command in `lang`."""

    def option(*names: str, **kwargs: Any) -> click.Option:
        own = names[0].removeprefix("--").replace("-", "_")
        return click.Option(list(names), help=message(f"help.find.{own}", lang), **kwargs)

    params: list[click.Parameter] = [
        click.Argument(["ledger"], nargs=-1, metavar=message("help.find.ledger", lang)),
        option("--demo", is_flag=True),
        option("--map", "columns", multiple=True, metavar="field=column"),
        option("--sheet"),
        option("--date-order", metavar="dmy|mdy|ymd"),
        option("--decimal", metavar="point|comma"),
        option("--profile"),
        option("--save-profile"),
        option("--until", metavar="YYYY-MM-DD"),
        option("--share", metavar="0.8"),
        option("--basis", metavar="sales|profit"),
        option("--groups", metavar="FILE"),
        option("--cost-to-serve", metavar="FILE"),
        option("--unassigned", metavar="NAME"),
        option("--engine", metavar="duckdb", default="duckdb"),
        option("--out", metavar="FILE"),
        option("--explain", metavar="ACCOUNT"),
        option("--top", type=click.IntRange(min=1), default=20, metavar="20"),
        option("--json", "as_json", is_flag=True),
        click.Option(["--lang"], help=message("help.lang", lang), metavar="zh|en", expose_value=False),
    ]

    def callback(**kwargs: Any) -> int:
        return _find(lang, **kwargs)

    return SpokenCommand("find", params=params, callback=callback, help=message("help.find", lang), lang=lang)


def _find(
    lang: str,
    *,
    ledger: tuple[str, ...],
    demo: bool,
    columns: tuple[str, ...],
    sheet: str | None,
    date_order: "DateOrder | None",
    decimal: "DecimalMark | None",
    profile: str | None,
    save_profile: str | None,
    until: str | None,
    share: str | None,
    basis: str | None,
    groups: str | None,
    cost_to_serve: str | None,
    unassigned: str | None,
    engine: str,
    out: str | None,
    explain: str | None,
    top: int,
    as_json: bool,
) -> int:
    # Everything that can be wrong with the words is said before a file is opened.
    _choice("engine", engine, ["duckdb"])
    _choice("date-order", date_order, ["dmy", "mdy", "ymd"])
    _choice("decimal", decimal, ["point", "comma"])
    by_hand = dict(_pair(one) for one in columns)
    if demo and ledger:
        raise FindUsageError("demo.with_files", options=list(ledger))
    if not demo and not ledger:
        raise FindUsageError("ledger.none")

    # Imported late: `--help` need not wait for Ibis and DuckDB.
    from keyaccount.cli import show
    from keyaccount.find.explain import explain as explain_account
    from keyaccount.find.export import as_json as list_as_json
    from keyaccount.find.export import check_kind
    from keyaccount.find.key_accounts import find_key_accounts
    from keyaccount.find.settings import FindSettings
    from keyaccount.ledger.profiles import check_profile_name, load_profile
    from keyaccount.ledger.profiles import save_profile as save
    from keyaccount.ledger.sources import ReadOptions

    settings = FindSettings()
    chosen: dict[str, Any] = {"until": _date(until), "share": _share(share), "basis": basis}
    settings = replace(settings, **{name: value for name, value in chosen.items() if value is not None})
    if save_profile:
        check_profile_name(save_profile)
    target = Path(out) if out else None
    if target is not None:
        check_kind(target)
        if target.resolve() in [Path(one).resolve() for one in (*ledger, groups, cost_to_serve) if one]:
            raise FindUsageError("out.overwrites", file=out)

    with Steps(lang, total=3 * len(ledger) + 3) as steps:
        options = ReadOptions(
            columns=by_hand,
            sheet=sheet,
            date_order=date_order,
            decimal_mark=decimal,
            progress=steps.step,
        ).with_profile(load_profile(profile) if profile else None)
        inputs = (
            _demo_inputs(steps)
            if demo
            else _read_inputs(
                ledger, options, lang, keep_unassigned=unassigned is not None, steps=steps, ask=not as_json
            )
        )
        inputs = inputs.with_small_tables(groups, cost_to_serve, options)
        steps.step("step.find")
        result = find_key_accounts(
            inputs.lines,
            groups=inputs.groups,
            cost_to_serve=inputs.cost_to_serve,
            settings=settings,
            unassigned=unassigned,
        )
        account_year = explain_account(result, inputs.lines, explain) if explain else None
        run = inputs.run_facts()
        written: list[Path] = []
        if target is not None:
            steps.step("step.write", str(target))
            written = inputs.write(target, result, lang, run)
    if save_profile and inputs.ledger is not None:
        written.append(save(save_profile, inputs.ledger.sources[0].profile))
    if as_json:
        click.echo(list_as_json(result, inputs.ledger, lang, run), nl=False)
    else:
        console = show.console()
        if account_year is not None:
            show.account_year(console, result, account_year, lang)
        else:
            show.key_accounts(console, result, inputs, lang, top=top, has_out=target is not None)
        for path in written:
            console.print(message("written", lang, file=path))
    return 1 if inputs.any_refused else 0


def _read_inputs(
    ledger: tuple[str, ...], options: Any, lang: str, *, keep_unassigned: bool, steps: Steps, ask: bool
) -> Any:
    from keyaccount.cli.inputs import Inputs
    from keyaccount.ledger.mapping import MappingError
    from keyaccount.ledger.read import read_ledger

    while True:
        try:
            return Inputs.of(read_ledger(*ledger, options=options, keep_unassigned=keep_unassigned))
        except MappingError as error:
            if not (ask and error.candidates and sys.stdin.isatty() and sys.stdout.isatty()):
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


def _demo_inputs(steps: Steps) -> Any:
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
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise SettingError("setting.range", name="--until", allowed="YYYY-MM-DD", value=text) from error


def _share(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation as error:
        raise SettingError("setting.range", name="--share", allowed="(0, 1]", value=text) from error
