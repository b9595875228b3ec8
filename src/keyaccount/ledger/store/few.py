"""How are the lines of a few accounts read, fast enough for a page? By SQL that stands here (K1).

Ibis takes twice as long to write this SQL as the store takes to answer it: measured at 10 million lines, 25 ms beside 12.
`tests/keyaccount/ledger/store/test_few.py` holds both against each other.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.ledger.merged import OWN_CODE
from keyaccount.ledger.store.place import damaged
from keyaccount.ledger.store.reading import LedgerStore


@dataclass(frozen=True)
class FewLines:
    """Which lines are wanted."""

    accounts: Mapping[str, str]
    """The ledger's account_id → the account that it counts as: itself, or what it was merged into."""
    first: dt.date = dt.date.min
    last: dt.date = dt.date.max
    equal: Mapping[str, str | None] = field(default_factory=dict)
    """Column → what it must be; None: nothing stands there. Columns that the ledger does not have are passed over."""

    @property
    def is_merged(self) -> bool:
        return any(code != account for code, account in self.accounts.items())


@dataclass(frozen=True)
class PageOfLines:
    """Some of the lines, newest first."""

    lines: pa.Table
    count: int
    """Of all that are wanted."""
    net_amount: Decimal
    """Of all [company currency]."""


def few_lines(store: LedgerStore, wanted: FewLines, columns: Sequence[str]) -> pa.Table:
    """Arrow table, one row per line wanted, in no order: those of `columns` that the ledger has.

    `account_id` is the account that a line counts as; `ledger_account_id`, where anything is merged, the code that the ledger has.

    Raises
    ------
    StoreError `store.damaged`.
    """
    names = _there(store, columns)
    sql, words = _where(store, wanted)
    return _named(_told(store, f"SELECT {', '.join(names)} FROM lake.main.lines WHERE {sql}", words), wanted)


def page_of_lines(
    store: LedgerStore, wanted: FewLines, columns: Sequence[str], *, limit: int, offset: int = 0
) -> PageOfLines:
    """The lines from `offset` on, newest first, then as they stand in their files; counted and summed in the same reading.

    Raises
    ------
    StoreError `store.damaged`.
    """
    names = _there(store, columns)
    sql, words = _where(store, wanted)
    order = "date DESC, file, row"
    told = _told(
        store,
        f"WITH wanted AS MATERIALIZED (SELECT {', '.join(dict.fromkeys([*names, 'date', 'file', 'row', 'net_amount']))} "
        f"FROM lake.main.lines WHERE {sql}) "
        f"SELECT {', '.join(names)}, sums.* FROM (SELECT count(*) AS all_count, sum(net_amount) AS all_amount FROM wanted) sums "
        f"LEFT JOIN (SELECT *, row_number() OVER (ORDER BY {order}) AS place FROM wanted ORDER BY {order} "
        f"LIMIT {int(limit)} OFFSET {int(offset)}) shown ON true ORDER BY place",
        words,
    )
    count, amount = told["all_count"][0].as_py(), told["all_amount"][0].as_py()
    shown = told.drop_columns(["all_count", "all_amount"])
    if count <= offset or limit <= 0:
        shown = shown.slice(0, 0)  # the one row that bears the sums
    return PageOfLines(_named(shown, wanted), count, amount if amount is not None else Decimal(0))


def _there(store: LedgerStore, columns: Sequence[str]) -> list[str]:
    fields = {"file", "row", "import_id", *store.fields}
    return [f'"{name}"' for name in dict.fromkeys(columns) if name in fields]


def _where(store: LedgerStore, wanted: FewLines) -> tuple[str, list[Any]]:
    if not wanted.accounts:
        return "false", []
    codes = list(wanted.accounts)
    # A single code is looked up in the files by its least and greatest, a list of several too, but not an empty one.
    terms = [f"account_id IN ({', '.join('?' * len(codes))})"]
    words: list[Any] = [*codes]
    if wanted.first != dt.date.min or wanted.last != dt.date.max:
        terms.append("date BETWEEN ? AND ?")
        words += [wanted.first, wanted.last]
    for name, value in wanted.equal.items():
        if name not in store.fields:
            continue
        terms.append(f'"{name}" IS NULL' if value is None else f'"{name}" = ?')
        words += [] if value is None else [value]
    return " AND ".join(terms), words


def _told(store: LedgerStore, sql: str, words: list[Any]) -> pa.Table:
    try:
        return store.con.execute(sql, words).to_arrow_table()
    except duckdb.Error as error:
        raise damaged(store.place, error, reading=True) from error


def _named(told: pa.Table, wanted: FewLines) -> pa.Table:
    """With the accounts that the lines count as."""
    if not wanted.is_merged or "account_id" not in told.column_names:
        return told
    codes = list(wanted.accounts)
    at = pc.index_in(told["account_id"], pa.array(codes, pa.string()))
    own = pa.array(list(wanted.accounts.values()), pa.string()).take(at.combine_chunks())
    place = told.column_names.index("account_id")
    return told.append_column(OWN_CODE, told["account_id"]).set_column(place, "account_id", own)
