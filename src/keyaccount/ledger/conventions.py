"""How does a source write its dates and amounts? Decided once, from all its files together."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from keyaccount.ledger.amounts import DecimalMark
from keyaccount.ledger.dates import DateOrder, DateText, decide_order
from keyaccount.ledger.mapping import ColumnMapping, TableKind
from keyaccount.ledger.raw import FileError, RawTable

_BLANKS = " \t\r\n\u3000\u00a0\ufeff"
_TIME_OF_DAY = r"[T\s]+\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2}|AM|PM|上午|下午)?$"


@dataclass(frozen=True)
class Conventions:
    """How one source writes what can be written in several ways."""

    date_order: DateOrder
    decimal_mark: DecimalMark


def define_macros(con: duckdb.DuckDBPyConnection) -> None:
    """SQL macros: `cell_text` (trimmed; NULL where empty) and, of that, `date_text` (without the time of day)."""
    con.execute(rf"""
        CREATE OR REPLACE MACRO cell_trimmed(x) AS trim(x, '{_BLANKS}');
        CREATE OR REPLACE MACRO cell_text_of_trimmed(t) AS CASE
            WHEN length(t) <= 4 AND lower(t) IN ('', '-', '—', 'null', 'nan', 'none', '#n/a', 'n/a', '\n') THEN NULL
            WHEN starts_with(t, '''') AND t[2] IN ('=', '+', '-', '@') THEN t[2:]
            ELSE t END;
        CREATE OR REPLACE MACRO cell_text(x) AS cell_text_of_trimmed(cell_trimmed(x));
        CREATE OR REPLACE MACRO date_text(t) AS CASE
            WHEN t LIKE '____-__-__ __:__%' OR t LIKE '____-__-__T__:__%' THEN t[:10]
            WHEN length(t) <= 10 AND regexp_full_match(t, '[ -~]*') THEN t
            ELSE regexp_replace(translate(t, '０１２３４５６７８９．－／', '0123456789.-/'), '{_TIME_OF_DAY}', '') END;
    """)


def decide_conventions(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[RawTable],
    mapping: ColumnMapping,
    kind: TableKind,
    *,
    latest: dt.date,
    date_order: DateOrder | None,
    decimal_mark: DecimalMark | None,
) -> Conventions:
    """The conventions of `tables`, which share one header; those given are taken as they are.

    Raises
    ------
    DateOrderError `date.undecidable`, `date.contradictory`; FileError `amount.undecidable`.
    """
    dates = [field.name for field in kind.fields if field.kind == "date" and field.name in mapping]
    if date_order is None:
        texts = (one for field in dates for one in _date_texts(con, tables, mapping.columns[field]))
        date_order = decide_order(texts, latest=latest)
    if decimal_mark is None:
        numbers = [
            field.name
            for field in kind.fields
            if field.kind in ("money", "quantity") and field.name in mapping
        ]
        decimal_mark = _decide_mark(con, tables, [mapping.columns[field] for field in numbers])
    return Conventions(date_order, decimal_mark)


def text_column(table: RawTable, column: str) -> str | None:
    """The view's name for `column` where its cells are text."""
    at = table.columns.index(column)
    return f"c{at}" if table.types[at] == "VARCHAR" else None


def date_column(table: RawTable, column: str) -> str | None:
    """SQL for the text of a date column that has no date type (text, or numbers such as 20251231)."""
    at = table.columns.index(column)
    if table.types[at] == "DATE" or table.types[at].startswith("TIMESTAMP"):
        return None
    return f"c{at}" if table.types[at] == "VARCHAR" else f"c{at}::VARCHAR"


def _date_texts(
    con: duckdb.DuckDBPyConnection, tables: Sequence[RawTable], column: str
) -> Iterator[DateText]:
    for table in tables:
        cell = date_column(table, column)
        if cell is not None:
            query = f"SELECT date_text(cell_text({cell})) AS text, min(row) FROM {table.view} GROUP BY 1 HAVING text IS NOT NULL ORDER BY 2"
            for text, row in con.execute(query).fetchall():
                yield DateText(text, table.place, row)


def _decide_mark(
    con: duckdb.DuckDBPyConnection, tables: Sequence[RawTable], columns: Sequence[str]
) -> DecimalMark:
    point = comma = 0
    doubt: tuple[str, int, str] | None = None
    semicolons = any(table.delimiter == ";" for table in tables)
    for table in tables:
        cells = [cell for column in columns if (cell := text_column(table, column))]
        if not semicolons:
            cells = _with_commas(con, table, cells)
        for cell in cells:
            could_be_either = (
                f"regexp_full_match(amount_digits(amount_plain({cell})), '\\d{{1,3}}[.,]\\d{{3}}')"
            )
            row = con.execute(
                f"SELECT count(*) FILTER (amount_proves_point({cell})), count(*) FILTER (amount_proves_comma({cell})), "
                f"min(row) FILTER ({could_be_either}), min_by({cell}, row) FILTER ({could_be_either}) FROM {table.view}"
            ).fetchone()
            assert row is not None  # noqa: S101 - an aggregate without groups gives one row
            point, comma = point + row[0], comma + row[1]
            doubt = doubt or ((table.place, row[2], row[3]) if row[3] else None)
    if comma and not point:
        return "comma"
    # `1.963` in a file of semicolons, which people write who have decimal commas.
    if doubt and not point and semicolons:
        raise FileError("amount.undecidable", place=doubt[0], row=doubt[1], value=doubt[2])
    return "point"


def _with_commas(con: duckdb.DuckDBPyConnection, table: RawTable, cells: Sequence[str]) -> list[str]:
    """The columns in which some cell has a comma: only there is anything to decide."""
    if not cells:
        return []
    tests = ", ".join(f"bool_or(contains({cell}, ',') OR contains({cell}, '，'))" for cell in cells)
    row = con.execute(f"SELECT {tests} FROM {table.view}").fetchone()
    return [cell for cell, has_commas in zip(cells, row or (), strict=True) if has_commas]
