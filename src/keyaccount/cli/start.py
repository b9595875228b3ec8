"""What do commands share that start from a ledger: its options, where its lines come from, how rows leave?"""

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keyaccount.cli.steps import Steps
from keyaccount.cli.words import (
    WordsError,
    check_reading,
    count,
    option,
    read_asking,
    reading_options,
    reading_params,
)
from keyaccount.files import OutputError, safe_cell, written_whole
from keyaccount.language import message

if TYPE_CHECKING:
    import pyarrow as pa

    from keyaccount.cli.inputs import Inputs
    from keyaccount.ledger.sources import ReadOptions


@dataclass(frozen=True, kw_only=True)
class LedgerWords:
    """The words that such a command has, as they came from the shell."""

    ledger: tuple[str, ...]
    demo: bool
    columns: tuple[str, ...]
    sheets: tuple[str, ...]
    date_order: Any
    decimal: Any
    profile: str | None
    save_profile: str | None
    store: str | None
    top: str
    out: str | None
    as_json: bool

    def check(self) -> None:
        """Say what is wrong with them before a file is opened."""
        check_reading(self)
        count("--top", self.top)
        if self.demo and self.ledger:
            raise WordsError("demo.with_files", options=list(self.ledger))
        if self.store and (self.demo or self.ledger):
            raise WordsError("files.with_store", options=["--store"])
        check_csv_out(self.out, self.ledger)


def check_csv_out(out: str | None, read: Sequence[str]) -> None:
    """Raises WordsError, OutputError where a csv cannot be written there."""
    if not out:
        return
    if Path(out).suffix.lower() != ".csv":
        raise WordsError("kinds.out_kind", file=out)
    if Path(out).resolve() in [Path(one).resolve() for one in read]:
        raise WordsError("out.overwrites", file=out)
    if not Path(out).resolve().parent.is_dir():
        raise OutputError("out.no_folder", file=out, folder=str(Path(out).parent))


def ledger_params(lang: str, *own: click.Parameter) -> list[click.Parameter]:
    """The options of a command that starts from a ledger, with its `own` between."""
    return [
        click.Argument(["ledger"], nargs=-1, metavar=message("help.find.ledger", lang)),
        option(lang, "kinds", "--demo", is_flag=True),
        *reading_params(lang),
        option(lang, "kinds", "--store", metavar="FOLDER"),
        *own,
        *output_params(lang),
    ]


def output_params(lang: str) -> list[click.Parameter]:
    """How many rows are shown, and where all of them go."""
    return [
        option(lang, "kinds", "--top", metavar="20", default="20"),
        option(lang, "kinds", "--out", metavar="FILE"),
        option(lang, "kinds", "--json", "as_json", is_flag=True),
    ]


def inputs_of(words: LedgerWords, lang: str, steps: Steps) -> "Inputs":
    """The lines of the demo, of files, or of the store."""
    from keyaccount.cli.inputs import Inputs

    if words.demo:
        from keyaccount.demo import demo_ledger

        steps.step("step.demo")
        return Inputs.of_demo(demo_ledger())
    if not words.ledger:
        from keyaccount.ledger.store.place import store_place
        from keyaccount.ledger.store.reading import open_store

        return Inputs.of_store(open_store(store_place(words.store)), keep_unassigned=False)
    from keyaccount.ledger.read import read_ledger

    def read(options: "ReadOptions") -> Any:
        return read_ledger(*words.ledger, options=options)

    may_ask = not words.as_json and sys.stdin.isatty() and sys.stdout.isatty()
    return Inputs.of(read_asking(read, reading_options(words, steps), lang, steps, may_ask=may_ask))


def plain_rows(table: "pa.Table") -> list[dict[str, Any]]:
    """Rows as JSON can hold them: money and dates as the list's own export writes them."""
    from keyaccount.find.export import json_value

    return [
        {
            name: value if value is None or isinstance(value, str | int | float | list) else json_value(value)
            for name, value in row.items()
        }
        for row in table.to_pylist()
    ]


def say_json(told: dict[str, Any]) -> None:
    click.echo(json.dumps(told, ensure_ascii=False))


def write_csv(path: Path, table: "pa.Table", titles: Sequence[str] | None = None) -> Path:
    """All columns of a table, UTF-8 with BOM, formulas made harmless."""
    with written_whole(path) as (draft,), draft.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(titles or table.column_names)
        for row in table.to_pylist():
            told = [row[name] for name in table.column_names]
            writer.writerow([safe_cell(value) if isinstance(value, str) else value for value in told])
    return path


def show_rows(table: "pa.Table", titles: Sequence[str], cells: Any, top: int) -> None:
    """The first rows on the screen; `cells` gives the texts of a row."""
    from rich.table import Table

    from keyaccount.cli.show import console

    shown = Table(*titles)
    for row in table.slice(0, top).to_pylist():
        shown.add_row(*cells(row))
    console().print(shown)


def small_table(
    file: str, needed: Sequence[str], optional: Sequence[str] = ()
) -> list[dict[str, str | None]]:
    """The rows of a small csv by their codes; blank is None, optional columns that are not there are blank.

    Raises WordsError `small.unreadable`, `small.columns`.
    """
    try:
        with Path(file).open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
            names = list(rows[0]) if rows else []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise WordsError("small.unreadable", file=file, reason=str(error)) from error
    if missing := [name for name in needed if name not in names]:
        raise WordsError("small.columns", file=file, columns=missing, there=[one for one in names if one])
    return [{name: (row.get(name) or "").strip() or None for name in (*needed, *optional)} for row in rows]
