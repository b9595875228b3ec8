"""What is behind one account's place on the list? Its year: months, orders, products, profit, members (T2)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import ibis

from keyaccount.errors import KeyAccountError
from keyaccount.find.groups import rolled_up
from keyaccount.find.key_accounts import KeyAccountList
from keyaccount.find.verdicts import verdict_orders
from keyaccount.ledger.merged import merged_lines
from keyaccount.ledger.rollup import rollup
from keyaccount.reasons import Reason

SHOWN = 8


class ExplainError(KeyAccountError):
    """The account to explain cannot be found."""


@dataclass(frozen=True)
class AccountYear:
    """One account's year and where its figures come from. Money [company currency]."""

    row: Mapping[str, Any]
    """Its row of the list."""
    reasons: list[Reason]
    members: list[str]
    """Accounts of the group that have lines in the year; empty for an account by itself."""
    months: list[dict[str, Any]]
    """month (its first day), sales, sales_year_before."""
    orders: list[dict[str, Any]]
    """The largest: account_id, order_id, date, net_amount, lines."""
    products: list[dict[str, Any]] | None
    """The largest: product, sales; None: the ledger has no products."""
    lines: int
    """Invoice lines of the year."""


def explain(result: KeyAccountList, lines: Any, account: str) -> AccountYear:
    """Open the year of `account` (an id, or a name that one account bears).

    Raises ExplainError `account.unknown` with near names, `account.several` with the ids.
    """
    row = _row(result, account)
    account_id = row["account_id"]
    periods = result.summary.periods
    rolled = rolled_up(merged_lines(lines, result.merged), result.groups)
    own = rolled.filter(rolled.group_id == account_id)
    year = own.filter(own.date.between(periods.year.begin, periods.year.until))
    members = sorted(year.select("account_id").distinct().to_pyarrow()["account_id"].to_pylist())
    orders = verdict_orders(rollup(year.drop("group_id")), members, periods).limit(SHOWN)
    return AccountYear(
        row=row,
        reasons=result.reasons(row),
        members=members if account_id in result.groups.values() else [],
        months=_months(own, result),
        orders=orders.to_pyarrow().to_pylist(),
        products=_products(year),
        lines=year.count().to_pyarrow().as_py(),
    )


def _row(result: KeyAccountList, account: str) -> dict[str, Any]:
    ids = result.accounts["account_id"].to_pylist()
    if account in ids:
        return _at(result, ids.index(account))
    names = result.accounts["account_name"].to_pylist()
    named = [at for at, name in enumerate(names) if name == account]
    if len(named) == 1:
        return _at(result, named[0])
    if named:
        raise ExplainError("account.several", account=account, ids=[ids[at] for at in named])
    if account in result.merged:
        return _row(result, result.merged[account])
    if account in result.groups:
        return _row(result, result.groups[account])
    known = [*ids, *(name for name in names if name)]
    inside = [one for one in known if account and account in one]
    raise ExplainError(
        "account.unknown",
        account=account,
        near=inside[:5] or get_close_matches(account, known, n=5, cutoff=0.5),
    )


def _at(result: KeyAccountList, place: int) -> dict[str, Any]:
    row: dict[str, Any] = result.accounts.slice(place, 1).to_pylist()[0]
    return row


def _months(own: Any, result: KeyAccountList) -> list[dict[str, Any]]:
    """Sales of every month that the year touches, and of the same month a year earlier."""
    year, before = result.summary.periods.year, result.summary.periods.year_before
    both = own.filter(own.date.between(before.begin, year.until))
    both = both.mutate(of_year=both.date >= ibis.literal(year.begin), month=both.date.truncate("M"))
    sums = both.group_by("of_year", "month").agg(sales=both.net_amount.sum()).to_pyarrow().to_pylist()
    sales = {(one["of_year"], one["month"]): one["sales"] for one in sums}
    months = []
    month = year.begin.replace(day=1)
    while month <= year.until:
        earlier = month.replace(year=month.year - 1)
        months.append(
            {
                "month": month,
                "sales": sales.get((True, month), Decimal(0)),
                "sales_year_before": sales.get((False, earlier), Decimal(0)),
            }
        )
        month = (month + dt.timedelta(days=31)).replace(day=1)
    return months


def _products(year: Any) -> list[dict[str, Any]] | None:
    name = next(
        (column for column in ("product_name", "product_id", "category") if column in year.columns), None
    )
    if name is None:
        return None
    sums = year.group_by(product=year[name]).agg(sales=year.net_amount.sum())
    rows: list[dict[str, Any]] = (
        sums.order_by([sums.sales.desc(), sums["product"]]).limit(SHOWN).to_pyarrow().to_pylist()
    )
    return rows
