"""What tables pass between ledger, calculations and readers: name, grain, columns, units, nulls.

A contract names what one row is and what each column holds. Functions say which columns they need with `require`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import pyarrow as pa

from keyaccount.errors import KeyAccountError
from keyaccount.money import AMOUNT, QUANTITY, TOTAL


class TableError(KeyAccountError):
    """A table does not have what a calculation needs."""


@dataclass(frozen=True)
class Contract:
    """What one row of a table is, and its columns: name → (type, meaning)."""

    name: str
    one_row_per: str
    columns: Mapping[str, tuple[str, str]]
    needed: tuple[str, ...]


INVOICE_LINES = Contract(
    "invoice_lines",
    "invoice (or order) line of the ledger",
    {
        "file": ("string", "file and sheet it came from"),
        "row": ("int64", "row number there, as a spreadsheet counts: the header is row 1"),
        "account_id": ("string", "customer; null only for lines kept as unassigned"),
        "account_name": ("string", "customer's name on this line"),
        "date": ("date", "day of the invoice or order"),
        "net_amount": (AMOUNT, "after discounts, before tax [company currency, returns negative]"),
        "order_id": ("string", "order of this account; null: lines of one date are one order"),
        "line_id": ("string", "unique key of the line in its source"),
        "product_id": ("string", "product"),
        "product_name": ("string", "product's name on this line"),
        "category": ("string", "product category"),
        "quantity": (QUANTITY, "in `unit`, returns negative"),
        "unit": ("string", "unit of quantity"),
        "unit_price": (AMOUNT, "[company currency a unit]"),
        "list_amount": (AMOUNT, "at list price, before discounts [company currency]"),
        "discount": (AMOUNT, "[company currency]"),
        "cost": (AMOUNT, "cost of goods [company currency]; null: unknown"),
        "freight": (AMOUNT, "paid by us [company currency]; null: none"),
        "channel": ("string", "sales channel"),
        "region": ("string", "sales region"),
        "industry": ("string", "customer's industry"),
        "salesperson": ("string", "who sold it"),
    },
    needed=("account_id", "date", "net_amount"),
)

ROLLUP = Contract(
    "rollup",
    "account, date, order and region: all that the figures of `find` need of the lines",
    {
        "account_id": ("string", "customer; null: unassigned"),
        "date": ("date", "day of the lines"),
        "order_id": ("string", "order; null: without one"),
        "region": ("string", "sales region; null: without one"),
        "lines": ("int64", "number of lines"),
        "positive_lines": ("int64", "lines with net_amount > 0"),
        "net_amount": (TOTAL, "sum over the lines [company currency]"),
        "abs_amount": (TOTAL, "sum of absolute amounts [company currency]"),
        "abs_amount_with_cost": (TOTAL, "the same over lines with known cost [company currency]"),
        "lines_with_cost": ("int64", "lines with known cost"),
        "gross_profit": (
            TOTAL,
            "sum of net_amount − cost − freight over lines with known cost [company currency]",
        ),
    },
    needed=("account_id", "date", "net_amount"),
)

ACCOUNT_NAMES = Contract(
    "account_names",
    "account and name that it bore on any line",
    {
        "account_id": ("string", "customer"),
        "account_name": ("string", "name on its lines"),
        "last_date": ("date", "latest day with this name"),
    },
    needed=("account_id", "account_name", "last_date"),
)

GROUPS = Contract(
    "groups",
    "account that belongs to another",
    {
        "account_id": ("string", "the member"),
        "parent_id": ("string", "the account above it, which may have a parent of its own"),
    },
    needed=("account_id", "parent_id"),
)

MERGED = Contract(
    "merged",
    "account that turned out to be another",
    {
        "account_id": ("string", "the account that was merged, as the ledger has it"),
        "into_id": ("string", "the account that it counts as, which may itself have been merged since"),
    },
    needed=("account_id", "into_id"),
)

COST_TO_SERVE = Contract(
    "cost_to_serve",
    "cost of serving an account: visits, service, complaints",
    {
        "account_id": ("string", "the account"),
        "amount": (AMOUNT, "[company currency]"),
        "date": ("date", "when it arose; null: it is for the year"),
    },
    needed=("account_id", "amount"),
)

KIND_RECORDS = Contract(
    "kind_records",
    "account with records that tell what it values; a column left out was not asked for",
    {
        "account_id": ("string", "the account"),
        "touches": ("int64", "visits, calls, comments of the year"),
        "expert_visits": ("int64", "visits by experts in the year"),
        "proposals": ("int64", "proposals decided in the year"),
        "proposals_accepted": ("int64", "those accepted"),
        "commitments": ("int64", "commitments in force, such as framework contracts"),
        "joint_projects": ("int64", "projects of both sides under way"),
        "purchases": (AMOUNT, "what we buy from it in the year [company currency]"),
        "contacts": ("int64", "its people that we know"),
        "executive_contacts": ("int64", "those who direct it"),
        "sponsors": ("int64", "executives of ours on its team"),
    },
    needed=("account_id",),
)

STANDING = Contract(
    "standing",
    "special standing of an account on a day; an account may have several",
    {
        "account_id": ("string", "the account"),
        "standing": ("string", "government, army, public, reference, supplier, affiliate or development"),
    },
    needed=("account_id", "standing"),
)

ACCOUNT_RECORDS = Contract(
    "account_records",
    "account, by the code that the ledger knows it by",
    {
        "code": ("string", "the ledger's account_id"),
        "name": ("string", "as written"),
        "parent": ("string", "code of the account above it"),
        "unit": ("string", "code of the unit that serves it"),
        "owner": ("string", "user name or staff number of who looks after it"),
        "region": ("string", ""),
        "industry": ("string", ""),
        "channel": ("string", ""),
        "address": ("string", ""),
        "tax_number": ("string", "capital letters and digits"),
        "website": ("string", ""),
        "remark": ("string", ""),
    },
    needed=("code",),
)

CONTACT_RECORDS = Contract(
    "contact_records",
    "person at an account; known by the account and a code, or a name where there is none",
    {
        "account": ("string", "code of the account"),
        "code": ("string", "one account's own"),
        "name": ("string", "as written"),
        "title": ("string", "what the person is there"),
        "department": ("string", "at the customer's"),
        "phone": ("string", "as written, in half-width digits"),
        "email": ("string", ""),
    },
    needed=("account",),
)

STAFF_RECORDS = Contract(
    "staff_records",
    "colleague; known by user name, or staff number where there is none",
    {
        "username": ("string", "by which they sign in"),
        "staff_number": ("string", ""),
        "name": ("string", "as colleagues write it"),
        "email": ("string", ""),
        "role": ("string", "what they do in the unit"),
        "unit": ("string", "code of the unit"),
        "since": ("string", "first day of the post, ISO"),
    },
    needed=(),
)

RECORD_TABLES = {
    "accounts": ACCOUNT_RECORDS,
    "contacts": CONTACT_RECORDS,
    "staff": STAFF_RECORDS,
    "groups": GROUPS,
}

CONTRACTS = (
    INVOICE_LINES,
    ROLLUP,
    ACCOUNT_NAMES,
    MERGED,
    COST_TO_SERVE,
    KIND_RECORDS,
    STANDING,
    *RECORD_TABLES.values(),
)


def require(table: Any, name: str, *columns: str) -> None:
    """Check that an Ibis or Arrow table has `columns`. Raises TableError `column.missing`, naming what is there."""
    there = table.column_names if isinstance(table, pa.Table) else table.columns
    missing = [column for column in columns if column not in there]
    if missing:
        raise TableError("column.missing", table=name, columns=missing, there=list(there))


def memory_table(types: Mapping[str, str], columns: Mapping[str, Sequence[Any]] | None = None) -> Any:
    """An Ibis table of values in memory, empty where no `columns` are given; `types` are Ibis's names."""
    columns = columns or {name: [] for name in types}
    return ibis.memtable(pa.table(dict(columns), schema=ibis.schema(types).to_pyarrow()))
