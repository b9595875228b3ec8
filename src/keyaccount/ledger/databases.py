"""How does a table of a database become a file that is read like any other?

extract = extract("postgresql://host/erp", "sales.invoice_lines", Path("lines.parquet"), since=date, options=ReadOptions())
ledger = read_ledger("lines.parquet")

1. The rows since a day are fetched in batches, every cell as text, exactly as the database has it.
2. A column gets a type where every cell fits it: then the reader need not guess how amounts and dates are written.
3. Rows are put in the order of their days, then of all their cells, and written. The order is made here and not in the
   database, whose collations and types without an order differ, so that the same rows always make the same file.
"""

import datetime as dt
import re
import tempfile
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from types import NoneType
from typing import Any, Literal

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.common.exceptions import IbisError

from keyaccount.files import OutputError, written_whole
from keyaccount.ledger import amounts, texts
from keyaccount.ledger.connections import Connection, DatabaseError, DatabaseTable, connected, masked
from keyaccount.ledger.conventions import date_column, decide_conventions
from keyaccount.ledger.dates import read_dates
from keyaccount.ledger.mapping import LEDGER, ColumnMapping, candidates, map_columns
from keyaccount.ledger.raw import RawTable, duckdb_path
from keyaccount.ledger.sources import ReadOptions

__all__ = ["DatabaseError", "Extract", "extract", "masked"]

MEMORY = ("512MB", "2GB", "8GB")
"""What putting the rows in order may take, more is spilled to disk; the larger only for rows of thousands of signs."""
WIDEST, FAST = 38, 18
"""Digits of the widest DECIMAL, and of the widest that is quick."""
ROWS_TOGETHER = 20_480
"""Rows of a group in the file, which are in memory together."""
FLOAT_DECIMALS = 8
"""Kept of a float in any case: unit prices have so many."""

Kind = Literal["exact", "float", "day", "text", "unknown"]
"""What a column is; the last: only its values tell."""

_SEPARATORS = ("-", "/", ".", "")


@dataclass(frozen=True)
class Extract:
    """What was taken out of a database."""

    rows: int
    undated: int
    """Those of the rows whose day is empty or cannot be read: kept, so that the reader refuses them and says so."""
    place: str
    """Address › table, without user and password."""
    columns: tuple[str, ...]
    """The columns in the file."""
    passed_over: tuple[str, ...]
    """Columns of the table that hold no field; they are not read."""
    first_date: dt.date | None
    last_date: dt.date | None
    time_zone: str | None
    """In which the moments of the date column became days; None where the column has days."""


def extract(url: str, table: str, target: Path, *, since: dt.date | None, options: ReadOptions) -> Extract:
    """Write the rows of a database table to the parquet file `target`, for `read_ledger` to read.

    Parameters
    ----------
    url : `postgresql://user:password@host/database`, `sqlite:///shop.db`, or any other that Ibis speaks.
    table : a table or view, or `schema.table`.
    since : first day wanted, included. Rows without a day that can be read are always taken. None: all rows.
    options : columns by hand, order of dates, last date that can be right; the same as for reading the file.

    Returns
    -------
    what was taken
        The file has the columns that hold a field or may hold one, with the names they have in the database. Numbers keep
        every digit (floats by their shortest text), moments become days in the session's time zone (`PGTZ`, or the
        server's setting), NULL stays null. The same rows, however the database orders them, give the same file.

    Raises
    ------
    DatabaseError `database.url`, `database.driver`, `database.no_file`, `database.unreachable`, `database.no_table`,
    `database.no_tables`, `database.no_date`, `database.no_rows`, `database.no_rows_since`, `database.failed`;
    MappingError, DateOrderError as for a file; OutputError.
    """
    with tempfile.TemporaryDirectory(prefix="keyaccount-") as workdir, connected(url) as connection:
        source = connection.table(table)
        mapping = _mapped(source, since, options)
        columns = _wanted(source.columns, mapping)
        date = mapping.columns["date"]
        options.progress("step.extract", source.place)
        draft = Path(workdir) / "rows.parquet"
        kinds = _fetch(connection, source, columns, date, since, draft)
        with closing(_desk(workdir)) as con:
            raw = _typed(con, draft, source.place, columns, kinds)
            _keep(con, raw, mapping, since, options)
            rows, dated, first, last = _one_row(
                con, "SELECT count(*), count(day), min(day), max(day) FROM kept"
            )
            if not rows or (since and not dated):
                raise _no_rows(connection, source, since)
            _write(con, columns, target)
        return Extract(
            rows=rows,
            undated=rows - dated,
            place=source.place,
            columns=columns,
            passed_over=tuple(column for column in source.columns if column not in columns),
            first_date=first,
            last_date=last,
            time_zone=connection.time_zone if _is_moment(source.expression[date].type()) else None,
        )


def _mapped(source: DatabaseTable, since: dt.date | None, options: ReadOptions) -> ColumnMapping:
    by_hand, columns = options.columns, source.columns
    has_date = by_hand["date"] if "date" in by_hand else candidates(columns, LEDGER.field("date"))
    if since and not has_date:
        raise DatabaseError("database.no_date", place=source.place, since=since, columns=list(columns))
    return map_columns(columns, LEDGER, by_hand=by_hand, place=source.place)


def _wanted(columns: Sequence[str], mapping: ColumnMapping) -> tuple[str, ...]:
    """The columns that hold a field, and those among which the reader will not choose, so that it says so again."""
    mapped = set(mapping.columns.values())
    forms = [column.casefold() for column in columns]
    # In a parquet file two names that differ by case alone are one name.
    doubtful = {
        column
        for several in mapping.left_out.values()
        for column in several
        if forms.count(column.casefold()) == 1
    }
    return tuple(column for column in columns if column in mapped | doubtful)


# 1. Rows come out as texts.


def _fetch(
    connection: Connection,
    source: DatabaseTable,
    columns: Sequence[str],
    date: str,
    since: dt.date | None,
    draft: Path,
) -> list[Kind]:
    """Write the rows to `draft`, every cell a text, and tell what each column is."""
    kinds = [_kind(source.expression[name].type(), as_day=name == date) for name in columns]
    by_values = [at for at, kind in enumerate(kinds) if kind == "unknown"]
    names = [f"c{at}" for at in range(len(columns))]
    schema = pa.schema([(name, pa.string()) for name in names])
    with pq.ParquetWriter(draft, schema) as writer:
        for batch in connection.batches(_query(connection, source, columns, date, since)):
            types = [set(map(type, cells)) - {NoneType} for cells in batch]
            for at in by_values:
                kinds[at] = _kind_of_values(kinds[at], types[at])
            writer.write_batch(
                pa.record_batch(
                    [
                        pa.array(cells if held <= {str} else map(_text, cells), pa.string())
                        for cells, held in zip(batch, types, strict=True)
                    ],
                    names,
                )
            )
    return ["text" if kind == "unknown" else kind for kind in kinds]


def _query(
    connection: Connection, source: DatabaseTable, columns: Sequence[str], date: str, since: dt.date | None
) -> Any:
    table = source.expression

    def sent(rows: Any) -> Any:
        return rows.select(
            **{f"c{at}": connection.sent(rows[name], as_day=name == date) for at, name in enumerate(columns)}
        )

    with connection.told():
        if since is None:
            return sent(table)
        with suppress(
            IbisError
        ):  # not every database has regular expressions: then all rows come, and are filtered here
            query = sent(table.filter(_may_be_since(table[date], since)))
            connection.backend.compile(query)
            return query
        return sent(table)


def _may_be_since(column: Any, since: dt.date) -> Any:
    """Which rows to fetch: all but those that are surely older. The exact choice is made when all are here."""
    kind = column.type()
    if kind.is_date() or kind.is_timestamp():
        return column.isnull() | (column >= since)
    if kind.is_numeric():  # 20250131; smaller numbers are days counted as Excel does
        return column.isnull() | (column >= int(f"{since:%Y%m%d}")) | (column < 1900_01_01)
    text = column.cast("string")
    older = []
    for sign in _SEPARATORS:
        first = f"{since:%Y}{sign}{since:%m}{sign}{since:%d}"
        # What costs little comes first: for SQLite, Ibis makes the expression of Python.
        parts = (text[4:5] == sign) if sign else text[4:5].between("0", "9")
        older.append(parts & (text[: len(first)] < first) & text.re_search(_day_shape(sign)))
    return text.isnull() | ~ibis.or_(*older)


def _day_shape(sign: str) -> str:
    """Regular expression for texts whose order is that of their days."""
    gap = re.escape(sign)
    return rf"^(19|20)[0-9][0-9]{gap}(0[1-9]|1[0-2]){gap}[0-3][0-9]" + ("" if sign else r"(\.0+)?$")


def _kind(dtype: Any, *, as_day: bool) -> Kind:
    if dtype.is_floating():
        return "float"
    if dtype.is_integer() or dtype.is_decimal():
        return "exact"
    if as_day and (dtype.is_date() or dtype.is_timestamp()):
        return "day"
    return "unknown" if dtype.is_unknown() else "text"


def _kind_of_values(before: Kind, types: set[type]) -> Kind:
    """What a column is whose type does not tell, after values of `types` were seen."""
    if not types <= {int, float}:
        return "text"
    if before == "text" or not types:
        return before
    return "float" if float in types or before == "float" else "exact"


def _text(value: Any) -> str | None:
    match value:
        case None | str():
            return value
        case float():
            return _shortest(value)
        case bytes():  # text that was written as bytes; a picture is nothing, as in a parquet file
            try:
                return value.decode()
            except UnicodeDecodeError:
                return None
        case Decimal():
            return f"{value:f}"
    return str(value)


def _shortest(value: float) -> str:
    """The shortest text that gives this float again, written out."""
    text = repr(value)
    if "e" in text:
        text = f"{Decimal(text):f}"
    # In a column with texts, `1.234` might be taken for a thousand and more.
    return f"{text}0" if text[-4:-3] == "." else text


# 2. Columns get types.


def _typed(
    con: duckdb.DuckDBPyConnection, draft: Path, place: str, columns: Sequence[str], kinds: Sequence[Kind]
) -> RawTable:
    """The rows of `draft` as a view, with the types that fit."""
    file = f"read_parquet({duckdb_path(draft)}, file_row_number=true)"
    tests = [test for at, kind in enumerate(kinds) for test in _tests(f"c{at}", kind)]
    _, *found = _one_row(con, f"SELECT count(*), {', '.join(tests)} FROM {file}")
    types = [_type(kind, *found[3 * at : 3 * at + 3]) for at, kind in enumerate(kinds)]
    cells = ", ".join(
        f"c{at}" if kind == "VARCHAR" else f"try_cast(c{at} AS {kind}) AS c{at}"
        for at, kind in enumerate(types)
    )
    con.execute(f"CREATE VIEW typed AS SELECT file_row_number + 1 AS row, {cells} FROM {file}")
    return RawTable(place, None, tuple(columns), tuple(types), "typed")


def _tests(column: str, kind: Kind) -> tuple[str, str, str]:
    """SQL for the digits before the point, those behind it, and the cells that do not fit the kind."""
    if kind == "day":
        fits = f"strlen({column}) = 10 AND try_cast({column} AS DATE) IS NOT NULL"
        return "NULL", "NULL", f"count(*) FILTER ({column} IS NOT NULL AND NOT ({fits}))"
    if kind == "text":
        return "NULL", "NULL", "NULL"
    is_number = f"regexp_full_match({column}, '-?[0-9]*(\\.[0-9]+)?')"
    whole, part = (
        f"max(strlen(split_part(ltrim({column}, '-'), '.', {at}))) FILTER ({is_number})" for at in (1, 2)
    )
    # Not a number is nothing, as in a parquet file.
    not_numbers = "('nan', 'inf', '-inf', 'infinity', '-infinity')"
    return whole, part, f"count(*) FILTER (NOT {is_number} AND lower({column}) NOT IN {not_numbers})"


def _type(kind: Kind, whole: int | None, part: int | None, misfits: int | None) -> str:
    if kind == "text" or misfits:
        return "VARCHAR"
    if kind == "day":
        return "DATE"
    if whole is None or part is None:
        return "VARCHAR"  # no value at all
    if kind == "float":  # the 17th digit is noise, and DuckDB is slow to read more digits than 18
        part = min(part, max(FAST - whole, FLOAT_DECIMALS), max(WIDEST - whole, 0))
    if whole + part > WIDEST:
        return "VARCHAR"
    return "BIGINT" if not part and whole <= FAST else f"DECIMAL({max(whole + part, 1)}, {part})"


# 3. Rows are chosen, put in order and written.


def _keep(
    con: duckdb.DuckDBPyConnection,
    raw: RawTable,
    mapping: ColumnMapping,
    since: dt.date | None,
    options: ReadOptions,
) -> None:
    """Make the view `kept`: the rows since that day and those without one, each with its `day` as the reader sees it."""
    column = mapping.columns["date"]
    cell = date_column(raw, column)
    if cell is None:
        days = f"SELECT *, c{raw.columns.index(column)}::DATE AS day FROM typed"
    else:
        _read_days(con, raw, replace(mapping, columns={"date": column}), cell, options)
        days = f"SELECT typed.*, days.day FROM typed LEFT JOIN days ON days.cell = {cell}"
    chosen = f" WHERE day IS NULL OR day >= DATE '{since}'" if since else ""
    con.execute(f"CREATE VIEW kept AS SELECT * FROM ({days}){chosen}")


def _read_days(
    con: duckdb.DuckDBPyConnection, raw: RawTable, mapping: ColumnMapping, cell: str, options: ReadOptions
) -> None:
    """Make the table `days`: each text of the date column, and its day."""
    order = decide_conventions(
        con,
        [raw],
        mapping,
        LEDGER,
        latest=options.latest_date,
        date_order=options.date_order,
        decimal_mark="point",
    ).date_order
    con.execute(
        f"CREATE TABLE cells AS SELECT cell, date_text(cell_of_trimmed(cell_trimmed(cell))) AS text "
        f"FROM (SELECT DISTINCT {cell} AS cell FROM typed)"
    )
    found = [
        text for (text,) in con.execute("SELECT DISTINCT text FROM cells WHERE text IS NOT NULL").fetchall()
    ]
    days = {text: day for text, day in read_dates(found, order).items() if day}
    read = pa.table({"text": pa.array(days, pa.string()), "day": pa.array(days.values(), pa.date32())})
    con.register("read", read)
    con.execute("CREATE TABLE days AS SELECT cell, day FROM cells JOIN read USING (text)")
    con.unregister("read")


def _write(con: duckdb.DuckDBPyConnection, columns: Sequence[str], target: Path) -> None:
    cells = [f"c{at}" for at in range(len(columns))]
    named = ", ".join(
        f'{cell} AS "{name.replace(chr(34), chr(34) * 2)}"' for cell, name in zip(cells, columns, strict=True)
    )
    with written_whole(target) as (whole,):
        path = "'" + str(whole).replace("'", "''") + "'"
        order = ", ".join(["day", *cells])
        copy = (
            f"COPY (SELECT {named} FROM kept ORDER BY {order}) TO {path} "
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROWS_TOGETHER})"
        )
        try:
            _with_room(con, copy)
        except duckdb.Error as error:  # the disk is full, most likely
            reason = str(error).split("\n", 1)[0]
            raise OutputError("out.unwritable", file=str(target), reason=reason) from error


def _with_room(con: duckdb.DuckDBPyConnection, query: str) -> None:
    """Run a query with as much memory as it turns out to need."""
    for memory in MEMORY[1:]:
        try:
            con.execute(query)
        except duckdb.OutOfMemoryException:
            con.execute(f"SET memory_limit = '{memory}'")
        else:
            return
    con.execute(query)


def _no_rows(connection: Connection, source: DatabaseTable, since: dt.date | None) -> DatabaseError:
    rows = connection.count(source)
    if since and rows:
        return DatabaseError("database.no_rows_since", place=source.place, since=since, rows=rows)
    return DatabaseError("database.no_rows", place=source.place)


def _is_moment(dtype: Any) -> bool:
    return bool(dtype.is_timestamp() and dtype.timezone)


def _desk(workdir: str) -> duckdb.DuckDBPyConnection:
    # One thread, which writes the same rows in the same way each time.
    con = duckdb.connect(
        config={"temp_directory": f"{workdir}/spill", "memory_limit": MEMORY[0], "threads": 1}
    )
    amounts.define_macros(con)
    texts.define_macros(con)
    return con


def _one_row(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = con.execute(query).fetchone()
    assert row is not None  # noqa: S101 - an aggregate without groups gives one row
    return row
