"""Is a disk full? Whoever noticed it - the operating system, Arrow, SQLite, PostgreSQL, DuckDB - it is said as one error of ours."""

from collections.abc import Iterator

from keyaccount.errors import KeyAccountError
from keyaccount.ledger.store.place import NO_ROOM

_SAID = ("database or disk is full", "No space left on device", "Disk quota exceeded")
_SQLSTATE = "53100"
"""PostgreSQL's `disk_full`."""


class DiskFullError(KeyAccountError):
    """Nothing more can be written; what was being written is left out whole."""


def in_words(error: BaseException) -> DiskFullError | None:
    """`disk.full`, where that is what is behind an error."""
    for one in _behind(error):
        is_full = isinstance(one, OSError) and one.errno in NO_ROOM
        if is_full or getattr(one, "sqlstate", None) == _SQLSTATE or any(said in str(one) for said in _SAID):
            return DiskFullError("disk.full")
    return None


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
