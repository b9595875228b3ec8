"""Which accounts look like key accounts and are none, or the other way round? The planted ones.

Each is well on its side of its rule, with the verdict that the rules of F1-F4 give it for the year to
31 December 2025 (basis sales, share 0.8, presets, groups and cost to serve applied). Sizes are in thousandths
of `KEY_LINE`, about what the smallest account in the set buys.
"""

from dataclasses import replace
from typing import NamedTuple

from keyaccount.demo.accounts import (
    ANY_INVERTED,
    KEY_LINE,
    ORDINARY_DISCOUNT,
    Account,
    Stint,
    by_halves,
    discount,
    steady,
    stints_of,
)
from keyaccount.demo.days import DAYS, day
from keyaccount.demo.draws import Draws

INVERTED_PRODUCTS = 60

# Smaller than the smallest key account by far, whatever the half-year is doubled to.
_WELL_BELOW = (250, 550)


def planted_accounts(draws: Draws) -> list[Account]:
    """All of them but `note` of duplicates and of inversions, which name others."""
    return [
        *_big_tickets(draws),
        *_returning_big_tickets(draws),
        *_one_time(draws),
        *_profitless(draws),
        *_profitless_after_cost_to_serve(draws),
        *_rising(draws),
        *_declining(draws),
        *_stopped(draws),
        *_with_returns(draws),
        *_duplicates(draws),
        *_with_inversions(draws),
    ]


class Inversion(NamedTuple):
    """`account` pays less for `product` than `key_account` in a quarter of 2025."""

    account: Account
    key_account: Account
    product: int
    quarter: int


def originals_of(draws: Draws, duplicates: list[Account], ordinary: list[Account]) -> list[Account]:
    """The account that each duplicate is entered for a second time.

    From the 6th to the 13th they are two halves of a customer: neither is in the set, both together are.
    """
    lasting = [one for one in ordinary if one.starts == 0 and one.stops == DAYS - 1]
    sizes = ((2000, 20_000), (530, 750), (60, 450))
    counts = (5, 8, len(duplicates) - 13)
    originals = []
    for (low, high), count in zip(sizes, counts, strict=True):
        fitting = [one for one in lasting if low <= one.size * 1000 // KEY_LINE <= high]
        originals += [fitting[place] for place in draws.order(len(fitting)).tolist()[:count]]
    return originals


def add_inversions(
    draws: Draws, smaller: list[Account], ordinary: list[Account], products: list[int]
) -> list[Inversion]:
    """Let a smaller customer and a key account buy each product in the same quarter; adds to their stints.

    20 key accounts, three products each; the price follows from the special terms in `company`.
    """
    large = [one for one in ordinary if 1800 <= one.size * 1000 // KEY_LINE <= 4500 and one.starts == 0]
    key_accounts = [large[place] for place in draws.order(len(large)).tolist()[:20]]
    inversions = []
    for place, (account, product) in enumerate(zip(smaller, products, strict=True)):
        key_account = key_accounts[place % len(key_accounts)]
        quarter = draws.one(1, 4)
        begin, end = day(2025, 3 * quarter - 2, 5), day(2025, 3 * quarter, 25)
        account.stints.append(Stint(begin, end, account.size * 10, 4, lines=1, product=product))
        key_account.stints.append(Stint(begin, end, key_account.size * 3, 5, lines=1, product=product))
        inversions.append(Inversion(account, key_account, product, quarter))
    return inversions


def _size(draws: Draws, low: int, high: int) -> int:
    return KEY_LINE * draws.one(low, high) // 1000


def _order(draws: Draws, amount: int, first: int, last: int, *, lines: int = 0) -> Stint:
    """One order of `amount` yuan, some day from `first` to `last`."""
    return Stint(first, last, amount * 100, 1, lines=lines or draws.one(5, 12))


def _big_tickets(draws: Draws) -> list[Account]:
    """大单: 9. One order is 80% and more of the year, on one of three order days."""
    accounts = []
    for place in range(9):
        size = _size(draws, 1600, 7000)
        small = size * draws.one(50, 90) // 1000
        month = draws.one(3, 8)
        stints = [
            _order(draws, small, day(2025, 1, 6), day(2025, 2, 25), lines=3),
            _order(draws, size - 2 * small, day(2025, month, 3), day(2025, month, 27)),
            _order(draws, small, day(2025, 9, 5), day(2025, 12, 20), lines=3),
        ]
        if place < 6:
            # A small customer before; the other three were none: three order days keep them from `one_time`.
            stints.append(_order(draws, size // 60, day(2024, 2, 20), day(2024, 6, 20), lines=2))
            stints.append(_order(draws, size // 50, day(2024, 7, 10), day(2024, 12, 20), lines=2))
        note = "bought a little in 2024" if place < 6 else "three order days, nothing in 2024"
        accounts.append(_planted("big_ticket", "big_ticket", size, stints, note))
    return accounts


def _returning_big_tickets(draws: Draws) -> list[Account]:
    """大单 that come back: 3. One large order each year, of about the same size."""
    accounts = []
    for _ in range(3):
        size = _size(draws, 2500, 6000)
        month = draws.one(3, 10)
        stints = []
        for year in (2023, 2024, 2025):
            amount = size * draws.one(930, 1070) // 1000
            stints.append(_order(draws, amount * 9 // 10, day(year, month, 2), day(year, month, 27)))
            stints.append(_order(draws, amount // 10, day(year, 11, 2), day(year, 12, 20), lines=3))
        accounts.append(_planted("big_ticket_returning", "key", size, stints, "one large order each year"))
    return accounts


def _one_time(draws: Draws) -> list[Account]:
    """团购: 15. Household goods for the staff, before a festival, on one or two days; nothing in 2024."""
    accounts = []
    for place in range(15):
        size = _size(draws, 1400, 4000)
        begin, end = [(day(2025, 1, 2), day(2025, 1, 20)), (day(2025, 9, 8), day(2025, 9, 27))][place % 2]
        middle = (begin + end) // 2
        if place < 8:
            stints = [_order(draws, size, begin, end)]
        else:
            first = size * draws.one(520, 620) // 1000
            stints = [_order(draws, first, begin, middle), _order(draws, size - first, middle + 1, end)]
        if place >= 12:
            stints.append(_order(draws, size // 40, day(2023, 3, 1), day(2023, 11, 30), lines=2))
        note = "bought in 2023, not in 2024" if place >= 12 else ""
        account = _planted("one_time", "one_time", size, stints, note)
        account.category = 0
        accounts.append(account)
    return accounts


def _profitless(draws: Draws) -> list[Account]:
    """15 that leave no profit: 6 below cost, 5 with goods made for them, 4 with freight to far sites."""
    accounts = []
    for place in range(15):
        size = _size(draws, 1400, 4500)
        costing = "below_cost" if place < 6 else "made_to_order" if place < 11 else "far_sites"
        account = _planted("profitless", "profitless", size, [], note=costing)
        account.stints = steady(draws, account)
        account.costing = costing
        if costing != "made_to_order":
            # Their price, freight taken off, undercuts key accounts: only where inversions are planted.
            account.stints = [replace(stint, product=ANY_INVERTED) for stint in account.stints]
        accounts.append(account)
    return accounts


def _profitless_after_cost_to_serve(draws: Draws) -> list[Account]:
    """10 that earn 7% before the cost to serve, which is 14% of their sales."""
    accounts = []
    for _ in range(10):
        account = _planted("profitless_after_cost_to_serve", "profitless", _size(draws, 1400, 4000), [])
        account.stints = steady(draws, account)
        account.costing = "thin"
        account.cost_to_serve = 140
        accounts.append(account)
    return accounts


def _rising(draws: Draws) -> list[Account]:
    """40 whose last six months, doubled, are 1.3 times the smallest in the set and more.

    Their year is outside it, even where groups are left out, which lets smaller accounts into the set.
    """
    accounts = []
    for place in range(40):
        first, second = _size(draws, 25, 55), _size(draws, 690, 710)
        year_2024 = _size(draws, 60, 150) if place % 3 else 0  # every third came in 2025
        halves = [*by_halves((year_2024 * 7 // 10, 500), (year_2024, 520)), first, second]
        stints = stints_of(draws, halves, least_orders=4)
        accounts.append(_planted("rising", "rising", first + second, stints))
    return accounts


def _declining(draws: Draws) -> list[Account]:
    """30 that buy less from year to year: 18 still in the set."""
    accounts = []
    for place in range(30):
        size = _size(draws, 1400, 2600) if place < 18 else _size(draws, 300, 650)
        year_2024 = size * draws.one(1900, 2400) // 1000
        year_2023 = year_2024 * draws.one(1150, 1400) // 1000
        halves = by_halves((year_2023, 490), (year_2024, 450), (size, draws.one(320, 400)))
        stints = stints_of(draws, halves, least_orders=4)
        accounts.append(_planted("declining", "key" if place < 18 else "ordinary", size, stints))
    return accounts


def _stopped(draws: Draws) -> list[Account]:
    """20 that bought for years and stopped in 2025: 6 late, large enough to be in the set, 14 in spring."""
    accounts = []
    for place in range(20):
        if place < 6:
            before = _size(draws, 4000, 7000)
            stops, size = draws.one(day(2025, 7, 1), day(2025, 8, 20)), before // 2
        else:
            before = _size(draws, 1300, 2400)
            stops, size = draws.one(day(2025, 2, 25), day(2025, 4, 10)), before // 4
        halves = by_halves((before, 500), (before, 500), (before, 500))
        stints = stints_of(draws, halves, last=stops, least_orders=4)
        accounts.append(_planted("stopped", "key" if place < 6 else "ordinary", size, stints))
    return accounts


def _with_returns(draws: Draws) -> list[Account]:
    """12 that send much back: 8 are in the set all the same, 4 would be in it but for their returns."""
    accounts = []
    for place in range(12):
        size = _size(draws, 1800, 3500) if place < 8 else _size(draws, 1180, 1250)
        account = _planted("returns", "key" if place < 8 else "ordinary", size, [])
        account.stints = steady(draws, account)
        account.returned = 110 if place < 8 else 520
        account.note = "" if place < 8 else "in the set before returns"
        accounts.append(account)
    return accounts


def _duplicates(draws: Draws) -> list[Account]:
    """25 entered twice: 5 in the set, 8 only together with their original, 12 small."""
    accounts = []
    for place in range(25):
        low, high = (1300, 1700) if place < 5 else (530, 700) if place < 13 else (30, 400)
        account = _planted("duplicate", "key" if place < 5 else "ordinary", _size(draws, low, high), [])
        account.stints = steady(draws, account, calm=True)
        accounts.append(account)
    return accounts


def _with_inversions(draws: Draws) -> list[Account]:
    """60 smaller customers, one for each product, who pay less for it than a key account."""
    accounts = []
    for _ in range(INVERTED_PRODUCTS):
        account = _planted("inversion", "ordinary", _size(draws, *_WELL_BELOW), [])
        account.stints = steady(draws, account)
        accounts.append(account)
    return accounts


def _planted(trap: str, verdict: str, size: int, stints: list[Stint], note: str = "") -> Account:
    # Whoever is no key account pays no key account's price, or there would be inversions that nobody planted.
    terms = discount(size) if verdict == "key" else min(discount(size), ORDINARY_DISCOUNT)
    return Account(size, stints, trap, verdict, note, terms)
