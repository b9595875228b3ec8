"""`keyaccount kinds`: what does each account value, by a scorecard of its ledger lines? (F5)"""

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
    count,
    day,
    keep_profile,
    lang_option,
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
    from keyaccount.find.kind_settings import KindSettings
    from keyaccount.ledger.sources import ReadOptions

_COLUMNS = ("account_id", "kind", "score", "confidence", "leader", "why_open")


@dataclass(frozen=True)
class Words:
    """The words of one `keyaccount kinds`, as they came from the shell."""

    ledger: tuple[str, ...]
    demo: bool
    columns: tuple[str, ...]
    sheets: tuple[str, ...]
    date_order: Any
    decimal: Any
    profile: str | None
    save_profile: str | None
    store: str | None
    until: str | None
    services: str | None
    advice: str | None
    explain: str | None
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
        if self.out and Path(self.out).suffix.lower() != ".csv":
            raise WordsError("kinds.out_kind", file=self.out)
        if self.out and Path(self.out).resolve() in [Path(one).resolve() for one in self.ledger]:
            raise WordsError("out.overwrites", file=self.out)
        if self.out and not Path(self.out).resolve().parent.is_dir():
            raise OutputError("out.no_folder", file=self.out, folder=str(Path(self.out).parent))


def kinds_command(lang: str) -> click.Command:
    """The command in `lang`."""

    def own(*names: str, **kwargs: Any) -> click.Option:
        return option(lang, "kinds", *names, **kwargs)

    params: list[click.Parameter] = [
        click.Argument(["ledger"], nargs=-1, metavar=message("help.find.ledger", lang)),
        own("--demo", is_flag=True),
        *reading_params(lang),
        own("--store", metavar="FOLDER"),
        own("--until", metavar="DATE"),
        own("--services", metavar="A,B"),
        own("--advice", metavar="A,B"),
        own("--explain", metavar="ACCOUNT"),
        own("--top", metavar="20", default="20"),
        own("--out", metavar="FILE"),
        own("--json", "as_json", is_flag=True),
        lang_option(lang),
    ]

    def callback(**kwargs: Any) -> int:
        return _kinds(lang, Words(**kwargs))

    return SpokenCommand(
        "kinds", params=params, callback=callback, help=message("help.kinds", lang), lang=lang
    )


def _kinds(lang: str, words: Words) -> int:
    words.check()
    until = day("--until", words.until)

    # Imported late: `--help` need not wait for DuckDB.
    from keyaccount.find.kind_evidence import kind_evidence
    from keyaccount.find.kind_settings import KindSettings
    from keyaccount.find.kinds import kinds

    settings = KindSettings(service_categories=_names(words.services), advice_categories=_names(words.advice))
    with Steps(lang, total=4) as steps:
        inputs = _inputs(words, lang, steps)
        with inputs.reading():
            evidence = kind_evidence(inputs.lines, until=until, settings=settings)
        found = kinds(evidence, settings=settings).sort_by(
            [("bought", "descending"), ("account_id", "ascending")]
        )
    written = keep_profile(words.save_profile, inputs.ledger)
    refused = inputs.outcome.refused
    inputs.close()
    if words.explain:
        _explain(found, words.explain, settings, lang)
        return 1 if refused else 0
    if words.out:
        written.append(_write(Path(words.out), found, lang))
    if words.as_json:
        click.echo(json.dumps(_as_json(found, evidence.until), ensure_ascii=False))
    else:
        _show(found, lang, int(words.top))
        for path in written:
            click.echo(message("written", lang, file=path))
    return 1 if refused else 0


def _inputs(words: Words, lang: str, steps: Steps) -> "Inputs":
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


def _names(text: str | None) -> tuple[str, ...]:
    """`服务,咨询`."""
    return tuple(
        name for one in (text or "").replace("，", ",").replace("、", ",").split(",") if (name := one.strip())
    )


def _show(found: "pa.Table", lang: str, top: int) -> None:
    from collections import Counter

    from rich.table import Table

    from keyaccount.cli.show import console
    from keyaccount.find.kinds import KINDS, OPEN

    by_kind = Counter(found["kind"].to_pylist())
    told = [f"{message(f'kind.{kind}', lang)} {by_kind[kind]:,}" for kind in (*KINDS, OPEN)]
    click.echo(message("kinds.said", lang, accounts=found.num_rows, kinds=told))
    table = Table(*(message(f"kinds.column.{name}", lang) for name in _COLUMNS))
    for row in found.slice(0, top).to_pylist():
        table.add_row(*_cells(row, lang))
    console().print(table)


def _cells(row: dict[str, Any], lang: str) -> list[str]:
    named = {name: message(f"kind.{row[name]}", lang) if row[name] else "—" for name in ("kind", "leader")}
    score = "—" if row["score"] is None else f"{row['score']:.2f}"
    why = message(f"kinds.why.{row['why_open']}", lang) if row["why_open"] else ""
    return [row["account_id"], named["kind"], score, f"{row['confidence']:.0%}", named["leader"], why]


def _explain(found: "pa.Table", account: str, settings: "KindSettings", lang: str) -> None:
    from keyaccount.find.kinds import scorecard

    rows = [row for row in found.to_pylist() if row["account_id"] == account]
    if not rows:
        raise WordsError("kinds.no_account", account=account)
    click.echo(" · ".join(cell for cell in _cells(rows[0], lang) if cell))
    kind = ""
    for part in scorecard(rows[0], settings):
        if part.kind != kind:
            kind = part.kind
            score, confidence = rows[0][f"{kind}_score"], rows[0][f"{kind}_confidence"]
            shown = "—" if score is None else f"{score:.2f}"
            click.echo(f"\n{message(f'kind.{kind}', lang)}  {shown}  ({confidence:.0%})")
        value = "—" if part.value is None else f"{part.value:.2f}"
        click.echo(
            f"  {value:>5} × {part.weight:g}  {message(f'kind.part.{part.part}', lang)}: {part.reason.text(lang)}"
        )


def _as_json(found: "pa.Table", until: Any) -> dict[str, Any]:
    from keyaccount.find.export import json_value

    rows = [
        {
            name: None
            if value is None
            else json_value(value)
            if not isinstance(value, str | int | float)
            else value
            for name, value in row.items()
        }
        for row in found.to_pylist()
    ]
    return {"until": str(until), "accounts": rows}


def _write(path: Path, found: "pa.Table", lang: str) -> Path:
    names = [name for name in found.column_names if name not in _COLUMNS]
    with written_whole(path) as (draft,), draft.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*(message(f"kinds.column.{name}", lang) for name in _COLUMNS), *names])
        for row in found.to_pylist():
            told = [row[name] for name in (*_COLUMNS, *names)]
            writer.writerow([safe_cell(str(value)) if isinstance(value, str) else value for value in told])
    return path
