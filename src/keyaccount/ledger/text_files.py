"""How are the rows of a csv told apart: which delimiter, where is the header, which rows are broken?

A regular file is read by DuckDB alone. One that DuckDB does not take whole (a row cut off, a quote never closed,
empty lines) is tidied first, row by row, so that the rest of it can still be read.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import duckdb

from keyaccount.ledger.encoding import as_utf8
from keyaccount.ledger.raw import HEADER_SEARCH_ROWS, FileError, MalformedRow, RawTable, unique_names
from keyaccount.ledger.unpack import PlainFile

DELIMITERS = (",", "\t", ";", "|")
# A quoted cell may hold line breaks; one that holds more than this was never closed.
LONGEST_ROW_LINES = 50
_LARGEST_CELL = 1 << 20

FindHeader = Callable[[list[list[str | None]]], int]


def read_text(
    con: duckdb.DuckDBPyConnection, plain: PlainFile, *, view: str, workdir: Path, find_header: FindHeader
) -> RawTable:
    """The one table of a text file. `find_header` names the header's place among the first rows.

    Raises FileError: those of `as_utf8`, and `file.no_rows` where nothing stands below the header.
    """
    text = as_utf8(plain.path, plain.name, workdir)
    delimiter, first_rows = _delimiter(text.path)
    header_at = find_header([list(row) for row in first_rows])
    header = first_rows[header_at]
    columns = unique_names(list(header))
    simple_head = text.plain and not any("\n" in cell for row in first_rows[: header_at + 1] for cell in row)
    if simple_head and _read_by_duckdb(con, text.path, view, len(columns), delimiter, skip=header_at + 1):
        malformed: tuple[MalformedRow, ...] = ()
        blank_rows = 0
    else:
        tidy = workdir / f"{view}.tidy.csv"
        malformed, blank_rows = _tidied(text.path, tidy, delimiter, len(columns), skip=header_at + 1)
        _create_view(con, tidy, view, ["row BIGINT", *_cells(len(columns))], ",", skip=0, select="*")
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


def _delimiter(path: Path) -> tuple[str, list[list[str]]]:
    """The delimiter that gives most rows the same number of cells, at least two; and the first rows."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        head = "".join(islice(stream, HEADER_SEARCH_ROWS * 3))
    best: tuple[float, int, str, list[list[str]]] | None = None
    for delimiter in DELIMITERS:
        rows = list(islice(csv.reader(io.StringIO(head), delimiter=delimiter), HEADER_SEARCH_ROWS))
        widths = Counter(len(row) for row in rows if row)
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
    """Make `view` read the file; False where DuckDB does not take every row of it."""
    # Excel's row numbers: the header is row `skip`, the first row below it `skip + 1`.
    _create_view(
        con,
        path,
        view,
        _cells(width),
        delimiter,
        skip=skip,
        select=f"row_number() OVER () + {skip} AS row, *",
    )
    try:
        con.execute(f"SELECT count(*), count(c{width - 1}) FROM {view}").fetchone()
    except duckdb.Error:
        return False
    return True


def _create_view(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    view: str,
    columns: list[str],
    delimiter: str,
    *,
    skip: int,
    select: str,
) -> None:
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in (column.split() for column in columns))
    con.execute(
        f"CREATE VIEW {view} AS SELECT {select} FROM read_csv({_quoted(str(path))}, auto_detect=false, header=false, "
        f"skip={skip}, delim={_quoted(delimiter)}, quote='\"', escape='\"', strict_mode=true, max_line_size={_LARGEST_CELL * 4}, "
        f"columns={{{types}}})"
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


def _rows(stream: io.TextIOBase | Iterator[str], delimiter: str) -> Iterator[tuple[list[str], bool]]:
    """Each row's cells, and whether its quotes close. A quote that never closes spoils its own line only."""
    waiting: list[str] = []
    lines = iter(stream)
    while True:
        line = waiting.pop(0) if waiting else next(lines, None)
        if line is None:
            return
        row = [line]
        quotes = line.count('"')
        while quotes % 2 and len(row) < LONGEST_ROW_LINES:
            following = waiting.pop(0) if waiting else next(lines, None)
            if following is None:
                break
            row.append(following)
            quotes += following.count('"')
        if quotes % 2:
            waiting = row[1:] + waiting
            yield line.rstrip("\r\n").split(delimiter), False
        else:
            yield next(csv.reader(row, delimiter=delimiter), []), True
