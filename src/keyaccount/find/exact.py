"""How are shares of money compared exactly? As whole numbers times decimals; in float64 an account at the line slips in."""

from decimal import Decimal
from typing import Any

import ibis

from keyaccount.money import TOTAL


def decimal(value: int | Decimal) -> Any:
    """A decimal literal of the type of sums."""
    # With the type said: a bare Decimal literal becomes DECIMAL(18, 3) in DuckDB and loses a digit.
    return ibis.literal(Decimal(value), type=TOTAL)


def at_least(part: Any, share: Decimal, whole: Any) -> Any:
    """Whether part ≥ share × whole."""
    numerator, denominator = share.as_integer_ratio()
    return part * denominator >= whole * numerator


def as_rate(part: Any, whole: Any) -> Any:
    """part ÷ whole for display; null where whole ≤ 0."""
    positive = (whole > 0).ifelse(whole, ibis.null().cast(TOTAL))
    return part.cast("float64") / positive.cast("float64")
