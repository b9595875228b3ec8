"""What does the ledger say about the way in which an account buys? The evidence of the scorecard (F5)."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from keyaccount.errors import KeyAccountError
from keyaccount.find.exact import whole
from keyaccount.find.kind_settings import KindSettings
from keyaccount.ledger.merged import merged_lines, survivors
from keyaccount.money import AMOUNT, TOTAL
from keyaccount.periods import year_ending
from keyaccount.tables import INVOICE_LINES, require

CORRELATION_DIGITS = 6
"""Correlations are rounded, so that the order in which an engine adds does not show."""

PARTS_OF_BOUGHT = ("with_list", "special", "with_range", "services", "advice")
"""Sums that are 0 rather than unknown where something was bought."""

STILL = 1e-9
"""Below this share of its size a price, or a volume, has not moved."""


class KindError(KeyAccountError):
    """Kinds cannot be told from this ledger."""


@dataclass(frozen=True)
class KindEvidence:
    """What the ledger says of its accounts in the year, in memory."""

    accounts: pa.Table
    """One row per account with a line up to `until`: see `kind_evidence`."""
    until: dt.date
    first_day: dt.date
    """Of the ledger."""
    range_by: str | None
    """What the range is counted in: category, product; None: the ledger has neither."""
    range_sold: int
    """How many of them the company sold in the year."""
    sells_services: bool
    """Whether a category named as a service was sold in the year."""
    sells_advice: bool


def kind_evidence(
    lines: Any,
    *,
    until: dt.date | None = None,
    settings: KindSettings | None = None,
    merged: pa.Table | None = None,
) -> KindEvidence:
    """What each account bought in the year that ends on `until`, and how.

    Parameters
    ----------
    lines : Ibis table, one row per invoice line (`tables.INVOICE_LINES`); list_amount, discount, products, categories and
        quantities may be missing: what they are needed for is null then.
    until : last day of the year; None: the last day in the ledger.
    merged : Arrow table, account_id, into_id: lines of a merged account are read as those of the account it went into.

    Returns
    -------
    KindEvidence; one row per account with
        first_date; sales [Σ net_amount of the year]; bought [Σ over lines of net_amount > 0; the rest is about those lines];
        with_list [Σ net_amount where the list price is known]; special [of it: at special prices]; range [categories, or products,
        bought]; with_range [Σ net_amount of lines that have one]; services, advice [Σ net_amount in the categories named];
        active_months; price_months, price_spread, price_correlation [−1 to 1; null: fewer than two months, or the price did not move; 0: the volume did not].
        Accounts without a line in the year have nulls.

    The list price of a line is list_amount, else net_amount + discount. A product's *usual discount* is Σ (list − net) ÷ Σ list over
    all accounts' lines of the year; a line is at a special price where its own is at least `discount_from` above that.
    The *price index* of an account and month is Σ net ÷ Σ (quantity × the account's own average price of the product in the year),
    its *volume* that divisor: the same goods at unchanging prices. The spread is (largest − smallest) ÷ mean of the index.

    Raises
    ------
    KindError `kinds.no_lines`; TableError `column.missing`; MergeError `merged.circle`, `merged.two_ways`.
    """
    settings = settings or KindSettings()
    require(lines, INVOICE_LINES.name, *INVOICE_LINES.needed)
    into = survivors(merged)
    told = merged_lines(lines, into) if into else lines
    told = told.filter(told.account_id.notnull())
    if until is None:
        until = told.aggregate(last=told.date.max()).to_pyarrow()["last"][0].as_py()
    if until is None:
        raise KindError("kinds.no_lines")
    past = told.filter(told.date <= ibis.literal(until))
    firsts = past.group_by("account_id").agg(first_date=past.date.min()).to_pyarrow()
    if not firsts.num_rows:
        raise KindError("kinds.no_lines")
    bought, range_by = _bought(past, until)
    sums = _sums(past, bought, until, settings, has_range=range_by is not None).to_pyarrow()
    accounts = (
        firsts.join(sums, "account_id")
        .join(_prices(bought, past.columns), "account_id")
        .sort_by("account_id")
    )
    sold = bought.aggregate(
        n=bought.range.nunique(),
        services=_is_one_of(bought.range, settings.service_categories).any(),
        advice=_is_one_of(bought.range, settings.advice_categories).any(),
    ).to_pyarrow()
    by_category = range_by == "category"
    return KindEvidence(
        accounts=accounts,
        until=until,
        first_day=min(firsts["first_date"].to_pylist()),
        range_by=range_by,
        range_sold=sold["n"][0].as_py() or 0,
        sells_services=by_category and bool(sold["services"][0].as_py()),
        sells_advice=by_category and bool(sold["advice"][0].as_py()),
    )


def kind_lines(lines: Any, account_ids: list[str], until: dt.date) -> Any:
    """The invoice lines behind an account's evidence: those of the year (`account_ids`: its own code, and those merged into it)."""
    year = year_ending(until)
    return lines.filter(lines.account_id.isin(account_ids) & lines.date.between(year.begin, year.until))


def _bought(past: Any, until: dt.date) -> tuple[Any, str | None]:
    """The lines of the year with net_amount > 0, in the columns that the evidence needs; and what the range is counted in."""
    year = year_ending(until)
    lines = past.filter(past.date.between(year.begin, year.until) & (past.net_amount > 0))
    there = set(lines.columns)
    product = next((name for name in ("product_id", "product_name") if name in there), None)
    range_by = "category" if "category" in there else product
    text, nothing = ibis.null().cast("string"), ibis.null().cast(AMOUNT)
    price = lines.list_amount if "list_amount" in there else nothing
    if "discount" in there:
        price = price.coalesce((lines.net_amount + lines.discount).cast(AMOUNT))
    columns = {
        "product": lines[product] if product else text,
        "unit": lines.unit if "unit" in there else text,
        "range": lines[range_by] if range_by else text,
        "quantity": lines.quantity.cast("float64") if "quantity" in there else ibis.null().cast("float64"),
        "list_price": price,
    }
    bought = lines.select("account_id", "net_amount", month=lines.date.truncate("M"), **columns)
    return bought, "category" if range_by == "category" else "product" if range_by else None


def _is_one_of(column: Any, names: tuple[str, ...]) -> Any:
    """Of no names none."""
    return column.isin(names) if names else column != column


def _sums(past: Any, bought: Any, until: dt.date, settings: KindSettings, *, has_range: bool) -> Any:
    """One row per account with a line in the year."""
    year = year_ending(until)
    of_year = past.filter(past.date.between(year.begin, year.until))
    sales = of_year.group_by("account_id").agg(sales=of_year.net_amount.sum())
    listed = bought.list_price > 0
    usual = (
        bought.filter(listed)
        .group_by(usual_product="product")
        .agg(usual_net=lambda one: one.net_amount.sum(), usual_list=lambda one: one.list_price.sum())
    )
    lines = bought.left_join(usual, bought["product"].identical_to(usual.usual_product))
    rate = (lines.list_price - lines.net_amount).cast("float64") / lines.list_price.cast("float64")
    usual_rate = (lines.usual_list - lines.usual_net).cast("float64") / lines.usual_list.cast("float64")
    # To the ninth digit: 5% above is 5% above, also where a binary fraction falls short of it.
    is_special = (rate - usual_rate).round(9) >= float(settings.discount_from)
    listed = (lines.list_price > 0).fill_null(False)
    told = lines.group_by("account_id").agg(
        bought=lines.net_amount.sum(),
        with_list=lines.net_amount.sum(where=listed),
        special=lines.net_amount.sum(where=listed & is_special.fill_null(False)),
        range=lines.range.nunique() if has_range else ibis.null().cast("int64"),
        with_range=lines.net_amount.sum(where=lines.range.notnull()),
        services=lines.net_amount.sum(where=_is_one_of(lines.range, settings.service_categories)),
        advice=lines.net_amount.sum(where=_is_one_of(lines.range, settings.advice_categories)),
        active_months=lines.month.nunique(),
    )
    both = sales.left_join(told, "account_id").drop("account_id_right")
    nothing = both.bought.notnull().ifelse(ibis.literal(0).cast(TOTAL), ibis.null().cast(TOTAL))
    parts = {name: both[name].cast(TOTAL).fill_null(nothing) for name in PARTS_OF_BOUGHT}
    return both.mutate(sales=both.sales.cast(TOTAL), bought=both.bought.cast(TOTAL), **parts)


def _prices(bought: Any, there: Any) -> pa.Table:
    """Price and volume of each account by month, and how they move together."""
    if "quantity" not in there or not {"product_id", "product_name"} & set(there):
        return _moves(pa.table({"account_id": pa.array([], pa.string())}))
    priced = bought.filter((bought.quantity > 0) & bought["product"].notnull())
    cells = priced.group_by("account_id", "product", "unit", "month").agg(
        amount=priced.net_amount.sum().cast("float64"), quantity=priced.quantity.sum()
    )
    of_product = ibis.window(group_by=["account_id", "product", "unit"])
    average = cells.amount.sum().over(of_product) / cells.quantity.sum().over(of_product)
    valued = cells.mutate(at_average=cells.quantity * average)
    months = valued.group_by("account_id", "month").agg(
        index=valued.amount.sum() / valued.at_average.sum(), volume=valued.at_average.sum()
    )
    return _moves(months.order_by("account_id", "month").to_pyarrow())


def _moves(months: pa.Table) -> pa.Table:
    """One row per account: price_months, price_spread, price_correlation (Pearson, of index and volume)."""
    ids = whole(months["account_id"])
    names = {"price_months": pa.int64(), "price_spread": pa.float64(), "price_correlation": pa.float64()}
    if not len(ids):
        empty = {name: pa.array([], kind) for name, kind in names.items()}
        return pa.table({"account_id": pa.array([], pa.string()), **empty})
    index, volume = months["index"].to_numpy(), months["volume"].to_numpy()
    _, starts = np.unique(np.asarray(ids.dictionary_encode().indices), return_index=True)
    starts.sort()
    n = np.diff(np.append(starts, len(ids)))
    spread = np.maximum.reduceat(index, starts) - np.minimum.reduceat(index, starts)
    mean_index = np.add.reduceat(index, starts) / n
    x = index - np.repeat(mean_index, n)
    y = volume - np.repeat(np.add.reduceat(volume, starts) / n, n)
    together, own_x, own_y = (np.add.reduceat(one, starts) for one in (x * y, x * x, y * y))
    # What stands still leaves nothing but the rounding of a division, which correlates with anything.
    moves = (n > 1) & (spread > STILL * mean_index)
    answers = np.maximum.reduceat(np.abs(y), starts) > STILL * np.maximum.reduceat(volume, starts)
    size = np.sqrt(np.where(moves & answers, own_x * own_y, 1))
    found = np.where(answers, np.clip(np.round(together / size, CORRELATION_DIGITS), -1, 1), 0.0)
    return pa.table(
        {
            "account_id": ids.take(pa.array(starts)),
            "price_months": pa.array(n, pa.int64()),
            "price_spread": pa.array(np.round(spread / mean_index, 9)),
            "price_correlation": pa.array(found, mask=~moves),
        }
    )
