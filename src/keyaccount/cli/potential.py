"""`keyaccount potential`: who is below the line and growing towards it? (F8)"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

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
from keyaccount.cli.words import (
    WordsError,
    choice,
    count,
    day,
    keep_profile,
    lang_option,
    option,
    reading_options,
)
from keyaccount.errors import SettingError
from keyaccount.language import message
from keyaccount.money import show_money

if TYPE_CHECKING:
    import pyarrow as pa

    from keyaccount.find.settings import Basis

_COLUMNS = ("account_id", "account_name", "months_to_line", "trend", "amount", "year_before", "sure")


@dataclass(frozen=True, kw_only=True)
class Words(LedgerWords):
    """The words of one `keyaccount potential`, as they came from the shell."""

    until: str | None
    basis: str
    share: str
    within: str
    groups: str | None
    cost_to_serve: str | None
    merged: str | None


def potential_command(lang: str) -> click.Command:
    """The command in `lang`."""

    def own(*names: str, **kwargs: Any) -> click.Option:
        return option(lang, "potential", *names, **kwargs)

    params = [
        *ledger_params(
            lang,
            own("--until", metavar="DATE"),
            own("--basis", default="sales", metavar="sales|profit"),
            own("--share", default="0.8", metavar="0.8"),
            own("--within", default="24", metavar="24"),
            own("--groups", metavar="FILE"),
            own("--cost-to-serve", metavar="FILE"),
            own("--merged", metavar="FILE"),
        ),
        lang_option(lang),
    ]
    return SpokenCommand(
        "potential",
        params=params,
        callback=lambda **kwargs: _potential(lang, Words(**kwargs)),
        help=message("help.potential", lang),
        lang=lang,
    )


def _potential(lang: str, words: Words) -> int:
    words.check()
    choice("basis", words.basis, ["sales", "profit"])
    until, within = day("--until", words.until), count("--within", words.within)
    try:
        share = Decimal(words.share)
    except InvalidOperation as error:
        raise SettingError("setting.number", name="--share", example="0.8", value=words.share) from error

    # Imported late: `--help` need not wait for DuckDB.
    from keyaccount.find.key_accounts import find_key_accounts
    from keyaccount.find.potential import PotentialSettings, find_potential
    from keyaccount.find.settings import FindSettings

    asked = PotentialSettings(within_months=within)
    settings = FindSettings(until=until, basis=cast("Basis", words.basis), share=share)
    with Steps(lang, total=4) as steps:
        inputs = inputs_of(words, lang, steps).with_small_tables(
            words.groups, words.cost_to_serve, words.merged, reading_options(words, steps)
        )
        with inputs.reading():
            result = find_key_accounts(
                inputs.tables,
                groups=inputs.groups,
                cost_to_serve=inputs.cost_to_serve,
                merged=inputs.merged,
                settings=settings,
            )
            found = find_potential(inputs.tables, result, settings=asked)
    written = keep_profile(words.save_profile, inputs.ledger)
    refused = inputs.outcome.refused
    inputs.close()
    if found is None:
        raise WordsError("potential.cannot", until=result.summary.periods.year.until)
    accounts = result.accounts
    names = dict(zip(accounts["account_id"].to_pylist(), accounts["account_name"].to_pylist(), strict=True))
    found = found.append_column("account_name", [[names.get(one) for one in found["account_id"].to_pylist()]])
    if words.out:
        written.append(write_csv(Path(words.out), found))
    if words.as_json:
        year = result.summary.periods.year
        say_json({"until": str(year.until), "basis": words.basis, "accounts": plain_rows(found)})
    else:
        _show(found, words, lang)
        for path in written:
            click.echo(message("written", lang, file=path))
    return 1 if refused else 0


def _show(found: "pa.Table", words: Words, lang: str) -> None:
    from keyaccount.find.potential import SUREST

    def cells(row: dict[str, Any]) -> list[str]:
        figures = (row["trend"], row[words.basis], row[f"{words.basis}_year_before"])
        return [
            row["account_id"],
            row["account_name"] or "",
            str(row["months_to_line"]),
            *(show_money(one, lang) for one in figures),
            f"{min(1 - row['trend_p'], SUREST):.1%}",
        ]

    line = found["line"][0].as_py() if len(found) else None
    basis = message(f"potential.basis.{words.basis}", lang)
    said = "potential.said" if line is not None else "potential.nobody"
    click.echo(
        message(said, lang, accounts=len(found), basis=basis, **({"line": line} if line is not None else {}))
    )
    if len(found):
        titles = [message(f"potential.column.{name}", lang, basis=basis) for name in _COLUMNS]
        show_rows(found, titles, cells, int(words.top))
