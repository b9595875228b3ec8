"""How does the business part by region, industry or channel, and how far does 80/20 hold in each part? (F1, F7)"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.find.account_years import Periods
from keyaccount.find.concentration import concentration, parts_of, ranked
from keyaccount.find.exact import (
    TOTAL_TYPE,
    decimal_of,
    decimals,
    money_of,
    total,
    with_columns,
)
from keyaccount.find.groups import rolled_up
from keyaccount.find.profit import judged
from keyaccount.find.settings import FindSettings
from keyaccount.ledger.rollup import ROLLUP_KEYS, Condensed, measured
from keyaccount.money import TOTAL
from keyaccount.periods import Period
from keyaccount.tables import require

SEGMENT_FIELDS = ("region", "industry", "channel")
"""The fields of the ledger, and of accounts, that part the business."""

SEGMENT_ROWS = pa.schema(
    {
        "segment": pa.string(),
        "account_id": pa.string(),
        "lines": pa.int64(),
        "sales": TOTAL_TYPE,
        "sales_year_before": TOTAL_TYPE,
        "profit": TOTAL_TYPE,
    }
)
_FIGURES = pa.schema(
    {
        "segment": pa.string(),
        "accounts": pa.int64(),
        "sales": TOTAL_TYPE,
        "sales_share": pa.float64(),
        "sales_year_before": TOTAL_TYPE,
        "profit": TOTAL_TYPE,
        "profit_share": pa.float64(),
        "profit_accounts": pa.int64(),
        "positive_accounts": pa.int64(),
        "set_size": pa.int64(),
        "set_amount": TOTAL_TYPE,
        "top_accounts": pa.int64(),
        "top_amount": TOTAL_TYPE,
        "top_amount_share": pa.float64(),
        "gini": pa.float64(),
    }
)
_SUMS = ("net_amount", "gross_profit", "abs_amount", "abs_amount_with_cost", "lines", "lines_with_cost")


def line_segments(
    ledger: Condensed, field: str, periods: Periods, *, tops: Mapping[str, str], cost_coverage: Decimal
) -> pa.Table:
    """What each account bought and earned in each segment, by a field of the invoice lines.

    Parameters
    ----------
    field : one of SEGMENT_FIELDS that the ledger has.
    cost_coverage : part of the absolute net amount that lines with cost must hold for a profit to be judged.

    Returns
    -------
    one row per segment and account with a line in the year or in the one before; an account that buys in several
    segments has a row in each
        segment [null: the lines do not say]; account_id; lines of the year; sales, sales_year_before; profit of the
        year [company currency; null: not judged], before cost to serve, which belongs to an account and not to one
        of its segments.
    """
    told = _judged(_summed(_with_field(ledger, field), field, periods, tops).to_pyarrow(), cost_coverage)
    # The same ledger gives the same rows in the same order.
    return told.sort_by([("segment", "ascending"), ("account_id", "ascending")])


def account_segments(accounts: pa.Table, of_account: Mapping[str, str | None]) -> pa.Table:
    """The same by what the accounts' records say, where the lines do not: each account stands in one segment.

    `accounts`: rows of `KeyAccountList.year_accounts`; `of_account`: account_id → segment.
    """
    ids = accounts["account_id"].to_pylist()
    told = pa.table(
        {
            "segment": pa.array([of_account.get(one) or None for one in ids], pa.string()),
            "account_id": accounts["account_id"],
            "lines": accounts["lines_0"],
            "sales": accounts["sales_0"],
            "sales_year_before": accounts["sales_1"],
            "profit": accounts["profit_before_service"],
        },
        schema=SEGMENT_ROWS,
    )
    return told.filter(pc.greater(pc.add(accounts["lines_0"], accounts["lines_1"]), 0))


def segments(rows: pa.Table, settings: FindSettings) -> pa.Table:
    """One row per segment with its shares of the whole and its own concentration of sales, largest first.

    Parameters
    ----------
    rows : those of `line_segments` or `account_segments`.

    Returns
    -------
    segment; accounts [with a line in the year]; sales, sales_year_before, profit [company currency; profit over
        the accounts where it is judged, null where it is of none]; sales_share, profit_share [of all segments
        together; null where those make ≤ 0]; profit_accounts [how many are judged]; positive_accounts, set_size,
        set_amount, top_accounts, top_amount, top_amount_share, gini [as `concentration`].

    References
    ----------
    Row F1. Worked by hand in the docs, "Segments".
    """
    in_year = _in_year(rows)
    if not len(in_year):
        return _FIGURES.empty_table()
    placed = ranked(in_year, "sales", share=settings.share, within=["segment"])
    figures = concentration(placed, "sales", top_share=settings.top_share, within=["segment"])
    before = rows.group_by("segment").aggregate([("sales_year_before", "sum")]).to_pydict()
    bought = dict(zip(before["segment"], before["sales_year_before_sum"], strict=True))
    for figure, part in zip(figures, parts_of(placed, ["segment"]), strict=True):
        figure["sales"] = figure.pop("total")
        figure["sales_year_before"] = bought[figure["segment"]]
        earned = money_of(part["profit"])
        figure["profit_accounts"] = int(earned.known.sum())
        figure["profit"] = decimal_of(total(earned.units)) if earned.known.any() else None
    for name in ("sales", "profit"):
        whole = sum((one[name] for one in figures if one[name] is not None), Decimal(0))
        for one in figures:
            known = one[name] is not None and whole > 0
            one[f"{name}_share"] = float(one[name]) / float(whole) if known else None
    told = pa.Table.from_pylist(figures, schema=_FIGURES)
    return told.take(pc.sort_indices(told, sort_keys=[("sales", "descending"), ("segment", "ascending")]))


def segment_accounts(rows: pa.Table, segment: str | None) -> pa.Table:
    """The accounts behind one segment's row, largest first: their `sales` and `profit` are those within it."""
    return _of(_in_year(rows), segment).sort_by([("sales", "descending"), ("account_id", "ascending")])


def segment_lines(lines: Any, field: str, segment: str | None, year: Period) -> Any:
    """The invoice lines behind one segment's row."""
    inside = lines[field].isnull() if segment is None else lines[field] == segment
    return lines.filter(inside & lines.date.between(year.begin, year.until))


def _with_field(ledger: Condensed, field: str) -> Any:
    """The ledger's rows with the field; the rollup holds only some."""
    if field in ROLLUP_KEYS or ledger.all_lines is None:
        require(ledger.rollup, "rollup", field)
        return ledger.rollup
    return measured(ledger.all_lines(), within=[field])


def _summed(rows: Any, field: str, periods: Periods, tops: Mapping[str, str]) -> Any:
    first, until = periods.year_before.begin, periods.year.until
    within = rows.filter(rows.date.between(first, until) & rows.account_id.notnull())
    within = within.select(
        "account_id", *_SUMS, segment=within[field], is_year=within.date >= periods.year.begin
    )
    # Condensed first, rolled up into groups then; sums of two years beside each other last.
    sums = within.group_by("segment", "account_id", "is_year").agg(
        **{name: within[name].sum() for name in _SUMS}
    )
    rolled = rolled_up(sums, tops)
    of_year, nothing = rolled.is_year, ibis.literal(0)
    told = {
        name: of_year.ifelse(rolled[name], nothing).sum().cast("int64" if "lines" in name else TOTAL)
        for name in _SUMS
    }
    before = of_year.ifelse(nothing, rolled.net_amount).sum().cast(TOTAL)
    return rolled.group_by("segment", account_id=rolled.group_id).agg(**told, sales_year_before=before)


def _judged(told: pa.Table, cost_coverage: Decimal) -> pa.Table:
    known = judged(told, "", cost_coverage)
    earned = decimals(money_of(told["gross_profit"]).units, known)
    told = with_columns(told, {"sales": told["net_amount"], "profit": earned})
    return told.select(SEGMENT_ROWS.names).cast(SEGMENT_ROWS)


def _in_year(rows: pa.Table) -> pa.Table:
    return rows.filter(pc.greater(rows["lines"], 0))


def _of(rows: pa.Table, segment: str | None) -> pa.Table:
    column = rows["segment"]
    return rows.filter(column.is_null() if segment is None else pc.equal(column, segment))
