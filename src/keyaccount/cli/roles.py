"""`keyaccount roles`: which role does each account play, which class is it, does it cost more than it may? (F6)"""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
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
from keyaccount.cli.words import WordsError, choice, day, keep_profile, lang_option, option, reading_options
from keyaccount.language import message
from keyaccount.money import show_money

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS = ("account_id", "account_name", "role", "volume_class", "sales", "effort", "why")


@dataclass(frozen=True, kw_only=True)
class Words(LedgerWords):
    """The words of one `keyaccount roles`, as they came from the shell."""

    until: str | None
    services: str | None
    advice: str | None
    standing: str | None
    purchases: str | None
    groups: str | None
    cost_to_serve: str | None
    merged: str | None


def roles_command(lang: str) -> click.Command:
    """The command in `lang`."""

    def own(*names: str, **kwargs: Any) -> click.Option:
        return option(lang, "roles", *names, **kwargs)

    params = [
        *ledger_params(
            lang,
            own("--until", metavar="DATE"),
            own("--services", metavar="A,B"),
            own("--advice", metavar="A,B"),
            own("--standing", metavar="FILE"),
            own("--purchases", metavar="FILE"),
            own("--groups", metavar="FILE"),
            own("--cost-to-serve", metavar="FILE"),
            own("--merged", metavar="FILE"),
        ),
        lang_option(lang),
    ]
    return SpokenCommand(
        "roles",
        params=params,
        callback=lambda **kwargs: _roles(lang, Words(**kwargs)),
        help=message("help.roles", lang),
        lang=lang,
    )


def _roles(lang: str, words: Words) -> int:
    words.check()
    until = day("--until", words.until)
    standing, purchases = _standing(words.standing), _purchases(words.purchases)

    # Imported late: `--help` need not wait for DuckDB.
    import pyarrow.compute as pc

    from keyaccount.cli.kinds import names_of
    from keyaccount.find.key_accounts import find_key_accounts
    from keyaccount.find.kind_evidence import kind_evidence
    from keyaccount.find.kind_settings import KindSettings
    from keyaccount.find.kinds import kinds
    from keyaccount.find.role_facts import with_role_facts
    from keyaccount.find.roles import roles
    from keyaccount.find.settings import FindSettings

    of_kinds = KindSettings(
        service_categories=names_of(words.services), advice_categories=names_of(words.advice)
    )
    with Steps(lang, total=4) as steps:
        inputs = inputs_of(words, lang, steps).with_small_tables(
            words.groups, words.cost_to_serve, words.merged, reading_options(words, steps)
        )
        given: dict[str, Any] = {
            "groups": inputs.groups,
            "cost_to_serve": inputs.cost_to_serve,
            "merged": inputs.merged,
        }
        with inputs.reading():
            result = find_key_accounts(inputs.tables, settings=FindSettings(until=until), **given)
            year = result.summary.periods.year
            evidence = kind_evidence(inputs.lines, until=year.until, settings=of_kinds, merged=inputs.merged)
        told = kinds(evidence, records=purchases, settings=of_kinds)
        found = roles(with_role_facts(told, result.accounts, until=year.until, **given), standing=standing)
    written = keep_profile(words.save_profile, inputs.ledger)
    refused = inputs.outcome.refused
    inputs.close()
    accounts = result.accounts
    names = dict(zip(accounts["account_id"].to_pylist(), accounts["account_name"].to_pylist(), strict=True))
    found = found.append_column("account_name", [[names.get(one) for one in found["account_id"].to_pylist()]])
    found = found.sort_by([("sales", "descending"), ("account_id", "ascending")])
    if words.out:
        names_of_standing = pc.binary_join(found["standing"], ",")
        place = found.schema.get_field_index("standing")
        written.append(write_csv(Path(words.out), found.set_column(place, "standing", names_of_standing)))
    if words.as_json:
        say_json({"until": str(year.until), "accounts": plain_rows(found)})
    else:
        _show(found, words, lang)
        for path in written:
            click.echo(message("written", lang, file=path))
    return 1 if refused else 0


def _standing(file: str | None) -> "pa.Table | None":
    import pyarrow as pa

    from keyaccount.find.roles import STANDINGS

    if file is None:
        return None
    rows = small_table(file, ("account_id", "standing"))
    for row in rows:
        choice("standing", row["standing"] or "", list(STANDINGS))
    return pa.table(
        {name: pa.array([row[name] for row in rows], pa.string()) for name in ("account_id", "standing")}
    )


def _purchases(file: str | None) -> "pa.Table | None":
    """What we buy from accounts in the year, the rows of one summed up."""
    import pyarrow as pa

    if file is None:
        return None
    told: dict[str, Decimal] = {}
    for row in small_table(file, ("account_id", "amount")):
        account, text = row["account_id"] or "", row["amount"] or ""
        try:
            amount = Decimal(text)
            if not account or not amount.is_finite():
                raise InvalidOperation
        except InvalidOperation as error:
            raise WordsError("roles.purchases", file=file, account=account, value=text) from error
        told[account] = told.get(account, Decimal(0)) + amount
    amounts = pa.array(told.values(), pa.decimal128(38, 4))
    return pa.table({"account_id": pa.array(told, pa.string()), "purchases": amounts})


def _show(found: "pa.Table", words: Words, lang: str) -> None:
    from keyaccount.find.roles import ROLES, role_reasons

    def cells(row: dict[str, Any]) -> list[str]:
        effort = "—" if row["effort"] is None else f"{row['effort']:.1%}"
        above = f" {message('roles.above', lang, ceiling=row['ceiling'])}" if row["is_over_ceiling"] else ""
        return [
            row["account_id"],
            row["account_name"] or "",
            message(f"role.kind.{row['role']}", lang),
            message(f"class.{row['volume_class']}", lang),
            "—" if row["sales"] is None else show_money(row["sales"], lang),
            effort + above,
            " ".join(one.text(lang) for one in role_reasons(row)),
        ]

    number = Counter(found["role"].to_pylist())
    told = [f"{message(f'role.kind.{one}', lang)} {number[one]:,}" for one in ROLES]
    click.echo(message("roles.said", lang, accounts=found.num_rows, roles=told))
    titles = [message(f"roles.column.{name}", lang) for name in _COLUMNS]
    show_rows(found, titles, cells, int(words.top))
