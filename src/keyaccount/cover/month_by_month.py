"""Where was every customer at each month-end, so that tiers are held and fixed as they were? (C1, C2)"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.cover.tiers import TierSettings, month_ends, moves, tiers
from keyaccount.find.monthly_spend import average_monthly_spends

_FIXED = pa.schema([("account_id", pa.string()), ("tier", pa.string())])


@dataclass(frozen=True)
class MonthEnd:
    """One month-end."""

    day: dt.date
    """The last that counts."""
    tiers: pa.Table
    """As `tiers.tiers` gives it."""


def each_month_end(
    ledger: Any,
    until: dt.date,
    *,
    known: Mapping[str, str | None],
    listed: Callable[[int, dt.date | None], Iterable[str] | None],
    placed: Callable[[dt.date | None], pa.Table | None] = lambda _day: None,
    groups: pa.Table | None = None,
    merged: pa.Table | None = None,
    settings: TierSettings | None = None,
) -> Iterator[MonthEnd]:
    """Channels and tiers at the last month-ends up to `until`, oldest first; one at least.

    Parameters
    ----------
    ledger : Ibis table, one row per invoice line, or what a store keeps of them condensed. until : the last day that may count.
    known : accounts that are customers whether they bought or not → kind of customer (`tiers.tiers`).
    listed : year and day → the accounts of the list in force in that year, as it stood on the day (None: as it stands now); None: there is
        none yet. With a list, a key account's tier is fixed for the year by the month-end before its 1 January, or by the first
        month-end at which it is a key account.
    placed : day → who was placed by hand by then (`tiers.tiers`); None: who is now. At the last month-end both are asked for as of now.
    groups, merged, settings : as for `tiers.tiers` and `average_monthly_spend`.

    Raises
    ------
    As `tiers.tiers` and `average_monthly_spend`.
    """
    # From a year before, so that the one that fixes this year's tiers is among them.
    begin = dt.date(until.year - 1, until.month, 1)
    before: pa.Table | None = None
    fixed: dict[int, dict[str, str]] = {}
    days = month_ends(begin, until) or [until.replace(day=1)]
    all_spends = average_monthly_spends(ledger, days, groups=groups, merged=merged)
    for after in days:
        spends = all_spends.filter(pc.equal(all_spends["day"], pa.scalar(after, pa.date32())))
        day = None if after == days[-1] else after - dt.timedelta(days=1)
        told = listed(after.year, day)
        members = None if told is None else sorted(set(told))
        ids = sorted({*spends["account_id"].to_pylist(), *known, *(members or ())})
        accounts = pa.table(
            {
                "account_id": pa.array(ids, pa.string()),
                "customer_kind": pa.array([known.get(one) for one in ids], pa.string()),
            }
        )
        of_year = fixed.setdefault(after.year, {})
        now = tiers(
            accounts,
            spends,
            listed=members,
            fixed=None if members is None else _table(of_year),
            before=before,
            placed=placed(day),
            settings=settings,
        )
        if members is not None:
            _fix(of_year, now)
        yield MonthEnd(after - dt.timedelta(days=1), now)
        before = now


def _fix(of_year: dict[str, str], now: pa.Table) -> None:
    rows = zip(
        *(now[name].to_pylist() for name in ("account_id", "channel", "tier", "tier_rule")), strict=True
    )
    for account, channel, tier, rule in rows:
        if channel == "key_account" and rule != "placed":
            of_year.setdefault(account, tier)


def _table(fixed: Mapping[str, str]) -> pa.Table:
    return pa.Table.from_pylist(
        [{"account_id": one, "tier": tier} for one, tier in fixed.items()], schema=_FIXED
    )


@dataclass(frozen=True)
class Course:
    """What became of everybody over some month-ends."""

    last: MonthEnd
    moves: list[dict[str, Any]]
    """Rows of `tiers.moves` with `day`, oldest first; at the first month-end nobody moves."""
    since: dict[str, dt.date | None]
    """account_id → the first month-end of the place that it has now; None: it had it at the first one gone through."""


def course_of(month_ends: Iterable[MonthEnd], settings: TierSettings | None = None) -> Course:
    """Put month-ends in a row together."""
    found: list[dict[str, Any]] = []
    since: dict[str, dt.date | None] = {}
    before: MonthEnd | None = None
    for one in month_ends:
        if before is not None:
            moved = moves(before.tiers, one.tiers, settings).to_pylist()
            found += [{"day": one.day, **row} for row in moved]
            since |= {row["account_id"]: one.day for row in moved}
        before = one
    if before is None:
        raise ValueError("course_of needs one month-end at least")
    ids = before.tiers["account_id"].to_pylist()
    return Course(before, found, {one: since.get(one) for one in ids})
