"""Which accounts are key, and which only look as if they were? (F2–F4, F8)"""

import datetime as dt
from typing import Any

import ibis

from keyaccount.find.account_years import Periods
from keyaccount.find.exact import as_rate, at_least
from keyaccount.find.settings import FindSettings

VERDICTS = ("key", "profitless", "one_time", "big_ticket", "rising", "ordinary")


def reaches_back(first_day: dt.date, periods: Periods, settings: FindSettings) -> bool:
    """Whether the ledger holds the whole year before: its first line is near enough to that year's first day."""
    return first_day <= periods.year_before.begin + dt.timedelta(days=settings.history_days)


def with_verdicts(accounts: Any, *, settings: FindSettings, history: bool) -> Any:
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
        is_rising_profitless, history_short, cost_incomplete.

    References
    ----------
    Rows F2, F3, F4, F8; design, "What key means, exactly". `rising` has no seasonal correction.
    """
    sales, in_set = accounts.sales, accounts.in_set
    profitless = (accounts.profit <= 0).fill_null(False)
    few_days = accounts.order_days <= settings.one_time_days
    one_large = (
        (accounts.order_days <= settings.big_ticket_days)
        & (sales > 0)
        & at_least(accounts.largest_order, settings.big_ticket_share, sales)
    ).fill_null(False)
    returns = (
        at_least(accounts.net_amount_1, settings.returning_share, sales) if history else ibis.literal(False)
    )
    big_ticket = one_large & ~returns
    one_time = few_days & (accounts.positive_lines_1 == 0) if history else ibis.literal(False)
    grows = (accounts.basis_six_months * 2 >= accounts.smallest_in_set).fill_null(False)
    rising = ~in_set & grows & ~big_ticket
    told = accounts.mutate(
        largest_order_share=as_rate(accounts.largest_order, sales),
        is_profitless=in_set & profitless,
        is_one_time=in_set & one_time,
        is_big_ticket=in_set & big_ticket,
        comes_back=in_set & one_large & returns,
        is_rising=rising,
        is_rising_profitless=rising & profitless,
        history_short=in_set & few_days & ibis.literal(not history),
        cost_incomplete=accounts.profit.isnull() & accounts.cost_known,
    )
    return told.mutate(
        verdict=ibis.cases(
            (told.is_profitless, "profitless"),
            (told.is_one_time, "one_time"),
            (told.is_big_ticket, "big_ticket"),
            (told.in_set, "key"),
            (told.is_rising, "rising"),
            else_="ordinary",
        )
    )


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
