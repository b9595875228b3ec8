"""What does a ledger say of its accounts, whatever the settings? The part of `find` that takes time, taken once (F1)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.errors import KeyAccountError
from keyaccount.find.account_years import Periods, account_years, periods_ending
from keyaccount.find.groups import top_parents
from keyaccount.find.names import latest_names
from keyaccount.find.segments import line_segments
from keyaccount.find.settings import FindSettings
from keyaccount.ledger.merged import merged_groups, merged_ledger, survivors
from keyaccount.ledger.rollup import Condensed, account_names, condensed


class FindError(KeyAccountError):
    """The list cannot be made from this ledger."""


@dataclass(frozen=True)
class AccountFacts:
    """All that `key_accounts_of` needs of a ledger, in memory: a row or so per account."""

    years: pa.Table
    """One row per account with a line in the three years, by account_id: `account_years`, and account_name."""
    segments: Mapping[str, pa.Table]
    """Field → `line_segments`, for the fields asked for that the ledger has."""
    periods: Periods
    first_day: dt.date
    last_day: dt.date
    until: dt.date | None
    """As it was asked for; None: the ledger's last day was taken."""
    fields: frozenset[str]
    """The fields that the ledger has; what is missing is not judged."""
    groups: Mapping[str, str]
    """Account → top parent."""
    merged: Mapping[str, str]
    """Merged account → the account that it counts as."""


def account_facts(
    ledger: Any,
    *,
    groups: pa.Table | None = None,
    merged: pa.Table | None = None,
    until: dt.date | None = None,
    segments: Sequence[str] = ("region",),
    cost_coverage: Decimal = FindSettings.cost_coverage,
) -> AccountFacts:
    """What the ledger says of its accounts in the year that ends on `until`, and in the two before it.

    Parameters
    ----------
    ledger : Ibis table, one row per invoice line (`tables.INVOICE_LINES`), or what a store keeps of them condensed;
        what is missing is not judged.
    groups : Arrow table, account_id, parent_id: members count as their top parent; orders stay the member's.
    merged : Arrow table, account_id, into_id: lines of a merged account are read as those of the account it went into.
    until : last day of the year; None: the last day in the ledger.
    segments : fields to part the business by (`segments.SEGMENT_FIELDS`).
    cost_coverage : as in the settings; only the profits of segments need it here.

    Raises
    ------
    FindError `find.no_lines`; GroupError `groups.circle`, `groups.two_parents`; MergeError `merged.circle`,
    `merged.two_ways`; TableError `column.missing`.
    """
    into = survivors(merged)
    tops = top_parents(merged_groups(groups, into)) if groups is not None else {}
    told_of = merged_ledger(ledger if isinstance(ledger, Condensed) else condensed(ledger), into)
    first_day, last_day = _span(told_of.rollup)
    periods = periods_ending(until or last_day)
    years = account_years(told_of.rollup, periods, tops=tops)
    parts = {
        field: line_segments(told_of, field, periods, tops=tops, cost_coverage=cost_coverage)
        for field in segments
        if field in told_of.fields
    }
    return AccountFacts(
        years=_with_names(years, _names(told_of, years, periods)),
        segments=parts,
        periods=periods,
        first_day=first_day,
        last_day=last_day,
        until=until,
        fields=told_of.fields,
        groups=tops,
        merged=into,
    )


def _span(rollup: Any) -> tuple[dt.date, dt.date]:
    row = rollup.agg(first=rollup.date.min(), last=rollup.date.max()).to_pyarrow().to_pylist()[0]
    if row["first"] is None:
        raise FindError("find.no_lines")
    return row["first"], row["last"]


def _names(told_of: Condensed, years: pa.Table, periods: Periods) -> pa.Table:
    """The latest names of the accounts with a line in the year."""
    lines, begin = told_of.lines, periods.year.begin
    if lines is None or "account_name" not in told_of.fields:
        return latest_names(told_of.names).to_pyarrow()
    # Nearly all bear a name in the year: the years before are looked through for the others only.
    recent = latest_names(account_names(lines.filter(lines.date >= begin))).to_pyarrow()
    in_year = years["account_id"].filter(pc.greater(years["lines_0"], 0)).drop_null()
    nameless = in_year.filter(pc.invert(pc.is_in(in_year, value_set=recent["account_id"].combine_chunks())))
    if not len(nameless):
        return recent
    wanted = ibis.memtable(pa.table({"wanted_id": nameless}))
    before = lines.filter(lines.date < begin)
    before = before.semi_join(wanted, before.account_id == wanted.wanted_id)
    return pa.concat_tables([recent, latest_names(account_names(before)).to_pyarrow()])


def _with_names(years: pa.Table, names: pa.Table) -> pa.Table:
    ids = years["account_id"].combine_chunks()
    place = pc.index_in(ids, value_set=names["account_id"].combine_chunks(), skip_nulls=True)
    return years.append_column("account_name", names["account_name"].combine_chunks().take(place))
