"""Which role does an account play for us, how large is it, and does it cost more effort than its class may? (F6)"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from keyaccount.find.exact import as_rate, money_of, rates, total, with_columns
from keyaccount.find.kind_settings import RoleSettings
from keyaccount.reasons import Reason
from keyaccount.tables import STANDING, require

ROLES = ("strategic", "important", "group", "economic", "ordinary")
"""In the order in which they are asked; the first that applies is the role."""

STANDINGS: Mapping[str, str] = {
    "government": "important",
    "army": "important",
    "public": "important",
    "reference": "important",
    "supplier": "group",
    "affiliate": "group",
    "development": "strategic",
}
"""Kind of special standing → the role that it gives."""


def roles(
    accounts: pa.Table, *, standing: pa.Table | None = None, settings: RoleSettings | None = None
) -> pa.Table:
    """Give each account its role, its class by volume, and its effort against the class's ceiling.

    Parameters
    ----------
    accounts : one row per account: account_id; sales [company currency a year; null: none]; in_set [among those who together make
        80%, of its group where it has one]; kind [`kinds`]; cost_to_serve [company currency a year; null: not recorded];
        purchases [what we buy from it; null: not known].
    standing : Arrow table (`tables.STANDING`), as it is on the day.

    Returns
    -------
    the same rows with
        is_strategic [kind strategic, or standing: development]; is_important [standing: government, army, public, reference];
        is_group [standing: supplier, affiliate; or purchases > 0]; is_economic [in_set]; role, the first of these that applies,
        else ordinary; standing [list of its kinds, sorted]; volume_class [the first class whose lower bound sales reach; none
        sold counts as 0; below every bound, the last class]; effort [cost to serve ÷ sales; null where either is unknown or sales ≤ 0];
        ceiling [of the class]; is_over_ceiling [null where the cost is not recorded; compared as money: cost > ceiling × sales,
        so that any cost without sales is over].

    Raises
    ------
    TableError `column.missing`.

    References
    ----------
    Row F6. Worked by hand in docs, calculations, roles.
    """
    settings = settings or RoleSettings()
    held: dict[str, set[str]] = {}
    if standing is not None:
        require(_Named(standing), STANDING.name, *STANDING.needed)
        for account, one in zip(
            standing["account_id"].to_pylist(), standing["standing"].to_pylist(), strict=True
        ):
            held.setdefault(account, set()).add(one)
    ids = accounts["account_id"].to_pylist()
    given = [{STANDINGS[one] for one in held.get(account, ()) if one in STANDINGS} for account in ids]
    purchases = money_of(accounts["purchases"])
    marks = {
        "is_strategic": np.array(["strategic" in one for one in given], bool)
        | (np.array(accounts["kind"].to_pylist(), object) == "strategic"),
        "is_important": np.array(["important" in one for one in given], bool),
        "is_group": np.array(["group" in one for one in given], bool)
        | (purchases.known & (purchases.units > 0)),
        "is_economic": np.array([bool(one) for one in accounts["in_set"].to_pylist()], bool),
    }
    role = np.select([one.astype(bool) for one in marks.values()], range(len(marks)), default=len(marks))
    told: dict[str, Any] = {name: pa.array(mark.astype(bool)) for name, mark in marks.items()}
    told["role"] = pa.array(ROLES).take(pa.array(role))
    told["standing"] = pa.array([sorted(held.get(account, ())) for account in ids], pa.list_(pa.string()))
    return with_columns(accounts, told | _volume(accounts, settings))


def _volume(accounts: pa.Table, settings: RoleSettings) -> dict[str, Any]:
    sales, cost = money_of(accounts["sales"]), money_of(accounts["cost_to_serve"])
    reached = [sales.units >= _units(one.least_sales) for one in settings.classes]
    place = np.select(
        [np.asarray(one, bool) for one in reached], range(len(reached)), default=len(reached) - 1
    )
    ceilings = [one.effort_ceiling for one in settings.classes]
    over = np.array(
        [
            spent > Decimal(ceilings[at]) * max(sold, 0)
            for spent, sold, at in zip(cost.units.tolist(), sales.units.tolist(), place.tolist(), strict=True)
        ],
        bool,
    )
    effort = np.where(cost.known & (sales.units > 0), as_rate(cost.units, sales.units), np.nan)
    return {
        "volume_class": pa.array([one.code for one in settings.classes]).take(pa.array(place)),
        "effort": rates(effort),
        "ceiling": pa.array([float(one) for one in ceilings]).take(pa.array(place)),
        "is_over_ceiling": pa.array(over, mask=~cost.known),
    }


def _units(amount: Decimal) -> int:
    return total(money_of(pa.array([amount], pa.decimal128(38, 4))).units)


def role_reasons(row: Mapping[str, Any]) -> list[Reason]:
    """Why an account has its role: every rule that applies, the deciding one first. `kind_now`: where a person overruled the kind."""
    told = []
    if row["is_strategic"]:
        by_kind = (row.get("kind_now") or row["kind"]) == "strategic"
        told.append(Reason("role.because.kind" if by_kind else "role.because.development", {}))
    told += [
        Reason(f"role.because.{one}", {}) for one in row["standing"] if STANDINGS.get(one) != "strategic"
    ]
    if row["is_group"] and row.get("purchases"):
        told.append(Reason("role.because.purchases", {"purchases": row["purchases"]}))
    if row["is_economic"]:
        told.append(Reason("role.because.in_set", {}))
    return told or [Reason("role.because.nothing", {})]


class _Named:
    """An Arrow table as `require` asks for it."""

    def __init__(self, table: Any) -> None:
        self.columns = table.column_names
