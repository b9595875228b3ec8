"""How are shares of money compared exactly? As whole ten-thousandths; in float64 an account at the line slips in."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

import numpy as np
import pyarrow as pa

UNITS = 10_000
"""Money is kept to the fourth decimal."""

TOTAL_TYPE = pa.decimal128(38, 4)
# Sums of a column below this stay clear of int64's end when two are added or one is doubled.
_ROOM = 2**60
_END = 2**63
# A sum may have more digits than the 28 of Python's usual context.
_EXACT = Context(prec=60)


@dataclass(frozen=True)
class Money:
    """A column of money in whole ten-thousandths."""

    units: Any
    """int64, or Python's whole numbers where the amounts are too large for those; 0 where unknown."""
    known: Any
    """Where the column is not null."""


def money_of(column: Any) -> Money:
    """An Arrow column of decimals with four places."""
    array = whole(column).cast(TOTAL_TYPE)
    known = _known(array)
    if not len(array):
        return Money(np.zeros(0, np.int64), known)
    # A decimal of Arrow is a whole number of 128 bits, its lower half first.
    halves = np.frombuffer(array.buffers()[1], np.int64)[2 * array.offset : 2 * (array.offset + len(array))]
    units, high = np.ascontiguousarray(halves[::2]), halves[1::2]
    fits = units >> 63 == high
    if array.null_count:
        units, fits = np.where(known, units, 0), fits | ~known
    # Floating point will do to see whether there is room for the sum, of which only an eighth is used.
    if not fits.all() or np.abs(units.astype(np.float64)).sum() >= _ROOM:
        units = np.array([units_of(one) if one is not None else 0 for one in array.to_pylist()], object)
    return Money(units, known)


def decimals(units: Any, known: Any | None = None) -> pa.Array:
    """An Arrow column of decimals with four places; null where not known."""
    if units.dtype == object:
        return pa.array(
            [decimal_of(one) if known is None or known[at] else None for at, one in enumerate(units)],
            TOTAL_TYPE,
        )
    halves = np.empty((len(units), 2), np.int64)
    halves[:, 0], halves[:, 1] = units, units >> 63
    validity = None if known is None else pa.array(np.asarray(known)).buffers()[1]
    return pa.Array.from_buffers(TOTAL_TYPE, len(units), [validity, pa.py_buffer(halves)])


def decimal_of(units: int) -> Decimal:
    """A whole number of ten-thousandths as money."""
    return _EXACT.scaleb(Decimal(int(units)), -4)


def units_of(amount: Decimal) -> int:
    """Money as a whole number of ten-thousandths."""
    return int(_EXACT.scaleb(amount, 4))


def total(units: Any) -> int:
    """The sum, as Python's whole number."""
    return int(units.sum()) if len(units) else 0


def at_least(part: Any, share: Decimal, whole: Any) -> Any:
    """Whether part ≥ share × whole; `whole` a column of units, or the one number for all."""
    numerator, denominator = share.as_integer_ratio()
    if isinstance(whole, int):
        # One whole number that the parts must reach: nothing is multiplied that could grow too large.
        return part >= -(-whole * numerator // denominator)
    if not len(part):
        return np.zeros(0, bool)
    if max(_largest(part) * denominator, _largest(whole) * numerator) >= _END:
        part, whole = part.astype(object), whole.astype(object)
    return (part * denominator >= whole * numerator).astype(bool)


def as_rate(part: Any, whole: Any) -> Any:
    """part ÷ whole for display; not a number where whole ≤ 0."""
    divisor = np.asarray(whole).astype(np.float64) / UNITS
    return part.astype(np.float64) / UNITS / np.where(divisor > 0, divisor, np.nan)


def rates(values: Any) -> pa.Array:
    """An Arrow column of rates; null where not a number."""
    return pa.array(values, pa.float64(), mask=np.isnan(values))


def whole(column: Any) -> pa.Array:
    """An Arrow column in one piece."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def with_columns(table: pa.Table, columns: Mapping[str, Any]) -> pa.Table:
    """The table with further columns, or with others in place of those of the same name."""
    return pa.table({**{name: table[name] for name in table.column_names}, **columns})


def _known(array: pa.Array) -> Any:
    if not array.null_count:
        return np.ones(len(array), bool)
    return np.asarray(array.is_valid())


def _largest(units: Any) -> int:
    return max(int(units.max()), -int(units.min()))
