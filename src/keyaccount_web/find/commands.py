"""`keyaccount list propose|show|publish|compare`: the yearly list on the server's own data, by the functions of its pages.

Whoever has a shell on the server can write its records anyway; names are taken at their word, but for `publish`, which wants the
passwords of two people.
"""

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import click

from keyaccount.cli.speech import SpokenCommand, SpokenGroup
from keyaccount.cli.words import choice, count, day, lang_option, option
from keyaccount.errors import KeyAccountError, SettingError
from keyaccount.language import add_catalogue, message
from keyaccount.money import show_money

if TYPE_CHECKING:
    from keyaccount.find.settings import Basis
    from keyaccount_web.access.models import User
    from keyaccount_web.find.models import KeyAccountList
    from keyaccount_web.runs.models import Run

SHOWN = 50
"""Rows of a list that a screen gets; `--json` has all."""


class ListCommandError(KeyAccountError):
    """The command cannot be done as asked."""


def list_command(lang: str) -> click.Command:
    """The group of commands in `lang`."""
    add_catalogue("keyaccount_web.messages")
    group = SpokenGroup(name="list", help=message("help.list", lang), lang=lang)
    group.params.append(lang_option(lang))
    for command in (
        _propose_command(lang),
        _show_command(lang),
        _publish_command(lang),
        _compare_command(lang),
    ):
        group.add_command(command)
    return group


def _propose_command(lang: str) -> click.Command:
    def own(*names: str, **kwargs: Any) -> click.Option:
        return option(lang, "list.propose", *names, **kwargs)

    params = [
        own("--by", required=True, metavar="USER"),
        own("--until", metavar="YYYY-MM-DD"),
        own("--share", default="0.8", metavar="0.8"),
        own("--basis", default="sales", metavar="sales|profit"),
        own("--run", "run_id", metavar="N"),
        own("--monthly-spend", metavar="3000"),
        own("--only-spend", is_flag=True),
        own("--all-ways", is_flag=True),
        own("--no-guards", is_flag=True),
        own("--year", metavar="YYYY"),
        own("--correction", default="", metavar="TEXT"),
    ]
    return _spoken(lang, "propose", params, lambda **words: _propose(lang, **words))


def _show_command(lang: str) -> click.Command:
    params: list[click.Parameter] = [_year(), option(lang, "list.show", "--recompute", is_flag=True)]
    return _spoken(lang, "show", params, lambda **words: _show(lang, **words))


def _publish_command(lang: str) -> click.Command:
    def own(*names: str, **kwargs: Any) -> click.Option:
        return option(lang, "list.publish", *names, **kwargs)

    params: list[click.Parameter] = [
        click.Argument(["year"], metavar="YYYY"),
        own("--asks", required=True, metavar="USER"),
        own("--decides", required=True, metavar="USER"),
        own("--reason", required=True, metavar="TEXT"),
        own("--unclean-reason", default="", metavar="TEXT"),
        own("--accept-open", is_flag=True),
    ]
    return _spoken(lang, "publish", params, lambda **words: _publish(lang, **words))


def _compare_command(lang: str) -> click.Command:
    params: list[click.Parameter] = [_year(), option(lang, "list.compare", "--until", metavar="YYYY-MM-DD")]
    return _spoken(lang, "compare", params, lambda **words: _compare(lang, **words))


def _year() -> click.Argument:
    return click.Argument(["year"], required=False, metavar="[YYYY]")


def _spoken(lang: str, name: str, params: list[Any], callback: Callable[..., int]) -> click.Command:
    params = [*params, option(lang, "list", "--json", "as_json", is_flag=True), lang_option(lang)]

    def prepared(**words: Any) -> int:
        from keyaccount_web.commands import prepare_records

        prepare_records(lang)
        return callback(**words)

    return SpokenCommand(
        name, params=params, callback=prepared, help=message(f"help.list.{name}", lang), lang=lang
    )


def _propose(
    lang: str,
    *,
    by: str,
    until: str | None,
    share: str,
    basis: str,
    run_id: str | None,
    monthly_spend: str | None,
    only_spend: bool,
    all_ways: bool,
    no_guards: bool,
    year: str | None,
    correction: str,
    as_json: bool,
) -> int:
    from keyaccount.find.list_basis import MONTHLY_SPEND, ListBasis
    from keyaccount.find.settings import FindSettings
    from keyaccount_web.access.roles import Right
    from keyaccount_web.find.lists.proposing import propose_list
    from keyaccount_web.runs.models import Run

    choice("basis", basis, ["sales", "profit"])
    user = _user(by, Right.RUN)
    spend = (
        MONTHLY_SPEND if only_spend and monthly_spend is None else _decimal("--monthly-spend", monthly_spend)
    )
    ways = ListBasis(
        in_set=not only_spend,
        monthly_spend_from=spend,
        mixed="all" if all_ways else "any",
        guards_apply=not no_guards,
    )
    if run_id is None:
        settings = FindSettings(
            until=day("--until", until),
            basis=cast("Basis", basis),
            share=_decimal("--share", share) or Decimal("0.8"),
        )
        run = _made(user, settings)
    else:
        found = Run.objects.filter(pk=count("--run", run_id)).first()
        if found is None:
            raise ListCommandError("list_command.no_run", run=run_id)
        run = found
    told = propose_list(user, run, ways, year=count("--year", year) if year else None, correction=correction)
    return _tell(told, lang, as_json=as_json, tab="proposed")


def _show(lang: str, *, year: str | None, recompute: bool, as_json: bool) -> int:
    from keyaccount_web.find.lists.comparing import prove
    from keyaccount_web.runs.services import new_repeat

    told = _list(year)
    if not recompute:
        return _tell(told, lang, as_json=as_json, tab="on_list")
    again = new_repeat(told.run, told.made_by)
    proof = prove(told, _done(again))
    if as_json:
        differences = [
            {"code": one.code, "column": one.column, "kept": str(one.kept), "recomputed": str(one.recomputed)}
            for one in proof.differences
        ]
        _json(
            {"holds": proof.holds, "rows": proof.rows, "figures": proof.figures, "differences": differences}
        )
    elif proof.holds:
        values = {"rows": proof.rows, "entries": proof.entries, "figures": proof.figures}
        click.echo(message("yearly.proof_sentence", lang, snapshot=told.run.snapshot, **values))
    else:
        click.echo(message("yearly.proof_differs", lang, n=len(proof.differences), figures=proof.figures))
        for one in proof.differences[:SHOWN]:
            click.echo(f"  {one.code}  {one.column}  {one.kept} → {one.recomputed}")
    return 0 if proof.holds else 2


def _publish(
    lang: str,
    *,
    year: str,
    asks: str,
    decides: str,
    reason: str,
    unclean_reason: str,
    accept_open: bool,
    as_json: bool,
) -> int:
    from keyaccount_web.access.roles import Right
    from keyaccount_web.access.sign_in import has_factor
    from keyaccount_web.approvals.services import decide
    from keyaccount_web.find.lists.publishing import ask_to_publish
    from keyaccount_web.find.lists.reviewing import decide as decide_entries
    from keyaccount_web.find.models import ListEntry

    told = _list(year)
    if asks == decides:
        raise ListCommandError("list_command.same", name=asks)
    asker, decider = _user(asks, Right.REVIEW_LIST), _user(decides, Right.PUBLISH)
    _check_password(asker, lang)
    in_browser = has_factor(decider)
    if not in_browser:
        _check_password(decider, lang)
    if accept_open:
        open_ones = told.entries.filter(proposed=True, decision=ListEntry.Decision.OPEN)
        if versions := dict(open_ones.values_list("pk", "version")):
            decide_entries(asker, told, versions, "accept")
    approval = ask_to_publish(asker, told, of=decider, reason=reason, unclean_reason=unclean_reason)
    if not in_browser:
        decide(approval, by=decider, granted=True, answer="", digest=approval.digest)
    told.refresh_from_db()
    if as_json:
        _json(
            {
                "list": told.pk,
                "year": told.year,
                "state": told.state,
                "approval": approval.pk,
                "sha256": told.document_sha256,
            }
        )
    elif in_browser:
        click.echo(message("list_command.in_browser", lang, name=decider.name, number=approval.pk))
    else:
        click.echo(message("list_command.published", lang, year=told.year, sha256=told.document_sha256))
    return 0


def _compare(lang: str, *, year: str | None, until: str | None, as_json: bool) -> int:
    told = _list(year)
    rows = _mid_year_rows(told, until, lang) if until else _year_rows(told, lang)
    if as_json:
        _json({"list": told.pk, "year": told.year, "rows": rows})
        return 0
    for change in dict.fromkeys(row["change"] for row in rows):
        of_change = [row for row in rows if row["change"] == change]
        click.echo(f"{message(f'yearly.change.{change}', lang)} {len(of_change)}")
        for row in of_change[:SHOWN]:
            click.echo(f"  {row['code']}  {row['name']}  {row['why']}")
    return 0


def _year_rows(told: "KeyAccountList", lang: str) -> list[dict[str, Any]]:
    from keyaccount.find.year_on_year import year_reason
    from keyaccount_web.find.lists.comparing import years_of
    from keyaccount_web.find.lists.reading import list_before

    before = list_before(told)
    if before is None:
        raise ListCommandError("list_command.no_before", year=told.year)
    return [
        {
            "code": row["account_id"],
            "name": row["account_name"],
            "change": row["change"],
            "cause": row["cause"],
            "sales_before": str(row["sales_before"]),
            "sales_after": str(row["sales_after"]),
            "why": year_reason(row).text(lang),
        }
        for row in years_of(before, told).to_pylist()
    ]


def _mid_year_rows(told: "KeyAccountList", until: str, lang: str) -> list[dict[str, Any]]:
    from keyaccount_web.find.lists.comparing import mid_year_of, new_mid_year
    from keyaccount_web.find.lists.proposing import YearlyListError

    asked = day("--until", until)
    if asked is None or asked <= told.until:
        raise YearlyListError("yearly.not_later", until=told.until, asked=until)
    found = mid_year_of(told, _done(new_mid_year(told.made_by, told, asked)))
    return [
        {
            "code": row["account_id"],
            "name": row["account_name"],
            "change": "rises" if row["rises"] else "falls",
            "sales_then": None if row["sales_then"] is None else str(row["sales_then"]),
            "sales_now": None if row["sales"] is None else str(row["sales"]),
            "why": "; ".join(one.text(lang) for one in found.why(row)),
        }
        for row in found.rows.to_pylist()
    ]


def _tell(told: "KeyAccountList", lang: str, *, as_json: bool, tab: str) -> int:
    """A list, and its entries of one tab of its page."""
    from keyaccount_web.find.lists.pages import TABS, basis_said
    from keyaccount_web.find.lists.publishing import findings
    from keyaccount_web.find.lists.reading import members, money, progress
    from keyaccount_web.work.texts import say

    entries = list(told.entries.filter(TABS[tab]))
    far, unclean = progress(told.entries.all()), findings(told) if told.is_open else []
    if as_json:
        _json(
            {
                "list": {
                    **{name: getattr(told, name) for name in ("pk", "year", "state", "basis", "run_id")},
                    "until": told.until.isoformat(),
                    "snapshot": told.run.snapshot,
                    "sha256": told.document_sha256,
                    "unclean": unclean,
                },
                "entries": [
                    {
                        **{
                            name: getattr(one, name)
                            for name in ("code", "name", "proposed", "verdict", "ways")
                        },
                        **{name: getattr(one, name) for name in ("decision", "reason", "figures", "reasons")},
                    }
                    for one in entries
                ],
                "members": sorted(one.code for one in members(told)),
            }
        )
        return 0
    click.echo(
        message("yearly.list_of", lang, year=told.year) + " · " + message(f"yearly.state.{told.state}", lang)
    )
    click.echo(
        message(
            "yearly.review_sentence", lang, proposed=far.proposed, decided=far.decided, on_list=far.on_list
        )
    )
    click.echo(basis_said(told, lang) + " · " + message("yearly.until", lang, until=told.until))
    for one in unclean:
        click.echo("! " + say(one["code"], lang, one["values"]))
    for entry in entries[:SHOWN]:
        sales = money(entry, "sales")
        why = "; ".join(say(one["code"], lang, one["values"]) for one in entry.reasons)
        click.echo(
            f"  {entry.code}  {entry.name}  {'—' if sales is None else show_money(sales, lang)}  {why}"
        )
    if len(entries) > SHOWN:
        click.echo(message("list_command.more", lang, n=len(entries) - SHOWN))
    return 0


def _list(year: str | None) -> "KeyAccountList":
    """That of a year, the published before a draft; without a year the newest."""
    from keyaccount_web.find.models import KeyAccountList

    states = KeyAccountList.State
    found = KeyAccountList.objects.exclude(state__in=(states.DROPPED, states.SUPERSEDED)).select_related(
        "run", "made_by"
    )
    if year is not None:
        found = found.filter(year=count("YYYY", year))
    told = found.order_by("-year", "-pk").first()
    if told is None:
        raise ListCommandError("list_command.no_list", year=year or "—")
    return told


def _user(username: str, right: Any) -> "User":
    from keyaccount_web.access.models import User
    from keyaccount_web.access.scope import may

    user = User.objects.filter(username=username, is_active=True).first()
    if user is None or not may(user, right):
        raise ListCommandError("list_command.no_user", name=username)
    return user


def _check_password(user: "User", lang: str) -> None:
    """Asked at the terminal, else the next line of the input."""
    text = message("list_command.password", lang, name=user.username)
    given = click.prompt(text, hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not user.check_password(given):
        raise ListCommandError("list_command.password_wrong", name=user.username)


def _made(user: "User", settings: Any) -> "Run":
    """A run, made at once."""
    from keyaccount_web.runs.services import new_find

    return _done(new_find(user, settings))


def _done(run: "Run") -> "Run":
    from keyaccount_web.runs.tasks import run_find

    run_find.func(run.pk)
    run.refresh_from_db()
    if run.state != run.State.DONE:
        raise ListCommandError("list_command.run_failed", run=run.pk, error=(run.error or {}).get("en", ""))
    return run


def _decimal(name: str, text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        return Decimal(text)
    except ArithmeticError as error:
        raise SettingError("setting.number", name=name, example="3000", value=text) from error


def _json(told: dict[str, Any]) -> None:
    click.echo(json.dumps(told, ensure_ascii=False))
