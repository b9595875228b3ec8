"""What does each account spend a month, on average? (F7, C2)"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.find.exact import TOTAL_TYPE, decimals, money_of
from keyaccount.find.groups import rolled_up, top_parents
from keyaccount.find.names import latest_names
from keyaccount.ledger.merged import merged_groups, merged_ledger, survivors
from keyaccount.ledger.rollup import Condensed, condensed
from keyaccount.money import TOTAL
from keyaccount.periods import Period

FEWEST_MONTHS, MOST_MONTHS = 3, 12
MONTHS = 12
"""Of a year."""


def full_months_before(day: dt.date) -> Period:
    """The 12 full months before `day`: to the last day of the month before its own, whatever the day."""
    return Period(dt.date(day.year - 1, day.month, 1), day.replace(day=1) - dt.timedelta(days=1))


def average_monthly_spend(
    ledger: Any,
    day: dt.date,
    *,
    groups: pa.Table | None = None,
    merged: pa.Table | None = None,
) -> pa.Table:
    """What each account spent a month before `day`.

    Parameters
    ----------
    ledger : Ibis table, one row per invoice line (`tables.INVOICE_LINES`), or what a store keeps of them condensed.
    day : the 12 full months before it are counted; what is bought on it or later in its month is not.
    groups, merged : as for `find_key_accounts`.

    Returns
    -------
    one row per account, or group, that bought something before that month, or has a line in the 12 months; by account_id
        account_id; account_name; spend [Σ net_amount of the 12 months, company currency]; first_date [of a line of
        net_amount > 0, ever; null: none]; months [calendar months from that of the first purchase, which counts, to the
        month before `day`; at least 3, at most 12; 12 without a purchase]; monthly_spend [spend ÷ months, rounded half
        away from zero to four places, for display: compare spend with line × months].

    Raises
    ------
    GroupError `groups.circle`, `groups.two_parents`; MergeError `merged.circle`, `merged.two_ways`;
    TableError `column.missing`.

    References
    ----------
    Rows F7, C2; design, "Cover, exactly". Worked by hand in the docs, "On the list". A customer who began two months ago is
    divided by three: it may be under the line until its third month is full.
    """
    into = survivors(merged)
    tops = top_parents(merged_groups(groups, into)) if groups is not None else {}
    told_of = merged_ledger(ledger if isinstance(ledger, Condensed) else condensed(ledger), into)
    months = full_months_before(day)
    return _with_names(_spends(told_of.rollup, months, tops), latest_names(told_of.names).to_pyarrow())


def average_monthly_spends(
    ledger: Any,
    days: Sequence[dt.date],
    *,
    groups: pa.Table | None = None,
    merged: pa.Table | None = None,
) -> pa.Table:
    """What `average_monthly_spend` says at each of `days`, in one look at the ledger.

    Returns
    -------
    one row per day and account, by day and account_id
        day; account_id; spend; months; monthly_spend, as there.
    """
    into = survivors(merged)
    tops = top_parents(merged_groups(groups, into)) if groups is not None else {}
    told_of = merged_ledger(ledger if isinstance(ledger, Condensed) else condensed(ledger), into)
    days = sorted(set(days))
    if not days:
        return _SPENDS.empty_table()
    months = _by_month(told_of.rollup, days[-1].replace(day=1), tops)
    ids = months["account_id"].combine_chunks().dictionary_encode()
    names, who = ids.dictionary, np.asarray(ids.indices)
    month, net = months["month"].to_numpy(), money_of(months["net_amount"]).units
    first = np.full(len(names), np.datetime64("NaT", "M"))
    begun = months["first_date"].combine_chunks().cast(pa.date32()).cast(pa.timestamp("s"))
    np.fmin.at(first, who, np.asarray(begun.to_numpy(zero_copy_only=False)).astype("datetime64[M]"))
    told = [_at(day, names, who, month, net, first) for day in days]
    return pa.concat_tables(told)


def monthly_spend_lines(lines: Any, account_ids: list[str], day: dt.date) -> Any:
    """The invoice lines behind the average monthly spend of an account, or of a group's members."""
    months = full_months_before(day)
    return lines.filter(lines.account_id.isin(account_ids) & lines.date.between(months.begin, months.until))


def _spends(rollup: Any, months: Period, tops: Mapping[str, str]) -> pa.Table:
    before = rollup.filter((rollup.date <= months.until) & rollup.account_id.notnull())
    inside = before.date >= months.begin
    members = before.group_by("account_id").agg(
        spend=ibis.coalesce(before.net_amount.sum(where=inside), ibis.literal(0)).cast(TOTAL),
        first_date=before.date.min(where=before.positive_lines > 0),
        inside=inside.any(),
    )
    rolled = rolled_up(members, tops)
    told = rolled.group_by(account_id=rolled.group_id).agg(
        spend=rolled.spend.sum().cast(TOTAL), first_date=rolled.first_date.min(), inside=rolled.inside.any()
    )
    told = told.filter(told.inside | told.first_date.notnull()).drop("inside").order_by("account_id")
    table = told.to_pyarrow()
    number = pa.array(_months_since(table["first_date"], months.until))
    return pa.table(
        {
            "account_id": table["account_id"],
            "spend": table["spend"].cast(TOTAL_TYPE),
            "first_date": table["first_date"],
            "months": number,
            "monthly_spend": decimals(_divided(money_of(table["spend"]).units, number.to_numpy())),
        }
    )


_SPENDS = pa.schema(
    [
        ("day", pa.date32()),
        ("account_id", pa.string()),
        ("spend", TOTAL_TYPE),
        ("months", pa.int64()),
        ("monthly_spend", TOTAL_TYPE),
    ]
)


def _by_month(rollup: Any, before: dt.date, tops: Mapping[str, str]) -> pa.Table:
    """One row per account, or group, and month before a day: month [months since the year 0], net_amount, first_date of a purchase."""
    told = rollup.filter((rollup.date < before) & rollup.account_id.notnull())
    told = told.mutate(month=told.date.year() * MONTHS + told.date.month() - 1)
    members = told.group_by("account_id", "month").agg(
        net_amount=ibis.coalesce(told.net_amount.sum(), ibis.literal(0)).cast(TOTAL),
        first_date=told.date.min(where=told.positive_lines > 0),
    )
    rolled = rolled_up(members, tops)
    found = rolled.group_by(account_id=rolled.group_id, month=rolled.month).agg(
        net_amount=rolled.net_amount.sum().cast(TOTAL), first_date=rolled.first_date.min()
    )
    return found.order_by("account_id", "month").to_pyarrow()


def _at(day: dt.date, names: pa.Array, who: Any, month: Any, net: Any, first: Any) -> pa.Table:
    """The spends at one day, of months already summed."""
    until = day.year * MONTHS + day.month - 2
    inside = (month <= until) & (month > until - MOST_MONTHS)
    spend = np.zeros(len(names), net.dtype)
    np.add.at(spend, who[inside], net[inside])
    last = np.datetime64(full_months_before(day).until, "M")
    begun = np.where(first <= last, first, np.datetime64("NaT", "M"))
    bought = np.zeros(len(names), bool)
    bought[who[inside]] = True
    here = np.flatnonzero(bought | ~np.isnat(begun))
    number = _since(begun[here], last)
    return pa.table(
        [
            pa.array([day] * len(here), pa.date32()),
            names.take(pa.array(here)),
            decimals(spend[here]),
            pa.array(number),
            decimals(_divided(spend[here], number)),
        ],
        schema=_SPENDS,
    )


def _months_since(first: Any, until: dt.date) -> Any:
    """Calendar months from that of the first purchase to that of `until`, both counted, within the bounds."""
    begun = np.asarray(
        first.combine_chunks().cast(pa.date32()).cast(pa.timestamp("s")).to_numpy(zero_copy_only=False)
    )
    return _since(begun.astype("datetime64[M]"), np.datetime64(until, "M"))


def _since(begun: Any, last: Any) -> Any:
    since = (last - begun).astype(np.int64) + 1
    return np.where(np.isnat(begun), MOST_MONTHS, np.clip(since, FEWEST_MONTHS, MOST_MONTHS)).astype(np.int64)


def _divided(units: Any, by: Any) -> Any:
    """Rounded half away from zero."""
    sizes = (2 * abs(units) + by) // (2 * by)
    return np.where(units < 0, -sizes, sizes)


def _with_names(spends: pa.Table, names: pa.Table) -> pa.Table:

    place = pc.index_in(
        spends["account_id"].combine_chunks(), value_set=names["account_id"].combine_chunks(), skip_nulls=True
    )
    return spends.add_column(1, "account_name", names["account_name"].combine_chunks().take(place))
