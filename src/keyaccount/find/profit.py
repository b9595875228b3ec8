"""What does each account earn, after the cost of serving it? Unknown costs are said, not guessed (F1, F4)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.errors import SettingError
from keyaccount.find.account_years import YEARS, Periods
from keyaccount.find.exact import UNITS, at_least, decimals, money_of, rates, with_columns
from keyaccount.periods import Period


def with_profit(
    accounts: pa.Table,
    cost_to_serve: pa.Table | None,
    periods: Periods,
    *,
    cost_coverage: Decimal,
    tops: Mapping[str, str],
) -> pa.Table:
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
    costs = _costs(accounts["account_id"], cost_to_serve, periods, tops)
    known = [judged(accounts, f"_{number}", cost_coverage) for number in range(YEARS)]
    earned = {
        name: money_of(accounts[f"gross_profit_{name}"]).units for name in ("0", "1", "2", "six_months")
    }
    size = money_of(accounts["abs_amount_0"]).units.astype(np.float64)
    known_size = money_of(accounts["abs_amount_with_cost_0"]).units.astype(np.float64)
    new = {
        "cost_to_serve": decimals(costs["0"]),
        "cost_covered": rates(known_size / UNITS / np.where(size == 0, np.nan, size / UNITS)),
        "profit_before_service": decimals(earned["0"], known[0]),
        "profit": decimals(earned["0"] - costs["0"], known[0]),
        "profit_1": decimals(earned["1"] - costs["1"], known[1]),
        "profit_2": decimals(earned["2"] - costs["2"], known[2]),
        "profit_six_months": decimals(earned["six_months"] - costs["six_months"], known[0]),
    }
    return with_columns(accounts, new)


def cost_at_rate(accounts: pa.Table, rate: Decimal) -> pa.Table:
    """A cost to serve for every account, taken as a part of what it bought in the year: for trying what if (F4).

    Parameters
    ----------
    accounts : one row per account (`account_years`).
    rate : part of the year's sales, in [0, 1]; accounts whose sales are not above 0 cost nothing.

    Returns
    -------
    one row per account with sales > 0 (`tables.COST_TO_SERVE`), undated, each amount rounded half up to four places.

    Raises
    ------
    SettingError `setting.range`.
    """
    if not rate.is_finite() or not 0 <= rate <= 1:
        raise SettingError("setting.range", name="find.service_rate", allowed="[0, 1]", value=rate)
    known = accounts.filter(accounts["account_id"].combine_chunks().is_valid())
    sales = money_of(known["net_amount_0"]).units
    bought = sales > 0
    numerator, denominator = rate.as_integer_ratio()
    amounts = (2 * sales[bought].astype(object) * numerator + denominator) // (2 * denominator)
    return pa.table(
        {
            "account_id": known["account_id"].filter(pa.array(bought.astype(bool))),
            "amount": decimals(amounts),
        }
    )


def profit_lines(lines: Any, account_id: str, year: Period) -> Any:
    """The invoice lines behind an account's profit of the year."""
    return lines.filter((lines.account_id == account_id) & lines.date.between(year.begin, year.until))


def profit_costs(cost_to_serve: Any, account_id: str, year: Period) -> Any:
    """The costs to serve behind an account's profit of the year."""
    counts = cost_to_serve.date.isnull() | cost_to_serve.date.between(year.begin, year.until)
    return cost_to_serve.filter((cost_to_serve.account_id == account_id) & counts)


def judged(accounts: pa.Table, suffix: str, cost_coverage: Decimal) -> Any:
    """Whether lines with known cost hold enough of an account's year; where all amounts are 0, all must have one."""
    total = money_of(accounts[f"abs_amount{suffix}"]).units
    known = money_of(accounts[f"abs_amount_with_cost{suffix}"]).units
    lines, with_cost = (accounts[f"{name}{suffix}"].to_numpy() for name in ("lines", "lines_with_cost"))
    return (with_cost > 0) & np.where(total > 0, at_least(known, cost_coverage, total), with_cost == lines)


def _costs(
    account_ids: Any, cost_to_serve: pa.Table | None, periods: Periods, tops: Mapping[str, str]
) -> dict[str, Any]:
    """The cost to serve each account in each year and in the last six months, in units."""
    spans = {str(number): period for number, period in enumerate(periods.years)}
    spans["six_months"] = periods.six_months
    if cost_to_serve is None:
        return {name: np.zeros(len(account_ids), np.int64) for name in spans}
    served = pa.array([tops.get(one, one) for one in cost_to_serve["account_id"].to_pylist()], pa.string())
    place = pc.index_in(served, value_set=account_ids.combine_chunks())
    counts = np.asarray(served.is_valid()) & np.asarray(place.is_valid())
    place = place.fill_null(0).to_numpy()
    amount = money_of(cost_to_serve["amount"])
    counts &= amount.known
    dated = "date" in cost_to_serve.column_names
    dates = cost_to_serve["date"].to_pylist() if dated else [None] * len(cost_to_serve)
    undated = np.array([date is None for date in dates], bool)
    told = {}
    for name, period in spans.items():
        inside = np.array([date is not None and date in period for date in dates], bool)
        part = amount.units * inside
        if name == "0":
            part = part + amount.units * undated
        elif name == "six_months":
            part = part + _half(amount.units) * undated
        told[name] = np.zeros(len(account_ids), amount.units.dtype)
        np.add.at(told[name], place[counts], part[counts])
    return told


def _half(units: Any) -> Any:
    """Half of it, rounded away from zero."""
    return np.where(units < 0, -((1 - units) // 2), (units + 1) // 2)
