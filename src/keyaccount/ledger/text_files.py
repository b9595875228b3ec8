"""How are the rows of a csv told apart: which delimiter, where is the header, which rows are broken?

A regular file is read by DuckDB alone. One that DuckDB does not take whole (a row cut off, a quote never closed,
empty lines) is tidied first, row by row, so that the rest of it can still be read.
"""

import csv
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import duckdb

from keyaccount.ledger.encoding import as_utf8
from keyaccount.ledger.raw import (
    HEADER_SEARCH_ROWS,
    FileError,
    MalformedRow,
    RawTable,
    duckdb_path,
    unique_names,
)
from keyaccount.ledger.unpack import PlainFile

DELIMITERS = (",", "\t", ";", "|")
# A quoted cell may hold line breaks; one that holds more than this was never closed.
LONGEST_ROW_LINES = 50
_LONGEST_ROW = 4 << 20
_OPEN, _BROKEN = "open", "broken"

FindHeader = Callable[[list[list[str | None]]], int]


def read_text(
    con: duckdb.DuckDBPyConnection, plain: PlainFile, *, view: str, workdir: Path, find_header: FindHeader
) -> RawTable:
    """The one table of a text file. `find_header` names the header's place among the first rows.

    Raises FileError: those of `as_utf8`, and `file.no_rows` where nothing stands below the header.
    """
    text = as_utf8(plain.path, plain.name, workdir / f"{view}.utf8")
    delimiter, first_rows = _delimiter(text.path)
    header_at = find_header([list(row) for row in first_rows])
    if not any(any(cell.strip() for cell in row) for row in first_rows):
        raise FileError("file.empty", file=plain.name)
    header = first_rows[header_at]
    columns = unique_names(list(header))
    simple_head = text.plain and not any("\n" in cell for row in first_rows[: header_at + 1] for cell in row)
    if simple_head and _read_by_duckdb(con, text.path, view, len(columns), delimiter, skip=header_at + 1):
        malformed: tuple[MalformedRow, ...] = ()
        blank_rows = 0
    else:
        tidy = workdir / f"{view}.tidy.csv"
        malformed, blank_rows = _tidied(text.path, tidy, delimiter, len(columns), skip=header_at + 1)
        _read_csv(con, tidy, view, ["row BIGINT", *_cells(len(columns))], ",", skip=0, select="*")
    rows = con.execute(f"SELECT EXISTS (FROM {view})").fetchone()
    if not malformed and rows == (False,):
        raise FileError("file.no_rows", file=plain.name, columns=columns)
    return RawTable(
        plain.name,
        None,
        columns,
        ("VARCHAR",) * len(columns),
        view,
        delimiter=delimiter,
        encoding=text.encoding,
        malformed=malformed,
        blank_rows=blank_rows,
        sha256=plain.sha256,
    )


def split_rows(path: Path) -> tuple[list[list[str]], frozenset[int]]:
    """Every row of a small text file in UTF-8 as its cells, and the places of those whose quotes are not in order."""
    delimiter, _ = _delimiter(path)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        told = list(_rows(stream, delimiter))
    return [cells for cells, _ in told], frozenset(at for at, (_, whole) in enumerate(told) if not whole)


def _delimiter(path: Path) -> tuple[str, list[list[str]]]:
    """The delimiter that gives most rows the same number of cells, at least two; and the first rows."""
    best: tuple[float, int, str, list[list[str]]] | None = None
    for delimiter in DELIMITERS:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = [cells for cells, _ in islice(_rows(stream, delimiter), HEADER_SEARCH_ROWS)]
        widths = Counter(len(row) for row in rows if any(row))
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        score = (count / max(1, sum(widths.values())) if width > 1 else 0.0, width)
        if best is None or score > best[:2]:
            best = (*score, delimiter, rows)
    assert best is not None  # noqa: S101 - DELIMITERS is not empty
    return best[2], best[3]


def _cells(width: int) -> list[str]:
    return [f"c{position} VARCHAR" for position in range(width)]


def _read_by_duckdb(
    con: duckdb.DuckDBPyConnection, path: Path, view: str, width: int, delimiter: str, *, skip: int
) -> bool:
    """Read the file into the table `view`; False where DuckDB does not take every row of it."""
    # Excel's row numbers: the header is row `skip`, the first row below it `skip + 1`.
    select = f"row_number() OVER () + {skip} AS row, *"
    try:
        _read_csv(con, path, view, _cells(width), delimiter, skip=skip, select=select)
    except duckdb.Error:
        return False
    return True


def _read_csv(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    table: str,
    columns: list[str],
    delimiter: str,
    *,
    skip: int,
    select: str,
) -> None:
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in (column.split() for column in columns))
    con.execute(
        f"CREATE TABLE {table} AS SELECT {select} FROM read_csv({duckdb_path(path)}, auto_detect=false, header=false, "
        f"skip={skip}, delim={_quoted(delimiter)}, quote='\"', escape='\"', strict_mode=true, "
        f"max_line_size={_LONGEST_ROW}, columns={{{types}}})"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _tidied(
    path: Path, tidy: Path, delimiter: str, width: int, *, skip: int
) -> tuple[tuple[MalformedRow, ...], int]:
    """Write the rows that fit the header to `tidy`, with their numbers; give the others, and how many were empty."""
    malformed: list[MalformedRow] = []
    blank = 0
    with (
        path.open(encoding="utf-8-sig", newline="") as source,
        tidy.open("w", encoding="utf-8", newline="") as target,
    ):
        writer = csv.writer(target, lineterminator="\n")
        for number, (cells, whole) in enumerate(_rows(source, delimiter), start=1):
            if number <= skip:
                continue
            if not any(cell.strip() for cell in cells):
                blank += 1
            elif not whole:
                malformed.append(MalformedRow(number, tuple(cells), "row.quote", {}))
            elif len(cells) < width or any(cell.strip() for cell in cells[width:]):
                values = {"expected": width, "found": len(cells)}
                malformed.append(MalformedRow(number, tuple(cells), "row.columns", values))
            else:
                writer.writerow([number, *cells[:width]])
    return tuple(malformed), blank


def _rows(stream: Iterable[str], delimiter: str) -> Iterator[tuple[list[str], bool]]:
    """Each row's cells, and whether its quotes are in order. A quote that never closes spoils its own line only."""
    waiting: deque[str] = deque()
    lines = iter(stream)
    while True:
        line = waiting.popleft() if waiting else next(lines, None)
        if line is None:
            return
        taken = [line]
        cells = _split(line, delimiter)
        while cells is _OPEN and len(taken) < LONGEST_ROW_LINES:
            following = waiting.popleft() if waiting else next(lines, None)
            if following is None:
                break
            taken.append(following)
            cells = _split("".join(taken), delimiter)
        if isinstance(cells, list):
            yield cells, True
        else:
            waiting.extendleft(reversed(taken[1:]))
            yield line.rstrip("\r\n").split(delimiter), False


def _split(row: str, delimiter: str) -> list[str] | str:
    """The cells of one row; `_OPEN` where a quoted cell does not end in it, `_BROKEN` where text follows its end.

    A quote counts at the start of a cell only: `5" pipe` is what it says.
    """
    text = row.removesuffix("\n").removesuffix("\r")
    if '"' not in text:
        return text.split(delimiter)
    cells: list[str] = []
    at = 0
    while True:
        if text.startswith('"', at):
            end = text.find('"', at + 1)
            while text.startswith('""', end) and end >= 0:
                end = text.find('"', end + 2)
            if end < 0:
                return _OPEN
            cells.append(text[at + 1 : end].replace('""', '"'))
            at = end + 1
            if at < len(text) and not text.startswith(delimiter, at):
                return _BROKEN
        else:
            end = text.find(delimiter, at)
            end = len(text) if end < 0 else end
            cells.append(text[at:end])
            at = end
        if at >= len(text):
            return cells
        at += len(delimiter)
