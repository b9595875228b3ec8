"""How do checked rows of several sources become one table of invoice lines?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from keyaccount.ledger.check import CheckedTable, Problem, RefusedRow
from keyaccount.ledger.mapping import LEDGER, ColumnMapping, MappingError
from keyaccount.ledger.sources import Source

# More repeats than this in a guessed key, and the key is no key.
MOST_REPEATS_IN_A_GUESS = 0.05

_AMOUNT = "DECIMAL(18, 4)"
_CARRIED = ("product_id", "product_name", "category", "quantity", "unit", "unit_price", "list_amount", "freight",
            "channel", "region", "industry", "salesperson")  # fmt: skip
_SQL_TYPES = {"money": _AMOUNT, "quantity": "DECIMAL(18, 6)", "date": "DATE"}


@dataclass(frozen=True)
class CheckedSource:
    """One checked table and what is known of its source."""

    table: CheckedTable
    source: Source
    discount_is_rate: bool
    notes: tuple[tuple[str, dict[str, Any]], ...]

    @property
    def net_amount(self) -> str:
        """SQL for the money of a line: the column, or quantity × unit price less discount."""
        mapping = self.source.mapping
        if "net_amount" in mapping:
            return "net_amount"
        gross = "quantity * unit_price"
        if "discount" not in mapping:
            return f"try_cast({gross} AS {_AMOUNT})"
        if self.discount_is_rate:
            return f"try_cast(({gross})::DOUBLE * (1 - coalesce(discount, 0)::DOUBLE) AS {_AMOUNT})"
        return f"try_cast({gross} - coalesce(discount, 0) AS {_AMOUNT})"


def understood(con: duckdb.DuckDBPyConnection, table: CheckedTable, source: Source) -> CheckedSource:
    """Decide what only the values can tell: whether a discount is money or a rate; whether cost and profit agree.

    Raises MappingError `discount.undecidable` where 0.8 may mean 80% to pay or 80% off and the amount depends on it.
    """
    mapping = source.mapping
    notes = list(table.notes)
    is_rate = False
    if "discount" in mapping:
        column = mapping.columns["discount"]
        is_rate = _looks_like_a_rate(con, table, column)
        if is_rate and "net_amount" not in mapping and "折" in column:
            raise MappingError("discount.undecidable", place=table.raw.place, column=column)
        if is_rate:
            notes.append(("note.discount_rate", {"column": column}))
    if "cost" in mapping and "profit" in mapping and "net_amount" in mapping:
        query = (
            f"SELECT count(*) FILTER (net_amount - cost <> profit) FROM {table.view} WHERE problems IS NULL"
        )
        (differing,) = con.execute(query).fetchone() or (0,)
        values = {"cost": mapping.columns["cost"], "profit": mapping.columns["profit"], "lines": differing}
        notes.append(("note.cost_and_profit", values))
    return CheckedSource(table, source, is_rate, tuple(notes))


def lines_sql(checked: Sequence[CheckedSource]) -> str:
    """SQL for the invoice lines: the good rows of all sources, the fields that any of them has."""
    mapped = {field for one in checked for field in one.source.mapping.columns}
    fields = [field for field in (*_CARRIED, "order_id", "line_id", "discount") if field in mapped]
    if mapped & {"cost", "profit"}:
        fields.append("cost")
    parts = []
    for one in checked:
        columns = ", ".join(f"{_field_sql(one, field)} AS {field}" for field in fields)
        place = one.table.raw.place.replace("'", "''")
        parts.append(
            f"SELECT '{place}' AS file, row, {_account_sql(one.source.mapping)}, date, {one.net_amount} AS net_amount"
            f"{', ' + columns if columns else ''} FROM {one.table.view} WHERE problems IS NULL"
        )
    return " UNION ALL ".join(parts)


def repeated_lines(
    con: duckdb.DuckDBPyConnection, checked: Sequence[CheckedSource], lines: str
) -> list[RefusedRow]:
    """The rows of the view `lines` whose line_id stands on an earlier row already.

    Raises MappingError `line_id.repeats` where a column guessed to be a key repeats so often that it is none.
    """
    with_key = [one for one in checked if "line_id" in one.source.mapping]
    if not with_key:
        return []
    keys, different = con.execute(
        f"SELECT count(line_id), count(DISTINCT line_id) FROM {lines}"
    ).fetchone() or (0, 0)
    if keys == different:
        return []
    places = [one.table.raw.place for one in checked]
    con.execute(
        "CREATE OR REPLACE TEMP TABLE places AS SELECT unnest(?) AS file, unnest(?) AS place_number",
        [places, list(range(len(places)))],
    )
    repeats = con.execute(f"""
        SELECT file, row, line_id, first_file, first_row FROM (
            SELECT file, place_number, row, line_id, first(file) OVER earlier AS first_file, first(row) OVER earlier AS first_row
            FROM {lines} JOIN places USING (file) WHERE line_id IS NOT NULL
            WINDOW earlier AS (PARTITION BY line_id ORDER BY place_number, row ROWS UNBOUNDED PRECEDING))
        WHERE (file, row) <> (first_file, first_row) ORDER BY place_number, row""").fetchall()
    guessed = next(
        (
            one
            for one in with_key
            if "line_id" in one.source.mapping.guessed and one.source.mapping.columns["line_id"] != "line_id"
        ),
        None,
    )
    if guessed and len(repeats) > MOST_REPEATS_IN_A_GUESS * keys:
        column = guessed.source.mapping.columns["line_id"]
        raise MappingError(
            "line_id.repeats", place=guessed.table.raw.place, column=column, repeats=len(repeats), lines=keys
        )
    by_place = {one.table.raw.place: one for one in with_key}
    cells = {
        place: _cells(con, by_place[place], [row for file, row, *_ in repeats if file == place])
        for place in {one[0] for one in repeats}
    }
    refused = []
    for file, row, key, first_file, first_row in repeats:
        values = {"value": key, "first_file": first_file, "first_row": first_row}
        row_cells, money = cells[file][row]
        refused.append(
            RefusedRow(file, row, (Problem("line_id", key, "line_id.repeated", values),), row_cells, money)
        )
    return refused


def _cells(
    con: duckdb.DuckDBPyConnection, one: CheckedSource, rows: list[int]
) -> dict[int, tuple[tuple[str | None, ...], Any]]:
    raw = one.table.raw
    columns = ", ".join(f"raw.c{at}::VARCHAR" for at in range(len(raw.columns)))
    query = (
        f"SELECT row, {one.net_amount}, {columns} FROM {one.table.view} JOIN {raw.view} raw USING (row) "
        f"WHERE row IN (SELECT unnest(?))"
    )
    return {row: (tuple(cells), money) for row, money, *cells in con.execute(query, [rows]).fetchall()}


def _account_sql(mapping: ColumnMapping) -> str:
    # Per source either the id or the name is the key, never row by row.
    key = "account_id" if "account_id" in mapping else "account_name"
    name = "account_name" if "account_name" in mapping else "NULL::VARCHAR"
    return f"{key} AS account_id, {name} AS account_name"


def _field_sql(one: CheckedSource, field: str) -> str:
    mapping = one.source.mapping
    if field == "cost":
        if "cost" in mapping:
            return "cost"
        return (
            f"try_cast({one.net_amount} - profit AS {_AMOUNT})" if "profit" in mapping else f"NULL::{_AMOUNT}"
        )
    if field not in mapping:
        return f"NULL::{_SQL_TYPES.get(LEDGER.field(field).kind, 'VARCHAR')}"
    if field == "discount" and one.discount_is_rate:
        list_amount = (
            "list_amount"
            if "list_amount" in mapping
            else f"{one.net_amount} / nullif(1 - discount::DOUBLE, 0)"
        )
        return f"try_cast(({list_amount})::DOUBLE * discount::DOUBLE AS {_AMOUNT})"
    return field


def _looks_like_a_rate(con: duckdb.DuckDBPyConnection, table: CheckedTable, column: str) -> bool:
    """All between 0 and 1, and some strictly between: money would hardly be."""
    if any(sign in column.lower() for sign in ("率", "rate", "pct", "percent", "%")):
        return True
    query = (
        f"SELECT coalesce(bool_and(discount BETWEEN 0 AND 1), false) AND count(*) FILTER (discount > 0 AND discount < 1) > 0 "
        f"FROM {table.view} WHERE problems IS NULL"
    )
    return con.execute(query).fetchone() == (True,)
