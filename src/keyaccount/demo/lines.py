"""What does each invoice line say? The plans of the accounts, drawn out into orders and lines.

Arrays of integers throughout: days, cents, pieces. Steps are numbered as they are done.
"""

from dataclasses import dataclass, fields

import numpy as np

from keyaccount.demo.accounts import ANY_INVERTED, Account
from keyaccount.demo.company import Company
from keyaccount.demo.days import HALF_YEARS, day_weights, years_and_months
from keyaccount.demo.draws import Draws, Flags, Integers, divided, places, sums
from keyaccount.demo.names import CITIES
from keyaccount.demo.products import BULK_PERMILLE, CATEGORIES, INDUSTRY_MIX, season

COSTINGS = ("usual", "below_cost", "made_to_order", "far_sites", "thin")
"""Sold by the list; 5% below cost; at a cost above the price; freight above the margin; at 7% margin."""

_LINES_OF_AN_ORDER = (22, 23, 20, 14, 10, 6, 3, 2)  # weights of 1, 2, … lines
_FAVOURITES = 7  # products of a category that an account keeps buying
_PACKS = 800  # nobody buys more packs than that in one line where something dearer is to be had
_FREIGHT_PERMILLE = (8, 8, 9, 10, 10, 11)  # by province


@dataclass(frozen=True)
class Lines:
    """Columns of equal length, one place per invoice line."""

    account: Integers
    day: Integers
    order: Integers
    """Numbers the orders; a return has its own."""
    product: Integers
    quantity: Integers
    unit_price: Integers
    list_amount: Integers
    net_amount: Integers
    cost: Integers
    freight: Integers
    returned: Flags

    def __len__(self) -> int:
        return len(self.account)

    def taken(self, rows: Integers | Flags) -> "Lines":
        return Lines(*(getattr(self, column.name)[rows] for column in fields(self)))


def invoice_lines(seed: int, company: Company) -> Lines:
    """All lines, returns among them, in no order."""
    bought = _bought(seed, company)
    returned = _returned(Draws(seed, "returns"), company, bought)
    return Lines(
        *(np.concatenate((getattr(bought, one.name), getattr(returned, one.name))) for one in fields(Lines))
    )


def _bought(seed: int, company: Company) -> Lines:
    accounts, catalogue = company.accounts, company.products
    years, months, _ = years_and_months()
    draws = Draws(seed, "orders")

    # 1. Orders: each stint's are spread evenly over its days, heavy days drawing more of them.
    stints = [(place, stint) for place, account in enumerate(accounts) for stint in account.stints]
    stint_account = _array([place for place, _ in stints])
    stint_orders = _array([stint.orders for _, stint in stints])
    stint_of_order = np.repeat(np.arange(len(stints)), stint_orders)
    order_day = _spread(
        draws,
        _array([stint.first for _, stint in stints])[stint_of_order],
        _array([stint.last for _, stint in stints])[stint_of_order],
        places(stint_orders),
        stint_orders[stint_of_order],
    )

    # 2. Lines, each with its share of the stint's money.
    draws = Draws(seed, "lines")
    planned = _array([stint.lines for _, stint in stints])[stint_of_order]
    drawn = 1 + draws.weighted(_array(_LINES_OF_AN_ORDER), len(stint_of_order))
    order_lines = np.where(planned > 0, planned, drawn)
    order = np.repeat(np.arange(len(order_lines)), order_lines)
    stint = stint_of_order[order]
    weight = draws.between(12, 100, len(order)) * draws.between(12, 100, len(order))
    weight_of_stint = sums(weight, sums(order_lines, stint_orders))
    amount = _array([stint.amount for _, stint in stints])
    target = amount[stint] * weight // weight_of_stint[stint]
    account, day = stint_account[stint], order_day[order]

    # 3. Products that such an amount buys some packs of.
    only = _array([stint.product for _, stint in stints])[stint]
    product = _products(seed, company, account, months[day], target)
    product = np.where(only >= 0, only, product)
    pool = only == ANY_INVERTED
    product[pool] = _products_of_pool(Draws(seed, "pool"), company, target[pool])

    # 4. Price, quantity, amounts.
    draws = Draws(seed, "amounts")
    costing = _array([COSTINGS.index(one.costing) for one in accounts])[account]
    list_price = catalogue.list_price[years[day], product]
    unit_cost = catalogue.unit_cost[years[day], product]
    terms = _array([one.discount for one in accounts])[account] + draws.between(-2, 2, len(order))
    terms = np.where(years[day] == 2, _with_special_terms(company, account, product, terms), terms)
    unit_price = divided(list_price * (1000 - terms), 1000)
    unit_price = np.where(costing == COSTINGS.index("below_cost"), divided(unit_cost * 95, 100), unit_price)
    pack = catalogue.pack[product]
    quantity = np.maximum(1, divided(target, unit_price * pack)) * pack
    net_amount = quantity * unit_price

    # 5. Cost, freight.
    above_price = divided(net_amount * draws.between(1030, 1090, len(order)), 1000)
    below_price = divided(net_amount * draws.between(920, 940, len(order)), 1000)
    cost = divided(quantity * unit_cost * draws.between(975, 1025, len(order)), 1000)
    cost = np.where(costing == COSTINGS.index("made_to_order"), above_price, cost)
    cost = np.where(costing == COSTINGS.index("thin"), below_price, cost)
    regions = list(CITIES)
    of_region = _array([_FREIGHT_PERMILLE[regions.index(one.profile.region)] for one in accounts])
    rate = of_region[account] + _array(BULK_PERMILLE)[catalogue.category[product]]
    freight = divided(net_amount * rate, 1000)
    above_margin = net_amount - cost + divided(net_amount * 4, 100)
    freight = np.where(costing == COSTINGS.index("far_sites"), above_margin, freight)
    return Lines(
        account=account,
        day=day,
        order=order,
        product=product,
        quantity=quantity,
        unit_price=unit_price,
        list_amount=quantity * list_price,
        net_amount=net_amount,
        cost=cost,
        freight=freight,
        returned=np.zeros(len(order), dtype=np.bool_),
    )


def _spread(draws: Draws, first: Integers, last: Integers, place: Integers, count: Integers) -> Integers:
    """A day for the order at `place` of `count` between two days: somewhere in its own part of the span."""
    up_to = np.concatenate(([0], np.cumsum(day_weights())))
    width = up_to[last + 1] - up_to[first]
    position = up_to[first] + (place * width + draws.below(width)) // count
    day: Integers = np.searchsorted(up_to, position, side="right").astype(np.int64) - 1
    return day


def _products(seed: int, company: Company, account: Integers, month: Integers, target: Integers) -> Integers:
    """By the account's industry and taste, the month, and what `target` cents can buy."""
    catalogue, accounts = company.products, company.accounts
    tastes = Draws(seed, "tastes")
    shape = (len(accounts), len(CATEGORIES))
    mix = _array([INDUSTRY_MIX[one.profile.industry] for one in accounts])
    # Of what its industry buys, an account leaves some out, at least for now: white space.
    likes = tastes.between(0, 9, shape[0] * shape[1]).reshape(shape)
    likes[np.arange(shape[0]), np.argmax(mix, axis=1)] = 9
    mix = np.where(likes < 3, 0, mix * likes)
    for place, one in enumerate(accounts):
        if one.category is not None:
            mix[place] = np.arange(len(CATEGORIES)) == one.category

    draws = Draws(seed, "products")
    begins = np.searchsorted(catalogue.category, np.arange(len(CATEGORIES) + 1))
    cheapest = catalogue.pack_price[begins[:-1]]
    weights = mix[account] * season()[month]
    weights *= target[:, None] >= 2 * cheapest[None, :]
    # Too small for all that the account likes: the category with the cheapest pack.
    weights[weights.sum(axis=1) == 0, int(np.argmin(cheapest))] = 1
    up_to = np.cumsum(weights, axis=1)
    category = (up_to <= draws.below(up_to[:, -1])[:, None]).sum(axis=1)

    # The dearest that it can buy two packs of, the cheapest that it need not buy thousands of.
    dear = 10**12
    sorted_price = catalogue.category * dear + catalogue.pack_price
    high = np.searchsorted(sorted_price, category * dear + target // 2, side="right")
    high = np.maximum(high, begins[category] + 1)
    low = np.searchsorted(sorted_price, category * dear + target // _PACKS, side="left")
    low = np.minimum(np.maximum(low, begins[category]), high - 1)
    favourites = tastes.between(0, 999, shape[0] * shape[1] * _FAVOURITES).reshape(*shape, _FAVOURITES)
    favourite = draws.below(1 + draws.between(0, _FAVOURITES - 1, len(account)))  # the first ones most
    chosen: Integers = low + favourites[account, category, favourite] * (high - low) // 1000
    return chosen


def _products_of_pool(draws: Draws, company: Company, target: Integers) -> Integers:
    """One of the products with an inversion that `target` cents can buy."""
    price = company.products.pack_price
    pool = _array(sorted(company.inverted, key=lambda product: (int(price[product]), product)))
    affordable = np.searchsorted(price[pool], target // 2, side="right")
    chosen: Integers = pool[draws.below(np.maximum(1, affordable))]
    return chosen


def _with_special_terms(company: Company, account: Integers, product: Integers, terms: Integers) -> Integers:
    count = len(company.products.product_id)
    special = sorted((place * count + product, rate) for place, product, rate in company.special_terms)
    keys, rates = _array([key for key, _ in special]), _array([rate for _, rate in special])
    wanted = account * count + product
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, rates[place], terms)


def _returned(draws: Draws, company: Company, bought: Lines) -> Lines:
    """Credit notes: part of an earlier line, days later, at its price and cost; freight is not paid back."""
    permille = _array([0 if _keeps_all(one) else one.returned for one in company.accounts])[bought.account]
    # Within the same half-year, so that what is returned does not move from one half into the other.
    half_ends = _array([last for _, last in HALF_YEARS])
    last_day = half_ends[np.searchsorted(half_ends, bought.day)]
    rows = np.flatnonzero((draws.between(0, 999, len(bought)) < permille) & (bought.day < last_day - 3))
    lines = bought.taken(rows)
    latest = np.minimum(lines.day + 45, last_day[rows])
    day = lines.day + 3 + draws.below(latest - lines.day - 2)
    pack = company.products.pack[lines.product]
    packs = lines.quantity // pack
    # All of it or a part; of what is planted, all.
    part = np.where(draws.between(0, 1, len(rows)) == 1, packs, 1 + draws.below(packs))
    part = np.where(permille[rows] > 100, packs, part)
    quantity = part * pack
    unit_list, unit_cost = divided(lines.list_amount, lines.quantity), divided(lines.cost, lines.quantity)
    cost = np.where(part == packs, lines.cost, np.minimum(lines.cost, quantity * unit_cost))
    return Lines(
        account=lines.account,
        day=day,
        order=int(bought.order.max()) + 1 + np.arange(len(rows)),
        product=lines.product,
        quantity=-quantity,
        unit_price=lines.unit_price,
        list_amount=-quantity * unit_list,
        net_amount=-quantity * lines.unit_price,
        cost=-cost,
        freight=np.zeros(len(rows), dtype=np.int64),
        returned=np.ones(len(rows), dtype=np.bool_),
    )


def _keeps_all(account: Account) -> bool:
    """What is planted stays as planned, but for the accounts planted for their returns."""
    return account.trap not in (None, "returns", "duplicate", "declining")


def _array(values: object) -> Integers:
    return np.array(values, dtype=np.int64)
