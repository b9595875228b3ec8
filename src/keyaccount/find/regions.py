"""How far does 80/20 hold in each region? (F1)"""

from collections.abc import Mapping
from typing import Any

import ibis
import pyarrow as pa

from keyaccount.find.concentration import concentration, ranked
from keyaccount.find.groups import rolled_up
from keyaccount.find.settings import FindSettings
from keyaccount.periods import Period


def regions(rollup: Any, year: Period, *, tops: Mapping[str, str], settings: FindSettings) -> pa.Table:
    """One row per region with its own concentration of sales (`concentration`).

    An account that buys in several regions counts in each with what it buys there.
    """
    in_year = rollup.filter(rollup.date.between(year.begin, year.until) & rollup.account_id.notnull())
    rolled = rolled_up(in_year.select("account_id", "region", "net_amount"), tops)
    sums = (
        rolled.group_by("region", account_id=rolled.group_id).agg(sales=rolled.net_amount.sum()).to_pyarrow()
    )
    placed = ranked(ibis.memtable(sums), "sales", share=settings.share, within=["region"])
    figures = concentration(placed, "sales", top_share=settings.top_share, within=["region"])
    told: pa.Table = figures.order_by([figures.total.desc(), figures.region]).to_pyarrow()
    return told


def region_lines(lines: Any, region: str, year: Period) -> Any:
    """The invoice lines behind one region's row."""
    return lines.filter((lines.region == region) & lines.date.between(year.begin, year.until))
