"""What, when and how much does an account buy? Months, products, order rhythm, last orders (K1)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.ledger.merged import codes_of, merged_lines, survivors
from keyaccount.periods import Period, year_before, year_ending
from keyaccount.tables import INVOICE_LINES, require

TOTAL_TYPE = pa.decimal128(38, 4)
PRODUCT_COLUMNS = ("product_name", "product_id", "category")
"""What products are called by: the first that the ledger has."""
BUYING_COLUMNS = ("account_id", "date", "net_amount", "order_id", "cost", "freight", *PRODUCT_COLUMNS)
SHOWN_ORDERS = 10
SHOWN_PRODUCTS = 15


@dataclass(frozen=True)
class Month:
    """One calendar month and the same a year earlier. Money [company currency]."""

    month: dt.date
    """Its first day."""
    sales: Decimal
    sales_year_before: Decimal
    profit: Decimal | None
    """Gross, less freight, of lines with known cost; None: no line of the ledger has a cost."""
    profit_year_before: Decimal | None


@dataclass(frozen=True)
class ProductBought:
    """One product in the year. Money [company currency]."""

    product: str
    sales: Decimal
    sales_year_before: Decimal
    last_date: dt.date


@dataclass(frozen=True)
class Order:
    """One order. Money [company currency]."""

    account_id: str
    """The member of the group that it is of: ids shared by two customers are two orders."""
    order_id: str | None
    """None: the lines of one day without one."""
    date: dt.date
    """Its first day."""
    net_amount: Decimal
    lines: int


@dataclass(frozen=True)
class Rhythm:
    """How regularly an account buys, over the 365 days to `until`."""

    order_days: int
    """Days with a line of net_amount > 0."""
    median_gap: float | None
    """Days between two of them in a row; None: fewer than three."""
    last_date: dt.date | None
    days_since: int | None
    """From the last of them to `until`."""


@dataclass(frozen=True)
class Buying:
    """What one account, or group, bought in the year that ends on `until`, beside the year before."""

    year: Period
    months: tuple[Month, ...]
    products: tuple[ProductBought, ...] | None
    """The largest of both years; None: the ledger has no products."""
    orders: tuple[Order, ...]
    """The last ones, newest first."""
    rhythm: Rhythm
    lines: int
    """Invoice lines of the year."""


def buying(
    lines: Any, account_ids: Sequence[str], until: dt.date, *, merged: pa.Table | None = None
) -> Buying:
    """What the accounts together bought.

    Parameters
    ----------
    lines : Ibis table, one row per invoice line (`tables.INVOICE_LINES`); cost, freight, order_id and products may be missing.
    account_ids : the account, or the members of a group.
    until : last day of the year looked at; later lines do not count.
    merged : Arrow table, account_id, into_id: lines of what was merged into the accounts are theirs; orders with the same
        id become one.

    Raises
    ------
    TableError `column.missing`; MergeError `merged.circle`, `merged.two_ways`.

    References
    ----------
    Rows K1, K9; the rhythm as in practice.md 1.7 (median gap over 365 days, at least three orders).
    """
    require(lines, INVOICE_LINES.name, *INVOICE_LINES.needed)
    own = buying_lines(lines, account_ids, buying_begins(until), until, merged=merged)
    # Asked once and summed in memory: each further question of the ledger costs more than all sums of an account.
    return buying_of(
        own.select(*(name for name in BUYING_COLUMNS if name in own.columns)).to_pyarrow(), until
    )


def buying_begins(until: dt.date) -> dt.date:
    """The first day that `buying` looks at: that of the year before."""
    return year_before(year_ending(until)).begin


def buying_of(lines: pa.Table, until: dt.date) -> Buying:
    """The same of lines that were read already.

    lines : Arrow table, one row per invoice line of the accounts, and of no others, from `buying_begins(until)` to `until`: those of
        `BUYING_COLUMNS` that the ledger has.
    """
    require(lines, INVOICE_LINES.name, *INVOICE_LINES.needed)
    year = year_ending(until)
    of_year = pc.greater_equal(lines["date"], pa.scalar(year.begin))
    told = lines.append_column("of_year", of_year)
    return Buying(
        year=year,
        months=_months(told, year),
        products=_products(told, _product_column(lines)),
        orders=_orders(told),
        rhythm=_rhythm(told, until),
        lines=told.filter(of_year).num_rows,
    )


def buying_lines(
    lines: Any, account_ids: Sequence[str], first: dt.date, last: dt.date, *, merged: pa.Table | None = None
) -> Any:
    """The invoice lines behind a figure of `buying`: those of the accounts from `first` to `last`.

    Where anything was merged, `account_id` is the surviving account and `ledger_account_id` the code that the ledger has.
    """
    into = survivors(merged)
    codes = codes_of(account_ids, into)
    own = lines.filter(lines.account_id.isin(codes) & lines.date.between(first, last))
    return merged_lines(own, into) if into else own


def _product_column(lines: pa.Table) -> str | None:
    """What the ledger calls products by."""
    return next((name for name in PRODUCT_COLUMNS if name in lines.column_names), None)


def _months(told: pa.Table, year: Period) -> tuple[Month, ...]:
    has_cost = "cost" in told.column_names
    rows = pa.table(
        {
            "month": pc.floor_temporal(told["date"], unit="month"),
            "of_year": told["of_year"],
            "sales": told["net_amount"].cast(TOTAL_TYPE),
            "profit": gross_profit(told),
        }
    )
    sums = rows.group_by(["month", "of_year"]).aggregate([("sales", "sum"), ("profit", "sum")])
    by_month = {(row["month"], row["of_year"]): row for row in sums.to_pylist()}
    nothing = {"sales_sum": Decimal(0), "profit_sum": Decimal(0)}
    months = []
    month = year.begin.replace(day=1)
    while month <= year.until:
        now = by_month.get((month, True), nothing)
        then = by_month.get((month.replace(year=month.year - 1), False), nothing)
        months.append(
            Month(
                month=month,
                sales=now["sales_sum"],
                sales_year_before=then["sales_sum"],
                profit=now["profit_sum"] if has_cost else None,
                profit_year_before=then["profit_sum"] if has_cost else None,
            )
        )
        month = (month + dt.timedelta(days=31)).replace(day=1)
    return tuple(months)


def gross_profit(told: pa.Table) -> pa.ChunkedArray:
    """Of each line, as `rollup.measured` has it: net amount less cost and freight where the cost is known, else nothing."""
    sales, nothing = told["net_amount"].cast(TOTAL_TYPE), pa.scalar(Decimal(0), TOTAL_TYPE)
    if "cost" not in told.column_names:
        return pc.if_else(pc.is_valid(sales), nothing, nothing)
    freight = pc.fill_null(told["freight"], Decimal(0)) if "freight" in told.column_names else Decimal(0)
    left = pc.subtract(pc.subtract(told["net_amount"], told["cost"]), freight).cast(TOTAL_TYPE)
    return pc.fill_null(left, nothing)


def _products(told: pa.Table, name: str | None) -> tuple[ProductBought, ...] | None:
    if name is None:
        return None
    sales, nothing = told["net_amount"].cast(TOTAL_TYPE), pa.scalar(Decimal(0), TOTAL_TYPE)
    rows = pa.table(
        {
            "product": told[name],
            "sales": pc.if_else(told["of_year"], sales, nothing),
            "before": pc.if_else(told["of_year"], nothing, sales),
            "date": told["date"],
        }
    )
    sums = rows.group_by("product").aggregate([("sales", "sum"), ("before", "sum"), ("date", "max")])
    largest = sums.sort_by(
        [("sales_sum", "descending"), ("before_sum", "descending"), ("product", "ascending")]
    )
    return tuple(
        ProductBought(row["product"], row["sales_sum"], row["before_sum"], row["date_max"])
        for row in largest.slice(0, SHOWN_PRODUCTS).to_pylist()
    )


def _orders(told: pa.Table) -> tuple[Order, ...]:
    none = pa.nulls(told.num_rows, pa.string())
    order_id = told["order_id"] if "order_id" in told.column_names else pa.chunked_array([none])
    no_day = pa.scalar(None, pa.date32())
    rows = pa.table(
        {
            "account_id": told["account_id"],
            "order_id": order_id,
            "day": pc.if_else(pc.is_null(order_id), told["date"], no_day),
            "date": told["date"],
            "amount": told["net_amount"].cast(TOTAL_TYPE),
        }
    )
    sums = rows.group_by(["account_id", "order_id", "day"]).aggregate(
        [("date", "min"), ("amount", "sum"), ("amount", "count")]
    )
    newest = sums.sort_by(
        [("date_min", "descending"), ("order_id", "ascending"), ("account_id", "ascending")]
    )
    return tuple(
        Order(row["account_id"], row["order_id"], row["date_min"], row["amount_sum"], row["amount_count"])
        for row in newest.slice(0, SHOWN_ORDERS).to_pylist()
    )


def _rhythm(told: pa.Table, until: dt.date) -> Rhythm:
    year_ago = pa.scalar(until - dt.timedelta(days=365))
    bought = told.filter(
        pc.and_(pc.greater(told["net_amount"], Decimal(0)), pc.greater(told["date"], year_ago))
    )
    days = sorted(pc.unique(bought["date"]).to_pylist())
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    return Rhythm(
        order_days=len(days),
        median_gap=float(median(gaps)) if len(days) >= 3 else None,
        last_date=days[-1] if days else None,
        days_since=(until - days[-1]).days if days else None,
    )
