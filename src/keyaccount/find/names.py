"""By which name does each account go? The one on its latest line (design: "the latest name is shown")."""

from typing import Any

import ibis

from keyaccount.tables import memory_table


def latest_names(lines: Any) -> Any:
    """One row per account that has a name: account_id, account_name.

    Of several names on the latest day the first by code point, so that the order of lines does not matter.
    """
    if "account_name" not in lines.columns:
        return memory_table({"account_id": "string", "account_name": "string"})
    named = lines.filter(lines.account_name.notnull() & lines.account_id.notnull())
    last_day = named.group_by("account_id", "account_name").agg(day=named.date.max())
    newest_first = ibis.window(group_by="account_id", order_by=[last_day.day.desc(), last_day.account_name])
    placed = last_day.mutate(place=ibis.row_number().over(newest_first))
    return placed.filter(placed.place == 0).select("account_id", "account_name")
