"""`keyaccount tiers`: which channel serves each account, in which tier is it, who moved? (C1, C2)"""

import datetime as dt
from collections import Counter
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
    small_table,
    write_csv,
)
from keyaccount.cli.steps import Steps
from keyaccount.cli.words import day, keep_profile, lang_option, option
from keyaccount.language import message
from keyaccount.money import show_money

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS = ("account_id", "account_name", "channel", "tier", "monthly_spend", "why")


@dataclass(frozen=True, kw_only=True)
class Words(LedgerWords):
    """The words of one `keyaccount tiers`, as they came from the shell."""

    until: str | None
    listed: str | None
    placed: str | None
    customer_kinds: str | None
    moves: bool


@dataclass(frozen=True)
class Tiered:
    """Where everybody is at the last month-end, and where they were at the one before."""

    until: dt.date
    now: "pa.Table"
    before: "pa.Table"
    """Empty where there was none before."""
    names: dict[str, str]


def tiers_command(lang: str) -> click.Command:
    """The command in `lang`."""

    def own(*names: str, **kwargs: Any) -> click.Option:
        return option(lang, "tiers", *names, **kwargs)

    params = [
        *ledger_params(
            lang,
            own("--until", metavar="DATE"),
            own("--listed", metavar="FILE"),
            own("--placed", metavar="FILE"),
            own("--customer-kinds", metavar="FILE"),
            own("--moves", is_flag=True),
        ),
        lang_option(lang),
    ]
    return SpokenCommand(
        "tiers",
        params=params,
        callback=lambda **kwargs: _tiers(lang, Words(**kwargs)),
        help=message("help.tiers", lang),
        lang=lang,
    )


def tiered(
    inputs: Any,
    until: dt.date | None,
    *,
    listed: str | None = None,
    placed: str | None = None,
    customer_kinds: str | None = None,
) -> Tiered:
    """Channels and tiers at the last month-end up to `until` (None: the ledger's last day), month by month from a year before."""
    import pyarrow as pa

    from keyaccount.cover.month_by_month import each_month_end
    from keyaccount.find.monthly_spend import average_monthly_spend

    members = (
        None if listed is None else [str(row["account_id"]) for row in small_table(listed, ["account_id"])]
    )
    hand = None
    if placed is not None:
        columns = ("account_id", "channel", "tier", "reason")
        rows = small_table(placed, columns)
        hand = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in columns})
    kinds: dict[str, str | None] = {}
    if customer_kinds is not None:
        told = small_table(customer_kinds, ["account_id", "customer_kind"])
        kinds = {str(row["account_id"]): row["customer_kind"] for row in told}
    with inputs.reading():
        last = until or inputs.lines.date.max().execute()
        last = last if isinstance(last, dt.date) and not isinstance(last, dt.datetime) else last.date()
        each = each_month_end(
            inputs.tables, last, known=kinds, listed=lambda _year, _day: members, placed=lambda _day: hand,
            groups=inputs.groups, merged=inputs.merged,
        )  # fmt: skip
        before, now = None, None
        for one in each:
            before, now = now, one
        assert now is not None  # noqa: S101 - there is always one month-end
        spends = average_monthly_spend(
            inputs.tables, now.day + dt.timedelta(days=1), groups=inputs.groups, merged=inputs.merged
        )
    names = dict(zip(spends["account_id"].to_pylist(), spends["account_name"].to_pylist(), strict=True))
    return Tiered(now.day, now.tiers, now.tiers.slice(0, 0) if before is None else before.tiers, names)


def _tiers(lang: str, words: Words) -> int:
    words.check()
    until = day("--until", words.until)
    with Steps(lang, total=4) as steps:
        inputs = inputs_of(words, lang, steps)
        told = tiered(
            inputs, until, listed=words.listed, placed=words.placed, customer_kinds=words.customer_kinds
        )
    from keyaccount.cover.tiers import moves

    written = keep_profile(words.save_profile, inputs.ledger)
    refused = inputs.outcome.refused
    inputs.close()
    found = moves(told.before, told.now) if words.moves and len(told.before) else told.now
    if words.moves and not len(told.before):
        found = moves(told.now, told.now)
    if not words.moves:
        found = found.append_column(
            "account_name", [[told.names.get(one) for one in found["account_id"].to_pylist()]]
        )
        found = found.sort_by([("spend", "descending"), ("account_id", "ascending")])
    if words.out:
        written.append(write_csv(Path(words.out), found))
    if words.as_json:
        say_json({"until": str(told.until), "moves" if words.moves else "accounts": plain_rows(found)})
        return 1 if refused else 0
    _say(told, lang)
    if words.moves:
        _show_moves(found, lang, int(words.top))
    else:
        titles = [message(f"tiers.column.{name}", lang) for name in _COLUMNS]
        show_rows(found, titles, lambda row: _cells(row, lang), int(words.top))
    for path in written:
        click.echo(message("written", lang, file=path))
    return 1 if refused else 0


def _say(told: Tiered, lang: str) -> None:
    from keyaccount.cover.tiers import CHANNELS

    by_channel = Counter(told.now["channel"].to_pylist())
    parts = [f"{message(f'channel.{one}', lang)} {by_channel[one]:,}" for one in CHANNELS if by_channel[one]]
    click.echo(message("tiers.said", lang, until=told.until, accounts=told.now.num_rows, channels=parts))
    by_tier = Counter(one for one in told.now["tier"].to_pylist() if one)
    click.echo(
        "  "
        + " · ".join(f"{message(f'tier.{one}', lang)} {number:,}" for one, number in by_tier.most_common())
    )


def _cells(row: dict[str, Any], lang: str) -> list[str]:
    from keyaccount.cover.tiers import channel_reason, tier_reason

    tier = message(f"tier.{row['tier']}", lang) if row["tier"] else "—"
    why = channel_reason(row) if row["tier_rule"] == "none" else tier_reason(row)
    return [
        row["account_id"],
        row["account_name"] or "",
        message(f"channel.{row['channel']}", lang),
        tier,
        show_money(row["monthly_spend"], lang),
        why.text(lang),
    ]


def _show_moves(found: "pa.Table", lang: str, top: int) -> None:
    def cells(row: dict[str, Any]) -> list[str]:
        places = [
            message(f"tier.{row[f'tier_{side}']}", lang)
            if row[f"tier_{side}"]
            else message(f"channel.{row[f'channel_{side}']}", lang)
            if row[f"channel_{side}"]
            else "—"
            for side in ("before", "after")
        ]
        return [row["account_id"], message(f"tier.move.{row['move']}", lang), *places]

    titles = [message(f"tiers.column.{name}", lang) for name in ("account_id", "move", "before", "after")]
    show_rows(found, titles, cells, top)
