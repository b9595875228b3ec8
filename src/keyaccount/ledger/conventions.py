"""How does a source write its dates and amounts? Decided once, from all its files together."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from keyaccount.ledger.amounts import FOREIGN, DecimalMark
from keyaccount.ledger.dates import DateOrder, DateText, decide_order
from keyaccount.ledger.mapping import ColumnMapping, TableKind
from keyaccount.ledger.raw import FileError, RawTable
from keyaccount.ledger.texts import look_over


@dataclass(frozen=True)
class Conventions:
    """How one source writes what can be written in several ways. None: nothing in it could be read in two ways."""

    date_order: DateOrder | None = None
    decimal_mark: DecimalMark | None = None
    currency: str = ""
    """A foreign currency that every amount bears, so that it is the company's own."""


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
    numbers = [
        field.name for field in kind.fields if field.kind in ("money", "quantity") and field.name in mapping
    ]
    cells = _odd_numbers(con, tables, [mapping.columns[field] for field in numbers])
    if decimal_mark is None:
        decimal_mark = _decide_mark(con, cells)
    return Conventions(date_order, decimal_mark, _own_currency(con, cells))


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
            # First the different cells, of which there are few, then the care for each.
            query = (
                f"SELECT date_text(cell_of_trimmed(cell_trimmed(cell))) AS text, min(first) FROM "
                f"(SELECT {cell} AS cell, min(row) AS first FROM {table.view} GROUP BY 1) "
                f"GROUP BY 1 HAVING text IS NOT NULL ORDER BY 2"
            )
            for text, row in con.execute(query).fetchall():
                yield DateText(text, table.place, row)


def _odd_numbers(
    con: duckdb.DuckDBPyConnection, tables: Sequence[RawTable], columns: Sequence[str]
) -> list[tuple[RawTable, str]]:
    """The text columns of numbers in which some cell is not a number as databases write it."""
    odd = []
    for table in tables:
        places = [table.columns.index(column) for column in columns]
        texts = [f"c{at}" for at in places if table.types[at] == "VARCHAR"]
        looked = look_over(con, table.view, texts, texts)
        odd += [
            (table, name) for name, one in looked.items() if table.delimiter == ";" or not one.plain_numbers
        ]
    return odd


def _decide_mark(con: duckdb.DuckDBPyConnection, cells: Sequence[tuple[RawTable, str]]) -> DecimalMark | None:
    point = comma = 0
    doubt: tuple[str, int, str] | None = None
    for table, cell in cells:
        # The number cells of a workbook have points whatever its texts use: they prove nothing.
        among = f" WHERE contains({cell}, ',') OR contains({cell}, '，')" if table.sheet else ""
        either = f"regexp_full_match(amount_digits(amount_plain({cell})), '\\d{{1,3}}[.,]\\d{{3}}')"
        row = con.execute(
            f"SELECT count(*) FILTER (amount_proves_point({cell})), count(*) FILTER (amount_proves_comma({cell})), "
            f"min(row) FILTER ({either}), min_by({cell}, row) FILTER ({either}) FROM {table.view}{among}"
        ).fetchone()
        assert row is not None  # noqa: S101 - an aggregate without groups gives one row
        point, comma = point + row[0], comma + row[1]
        # `1.963` in a file of semicolons, which people write who have decimal commas.
        if row[3] and table.delimiter == ";":
            doubt = doubt or (table.place, row[2], row[3])
    if comma and not point:
        return "comma"
    if doubt and not point:
        raise FileError("amount.undecidable", place=doubt[0], row=doubt[1], value=doubt[2])
    return "point" if point else None


def _own_currency(con: duckdb.DuckDBPyConnection, cells: Sequence[tuple[RawTable, str]]) -> str:
    """The foreign currency that stands on every amount of some column, and on no column beside another."""
    found = set()
    for table, cell in cells:
        for sign, names in FOREIGN.items():
            query = f"SELECT bool_and(regexp_matches({cell}, '{names}', 'i')) FROM {table.view} WHERE {cell} <> ''"
            if con.execute(query).fetchone() == (True,):
                found.add(sign)
    return found.pop() if len(found) == 1 else ""
