"""`keyaccount find`: from a ledger file to the key account list (F1–F4, F8, F9)."""

import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keyaccount.cli.speech import SpokenCommand
from keyaccount.cli.steps import Steps
from keyaccount.cli.words import (
    WordsError,
    check_reading,
    choice,
    count,
    day,
    keep_profile,
    lang_option,
    option,
    read_asking,
    reading_options,
    reading_params,
)
from keyaccount.errors import SettingError
from keyaccount.files import OutputError
from keyaccount.language import message
from keyaccount.money import own_currency

if TYPE_CHECKING:
    from keyaccount.cli.inputs import Inputs
    from keyaccount.ledger.amounts import DecimalMark
    from keyaccount.ledger.dates import DateOrder
    from keyaccount.ledger.sources import ReadOptions


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
    store: str | None
    as_of_import: str | None
    snapshot: str | None
    publish: str | None
    until: str | None
    share: str | None
    basis: str | None
    groups: str | None
    cost_to_serve: str | None
    merged: str | None
    unassigned: str | None
    engine: str
    out: str | None
    explain: str | None
    top: str
    as_json: bool

    @property
    def from_store(self) -> bool:
        return not self.ledger and not self.demo

    def check(self) -> None:
        """Say what is wrong with them before a file is opened."""
        choice("engine", self.engine, ["duckdb", "spark"])
        check_reading(self)
        count("--top", self.top)
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
            raise WordsError("demo.with_files", options=too_many)
        of_store = {
            "--store": self.store,
            "--as-of-import": self.as_of_import,
            "--snapshot": self.snapshot,
            "--publish": self.publish,
        }
        strange = [name for name, given in (of_files if self.from_store else of_store).items() if given]
        if strange:
            raise WordsError("store.with_files" if self.from_store else "files.with_store", options=strange)
        if self.engine == "spark" and not self.from_store:
            raise WordsError("spark.without_store")
        if self.as_of_import and self.snapshot:
            raise WordsError("snapshot.twice")
        read = [
            Path(one).resolve() for one in (*self.ledger, self.groups, self.cost_to_serve, self.merged) if one
        ]
        if self.out and Path(self.out).resolve() in read:
            raise WordsError("out.overwrites", file=self.out)
        if self.out and not Path(self.out).resolve().parent.is_dir():
            raise OutputError("out.no_folder", file=self.out, folder=str(Path(self.out).parent))


def find_command(lang: str) -> click.Command:
    """The command in `lang`."""

    def own(*names: str, **kwargs: Any) -> click.Option:
        return option(lang, "find", *names, **kwargs)

    params: list[click.Parameter] = [
        click.Argument(["ledger"], nargs=-1, metavar=message("help.find.ledger", lang)),
        own("--demo", is_flag=True),
        *reading_params(lang),
        own("--store", metavar="FOLDER"),
        own("--as-of-import", metavar="N"),
        own("--snapshot", metavar="N"),
        own("--publish", metavar="NAME"),
        own("--until", metavar="YYYY-MM-DD"),
        own("--share", metavar="0.8"),
        own("--basis", metavar="sales|profit"),
        own("--groups", metavar="FILE"),
        own("--cost-to-serve", metavar="FILE"),
        own("--merged", metavar="FILE"),
        own("--unassigned", metavar="NAME"),
        own("--engine", metavar="duckdb|spark", default="duckdb"),
        own("--out", metavar="FILE"),
        own("--explain", metavar="ACCOUNT"),
        own("--top", default="20", metavar="20"),
        own("--json", "as_json", is_flag=True),
        lang_option(lang),
    ]

    def callback(**kwargs: Any) -> int:
        return _find(lang, Words(**kwargs))

    return SpokenCommand("find", params=params, callback=callback, help=message("help.find", lang), lang=lang)


def _find(lang: str, words: Words) -> int:
    words.check()

    # Imported late: `--help` need not wait for Ibis and DuckDB.
    from keyaccount.cli import show
    from keyaccount.find.explain import explain
    from keyaccount.find.export import account_year_json, check_kind, list_json
    from keyaccount.find.key_accounts import find_key_accounts
    from keyaccount.find.segments import SEGMENT_FIELDS
    from keyaccount.find.settings import FindSettings
    from keyaccount.ledger.store.publish import publish

    chosen: dict[str, Any] = {
        "until": day("--until", words.until),
        "share": _share(words.share),
        "basis": words.basis,
    }
    settings = FindSettings(**{name: value for name, value in chosen.items() if value is not None})
    target = Path(words.out) if words.out else None
    if target is not None:
        check_kind(target)

    with Steps(lang, total=3 * len(words.ledger) + 3) as steps, ExitStack() as opened:
        options = reading_options(words, steps)
        if words.demo:
            inputs = _demo_inputs(steps)
        elif words.from_store:
            inputs = _store_inputs(words, steps)
        else:
            inputs = _read_inputs(words, options, lang, steps)
        opened.callback(inputs.close)
        inputs = inputs.with_small_tables(words.groups, words.cost_to_serve, words.merged, options)
        if inputs.currency is not None:
            own_currency.set(inputs.currency)
        steps.step("step.find")
        with inputs.reading():
            result = find_key_accounts(
                inputs.tables,
                groups=inputs.groups,
                cost_to_serve=inputs.cost_to_serve,
                merged=inputs.merged,
                settings=settings,
                unassigned=words.unassigned,
                segments=SEGMENT_FIELDS,
            )
            account_year = explain(result, inputs.lines, words.explain) if words.explain else None
        run = inputs.run_facts(words.unassigned)
        if words.publish and inputs.store is not None:
            steps.step("step.publish", words.publish)
            publish(inputs.store, words.publish, {**run, "settings": asdict(result.settings)})
        written: list[Path] = []
        if target is not None:
            steps.step("step.write", str(target))
            written = inputs.write(target, result, lang, run)
    written += keep_profile(words.save_profile, inputs.ledger)
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
                console, result, inputs, lang, top=count("--top", words.top), has_out=target is not None
            )
        for path in written:
            console.print(message("written", lang, file=path), soft_wrap=True)
    return 1 if inputs.outcome.refused else 0


def _read_inputs(words: Words, options: "ReadOptions", lang: str, steps: Steps) -> "Inputs":
    from keyaccount.cli.inputs import Inputs
    from keyaccount.ledger.read import read_ledger

    def read(options: "ReadOptions") -> Any:
        return read_ledger(*words.ledger, options=options, keep_unassigned=words.unassigned is not None)

    may_ask = not words.as_json and sys.stdin.isatty() and sys.stdout.isatty()
    return Inputs.of(read_asking(read, options, lang, steps, may_ask=may_ask))


def _store_inputs(words: Words, steps: Steps) -> "Inputs":
    from keyaccount.cli.inputs import Inputs
    from keyaccount.ledger.store.place import store_place
    from keyaccount.ledger.store.reading import open_store

    steps.step("step.open_store")
    store = open_store(
        store_place(words.store),
        snapshot=None if words.snapshot is None else count("--snapshot", words.snapshot),
        as_of_import=None if words.as_of_import is None else count("--as-of-import", words.as_of_import),
    )
    if words.engine == "spark":
        from keyaccount.ledger.spark import on_spark

        steps.step("step.spark")
        store = on_spark(store)
    return Inputs.of_store(store, keep_unassigned=words.unassigned is not None)


def _demo_inputs(steps: Steps) -> "Inputs":
    from keyaccount.cli.inputs import Inputs
    from keyaccount.demo import demo_ledger

    steps.step("step.demo")
    return Inputs.of_demo(demo_ledger())


def _share(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation as error:
        raise SettingError("setting.number", name="--share", example="0.8", value=text) from error
