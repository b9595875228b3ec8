"""`keyaccount records`: can a workbook of accounts, contacts, staff and groups come in as it is? (K1, K9)"""

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keyaccount.cli.speech import SpokenCommand, SpokenGroup
from keyaccount.cli.words import WordsError, lang_option, option
from keyaccount.language import message

if TYPE_CHECKING:
    from keyaccount.know.workbook import Book, CheckedRecords, Chosen, RawSheet

_SHOWN = 20


def records_command(lang: str) -> click.Command:
    """The group of commands in `lang`."""
    group = SpokenGroup(name="records", help=message("help.records", lang), lang=lang)
    group.params.append(lang_option(lang))
    group.add_command(_check_command(lang))
    group.add_command(_template_command(lang))
    return group


def _check_command(lang: str) -> click.Command:
    params: list[click.Parameter] = [
        click.Argument(["file"], metavar=message("help.records.file", lang)),
        option(lang, "records.check", "--out", metavar="FILE"),
        option(lang, "records.check", "--json", "as_json", is_flag=True),
        lang_option(lang),
    ]

    def callback(file: str, out: str | None, as_json: bool) -> int:
        return _check(lang, Path(file), Path(out) if out else None, as_json=as_json)

    return SpokenCommand(
        "check", params=params, callback=callback, help=message("help.records.check", lang), lang=lang
    )


def _template_command(lang: str) -> click.Command:
    params: list[click.Parameter] = [
        click.Argument(["out"], metavar=message("help.records.out", lang)),
        lang_option(lang),
    ]

    def callback(out: str) -> int:
        from keyaccount.know.workbook import KINDS, write_template

        path = _workbook_path(out)
        write_template(path, tuple(KINDS), lang)
        click.echo(message("written", lang, file=path))
        return 0

    return SpokenCommand(
        "template", params=params, callback=callback, help=message("help.records.template", lang), lang=lang
    )


def _workbook_path(out: str) -> Path:
    if Path(out).suffix.lower() != ".xlsx":
        raise WordsError("records.out_kind", file=out)
    return Path(out)


def _check(lang: str, file: Path, out: Path | None, *, as_json: bool) -> int:
    if out is not None:
        _workbook_path(str(out))
        if out.resolve() == file.resolve():
            raise WordsError("out.overwrites", file=str(out))

    # Imported late: `--help` need not wait for DuckDB.
    from keyaccount.know.workbook import check_records, read_book, write_refused_book

    book = read_book(file, name=str(file))
    chosen, left_out = _chosen(book, lang)
    checked = check_records(chosen)
    if out is not None and checked.refused:
        write_refused_book(out, _refused_by_sheet(book, checked, lang), lang)
    told = {"sheets": _sheets(chosen, checked), "left_out": left_out, "refused": _refused(checked, lang)}
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        _show(told, lang)
        if out is not None and checked.refused:
            click.echo(message("written", lang, file=out))
    return 1 if checked.refused or left_out else 0


def _chosen(book: "Book", lang: str) -> tuple[list["Chosen"], list[dict[str, str]]]:
    """The sheets that can be read by their headers, and why each of the others is not."""
    from keyaccount.know.workbook import KINDS, Chosen, kind_of
    from keyaccount.know.workbook.check import guess_columns

    chosen, left_out = [], []
    for sheet in book.sheets:
        one = Chosen.guessed(sheet)
        if one is not None and KINDS[one.kind].is_keyed([*one.columns]):
            chosen.append(one)
            continue
        kind = kind_of(sheet.name, sheet.own_columns)
        doubts = guess_columns(KINDS[kind], sheet.own_columns)[1] if kind else {}
        if sheet.is_hidden:
            why = message("records.left_out.hidden", lang)
        elif doubts and kind:
            field, columns = next(iter(doubts.items()))
            why = message(
                "records.left_out.doubt", lang, field=KINDS[kind].title(field, lang), columns=list(columns)
            )
        else:
            why = message("records.left_out.unknown", lang)
        left_out.append({"sheet": sheet.name, "why": why})
    return chosen, left_out


def _sheets(chosen: list["Chosen"], checked: "CheckedRecords") -> list[dict[str, Any]]:
    rows = Counter(row.sheet for row in checked.rows)
    refused = Counter(row.sheet for row in checked.refused)
    return [
        {
            "sheet": one.sheet.name,
            "kind": one.kind,
            "rows": rows[one.sheet.name],
            "refused": refused[one.sheet.name],
            "columns": dict(one.columns),
        }
        for one in chosen
    ]


def _refused(checked: "CheckedRecords", lang: str) -> list[dict[str, Any]]:
    return [{"sheet": row.sheet, "row": row.row, "reason": row.reason(lang)} for row in checked.refused]


def _refused_by_sheet(
    book: "Book", checked: "CheckedRecords", lang: str
) -> list[tuple["RawSheet", dict[int, str]]]:
    reasons: dict[str, dict[int, str]] = {}
    for row in checked.refused:
        reasons.setdefault(row.sheet, {})[row.row] = row.reason(lang)
    return [(sheet, reasons[sheet.name]) for sheet in book.sheets if sheet.name in reasons]


def _show(told: dict[str, Any], lang: str) -> None:
    for one in told["sheets"]:
        kind = message(f"records.{one['kind']}", lang)
        values = {"sheet": one["sheet"], "kind": kind, "rows": one["rows"], "refused": one["refused"]}
        click.echo(message("records.said", lang, **values))
    for one in told["left_out"]:
        click.echo(message("records.left_out", lang, **one))
    for one in told["refused"][:_SHOWN]:
        click.echo(message("records.row", lang, **one))
    if len(told["refused"]) > _SHOWN:
        click.echo(message("records.more", lang, rows=len(told["refused"]) - _SHOWN))
    click.echo(message("records.not_asked", lang))
