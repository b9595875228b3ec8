"""How does click speak the reader's language?"""

from collections.abc import Sequence
from typing import Any

import click

from keyaccount.errors import KeyAccountError
from keyaccount.language import message


class UsageError(KeyAccountError):
    """The words of a command are off."""

    def found(self, lang: str) -> str:
        problem = message(self.values["problem_code"], lang, **self.values["problem_values"])
        return message("command.usage.found", lang, problem=problem)


def usage_error(error: click.ClickException, words: Sequence[str]) -> UsageError:
    """Click's complaint as an error of ours."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "keyaccount"
    code, values = "usage.other", {"text": error.format_message()}
    if isinstance(error, click.NoSuchOption):
        code, values = "usage.no_option", {"option": error.option_name}
        if error.possibilities:
            code, values = (
                "usage.near_option",
                {"option": error.option_name, "near": " ".join(error.possibilities)},
            )
    elif isinstance(error, click.BadOptionUsage):
        code, values = "usage.no_value", {"option": error.option_name}
    elif isinstance(error, click.UsageError) and words and "No such command" in error.message:
        unknown = next((word for word in words if f"'{word}'" in error.message), words[0])
        code, values = "usage.no_command", {"command": unknown}
    return UsageError("command.usage", command=command, problem_code=code, problem_values=values)


class _Spoken:
    """Headings of click's help in the language of the command."""

    lang: str

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = " ".join(self.collect_usage_pieces(ctx))  # type: ignore[attr-defined]
        formatter.write_usage(ctx.command_path, pieces, prefix=message("help.usage", self.lang) + " ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [row for param in self.get_params(ctx) if (row := param.get_help_record(ctx))]  # type: ignore[attr-defined]
        with formatter.section(message("help.options", self.lang)):
            formatter.write_dl(rows)
        if isinstance(self, click.Group):
            with formatter.section(message("help.commands", self.lang)):
                formatter.write_dl(
                    [(name, (command.help or "").split("\n")[0]) for name, command in self.commands.items()]
                )

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option: click.Option | None = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = message("help.help", self.lang)
        return option


class SpokenCommand(_Spoken, click.Command):
    """A command whose help speaks `lang`."""

    def __init__(self, *args: Any, lang: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lang = lang


class SpokenGroup(_Spoken, click.Group):
    """A group of commands whose help speaks `lang`."""

    def __init__(self, *args: Any, lang: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lang = lang
