"""At which price did each account buy a product in a quarter, and where does it stand on the list then? (C4)"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

import ibis
import pyarrow as pa

from keyaccount.find.groups import rolled_up
from keyaccount.ledger.merged import merged_lines
from keyaccount.periods import Period
from keyaccount.tables import TableError, memory_table, require


def quarters(period: Period) -> list[dt.date]:
    """The first days of the calendar quarters that the period touches."""
    first = (period.begin.year * 12 + period.begin.month - 1) // 3
    last = (period.until.year * 12 + period.until.month - 1) // 3
    return [dt.date(at // 4, at % 4 * 3 + 1, 1) for at in range(first, last + 1)]


def lines_of(lines: Any, period: Period, tops: Mapping[str, str], merged: Mapping[str, str]) -> Any:
    require(lines, "invoice_lines", "account_id", "date", "net_amount")
    told = lines.filter(lines.date.between(period.begin, period.until) & lines.account_id.notnull())
    return rolled_up(merged_lines(told, merged) if merged else told, tops)


def priced_lines(
    lines: Any, period: Period, tops: Mapping[str, str], merged: Mapping[str, str]
) -> Any | None:
    """The lines that have a price, with whose, of what, in which unit."""
    products = [lines[name] for name in ("product_id", "product_name") if name in lines.columns]
    if not products or "quantity" not in lines.columns:
        return None
    unit = lines.unit if "unit" in lines.columns else ibis.null().cast("string")
    told = lines.mutate(product_of=ibis.coalesce(*products), unit_of=unit)
    told = lines_of(told, period, tops, merged)
    return told.filter(told.product_of.notnull() & (told.quantity > 0) & (told.net_amount > 0))


def priced_cells(
    lines: Any,
    period: Period,
    tops: Mapping[str, str],
    merged: Mapping[str, str],
    rebates: pa.Table | None,
    *,
    least_lines: int = 1,
) -> Any | None:
    """One row per account, product, unit and quarter of at least `least_lines` lines: lines, quantity, amount less freight and rebates."""
    told = priced_lines(lines, period, tops, merged)
    if told is None:
        return None
    rebates = rebates if rebates is not None and len(rebates) else None
    if least_lines > 1 and rebates is None:  # rebates on everything are shared out over all cells
        told = _often(told, least_lines)
    amount = told.net_amount
    if "freight" in lines.columns:
        amount = amount - ibis.coalesce(told.freight, ibis.literal(Decimal(0)))
    cells = told.group_by(
        account_id=told.group_id, product=told.product_of, unit=told.unit_of, quarter=told.date.truncate("Q")
    ).agg(lines=told.count(), quantity=told.quantity.sum(), amount=amount.sum())
    cells = cells.mutate(amount=cells.amount.cast("decimal(38, 4)"), quarter=cells.quarter.cast("date"))
    if rebates is not None:
        cells = _less_rebates(cells, rebates, tops, merged)
    # What freight and rebates have eaten up has no price.
    return cells.filter((cells["lines"] >= least_lines) & (cells.amount > 0))


@ibis.udf.scalar.builtin(name="hash")  # type: ignore[untyped-decorator]
def _number(group_id: str, product: str, unit: str, quarter: int) -> int:  # type: ignore[empty-body]
    """A number to a cell, as DuckDB and Spark make it; Ibis's own `hash` takes one column at a time and twice as long."""


def _often(told: Any, least: int) -> Any:
    """The lines of cells that have `least` or more, and a few others: millions of cells with a line or two need not be summed up.

    Told by a number to a cell, which seldom two share; those stay in until the cells are counted.
    """
    quarter = told.date.year() * 4 + told.date.quarter()
    told = told.mutate(cell=_number(told.group_id, told.product_of, told.unit_of, quarter))
    counted = told.group_by("cell").agg(number=told.count())
    return told.semi_join(counted.filter(counted.number >= least), "cell")


def _less_rebates(cells: Any, rebates: pa.Table, tops: Mapping[str, str], merged: Mapping[str, str]) -> Any:
    """Rebates on one product come off its cell; those on everything come off all cells of the quarter by their amounts."""
    missing = {"account_id", "product", "date", "amount"} - set(rebates.column_names)
    if missing:
        raise TableError(
            "column.missing", table="rebates", columns=sorted(missing), there=rebates.column_names
        )
    whose: dict[tuple[str, dt.date], Decimal] = {}
    own: dict[tuple[str, str, dt.date], Decimal] = {}
    for row in rebates.to_pylist():
        code = merged.get(row["account_id"], row["account_id"])
        account, quarter = tops.get(code, code), _quarter(row["date"])
        if row["product"] is None:
            whose[account, quarter] = whose.get((account, quarter), Decimal(0)) + row["amount"]
        else:
            key = (account, row["product"], quarter)
            own[key] = own.get(key, Decimal(0)) + row["amount"]
    all_of = ibis.memtable(
        pa.table(
            {
                "all_id": pa.array([one[0] for one in whose], pa.string()),
                "all_quarter": pa.array([one[1] for one in whose], pa.date32()),
                "all_rebate": pa.array(list(whose.values()), pa.decimal128(38, 4)),
            }
        )
    )
    own_of = ibis.memtable(
        pa.table(
            {
                "own_id": pa.array([one[0] for one in own], pa.string()),
                "own_product": pa.array([one[1] for one in own], pa.string()),
                "own_quarter": pa.array([one[2] for one in own], pa.date32()),
                "own_rebate": pa.array(list(own.values()), pa.decimal128(38, 4)),
            }
        )
    )
    whole = cells.amount.sum().over(ibis.window(group_by=["account_id", "quarter"]))
    told = cells.mutate(part=cells.amount.cast("float64") / whole.cast("float64"))
    # Of several units of one product the rebate is on them together.
    same = told.amount.sum().over(ibis.window(group_by=["account_id", "product", "quarter"]))
    told = told.mutate(own_part=told.amount.cast("float64") / same.cast("float64"))
    told = told.left_join(all_of, (told.account_id == all_of.all_id) & (told.quarter == all_of.all_quarter))
    told = told.left_join(
        own_of,
        (told.account_id == own_of.own_id)
        & (told["product"] == own_of.own_product)
        & (told.quarter == own_of.own_quarter),
    )
    off = ibis.coalesce(told.all_rebate.cast("float64") * told.part, ibis.literal(0.0)) + ibis.coalesce(
        told.own_rebate.cast("float64") * told.own_part, ibis.literal(0.0)
    )
    told = told.mutate(amount=(told.amount - off.round(4).cast("decimal(38, 4)")).cast("decimal(38, 4)"))
    return told.select("account_id", "product", "unit", "quarter", "lines", "quantity", "amount")


def levels_of(places: pa.Table, period: Period) -> list[dict[str, Any]]:
    """One row per key account and quarter: its level on the last day of it that is in the period."""
    missing = {"account_id", "level", "since", "until"} - set(places.column_names)
    if missing:
        raise TableError("column.missing", table="places", columns=sorted(missing), there=places.column_names)
    rows = places.select(["account_id", "level", "since", "until"]).to_pylist()
    found: dict[tuple[str, dt.date], int] = {}
    for quarter in quarters(period):
        day = min(_quarter(quarter, after=1) - dt.timedelta(days=1), period.until)
        for row in rows:
            if (row["since"] or dt.date.min) <= day <= (row["until"] or dt.date.max):
                key = (row["account_id"], quarter)
                found[key] = max(found.get(key, 0), row["level"])
    return [
        {"account_id": one, "quarter": quarter, "level": level} for (one, quarter), level in found.items()
    ]


def level_table(places: pa.Table, period: Period) -> Any:
    rows = levels_of(places, period)
    return memory_table(
        {"level_id": "string", "level_quarter": "date", "level": "int64"},
        {
            "level_id": [row["account_id"] for row in rows],
            "level_quarter": [row["quarter"] for row in rows],
            "level": [row["level"] for row in rows],
        },
    )


def without_price(lines: Any, period: Period) -> tuple[dict[str, int], tuple[str, ...]]:
    """Lines of the period without a price, by the first reason; products sold in several units."""
    products = [lines[name] for name in ("product_id", "product_name") if name in lines.columns]
    told = lines.filter(lines.date.between(period.begin, period.until))
    product = ibis.coalesce(*products) if products else ibis.null().cast("string")
    told = told.mutate(product_of=product)
    quantity = told.quantity if "quantity" in lines.columns else ibis.null().cast("int64")
    reasons = {
        "no_account": told.account_id.isnull(),
        "no_product": told.product_of.isnull(),
        "no_quantity": quantity.isnull() | (quantity <= 0),
        "no_amount": told.net_amount <= 0,
    }
    # Those few alone are looked at: files whose lines all have a price are not even read.
    out_of_price = told.filter(reduce(or_, reasons.values()))
    reason = ibis.cases(*((is_so, name) for name, is_so in reasons.items()), else_="none")
    counts = out_of_price.group_by(reason=reason).agg(number=out_of_price.count()).to_pyarrow().to_pylist()
    out = dict.fromkeys(reasons, 0) | {row["reason"]: int(row["number"]) for row in counts}
    if not products or "unit" not in lines.columns:
        return out, ()
    units = told.group_by(product=told.product_of).agg(units=told.unit.nunique())
    several = units.filter((units.units > 1) & units["product"].notnull()).order_by("product")
    return out, tuple(several.to_pyarrow()["product"].to_pylist())


def _quarter(day: dt.date, *, after: int = 0) -> dt.date:
    """The first day of a day's quarter, or of one after it."""
    at = (day.year * 12 + day.month - 1) // 3 + after
    return dt.date(at // 4, at % 4 * 3 + 1, 1)
