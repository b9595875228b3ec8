"""How does the year stand beside the two before it? Profit must last (F1)."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from keyaccount.find.account_years import Periods
from keyaccount.find.concentration import concentration, ranked
from keyaccount.find.exact import decimal
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
    with_money: Any, settings: FindSettings, periods: Periods, first_day: dt.date
) -> tuple[YearFigures, ...]:
    """The figures of each year, newest first, from the rows of `with_profit`.

    `first_day` is the ledger's first: a year that it does not reach back to is marked incomplete. The records behind a
    year's figures are those of `account_years_rollup`.
    """
    figures = []
    for number, (period, profit) in enumerate(
        zip(periods.years, ("profit", "profit_1", "profit_2"), strict=True)
    ):
        year = with_money.filter(with_money[f"lines_{number}"] > 0)
        # Lines kept without an account count in the totals; their profit is what their lines earn.
        nobody = year.account_id.isnull()
        year = year.select(
            "account_id",
            sales=year[f"net_amount_{number}"],
            profit=nobody.ifelse(year[f"gross_profit_{number}"], year[profit]),
        )
        sums = year.agg(
            sales=year.sales.sum(),
            profit=year.profit.sum(),
            judged=year.profit.count(where=year.account_id.notnull()),
        ).to_pyarrow().to_pylist()[0]  # fmt: skip
        total_profit = sums["profit"] if sums["judged"] else None
        total = (sums["sales"] if settings.basis == "sales" else total_profit) or Decimal(0)
        accounts = year.filter(year.account_id.notnull())
        placed = ranked(accounts, settings.basis, share=settings.share, total_of=decimal(total))
        row = concentration(placed, settings.basis, top_share=settings.top_share).to_pyarrow().to_pylist()[0]
        figures.append(
            YearFigures(
                period=period,
                complete=first_day <= period.begin + dt.timedelta(days=settings.history_days),
                accounts=row["accounts"],
                sales=sums["sales"] or Decimal(0),
                profit=total_profit,
                set_size=row["set_size"],
                top_amount_share=row["top_amount_share"],
            )
        )
    return tuple(figures)
