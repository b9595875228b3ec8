"""How does somebody who waits see that it goes on? A bar on a terminal, plain lines in a pipe."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from keyaccount.language import message


class Steps:
    """Told what begins (`step`), shows it on standard error until left."""

    def __init__(self, lang: str, total: int) -> None:
        self.lang = lang
        self.bar: Progress | None = None
        if sys.stderr.isatty():
            self.bar = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self.task = self.bar.add_task("", total=total)

    def step(self, code: str, file: str = "") -> None:
        """`code` begins on `file`; what went before is done."""
        text = message(code, self.lang, file=file)
        if self.bar is None:
            click.echo(text, err=True)
        else:
            self.bar.update(self.task, description=text, advance=1)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing moves on the terminal while the person is asked something."""
        if self.bar is not None:
            self.bar.stop()
        try:
            yield
        finally:
            if self.bar is not None:
                self.bar.start()

    def __enter__(self) -> "Steps":
        if self.bar is not None:
            self.bar.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.stop()
