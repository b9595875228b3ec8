"""How far does 80/20 hold in each region? (F1)"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.find.concentration import concentration, ranked
from keyaccount.find.exact import TOTAL_TYPE
from keyaccount.find.groups import rolled_up
from keyaccount.find.settings import FindSettings
from keyaccount.money import TOTAL
from keyaccount.periods import Period

_SCHEMA = pa.schema(
    {
        "region": pa.string(),
        "accounts": pa.int64(),
        "positive_accounts": pa.int64(),
        "total": TOTAL_TYPE,
        "set_size": pa.int64(),
        "set_amount": TOTAL_TYPE,
        "top_accounts": pa.int64(),
        "top_amount": TOTAL_TYPE,
        "top_amount_share": pa.float64(),
        "gini": pa.float64(),
    }
)


def region_sales(rollup: Any, year: Period, *, tops: Mapping[str, str]) -> Any:
    """Sales of the year by region and account: region, account_id, sales [company currency]."""
    in_year = rollup.filter(rollup.date.between(year.begin, year.until) & rollup.account_id.notnull())
    rolled = rolled_up(in_year.select("account_id", "region", "net_amount"), tops)
    return rolled.group_by("region", account_id=rolled.group_id).agg(
        sales=rolled.net_amount.sum().cast(TOTAL)
    )


def regions(sales: pa.Table, settings: FindSettings) -> pa.Table:
    """One row per region with its own concentration of sales (`concentration`), from the rows of `region_sales`.

    An account that buys in several regions counts in each with what it buys there.
    """
    placed = ranked(sales, "sales", share=settings.share, within=["region"])
    figures = concentration(placed, "sales", top_share=settings.top_share, within=["region"])
    told = pa.Table.from_pylist(figures, schema=_SCHEMA)
    return told.take(pc.sort_indices(told, sort_keys=[("total", "descending"), ("region", "ascending")]))


def region_lines(lines: Any, region: str, year: Period) -> Any:
    """The invoice lines behind one region's row."""
    return lines.filter((lines.region == region) & lines.date.between(year.begin, year.until))
