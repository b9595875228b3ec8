"""What is one table as it stands in a file, before anything is understood of it?"""

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keyaccount.errors import KeyAccountError

HEADER_SEARCH_ROWS = 30
REFUSED_MARK = "※"
"""In front of the names of the columns that a file of refused rows begins with."""


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
    def recorded(self) -> frozenset[str]:
        """In a file of refused rows: how its source writes dates and amounts (`dmy`, `comma`, `typed`, …)."""
        match = re.fullmatch(rf"{REFUSED_MARK}[^⟨]*(?:⟨([^⟩]*)⟩)?", self.columns[0])
        return frozenset((match[1] or "").split()) if match else frozenset()

    @property
    def typed_cells(self) -> bool:
        """Whether numbers come with a point whatever the texts use, as they do from a workbook."""
        if self.recorded:
            return "typed" in self.recorded  # the cells of a csv stay so in a workbook of its refused rows
        return self.sheet is not None

    @property
    def place(self) -> str:
        """File and sheet, for messages."""
        return f"{self.file} [{self.sheet}]" if self.sheet else self.file


def unique_names(header: list[str | None]) -> tuple[str, ...]:
    """Header cells as column names: trimmed, without invisible characters; the empty and the repeated ones numbered."""
    plain = [" ".join(_visible(cell or "").split()) for cell in header]
    names: list[str] = []
    for position, name in enumerate(plain, start=1):
        own, copy = name or f"#{position}", 2
        while own in names or (own != name and own in plain):
            own, copy = f"{name or f'#{position}'} ({copy})", copy + 1
        names.append(own)
    return tuple(names)


def duckdb_path(path: Path) -> str:
    """A path as an SQL literal that names this one file, whatever wildcards its name holds."""
    plain = "".join(f"[{sign}]" if sign in "[?*" else sign for sign in str(path))
    return "'" + plain.replace("'", "''") + "'"


def _visible(text: str) -> str:
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
