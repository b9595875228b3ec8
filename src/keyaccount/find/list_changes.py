"""Who enters the list and who leaves it, when it is proposed otherwise, and why? (F7)"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.find.list_basis import Proposal
from keyaccount.find.reasons import guard_reason
from keyaccount.reasons import Reason

_FIGURES = (
    "account_name", "sales", "profit", "proposed", "in_set", "barred_by", "monthly_spend", "spends_enough", "standing",
    "order_days", "largest_order", "largest_order_share", "profit_before_service", "cost_to_serve",
)  # fmt: skip
WAY_OF = {"set": "in_set", "spend": "monthly_spend", "standing": "standing"}
CAUSES = ("grouped", "absent", "guard", "set", "spend", "standing", "ways")


@dataclass(frozen=True)
class ListChanges:
    """What differs between two proposals."""

    rows: pa.Table
    """One row per account that enters or leaves, those who enter first, largest sales first."""
    before: Proposal
    after: Proposal

    def why(self, row: Mapping[str, Any]) -> Reason:
        """Why a row enters or leaves, with the figure and the rule."""
        way = "entering" if row["enters"] else "leaving"
        cause = row["cause"]
        if cause == "guard":
            return self._guard(row, way)
        if cause in WAY_OF and WAY_OF[cause] not in self.after.basis.ways:
            return Reason(f"change.off.{cause}", {})
        if cause in WAY_OF and WAY_OF[cause] not in self.before.basis.ways:
            return self._counts_now(row, cause)
        if cause == "set":
            return self._set(row, way)
        if cause == "spend":
            values = {"after": self._spend(row), "needed": self.after.basis.monthly_spend_from}
            return Reason(f"change.spend.{way}", values)
        if cause == "grouped":
            side = self.before if row["enters"] else self.after
            return Reason(f"change.grouped.{way}", {"top": _name(side, side.tops[row["account_id"]])})
        return Reason(f"change.{cause}.{way}", {"standing": row["standing_after"]})

    def _counts_now(self, row: Mapping[str, Any], cause: str) -> Reason:
        """In by a way that did not count before."""
        values = {
            "set": {"rank": row["rank_after"], "line": self.after.set_size},
            "spend": {"after": self._spend(row), "needed": self.after.basis.monthly_spend_from},
            "standing": {"standing": row["standing_after"]},
        }
        basis = f".{self.after.settings.basis}" if cause == "set" else ""
        return Reason(f"change.on.{cause}{basis}", values[cause])

    def _spend(self, row: Mapping[str, Any]) -> Decimal:
        spend: Decimal | None = row["monthly_spend_after"]
        return spend or Decimal(0)

    def _guard(self, row: Mapping[str, Any], way: str) -> Reason:
        """The guard that holds now, or held before; with what it said of the account."""
        side = "before" if row["enters"] else "after"
        guard = row[f"barred_by_{side}"]
        figures = {name: row[f"{name}_{side}"] for name in _FIGURES if name != "account_name"}
        said = guard_reason(figures, guard)
        settings = (self.before if row["enters"] else self.after).settings
        rule = {
            "most": settings.one_time_days if guard == "one_time" else settings.big_ticket_days,
            "least": settings.big_ticket_share,
        }
        return Reason(f"change.guard.{way}.{guard}", {**said.values, "profit": figures["profit"], **rule})

    def _set(self, row: Mapping[str, Any], way: str) -> Reason:
        values = {
            "rank_before": row["rank_before"],
            "rank_after": row["rank_after"],
            "line_before": self.before.set_size,
            "line_after": self.after.set_size,
        }
        basis = self.after.settings.basis
        if basis != self.before.settings.basis:
            # Two rankings: a rank on one says nothing of the other.
            known = "ranked" if values["rank_after"] is not None else "unranked"
            return Reason(f"change.set.{way}.to_{basis}.{known}", values)
        if None in values.values():
            return Reason(f"change.set.{way}.unranked", values)
        return Reason(f"change.set.{way}.{basis}", values)


def _name(proposal: Proposal, account_id: str) -> str:
    at = pc.index(proposal.accounts["account_id"], account_id).as_py()
    name: str | None = proposal.accounts["account_name"][at].as_py() if at >= 0 else None
    return name or account_id


def list_changes(
    before: Proposal, after: Proposal, *, singles: Mapping[str, pa.Table] | None = None
) -> ListChanges:
    """Compare two proposals.

    Parameters
    ----------
    before, after : `list_basis.propose`.
    singles : setting → the candidates where that setting alone is as in `after` and all others as in `before`; None: not asked.

    Returns
    -------
    ListChanges, whose rows have
        account_id, account_name; enters [whether; else it leaves]; cause, the first of: grouped [counts as its top parent
        on one side], absent [no line in the year on one side], guard [bars it on one side only], set, spend, standing [in
        by it on one side only], ways [in by the same, but whether one will do was changed]; by [the settings that alone
        bring the change; empty: only together; null: not asked]; rank_before, rank_after [on each one's basis], and the
        figures of both sides as name_before, name_after.

    References
    ----------
    Row F7. The change is of the account, so where another's guard lets the line move, that reads `set`.
    """
    sides = {"before": _proposed(before), "after": _proposed(after)}
    was, now = (sides[side]["account_id"].combine_chunks() for side in sides)
    leaving = was.filter(pc.invert(pc.is_in(was, value_set=now)))
    entering = now.filter(pc.invert(pc.is_in(now, value_set=was)))
    ids = pa.concat_arrays([entering, leaving])
    enters = np.arange(len(ids)) < len(entering)
    columns: dict[str, Any] = {"account_id": ids, "enters": pa.array(enters)}
    for side, proposal in (("before", before), ("after", after)):
        columns |= _figures(ids, proposal, side)
    names = [columns.pop(f"account_name_{side}") for side in ("after", "before")]
    columns["account_name"] = pc.coalesce(*names)
    columns["cause"] = _causes(ids, enters, columns, before, after)
    columns["by"] = _by(ids, enters, singles)
    sales = pc.coalesce(columns["sales_after"], columns["sales_before"])
    rows = pa.table(columns).append_column("largest", sales)
    order = [("enters", "descending"), ("largest", "descending"), ("account_id", "ascending")]
    return ListChanges(
        rows.take(pc.sort_indices(rows, sort_keys=order)).drop_columns(["largest"]), before, after
    )


def _proposed(proposal: Proposal) -> pa.Table:
    return proposal.candidates.select(["account_id"])


def _figures(ids: pa.Array, proposal: Proposal, side: str) -> dict[str, Any]:
    accounts = proposal.accounts
    place = pc.index_in(ids, value_set=accounts["account_id"].combine_chunks())
    taken = {f"{name}_{side}": accounts[name].combine_chunks().take(place) for name in _FIGURES}
    rank = accounts[f"{proposal.settings.basis}_rank"].combine_chunks().take(place)
    return {**taken, f"rank_{side}": rank, f"there_{side}": place.is_valid()}


def _causes(
    ids: pa.Array, enters: Any, columns: Mapping[str, Any], before: Proposal, after: Proposal
) -> pa.Array:
    def mark(name: str, side: str) -> Any:
        return np.asarray(pc.fill_null(columns[f"{name}_{side}"], fill_value=False))

    def valid(name: str, side: str) -> Any:
        return np.asarray(columns[f"{name}_{side}"].is_valid())

    def only_with(is_in_before: Any, is_in_after: Any) -> Any:
        """Where it holds on the side on which the account is on the list, and not on the other."""
        return np.where(enters, is_in_after & ~is_in_before, is_in_before & ~is_in_after)

    there = {side: mark("there", side) for side in ("before", "after")}
    missing = only_with(there["before"], there["after"])
    counted = {
        "before": _counted_as_another(ids, before.tops),
        "after": _counted_as_another(ids, after.tops),
    }
    grouped = missing & np.where(enters, counted["before"], counted["after"])
    free = [~valid("barred_by", side) for side in ("before", "after")]
    holds = {
        "set": [mark("in_set", side) for side in ("before", "after")],
        "spend": [mark("spends_enough", side) for side in ("before", "after")],
        "standing": [valid("standing", side) for side in ("before", "after")],
    }
    # A way that does not count brings nobody in.
    counts = {name: [WAY_OF[name] in one.basis.ways for one in (before, after)] for name in holds}
    of_way = {
        name: only_with(*(held & count for held, count in zip(holds[name], counts[name], strict=True)))
        for name in holds
    }
    told = {
        "grouped": grouped,
        "absent": missing,
        "guard": only_with(*free),
        **of_way,
    }
    chosen = np.select([told[name] for name in CAUSES[:-1]], range(len(CAUSES) - 1), len(CAUSES) - 1)
    return pa.array(CAUSES).take(pa.array(chosen))


def _counted_as_another(ids: pa.Array, tops: Mapping[str, str]) -> Any:
    members = pa.array([one for one, top in tops.items() if one != top], pa.string())
    return np.asarray(pc.is_in(ids, value_set=members))


def _by(ids: pa.Array, enters: Any, singles: Mapping[str, pa.Table] | None) -> pa.Array:
    kind = pa.list_(pa.string())
    if singles is None:
        return pa.nulls(len(ids), kind)
    told: list[list[str]] = [[] for _ in range(len(ids))]
    for setting, chosen in singles.items():
        is_on = np.asarray(pc.is_in(ids, value_set=chosen["account_id"].combine_chunks()))
        for at in np.flatnonzero(is_on == enters):
            told[at].append(setting)
    return pa.array(told, kind)
