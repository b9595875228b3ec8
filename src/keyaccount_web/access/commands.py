"""`keyaccount administrator NAME`: who signs in first, and who lets others in again when nobody else can."""

import re

import click

from keyaccount.cli.speech import SpokenCommand
from keyaccount.cli.words import count, lang_option, option
from keyaccount.know.names import sound
from keyaccount.language import add_catalogue, message
from keyaccount_web.commands import prepare_records, site_address


def administrator_command(lang: str) -> click.Command:
    """The command in `lang`."""
    add_catalogue("keyaccount_web.messages")
    params: list[click.Parameter] = [
        click.Argument(["name"], metavar="NAME"),
        option(lang, "administrator", "--username", metavar="NAME"),
        option(lang, "administrator", "--email", default="", metavar="ADDRESS"),
        option(lang, "administrator", "--company", metavar="NAME"),
        option(lang, "administrator", "--port", default="8000", metavar="8000"),
        lang_option(lang),
    ]
    return SpokenCommand(
        "administrator",
        params=params,
        callback=lambda **words: _administrator(lang, **words),
        help=message("help.administrator", lang),
        lang=lang,
    )


def _administrator(
    lang: str, *, name: str, username: str | None, email: str, company: str | None, port: str
) -> int:
    address = site_address(count("--port", port))
    prepare_records(lang)
    from django.urls import reverse

    from keyaccount_web.access.services import add_administrator

    told = add_administrator(
        username or _username(name),
        name,
        email=email,
        company=company or message("administrator.company", lang),
        lang=lang,
    )
    roles = [message(f"role.{role}", lang) for role in told.roles]
    values = {"name": told.user.name, "username": told.user.username, "roles": roles}
    click.echo(message("administrator.made" if told.is_new else "administrator.there", lang, **values))
    click.echo(f"  {address}{reverse('welcome', args=[told.token])}")
    return 0


def _username(name: str) -> str:
    """王芳 → wangfang"""
    return re.sub(r"[^a-z0-9]", "", sound(name).lower()) or "admin"
