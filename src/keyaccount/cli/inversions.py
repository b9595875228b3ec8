"""`keyaccount inversions`: where does a smaller customer get better terms than a key account? (C4)"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
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
    small_table,
    write_csv,
)
from keyaccount.cli.steps import Steps
from keyaccount.cli.tiers import tiered
from keyaccount.cli.words import WordsError, day, keep_profile, lang_option, option
from keyaccount.language import message
from keyaccount.money import show_exact, show_money

if TYPE_CHECKING:
    import pyarrow as pa

    from keyaccount.cover.inversions import Inversions

_COLUMNS = (
    "account_id",
    "product",
    "unit",
    "quarter",
    "price",
    "lowest_account",
    "lowest_price",
    "gap_share",
    "pairs",
    "money",
)


@dataclass(frozen=True, kw_only=True)
class Words(LedgerWords):
    """The words of one `keyaccount inversions`, as they came from the shell."""

    until: str | None
    listed: str | None
    explain: str | None


def inversions_command(lang: str) -> click.Command:
    """The command in `lang`."""

    def own(*names: str, **kwargs: Any) -> click.Option:
        return option(lang, "inversions", *names, **kwargs)

    params = [
        *ledger_params(
            lang,
            own("--until", metavar="DATE"),
            own("--listed", metavar="FILE"),
            own("--explain", metavar="ACCOUNT"),
        ),
        lang_option(lang),
    ]
    return SpokenCommand(
        "inversions",
        params=params,
        callback=lambda **kwargs: _inversions(lang, Words(**kwargs)),
        help=message("help.inversions", lang),
        lang=lang,
    )


def _inversions(lang: str, words: Words) -> int:
    words.check()
    until = day("--until", words.until)
    with Steps(lang, total=4) as steps:
        inputs = inputs_of(words, lang, steps)
        from keyaccount.cover.inversions import inversion_pairs, inversions
        from keyaccount.find.groups import top_parents
        from keyaccount.ledger.merged import merged_groups, survivors
        from keyaccount.periods import year_ending

        with inputs.reading():
            last = until or _day(inputs.lines.date.max().execute())
            places = _listed(words.listed) if words.listed else _by_spend(inputs, last)
            into = survivors(inputs.merged)
            tops = top_parents(merged_groups(inputs.groups, into)) if inputs.groups is not None else {}
            told: dict[str, Any] = {"period": year_ending(last), "groups": tops, "merged": into}
            found = inversions(inputs.lines, places, **told)
            pairs: list[tuple[dict[str, Any], pa.Table]] = []
            if words.explain:
                own = [row for row in found.rows.to_pylist() if row["account_id"] == words.explain]
                if not own:
                    raise WordsError("inversions.no_account", account=words.explain)
                pairs = [
                    (
                        row,
                        inversion_pairs(
                            inputs.lines,
                            places,
                            row["account_id"],
                            row["product"],
                            row["unit"],
                            row["quarter"],
                            **told,
                        ),
                    )
                    for row in own[: int(words.top)]
                ]
    written = keep_profile(words.save_profile, inputs.ledger)
    refused = inputs.outcome.refused
    inputs.close()
    if words.out:
        written.append(write_csv(Path(words.out), found.rows))
    if words.as_json:
        say_json(
            {
                "until": str(last),
                "money": str(found.money),
                "compared": found.compared,
                "left_out": dict(found.left_out),
                "units_differ": list(found.units_differ),
                "inversions": plain_rows(found.rows),
            }
        )
    else:
        _say(found, last, lang)
        if words.explain:
            for row, behind in pairs:
                click.echo()
                click.echo(_line(row, lang))
                for pair in behind.to_pylist():
                    click.echo(message("inversions.pair", lang, **pair))
        else:
            titles = [message(f"inversions.column.{name}", lang) for name in _COLUMNS]
            show_rows(found.rows, titles, lambda row: _cells(row, lang), int(words.top))
        for path in written:
            click.echo(message("written", lang, file=path))
    return 1 if refused else 0


def _day(told: Any) -> dt.date:
    return told.date() if isinstance(told, dt.datetime) else told


def _listed(file: str) -> "pa.Table":
    """Who is on the list, with the level of their tier where the file says it."""
    from keyaccount.cover.tiers import TierSettings

    levels = {tier.name: at for at, tier in enumerate(TierSettings().of("key_account"), start=1)}
    rows = small_table(file, ["account_id"], ["tier"])
    if strange := sorted({str(row["tier"]) for row in rows if row["tier"] and row["tier"] not in levels}):
        raise WordsError("inversions.tier", file=file, tiers=strange, allowed=list(levels))
    return _places([(str(row["account_id"]), levels.get(str(row["tier"]), 1)) for row in rows])


def _by_spend(inputs: Any, until: dt.date) -> "pa.Table":
    """Without a list those whose average monthly spend makes them key accounts, by their tier."""
    from keyaccount.cover.tiers import TierSettings

    levels = {tier.name: at for at, tier in enumerate(TierSettings().of("key_account"), start=1)}
    now = tiered(inputs, until).now
    return _places(
        [
            (row["account_id"], levels[row["tier"]])
            for row in now.to_pylist()
            if row["channel"] == "key_account"
        ]
    )


def _places(levels: list[tuple[str, int]]) -> "pa.Table":
    import pyarrow as pa

    return pa.table(
        {
            "account_id": pa.array([one for one, _ in levels], pa.string()),
            "level": pa.array([level for _, level in levels], pa.int64()),
            "since": pa.nulls(len(levels), pa.date32()),
            "until": pa.nulls(len(levels), pa.date32()),
        }
    )


def _say(found: "Inversions", until: dt.date, lang: str) -> None:
    accounts = len(set(found.rows["account_id"].to_pylist()))
    values = {"n": len(found.rows), "accounts": accounts, "compared": found.compared, "money": found.money}
    click.echo(
        message("inversions.said" if len(found.rows) else "inversions.none", lang, until=until, **values)
    )
    for why, lines in found.left_out.items():
        if lines:
            text = message(f"inversion.left_out.{why}", lang)
            click.echo(message("inversions.left_out", lang, lines=lines, why=text))
    if found.units_differ:
        click.echo(message("inversions.units", lang, products=found.units_differ))


def _cells(row: dict[str, Any], lang: str) -> list[str]:
    return [
        row["account_id"],
        row["product"],
        row["unit"] or "",
        str(row["quarter"]),
        show_exact(row["price"], lang),
        row["lowest_account"],
        show_exact(row["lowest_price"], lang),
        f"{row['gap_share']:.1%}",
        str(row["pairs"]),
        show_money(row["money"], lang),
    ]


def _line(row: dict[str, Any], lang: str) -> str:
    from keyaccount.cover.inversions import inversion_reason

    head = " · ".join(str(row[name]) for name in ("account_id", "product", "unit", "quarter") if row[name])
    quantity = Decimal(row["quantity"]).normalize()
    return f"{head}  {inversion_reason({**row, 'quantity': quantity}).text(lang)}"
