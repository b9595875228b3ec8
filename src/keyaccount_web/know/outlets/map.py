"""Where do outlets lie to each other? A plan without a background, since no map may be asked of other servers (K4)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keyaccount_web.know.outlets.services import Told

WIDTH, HEIGHT, MARGIN = 640, 420, 46
SMALLEST, LARGEST = 7.0, 26.0
"""Radius of a point [px]."""
KM_A_DEGREE = 111.32
LEAST_KM = 2.0
"""Outlets in one street do not fill the plan."""
_STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Point:
    """One outlet on the plan [px]."""

    told: Told
    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Plan:
    """What the page draws."""

    points: list[Point]
    off: list[Told]
    """Outlets of which nobody knows where they are."""
    bar_km: float
    bar: float
    """So long is that on the plan [px]."""
    width: int = WIDTH
    height: int = HEIGHT


def plan(outlets: Sequence[Told]) -> Plan:
    """North is up; a point's area is the outlet's sales a month; the largest are drawn first, so that small ones stay in sight."""
    placed = [one for one in outlets if one.outlet.is_on_map]
    off = [one for one in outlets if not one.outlet.is_on_map]
    if not placed:
        return Plan([], off, 0, 0)
    where = [(float(one.outlet.longitude or 0), float(one.outlet.latitude or 0)) for one in placed]
    middle = (_middle([x for x, _ in where]), _middle([y for _, y in where]))
    narrow = math.cos(math.radians(middle[1]))
    km = [((x - middle[0]) * narrow * KM_A_DEGREE, (y - middle[1]) * KM_A_DEGREE) for x, y in where]
    wide = max(LEAST_KM, *(2 * abs(x) for x, _ in km))
    high = max(LEAST_KM, *(2 * abs(y) for _, y in km))
    scale = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)
    most = max((_sales(one) for one in placed), default=0)
    points = [
        Point(one, WIDTH / 2 + x * scale, HEIGHT / 2 - y * scale, _radius(_sales(one), most))
        for one, (x, y) in zip(placed, km, strict=True)
    ]
    bar_km = _round_length(wide / 4)
    return Plan(sorted(points, key=lambda one: -one.radius), off, bar_km, bar_km * scale)


def _middle(values: list[float]) -> float:
    return (min(values) + max(values)) / 2


def _sales(one: Told) -> float:
    known: Any = one.figures.sales if one.figures.sales is not None else one.figures.our_sales
    return max(float(known or 0), 0.0)


def _radius(sales: float, most: float) -> float:
    return max(SMALLEST, LARGEST * math.sqrt(sales / most)) if most else SMALLEST


def _round_length(km: float) -> float:
    """The largest of 1, 2, 5, 10, 20 … km (or of their parts) that is not longer."""
    power = 10 ** math.floor(math.log10(km))
    return float(max(step * power for step in _STEPS if step * power <= km))
