"""By which name does each account go? The one on its latest line (design: "the latest name is shown")."""

from typing import Any

import ibis


def latest_names(names: Any) -> Any:
    """One row per account that has a name: account_id, account_name; from `tables.ACCOUNT_NAMES`.

    Of several names on the latest day the first by code point, so that the order of lines does not matter.
    """
    newest_first = ibis.window(group_by="account_id", order_by=[names.last_date.desc(), names.account_name])
    placed = names.mutate(place=ibis.row_number().over(newest_first))
    return placed.filter(placed.place == 0).select("account_id", "account_name")
