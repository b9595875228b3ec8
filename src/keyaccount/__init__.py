"""Finds the few customers who carry the business in the sales ledger.

import keyaccount
ledger = keyaccount.read_ledger("ledger.xlsx")
keyaccount.find_key_accounts(ledger.lines)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from keyaccount.demo import demo_ledger
    from keyaccount.errors import KeyAccountError
    from keyaccount.find.key_accounts import KeyAccountList, find_key_accounts
    from keyaccount.find.settings import FindSettings
    from keyaccount.ledger.read import Ledger, read_cost_to_serve, read_groups, read_ledger, read_merged
    from keyaccount.ledger.sources import ReadOptions

__all__ = [
    "FindSettings",
    "KeyAccountError",
    "KeyAccountList",
    "Ledger",
    "ReadOptions",
    "demo_ledger",
    "find_key_accounts",
    "read_cost_to_serve",
    "read_groups",
    "read_ledger",
    "read_merged",
]

_HOMES = {
    "FindSettings": "keyaccount.find.settings",
    "KeyAccountError": "keyaccount.errors",
    "KeyAccountList": "keyaccount.find.key_accounts",
    "Ledger": "keyaccount.ledger.read",
    "ReadOptions": "keyaccount.ledger.sources",
    "demo_ledger": "keyaccount.demo",
    "find_key_accounts": "keyaccount.find.key_accounts",
    "read_cost_to_serve": "keyaccount.ledger.read",
    "read_groups": "keyaccount.ledger.read",
    "read_ledger": "keyaccount.ledger.read",
    "read_merged": "keyaccount.ledger.read",
}


def __getattr__(name: str) -> Any:
    # Loaded on first use: Ibis and DuckDB take most of a second, which `--help` need not wait for.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'keyaccount' has no attribute {name!r}")
