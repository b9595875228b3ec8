"""What must be known of each account before its role and class are told? (F6)"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.find.groups import top_parents
from keyaccount.ledger.merged import merged_groups, survivors
from keyaccount.periods import year_ending

_MONEY = pa.decimal128(38, 4)


def with_role_facts(
    told: pa.Table,
    found: pa.Table,
    *,
    until: dt.date,
    groups: pa.Table | None = None,
    cost_to_serve: pa.Table | None = None,
    merged: pa.Table | None = None,
) -> pa.Table:
    """The rows of `kinds` with what `roles` asks of the account, or of the group that it heads.

    Parameters
    ----------
    told : one row per account (`kinds`).
    found : one row per account or group (`KeyAccountList.accounts`), of the same year.
    until : the last day of that year.
    groups, cost_to_serve, merged : as `find_key_accounts` takes them.

    Returns
    -------
    the same rows; own_sales [the account's, without its group]; sales [company currency a year; the whole group's for its head];
    in_set [whether it, or its group, is]; purchases; cost_to_serve [of the year; null: not recorded; a head has its group's].

    Raises
    ------
    GroupError, MergeError as `find_key_accounts`.
    """
    into = survivors(merged)
    tops = top_parents(merged_groups(groups, into)) if groups is not None else {}
    heads = set(tops.values())
    rows = {row["account_id"]: row for row in found.select(["account_id", "sales", "in_set"]).to_pylist()}
    costs = _costs(cost_to_serve, into, tops, until)
    ids = told["account_id"].to_pylist()
    own = dict(zip(ids, told["sales"].to_pylist(), strict=True))
    sales = [rows[one]["sales"] if one in heads and one in rows else own[one] for one in ids]
    in_set = [bool(rows.get(tops.get(one, one), {}).get("in_set")) for one in ids]
    purchases = told["purchases"] if told["purchases"].type != pa.float64() else pa.nulls(len(ids), _MONEY)
    columns = {name: told[name] for name in told.column_names}
    return pa.table(
        {
            **columns,
            "own_sales": told["sales"],
            "sales": pa.array(sales, _MONEY),
            "in_set": pa.array(in_set, pa.bool_()),
            "purchases": pc.cast(purchases, _MONEY),
            "cost_to_serve": pa.array([costs.get(one) for one in ids], _MONEY),
        }
    )


def _costs(
    table: pa.Table | None, into: Mapping[str, str], tops: Mapping[str, str], until: dt.date
) -> dict[str, Decimal]:
    """Cost to serve of the year by account, and by the head of its group beside."""
    costs: dict[str, Decimal] = {}
    year = year_ending(until)
    for row in table.to_pylist() if table is not None else []:
        day = row.get("date")  # optional in the contract: without it the cost is for the year
        if day is not None and day not in year:
            continue
        account = into.get(row["account_id"], row["account_id"])
        for one in {account, tops.get(account, account)}:
            costs[one] = costs.get(one, Decimal(0)) + row["amount"]
    return costs
