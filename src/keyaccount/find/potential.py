"""Who is below the line and growing towards it, and when would they reach it? (F8)"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.errors import SettingError
from keyaccount.find.exact import (
    TOTAL_TYPE,
    UNITS,
    at_least,
    decimal_of,
    decimals,
    money_of,
    rates,
    units_of,
    whole,
    with_columns,
)
from keyaccount.find.groups import rolled_up, top_ids
from keyaccount.find.key_accounts import KeyAccountList
from keyaccount.find.settings import Basis
from keyaccount.find.trends import months_to, trends
from keyaccount.ledger.merged import merged_ledger
from keyaccount.ledger.rollup import Condensed, condensed
from keyaccount.periods import Period, months_ending
from keyaccount.reasons import Reason
from keyaccount.tables import require

MONTHS = 24
SUREST = 0.999
"""No trend is shown as surer than this."""
_YEAR = 12
_OF_PROFIT = ("gross_profit", "lines", "lines_with_cost")


@dataclass(frozen=True)
class PotentialSettings:
    """The settings, each with its preset; checked when made.

    Raises SettingError `setting.range`.
    """

    confidence: Decimal = Decimal("0.95")
    """How sure the trend must be before it is told (one-sided Mann–Kendall test), in (0.5, 1)."""
    within_months: int = 24
    """Accounts that would reach the line later than that are not listed, from 1 to 60."""
    active_months: int = 6
    """Least number of the 24 months with sales above 0, from 3 to 24: of fewer no trend can be told."""

    def __post_init__(self) -> None:
        if not isinstance(self.confidence, Decimal):
            object.__setattr__(self, "confidence", Decimal(str(self.confidence)))
        for name, least, most in (("within_months", 1, 60), ("active_months", 3, MONTHS)):
            value = getattr(self, name)
            if not least <= value <= most:
                raise SettingError(
                    "setting.range", name=f"potential.{name}", allowed=f"{least}–{most}", value=value
                )
        if not Decimal("0.5") < self.confidence < 1:
            raise SettingError(
                "setting.range", name="potential.confidence", allowed="(0.5, 1)", value=self.confidence
            )


def find_potential(
    ledger: Any, result: KeyAccountList, *, settings: PotentialSettings | None = None
) -> pa.Table | None:
    """The accounts of a ledger that grow towards the line of a list made of it.

    `ledger` is what the list was made of. The measure is the basis of the list, sales or profit; the line is that of the smallest
    account in the set by it.

    Returns
    -------
    the rows of `potential` with sales and sales_year_before [company currency a year] whatever the measure; profit and
    profit_year_before [the same; null: measured by sales, or not judged]; measure; line [company currency a year]. None: the ledger
    does not hold both years, or nobody is in the set, so nothing can be judged.
    """
    measure = result.settings.basis
    in_set = result.accounts.filter(result.accounts[f"in_set_by_{measure}"].fill_null(False))
    if any(note.code == "note.history_short" for note in result.notes) or not len(in_set):
        return None
    until = result.summary.periods.year.until
    told_of = ledger if isinstance(ledger, Condensed) else condensed(ledger)
    rollup = merged_ledger(told_of, result.merged).rollup
    if measure == "sales":
        months = monthly_sales(rollup, until=until, tops=result.groups)
    else:
        served = dict(
            zip(
                result.accounts["account_id"].to_pylist(),
                result.accounts["cost_to_serve"].to_pylist(),
                strict=True,
            )
        )
        months = monthly_profit(
            rollup,
            until=until,
            tops=result.groups,
            served=served,
            cost_coverage=result.settings.cost_coverage,
        )
    line = pc.min(in_set[measure]).as_py()
    found = potential(
        months, line=line, outside=in_set["account_id"].to_pylist(), measure=measure, settings=settings
    )
    return _with_both(found, result.accounts, measure, line)


def _with_both(found: pa.Table, accounts: pa.Table, measure: Basis, line: Decimal) -> pa.Table:
    """With the year's sales beside a profit, and empty profits beside sales."""
    n = len(found)
    if measure == "profit":
        place = pc.index_in(found["account_id"], value_set=whole(accounts["account_id"]))
        told = {name: accounts[name].take(place) for name in ("sales", "sales_year_before")}
    else:
        told = {name: pa.nulls(n, TOTAL_TYPE) for name in ("profit", "profit_year_before")}
    further = {"measure": pa.array([measure] * n, pa.string()), "line": pa.array([line] * n, TOTAL_TYPE)}
    return with_columns(found, told | further)


def month_periods(until: dt.date) -> tuple[Period, ...]:
    """The 24 months that end on `until`, oldest first: calendar months where `until` ends one."""
    begins = [months_ending(until, months=number).begin for number in range(MONTHS, 0, -1)]
    ends = [begin - dt.timedelta(days=1) for begin in begins[1:]] + [until]
    return tuple(Period(begin, end) for begin, end in zip(begins, ends, strict=True))


def monthly_sales(rollup: Any, *, until: dt.date, tops: Mapping[str, str] | None = None) -> pa.Table:
    """Sales by account (or group) and month, over the 24 months that end on `until`.

    Parameters
    ----------
    rollup : one row per account, date and order (`tables.ROLLUP`), or per line.
    tops : account → top parent, for those in a group.

    Returns
    -------
    one row per account with a line in the 24 months, by account_id
        account_id; sales_0 … sales_23: sales of each month, oldest first [company currency a month, 0 where nothing was
        bought, negative where returns outweigh]. Lines without account are left out.
    """
    require(rollup, "rollup", "account_id", "date", "net_amount")
    ids, units = _by_month(rollup, ("net_amount",), until, tops)
    return _months_table(ids, units["net_amount"], "sales")


def monthly_profit(
    rollup: Any,
    *,
    until: dt.date,
    tops: Mapping[str, str] | None = None,
    served: Mapping[str, Decimal | None] | None = None,
    cost_coverage: Decimal = Decimal("0.95"),
) -> pa.Table:
    """Profit by account (or group) and month, over the 24 months that end on `until`.

    Parameters
    ----------
    rollup : one row per account, date and order (`tables.ROLLUP`), or per line with its measures (`rollup.measured`).
    tops : account → top parent, for those in a group.
    served : account (or group) → cost to serve of the last twelve months [company currency]. It is spread evenly over those of them since the
        account first bought, and the twelve before bear as much a month: service is no growth of the trend, so what it cost then is not asked.
    cost_coverage : part of the absolute net amount that lines with cost must hold, in either year with lines.

    Returns
    -------
    one row per account whose costs are known in both years, by account_id
        account_id; profit_0 … profit_23: Σ (net_amount − cost − freight) of each month, oldest first, less its part of the cost to
        serve [company currency a month]. The last twelve sum up to the profit of the list.
    """
    require(
        rollup, "rollup", "account_id", "date", "gross_profit", "abs_amount", "abs_amount_with_cost", "lines"
    )
    ids, units = _by_month(
        rollup, ("gross_profit", "abs_amount", "abs_amount_with_cost", "lines"), until, tops
    )
    known = np.ones(len(ids), bool)
    for year in (slice(0, _YEAR), slice(_YEAR, MONTHS)):
        size, with_cost = (
            units[name][:, year].sum(axis=1) for name in ("abs_amount", "abs_amount_with_cost")
        )
        known &= at_least(with_cost, cost_coverage, size)
    began = np.maximum.accumulate(units["lines"] > 0, axis=1)
    costs = np.array([units_of((served or {}).get(one) or Decimal(0)) for one in ids.to_pylist()], np.int64)
    months = np.maximum(began[:, _YEAR:].sum(axis=1), 1)
    share = (costs // months)[:, None] * began
    share[:, -1] += (costs % months) * began[:, -1]
    profit = units["gross_profit"] - share
    return _months_table(ids.filter(pa.array(known)), profit[known], "profit")


def _by_month(
    rollup: Any, names: Sequence[str], until: dt.date, tops: Mapping[str, str] | None
) -> tuple[pa.Array, dict[str, Any]]:
    """Accounts (or groups) with a line in the 24 months, by account_id; and each measure's sums by account and month, as units."""
    periods = month_periods(until)
    within = rollup.filter(rollup.date.between(periods[0].begin, until) & rollup.account_id.notnull())
    month = ibis.cases(
        *((within.date <= one.until, at) for at, one in enumerate(periods[:-1])), else_=MONTHS - 1
    )
    totals = {name: within[name].sum() for name in names}
    sums = within.group_by("account_id", month=month).agg(**totals).to_pyarrow()
    encoded = whole(top_ids(sums["account_id"], tops or {})).dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    told = {}
    for name in names:
        is_money = pa.types.is_decimal(sums[name].type)
        amount = money_of(sums[name]).units if is_money else sums[name].to_numpy().astype(np.int64)
        units = np.zeros((len(encoded.dictionary), MONTHS), amount.dtype)
        np.add.at(units, (encoded.indices.to_numpy(), sums["month"].to_numpy()), amount)
        told[name] = units[order]
    return encoded.dictionary.take(pa.array(order)), told


def _months_table(ids: pa.Array, units: Any, measure: Basis) -> pa.Table:
    columns = {f"{measure}_{at}": decimals(np.ascontiguousarray(units[:, at])) for at in range(MONTHS)}
    return pa.table({"account_id": ids, **columns})


def potential(
    months: pa.Table,
    *,
    line: Decimal,
    outside: Sequence[str] = (),
    measure: Basis = "sales",
    settings: PotentialSettings | None = None,
) -> pa.Table:
    """The accounts below the line whose trend leads to it, soonest first.

    Parameters
    ----------
    months : one row per account (`monthly_sales`, or `monthly_profit` where the measure is profit).
    line : sales (profit) of the smallest account in the set [company currency a year], above 0.
    outside : accounts that are not asked about, since they are in the set.
    measure : what `months` holds; by profit, read profit for sales below.

    Returns
    -------
    one row per account, by months_to_line, then by sales, largest first, then by account_id
        account_id; sales, sales_year_before (profit, profit_year_before): of the last twelve months and the twelve before
        [company currency a year];
        trend: by how much a month's sales grow from month to month [company currency a month, an estimate in whole units];
        trend_p: how likely so much growth would be by chance alone [0 to 0.5]; level: the trend's value in the last month
        [company currency a month, an estimate]; months_to_line: after how many further months the trend's last twelve
        reach the line [from 1]; expected_sales: the trend's next twelve months [company currency a year, an estimate];
        largest_month: sales of the largest month [company currency].

    The trend is the median of all pairs' slopes (Theil–Sen): one big ticket, or six, does not move it. It begins with the first
    month in which an account bought: months before count neither for trend nor for test. An account is listed
    where its last twelve months stay below the line, where they exceed the twelve before them *without the largest month of
    either*, where the Mann–Kendall test finds growth at the given confidence, and where it reaches the line in time.

    It misleads where a season comes to its height in the last months: there is no seasonal correction, only the comparison
    with the same twelve months of the year before. Prices, and what a competitor does, it knows nothing of.

    Raises
    ------
    SettingError `setting.range`; TableError `column.missing`.

    References
    ----------
    Row F8. Theil 1950; Sen 1968, JASA 63; Mann 1945; Kendall 1975 (variance with ties). Worked by hand in
    docs/en/calculations/potential.md.
    """
    settings = settings or PotentialSettings()
    if line <= 0:
        raise SettingError("setting.range", name="potential.line", allowed="> 0", value=line)
    months = months.sort_by("account_id")
    units = _units(months, measure)
    inside = pc.is_in(whole(months["account_id"]), value_set=pa.array(list(outside), pa.string()))
    year, before = units[:, _YEAR:], units[:, :_YEAR]
    asked = ~np.asarray(inside) & _below(year, line)
    asked &= (units > 0).sum(axis=1) >= settings.active_months
    # Not by one month: the largest of either year is left out of the comparison.
    asked &= year.sum(axis=1) - year.max(axis=1, initial=0) > before.sum(axis=1) - before.max(
        axis=1, initial=0
    )
    rows = np.flatnonzero(asked)
    trend, level, p = trends(units[rows].astype(np.float64) / UNITS)
    ahead = months_to(float(line), trend, level)
    found = (trend > 0) & (p <= 1 - float(settings.confidence)) & (ahead <= settings.within_months)
    rows, trend, level, p, ahead = (one[found] for one in (rows, trend, level, p, ahead))
    order = np.lexsort((rows, -units[rows, _YEAR:].sum(axis=1).astype(np.float64), ahead))
    rows, trend, level, p, ahead = (one[order] for one in (rows, trend, level, p, ahead))
    return pa.table(
        {
            "account_id": whole(months["account_id"]).take(pa.array(rows)),
            measure: decimals(units[rows, _YEAR:].sum(axis=1)),
            f"{measure}_year_before": decimals(units[rows, :_YEAR].sum(axis=1)),
            "trend": _estimates(trend),
            "trend_p": rates(p),
            "level": _estimates(level),
            "months_to_line": pa.array(ahead.astype(np.int64)),
            # Months 1 to 12 from now: 12 level + (1 + 2 + … + 12) trend.
            "expected_sales": _estimates(_YEAR * level + 78 * trend),
            "largest_month": decimals(units[rows].max(axis=1, initial=0)),
        }
    )


def potential_months(
    rollup: Any, account_id: str, *, until: dt.date, tops: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """The months behind one account's trend, oldest first: first, last [days]; sales; profit before cost to serve [company currency;
    None: lines of the month have no cost, or the rollup knows none].
    """
    own = rolled_up(rollup, tops or {}) if tops else rollup.mutate(group_id=rollup.account_id)
    own = own.filter(own.group_id == account_id)
    names = ("net_amount", *(name for name in _OF_PROFIT if name in own.columns))
    ids, units = _by_month(own, names, until, tops)
    told = []
    for at, one in enumerate(month_periods(until)):
        sums = {name: int(units[name][0, at]) if len(ids) else 0 for name in names}
        is_known = len(names) > 1 and sums["lines_with_cost"] == sums["lines"]
        told.append(
            {
                "first": one.begin,
                "last": one.until,
                "sales": decimal_of(sums["net_amount"]),
                "profit": decimal_of(sums["gross_profit"]) if is_known else None,
            }
        )
    return told


def reasons_of(row: Mapping[str, Any], *, line: Decimal | None) -> list[Reason]:
    """Why an account is listed; without the line for those who may not see it."""
    of_profit = row.get("measure") == "profit"
    measure, code = ("profit", "potential.profit") if of_profit else ("sales", "potential")
    growth = {measure: row[measure], "before": row[f"{measure}_year_before"]}
    reasons = [
        Reason(f"{code}.trend", {"trend": row["trend"], "sure": min(1 - row["trend_p"], SUREST)}),
        Reason(f"{code}.year", growth),
    ]
    if line is not None:
        reasons.append(Reason("potential.line", {"line": line, "months": row["months_to_line"]}))
    return reasons


def _units(months: pa.Table, measure: Basis) -> Any:
    """Ten-thousandths, one row per account, one column per month."""
    columns = [money_of(months[f"{measure}_{at}"]).units for at in range(MONTHS)]
    return np.stack(columns, axis=1) if len(months) else np.zeros((0, MONTHS), np.int64)


def _below(year: Any, line: Decimal) -> Any:
    return (year.sum(axis=1) < units_of(line)).astype(bool)


def _estimates(values: Any) -> pa.Array:
    """Estimates as money, in whole units of the currency: more digits would only look exact."""
    return pa.array([decimal_of(round(float(one)) * UNITS) for one in values], TOTAL_TYPE)
