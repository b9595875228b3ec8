"""Which text columns need care before their cells can be used, and what care?

Trimming, marks for "nothing" and thousands separators cost more than reading the file, and most columns have none of
them: one cheap look over each column tells which do.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import duckdb

BLANKS = " \t\r\n\u3000\u00a0\ufeff\u200b"
NOTHING = (
    "-",
    "—",
    "null",
    "NULL",
    "Null",
    "nan",
    "NaN",
    "NAN",
    "none",
    "None",
    "NONE",
    "#N/A",
    "N/A",
    "n/a",
    r"\N",
)
LONGEST_MARK = max(len(mark.encode()) for mark in NOTHING)
# Not `IN`: of a list as long as this DuckDB makes a join, which it carries out even where nobody asks for the answer.
_IS_MARK = "strlen({0}) <= {1} AND list_contains([{2}], {0})"

# Blanks at either end, or in front an apostrophe or `="…"`, by which spreadsheets are told that this is text.
_TOUCHED = r"^[\s\x{3000}\x{a0}\x{feff}\x{200b}''=]|[\s\x{3000}\x{a0}\x{feff}\x{200b}]$"
_TIME_OF_DAY = (
    r"([T\s]+|\s*(上午|下午)\s*)\d{1,2}[:：]\d{2}(:\d{2}([.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2}|AM|PM|上午|下午)?$"
)


@dataclass(frozen=True)
class TextColumn:
    """What one look over a text column tells."""

    needs_care: bool
    """Some cell has blanks around it, an apostrophe in front, or a mark for "nothing"."""
    plain_numbers: bool
    """Every cell is empty or a number as databases write it."""
    is_plain: bool = False
    """No cell is empty or need be changed in any way, so that the column can be used as it is."""


def define_macros(con: duckdb.DuckDBPyConnection) -> None:
    """SQL macros: `cell_nothing(t)` of a trimmed text; `date_text(t)`: a text without its time of day."""
    con.execute(rf"""
        CREATE OR REPLACE MACRO cell_trimmed(x) AS trim(x, '{BLANKS}');
        CREATE OR REPLACE MACRO cell_of_trimmed(t) AS CASE
            WHEN t = '' OR ({_is_mark("t")}) THEN NULL
            WHEN starts_with(t, '''') AND t[2] IN ('=', '+', '-', '@') THEN t[2:]
            WHEN t LIKE '="%"' THEN t[3:-2]
            ELSE t END;
        CREATE OR REPLACE MACRO date_text(t) AS
            regexp_replace(translate(t, '０１２３４５６７８９．－／', '0123456789.-/'), '{_TIME_OF_DAY}', '');
    """)


def look_over(
    con: duckdb.DuckDBPyConnection, view: str, columns: Sequence[str], numbers: Collection[str]
) -> dict[str, TextColumn]:
    """Look over the text `columns` of `view`; `numbers` are those that hold numbers."""
    if not columns:
        return {}
    tests = [f"bool_or({_may_be_touched(column)})" for column in columns]
    row = con.execute(f"SELECT {', '.join(tests)} FROM {view}").fetchone() or ()
    doubtful = [column for column, doubt in zip(columns, row, strict=True) if doubt]
    touched = _all_or_nothing(
        con, view, {name: f"({_is_mark(name)}) OR regexp_matches({name}, '{_TOUCHED}')" for name in doubtful}
    )
    odd = _all_or_nothing(
        con,
        view,
        {
            name: f"{name} <> '' AND (try_cast({name} AS DECIMAL(18, 4)) IS NULL OR contains({name}, '_'))"
            for name in columns
            if name in numbers
        },
    )
    return {name: TextColumn(needs_care=name in touched, plain_numbers=name not in odd) for name in columns}


def _is_mark(text: str) -> str:
    return _IS_MARK.format(text, LONGEST_MARK, ", ".join(f"'{mark}'" for mark in NOTHING))


def look_over_column(con: duckdb.DuckDBPyConnection, view: str, column: str) -> TextColumn:
    """Look over one text column of a source that keeps minima and maxima, which answer most of the tests."""
    for test in _tests(column):
        if con.execute(f"SELECT 1 FROM {view} WHERE {test} LIMIT 1").fetchone():
            return look_over(con, view, [column], ())[column]
    return TextColumn(needs_care=False, plain_numbers=False, is_plain=True)


def _tests(column: str) -> list[str]:
    """What `_may_be_touched` tests, but exact for Chinese names; and whether `.0` is in it.

    Each by itself: DuckDB answers comparisons from minima and maxima, and the rest once for each different text.
    """
    marks = ", ".join(f"'{mark}'" for mark in NOTHING)  # `IN`, which minima and maxima answer
    starts = " OR ".join(f"starts_with({column}, '{blank}')" for blank in BLANKS if blank >= "\u00a0")
    ends = " OR ".join(f"ends_with({column}, '{blank}')" for blank in BLANKS)
    return [
        f"{column} < '0'",
        f"{column} IN ({marks})",
        f"{column} >= '=' AND {column} < '>'",
        f"{column} >= '\u00a0' AND ({starts})",
        f"{ends} OR contains({column}, '.0')",
    ]


def _all_or_nothing(con: duckdb.DuckDBPyConnection, view: str, tests: Mapping[str, str]) -> set[str]:
    """The columns for which some cell passes its test."""
    if not tests:
        return set()
    row = con.execute(
        f"SELECT {', '.join(f'bool_or({test})' for test in tests.values())} FROM {view}"
    ).fetchone()
    return {name for name, passed in zip(tests, row or (), strict=True) if passed}


def _may_be_touched(column: str) -> str:
    """A test that costs a fraction of the exact one and never misses what that finds."""
    ends = " OR ".join(f"ends_with({column}, '{blank}')" for blank in BLANKS)
    return f"({_is_mark(column)}) OR {column} < '0' OR {column} >= '\u00a0' OR starts_with({column}, '=') OR {ends}"


def cells_sql(view: str, texts: dict[str, TextColumn], others: Sequence[str]) -> str:
    """SQL for `row`, the text columns (trimmed, NULL where empty) and the `others` as they are."""
    trimmed = [f"cell_trimmed({name}) AS {name}" if one.needs_care else name for name, one in texts.items()]
    cells = [_cell_sql(name, one) for name, one in texts.items()]
    # Two steps, or DuckDB trims once for every time that the macro names its argument.
    inner = f"(SELECT {', '.join(['row', *trimmed, *others])} FROM {view})"
    return f"(SELECT {', '.join(['row', *cells, *others])} FROM {inner})"


def _cell_sql(name: str, one: TextColumn) -> str:
    if one.is_plain:
        return name
    return f"cell_of_trimmed({name}) AS {name}" if one.needs_care else f"nullif({name}, '') AS {name}"
