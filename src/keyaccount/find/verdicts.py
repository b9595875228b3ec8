"""Which accounts are key, and which only look as if they were? (F2–F4, F8)"""

import datetime as dt
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from keyaccount.find.account_years import Periods
from keyaccount.find.exact import as_rate, at_least, money_of, rates, with_columns
from keyaccount.find.settings import FindSettings

VERDICTS = ("key", "profitless", "one_time", "big_ticket", "rising", "ordinary")


def reaches_back(first_day: dt.date, periods: Periods, settings: FindSettings) -> bool:
    """Whether the ledger holds the whole year before: its first line is near enough to that year's first day."""
    return first_day <= periods.year_before.begin + dt.timedelta(days=settings.history_days)


def with_verdicts(accounts: pa.Table, *, settings: FindSettings, history: bool) -> pa.Table:
    """Give each account its verdict and mark every rule that applies.

    Parameters
    ----------
    accounts : one row per account of the year: sales, profit, in_set, order_days, largest_order, net_amount_1,
        positive_lines_1, basis_six_months, smallest_in_set [the smallest basis in the set], cost_known [whether any
        line of the ledger has a cost].
    history : whether the ledger holds the whole year before (`reaches_back`).

    Returns
    -------
    the same rows with
        largest_order_share [null where sales ≤ 0; may exceed 1]; verdict, the first rule that applies; and for every
        rule whether it applies: is_profitless, is_one_time, is_big_ticket, comes_back, is_rising,
        is_rising_profitless, history_short, cost_incomplete; guard: the first of the three guards that the account
        meets, in the set or not [null: none].

    References
    ----------
    Rows F2, F3, F4, F8; design, "What key means, exactly". `rising` has no seasonal correction.
    """
    sales, in_set = money_of(accounts["sales"]).units, accounts["in_set"].to_numpy()
    largest, profit = money_of(accounts["largest_order"]), money_of(accounts["profit"])
    order_days = accounts["order_days"].to_numpy()
    nobody = np.zeros(len(accounts), bool)
    profitless = profit.known & (profit.units <= 0)
    few_days = order_days <= settings.one_time_days
    one_large = (
        (order_days <= settings.big_ticket_days)
        & (sales > 0)
        & largest.known
        & at_least(largest.units, settings.big_ticket_share, sales)
    )
    before = money_of(accounts["net_amount_1"]).units
    returns = at_least(before, settings.returning_share, sales) if history else nobody
    big_ticket = one_large & ~returns
    one_time = few_days & (accounts["positive_lines_1"].to_numpy() == 0) if history else nobody
    recent, line = money_of(accounts["basis_six_months"]), money_of(accounts["smallest_in_set"])
    grows = recent.known & line.known & (recent.units * 2 >= line.units)
    rising = ~in_set & grows & ~big_ticket
    marks = {
        "is_profitless": in_set & profitless,
        "is_one_time": in_set & one_time,
        "is_big_ticket": in_set & big_ticket,
        "comes_back": in_set & one_large & returns,
        "is_rising": rising,
        "is_rising_profitless": rising & profitless,
        "history_short": in_set & few_days & (not history),
        "cost_incomplete": ~profit.known & accounts["cost_known"].to_numpy(),
    }
    rules = (marks["is_profitless"], marks["is_one_time"], marks["is_big_ticket"], in_set, rising)
    names = ("profitless", "one_time", "big_ticket", "key", "rising")
    share = np.where(largest.known, as_rate(largest.units, sales), np.nan)
    verdict = np.select([one.astype(bool) for one in rules], range(len(rules)), default=len(rules))
    told = {"largest_order_share": rates(share)}
    told |= {name: pa.array(mark.astype(bool)) for name, mark in marks.items()}
    told["verdict"] = pa.array([*names, "ordinary"]).take(pa.array(verdict))
    # The guards of an account that may come on the list by another way than the set.
    guards = (profitless, one_time, one_large & ~returns)
    guard = np.select([one.astype(bool) for one in guards], range(len(guards)), default=len(guards))
    told["guard"] = pa.array([*names[: len(guards)], None], pa.string()).take(pa.array(guard))
    return with_columns(accounts, told)


def verdict_orders(rollup: Any, account_ids: list[str], periods: Periods) -> Any:
    """The orders of the year behind a verdict, largest first: account_id, order_id, date, net_amount, lines."""
    year = rollup.filter(
        rollup.account_id.isin(account_ids) & rollup.date.between(periods.year.begin, periods.year.until)
    )
    order_date = year.order_id.isnull().ifelse(year.date, ibis.null().cast("date"))
    orders = year.group_by("account_id", "order_id", order_date=order_date).agg(
        date=year.date.min(), net_amount=year.net_amount.sum(), lines=year["lines"].sum()
    )
    return orders.drop("order_date").order_by([orders.net_amount.desc(), orders.account_id, orders.date])
