"""How does a source write its dates and amounts? Decided once, from all its files together."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from keyaccount.ledger.amounts import FOREIGN, YUAN, DecimalMark
from keyaccount.ledger.dates import DateOrder, DateText, decide_order
from keyaccount.ledger.fields import simplified
from keyaccount.ledger.mapping import ColumnMapping, TableKind
from keyaccount.ledger.raw import FileError, RawTable
from keyaccount.ledger.texts import look_over

CURRENCY_COLUMNS = {
    simplified(one) for one in ("币种", "币别", "货币", "货币代码", "currency", "currency code", "curr")
}
"""Headers over which each row names its currency."""


@dataclass(frozen=True)
class Conventions:
    """How one source writes what can be written in several ways. None: nothing in it could be read in two ways."""

    date_order: DateOrder | None = None
    decimal_mark: DecimalMark | None = None
    currencies: Mapping[str, str] = field(default_factory=dict)
    """Field → the foreign currency that every one of its amounts bears, so that it is the company's own."""


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
    DateOrderError `date.undecidable`, `date.contradictory`; FileError `amount.undecidable`, `currency.mixed`.
    """
    dates = [one.name for one in kind.fields if one.kind == "date" and one.name in mapping]
    if date_order is None:
        texts = (text for name in dates for text in _date_texts(con, tables, mapping.columns[name]))
        date_order = decide_order(texts, latest=latest)
    numbers = [one.name for one in kind.fields if one.kind in ("money", "quantity") and one.name in mapping]
    odd = {name: _odd_numbers(con, tables, mapping.columns[name]) for name in numbers}
    if decimal_mark is None:
        decimal_mark = _decide_mark(con, [cell for cells in odd.values() for cell in cells])
    recorded = next((sign for sign in FOREIGN if sign in tables[0].recorded), "")
    if recorded:
        return Conventions(date_order, decimal_mark, dict.fromkeys(odd, recorded))
    named = _named_currencies(con, tables) if numbers else {}
    if len(named) > 1:
        raise FileError("currency.mixed", signs=list(named), places=list(named.values()))
    if foreign := next((sign for sign in named if sign != "¥"), ""):
        return Conventions(date_order, decimal_mark, dict.fromkeys(odd, foreign))
    return Conventions(date_order, decimal_mark, _own_currencies(con, tables, mapping, odd))


def _named_currencies(con: duckdb.DuckDBPyConnection, tables: Sequence[RawTable]) -> dict[str, str]:
    """Currency → a place of it, by the columns that name one for each row; yuan is `¥`, others their sign or code."""
    told: dict[str, str] = {}
    for table in tables:
        for at, column in enumerate(table.columns):
            if simplified(column) not in CURRENCY_COLUMNS:
                continue
            cells = f"SELECT trim(c{at}::VARCHAR) AS cell, min(row) AS first FROM {table.view} GROUP BY 1 ORDER BY 2"
            for cell, row in con.execute(cells).fetchall():
                if cell:
                    told.setdefault(_sign_of(cell), f"{table.place} · {column} · {row}")
    return told


def _sign_of(cell: str) -> str:
    """`USD` and `美元` are `$`; a code that we do not know stays."""
    for sign, names in {"¥": YUAN, **FOREIGN}.items():
        if re.fullmatch(names, cell, re.IGNORECASE):
            return sign
    return cell.upper()


def one_currency(conventions: Sequence[Conventions], places: Sequence[str]) -> None:
    """Check that sources read together are in one currency. Raises FileError `currency.mixed`."""
    signs = {
        "".join(sorted(set(one.currencies.values()))) or "¥": place
        for one, place in zip(conventions, places, strict=True)
    }
    if len(signs) > 1 or any(len(sign) > 1 for sign in signs):
        raise FileError("currency.mixed", signs=list(signs), places=list(signs.values()))


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
    con: duckdb.DuckDBPyConnection, tables: Sequence[RawTable], column: str
) -> list[tuple[RawTable, str]]:
    """The tables in which some cell of a column of numbers is not a number as databases write it."""
    odd = []
    for table in tables:
        at = table.columns.index(column)
        if table.types[at] == "VARCHAR":
            looked = look_over(con, table.view, [f"c{at}"], [f"c{at}"])
            if table.delimiter == ";" or not looked[f"c{at}"].plain_numbers:
                odd.append((table, f"c{at}"))
    return odd


def _decide_mark(con: duckdb.DuckDBPyConnection, cells: Sequence[tuple[RawTable, str]]) -> DecimalMark | None:
    point = comma = 0
    doubt: tuple[str, int, str] | None = None
    for table, cell in cells:
        # The number cells of a workbook have points whatever its texts use: they prove nothing.
        among = f" WHERE contains({cell}, ',') OR contains({cell}, '，')" if table.typed_cells else ""
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


def _own_currencies(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[RawTable],
    mapping: ColumnMapping,
    odd: Mapping[str, Sequence[Any]],
) -> dict[str, str]:
    """The foreign currency of the fields that bear one, if all fields that bear any bear that, on every amount."""
    any_sign = "|".join([*FOREIGN.values(), YUAN])
    signs: dict[str, str] = {}
    for name, cells in odd.items():
        if any(_bear(con, table, mapping.columns[name], any_sign, how="or") for table, _ in cells):
            own = (
                sign
                for sign, names in FOREIGN.items()
                if all(_bear(con, table, mapping.columns[name], names, how="and") for table in tables)
            )
            signs[name] = next(own, "")
    return signs if len(set(signs.values())) == 1 and all(signs.values()) else {}


def _bear(con: duckdb.DuckDBPyConnection, table: RawTable, column: str, names: str, *, how: str) -> bool:
    """Whether every (`and`) or some (`or`) amount of a column bears one of the signs."""
    at = table.columns.index(column)
    if table.types[at] != "VARCHAR":
        return False
    query = f"SELECT bool_{how}(regexp_matches(c{at}, '{names}', 'i')) FROM {table.view} WHERE c{at} <> ''"
    return con.execute(query).fetchone() == (True,)
