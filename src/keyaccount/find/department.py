"""Does a key account department pay, and how large would it be? (F9)"""

from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.find.exact import decimal_of, money_of, total
from keyaccount.find.settings import FindSettings


@dataclass(frozen=True)
class Department:
    """Money [company currency a year]."""

    pays: bool
    """From the preset number of key accounts on; below it named executives hold them."""
    accounts: int
    """Key accounts."""
    managers: int
    """For them, by the preset load; workload refines it (C5)."""
    sales: Decimal
    sales_share: float | None
    """Of the company's; None where that is ≤ 0."""
    profit: Decimal | None
    """At stake: of the key accounts whose profit is judged; None: none is."""
    profit_share: float | None
    """Of the company's, which losses of other accounts lower: it may exceed 1. None where that is ≤ 0."""
    profit_accounts: int


def pays(key_accounts: int, settings: FindSettings) -> bool:
    """Whether so many key accounts are enough for a department."""
    return key_accounts >= settings.department_from


def managers_for(key_accounts: int, settings: FindSettings) -> int:
    """Managers for so many key accounts, rounded up."""
    return -(-key_accounts // settings.accounts_per_manager)


def department(
    accounts: pa.Table, settings: FindSettings, *, sales: Decimal, profit: Decimal | None
) -> Department:
    """The department that the accounts with verdict `key` would need.

    Parameters
    ----------
    accounts : one row per account of the year: verdict, sales, profit (`KeyAccountList.accounts`).
    sales, profit : the company's totals of the year [company currency]; profit None: not judged.

    References
    ----------
    Row F9; design, "What key means, exactly". The accounts behind are those of `department_accounts`.
    """
    key = department_accounts(accounts)
    earned = money_of(key["profit"])
    own_sales = decimal_of(total(money_of(key["sales"]).units))
    own_profit = decimal_of(total(earned.units)) if earned.known.any() else None
    return Department(
        pays=pays(len(key), settings),
        accounts=len(key),
        managers=managers_for(len(key), settings),
        sales=own_sales,
        sales_share=_share(own_sales, sales),
        profit=own_profit,
        profit_share=_share(own_profit, profit),
        profit_accounts=int(earned.known.sum()),
    )


def department_accounts(accounts: pa.Table) -> pa.Table:
    """The key accounts, as they stand in the list."""
    return accounts.filter(pc.equal(accounts["verdict"], "key"))


def _share(part: Decimal | None, whole: Decimal | None) -> float | None:
    return float(part) / float(whole) if part is not None and whole is not None and whole > 0 else None
