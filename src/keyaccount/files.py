"""How is a file written whole or not at all, and so that a spreadsheet does no harm with it?"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from keyaccount.errors import KeyAccountError

_NUMBER = re.compile(r"[+-]?[\d.,]+(?:[eE][+-]?\d+)?-?")


class OutputError(KeyAccountError):
    """A file cannot be written."""


@contextmanager
def written_whole(*targets: Path) -> Iterator[list[Path]]:
    """Drafts to write to, which take the places of `targets` together at the end; on any failure none does.

    Raises OutputError `out.no_folder`, `out.unwritable`.
    """
    missing = [target.parent for target in targets if not target.parent.is_dir()]
    if missing:
        raise OutputError("out.no_folder", file=str(targets[0]), folder=str(missing[0]))
    drafts = [target.with_name(f".{target.name}.{os.getpid()}.draft{target.suffix}") for target in targets]
    try:
        yield drafts
        for draft, target in zip(drafts, targets, strict=True):
            if draft.exists():
                os.replace(draft, target)
    except OSError as error:
        raise OutputError(
            "out.unwritable", file=str(targets[0]), reason=error.strerror or str(error)
        ) from error
    finally:
        for draft in drafts:
            # What could not be made cannot be removed either, which need not hide the reason.
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def lines_of(text: str, width: int) -> int:
    """How many lines a text takes in a cell of so many characters; Chinese ones are twice as wide as Latin ones.

    Excel makes a row as high as its wrapped texts need, LibreOffice leaves a file's rows as they are.
    """
    return max(1, -(-sum(1 if one < "\u1100" else 2 for one in text) // max(width - 1, 1)))


def safe_cell(text: str | None) -> str | None:
    """A text that a spreadsheet will not run as a formula; our reader takes the apostrophe off again."""
    return f"'{text}" if text and text[0] in "=+-@" and not _NUMBER.fullmatch(text) else text
