"""Who goes on the yearly list of key accounts, and by which ways? (F7)

proposed = propose(found.accounts, ListBasis(monthly_spend_from=MONTHLY_SPEND), settings=found.settings, monthly_spend=spend)
proposed.candidates     # one row per account proposed
proposed.why(row)       # why it is in, or is not
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.errors import KeyAccountError, SettingError
from keyaccount.find.exact import TOTAL_TYPE, UNITS, at_least, money_of, with_columns
from keyaccount.find.groups import top_ids
from keyaccount.find.reasons import guard_reason, reasons_of
from keyaccount.find.settings import FindSettings
from keyaccount.reasons import Reason
from keyaccount.tables import TableError

MONTHLY_SPEND = Decimal(3000)
"""Preset of the average monthly spend from which an account is key [company currency], where that way is chosen."""
WAYS = ("in_set", "monthly_spend", "standing")

_NEEDED = ("account_id", "account_name", "in_set", "guard", "sales_rank", "profit_rank", "sales", "profit")


class ListError(KeyAccountError):
    """A list cannot be proposed as asked."""


@dataclass(frozen=True)
class ListBasis:
    """The ways by which an account gets on the list; checked when made.

    Raises ListError `list.no_way`; SettingError `setting.range`, `setting.choice`.
    """

    in_set: bool = True
    """Those who together make the share of the year (F1)."""
    monthly_spend_from: Decimal | None = None
    """Average monthly spend from which an account is on the list [company currency]; None: no way. `MONTHLY_SPEND` is its preset."""
    standing: bool = False
    """Those of special standing: government, army, reference customers (F6)."""
    mixed: Literal["any", "all"] = "any"
    """Whether any of the ways will do, or all of them are needed."""
    guards_apply: bool = True
    """Whether who earns nothing, bought once, or is one big ticket is kept off. Standing does not rest on what was bought, so no guard touches it."""

    def __post_init__(self) -> None:
        if self.mixed not in ("any", "all"):
            raise SettingError("setting.choice", name="list.mixed", allowed=["any", "all"], value=self.mixed)
        if not self.ways:
            raise ListError("list.no_way", ways=list(WAYS))
        spend = self.monthly_spend_from
        if spend is not None:
            if not isinstance(spend, Decimal):
                object.__setattr__(self, "monthly_spend_from", spend := Decimal(str(spend)))
            if not spend.is_finite() or spend <= 0:
                raise SettingError(
                    "setting.range", name="list.monthly_spend_from", allowed="> 0", value=spend
                )

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways that count, in the order of `WAYS`."""
        counted = (self.in_set, self.monthly_spend_from is not None, self.standing)
        return tuple(way for way, counts in zip(WAYS, counted, strict=True) if counts)


@dataclass(frozen=True)
class Proposal:
    """Every account judged for the list on one basis."""

    accounts: pa.Table
    """The rows given to `propose`, then those known by spend or standing only; with its further columns."""
    basis: ListBasis
    settings: FindSettings
    set_size: int
    """How many accounts are in the set: the rank of the last one."""
    smallest_in_set: Decimal | None
    tops: Mapping[str, str]
    """Account → top parent, as `accounts` counts them."""

    @property
    def candidates(self) -> pa.Table:
        """The accounts proposed for the list, by rank."""
        return self.accounts.filter(self.accounts["proposed"])

    def why(self, row: Mapping[str, Any]) -> list[Reason]:
        """Why a row of `accounts` is proposed, or is not: the ways first, then all that is said of its verdict."""
        told = [*self._ways(row), *self._misses(row)]
        if row["sales"] is None:
            return [*told, Reason("reason.no_lines_in_year", {})]
        of_verdict = reasons_of(row, settings=self.settings, smallest_in_set=self.smallest_in_set)
        return [*told, *of_verdict]

    def _ways(self, row: Mapping[str, Any]) -> list[Reason]:
        told = []
        if "monthly_spend" in row["ways"]:
            told.append(Reason("reason.by_spend", self._spend(row)))
        if "standing" in row["ways"]:
            told.append(Reason("reason.by_standing", {"standing": row["standing"]}))
        return told

    def _misses(self, row: Mapping[str, Any]) -> list[Reason]:
        """What keeps the account off by spend or standing; of the set and the guards its verdict tells."""
        if row["proposed"]:
            return []
        told = []
        if row["barred_by"]:
            told.append(Reason("reason.barred", {}))
            if not row["in_set"]:  # else its verdict says so
                told.append(guard_reason(row, row["barred_by"]))
        missing = [way for way in self.basis.ways if way not in row["ways"]]
        if "monthly_spend" in missing and not row["spends_enough"]:
            told.append(Reason("reason.spends_less", self._spend(row)))
        if "standing" in missing and self.basis.mixed == "all":
            told.append(Reason("reason.no_standing", {}))
        return told

    def _spend(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"spend": row["monthly_spend"] or Decimal(0), "needed": self.basis.monthly_spend_from}


def propose(
    accounts: pa.Table,
    basis: ListBasis,
    *,
    settings: FindSettings | None = None,
    monthly_spend: pa.Table | None = None,
    standing: pa.Table | None = None,
    tops: Mapping[str, str] | None = None,
) -> Proposal:
    """Judge every account for the list.

    Parameters
    ----------
    accounts : one row per account of the year, `KeyAccountList.accounts`, or what a run has kept of them.
    settings : those with which `accounts` was made; the basis (sales or profit) is taken from them.
    monthly_spend : one row per account, `monthly_spend.average_monthly_spend`; needed where the basis counts spend.
    standing : account_id, standing [which one, in words], optionally account_name; needed where the basis counts standing.
    tops : account → top parent: a member's standing is its group's.

    Returns
    -------
    Proposal, whose accounts have beside the columns given
        monthly_spend, spends_enough, standing [null: none], barred_by [the guard that bars the ways that rest on
        buying, where the account would be in by one of them; null: none, or guards do not apply], ways [list of those by which it would be in],
        proposed. Accounts without a line in the year come last, their figures null.

    Raises
    ------
    ListError `list.no_spend`, `list.no_standing` where a way is counted whose table is missing;
    TableError `column.missing`.

    References
    ----------
    Row F7. A guard bars the ways `in_set` and `monthly_spend`, in the set or out of it; `standing` it does not.
    """
    _require(accounts, "accounts", _NEEDED)
    settings = settings or FindSettings()
    if basis.monthly_spend_from is not None and monthly_spend is None:
        raise ListError("list.no_spend")
    if basis.standing and standing is None:
        raise ListError("list.no_standing")
    if "is_unassigned" in accounts.column_names:
        accounts = accounts.filter(pc.invert(accounts["is_unassigned"]))
    smallest = pc.min(accounts[settings.basis].filter(accounts["in_set"])).as_py()
    set_size = int(pc.sum(accounts["in_set"]).as_py() or 0)
    standings = _standings(standing, tops or {}) if basis.standing and standing is not None else None
    told = _with_others(accounts, monthly_spend if basis.monthly_spend_from else None, standings)
    told = _with_spend(told, monthly_spend, basis)
    told = _with_standing(told, standings)
    return Proposal(_judged(told, basis), basis, settings, set_size, smallest, tops or {})


def candidates(
    accounts: pa.Table,
    basis: ListBasis,
    *,
    settings: FindSettings | None = None,
    monthly_spend: pa.Table | None = None,
    standing: pa.Table | None = None,
    tops: Mapping[str, str] | None = None,
) -> pa.Table:
    """One row per account proposed for the list, with its `ways`: `propose` for who needs no more than the rows."""
    proposed = propose(
        accounts, basis, settings=settings, monthly_spend=monthly_spend, standing=standing, tops=tops
    )
    return proposed.candidates


def _require(table: pa.Table, name: str, columns: tuple[str, ...]) -> None:
    missing = [column for column in columns if column not in table.column_names]
    if missing:
        raise TableError("column.missing", table=name, columns=missing, there=table.column_names)


def _standings(standing: pa.Table, tops: Mapping[str, str]) -> pa.Table:
    """One row per account, or group: account_id, account_name, standing; of several the first by code point."""
    _require(standing, "standing", ("account_id", "standing"))
    names = (
        standing["account_name"].to_pylist()
        if "account_name" in standing.column_names
        else [None] * len(standing)
    )
    rows = sorted(
        zip(
            top_ids(standing["account_id"], tops).to_pylist(),
            standing["standing"].to_pylist(),
            # A member's name is not its group's.
            [
                None if account in tops and tops[account] != account else name
                for account, name in zip(standing["account_id"].to_pylist(), names, strict=True)
            ],
            strict=True,
        ),
        key=lambda row: (row[0], row[1], row[2] or ""),
    )
    first: dict[str, tuple[str, str | None]] = {}
    for account, kind, name in rows:
        first.setdefault(account, (kind, name))
    return pa.table(
        {
            "account_id": pa.array(list(first), pa.string()),
            "standing": pa.array([kind for kind, _ in first.values()], pa.string()),
            "account_name": pa.array([name for _, name in first.values()], pa.string()),
        }
    )


def _with_others(accounts: pa.Table, *known: pa.Table | None) -> pa.Table:
    """The accounts, and those that another table knows and that have no line in the year."""
    for table in known:
        if table is None:
            continue
        ids = table["account_id"].combine_chunks()
        new = pc.and_(
            ids.is_valid(),
            pc.invert(pc.is_in(ids, value_set=accounts["account_id"].combine_chunks(), skip_nulls=True)),
        )
        if not pc.any(new).as_py():
            continue
        rows = table.filter(new)
        columns = {
            field.name: rows[field.name].cast(field.type)
            if field.name in ("account_id", "account_name") and field.name in rows.column_names
            else pa.nulls(len(rows), field.type)
            for field in accounts.schema
        }
        # They stand in no set; all else that is unknown stays so.
        columns["in_set"] = pa.array(np.zeros(len(rows), bool))
        accounts = pa.concat_tables([accounts, pa.table(columns, schema=accounts.schema)])
    return accounts


def _with_spend(accounts: pa.Table, monthly_spend: pa.Table | None, basis: ListBasis) -> pa.Table:
    if monthly_spend is None:
        nothing = {
            "monthly_spend": pa.nulls(len(accounts), TOTAL_TYPE),
            "spends_enough": pa.array(np.zeros(len(accounts), bool)),
        }
        return with_columns(accounts, nothing)
    _require(monthly_spend, "monthly_spend", ("account_id", "spend", "months", "monthly_spend"))
    place = pc.index_in(
        accounts["account_id"].combine_chunks(),
        value_set=monthly_spend["account_id"].combine_chunks(),
        skip_nulls=True,
    )
    enough = np.zeros(len(monthly_spend), bool)
    if basis.monthly_spend_from is not None:
        # Sum against line × months, exactly: the average itself is rounded.
        months = monthly_spend["months"].to_numpy() * UNITS
        enough = at_least(money_of(monthly_spend["spend"]).units, basis.monthly_spend_from, months)
    return with_columns(
        accounts,
        {
            "monthly_spend": monthly_spend["monthly_spend"].combine_chunks().cast(TOTAL_TYPE).take(place),
            "spends_enough": pc.fill_null(pa.array(enough).take(place), fill_value=False),
        },
    )


def _with_standing(accounts: pa.Table, standings: pa.Table | None) -> pa.Table:
    if standings is None:
        return with_columns(accounts, {"standing": pa.nulls(len(accounts), pa.string())})
    place = pc.index_in(
        accounts["account_id"].combine_chunks(),
        value_set=standings["account_id"].combine_chunks(),
        skip_nulls=True,
    )
    return with_columns(accounts, {"standing": standings["standing"].combine_chunks().take(place)})


def _judged(accounts: pa.Table, basis: ListBasis) -> pa.Table:
    bought = np.zeros(len(accounts), bool)
    if basis.in_set:
        bought |= accounts["in_set"].to_numpy()
    if basis.monthly_spend_from is not None:
        bought |= accounts["spends_enough"].to_numpy()
    # A guard keeps off only who would be on the list but for it.
    guard = pc.if_else(pa.array(bought), accounts["guard"].combine_chunks(), pa.scalar(None, pa.string()))
    barred_by = guard if basis.guards_apply else pa.nulls(len(accounts), pa.string())
    free = np.asarray(barred_by.is_null())
    by = {
        "in_set": accounts["in_set"].to_numpy() & free,
        "monthly_spend": accounts["spends_enough"].to_numpy() & free,
        "standing": np.asarray(accounts["standing"].combine_chunks().is_valid()),
    }
    marks = [by[way] for way in basis.ways]
    mixed = np.logical_and if basis.mixed == "all" else np.logical_or
    ways = np.full(len(accounts), 0)
    for at, way in enumerate(basis.ways):
        ways += by[way].astype(int) << at
    choices = [
        [way for at, way in enumerate(basis.ways) if number >> at & 1]
        for number in range(1 << len(basis.ways))
    ]
    return with_columns(
        accounts,
        {
            "barred_by": barred_by,
            "ways": pa.array(choices, pa.list_(pa.string())).take(pa.array(ways)),
            "proposed": pa.array(mixed.reduce(marks)),
        },
    )
