"""How does the year stand beside the two before it? Profit must last (F1)."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.find.account_years import YEARS, Periods
from keyaccount.find.concentration import concentration, curve, ranked
from keyaccount.find.exact import decimal_of, decimals, money_of, total
from keyaccount.find.settings import FindSettings
from keyaccount.periods import Period


@dataclass(frozen=True)
class YearFigures:
    """One of the three years side by side. Money [company currency a year]."""

    period: Period
    complete: bool
    """Whether the ledger reaches back to the year's beginning."""
    accounts: int
    sales: Decimal
    profit: Decimal | None
    """Over accounts whose profit is judged; None: none is."""
    set_size: int
    top_amount_share: float | None
    gini: float | None
    top_accounts: int | None


def three_years(
    with_money: pa.Table, settings: FindSettings, periods: Periods, first_day: dt.date, *, of_year: pa.Table
) -> tuple[tuple[YearFigures, ...], pa.Table]:
    """The figures of each year, newest first, from the rows of `with_profit`, and the accounts behind them.

    `first_day` is the ledger's first: a year that it does not reach back to is marked incomplete. `of_year`: the newest as
    `ranked` on the basis, which is known already. The records behind an account's row are those of `account_years_rollup`.

    Returns
    -------
    the figures; and one row per account with a line in any of the years
        account_id, account_name; for N = 0 (the year), 1, 2 (years before) lines_N, sales_N, profit_N [company currency;
        null: not judged], rank_N [on the basis; null: no line in that year, or not judged], in_set_N;
        profit_before_service, cost_to_serve [company currency, of the year].
    """
    with_money = with_money.filter(pc.greater(_lines_of_all(with_money), 0))
    nobody = ~np.asarray(with_money["account_id"].combine_chunks().is_valid())
    told, columns = [], {name: with_money[name] for name in ("account_id", "account_name")}
    for number, period in enumerate(periods.years):
        inside = with_money[f"lines_{number}"].to_numpy() > 0
        sales, earned, judged = _money(with_money, number, nobody)
        placed = of_year if number == 0 else _placed(with_money, number, settings, inside, nobody)
        value = settings.basis if number == 0 else "basis"
        (row,) = concentration(placed, value, top_share=settings.top_share)
        told.append(
            YearFigures(
                period=period,
                complete=first_day <= period.begin + dt.timedelta(days=settings.history_days),
                accounts=row["accounts"],
                sales=decimal_of(total(sales[inside])),
                profit=decimal_of(total(earned[inside])) if (inside & judged).any() else None,
                set_size=row["set_size"],
                top_amount_share=row["top_amount_share"],
                gini=row["gini"],
                top_accounts=row["top_accounts"],
            )
        )
        columns |= {
            f"lines_{number}": with_money[f"lines_{number}"],
            f"sales_{number}": with_money[f"net_amount_{number}"],
            f"profit_{number}": decimals(earned, judged),
            f"rank_{number}": _beside(placed["rank"].fill_null(0), inside & ~nobody),
            f"in_set_{number}": _beside(placed["in_set"].cast(pa.int64()), inside & ~nobody, nothing=False),
        }
    accounts = {**columns, **{name: with_money[name] for name in ("profit_before_service", "cost_to_serve")}}
    return tuple(told), pa.table(accounts).filter(pa.array(~nobody))


def year_accounts(accounts: pa.Table, number: int) -> pa.Table:
    """The accounts behind the figures of one of the years (0: the newest), by rank; unranked ones last."""
    inside = accounts.filter(pc.greater(accounts[f"lines_{number}"], 0))
    return inside.sort_by([(f"rank_{number}", "ascending"), ("account_id", "ascending")])


def year_curve(accounts: pa.Table, number: int, value: Literal["sales", "profit"]) -> pa.Table | None:
    """The concentration curve of one of the years (of profit: the whale curve), as `concentration.curve` gives it.

    `accounts` are the rows that `three_years` gives. None: that year has no account with a known value, or nothing in all.
    The records behind a point are the first of `year_accounts`, ranked by `value`.
    """
    inside = accounts.filter(pc.greater(accounts[f"lines_{number}"], 0))
    own = pa.table({"account_id": inside["account_id"], value: inside[f"{value}_{number}"]})
    own = own.filter(own[value].is_valid())
    if not len(own) or total(money_of(own[value]).units) <= 0:
        return None
    return curve(ranked(own, value, share=Decimal(1)), value)


def _lines_of_all(with_money: pa.Table) -> Any:
    lines = with_money["lines_0"]
    for number in range(1, YEARS):
        lines = pc.add(lines, with_money[f"lines_{number}"])
    return lines


def _money(with_money: pa.Table, number: int, nobody: Any) -> tuple[Any, Any, Any]:
    """Sales, profit in units, and where the profit is judged. Lines kept without an account count with what they earn."""
    sales = money_of(with_money[f"net_amount_{number}"]).units
    profit = money_of(with_money[f"profit_{number}" if number else "profit"])
    earned = np.where(nobody, money_of(with_money[f"gross_profit_{number}"]).units, profit.units)
    return sales, earned, profit.known & ~nobody


def _placed(with_money: pa.Table, number: int, settings: FindSettings, inside: Any, nobody: Any) -> pa.Table:
    """The accounts of a year before, ranked on the basis."""
    sales, earned, judged = _money(with_money, number, nobody)
    basis, known = (sales, None) if settings.basis == "sales" else (earned, judged)
    whole = total(basis[inside]) if known is None or (inside & judged).any() else 0
    own = pa.table({"account_id": with_money["account_id"], "basis": decimals(basis, known)})
    own = own.filter(pa.array(inside & ~nobody))
    return ranked(own, "basis", share=settings.share, total_of=decimal_of(whole))


def _beside(values: Any, inside: Any, *, nothing: bool = True) -> pa.Array:
    """The values of the rows `inside` beside all rows; 0 is nothing, unless said otherwise."""
    told = np.zeros(len(inside), np.int64)
    told[inside] = values.to_numpy()
    return pa.array(told, mask=told == 0) if nothing else pa.array(told.astype(bool))
