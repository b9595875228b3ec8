"""`keyaccount staffing`: how many account managers does the work ask for, branch by branch? (C5)"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keyaccount.cli.speech import SpokenCommand
from keyaccount.cli.start import (
    check_csv_out,
    output_params,
    plain_rows,
    say_json,
    show_rows,
    small_table,
    write_csv,
)
from keyaccount.cli.words import WordsError, count, lang_option, option
from keyaccount.errors import SettingError
from keyaccount.language import message
from keyaccount.money import show_money

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS = (
    "branch",
    "accounts",
    "hours",
    "capacity",
    "needed_exact",
    "needed",
    "norm",
    "quota",
    "actual",
    "gap",
)


@dataclass(frozen=True)
class Words:
    """The words of one `keyaccount staffing`, as they came from the shell."""

    accounts: str
    managers: str
    service: str | None
    months: str | None
    quotas: str | None
    more: str
    tier: str | None
    cost: str
    top: str
    out: str | None
    as_json: bool


def staffing_command(lang: str) -> click.Command:
    """The command in `lang`."""

    def own(*names: str, **kwargs: Any) -> click.Option:
        return option(lang, "staffing", *names, **kwargs)

    params: list[click.Parameter] = [
        click.Argument(["accounts"], metavar=message("help.staffing.accounts", lang)),
        click.Argument(["managers"], metavar=message("help.staffing.managers", lang)),
        own("--service", metavar="FILE"),
        own("--months", metavar="FILE"),
        own("--quotas", metavar="FILE"),
        own("--more", metavar="0", default="0"),
        own("--tier", metavar="TIER"),
        own("--cost", metavar="0", default="0"),
        *output_params(lang),
        lang_option(lang),
    ]
    return SpokenCommand(
        "staffing",
        params=params,
        callback=lambda **kwargs: _staffing(lang, Words(**kwargs)),
        help=message("help.staffing", lang),
        lang=lang,
    )


def _staffing(lang: str, words: Words) -> int:
    read = [one for one in (words.accounts, words.managers, words.service, words.months, words.quotas) if one]
    top = count("--top", words.top)
    check_csv_out(words.out, read)
    from keyaccount.cover.staffing import StaffingSettings, staffing, with_more

    accounts = _texts(words.accounts, ["account_id", "branch", "tier"], ["kind"])
    settings = StaffingSettings(yearly_cost=_number("--cost", words.cost))
    more = count("--more", words.more) if words.more != "0" else 0
    if more:
        accounts = with_more(accounts, more, tier=words.tier)
    found = staffing(
        accounts,
        _numbers(words.managers, ["manager_id", "branch"], ["employed", "skill", "support"]),
        service=_numbers(words.service, ["account_id"], ["complaints", "orders"]) if words.service else None,
        months=_numbers(words.months, ["branch", "month"], ["hours"]) if words.months else None,
        quotas={
            str(row["branch"]): int(_number("quota", row["quota"] or "0"))
            for row in small_table(words.quotas, ["branch", "quota"])
        }
        if words.quotas
        else None,
        settings=settings,
    )
    if words.out:
        write_csv(Path(words.out), found.branches)
    if words.as_json:
        say_json(
            {
                "branches": plain_rows(found.branches),
                "tiers": plain_rows(found.tiers),
                "problems": [one.text(lang) for one in found.problems],
            }
        )
        return 0
    needed = sum(found.branches["needed"].to_pylist())
    actual = sum(found.branches["actual"].to_pylist())
    values = {"accounts": len(accounts), "branches": len(found.branches), "needed": needed, "actual": actual}
    click.echo(message("staffing.said", lang, **values))
    titles = [message(f"staffing.column.{name}", lang) for name in _COLUMNS]
    show_rows(found.branches, titles, _cells, top)
    if settings.yearly_cost:
        click.echo(message("staffing.cost", lang, cost=show_money(settings.yearly_cost * needed, lang)))
    for one in found.problems:
        click.echo(one.text(lang))
    if words.out:
        click.echo(message("written", lang, file=words.out))
    return 0


def _cells(row: dict[str, Any]) -> list[str]:
    shown = {"hours": "{:,.1f}", "capacity": "{:,.0f}", "needed_exact": "{:.2f}"}
    return ["" if row[name] is None else shown.get(name, "{}").format(row[name]) for name in _COLUMNS]


def _texts(file: str, needed: list[str], optional: list[str]) -> "pa.Table":
    import pyarrow as pa

    rows = small_table(file, needed, optional)
    return pa.table(
        {name: pa.array([row[name] for row in rows], pa.string()) for name in (*needed, *optional)}
    )


def _numbers(file: str, texts: list[str], numbers: list[str]) -> "pa.Table":
    """Rows of which the last columns are numbers; a blank is null.

    Raises WordsError `small.columns`, `small.number`.
    """
    import pyarrow as pa

    rows = small_table(file, [*texts, *numbers])
    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in texts}
    for name in numbers:
        values = []
        for at, row in enumerate(rows, start=2):
            try:
                values.append(None if row[name] is None else float(Decimal(str(row[name]))))
            except InvalidOperation as error:
                raise WordsError("small.number", file=file, row=at, column=name, value=row[name]) from error
        columns[name] = pa.array(values, pa.float64())
    return pa.table(columns)


def _number(name: str, text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise SettingError("setting.range", name=name, allowed="0, 1, …", value=text) from error
