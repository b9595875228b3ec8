"""What does each account earn, after the cost of serving it? Unknown costs are said, not guessed (F1, F4)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import ibis

from keyaccount.find.account_years import YEARS, Periods
from keyaccount.find.exact import at_least, decimal
from keyaccount.find.groups import rolled_up
from keyaccount.money import TOTAL
from keyaccount.periods import Period
from keyaccount.tables import memory_table


def with_profit(
    accounts: Any,
    cost_to_serve: Any | None,
    periods: Periods,
    *,
    cost_coverage: Decimal,
    tops: Mapping[str, str],
) -> Any:
    """Add each account's profit to `account_years`.

    Parameters
    ----------
    accounts : one row per account (`account_years`).
    cost_to_serve : one row per cost (`tables.COST_TO_SERVE`); undated costs are for the year.
    cost_coverage : part of the absolute net amount that lines with cost must hold for a profit to be judged.

    Returns
    -------
    the same rows with
        cost_to_serve [company currency, of the year]; profit, profit_1, profit_2 [company currency; null: not judged];
        profit_before_service [the same before cost to serve]; profit_six_months [half of the undated cost to serve
        counts here, so that twice the figure bears it once]; cost_covered [share of absolute net amount, null where
        that is 0].
    """
    costs = _costs(cost_to_serve, periods, tops)
    joined = accounts.left_join(costs, accounts.account_id == costs.served_id).drop("served_id")
    zero = ibis.literal(0).cast(TOTAL)
    cost = {name: joined[name].fill_null(zero) for name in ("cost_0", "cost_1", "cost_2", "cost_six_months")}
    nothing = ibis.null().cast(TOTAL)
    judged = [_judged(joined, number, cost_coverage) for number in range(YEARS)]
    told = joined.mutate(
        cost_to_serve=cost["cost_0"],
        cost_covered=joined.abs_amount_with_cost_0.cast("float64")
        / joined.abs_amount_0.cast("float64").nullif(0),
        profit_before_service=judged[0].ifelse(joined.gross_profit_0, nothing),
        profit=judged[0].ifelse(joined.gross_profit_0 - cost["cost_0"], nothing),
        profit_1=judged[1].ifelse(joined.gross_profit_1 - cost["cost_1"], nothing),
        profit_2=judged[2].ifelse(joined.gross_profit_2 - cost["cost_2"], nothing),
        profit_six_months=judged[0].ifelse(joined.gross_profit_six_months - cost["cost_six_months"], nothing),
    )
    return told.drop(*cost)


def profit_lines(lines: Any, account_id: str, year: Period) -> Any:
    """The invoice lines behind an account's profit of the year."""
    return lines.filter((lines.account_id == account_id) & lines.date.between(year.begin, year.until))


def profit_costs(cost_to_serve: Any, account_id: str, year: Period) -> Any:
    """The costs to serve behind an account's profit of the year."""
    counts = cost_to_serve.date.isnull() | cost_to_serve.date.between(year.begin, year.until)
    return cost_to_serve.filter((cost_to_serve.account_id == account_id) & counts)


def _judged(accounts: Any, number: int, cost_coverage: Decimal) -> Any:
    """Whether lines with known cost hold enough of an account's year; where all amounts are 0, all must have one."""
    total, known = accounts[f"abs_amount_{number}"], accounts[f"abs_amount_with_cost_{number}"]
    lines, with_cost = accounts[f"lines_{number}"], accounts[f"lines_with_cost_{number}"]
    return (with_cost > 0) & ((total > 0).ifelse(at_least(known, cost_coverage, total), with_cost == lines))


def _costs(cost_to_serve: Any | None, periods: Periods, tops: Mapping[str, str]) -> Any:
    schema = {
        "served_id": "string",
        **dict.fromkeys(("cost_0", "cost_1", "cost_2", "cost_six_months"), TOTAL),
    }
    if cost_to_serve is None:
        return memory_table(schema)
    if "date" not in cost_to_serve.columns:
        cost_to_serve = cost_to_serve.mutate(date=ibis.null().cast("date"))
    costs = rolled_up(cost_to_serve, tops)
    amount, date = costs.amount.cast(TOTAL), costs.date
    zero = decimal(0)
    half = (amount / 2).cast(TOTAL)
    figures = {
        f"cost_{number}": (
            date.between(period.begin, period.until) | (date.isnull() if number == 0 else ibis.literal(False))
        )
        .ifelse(amount, zero)
        .sum()
        for number, period in enumerate(periods.years)
    }
    recent = date.between(periods.six_months.begin, periods.six_months.until)
    figures["cost_six_months"] = date.isnull().ifelse(half, recent.ifelse(amount, zero)).sum()
    return costs.group_by(served_id=costs.group_id).agg(**figures)
