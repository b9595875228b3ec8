"""What amount does a text mean: `1,963.10`, `¥1,963.10`, `(1,963.10)`, `１，９６３．１０`, `1963.10-`, `1.963,10`?

Written as DuckDB SQL, since ledgers have millions of them. Whether the comma marks thousands or decimals is decided
from the whole column: decimals only where some amount proves it and none disproves it.
"""

import re
from typing import Literal

import duckdb

DecimalMark = Literal["point", "comma"]
MARKS: tuple[DecimalMark, ...] = ("point", "comma")

# Full-width digits and signs, and the many dashes that stand for a minus.
_WIDE, _NARROW = "０１２３４５６７８９．，－−–—＋（）￥", "0123456789.,----+()¥"
_YUAN_BEFORE, _YUAN_BEHIND = "¥|RMB|CNY|人民币", "元整?|圆|RMB|CNY"
YUAN = "[¥￥元圆]|RMB|CNY|人民币"
FOREIGN = {"$": r"\$|USD|US\$|美元", "€": "€|EUR|欧元", "£": "£|GBP|英镑"}
"""Currencies that count as the company's own only where every amount of a source bears them."""

# On amounts without sign and currency.
_POINT_PROOF = r"\d{1,3}(,\d{3})+\.\d*|\d*\.(\d{1,2}|\d{4,})|\d{1,3}(,\d{3}){2,}|\d{4,}\.\d+"
_COMMA_PROOF = r"\d{1,3}(\.\d{3})+,\d*|\d*,(\d{1,2}|\d{4,})|\d{1,3}(\.\d{3}){2,}|\d{4,},\d+"
_POINT_AMOUNT = r"(\d{1,3}(,\d{3})+|\d+)(\.\d*)?|\.\d+"
_COMMA_AMOUNT = r"(\d{1,3}(\.\d{3})+|\d+)(,\d*)?|,\d+"

_UNITS = {
    "万元": 10_000,
    "万": 10_000,
    "千元": 1_000,
    "千": 1_000,
    "百万元": 1_000_000,
    "百万": 1_000_000,
    "亿元": 100_000_000,
    "亿": 100_000_000,
}


def define_macros(con: duckdb.DuckDBPyConnection) -> None:
    """The SQL macros that `amount_sql` and the proofs are made of."""
    # Currency goes at either end only, blanks and apostrophes only where they part thousands: `10 20` is no amount.
    con.execute(rf"""
        CREATE OR REPLACE MACRO amount_ends(x) AS regexp_replace(regexp_replace(trim(translate(x, '{_WIDE}', '{_NARROW}')),
            '^([-+(]?)\s*(?:{_YUAN_BEFORE})\s*', '\1', 'i'), '\s*(?:{_YUAN_BEHIND})\s*([-)]?)$', '\1', 'i');
        CREATE OR REPLACE MACRO amount_plain(x) AS CASE
            WHEN regexp_full_match(amount_ends(x), '[-+(]?\d{{1,3}}([\s\x{{a0}}'']\d{{3}})+([.,]\d*)?[-)]?')
            THEN regexp_replace(amount_ends(x), '[\s\x{{a0}}'']', '', 'g') ELSE amount_ends(x) END;
        CREATE OR REPLACE MACRO amount_is_negative(p) AS p LIKE '-%' OR p LIKE '%-' OR p LIKE '(%)';
        CREATE OR REPLACE MACRO amount_digits(p) AS trim(CASE
            WHEN p LIKE '(%)' THEN p[2:-2] WHEN p LIKE '-%' OR p LIKE '+%' THEN p[2:] WHEN p LIKE '%-' THEN p[:-2] ELSE p END);
        CREATE OR REPLACE MACRO amount_proves_point(x) AS regexp_full_match(amount_digits(amount_plain(x)), '{_POINT_PROOF}');
        CREATE OR REPLACE MACRO amount_proves_comma(x) AS regexp_full_match(amount_digits(amount_plain(x)), '{_COMMA_PROOF}');
    """)


def amount_sql(
    column: str,
    sql_type: str,
    decimal_mark: DecimalMark,
    *,
    plain: bool,
    typed_cells: bool = False,
    own_currency: str = "",
) -> str:
    """SQL for the amount in `column` as `sql_type`; NULL where it cannot be read as one.

    Parameters
    ----------
    plain : a number type, or text in which every cell is a number as databases write it.
    typed_cells : a workbook, whose number cells come with a point whatever its texts use.
    own_currency : key of `FOREIGN` that every amount bears.
    """
    cast = f"try_cast({column} AS {sql_type})"
    if plain and (decimal_mark == "point" or typed_cells):
        return cast
    if own_currency:
        column = f"regexp_replace({column}, '{FOREIGN[own_currency]}', '', 'i')"
    digits = f"amount_digits(amount_plain({column}))"
    shape, thousands = (_POINT_AMOUNT, ",") if decimal_mark == "point" else (_COMMA_AMOUNT, ".")
    number = f"replace({digits}, '{thousands}', '')"
    if decimal_mark == "comma":
        number = f"replace({number}, ',', '.')"
    size = f"CASE WHEN regexp_full_match({digits}, '{shape}') THEN try_cast({number} AS {sql_type}) END"
    read = f"CASE WHEN amount_is_negative(amount_plain({column})) THEN -({size}) ELSE {size} END"
    if decimal_mark == "comma" and not typed_cells:
        return read  # here the cast would misread `1.963`
    # The cast reads `1.5e3` as well, but would take `1_000` for a thousand.
    return f"coalesce(CASE WHEN NOT contains({column}, '_') THEN {cast} END, {read})"


def unit_of(header: str) -> int:
    """What an amount under `header` is to be multiplied with: `销售额(万元)` → 10,000."""
    match = re.search(r"[(（\[]\s*(百万元|百万|万元|万|千元|千|亿元|亿)\s*[)）\]]", header)
    return _UNITS[match[1]] if match else 1
