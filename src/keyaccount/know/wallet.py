"""Which part of what a customer buys does it buy from us: the share of wallet, by business line and year? (K6)

Worked by hand in docs/en/calculations/wallet.md.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa

from keyaccount.know.buying import buying_lines
from keyaccount.money import TOTAL
from keyaccount.tables import TableError

LEAST_ACCOUNTS = 5
"""Fewer are never summed up: the figures of one customer could be told from the sum (R3)."""
ALL_LINES = ""
"""The business line that means everything the customer buys of our kind."""
_SHARES = pa.schema(
    [
        ("account_id", pa.string()),
        ("business_line", pa.string()),
        ("year", pa.int32()),
        ("sales", pa.decimal128(38, 4)),
        ("purchases_low", pa.decimal128(38, 4)),
        ("purchases_high", pa.decimal128(38, 4)),
        ("share_low", pa.float64()),
        ("share_high", pa.float64()),
        ("sources", pa.int32()),
        ("standing", pa.string()),
    ]
)


def line_sales(lines: Any, account_ids: list[str], first: dt.date, last: dt.date, *, as_id: str) -> pa.Table:
    """Our sales to an account, or to the members of a group together, by calendar year and business line.

    Parameters
    ----------
    lines : Ibis table, one row per invoice line (`tables.INVOICE_LINES`); without `category` there is only the sum of all lines.
    first, last : days between which lines count.
    as_id : the account that all of them count as.

    Returns
    -------
    one row per year and business line (the ledger's `category`), and one per year for all lines ("")
        account_id; business_line; year; sales [company currency, returns negative].

    Raises
    ------
    TableError `column.missing`.
    """
    own = buying_lines(lines, account_ids, first, last)
    own = own.mutate(
        year=own.date.year().cast("int32"),
        line=own.category.fill_null(ALL_LINES) if "category" in own.columns else ibis.literal(ALL_LINES),
    )
    told = own.group_by(["year", "line"]).agg(sales=own.net_amount.sum().cast(TOTAL)).to_pyarrow().to_pylist()
    sums: dict[tuple[int, str], Decimal] = {}
    for row in told:
        for line in {row["line"], ALL_LINES}:
            key = (row["year"], line)
            sums[key] = sums.get(key, Decimal(0)) + row["sales"]
    keys = sorted(sums)
    return pa.table(
        {
            "account_id": pa.array([as_id] * len(keys), pa.string()),
            "business_line": pa.array([line for _, line in keys], pa.string()),
            "year": pa.array([year for year, _ in keys], pa.int32()),
            "sales": pa.array([sums[key] for key in keys], pa.decimal128(38, 4)),
        }
    )


def wallet_shares(sales: pa.Table, purchases: pa.Table) -> pa.Table:
    """Our sales beside what the customer is known to buy.

    Parameters
    ----------
    sales : Arrow table, one row per account, business line and year, as `line_sales` gives it.
    purchases : Arrow table, one row for each source's word on it: account_id; business_line ("": all lines); year; amount [company
        currency a year, above 0, ours included].

    Returns
    -------
    one row per account, business line and year that either table has, the latest year first, all lines before single ones
        sales (0: the customer buys none of it from us); purchases_low, purchases_high: the least and the most that a source says;
        share_low = sales ÷ purchases_high, share_high = sales ÷ purchases_low [rate]; sources: how many; standing:
        `known` (one figure), `range` (sources disagree), `unknown` (no source: no share), `too_low` (we sell more than the highest
        source says that it buys: the sources are wrong, no share is given). Returns that outweigh sales count as sales of 0.

    Raises
    ------
    TableError `column.missing`; `wallet.amount` for purchases of 0 or less.
    """
    _require(sales, "sales", "account_id", "business_line", "year", "sales")
    _require(purchases, "purchases", "account_id", "business_line", "year", "amount")
    ours: dict[tuple[str, str, int], Decimal] = {}
    for row in sales.to_pylist():
        ours[row["account_id"], row["business_line"], row["year"]] = max(row["sales"], Decimal(0))
    theirs: dict[tuple[str, str, int], list[Decimal]] = {}
    for row in purchases.to_pylist():
        if row["amount"] <= 0:
            raise TableError(
                "wallet.amount", account=row["account_id"], year=row["year"], amount=row["amount"]
            )
        theirs.setdefault((row["account_id"], row["business_line"], row["year"]), []).append(row["amount"])
    keys = sorted(ours.keys() | theirs.keys(), key=lambda key: (key[0], -key[2], key[1]))
    return pa.Table.from_pylist([_share(key, ours, theirs.get(key, [])) for key in keys], schema=_SHARES)


def _require(table: pa.Table, name: str, *columns: str) -> None:
    missing = [column for column in columns if column not in table.column_names]
    if missing:
        raise TableError("column.missing", table=name, columns=missing, there=table.column_names)


def _share(
    key: tuple[str, str, int], ours: Mapping[tuple[str, str, int], Decimal], told: list[Decimal]
) -> dict[str, Any]:
    sales = ours.get(key, Decimal(0))
    row: dict[str, Any] = {
        **dict(zip(("account_id", "business_line", "year"), key, strict=True)),
        "sales": sales,
        "purchases_low": min(told, default=None),
        "purchases_high": max(told, default=None),
        "share_low": None,
        "share_high": None,
        "sources": len(told),
    }
    if not told:
        return {**row, "standing": "unknown"}
    low, high = min(told), max(told)
    if sales > high:
        return {**row, "standing": "too_low"}
    # A source that says less than we sell is wrong by itself, but another may be right: at the most all is ours.
    row |= {"share_low": float(sales / high), "share_high": float(min(sales / low, Decimal(1)))}
    return {**row, "standing": "known" if low == high else "range"}


def wallet_by_region(
    shares: pa.Table, regions: Mapping[str, str], *, year: int, least: int = LEAST_ACCOUNTS
) -> pa.Table:
    """Our share of what the customers of a region buy, over those of whom it is known; never of fewer than `least` (R3).

    Parameters
    ----------
    shares : as `wallet_shares` gives it; only all lines ("") of `year` with a known share count.
    regions : account_id → region; accounts without one are left out.

    Returns
    -------
    one row per region, by name: region; accounts (of whom it is known); sales; purchases_low; purchases_high [company currency];
        share_low; share_high [rate]. Where fewer than `least` are known all but region and accounts are null.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for row in shares.to_pylist():
        known = row["standing"] in ("known", "range") and row["year"] == year
        if known and row["business_line"] == ALL_LINES and regions.get(row["account_id"]):
            found.setdefault(regions[row["account_id"]], []).append(row)
    rows = []
    for region, members in sorted(found.items()):
        told: dict[str, Any] = {"region": region, "accounts": len(members)}
        if len(members) >= least:
            sums = {
                name: sum((one[name] for one in members), Decimal(0))
                for name in ("sales", "purchases_low", "purchases_high")
            }
            told |= sums | {
                "share_low": float(sums["sales"] / sums["purchases_high"]),
                "share_high": float(min(sums["sales"] / sums["purchases_low"], Decimal(1))),
            }
        rows.append(told)
    money = pa.decimal128(38, 4)
    schema = pa.schema(
        [("region", pa.string()), ("accounts", pa.int32()), ("sales", money), ("purchases_low", money),
         ("purchases_high", money), ("share_low", pa.float64()), ("share_high", pa.float64())]
    )  # fmt: skip
    return pa.Table.from_pylist(rows, schema=schema)
