"""How does the year stand beside the two before it? Profit must last (F1)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from keyaccount.find.account_years import Periods
from keyaccount.find.concentration import concentration, ranked
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


def three_years(
    with_money: pa.Table,
    settings: FindSettings,
    periods: Periods,
    first_day: dt.date,
    *,
    of_year: Mapping[str, Any],
) -> tuple[YearFigures, ...]:
    """The figures of each year, newest first, from the rows of `with_profit`.

    `first_day` is the ledger's first: a year that it does not reach back to is marked incomplete. `of_year`: the `concentration`
    of the newest, which is known already. The records behind a year's figures are those of `account_years_rollup`.
    """
    nobody = ~np.asarray(with_money["account_id"].combine_chunks().is_valid())
    return tuple(
        _figures(with_money, nobody, number, period, settings, first_day, None if number else of_year)
        for number, period in enumerate(periods.years)
    )


def _figures(
    with_money: pa.Table,
    nobody: Any,
    number: int,
    period: Period,
    settings: FindSettings,
    first_day: dt.date,
    row: Mapping[str, Any] | None,
) -> YearFigures:
    in_year = with_money[f"lines_{number}"].to_numpy() > 0
    sales = money_of(with_money[f"net_amount_{number}"]).units
    profit = money_of(with_money[f"profit_{number}" if number else "profit"])
    # Lines kept without an account count in the totals; their profit is what their lines earn.
    earned = np.where(nobody, money_of(with_money[f"gross_profit_{number}"]).units, profit.units)
    judged = (in_year & ~nobody & profit.known).any()
    total_sales, total_profit = total(sales[in_year]), total(earned[in_year]) if judged else None
    if row is None:
        basis, whole = (sales, total_sales) if settings.basis == "sales" else (earned, total_profit)
        known = None if settings.basis == "sales" else profit.known
        own = pa.table({"account_id": with_money["account_id"], "basis": decimals(basis, known)})
        own = own.filter(pa.array(in_year & ~nobody))
        placed = ranked(own, "basis", share=settings.share, total_of=decimal_of(whole or 0))
        (row,) = concentration(placed, "basis", top_share=settings.top_share)
    return YearFigures(
        period=period,
        complete=first_day <= period.begin + dt.timedelta(days=settings.history_days),
        accounts=row["accounts"],
        sales=decimal_of(total_sales),
        profit=None if total_profit is None else decimal_of(total_profit),
        set_size=row["set_size"],
        top_amount_share=row["top_amount_share"],
    )
