"""What did each account buy and earn in the year, and in the two years before? (F1)"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis

from keyaccount.find.groups import rolled_up
from keyaccount.money import TOTAL
from keyaccount.periods import Period, six_months_ending, year_before, year_ending
from keyaccount.tables import require

YEARS = 3
_MEASURES = ("net_amount", "gross_profit", "abs_amount", "abs_amount_with_cost")
# The parts that periods are put together of; 1 and 2 are the years before.
_SIX_MONTHS, _REST_OF_YEAR = -1, 0
_COUNTS = ("lines", "positive_lines", "lines_with_cost")


@dataclass(frozen=True)
class Periods:
    """The year, the two before it (newest first), and its last six months."""

    years: tuple[Period, ...]
    six_months: Period

    @property
    def year(self) -> Period:
        return self.years[0]

    @property
    def year_before(self) -> Period:
        return self.years[1]


def periods_ending(until: Any) -> Periods:
    """The periods that the figures of `find` look at, for a year that ends on `until`."""
    years = [year_ending(until)]
    while len(years) < YEARS:
        years.append(year_before(years[-1]))
    return Periods(tuple(years), six_months_ending(until))


def account_years(rollup: Any, periods: Periods, *, tops: Mapping[str, str] | None = None) -> Any:
    """Sum the rollup by account (or group) and year.

    Parameters
    ----------
    rollup : one row per account, date and order (`tables.ROLLUP`), or per line with the same measures.
    tops : account → top parent, for those in a group.

    Returns
    -------
    one row per account with a line in any of the three years
        account_id (the top parent); for N = 0 (the year), 1, 2 (years before): lines_N, positive_lines_N,
        lines_with_cost_N, net_amount_N, gross_profit_N, abs_amount_N, abs_amount_with_cost_N [company currency];
        net_amount_six_months, gross_profit_six_months; order_days, active_months (with a line of net_amount > 0),
        orders (with amount > 0) and largest_order [company currency, null without orders] of the year.
        Null account_id: the unassigned lines.

    References
    ----------
    Rows F1–F4; design, "What key means, exactly".
    """
    require(rollup, "rollup", "account_id", "date", "order_id", *_MEASURES, *_COUNTS)
    first_day, last_day = periods.years[-1].begin, periods.year.until
    within = rolled_up(rollup.filter(rollup.date.between(first_day, last_day)), tops or {})
    sums, days, orders = _sums(within, periods), _days(within, periods), _orders(within, periods)
    joined = sums.left_join(days, "account_id").drop("account_id_right")
    joined = joined.left_join(orders, "account_id").drop("account_id_right")
    return joined.mutate(
        order_days=joined.order_days.fill_null(0),
        active_months=joined.active_months.fill_null(0),
        orders=joined.orders.fill_null(0),
    )


def account_years_rollup(
    rollup: Any, account_id: str, periods: Periods, *, tops: Mapping[str, str] | None = None
) -> Any:
    """The rows of the rollup behind one account's row of `account_years`."""
    within = rolled_up(
        rollup.filter(rollup.date.between(periods.years[-1].begin, periods.year.until)), tops or {}
    )
    return within.filter(within.group_id == account_id)


def _sums(within: Any, periods: Periods) -> Any:
    """Sums by account and period, then the periods side by side: one pass, few sums in it."""
    zero = ibis.literal(0).cast(TOTAL)
    six_months, year, year_before, _ = (periods.six_months, *periods.years)
    part = ibis.cases(
        (within.date >= six_months.begin, _SIX_MONTHS),
        (within.date >= year.begin, _REST_OF_YEAR),
        (within.date >= year_before.begin, 1),
        else_=2,
    )
    parts = within.group_by(account_id=within.group_id, part=part).agg(
        **{name: within[name].sum() for name in (*_MEASURES, *_COUNTS)}
    )
    of_year = {0: parts.part.isin((_SIX_MONTHS, _REST_OF_YEAR)), 1: parts.part == 1, 2: parts.part == 2}
    figures: dict[str, Any] = {}
    for number, inside in of_year.items():
        figures |= {
            f"{name}_{number}": parts[name].sum(where=inside).cast(TOTAL).fill_null(zero)
            for name in _MEASURES
        }
        figures |= {
            f"{name}_{number}": parts[name].sum(where=inside).fill_null(0).cast("int64") for name in _COUNTS
        }
    recent = parts.part == _SIX_MONTHS
    for name in ("net_amount", "gross_profit"):
        figures[f"{name}_six_months"] = parts[name].sum(where=recent).cast(TOTAL).fill_null(zero)
    return parts.group_by("account_id").agg(**figures)


def _days(within: Any, periods: Periods) -> Any:
    """Days and months of the year on which an account bought something."""
    bought = within.filter(_inside(within.date, periods.year) & (within.positive_lines > 0))
    days = bought.select(account_id=bought.group_id, date=bought.date).distinct()
    month = days.date.year() * 12 + days.date.month()
    return days.group_by("account_id").agg(order_days=days.count(), active_months=month.nunique())


def _orders(within: Any, periods: Periods) -> Any:
    year = within.filter(_inside(within.date, periods.year))
    # An order is one member's order id; without one, all the member's lines of a date.
    dated = year.mutate(order_date=year.order_id.isnull().ifelse(year.date, ibis.null().cast("date")))
    orders = dated.group_by("group_id", "account_id", "order_id", "order_date").agg(
        amount=dated.net_amount.sum()
    )
    return orders.group_by(account_id=orders.group_id).agg(
        orders=orders.count(where=orders.amount > 0), largest_order=orders.amount.max()
    )


def _inside(date: Any, period: Period) -> Any:
    return date.between(period.begin, period.until)
