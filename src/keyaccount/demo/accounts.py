"""Who buys, how much, and when? The plan of every account, before its invoice lines are drawn.

An account's plan is a list of stints: a span of days, the money to spend in it, and the number of orders.
Every half-year is a stint of its own, so that the second half of 2025 is as large as the plan says and no
season makes an account look as if it were growing.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from keyaccount.demo.days import DAYS, HALF_YEARS, day
from keyaccount.demo.draws import Draws
from keyaccount.demo.names import Profile

KEY_LINE = 800_000
"""Yuan. About what the smallest account in the set buys in 2025; what is planted keeps away from it."""

ANY_PRODUCT, ANY_INVERTED = -1, -2

# What accounts buy in 2025, largest first: (rank, yuan), straight lines between. 400 of 2,000 hold some 78%.
_SIZES = (
    (0, 29_000_000), (2, 20_500_000), (5, 14_500_000), (10, 10_800_000), (20, 7_600_000), (40, 5_000_000),
    (80, 3_050_000), (140, 1_900_000), (220, 1_160_000), (330, 670_000), (480, 375_000), (800, 175_000),
    (1150, 84_000), (1500, 34_000), (1700, 14_000), (1800, 3_000),
)  # fmt: skip

# Discount in thousandths off the list, by what an account buys in a year: the more, the lower its price.
# Between 90% and 110% of the line it jumps: whoever is a key account pays less than whoever is not.
_DISCOUNTS = (
    (0, 0), (50_000, 20), (200_000, 45), (720_000, 75), (880_000, 110), (3_000_000, 140), (40_000_000, 180),
)  # fmt: skip
ORDINARY_DISCOUNT = 75

# ‰ of 2025 bought in its second half. Near the line it is less, or these accounts would seem to rise.
_SECOND_HALF = (465, 515)
_SECOND_HALF_NEAR_THE_LINE = (430, 455)


@dataclass(frozen=True)
class Stint:
    """`amount` cents in `orders` orders, from day `first` to day `last`."""

    first: int
    last: int
    amount: int
    orders: int
    lines: int = 0
    """Lines of each order; 0: drawn."""
    product: int = ANY_PRODUCT
    """The only product bought; or any, or any of those with a discount inversion."""


@dataclass(eq=False)
class Account:
    """One customer; compared by identity."""

    size: int
    """Yuan in 2025, as planned."""
    stints: list[Stint] = field(default_factory=list)
    trap: str | None = None
    verdict: str = ""
    note: str = ""
    discount: int = 0
    """‰ off the list."""
    costing: str = "usual"
    """How its lines are priced and costed: one of `lines.COSTINGS`."""
    returned: int = 14
    """‰ of its lines that come back."""
    category: int | None = None
    """The only category it buys; None: what its industry buys."""
    cost_to_serve: int = 0
    """‰ of its size; 0: as others."""
    starts: int = 0
    stops: int = DAYS - 1
    parent: "Account | None" = None
    former_name: str | None = None
    renamed: int = 0
    """First day of the present name."""
    number: int = field(init=False)
    name: str = field(init=False)
    profile: Profile = field(init=False)

    @property
    def account_id(self) -> str:
        return f"C{self.number:05d}"

    @property
    def level(self) -> int:
        """0: the head of a group, or in none."""
        return 0 if self.parent is None else self.parent.level + 1


def discount(size: int) -> int:
    """Thousandths off the list for an account, or a group, that buys `size` yuan a year."""
    return _along(_DISCOUNTS, size)


def ordinary_accounts(draws: Draws, count: int) -> list[Account]:
    """The accounts with nothing planted, largest first: steady, some joined since 2023, some have left."""
    accounts = []
    last_rank = _SIZES[-1][0]
    for place in range(count):
        size = _along(_SIZES, place * last_rank // count)
        size = size * draws.one(970, 1030) // 1000
        account = Account(size, discount=discount(size))
        if draws.one(1, 100) <= 14:
            # Who joins in 2025 is small: half a year's sales, doubled, must not reach the line.
            latest = day(2025, 9, 15) if size < KEY_LINE * 35 // 100 else day(2024, 9, 30)
            account.starts = draws.one(30, latest)
        elif size < KEY_LINE * 25 // 100 and draws.one(1, 100) <= 4:
            account.stops = draws.one(day(2023, 9, 1), day(2024, 11, 30))
        account.stints = steady(draws, account)
        accounts.append(account)
    return accounts


def steady(draws: Draws, account: Account, *, calm: bool = False) -> list[Stint]:
    """Three years of an account that grows or shrinks a little each year; `calm`: as if near the line."""
    size = account.size
    year_2024 = size * 1000 // draws.one(930, 1150)
    year_2023 = year_2024 * 1000 // draws.one(930, 1150)
    calm = calm or 75 <= size * 100 // KEY_LINE <= 130
    second_half = draws.one(*(_SECOND_HALF_NEAR_THE_LINE if calm else _SECOND_HALF))
    return stints_of(
        draws,
        by_halves((year_2023, draws.one(485, 525)), (year_2024, draws.one(485, 525)), (size, second_half)),
        first=account.starts,
        last=account.stops,
    )


def by_halves(*years: tuple[int, int]) -> list[int]:
    """Yuan of each half-year, from (yuan of the year, ‰ of it in the second half)."""
    halves = []
    for amount, second in years:
        halves += [amount - amount * second // 1000, amount * second // 1000]
    return halves


def stints_of(
    draws: Draws, halves: Sequence[int], *, first: int = 0, last: int = DAYS - 1, least_orders: int = 1
) -> list[Stint]:
    """A stint for each half-year (yuan), cut to the days from `first` to `last`."""
    habit = draws.one(650, 1450)  # ‰: many small orders or few large ones
    stints = []
    for (begins, ends), amount in zip(HALF_YEARS, halves, strict=True):
        begin, end = max(begins, first), min(ends, last)
        if begin > end or amount <= 0:
            continue
        part = amount * (end - begin + 1) // (ends - begins + 1)
        orders = max(least_orders, math.isqrt(part * 1000 // 1_330_000) * habit // 1000)
        stints.append(Stint(begin, end, part * 100, orders))
    return stints


def _along(knots: Sequence[tuple[int, int]], at: int) -> int:
    """The height over `at` of the line through the knots, level beyond its ends."""
    for (left, low), (right, high) in itertools.pairwise(knots):
        if left <= at <= right:
            return low + (high - low) * (at - left) // (right - left)
    return knots[0][1] if at < knots[0][0] else knots[-1][1]
