"""What, when and how much does an account buy? Months, products, order rhythm, last orders (K1)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import Any

import ibis
import pyarrow as pa

from keyaccount.ledger.merged import codes_of, merged_lines, survivors
from keyaccount.ledger.rollup import measured
from keyaccount.periods import Period, year_before, year_ending
from keyaccount.tables import INVOICE_LINES, require

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
    year = year_ending(until)
    before = year_before(year)
    own = buying_lines(lines, account_ids, before.begin, until, merged=merged).cache()
    in_year = own.filter(own.date >= ibis.literal(year.begin))
    has_cost = "cost" in lines.columns
    return Buying(
        year=year,
        months=_months(own, year, has_cost=has_cost),
        products=_products(own, year),
        orders=_orders(own),
        rhythm=_rhythm(own, until),
        lines=in_year.count().to_pyarrow().as_py(),
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


def _months(own: Any, year: Period, *, has_cost: bool) -> tuple[Month, ...]:
    told = measured(own)
    told = told.mutate(month=told.date.truncate("M"), of_year=told.date >= ibis.literal(year.begin))
    sums = told.group_by("month", "of_year").agg(sales=told.net_amount.sum(), profit=told.gross_profit.sum())
    by_month = {(row["month"], row["of_year"]): row for row in sums.to_pyarrow().to_pylist()}
    nothing = {"sales": Decimal(0), "profit": Decimal(0)}
    months = []
    month = year.begin.replace(day=1)
    while month <= year.until:
        now = by_month.get((month, True), nothing)
        then = by_month.get((month.replace(year=month.year - 1), False), nothing)
        months.append(
            Month(
                month=month,
                sales=now["sales"],
                sales_year_before=then["sales"],
                profit=now["profit"] if has_cost else None,
                profit_year_before=then["profit"] if has_cost else None,
            )
        )
        month = (month + dt.timedelta(days=31)).replace(day=1)
    return tuple(months)


def _products(own: Any, year: Period) -> tuple[ProductBought, ...] | None:
    name = next(
        (column for column in ("product_name", "product_id", "category") if column in own.columns), None
    )
    if name is None:
        return None
    nothing = ibis.literal(Decimal(0), type="decimal(18, 4)")
    of_year = own.date >= ibis.literal(year.begin)
    sums = own.group_by(product=own[name]).agg(
        sales=of_year.ifelse(own.net_amount, nothing).sum(),
        sales_year_before=of_year.ifelse(nothing, own.net_amount).sum(),
        last_date=own.date.max(),
    )
    rows = sums.order_by([sums.sales.desc(), sums.sales_year_before.desc(), sums["product"]]).limit(
        SHOWN_PRODUCTS
    )
    return tuple(ProductBought(**row) for row in rows.to_pyarrow().to_pylist())


def _orders(own: Any) -> tuple[Order, ...]:
    told = measured(own)
    without_id = told.order_id.isnull().ifelse(told.date, ibis.null().cast("date"))
    orders = told.group_by("account_id", "order_id", day=without_id).agg(
        date=told.date.min(), net_amount=told.net_amount.sum(), lines=told["lines"].sum()
    )
    newest = orders.order_by([orders.date.desc(), orders.order_id]).limit(SHOWN_ORDERS)
    rows = newest.select("account_id", "order_id", "date", "net_amount", "lines").to_pyarrow().to_pylist()
    return tuple(Order(**row) for row in rows)


def _rhythm(own: Any, until: dt.date) -> Rhythm:
    bought = own.filter((own.net_amount > 0) & (own.date > ibis.literal(until - dt.timedelta(days=365))))
    days = sorted(bought.select("date").distinct().to_pyarrow()["date"].to_pylist())
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    return Rhythm(
        order_days=len(days),
        median_gap=float(median(gaps)) if len(days) >= 3 else None,
        last_date=days[-1] if days else None,
        days_since=(until - days[-1]).days if days else None,
    )
