"""`keyaccount`: the command line. Commands join by the entry-point group `keyaccount.commands`.

Each entry is a function of the reader's language that gives a click command. Exit codes: 0 done; 1 done, but rows were
refused; 2 bad use or unreadable input, nothing written.
"""

import json
import sys
from collections.abc import Sequence
from contextvars import copy_context
from importlib.metadata import entry_points

import click

from keyaccount import __version__
from keyaccount.cli.server import Server, server_commands, server_of
from keyaccount.cli.speech import SpokenGroup, usage_error
from keyaccount.errors import KeyAccountError, SettingError
from keyaccount.language import LANGUAGES, message, reader_language


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code goes back to the shell."""
    # In a context of its own, since a ledger's currency is set for the time of the run.
    return copy_context().run(_main, arguments)


def _main(arguments: Sequence[str] | None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    lang, unknown = _language(words)
    if all(word in LANGUAGES or word.startswith("--lang") for word in words):
        words = ["--help"]
    try:
        if unknown:
            raise SettingError("setting.choice", name="--lang", allowed=list(LANGUAGES), value=unknown)
        server, words = server_of(words, lang)
        code = commands(lang, server).main(words, prog_name="keyaccount", standalone_mode=False)
    except click.Abort:
        return 2
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 2
    except click.ClickException as error:
        return _report(usage_error(error, words), lang, as_json="--json" in words)
    except KeyAccountError as error:
        return _report(error, lang, as_json="--json" in words)
    except BrokenPipeError:
        # The reader of our output (head, less) has seen enough.
        sys.stderr.close()
        return 0
    return code if isinstance(code, int) else 0


def commands(lang: str, server: Server | None = None) -> click.Group:
    """The command line in `lang`, with the commands of all installed parts; those that ask a server in the places of others."""
    group = SpokenGroup(name="keyaccount", help=message("help.keyaccount", lang), lang=lang)
    group.params.append(click.Option(["--lang"], help=message("help.lang", lang), expose_value=False))
    for name, metavar in (("server", "URL"), ("token", "TOKEN")):
        # Read before all others, as the language is.
        told = click.Option(
            [f"--{name}"], help=message(f"help.{name}", lang), metavar=metavar, expose_value=False
        )
        group.params.append(told)
    click.version_option(
        __version__,
        prog_name="keyaccount",
        message="%(prog)s %(version)s",
        help=message("help.version", lang),
    )(group)
    for entry in entry_points(group="keyaccount.commands"):
        group.add_command(entry.load()(lang), entry.name)
    for command in server_commands(server) if server else ():
        group.add_command(command)
    return group


def _language(words: Sequence[str]) -> tuple[str, str | None]:
    """The language of `--lang`, wherever it stands, since help and errors need it before words are understood.

    The second is what stands there where it is no language of ours.
    """
    for at, word in enumerate(words):
        if word == "--lang" or word.startswith("--lang="):
            chosen = word.removeprefix("--lang=") if "=" in word else "".join(words[at + 1 : at + 2])
            return (chosen, None) if chosen in LANGUAGES else (reader_language(), chosen)
    return reader_language(), None


def _report(error: KeyAccountError, lang: str, *, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps({"error": error.as_dict(lang)}, ensure_ascii=False))
    else:
        click.echo(error.text(lang), err=True)
    return 2


def run() -> None:
    """Entry point of the installed script."""
    sys.exit(main())
