"""What amount does a text mean: `1,963.10`, `¥1,963.10`, `(1,963.10)`, `１，９６３．１０`, `1963.10-`, `1.963,10`?

Written as DuckDB SQL, since ledgers have millions of them. Whether the comma marks thousands or decimals is decided
from the whole column: decimals only where some amount proves it and none disproves it.
"""

import re
from typing import Literal

import duckdb

DecimalMark = Literal["point", "comma"]

# Full-width digits and signs, and the many dashes that stand for a minus.
_WIDE, _NARROW = "０１２３４５６７８９．，－−–—＋（）￥", "0123456789.,----+()¥"
_DECORATION = r"[\s'\x{a0}\x{3000}¥$€£]|元|圆|人民币|RMB|CNY|USD|EUR"

# On amounts without sign and decoration.
_POINT_PROOF = r"\d{1,3}(,\d{3})+\.\d*|\d*\.(\d{1,2}|\d{4,})|\d{1,3}(,\d{3}){2,}|\d{4,}\.\d+"
_COMMA_PROOF = r"\d{1,3}(\.\d{3})+,\d*|\d*,(\d{1,2}|\d{4,})|\d{1,3}(\.\d{3}){2,}|\d{4,},\d+"
_POINT_AMOUNT = r"(\d{1,3}(,\d{3})+|\d+)(\.\d*)?|\.\d+"
_COMMA_AMOUNT = r"(\d{1,3}(\.\d{3})+|\d+)(,\d*)?|,\d+"

_UNITS = {"万元": 10_000, "千元": 1_000, "百万元": 1_000_000, "亿元": 100_000_000}


def define_macros(con: duckdb.DuckDBPyConnection) -> None:
    """The SQL macros that `amount_sql` and the proofs are made of."""
    con.execute(f"""
        CREATE OR REPLACE MACRO amount_plain(x) AS regexp_replace(translate(x, '{_WIDE}', '{_NARROW}'), '{_sql(_DECORATION)}', '', 'gi');
        CREATE OR REPLACE MACRO amount_is_negative(p) AS p LIKE '-%' OR p LIKE '%-' OR p LIKE '(%)';
        CREATE OR REPLACE MACRO amount_digits(p) AS CASE
            WHEN p LIKE '(%)' THEN p[2:-2] WHEN p LIKE '-%' OR p LIKE '+%' THEN p[2:] WHEN p LIKE '%-' THEN p[:-2] ELSE p END;
        CREATE OR REPLACE MACRO amount_proves_point(x) AS regexp_full_match(amount_digits(amount_plain(x)), '{_sql(_POINT_PROOF)}');
        CREATE OR REPLACE MACRO amount_proves_comma(x) AS regexp_full_match(amount_digits(amount_plain(x)), '{_sql(_COMMA_PROOF)}');
    """)


def amount_sql(column: str, sql_type: str, decimal_mark: DecimalMark, *, is_text: bool) -> str:
    """SQL for the amount in `column` as `sql_type`; NULL where it cannot be read as one."""
    fast = f"try_cast({column} AS {sql_type})"
    if not is_text:
        return fast
    digits = f"amount_digits(amount_plain({column}))"
    shape, thousands = (_POINT_AMOUNT, ",") if decimal_mark == "point" else (_COMMA_AMOUNT, ".")
    plain = f"replace({digits}, '{thousands}', '')"
    if decimal_mark == "comma":
        plain = f"replace({plain}, ',', '.')"
    size = f"CASE WHEN regexp_full_match({digits}, '{_sql(shape)}') THEN try_cast({plain} AS {sql_type}) END"
    slow = f"CASE WHEN amount_is_negative(amount_plain({column})) THEN -({size}) ELSE {size} END"
    # Most amounts need no care; in a column of decimal commas the cast would misread `1.963`.
    return f"coalesce({fast}, {slow})" if decimal_mark == "point" else slow


def unit_of(header: str) -> int:
    """What an amount under `header` is to be multiplied with: `销售额(万元)` → 10,000."""
    match = re.search(r"[(（\[]\s*(百万元|万元|千元|亿元)\s*[)）\]]", header)
    return _UNITS[match[1]] if match else 1


def _sql(text: str) -> str:
    return text.replace("'", "''")
