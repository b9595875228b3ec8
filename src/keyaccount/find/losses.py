"""What would losing each of the largest accounts do to sales and profit? (F1)"""

from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa

from keyaccount.find.exact import decimal
from keyaccount.find.settings import Basis

LARGEST = 10


def losses(listed: Any, *, basis: Basis, sales: Decimal, profit: Decimal | None) -> pa.Table:
    """What losing each of the ten largest would leave.

    Parameters
    ----------
    listed : one row per account, ranked (`KeyAccountList.accounts`).
    sales, profit : totals of the year [company currency]; profit None: not judged.

    Returns
    -------
    one row per account, largest first
        account_id; account_name; sales; profit; rank; sales_left; sales_lost_share; where profit is judged also
        profit_left, profit_lost_share. The records behind a row are those of `profit_lines`.
    """
    rank = listed[f"{basis}_rank"]
    largest = listed.filter(rank <= LARGEST).order_by(f"{basis}_rank")
    figures = {
        "rank": largest[f"{basis}_rank"],
        "sales_left": decimal(sales) - largest.sales,
        "sales_lost_share": largest.sales.cast("float64") / float(sales)
        if sales
        else ibis.null().cast("float64"),
    }
    if profit is not None:
        figures["profit_left"] = decimal(profit) - largest.profit
        figures["profit_lost_share"] = largest.profit.cast("float64") / (float(profit) or float("nan"))
    return largest.select("account_id", "account_name", "sales", "profit", **figures).to_pyarrow()
