"""Where does chance come from, so that the same seed gives the same bytes everywhere?

NumPy promises the bit stream of PCG64 and of `random()`, not the distributions made from it. So a number
drawn here becomes an integer at once, and the rest of the package is integer arithmetic: no `exp`, no sum of
floats, nothing whose last digit depends on the processor, on the C library or on a version of NumPy.
"""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Draws:
    """Random integers. Each `purpose` has its own stream: one number more here moves nothing there."""

    def __init__(self, seed: int, purpose: str) -> None:
        self._generator = np.random.Generator(np.random.PCG64([seed, *purpose.encode()]))

    def one(self, low: int, high: int) -> int:
        """One integer from `low` to `high`, both possible."""
        return low + int(self._generator.random() * (high - low + 1))

    def below(self, bounds: Integers) -> Integers:
        """For each bound > 0 an integer from 0 to the bound less one; bounds up to 2**53."""
        return (self._generator.random(len(bounds)) * bounds).astype(np.int64)

    def between(self, low: int, high: int, count: int) -> Integers:
        """`count` integers from `low` to `high`, both possible."""
        return low + (self._generator.random(count) * (high - low + 1)).astype(np.int64)

    def order(self, count: int) -> Integers:
        """The numbers below `count`, shuffled."""
        return np.argsort(self._generator.random(count), kind="stable").astype(np.int64)

    def weighted(self, weights: Integers, count: int) -> Integers:
        """`count` positions of `weights`, each as often as its weight says."""
        up_to = np.cumsum(weights)
        drawn = self.between(0, int(up_to[-1]) - 1, count)
        return np.searchsorted(up_to, drawn, side="right").astype(np.int64)


def divided(dividend: Integers, divisor: Integers | int) -> Integers:
    """The quotient rounded half up, for divisors > 0: cents are rounded here and nowhere else."""
    quotient: Integers = (2 * dividend + divisor) // (2 * divisor)
    return quotient


def sums(values: Integers, counts: Integers) -> Integers:
    """The sums of `counts[0]` first values, of `counts[1]` next ones, and so on."""
    up_to = np.concatenate(([0], np.cumsum(values)))
    ends = np.cumsum(counts)
    total: Integers = up_to[ends] - up_to[ends - counts]
    return total


def places(counts: Integers) -> Integers:
    """0, 1, … for each of `counts` in turn: [2, 3] → [0, 1, 0, 1, 2]."""
    starts = np.cumsum(counts) - counts
    place: Integers = np.arange(int(counts.sum())) - np.repeat(starts, counts)
    return place
