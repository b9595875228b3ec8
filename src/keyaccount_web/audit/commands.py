"""`keyaccount audit verify | export`: the audit log from the command line."""

import json
from typing import Any

import click

from keyaccount.cli.speech import SpokenCommand, SpokenGroup
from keyaccount.cli.words import lang_option, option
from keyaccount.language import add_catalogue, message
from keyaccount_web.commands import set_up


def audit_command(lang: str) -> click.Command:
    """The group of commands in `lang`."""
    add_catalogue("keyaccount_web.messages")
    group = SpokenGroup(name="audit", help=message("help.audit", lang), lang=lang)
    group.params.append(lang_option(lang))
    as_json = click.Option(["--json", "as_json"], is_flag=True, help=message("help.operate.json", lang))
    group.add_command(
        SpokenCommand(
            "verify",
            params=[
                option(lang, "audit.verify", "--backup", "backup", metavar="PLACE"),
                as_json,
                lang_option(lang),
            ],
            callback=lambda **words: _verify(lang, **words),
            help=message("help.audit.verify", lang),
            lang=lang,
        )
    )
    group.add_command(
        SpokenCommand(
            "export",
            params=[click.Argument(["file"], metavar="FILE"), lang_option(lang)],
            callback=lambda file: _export(lang, file),
            help=message("help.audit.export", lang),
            lang=lang,
        )
    )
    return group


def _verify(lang: str, *, backup: str | None, as_json: bool) -> int:
    set_up()
    from keyaccount_web.audit.chain import verify

    told = verify(_anchors_of_backups(backup) if backup else ())
    values: dict[str, Any] = {
        "seals": told.seals,
        "entries": told.entries,
        "unsealed": told.unsealed,
        "cleared": told.cleared,
        "anchors": told.anchors,
    }
    if as_json:
        problems = [{"problem": code, "seal": number} for code, number in told.problems]
        click.echo(json.dumps({"sound": told.is_sound, **values, "problems": problems}))
    else:
        click.echo(message("audit.counted", lang, **values))
        for code, number in told.problems:
            click.echo(message(f"audit.problem.{code}", lang, n=number))
        click.echo(message("audit.sound" if told.is_sound else "audit.unsound", lang))
    return 0 if told.is_sound else 1


def _anchors_of_backups(address: str) -> list[dict[str, Any]]:
    from keyaccount_web.operate.backup.manifest import manifests, read_manifest
    from keyaccount_web.operate.backup.places import place_at

    place = place_at(address)
    return [anchor for name in manifests(place) if (anchor := read_manifest(place, name).anchor)]


def _export(lang: str, file: str) -> int:
    set_up()
    from pathlib import Path

    from keyaccount.files import written_whole
    from keyaccount_web.audit.chain import as_dict
    from keyaccount_web.audit.models import Entry

    n = 0
    with written_whole(Path(file)) as (draft,), draft.open("w", encoding="utf-8") as stream:
        for entry in Entry.objects.select_related("seal").order_by("pk").iterator():
            told = as_dict(entry) | {"seal": entry.seal.number if entry.seal else None}
            stream.write(json.dumps(told, ensure_ascii=False) + "\n")
            n += 1
    click.echo(message("audit.exported", lang, n=n, file=file))
    return 0
