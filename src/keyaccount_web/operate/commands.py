"""`keyaccount backup`, `restore`, `upgrade`, `doctor`: looking after an installation from the command line."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from keyaccount.cli.speech import SpokenCommand
from keyaccount.cli.steps import Steps
from keyaccount.cli.words import count, lang_option, option
from keyaccount.errors import KeyAccountError
from keyaccount.language import add_catalogue, message
from keyaccount_web.commands import set_up

if TYPE_CHECKING:
    from keyaccount_web.operate.backup.installation import Installation


class RecordsError(KeyAccountError):
    """The database of the records does not answer, or cannot do what is asked of it."""


def backup_command(lang: str) -> click.Command:
    """`keyaccount backup [TO]`."""
    add_catalogue("keyaccount_web.messages")
    params: list[click.Parameter] = [
        click.Argument(["to"], required=False, metavar="[TO]"),
        option(lang, "backup", "--verify", is_flag=True),
        option(lang, "backup", "--list", "list_them", is_flag=True),
        option(lang, "backup", "--keep", metavar="14"),
        option(lang, "backup", "--schedule", is_flag=True),
        option(lang, "backup", "--unschedule", is_flag=True),
        _json_option(lang),
        lang_option(lang),
    ]
    return _spoken("backup", lang, params, lambda **words: _backup(lang, **words))


def restore_command(lang: str) -> click.Command:
    """`keyaccount restore FROM`."""
    add_catalogue("keyaccount_web.messages")
    params: list[click.Parameter] = [
        click.Argument(["source"], metavar="FROM"),
        option(lang, "restore", "--backup", "name", metavar="NAME"),
        option(lang, "restore", "--replace", is_flag=True),
        option(lang, "restore", "--as-it-was", is_flag=True),
        _json_option(lang),
        lang_option(lang),
    ]
    return _spoken("restore", lang, params, lambda **words: _restore(lang, **words))


def upgrade_command(lang: str) -> click.Command:
    """`keyaccount upgrade`."""
    add_catalogue("keyaccount_web.messages")
    params: list[click.Parameter] = [
        option(lang, "upgrade", "--to", metavar="TO"),
        option(lang, "upgrade", "--back", is_flag=True),
        _json_option(lang),
        lang_option(lang),
    ]
    return _spoken("upgrade", lang, params, lambda **words: _upgrade(lang, **words))


def doctor_command(lang: str) -> click.Command:
    """`keyaccount doctor`."""
    add_catalogue("keyaccount_web.messages")
    params: list[click.Parameter] = [
        option(lang, "doctor", "--thorough", is_flag=True),
        _json_option(lang),
        lang_option(lang),
    ]
    return _spoken("doctor", lang, params, lambda **words: _doctor(lang, **words))


def upgraded_before_serving(lang: str) -> None:
    """Data of an older version are backed up and brought up to date. Raises UpgradeError."""
    from django.conf import settings

    from keyaccount_web.operate.backup.places import place_at
    from keyaccount_web.operate.upgrade import upgrade

    one = _this()
    with Steps(lang, 6) as steps, _database():
        upgraded = upgrade(one, place_at(_target(one, None)), keep=settings.BACKUP_KEEP, progress=steps.step)
    if upgraded.backup is not None:
        click.echo(message("upgrade.done", lang, n=len(upgraded.steps), name=upgraded.backup.name), err=True)


def _backup(
    lang: str,
    *,
    to: str | None,
    verify: bool,
    list_them: bool,
    keep: str | None,
    schedule: bool,
    unschedule: bool,
    as_json: bool,
) -> int:
    number = count("--keep", keep) if keep else None
    set_up()
    from django.conf import settings

    from keyaccount_web.operate.backup import make
    from keyaccount_web.operate.backup.manifest import manifests, read_manifest
    from keyaccount_web.operate.backup.places import BackupError, place_at, told_why

    one = _this()
    if unschedule:
        make.remember(one.home, to=None)
        return _say(lang, as_json, "backup.unscheduled", {})
    target = _target(one, to)
    place = place_at(target)
    if list_them:
        with told_why(place):
            names = manifests(place)
        return _say(lang, as_json, "backup.list", {"place": place.name, "names": names[::-1]})
    if verify:
        with told_why(place), Steps(lang, 5) as steps:
            manifest = read_manifest(place)
            steps.step("step.backup.verify", "")
            problems = make.verify(place, manifest)
        if problems:
            raise BackupError("backup.differs", name=manifest.name, files=problems)
        values = {"name": manifest.name, "n": len(manifest.pieces()), "place": place.name}
        return _say(lang, as_json, "backup.verified", values)
    with Steps(lang, 6) as steps, _database():
        made = make.back_up(one, place, keep=number or settings.BACKUP_KEEP, progress=steps.step)
    if schedule:
        make.remember(one.home, to=target, keep=number)
    rows = sum(table.rows for table in made.manifest.tables.values())
    values = {
        "name": made.manifest.name,
        "place": place.name,
        "rows": rows,
        "files": len(made.manifest.files) + len(made.manifest.ledger or {}),
        "megabytes": round(made.written / 1e6, 1),
        "removed": list(made.removed),
    }
    _say(lang, as_json, "backup.done", values)
    if schedule and not as_json:
        click.echo(message("backup.scheduled", lang, place=place.name))
    return 0


def _restore(
    lang: str, *, source: str, name: str | None, replace: bool, as_it_was: bool, as_json: bool
) -> int:
    set_up()
    from keyaccount_web.operate.backup.manifest import read_manifest
    from keyaccount_web.operate.backup.places import place_at, told_why
    from keyaccount_web.operate.backup.restore import restore

    place = place_at(source)
    with told_why(place):
        manifest = read_manifest(place, name)
    one = _this()
    with Steps(lang, 6) as steps, _database():
        restored = restore(one, place, manifest, replace_all=replace, progress=steps.step)
        if not as_it_was:
            _migrate()
    return _say_restored(lang, as_json, restored)


def _upgrade(lang: str, *, to: str | None, back: bool, as_json: bool) -> int:
    set_up()
    from django.conf import settings

    from keyaccount_web.operate.backup.places import place_at, told_why
    from keyaccount_web.operate.upgrade import go_back, upgrade

    one = _this()
    place = place_at(_target(one, to))
    with Steps(lang, 6) as steps, _database():
        if back:
            with told_why(place):
                restored = go_back(one, place, progress=steps.step)
        else:
            upgraded = upgrade(one, place, keep=settings.BACKUP_KEEP, progress=steps.step)
    if back:
        return _say_restored(lang, as_json, restored)
    if not upgraded.steps:
        return _say(lang, as_json, "upgrade.nothing", {})
    if upgraded.backup is None:
        return _say(lang, as_json, "upgrade.new", {"n": len(upgraded.steps)})
    return _say(lang, as_json, "upgrade.done", {"n": len(upgraded.steps), "name": upgraded.backup.name})


def _doctor(lang: str, *, thorough: bool, as_json: bool) -> int:
    set_up()
    from keyaccount_web.operate.doctor import examine, is_well

    findings = examine(_this(), thorough=thorough)
    if as_json:
        told = [
            {
                "check": one.check,
                "level": one.level,
                "state": one.state,
                "found": one.text(lang),
                "to_do": one.to_do(lang),
            }
            for one in findings
        ]
        click.echo(json.dumps({"well": is_well(findings), "findings": told}, ensure_ascii=False))
    else:
        for one in findings:
            mark = {"ok": "✓", "warn": "!", "bad": "✗"}[one.level]
            click.echo(f"{mark} {one.text(lang)}")
            if to_do := one.to_do(lang):
                click.echo(f"  → {to_do}")
        bad = sum(one.level == "bad" for one in findings)
        click.echo(message("doctor.bad" if bad else "doctor.well", lang, n=bad))
    return 0 if is_well(findings) else 1


def _say_restored(lang: str, as_json: bool, restored: Any) -> int:
    values = {
        "name": restored.manifest.name,
        "rows": restored.rows,
        "tables": len(restored.manifest.tables),
        "files": restored.files,
        "lines": restored.ledger.lines if restored.ledger else 0,
        "set_aside": str(restored.set_aside or ""),
        "same_key": restored.same_key,
    }
    _say(lang, as_json, "restore.done", values)
    if not as_json:
        if restored.set_aside:
            click.echo(message("restore.set_aside", lang, folder=restored.set_aside))
        if not restored.same_key:
            click.echo(message("restore.other_key", lang))
    return 0


def _say(lang: str, as_json: bool, code: str, values: dict[str, Any]) -> int:
    click.echo(json.dumps(values, ensure_ascii=False) if as_json else message(code, lang, **values))
    return 0


def _this() -> "Installation":
    from keyaccount_web.operate.backup.installation import this_installation

    return this_installation()


def _target(one: "Installation", to: str | None) -> str:
    """Where a backup goes: as said, as set, as scheduled, else beside the data, which is better than none."""
    from django.conf import settings

    from keyaccount_web.operate.backup.make import last_backup

    return to or settings.BACKUP or last_backup(one.home).get("to") or str(one.home / "backups")


def _migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


@contextmanager
def _database() -> Iterator[None]:
    """The database's own trouble as an error of ours."""
    from django.db import Error

    try:
        yield
    except Error as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RecordsError("records.trouble", reason=reason) from error


def _json_option(lang: str) -> click.Option:
    return click.Option(["--json", "as_json"], is_flag=True, help=message("help.operate.json", lang))


def _spoken(
    name: str, lang: str, params: list[click.Parameter], callback: Callable[..., int]
) -> click.Command:
    return SpokenCommand(
        name, params=params, callback=callback, help=message(f"help.{name}", lang), lang=lang
    )
