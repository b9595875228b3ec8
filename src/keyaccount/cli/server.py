"""`keyaccount --server URL`: the same questions asked of a server, in the name of a token (issue "Run it for real", API).

With `--server` (or KEYACCOUNT_SERVER), `find`, `ledger` and `duplicates` ask there, and there is one more: `accounts`.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import click

from keyaccount.cli.speech import SpokenCommand, SpokenGroup
from keyaccount.cli.words import WordsError, choice, count, day, lang_option, option
from keyaccount.language import message
from keyaccount.money import show_money

SERVER, TOKEN = "KEYACCOUNT_SERVER", "KEYACCOUNT_TOKEN"
FILTERS = ("q", "verdict", "region", "industry", "least", "whose", "sort")


@dataclass(frozen=True)
class Server:
    """Where to ask, by which token, in which language."""

    address: str
    token: str
    lang: str

    def client(self) -> Any:
        from keyaccount.client import Client

        if not self.token:
            raise WordsError("server.missing", names=["--token", TOKEN])
        return Client(self.address, self.token, lang=self.lang)


def server_of(words: Sequence[str], lang: str) -> tuple[Server | None, list[str]]:
    """The server that stands before the command, else in the environment; and the words without it and its token."""
    rest = list(words)
    told = {"--server": os.environ.get(SERVER, ""), "--token": os.environ.get(TOKEN, "")}
    at = 0
    while at < len(rest) and rest[at].startswith("--"):
        name, equals, value = rest[at].partition("=")
        if name not in told:
            at += 2 if name == "--lang" and not equals else 1
            continue
        if not equals:
            if at + 1 >= len(rest):
                raise WordsError("server.word", word=name)
            value = rest.pop(at + 1)
        rest.pop(at)
        told[name] = value
    return Server(told["--server"], told["--token"], lang) if told["--server"] else None, rest


def server_commands(server: Server) -> list[click.Command]:
    """What takes the place of the commands of the same names."""
    ledger = SpokenGroup(name="ledger", help=message("help.server.ledger", server.lang), lang=server.lang)
    for command in (_import_command(server), _list_command(server), _undo_command(server)):
        ledger.add_command(command)
    return [_accounts_command(server), _find_command(server), ledger, _duplicates_command(server)]


def _accounts_command(server: Server) -> click.Command:
    lang = server.lang
    params: list[click.Parameter] = [
        *(option(lang, "accounts", f"--{name}", metavar="TEXT") for name in FILTERS),
        option(lang, "accounts", "--top", default="50", metavar="50"),
        *_common(lang),
    ]

    def callback(top: str, as_json: bool, **asked: Any) -> int:
        most = count("--top", top)
        rows = _first(server.client().accounts(**asked, limit=min(most, 500)), most)
        return _tell(rows, as_json=as_json, show=lambda row: _account(row, lang))

    return _spoken(lang, "accounts", params, callback)


def _find_command(server: Server) -> click.Command:
    lang = server.lang
    params: list[click.Parameter] = [
        option(lang, "find", "--until", metavar="YYYY-MM-DD"),
        option(lang, "find", "--share", metavar="0.8"),
        option(lang, "find", "--basis", metavar="sales|profit"),
        option(lang, "find", "--top", default="20", metavar="20"),
        *_common(lang),
    ]

    def callback(until: str | None, share: str | None, basis: str | None, top: str, as_json: bool) -> int:
        choice("basis", basis, ["sales", "profit"])
        most, client = count("--top", top), server.client()
        asked = {"until": day("--until", until), "share": share, "basis": basis}
        run = client.find(**{name: value for name, value in asked.items() if value is not None})
        rows = _first(client.result(run["id"], limit=min(most, 500)), most)
        if as_json:
            click.echo(json.dumps({"run": run, "accounts": rows}, ensure_ascii=False))
            return 0
        summary = run.get("summary") or {}
        click.echo(
            message(
                "server.run",
                lang,
                run=run["id"],
                accounts=summary.get("accounts", "—"),
                key=(summary.get("verdicts") or {}).get("key", "—"),
            )
        )
        return _tell(rows, as_json=False, show=lambda row: _result(row, lang))

    return _spoken(lang, "find", params, callback)


def _import_command(server: Server) -> click.Command:
    lang = server.lang
    params: list[click.Parameter] = [
        click.Argument(["file"], metavar=message("help.server.file", lang)),
        option(lang, "ledger.import", "--source", metavar="NAME"),
        option(lang, "ledger.import", "--on-overlap", metavar="replace|add"),
        *_common(lang),
    ]

    def callback(file: str, source: str | None, on_overlap: str | None, as_json: bool) -> int:
        choice("on-overlap", on_overlap, ["replace", "add"])
        client = server.client()
        try:
            told = client.import_file(file, on_overlap=on_overlap, source=source)
        except OSError as error:
            raise WordsError("server.no_file", file=file) from error
        refused = list(client.refused_rows(told["id"]))
        if as_json:
            click.echo(json.dumps({"import": told, "refused": refused}, ensure_ascii=False))
        else:
            report = told["report"]
            code = "server.nothing_new" if report.get("nothing_new") else "server.imported"
            click.echo(
                message(
                    code, lang, file=told["file_name"], accepted=report["accepted"], refused=report["refused"]
                )
            )
            for row in refused:
                click.echo(f"  {row['sheet']} {row['row']}: {row['reason']}")
        return 1 if refused else 0

    return _spoken(lang, "import", params, callback, help_of="server.import")


def _list_command(server: Server) -> click.Command:
    lang = server.lang

    def callback(as_json: bool) -> int:
        rows: Any = server.client().get("/ledger/imports")
        return _tell(
            rows,
            as_json=as_json,
            show=lambda row: (
                f"{row['id']:>5}  {row['imported_at'][:10]}  {row['state']:<9}  {row['lines']:>12,}  {row['source']}"
            ),
        )

    return _spoken(lang, "list", _common(lang), callback, help_of="server.list")


def _undo_command(server: Server) -> click.Command:
    lang = server.lang
    number = click.Argument(["number"], metavar="N")

    def callback(number: str, as_json: bool) -> int:
        rows = server.client().post(f"/ledger/imports/{count('N', number)}/undo", {})
        if as_json:
            click.echo(json.dumps(rows, ensure_ascii=False))
        else:
            click.echo(message("server.undone", lang, number=number))
        return 0

    return _spoken(lang, "undo", [number, *_common(lang)], callback, help_of="server.undo")


def _duplicates_command(server: Server) -> click.Command:
    lang = server.lang
    params = [option(lang, "accounts", "--top", default="50", metavar="50"), *_common(lang)]

    def callback(top: str, as_json: bool) -> int:
        most = count("--top", top)
        pairs = _first(server.client().duplicates(limit=min(most, 500)), most)
        return _tell(pairs, as_json=as_json, show=_pair)

    return _spoken(lang, "duplicates", params, callback, help_of="server.duplicates")


def _common(lang: str) -> list[click.Parameter]:
    return [option(lang, "find", "--json", "as_json", is_flag=True), lang_option(lang)]


def _spoken(
    lang: str,
    name: str,
    params: list[click.Parameter],
    callback: Callable[..., int],
    help_of: str | None = None,
) -> click.Command:
    told = message(f"help.{help_of or name}", lang)
    return SpokenCommand(name, params=params, callback=callback, help=told, lang=lang)


def _first(rows: Iterable[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    return [row for row, _ in zip(rows, range(most), strict=False)]


def _tell(rows: list[dict[str, Any]], *, as_json: bool, show: Callable[[dict[str, Any]], str]) -> int:
    click.echo(json.dumps(rows, ensure_ascii=False) if as_json else "\n".join(map(show, rows)))
    return 0


def _money(text: str | None, lang: str) -> str:
    return "—" if text is None else show_money(Decimal(text), lang)


def _account(row: Mapping[str, Any], lang: str) -> str:
    return f"{row['code']}  {row['name']}  {row.get('verdict') or '—'}  {_money(row.get('sales'), lang)}"


def _result(row: Mapping[str, Any], lang: str) -> str:
    return f"{row['sales_rank'] or '—':>5}  {row['account_id']}  {row['account_name'] or ''}  {row['verdict']}  {_money(row['sales'], lang)}"


def _pair(row: Mapping[str, Any]) -> str:
    sides = [f"{one.get('code') or '—'} {one['name']}" for one in (row["account"], row["other"])]
    return f"{row['score']:.2f}  {' = '.join(sides)}"
