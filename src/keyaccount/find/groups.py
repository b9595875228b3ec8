"""Which accounts belong together? A parent's subsidiaries count as one (F1)."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.errors import KeyAccountError
from keyaccount.find.exact import whole
from keyaccount.tables import GROUPS, memory_table, require


class GroupError(KeyAccountError):
    """The group tree makes no sense."""


def top_parents(groups: Any) -> dict[str, str]:
    """Each account of the tree and the parent at its top.

    Parameters
    ----------
    groups : Arrow table, one row per account that belongs to another: account_id, parent_id; any depth. Blank and
        self-referring rows with the same id mean "its own group".

    Raises
    ------
    GroupError `groups.circle`, naming it; `groups.two_parents`. TableError `column.missing`.
    """
    require(_Named(groups), GROUPS.name, *GROUPS.needed)
    parents: dict[str, str] = {}
    for account, parent in zip(
        groups["account_id"].to_pylist(), groups["parent_id"].to_pylist(), strict=True
    ):
        if account == parent:
            continue
        if parents.setdefault(account, parent) != parent:
            raise GroupError("groups.two_parents", account=account, parents=[parents[account], parent])
    return {account: _top(account, parents) for account in parents}


def _top(account: str, parents: Mapping[str, str]) -> str:
    path = [account]
    while path[-1] in parents:
        above = parents[path[-1]]
        if above in path:
            raise GroupError("groups.circle", path=" → ".join([*path[path.index(above) :], above]))
        path.append(above)
    return path[-1]


def rolled_up(table: Any, tops: Mapping[str, str]) -> Any:
    """An Ibis table with `account_id`, and beside it `group_id`: the top parent, or the account itself."""
    if not tops:
        return table.mutate(group_id=table.account_id)
    tree = memory_table(
        {"member_id": "string", "top_id": "string"}, {"member_id": list(tops), "top_id": list(tops.values())}
    )
    joined = table.left_join(tree, table.account_id == tree.member_id)
    return joined.mutate(group_id=joined.top_id.fill_null(joined.account_id)).drop("member_id", "top_id")


def top_ids(account_ids: Any, tops: Mapping[str, str]) -> pa.Array:
    """For an Arrow column of accounts the top parents, or the accounts themselves."""
    ids = whole(account_ids)
    if not tops:
        return ids
    place = pc.index_in(ids, value_set=pa.array(list(tops), pa.string()), skip_nulls=True)
    return pc.coalesce(pa.array(list(tops.values()), pa.string()).take(place), ids)


class _Named:
    """An Arrow table as `require` asks for it."""

    def __init__(self, table: Any) -> None:
        self.columns = table.column_names
