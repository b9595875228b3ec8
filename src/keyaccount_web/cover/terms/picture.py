"""How does price stand against volume, drawn without a browser's help? (C4; PricingKC's picture)"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from keyaccount_web.cover.terms.services import Customer

WIDTH, HEIGHT = 640, 340
LEFT, RIGHT, TOP, BOTTOM = 74, 18, 16, 40
ROOM = 0.06
"""So much of the span is left free on either side."""


@dataclass(frozen=True)
class Point:
    """One customer [px]."""

    customer: Customer
    x: float
    y: float

    @property
    def kind(self) -> str:
        """this, key, below (cheaper than this one), or other."""
        if self.customer.is_key:
            return "this"
        if self.customer.is_cheaper:
            return "below"
        return "key" if self.customer.row["level"] else "other"


@dataclass(frozen=True)
class Mark:
    """A value on an axis [px]."""

    at: float
    value: Decimal


@dataclass(frozen=True)
class Picture:
    """What the page draws: quantity to the right (each step ten times as much), price a unit upwards."""

    points: list[Point]
    """Those that matter last, so that they lie on top."""
    quantities: list[Mark]
    prices: list[Mark]
    line: float
    """Where the key account's price lies."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    floor: int = HEIGHT - BOTTOM


_ORDER = ("other", "key", "below", "this")


def picture(customers: Sequence[Customer], price: Decimal) -> Picture | None:
    """None: there is nobody to draw."""
    if not customers:
        return None
    logs = [math.log10(float(one.row["quantity"])) for one in customers]
    prices = [float(one.row["price"]) for one in customers]
    across = _scale(logs, LEFT, WIDTH - RIGHT)
    up = _scale([*prices, float(price)], HEIGHT - BOTTOM, TOP)
    points = [Point(one, across(log), up(at)) for one, log, at in zip(customers, logs, prices, strict=True)]
    points.sort(key=lambda one: _ORDER.index(one.kind))
    tens = range(math.ceil(min(logs) - 1e-9), math.floor(max(logs) + 1e-9) + 1)
    quantities = [Mark(across(ten), Decimal(10) ** ten) for ten in tens]
    if len(quantities) < 2:
        ends = sorted({min(logs), max(logs)})
        quantities = [Mark(across(log), Decimal(str(round(10**log, 2)))) for log in ends]
    ends = sorted({min(prices), max(prices), float(price)})
    return Picture(
        points, quantities, [Mark(up(at), Decimal(str(round(at, 2)))) for at in ends], up(float(price))
    )


class _scale:  # noqa: N801 - used as a function
    """Value → px, with room on either side."""

    def __init__(self, values: Sequence[float], low: float, high: float) -> None:
        least, most = min(values), max(values)
        if most == least:  # alone it stands in the middle
            least, most = least - 0.5, most + 0.5
        span = most - least
        self.least, self.span = least - span * ROOM, span * (1 + 2 * ROOM)
        self.low, self.high = low, high

    def __call__(self, value: float) -> float:
        return round(self.low + (value - self.least) / self.span * (self.high - self.low), 1)
