"""Which accounts of the ledger are one and the same? Their lines are read as the surviving account's (K9).

Invoice lines are never rewritten: a small table says what was merged into what, and calculations take it as an argument.
Figures are those of a ledger in which the account ids had been replaced. So two orders with one id, of two accounts that
turned out to be one, are one order: an order is one account's order id.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa

from keyaccount.errors import KeyAccountError
from keyaccount.ledger.rollup import Condensed
from keyaccount.tables import MERGED, memory_table, require

OWN_CODE = "ledger_account_id"
"""The column that keeps the code which the ledger has."""


class MergeError(KeyAccountError):
    """The table of merged accounts makes no sense."""


def survivors(merged: pa.Table | None) -> dict[str, str]:
    """Each merged account and the account that it counts as in the end; None: nothing was merged.

    Parameters
    ----------
    merged : Arrow table (`tables.MERGED`), account_id, into_id; A into B and B into C makes A count as C. Rows with the
        same id twice say nothing.

    Raises
    ------
    MergeError `merged.circle`, naming it; `merged.two_ways`. TableError `column.missing`.
    """
    if merged is None:
        return {}
    require(merged, MERGED.name, *MERGED.needed)
    into: dict[str, str] = {}
    for account, other in zip(merged["account_id"].to_pylist(), merged["into_id"].to_pylist(), strict=True):
        if account == other:
            continue
        if into.setdefault(account, other) != other:
            raise MergeError("merged.two_ways", account=account, into=[into[account], other])
    return {account: _last(account, into) for account in into}


def _last(account: str, into: Mapping[str, str]) -> str:
    path = [account]
    while path[-1] in into:
        further = into[path[-1]]
        if further in path:
            raise MergeError("merged.circle", path=" → ".join([*path[path.index(further) :], further]))
        path.append(further)
    return path[-1]


def codes_of(account_ids: Collection[str], into: Mapping[str, str]) -> list[str]:
    """The codes by which the ledger knows these accounts: their own, and those of what was merged into them."""
    wanted = set(account_ids)
    return [*account_ids, *(account for account, survivor in into.items() if survivor in wanted)]


def merged_lines(lines: Any, into: Mapping[str, str]) -> Any:
    """Invoice lines with the surviving account in `account_id`, and the ledger's own code in `ledger_account_id`.

    Parameters
    ----------
    lines : Ibis table with `account_id`; of a large ledger only the lines wanted (`codes_of`), since what is asked of the new
        column afterwards cannot be looked up in the files.
    """
    kept = lines.mutate(**{OWN_CODE: lines.account_id})
    return _replaced(kept, into)


def merged_ledger(ledger: Condensed, into: Mapping[str, str]) -> Condensed:
    """What `find` needs of a ledger, with merged accounts as one.

    An account goes by the latest name on its own lines; by a merged one's where it has none.
    """
    if not into:
        return ledger
    names, all_lines = ledger.names, ledger.all_lines
    tree = _tree(into)
    own = names.anti_join(tree, names.account_id == tree.from_id)
    moved = names.inner_join(tree, names.account_id == tree.from_id)
    moved = moved.select("account_name", "last_date", account_id=moved.to_id).anti_join(own, "account_id")
    moved = moved.group_by("account_id", "account_name").agg(last_date=moved.last_date.max())
    columns = ("account_id", "account_name", "last_date")
    return Condensed(
        rollup=_replaced(ledger.rollup, into),
        names=own.select(*columns).union(moved.select(*columns)),
        fields=ledger.fields,
        all_lines=None if all_lines is None else lambda: _replaced(all_lines(), into),
    )


def with_survivors(table: pa.Table, columns: Sequence[str], into: Mapping[str, str]) -> pa.Table:
    """A small table in which `columns` name the surviving accounts."""
    for name in columns:
        ids = [into.get(one, one) for one in table[name].to_pylist()]
        table = table.set_column(table.column_names.index(name), name, pa.array(ids, pa.string()))
    return table


def merged_groups(groups: pa.Table, into: Mapping[str, str]) -> pa.Table:
    """The group tree (`tables.GROUPS`) of the surviving accounts.

    An account keeps the parent that it has itself; one that has none takes a merged account's.
    """
    told = with_survivors(groups, ("account_id", "parent_id"), into)
    ids = (groups["account_id"], told["account_id"], told["parent_id"])
    rows = list(zip(*(one.to_pylist() for one in ids), strict=True))
    have_parent = {own for own, account, parent in rows if own == account != parent}
    kept = [own == account or account not in have_parent for own, account, _ in rows]
    return told.filter(pa.array(kept, pa.bool_()))


def _tree(into: Mapping[str, str]) -> Any:
    return memory_table(
        {"from_id": "string", "to_id": "string"}, {"from_id": list(into), "to_id": list(into.values())}
    )


def _replaced(table: Any, into: Mapping[str, str]) -> Any:
    if not into:
        return table
    tree = _tree(into)
    joined = table.left_join(tree, table.account_id == tree.from_id)
    return joined.mutate(account_id=joined.to_id.fill_null(joined.account_id)).drop("from_id", "to_id")
