"""`keyaccount duplicates`: which customers were entered twice? (K9)"""

import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keyaccount.cli.speech import SpokenCommand
from keyaccount.cli.steps import Steps
from keyaccount.cli.words import (
    WordsError,
    check_reading,
    keep_profile,
    lang_option,
    option,
    read_asking,
    reading_options,
    reading_params,
)
from keyaccount.errors import SettingError
from keyaccount.files import OutputError, safe_cell, written_whole
from keyaccount.language import message

if TYPE_CHECKING:
    import pyarrow as pa

    from keyaccount.ledger.check import RefusedRow
    from keyaccount.ledger.sources import ReadOptions

_COLUMNS = ("score", "account_id", "account_name", "other_id", "other_name", "reasons")
_SHOWN = 50


@dataclass(frozen=True)
class Words:
    """The words of one `keyaccount duplicates`, as they came from the shell."""

    file: str | None
    demo: bool
    columns: tuple[str, ...]
    sheets: tuple[str, ...]
    date_order: Any
    decimal: Any
    profile: str | None
    save_profile: str | None
    least: str
    out: str | None
    as_json: bool

    def check(self) -> None:
        """Say what is wrong with them before a file is opened."""
        if bool(self.file) == self.demo:
            raise WordsError("duplicates.no_file")
        check_reading(self)
        if self.out and Path(self.out).suffix.lower() not in (".csv", ".xlsx"):
            raise WordsError("duplicates.out_kind", file=self.out)
        if self.out and self.file and Path(self.out).resolve() == Path(self.file).resolve():
            raise WordsError("out.overwrites", file=self.out)
        if self.out and not Path(self.out).resolve().parent.is_dir():
            raise OutputError("out.no_folder", file=self.out, folder=str(Path(self.out).parent))


def duplicates_command(lang: str) -> click.Command:
    """The command in `lang`."""

    def own(*names: str, **kwargs: Any) -> click.Option:
        return option(lang, "duplicates", *names, **kwargs)

    params: list[click.Parameter] = [
        click.Argument(["file"], required=False, metavar=message("help.duplicates.file", lang)),
        own("--demo", is_flag=True),
        *reading_params(lang),
        own("--least", metavar="0.7", default="0.7"),
        own("--out", metavar="FILE"),
        own("--json", "as_json", is_flag=True),
        lang_option(lang),
    ]

    def callback(**kwargs: Any) -> int:
        return _duplicates(lang, Words(**kwargs))

    return SpokenCommand(
        "duplicates", params=params, callback=callback, help=message("help.duplicates", lang), lang=lang
    )


def _duplicates(lang: str, words: Words) -> int:
    words.check()

    # Imported late: `--help` need not wait for DuckDB.
    from keyaccount.know.duplicates import MOST_IN_BLOCK, AccountIndex, DuplicateSettings

    settings = DuplicateSettings(least=_number(words.least))
    refused: tuple[RefusedRow, ...] = ()
    written: list[Any] = []
    with Steps(lang, total=4) as steps:
        if words.demo:
            accounts = _demo_accounts(steps)
        else:
            read = _read(words, lang, steps)
            accounts, refused = read.rows, read.refused
            written = keep_profile(words.save_profile, read)
        index = AccountIndex(accounts, settings=settings)
        pairs = _told(index.duplicates(), lang)
        shared = [f"{what} × {times}" for what, times in index.crowded]
    if words.out:
        written.append(_write(Path(words.out), pairs, lang))
    if words.as_json:
        click.echo(
            json.dumps({"pairs": pairs, "crowded": shared, "refused": len(refused)}, ensure_ascii=False)
        )
    else:
        click.echo(message("duplicates.said", lang, accounts=accounts.num_rows, pairs=len(pairs)))
        _show(pairs, lang)
        if shared:
            click.echo(message("duplicates.crowded", lang, most=MOST_IN_BLOCK, shared=shared))
        if refused:
            first = refused[0]
            values = {"rows": len(refused), "row": first.row, "reason": first.reason(lang)}
            click.echo(message("duplicates.refused", lang, **values))
        for path in written:
            click.echo(message("written", lang, file=path))
    return 1 if refused else 0


def _read(words: Words, lang: str, steps: Steps) -> Any:
    from keyaccount.ledger.read import read_accounts

    def read(options: "ReadOptions") -> Any:
        return read_accounts(str(words.file), options)

    may_ask = not words.as_json and sys.stdin.isatty() and sys.stdout.isatty()
    return read_asking(read, reading_options(words, steps), lang, steps, may_ask=may_ask)


def _demo_accounts(steps: Steps) -> "pa.Table":
    import pyarrow as pa

    from keyaccount.demo import demo_ledger

    steps.step("step.demo")
    demo = demo_ledger()
    parents = dict(
        zip(demo.groups["account_id"].to_pylist(), demo.groups["parent_id"].to_pylist(), strict=True)
    )
    accounts = demo.accounts.select(["account_id", "account_name"])
    parent_ids = [parents.get(one) for one in accounts["account_id"].to_pylist()]
    return accounts.append_column("parent_id", pa.array(parent_ids, pa.string()))


def _told(pairs: "pa.Table", lang: str) -> list[dict[str, Any]]:
    """The pairs with their reasons in words."""
    from keyaccount.know.duplicates import reasons_of

    gap = "；" if lang == "zh" else "; "
    return [
        row | {"reasons": gap.join(one.text(lang) for one in reasons_of(row))} for row in pairs.to_pylist()
    ]


def _show(pairs: list[dict[str, Any]], lang: str) -> None:
    from rich.table import Table

    from keyaccount.cli.show import console

    if not pairs:
        return
    table = Table(*(message(f"duplicates.column.{name}", lang) for name in _COLUMNS))
    for row in pairs[:_SHOWN]:
        table.add_row(*(_text(row[name]) for name in _COLUMNS))
    out = console()
    out.print(table)
    if len(pairs) > _SHOWN:
        out.print(message("duplicates.more", lang, pairs=len(pairs) - _SHOWN))


def _text(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _write(path: Path, pairs: list[dict[str, Any]], lang: str) -> Path:
    header = [message(f"duplicates.column.{name}", lang) for name in _COLUMNS]
    with written_whole(path) as (draft,):
        if path.suffix.lower() == ".csv":
            with draft.open("w", encoding="utf-8-sig", newline="") as stream:
                writer = csv.writer(stream)
                writer.writerow(header)
                writer.writerows([safe_cell(str(row[name])) for name in _COLUMNS] for row in pairs)
        else:
            import xlsxwriter

            with xlsxwriter.Workbook(draft, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
                sheet = book.add_worksheet()
                sheet.write_row(0, 0, header, book.add_format({"bold": True}))
                for at, row in enumerate(pairs, start=1):
                    sheet.write_row(at, 0, [row[name] for name in _COLUMNS])
                sheet.freeze_panes(1, 0)
                sheet.set_column(1, 5, 28)
    return path


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise SettingError("setting.number", name="--least", example="0.7", value=text) from error
