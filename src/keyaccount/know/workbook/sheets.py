"""What stands in the sheets of a workbook (xlsx, xls, xlsb, ods) or in a csv or parquet file, row by row?"""

import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow.parquet as pq

from keyaccount.errors import KeyAccountError
from keyaccount.know.workbook.fields import KINDS
from keyaccount.ledger.encoding import as_utf8
from keyaccount.ledger.raw import HEADER_SEARCH_ROWS, REFUSED_MARK, FileError, unique_names
from keyaccount.ledger.text_files import split_rows
from keyaccount.ledger.unpack import PlainFile, plain_files
from keyaccount.ledger.workbooks import first_filled_row, open_workbook

Cells = tuple[str | None, ...]
_BLANK = re.compile(r"[\s\u3000\u00a0\ufeff\u200b]*")
_WHOLE_FLOAT = re.compile(r"(\d+)\.0+")


class BookError(KeyAccountError):
    """A workbook has nothing that could be read as records."""


@dataclass(frozen=True)
class RawSheet:
    """One sheet as it stands: its header, and the rows below that have anything in them."""

    name: str
    """Of a csv: the file's name without its ending."""
    columns: tuple[str, ...]
    numbers: tuple[int, ...]
    """Of each row, as a spreadsheet shows it."""
    rows: tuple[Cells, ...]
    is_hidden: bool = False
    errors: frozenset[tuple[int, int]] = frozenset()
    """Cells (row number, column) that hold an error such as #DIV/0! instead of a value."""
    broken: dict[int, str] = field(default_factory=dict)
    """Row number → code of what is wrong with the row as a whole."""

    @property
    def own_columns(self) -> tuple[str, ...]:
        """Without those that a file of refused rows has in front."""
        return tuple(column for column in self.columns if not column.startswith(REFUSED_MARK))


@dataclass(frozen=True)
class Book:
    """A file with its sheets."""

    name: str
    sha256: str
    """Of an archive: of each file in it."""
    sheets: tuple[RawSheet, ...]
    empty: tuple[str, ...]
    """Names of sheets without rows below a header."""


def read_book(path: str | Path, *, name: str | None = None) -> Book:
    """The sheets of a workbook, or the one table of a csv or parquet file, every cell as text.

    Raises FileError: what the file's content says (see `ledger.unpack`, `ledger.encoding`); BookError `book.empty`.
    """
    path = Path(path)
    shown = name or path.name
    workdir = Path(tempfile.mkdtemp(prefix="keyaccount-"))
    try:
        found: list[RawSheet] = []
        empty: list[str] = []
        digests: list[str] = []
        for one in plain_files(path, workdir):
            # Of an archive every file is a sheet, or several.
            own = shown if one.name == str(path) else one.name.rpartition(" › ")[2]
            sheets, without = _sheets(replace(one, name=own), workdir)
            found += [replace(sheet, name=_unlike(sheet.name, found)) for sheet in sheets]
            empty += without
            digests.append(one.sha256)
    finally:
        shutil.rmtree(workdir, ignore_errors=True)
    if not found:
        raise BookError("book.empty", file=shown, sheets=empty)
    return Book(shown, " ".join(digests), tuple(found), tuple(empty))


def _sheets(plain: PlainFile, workdir: Path) -> tuple[list[RawSheet], list[str]]:
    if plain.kind == "workbook":
        return _workbook(plain)
    return _parquet(plain) if plain.kind == "parquet" else _text(plain, workdir)


def _unlike(name: str, others: Sequence[RawSheet]) -> str:
    """The name, numbered where another sheet has it."""
    names, own, copy = {one.name for one in others}, name, 2
    while own in names:
        own, copy = f"{name} ({copy})", copy + 1
    return own


def _workbook(plain: PlainFile) -> tuple[list[RawSheet], list[str]]:
    workbook = open_workbook(plain)
    found: list[RawSheet] = []
    empty: list[str] = []
    for name in workbook.sheet_names:
        sheet = workbook.load_sheet(name, header_row=None, dtypes="string")
        if not sheet.height or not sheet.width:
            empty.append(name)
            continue
        table, trouble = sheet.to_arrow_with_errors()
        above = first_filled_row(plain, name)
        columns = [column.to_pylist() for column in table.columns]
        wrong = frozenset(
            (one.position[0] + above, one.position[1])
            for one in (trouble.errors if trouble else ())
            if "Error(" in one.detail
        )
        rows = list(zip(*columns, strict=True))
        told = _sheet(
            name, rows, range(above, above + len(rows)), wrong, is_hidden=sheet.visible != "visible"
        )
        if told is None:
            empty.append(name)
        else:
            found.append(told)
    return found, empty


def _parquet(plain: PlainFile) -> tuple[list[RawSheet], list[str]]:
    try:
        table = pq.read_table(plain.path)
    except (OSError, ValueError) as error:
        raise FileError("file.unreadable", file=plain.name, reason=str(error)) from error
    columns = [
        [None if cell is None else str(cell) for cell in column.to_pylist()] for column in table.columns
    ]
    rows = [tuple(table.column_names), *zip(*columns, strict=True)]
    told = _sheet(_stem(plain), rows, range(1, len(rows) + 1), frozenset(), header_at=0)
    return ([told], []) if told else ([], [_stem(plain)])


def _text(plain: PlainFile, workdir: Path) -> tuple[list[RawSheet], list[str]]:
    text = as_utf8(plain.path, plain.name, workdir / f"{plain.path.name}.utf8")
    rows, broken = split_rows(text.path)
    told = _sheet(_stem(plain), rows, range(1, len(rows) + 1), frozenset(), broken=broken)
    return ([told], []) if told else ([], [_stem(plain)])


def _stem(plain: PlainFile) -> str:
    return plain.name.split(".", 1)[0]


def _sheet(
    name: str,
    rows: Sequence[Sequence[str | None]],
    numbers: Sequence[int],
    errors: frozenset[tuple[int, int]],
    *,
    is_hidden: bool = False,
    header_at: int | None = None,
    broken: frozenset[int] = frozenset(),
) -> RawSheet | None:
    """None where nothing stands below a header."""
    at = _header_at(rows[:HEADER_SEARCH_ROWS]) if header_at is None else header_at
    if at is None:
        return None
    columns = unique_names(_up_to_last(rows[at]))
    width = len(columns)
    # What stands beside the header's columns has no name, and would be lost without a word.
    beside = max((len(_up_to_last(row)) for row in rows[at + 1 :]), default=0)
    if beside > width:
        columns = unique_names([*rows[at][:width], *[None] * (beside - width)])
        width = beside
    kept = [
        (number, (*row[:width], *[None] * (width - len(row))))
        for number, row in zip(numbers[at + 1 :], rows[at + 1 :], strict=True)
        if any(cell and not _BLANK.fullmatch(cell) for cell in row)
        or any((number, c) in errors for c in range(width))
    ]
    if not kept:
        return None
    first = numbers[0]
    return RawSheet(
        name,
        columns,
        tuple(number for number, _ in kept),
        tuple(row for _, row in kept),
        is_hidden,
        errors,
        {first + one: "row.quote" for one in broken if one > at},
    )


def _up_to_last(row: Sequence[str | None]) -> list[str | None]:
    """A row without the empty cells at its end."""
    cells = list(row)
    while cells and (not cells[-1] or _BLANK.fullmatch(cells[-1])):
        cells.pop()
    return cells


def _header_at(rows: Sequence[Sequence[str | None]]) -> int | None:
    """The row that looks most like a header; where none does, the first with two cells or more."""
    scores = []
    for row in rows:
        cells = list(dict.fromkeys(" ".join(cell.split()) for cell in row if cell and cell.strip()))
        scores.append(max(len(kind.candidates(cells)) for kind in KINDS.values()) if cells else 0)
    if any(score > 1 for score in scores):
        return scores.index(max(scores))
    return next((at for at, row in enumerate(rows) if sum(bool(cell) for cell in row) > 1), None)


def without_float(text: str) -> str:
    """A whole number that was read as float loses its `.0`."""
    match = _WHOLE_FLOAT.fullmatch(text)
    return match[1] if match else text
