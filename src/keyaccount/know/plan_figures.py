"""What does the ledger say of a goal: reached this year, last year's figure, last year's months? (K8)"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.know.buying import PRODUCT_COLUMNS, gross_profit

FROM_LEDGER = ("sales", "profit", "category", "product", "order_days")
"""Measures of goals that invoice lines tell."""
LINE_COLUMNS = ("account_id", "date", "net_amount", "cost", "freight", *PRODUCT_COLUMNS)


@dataclass(frozen=True)
class LedgerFigures:
    """One measure of an account in the year of a plan. Money [company currency]; order days [days]."""

    reached: Decimal
    base: Decimal
    """The whole of last year."""
    months: tuple[Decimal, ...]
    """Last year's, twelve of them."""


def ledger_figures(
    lines: pa.Table, measure: str, *, year: int, until: dt.date, goods: str = ""
) -> LedgerFigures | None:
    """What a measure of `FROM_LEDGER` stands at.

    Parameters
    ----------
    lines : Arrow table, one row per invoice line of the account and of no other, of the year and the one before: those of
        `LINE_COLUMNS` that the ledger has.
    until : the last day that counts as reached; within the year.
    goods : the category or product.

    Returns
    -------
    None where the ledger cannot tell: profit without costs, goods without a column of that kind. `profit` is gross, less freight,
    of lines with a known cost; `order_days` are days with a line of net_amount > 0.
    """
    told = _of_measure(lines, measure, goods)
    if told is None:
        return None
    this, last = month_sums(told, year, until=until), month_sums(told, year - 1)
    return LedgerFigures(sum(this, Decimal(0)), sum(last, Decimal(0)), last)


def _of_measure(lines: pa.Table, measure: str, goods: str) -> pa.Table | None:
    """date and value of the lines that count."""
    if measure == "profit":
        if "cost" not in lines.column_names:
            return None
        return pa.table({"date": lines["date"], "value": gross_profit(lines)})
    if measure == "order_days":
        bought = lines.filter(pc.greater(lines["net_amount"], Decimal(0)))
        days = pc.unique(bought["date"])
        return pa.table({"date": days, "value": pa.array([Decimal(1)] * len(days), pa.decimal128(38, 4))})
    if measure in ("category", "product"):
        column = "category" if measure == "category" else product_column(lines)
        if column is None or column not in lines.column_names:
            return None
        lines = lines.filter(pc.equal(lines[column], goods))
    return pa.table({"date": lines["date"], "value": lines["net_amount"]})


def product_column(lines: pa.Table) -> str | None:
    """What the ledger calls products by."""
    return next((name for name in ("product_name", "product_id") if name in lines.column_names), None)


def month_sums(told: pa.Table, year: int, *, until: dt.date | None = None) -> tuple[Decimal, ...]:
    """The sums of `value` by calendar month of a year, up to a day of it; twelve."""
    last = min(until or dt.date.max, dt.date(year, 12, 31))
    first = pa.scalar(dt.date(year, 1, 1))
    held = pc.and_(pc.greater_equal(told["date"], first), pc.less_equal(told["date"], pa.scalar(last)))
    rows = told.filter(held)
    values = rows["value"].cast(pa.decimal128(38, 4))
    sums = pa.table({"month": pc.month(rows["date"]), "value": values}).group_by("month")
    found = {row["month"]: row["value_sum"] for row in sums.aggregate([("value", "sum")]).to_pylist()}
    return tuple(found.get(month) or Decimal(0) for month in range(1, 13))


def sales_by_month(
    lines: pa.Table, year: int, until: dt.date
) -> tuple[tuple[Decimal, ...], tuple[Decimal, ...]]:
    """Sales of the year up to a day, and of the year before, by calendar month [company currency]."""
    told = pa.table({"date": lines["date"], "value": lines["net_amount"]})
    return month_sums(told, year, until=until), month_sums(told, year - 1)
