"""Which rows of a source are good, and what is wrong with each of the others?

One pass of DuckDB over the raw table gives typed columns and, for a row that cannot be right, the list of all its
problems as `field:code`. Good rows become invoice lines; the others are given back with their cells.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from keyaccount.language import message
from keyaccount.ledger.amounts import FOREIGN, amount_sql, unit_of
from keyaccount.ledger.conventions import Conventions, date_column
from keyaccount.ledger.dates import EARLIEST, read_dates
from keyaccount.ledger.fields import Field
from keyaccount.ledger.mapping import ColumnMapping, TableKind
from keyaccount.ledger.raw import RawTable
from keyaccount.ledger.texts import cells_sql, look_over, look_over_column

_TYPES = {"money": "DECIMAL(18, 4)", "quantity": "DECIMAL(18, 6)", "date": "DATE"}
# Unit prices may have more decimals than money; they are multiplied before they are rounded.
_UNIT_PRICE = "DECIMAL(24, 8)"
_MISSING = {
    "account_id": "account.missing",
    "account_name": "account.missing",
    "date": "date.missing",
    "net_amount": "amount.missing",
    "amount": "amount.missing",
}
_UNREADABLE = {"money": "amount.unreadable", "quantity": "quantity.unreadable", "date": "date.unreadable"}
# In the column of accounts only Chinese words tell: there is a company called Total.
_TOTAL_ACCOUNTS = [
    form
    for word in ("合计", "总计", "小计", "本页合计", "累计")
    for form in (word, " ".join(word), "\u3000".join(word), f"{word}:", f"{word}：")
]
_TOTAL_WORDS_SQL = ", ".join(f"'{form}'" for form in _TOTAL_ACCOUNTS)
_TOTAL_WORDS = frozenset(
    ["合计", "总计", "小计", "本页合计", "累计", "total", "subtotal", "grandtotal", "sum"]
)


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field of a row."""

    field: str | None
    """None where the row as a whole is broken."""
    value: str | None
    code: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class RefusedRow:
    """A row of a source that is not taken, with all that is wrong with it and its cells as they stood."""

    place: str
    row: int
    problems: tuple[Problem, ...]
    cells: tuple[str | None, ...]
    amount: Decimal | None
    """Its money where that could be read."""

    def reason(self, lang: str) -> str:
        """All that is wrong, as one text."""
        return ("；" if lang == "zh" else "; ").join(
            message(problem.code, lang, **problem.values) for problem in self.problems
        )

    @property
    def is_total(self) -> bool:
        """A row of totals that an export put among the lines."""
        return self.problems[0].code == "row.total"


@dataclass(frozen=True)
class Refusals:
    """What was kept out of one table."""

    rows: list[RefusedRow]
    blank: int
    """Rows without any cell."""
    all_good: bool
    """Whether every row that reached the check passed it."""


@dataclass(frozen=True)
class CheckedTable:
    """A source's rows, typed: a DuckDB view or table with `row`, a column for each field, `is_bad` and `problems`."""

    raw: RawTable
    view: str
    notes: tuple[tuple[str, dict[str, Any]], ...]
    """What was converted: code and values."""
    all_good: bool = False
    """It is known that no row has a problem, without any having been looked at."""


def check(
    con: duckdb.DuckDBPyConnection,
    raw: RawTable,
    mapping: ColumnMapping,
    kind: TableKind,
    conventions: Conventions,
    *,
    view: str,
    latest: dt.date,
    needed: Sequence[str],
) -> CheckedTable:
    """Type every row of `raw`. `needed` fields must have a value; `latest` is the last date that can be right."""
    reader = _Columns(con, raw, mapping, kind, conventions)
    mapped = [field for field in kind.fields if field.name in mapping]
    typed = [f"{reader.sql(field)} AS {field.name}" for field in mapped]
    empty = [f'{reader.is_empty(field.name)} AS "{field.name} empty"' for field in mapped]
    tests = {f'{name} IS NULL AND "{name} empty"': f"{name}:{_missing(name)}" for name in needed}
    for field in mapped:
        name = field.name
        if not reader.is_always_readable(field):
            tests[f'{name} IS NULL AND NOT "{name} empty"'] = f"{name}:{_UNREADABLE[field.kind]}"
        if name in ("account_id", "account_name"):
            # All of them have this sign. Not `IN`, of which DuckDB makes a join that it carries out for any question.
            tests[f"contains({name}, '计') AND list_contains([{_TOTAL_WORDS_SQL}], {name})"] = (
                f"{name}:row.total"
            )
        if field.kind == "date":
            tests[f"{name} NOT BETWEEN DATE '{EARLIEST}' AND DATE '{latest}'"] = f"{name}:date.outside"
    excluded = ", ".join(f'"{field.name} empty"' for field in mapped)
    problems = ", ".join(f"CASE WHEN {test} THEN '{code}' END" for test, code in tests.items())
    query = (
        f"SELECT * EXCLUDE ({excluded}), coalesce({' OR '.join(f'({test})' for test in tests)}, false) AS is_bad, "
        f"list_filter([{problems}], lambda x: x IS NOT NULL) AS problems "
        f"FROM (SELECT row, {', '.join([*typed, *empty])} FROM {reader.cells()} r {reader.joins()})"
    )
    # Texts are parsed once and kept; typed columns cost less to read again than to keep.
    what = "TABLE" if reader.parses_text else "VIEW"
    con.execute(f"CREATE {what} {view} AS {query}")
    all_good = not reader.parses_text and _all_good(reader, mapped, needed, latest)
    return CheckedTable(raw, view, tuple(reader.notes), all_good)


def _all_good(reader: "_Columns", mapped: Sequence[Field], needed: Sequence[str], latest: dt.date) -> bool:
    """Whether every row must be right: each test is asked by itself, which the minima and maxima of a file answer."""
    tests = []
    for field in mapped:
        cell, sql_type, _ = reader.cell(field.name)
        cell = cell.removeprefix("r.")
        if not reader.is_always_readable(field):
            outside = reader.outside(field)
            if outside is None:
                return False
            tests += outside
        if field.name in ("account_id", "account_name"):
            told = reader.texts.get(cell)
            if sql_type != "VARCHAR" or not told or (field.name in needed and not told.is_plain):
                return False
            # Blanks around it would hide a word; the sign that all of them have costs a tenth of the pattern.
            words = f"contains({cell}, '计') AND regexp_matches({cell}, '{'|'.join(_TOTAL_ACCOUNTS)}')"
            tests.append(f"{cell} IN ({_TOTAL_WORDS_SQL})" if told.is_plain else words)
        if field.kind == "date":
            tests += [f"{cell} < DATE '{EARLIEST}'", f"{cell} >= DATE '{latest + dt.timedelta(days=1)}'"]
        if field.name in needed:
            tests.append(f"{cell} IS NULL")
    view = reader.raw.view
    return all(
        reader.con.execute(f"SELECT 1 FROM {view} WHERE {test} LIMIT 1").fetchone() is None for test in tests
    )


def refused_rows(
    con: duckdb.DuckDBPyConnection,
    checked: CheckedTable,
    mapping: ColumnMapping,
    *,
    amount: str | None,
) -> "Refusals":
    """The rows with problems, in the order of the file; blank rows are passed over.

    `amount` is the typed column whose money a refused row takes with it.
    """
    raw = checked.raw
    if checked.all_good and not raw.malformed:
        return Refusals([], raw.blank_rows, all_good=True)
    columns = ", ".join(f"raw.c{at}::VARCHAR" for at in range(len(raw.columns)))
    # First the few that are bad, by themselves, so that good rows are not joined to their cells.
    bad_rows = f"{checked.view}_bad"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {bad_rows} AS SELECT row, problems, {amount or 'NULL'} AS money "
        f"FROM {checked.view} WHERE is_bad"
    )
    (bad,) = con.execute(f"SELECT count(*) FROM {bad_rows}").fetchone() or (0,)
    cursor = con.execute(
        f"SELECT bad.*, {columns} FROM {bad_rows} bad JOIN {raw.view} raw USING (row)"
        if bad
        else f"SELECT * FROM {bad_rows}"
    )
    refused = [
        RefusedRow(raw.place, one.row, (Problem(None, None, one.code, one.values),), one.cells, None)
        for one in raw.malformed
    ]
    blank = raw.blank_rows
    while rows := cursor.fetchmany(10_000):
        for row, codes, money, *cells in rows:
            if not any(cell and cell.strip() for cell in cells):
                blank += 1
                continue
            problems = tuple(_problem(code, raw, mapping, cells) for code in codes)
            if _is_total(cells, problems):
                problems = (Problem(None, None, "row.total", {}),)
            refused.append(RefusedRow(raw.place, row, problems, tuple(cells), money))
    return Refusals(sorted(refused, key=lambda one: one.row), blank, all_good=not bad)


def _problem(code: str, raw: RawTable, mapping: ColumnMapping, cells: Sequence[str | None]) -> Problem:
    field, code = code.split(":", 1)
    column = mapping.columns.get(field)
    value = cells[raw.columns.index(column)] if column else None
    if code == "amount.unreadable" and value and re.search("|".join(FOREIGN.values()), value, re.IGNORECASE):
        code = "amount.foreign"
    return Problem(field, value, code, {"column": column or field, "value": value or ""})


def _is_total(cells: Sequence[str | None], problems: Sequence[Problem]) -> bool:
    """A row of totals: it says so where the account should be, or anywhere while something needed is missing."""
    if any(problem.code == "row.total" for problem in problems):
        return True
    says_so = any("".join((cell or "").lower().split()).strip(":：") in _TOTAL_WORDS for cell in cells)
    return says_so and any(problem.code.endswith(".missing") for problem in problems)


class _Columns:
    """SQL for the typed columns of one raw table."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        raw: RawTable,
        mapping: ColumnMapping,
        kind: TableKind,
        conventions: Conventions,
    ) -> None:
        self.con, self.raw, self.mapping, self.conventions = con, raw, mapping, conventions
        self.notes: list[tuple[str, dict[str, Any]]] = []
        self.date_tables: dict[str, str] = {}
        self.parses_text = False
        used = sorted({raw.columns.index(column) for column in mapping.columns.values()})
        numbers = {
            f"c{raw.columns.index(mapping.columns[field.name])}"
            for field in kind.fields
            if field.kind in ("money", "quantity") and field.name in mapping
        }
        texts = [f"c{at}" for at in used if raw.types[at] == "VARCHAR"]
        if len(texts) == len(used):
            self.texts = look_over(con, raw.view, texts, numbers)
        else:
            # A source with types can be scanned column by column.
            self.texts = {
                name: look_over(con, raw.view, [name], numbers)[name]
                if name in numbers
                else look_over_column(con, raw.view, name)
                for name in texts
            }
        self.others = [f"c{at}" for at in used if raw.types[at] != "VARCHAR"]

    def cell(self, field: str) -> tuple[str, str, str]:
        """The raw column of a field, its DuckDB type, its header."""
        column = self.mapping.columns[field]
        at = self.raw.columns.index(column)
        return f"r.c{at}", self.raw.types[at], column

    def sql(self, field: Field) -> str:
        cell, sql_type, column = self.cell(field.name)
        match field.kind:
            case "id" | "text":
                is_key = field.name == "account_name" and "account_id" not in self.mapping
                return self._text_sql(cell, sql_type, is_id=field.kind == "id" or is_key)
            case "date":
                return self._date_sql(field.name, cell, column)
        if self.is_always_readable(field):
            return f"{cell}::{_UNIT_PRICE if field.name == 'unit_price' else _TYPES[field.kind]}"
        is_text = sql_type == "VARCHAR"
        self.parses_text |= is_text
        own_type = _UNIT_PRICE if field.name == "unit_price" else _TYPES[field.kind]
        amount = amount_sql(
            cell,
            own_type,
            (self.conventions.decimal_mark or "point") if is_text else "point",
            plain=not is_text or self.texts[cell.removeprefix("r.")].plain_numbers,
            typed_cells=self.raw.typed_cells,
            own_currency=self.conventions.currencies.get(field.name, ""),
        )
        if field.name == "discount" and is_text:
            amount = self._discount_sql(cell, amount)
        unit = unit_of(column) if field.kind == "money" else 1
        if unit > 1:
            self.notes.append(("note.unit", {"column": column, "unit": unit}))
            amount = f"try_cast(({amount.replace(own_type, 'DECIMAL(24, 10)')}) * {unit} AS {own_type})"
        return amount

    def is_always_readable(self, field: Field) -> bool:
        """Whether every value of the column's type is one of the field, so that nothing need be tried."""
        _, sql_type, column = self.cell(field.name)
        if field.kind in ("id", "text"):
            return True
        if field.kind == "date":
            return date_column(self.raw, column) is None
        if unit_of(column) > 1:
            return False
        if sql_type in ("TINYINT", "SMALLINT", "INTEGER"):
            return True
        match = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", sql_type)
        digits, places = (14, 4) if field.kind == "money" else (12, 6)
        return match is not None and int(match[2]) <= places and int(match[1]) - int(match[2]) <= digits

    def outside(self, field: Field) -> list[str] | None:
        """Tests that a number of the column's type passes which is too large for the field; None: there is more to it."""
        cell, sql_type, column = self.cell(field.name)
        cell = cell.removeprefix("r.")
        digits = 14 if field.kind == "money" else 12
        match = re.fullmatch(r"BIGINT|DOUBLE|DECIMAL\((\d+),(\d+)\)", sql_type)
        if field.kind not in ("money", "quantity") or not match or unit_of(column) > 1:
            return None
        if match[1] and int(match[1]) - int(match[2]) < digits:
            return []
        # One less than there is room for, since digits too many are rounded.
        limit = f"{10**digits - 1}::{sql_type}"
        return [f"{cell} >= {limit}", f"{cell} <= -({limit})"]

    def _discount_sql(self, cell: str, amount: str) -> str:
        """A discount may be written as `20%`."""
        share = amount.replace(cell, f"replace({cell}, '%', '')")
        return f"CASE WHEN contains({cell}, '%') THEN ({share} / 100)::{_TYPES['money']} ELSE {amount} END"

    def _text_sql(self, cell: str, sql_type: str, *, is_id: bool) -> str:
        if sql_type in ("DOUBLE", "FLOAT") and is_id:
            # A whole number read as float loses its `.0`.
            return f"CASE WHEN {cell} = floor({cell}) AND abs({cell}) < 1e15 THEN {cell}::BIGINT::VARCHAR ELSE {cell}::VARCHAR END"
        if sql_type.startswith("DECIMAL") and is_id:
            return f"regexp_replace({cell}::VARCHAR, '\\.0+$', '')"
        if sql_type != "VARCHAR":
            return f"{cell}::VARCHAR"
        if is_id and not self.texts[cell.removeprefix("r.")].is_plain:
            return f"CASE WHEN {cell} LIKE '%.0%' THEN regexp_replace({cell}, '^(-?\\d+)\\.0+$', '\\1') ELSE {cell} END"
        return cell

    def _date_sql(self, field: str, cell: str, column: str) -> str:
        text = date_column(self.raw, column)
        if text is None:
            return f"{cell}::DATE"
        self.parses_text = True
        # Each different cell is understood once; a ledger of millions of lines has few different dates.
        cells = f"{self.raw.view}_{field}_cells"
        self.con.execute(
            f"CREATE TABLE {cells} AS SELECT cell, date_text(cell) AS text FROM "
            f"(SELECT DISTINCT cell_of_trimmed(cell_trimmed(t)) AS cell FROM (SELECT DISTINCT {text} AS t FROM {self.raw.view})) "
            f"WHERE cell IS NOT NULL"
        )
        texts = [one for (one,) in self.con.execute(f"SELECT DISTINCT text FROM {cells}").fetchall()]
        days = {one: day for one, day in read_dates(texts, self.conventions.date_order).items() if day}
        name = f"{self.raw.view}_{field}"
        self.con.register(
            f"{name}_arrow",
            pa.table({"text": pa.array(days, pa.string()), "day": pa.array(days.values(), pa.date32())}),
        )
        self.con.execute(
            f"CREATE TABLE {name} AS SELECT cell, day FROM {cells} JOIN {name}_arrow USING (text)"
        )
        self.con.unregister(f"{name}_arrow")
        self.date_tables[name] = f"LEFT JOIN {name} ON r.{text} = {name}.cell"
        return f"{name}.day"

    def joins(self) -> str:
        return " ".join(self.date_tables.values())

    def is_empty(self, field: str) -> str:
        """SQL that is true where the raw cell of a field is empty (not merely unreadable)."""
        return f"{self.cell(field)[0]} IS NULL"

    def cells(self) -> str:
        """The raw columns that hold fields, texts trimmed once, here, and NULL where empty."""
        return cells_sql(self.raw.view, self.texts, self.others)


def _missing(field: str) -> str:
    return _MISSING.get(field, "cell.missing")
