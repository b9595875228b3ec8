"""What is one table as it stands in a file, before anything is understood of it?"""

from dataclasses import dataclass, field
from typing import Any

from keyaccount.errors import KeyAccountError

HEADER_SEARCH_ROWS = 30


class FileError(KeyAccountError):
    """A file cannot be read as a table."""


@dataclass(frozen=True)
class MalformedRow:
    """A row whose cells cannot be told apart or do not fit the header."""

    row: int
    cells: tuple[str, ...]
    code: str
    values: dict[str, Any]


@dataclass(frozen=True)
class RawTable:
    """One table of one file: a DuckDB view with the columns `row`, `c0`, `c1`, … as they stand in the file."""

    file: str
    """As the reader knows it: the path given, and the member of an archive behind ` › `."""
    sheet: str | None
    """Of a workbook; None elsewhere."""
    columns: tuple[str, ...]
    """Header names, made unique; the view's `cN` is `columns[N]`."""
    types: tuple[str, ...]
    """DuckDB types of the columns; VARCHAR throughout for text files and workbooks."""
    view: str
    delimiter: str | None = None
    """Of a text file."""
    encoding: str | None = None
    """Of a text file."""
    malformed: tuple[MalformedRow, ...] = ()
    blank_rows: int = 0
    """Rows without any cell that were passed over while reading; never counted as refused."""
    sha256: str = ""
    keep_alive: Any = field(default=None, repr=False, compare=False)
    """Arrow data behind the view, which DuckDB scans in place."""

    @property
    def place(self) -> str:
        """File and sheet, for messages."""
        return f"{self.file} [{self.sheet}]" if self.sheet else self.file


def unique_names(header: list[str | None]) -> tuple[str, ...]:
    """Header cells as column names: trimmed, the empty and the repeated ones numbered."""
    names: list[str] = []
    for position, cell in enumerate(header, start=1):
        name = " ".join((cell or "").replace("\ufeff", "").split()) or f"#{position}"
        copies = sum(other == name or other.startswith(f"{name} (") for other in names)
        names.append(f"{name} ({copies + 1})" if copies else name)
    return tuple(names)
