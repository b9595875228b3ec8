"""Which ledger can everybody try `find` on? The demo company's, drawn from a seed, with its traps known.

启明实业 is invented, and so are its customers: household and industrial equipment, 2,000 customers in six
provinces, 30 groups, three years of invoice lines to 31 December 2025. Planted among them are the accounts
that the guards are for, each with the verdict that the rules give it.
"""

from keyaccount.demo.ledger import DemoLedger, demo_ledger

__all__ = ["DemoLedger", "demo_ledger"]
