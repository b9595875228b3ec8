"""How do checked rows of several sources become one table of invoice lines?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    """Its view has `money` beside the fields: the net amount of the line, read or worked out."""
    source: Source
    source_number: int
    discount: "Discount"
    notes: tuple[tuple[str, dict[str, Any]], ...]
    all_good: bool = False
    """No row need be kept out any more."""


@dataclass(frozen=True)
class Discount:
    """What a source's discount column holds."""

    is_rate: bool = False
    in_percent: bool = False
    """A rate written as 20 for a fifth."""

    @property
    def rate(self) -> str:
        """SQL for the part of the price that is taken off."""
        return f"coalesce(discount, 0)::DOUBLE{' / 100' if self.in_percent else ''}"


def understood(
    con: duckdb.DuckDBPyConnection, table: CheckedTable, source: Source, source_number: int
) -> CheckedSource:
    """Work out the money of each line; decide what only the values can tell.

    Whether a discount is money or a rate; whether cost and profit agree.

    Raises MappingError `discount.undecidable`, `discount.mixed` where the amount depends on a discount that may mean
    several things.
    """
    mapping = source.mapping
    notes = list(table.notes)
    net = mapping.columns.get("net_amount", "")
    if "价税合计" in net or ("含税" in net and "不含税" not in net):
        notes.append(("note.with_tax", {"column": net}))
    discount = Discount()
    if "discount" in mapping:
        discount = _discount(con, table, mapping)
        if discount.is_rate:
            notes.append(("note.discount_rate", {"column": mapping.columns["discount"]}))
    if {"cost", "profit", "net_amount"} <= set(mapping.columns):
        query = f"SELECT count(*) FILTER (net_amount - cost <> profit) FROM {table.view} WHERE NOT is_bad"
        (differing,) = con.execute(query).fetchone() or (0,)
        values = {"cost": mapping.columns["cost"], "profit": mapping.columns["profit"], "lines": differing}
        notes.append(("note.cost_and_profit", values))
    view = f"{table.view}_money"
    con.execute(
        f"CREATE VIEW {view} AS SELECT * EXCLUDE (is_bad, problems), is_bad OR money IS NULL AS is_bad, "
        f"CASE WHEN NOT is_bad AND money IS NULL THEN ['quantity:amount.too_large'] ELSE problems END AS problems "
        f"FROM (SELECT *, {_money_sql(mapping, discount)} AS money FROM {table.view})"
    )
    # An amount that is worked out may turn out too large.
    table = replace(table, view=view, all_good=table.all_good and "net_amount" in mapping)
    return CheckedSource(table, source, source_number, discount, tuple(notes))


def _money_sql(mapping: ColumnMapping, discount: Discount) -> str:
    """SQL for the net amount of a line: the column, or quantity × unit price less discount."""
    if "net_amount" in mapping:
        return "net_amount"
    # DuckDB multiplies decimals of up to 18 digits in 64 bits, which a large order overflows.
    gross = "CASE WHEN abs(quantity::DOUBLE * unit_price::DOUBLE) < 1e15 THEN quantity::DECIMAL(28, 6) * unit_price END"
    if "discount" not in mapping:
        return f"try_cast({gross} AS {_AMOUNT})"
    if discount.is_rate:
        return f"try_cast(({gross})::DOUBLE * (1 - {discount.rate}) AS {_AMOUNT})"
    return f"try_cast({gross} - coalesce(discount, 0) AS {_AMOUNT})"


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
            f"SELECT '{place}' AS file, row, {_account_sql(one.source.mapping)}, date, money AS net_amount"
            f"{', ' + columns if columns else ''} FROM {one.table.view}{'' if one.all_good else ' WHERE NOT is_bad'}"
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
        "CREATE OR REPLACE TEMP TABLE places AS SELECT unnest(?) AS file, unnest(?) AS place_number, unnest(?) AS source",
        [places, list(range(len(places))), [one.source_number for one in checked]],
    )
    repeats = con.execute(f"""
        SELECT file, row, line_id, first_file, first_row FROM (
            SELECT file, place_number, row, line_id, first(file) OVER earlier AS first_file, first(row) OVER earlier AS first_row
            FROM {lines} JOIN places USING (file) WHERE line_id IS NOT NULL
            WINDOW earlier AS (PARTITION BY source, line_id ORDER BY place_number, row ROWS UNBOUNDED PRECEDING))
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
        f"SELECT row, money, {columns} FROM {one.table.view} JOIN {raw.view} raw USING (row) "
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
        return f"try_cast(money - profit AS {_AMOUNT})" if "profit" in mapping else f"NULL::{_AMOUNT}"
    if field not in mapping:
        return f"NULL::{_SQL_TYPES.get(LEDGER.field(field).kind, 'VARCHAR')}"
    if field == "discount" and one.discount.is_rate:
        rate = one.discount.rate
        list_amount = "list_amount" if "list_amount" in mapping else f"money / nullif(1 - {rate}, 0)"
        return f"try_cast(({list_amount})::DOUBLE * {rate} AS {_AMOUNT})"
    if field == "unit_price":
        return f"try_cast(unit_price AS {_AMOUNT})"
    return field


def _discount(con: duckdb.DuckDBPyConnection, table: CheckedTable, mapping: ColumnMapping) -> Discount:
    column = mapping.columns["discount"]
    cell = f"raw.c{table.raw.columns.index(column)}::VARCHAR"
    query = (
        f"SELECT count(*) FILTER (contains({cell}, '%')), count(*) FILTER (discount <> 0 AND NOT contains({cell}, '%')), "
        f"min(discount), max(discount), count(*) FILTER (discount > 0 AND discount < 1) "
        f"FROM {table.view} JOIN {table.raw.view} raw USING (row) WHERE NOT is_bad"
    )
    percents, bare, least, most, fractions = con.execute(query).fetchone() or (0, 0, None, None, 0)
    by_name = any(sign in column.lower() for sign in ("率", "rate", "pct", "percent", "%"))
    needed = "net_amount" not in mapping
    if least is None:
        return Discount()
    if percents and bare and needed:
        raise MappingError(
            "discount.mixed", place=table.raw.place, column=column, percents=percents, bare=bare
        )
    if percents or (by_name and most <= 1) or (least >= 0 and most <= 1 and fractions):
        # 0.8 under 折扣 may mean 80% to pay or 80% off; `80%` under it likewise.
        if needed and "折" in column:
            raise MappingError("discount.undecidable", place=table.raw.place, column=column)
        return Discount(is_rate=True)
    if by_name:
        if needed and (most > 100 or least < 0 or "折" in column):
            raise MappingError("discount.undecidable", place=table.raw.place, column=column)
        return Discount(is_rate=True, in_percent=True)
    return Discount()
