"""`keyaccount kinds`: what does each account value, by a scorecard of its ledger lines? (F5)"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keyaccount.cli.speech import SpokenCommand
from keyaccount.cli.start import (
    LedgerWords,
    inputs_of,
    ledger_params,
    plain_rows,
    say_json,
    show_rows,
    write_csv,
)
from keyaccount.cli.steps import Steps
from keyaccount.cli.words import WordsError, day, keep_profile, lang_option, option
from keyaccount.language import message

if TYPE_CHECKING:
    import pyarrow as pa

    from keyaccount.find.kind_settings import KindSettings

_COLUMNS = ("account_id", "kind", "score", "confidence", "leader", "why_open")


@dataclass(frozen=True, kw_only=True)
class Words(LedgerWords):
    """The words of one `keyaccount kinds`, as they came from the shell."""

    until: str | None
    services: str | None
    advice: str | None
    explain: str | None


def kinds_command(lang: str) -> click.Command:
    """The command in `lang`."""

    def own(*names: str, **kwargs: Any) -> click.Option:
        return option(lang, "kinds", *names, **kwargs)

    params = [
        *ledger_params(
            lang,
            own("--until", metavar="DATE"),
            own("--services", metavar="A,B"),
            own("--advice", metavar="A,B"),
            own("--explain", metavar="ACCOUNT"),
        ),
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

    settings = KindSettings(
        service_categories=names_of(words.services), advice_categories=names_of(words.advice)
    )
    with Steps(lang, total=4) as steps:
        inputs = inputs_of(words, lang, steps)
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
        say_json({"until": str(evidence.until), "accounts": plain_rows(found)})
    else:
        _show(found, lang, int(words.top))
        for path in written:
            click.echo(message("written", lang, file=path))
    return 1 if refused else 0


def names_of(text: str | None) -> tuple[str, ...]:
    """`服务,咨询`."""
    return tuple(
        name for one in (text or "").replace("，", ",").replace("、", ",").split(",") if (name := one.strip())
    )


def _show(found: "pa.Table", lang: str, top: int) -> None:
    from collections import Counter

    from keyaccount.find.kinds import KINDS, OPEN

    by_kind = Counter(found["kind"].to_pylist())
    told = [f"{message(f'kind.{kind}', lang)} {by_kind[kind]:,}" for kind in (*KINDS, OPEN)]
    click.echo(message("kinds.said", lang, accounts=found.num_rows, kinds=told))
    titles = [message(f"kinds.column.{name}", lang) for name in _COLUMNS]
    show_rows(found, titles, lambda row: _cells(row, lang), top)


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


def _write(path: Path, found: "pa.Table", lang: str) -> Path:
    names = [name for name in found.column_names if name not in _COLUMNS]
    titles = [*(message(f"kinds.column.{name}", lang) for name in _COLUMNS), *names]
    return write_csv(path, found.select([*_COLUMNS, *names]), titles)
