"""`keyaccount ledger`: the store of many imports (R1, K9)."""

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from keyaccount.cli.speech import SpokenCommand, SpokenGroup
from keyaccount.cli.steps import Steps
from keyaccount.cli.words import (
    WordsError,
    check_reading,
    choice,
    choose,
    count,
    day,
    keep_profile,
    lang_option,
    option,
    read_asking,
    reading_options,
    reading_params,
)
from keyaccount.language import message
from keyaccount.money import own_currency

if TYPE_CHECKING:
    from keyaccount.ledger.sources import ReadOptions
    from keyaccount.ledger.store.imports import ImportOutcome, OnOverlap
    from keyaccount.ledger.store.overlap import Difference


@dataclass(frozen=True)
class ImportWords:
    """The words of one `keyaccount ledger import`, as they came from the shell."""

    ledger: tuple[str, ...]
    address: str | None
    table: str | None
    since: str | None
    columns: tuple[str, ...]
    sheets: tuple[str, ...]
    date_order: Any
    decimal: Any
    profile: str | None
    save_profile: str | None
    source: str | None
    on_overlap: "OnOverlap | None"
    keep_unassigned: bool
    by: str | None
    store: str | None
    as_json: bool

    def check(self) -> None:
        """Say what is wrong with them before a file is opened."""
        check_reading(self)
        choice("on-overlap", self.on_overlap, ["replace", "add", "refuse"])
        day("--since", self.since)
        if self.address and self.ledger:
            raise WordsError("from.with_files", files=list(self.ledger))
        if bool(self.address) != bool(self.table) or (self.since and not self.address):
            raise WordsError("from.incomplete")
        if not self.address and not self.ledger:
            raise WordsError("import.nothing")


def ledger_command(lang: str) -> click.Command:
    """The group of commands in `lang`."""
    group = SpokenGroup(name="ledger", help=message("help.ledger", lang), lang=lang)
    group.params.append(lang_option(lang))
    for command in (_import_command(lang), _list_command(lang), _undo_command(lang), _check_command(lang)):
        group.add_command(command)
    return group


def _import_command(lang: str) -> click.Command:
    def own(*names: str, **kwargs: Any) -> click.Option:
        return option(lang, "ledger.import", *names, **kwargs)

    params: list[click.Parameter] = [
        click.Argument(["ledger"], nargs=-1, metavar=message("help.find.ledger", lang)),
        own("--from", "address", metavar="URL"),
        own("--table", metavar="NAME"),
        own("--since", metavar="YYYY-MM-DD"),
        *reading_params(lang),
        own("--source", metavar="NAME"),
        own("--on-overlap", metavar="replace|add|refuse"),
        own("--keep-unassigned", is_flag=True),
        own("--by", metavar="NAME"),
        *_common(lang),
    ]

    def callback(**kwargs: Any) -> int:
        return _import(lang, ImportWords(**kwargs))

    return _spoken(lang, "import", params, callback)


def _list_command(lang: str) -> click.Command:
    def callback(store: str | None, as_json: bool) -> int:
        return _list(lang, store, as_json=as_json)

    return _spoken(lang, "list", _common(lang), callback)


def _undo_command(lang: str) -> click.Command:
    number = click.Argument(["number"], metavar="N")

    def callback(number: str, by: str | None, store: str | None, as_json: bool) -> int:
        return _undo(lang, count("N", number), by, store, as_json=as_json)

    by = option(lang, "ledger.import", "--by", metavar="NAME")
    return _spoken(lang, "undo", [number, by, *_common(lang)], callback)


def _check_command(lang: str) -> click.Command:
    def callback(clean: bool, store: str | None, as_json: bool) -> int:
        return _check(lang, store, clean=clean, as_json=as_json)

    clean = option(lang, "ledger.check", "--clean", is_flag=True)
    return _spoken(lang, "check", [clean, *_common(lang)], callback)


def _spoken(lang: str, name: str, params: list[click.Parameter], callback: Any) -> click.Command:
    return SpokenCommand(
        name, params=params, callback=callback, help=message(f"help.ledger.{name}", lang), lang=lang
    )


def _common(lang: str) -> list[click.Parameter]:
    return [
        option(lang, "find", "--store", metavar="FOLDER"),
        option(lang, "ledger", "--json", "as_json", is_flag=True),
        lang_option(lang),
    ]


def _import(lang: str, words: ImportWords) -> int:
    words.check()

    # Imported late: `--help` need not wait for Ibis and DuckDB.
    from keyaccount.cli import show_store
    from keyaccount.ledger.store.imports import ImportOptions, import_ledger
    from keyaccount.ledger.store.place import store_place

    place = store_place(words.store)
    may_ask = not words.as_json and sys.stdin.isatty() and sys.stdout.isatty()
    with Steps(lang, total=3 * len(words.ledger) + 8) as steps:

        def ask(difference: "Difference") -> "OnOverlap":
            with steps.paused():
                show_store.difference(difference, lang)
                answers: list[OnOverlap] = ["replace", "add", "refuse"]
                return answers[choose([message(f"overlap.{one}", lang) for one in answers])]

        options = ImportOptions(
            on_overlap=words.on_overlap,
            source=words.source,
            by=words.by,
            keep_unassigned=words.keep_unassigned,
            ask=ask if may_ask else None,
            lang=lang,
        )

        def read(reading: "ReadOptions") -> "ImportOutcome":
            if words.address:
                return _import_table(words, reading, options)
            return import_ledger(place, *words.ledger, read=reading, options=options)

        outcome = read_asking(read, reading_options(words, steps), lang, steps, may_ask=may_ask)
    written = keep_profile(words.save_profile, outcome.ledger)
    for sign in outcome.currencies:
        own_currency.set(sign)
    if words.as_json:
        _json(show_store.import_json(outcome, lang))
    else:
        show_store.imported(outcome, lang)
        for path in written:
            click.echo(message("written", lang, file=path))
    return 1 if outcome.refused else 0


def _import_table(words: ImportWords, reading: "ReadOptions", options: Any) -> "ImportOutcome":
    from keyaccount.ledger.store.database import import_table
    from keyaccount.ledger.store.place import store_place

    return import_table(
        store_place(words.store),
        str(words.address),
        str(words.table),
        since=day("--since", words.since),
        read=reading,
        options=options,
    )


def _list(lang: str, folder: str | None, *, as_json: bool) -> int:
    from keyaccount.cli import show_store
    from keyaccount.ledger.store.place import store_place
    from keyaccount.ledger.store.reading import history

    told = history(store_place(folder))
    if as_json:
        _json(show_store.history_json(told))
    else:
        show_store.history(told, lang)
    return 0


def _undo(lang: str, import_id: int, by: str | None, folder: str | None, *, as_json: bool) -> int:
    from keyaccount.ledger.store.place import store_place
    from keyaccount.ledger.store.undo import undo_import

    with Steps(lang, total=4) as steps:
        undone = undo_import(store_place(folder), import_id, by=by, progress=steps.step)
    record = undone.record
    values = {
        "import_id": record.import_id,
        "source": record.source,
        "lines": record.lines,
        "brought_back": undone.brought_back,
    }
    if as_json:
        _json(values | {"trouble": undone.upkeep.trouble})
    else:
        click.echo(message("undo.said", lang, **values))
        if undone.upkeep.trouble:
            click.echo(message("upkeep.trouble", lang, reason=undone.upkeep.trouble))
    return 0


def _check(lang: str, folder: str | None, *, clean: bool, as_json: bool) -> int:
    from keyaccount.cli import show_store
    from keyaccount.ledger.store.check import check_store, clean_store
    from keyaccount.ledger.store.place import store_place

    place = store_place(folder)
    with Steps(lang, total=4) as steps:
        removed = clean_store(place, progress=steps.step) if clean else ()
        report = check_store(place, progress=steps.step)
    if as_json:
        _json(show_store.check_json(report, removed, lang))
    else:
        show_store.checked(report, removed, lang)
    return 1 if report.findings else 0


def _json(content: Any) -> None:
    from keyaccount.find.export import json_value

    click.echo(json.dumps(content, ensure_ascii=False, default=json_value))
