"""Who are the 2,000 customers of 启明实业? Plans, groups, duplicates and names put together."""

from dataclasses import dataclass, replace

from keyaccount.demo import names, traps
from keyaccount.demo.accounts import KEY_LINE, Account, discount, ordinary_accounts, steady
from keyaccount.demo.days import DAYS, day
from keyaccount.demo.draws import Draws
from keyaccount.demo.products import Products, products

CUSTOMERS = 2_000

# Each company's parent, by its place in the group after the head, which is 0.
_FOUR_LEVELS = ((0, 0, 1, 1, 3, 3), (0, 0, 0, 1, 2, 4, 4, 5), (0, 1, 2, 2), (0, 0, 1, 3))
_THREE_LEVELS = ((0, 0, 1), (0, 0, 1, 1, 2), (0, 1, 1, 1), (0, 0, 0, 2, 3))
_TWO_LEVELS = ((0,), (0, 0), (0, 0, 0, 0), (0, 0, 0))
_GROUPS_OF_LARGE = (*_FOUR_LEVELS[:2], *_THREE_LEVELS * 2, *_TWO_LEVELS * 2, *_TWO_LEVELS[:2])
_GROUPS_OF_SMALL = (*_FOUR_LEVELS[2:], *_THREE_LEVELS[1:], *_THREE_LEVELS[1:], *_TWO_LEVELS[2:])
_RENAMED = 30


@dataclass(frozen=True)
class Company:
    """The customers in the order of their numbers, and what is sold to them."""

    accounts: list[Account]
    products: Products
    inverted: list[int]
    """Products that some smaller customer gets for less than a key account."""
    special_terms: list[tuple[int, int, int]]
    """(account's place, product, ‰ off the list in 2025)."""


def company(seed: int) -> Company:
    """启明实业's customers; every account has its plan, its number and its name."""
    catalogue = products(Draws(seed, "products"))
    inverted = _inverted_products(Draws(seed, "inverted products"), catalogue)
    planted = traps.planted_accounts(Draws(seed, "traps"))
    ordinary = ordinary_accounts(Draws(seed, "ordinary accounts"), CUSTOMERS - len(planted))
    accounts = [*planted, *ordinary]

    groups = _groups(Draws(seed, "groups"), ordinary)
    in_groups = [member for members in groups for member in members]
    alone = [account for account in ordinary if account not in in_groups]
    duplicates = [account for account in planted if account.trap == "duplicate"]
    originals = traps.originals_of(Draws(seed, "duplicates"), duplicates, alone)
    inversions = traps.add_inversions(
        Draws(seed, "inversions"), [one for one in planted if one.trap == "inversion"], alone, inverted
    )

    numbers = Draws(seed, "numbers").order(CUSTOMERS).tolist()
    for account, number in zip(accounts, numbers, strict=True):
        account.number = number + 1
    _name(Draws(seed, "names"), accounts, groups, duplicates, originals)
    _rename_some(Draws(seed, "former names"), [one for one in alone if one not in originals])
    for duplicate, original in zip(duplicates, originals, strict=True):
        duplicate.note = original.account_id
    draws = Draws(seed, "special terms")
    special_terms = []
    for account, key_account, product, quarter in inversions:
        special_terms.append((account.number - 1, product, key_account.discount + draws.one(50, 110)))
        account.note = f"{catalogue.product_id[product]} 2025Q{quarter} {key_account.account_id}"
    return Company(sorted(accounts, key=lambda one: one.number), catalogue, inverted, special_terms)


def _inverted_products(draws: Draws, catalogue: Products) -> list[int]:
    """Five of each category, neither cheap (a cent must not matter) nor dear (small customers buy it)."""
    chosen: list[int] = []
    for category in range(12):
        fitting = [
            place
            for place in range(len(catalogue.product_id))
            if catalogue.category[place] == category
            and 2_000 <= catalogue.pack_price[place] <= 150_000
            and catalogue.list_price[-1][place] >= 500
        ]
        chosen += [fitting[place] for place in draws.order(len(fitting)).tolist()[:5]]
    return chosen


def _groups(draws: Draws, ordinary: list[Account]) -> list[list[Account]]:
    """30 groups, the head first. In the first 10 no company is in the set by itself, but the group is."""
    lasting = [one for one in ordinary if one.starts == 0 and one.stops == DAYS - 1]
    shuffled = [lasting[place] for place in draws.order(len(lasting)).tolist()]
    large = [one for one in shuffled if KEY_LINE * 9 // 10 <= one.size <= KEY_LINE * 25]
    middle = [one for one in shuffled if KEY_LINE * 5 // 100 <= one.size <= KEY_LINE * 2]
    small = [one for one in shuffled if KEY_LINE * 40 // 100 <= one.size <= KEY_LINE * 75 // 100]
    taken: list[Account] = []

    def take(candidates: list[Account]) -> Account:
        account = next(one for one in candidates if one not in taken)
        taken.append(account)
        return account

    groups: list[tuple[tuple[int, ...], list[Account]]]
    groups = [(shape, [take(small), *(take(small) for _ in shape)]) for shape in _GROUPS_OF_SMALL]
    groups += [(shape, [take(large), *(take(middle) for _ in shape)]) for shape in _GROUPS_OF_LARGE]
    for shape, members in groups:
        # A group buys on one frame agreement.
        terms = discount(sum(member.size for member in members))
        for member, parent in zip(members, (None, *shape), strict=True):
            member.parent = None if parent is None else members[parent]
            member.discount = terms
            member.stints = steady(draws, member, calm=True)
    return [members for _, members in groups]


def _name(
    draws: Draws,
    accounts: list[Account],
    groups: list[list[Account]],
    duplicates: list[Account],
    originals: list[Account],
) -> None:
    """A profile for every account, no name twice."""
    brands = names.brands(draws)
    named: dict[str, Account] = {}

    def name(account: Account, profile: names.Profile, written: str) -> None:
        account.profile, account.name = profile, written
        named[written] = account

    for members in groups:
        brand = brands.pop()
        for account in members:
            profile = _company_of_group(draws, account, brand)
            while str(profile.name) in named:
                profile = _company_of_group(draws, account, brand)
            name(account, profile, str(profile.name))
    for place, (duplicate, original) in enumerate(zip(duplicates, originals, strict=True)):
        kind = names.VARIANTS[place % len(names.VARIANTS)]
        profile = names.profile(draws, brands.pop(), company_only=True)
        profile = replace(profile, name=replace(profile.name, city_in_brackets=kind == "brackets"))
        name(original, profile, str(profile.name))
        # Someone else entered it.
        name(duplicate, names.with_other_salesperson(draws, profile), names.variant(profile.name, kind))
    already = list(named.values())
    for account in accounts:
        if account not in already:
            profile = names.profile(draws, brands.pop())
            name(account, profile, str(profile.name))


def _company_of_group(draws: Draws, account: Account, brand: str) -> names.Profile:
    if account.parent is None:
        return names.head_profile(draws, brand)
    return names.member_profile(draws, account.parent.profile, account.level)


def _rename_some(draws: Draws, accounts: list[Account]) -> None:
    """30 accounts changed their name within the three years; the ledger kept the name of the day."""
    lasting = [
        one
        for one in accounts
        if one.starts < day(2023, 4, 1)
        and one.stops == DAYS - 1
        and one.size > 60_000
        and one.profile.name.legal in (names.COMPANY, names.INC)
    ]
    for choice in draws.order(len(lasting)).tolist()[:_RENAMED]:
        account = lasting[choice]
        account.former_name = names.former_name(account.profile)
        account.renamed = draws.one(day(2023, 10, 1), day(2025, 3, 31))
