"""Who would rise onto the list or fall off it by now? The list itself is not touched (F7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.find.list_basis import Proposal
from keyaccount.reasons import Reason
from keyaccount.tables import TableError


@dataclass(frozen=True)
class MidYear:
    """A list against what would be proposed by now."""

    rows: pa.Table
    """One row per account that would rise or fall, those who rise first, largest sales first."""
    now: Proposal

    def why(self, row: Mapping[str, Any]) -> list[Reason]:
        """Why an account would be proposed now, or would not; for those who fall what keeps them off."""
        if not row["is_known"]:
            return [Reason("reason.no_lines_in_year", {})]
        return self.now.why(row)


def mid_year(on_list: pa.Table, now: Proposal, *, then: pa.Table | None = None) -> MidYear:
    """Hold a list against a proposal over the 12 months to a later date.

    Parameters
    ----------
    on_list : one row per account on the list: account_id; account_name and sales [as they were when it was made] where kept.
    then : one row per account of the list's own year (`KeyAccountList.accounts`): account_id, sales; for those who were not on the list.
    now : `list_basis.propose` on the list's own basis and settings, over the 12 months to the date.

    Returns
    -------
    MidYear, whose rows have
        account_id, account_name; rises [whether; else it falls]; sales_then [null: not kept, or nothing bought in the list's year];
        is_known [whether it has a line in the 12 months, spend or standing]; and the columns of `now.accounts`.

    Raises
    ------
    TableError `column.missing`; SettingError, ListError, FindError of what makes `now`.

    References
    ----------
    Row F7: fixed for the year, a mid-year review shows who would rise or fall.
    """
    if "account_id" not in on_list.column_names:
        raise TableError(
            "column.missing", table="on_list", columns=["account_id"], there=on_list.column_names
        )
    listed, proposed = (
        on_list["account_id"].combine_chunks(),
        now.candidates["account_id"].combine_chunks(),
    )
    rising = proposed.filter(pc.invert(pc.is_in(proposed, value_set=listed)))
    falling = listed.filter(pc.invert(pc.is_in(listed, value_set=proposed)))
    ids = pa.concat_arrays([rising, falling])
    place = pc.index_in(ids, value_set=now.accounts["account_id"].combine_chunks())
    was_listed = pc.index_in(ids, value_set=listed)
    columns = {name: now.accounts[name].combine_chunks().take(place) for name in now.accounts.column_names}
    columns["account_id"] = ids
    if "account_name" in on_list.column_names:
        kept = on_list["account_name"].combine_chunks().take(was_listed)
        columns["account_name"] = pc.coalesce(columns["account_name"], kept)
    sales = columns["sales"]
    columns["sales_then"] = _sales_then(ids, on_list, then, sales.type)
    columns["is_known"] = place.is_valid()
    columns["rises"] = pa.array(np.arange(len(ids)) < len(rising))
    rows = pa.table(columns)
    order = [("rises", "descending"), ("sales", "descending"), ("account_id", "ascending")]
    return MidYear(rows.take(pc.sort_indices(rows, sort_keys=order)), now)


def _sales_then(ids: pa.Array, on_list: pa.Table, then: pa.Table | None, money: pa.DataType) -> pa.Array:
    """As the list keeps them, else as its year had them."""
    told = pa.nulls(len(ids), money)
    for table in (on_list, then):
        if table is not None and "sales" in table.column_names:
            place = pc.index_in(ids, value_set=table["account_id"].combine_chunks())
            told = pc.coalesce(told, table["sales"].combine_chunks().take(place).cast(money))
    return told
