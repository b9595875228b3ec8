"""How do the months of many accounts grow, how surely, and when would they reach a line? (F8)"""

import math
from typing import Any

import numpy as np

_YEAR = 12
# Accounts whose pairs of months are compared at once: 276 pairs each of 24 months, in float64.
_CHUNK = 4000


def trends(sales: Any) -> tuple[Any, Any, Any]:
    """Slope (Theil–Sen), value in the last month, and one-sided p (Mann–Kendall) of each row: one account's months, oldest first, as float64."""
    if not len(sales):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    parts = [_trends_of(sales[at : at + _CHUNK]) for at in range(0, len(sales), _CHUNK)]
    slope, level, p = (np.concatenate([part[number] for part in parts]) for number in range(3))
    return slope, level, p


def _trends_of(sales: Any) -> tuple[Any, Any, Any]:
    first, second = np.triu_indices(sales.shape[1], k=1)
    # What an account did not buy before it began is no growth.
    began = np.maximum.accumulate(sales != 0, axis=1)
    sales = np.where(began, sales, np.nan)
    rises = sales[:, second] - sales[:, first]
    slope = np.nanmedian(rises / (second - first), axis=1)
    at = np.arange(sales.shape[1])
    level = np.nanmedian(sales - slope[:, None] * at, axis=1) + slope * (sales.shape[1] - 1)
    # Mann–Kendall: S counts rising pairs less falling ones; ties, such as months without sales, lessen its variance.
    score = np.nansum(np.sign(rises), axis=1)
    n = began.sum(axis=1)
    variance = (n * (n - 1) * (2 * n + 5) - _ties(sales)) / 18
    z = np.where(score > 0, (score - 1) / np.sqrt(np.where(variance > 0, variance, np.inf)), 0.0)
    p = np.array([0.5 * math.erfc(one / math.sqrt(2)) for one in z])
    return slope, level, p


def _ties(sales: Any) -> Any:
    """Σ t (t − 1)(2t + 5) over the groups of equal months of each row; not a number is equal to nothing."""
    ordered = np.sort(sales, axis=1)
    total = np.zeros(len(sales))
    run = np.ones(len(sales))
    for at in range(1, sales.shape[1] + 1):
        same = ordered[:, at] == ordered[:, at - 1] if at < sales.shape[1] else np.zeros(len(sales), bool)
        total += np.where(same, 0, run * (run - 1) * (2 * run + 5))
        run = np.where(same, run + 1, 1)
    return total


def months_to(line: float, trend: Any, level: Any) -> Any:
    """After how many months the twelve that end then reach the line, if the trend goes on: 12 (level + trend (h − 5.5)) ≥ line."""
    rising = np.where(trend > 0, trend, np.nan)
    ahead = np.ceil(np.round((line / _YEAR - level) / rising + 5.5, 9))
    return np.where(np.isnan(ahead), np.inf, np.maximum(ahead, 1))
