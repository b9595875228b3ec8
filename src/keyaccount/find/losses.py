"""What would losing each of the largest accounts do to sales and profit? (F1)"""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.find.exact import UNITS, decimals, money_of, rates, units_of, with_columns
from keyaccount.find.settings import Basis

LARGEST = 10


def losses(listed: pa.Table, *, basis: Basis, sales: Decimal, profit: Decimal | None) -> pa.Table:
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
    largest = listed.filter(pc.less_equal(listed[f"{basis}_rank"], LARGEST)).sort_by(f"{basis}_rank")
    lost = money_of(largest["sales"]).units
    told = largest.select(["account_id", "account_name", "sales", "profit"])
    figures = {
        "rank": largest[f"{basis}_rank"],
        "sales_left": decimals(units_of(sales) - lost),
        "sales_lost_share": rates(lost.astype(np.float64) / UNITS / (float(sales) or np.nan)),
    }
    if profit is not None:
        earned = money_of(largest["profit"])
        figures["profit_left"] = decimals(units_of(profit) - earned.units, earned.known)
        share = earned.units.astype(np.float64) / UNITS / (float(profit) or np.nan)
        figures["profit_lost_share"] = pa.array(share, mask=~earned.known)
    return with_columns(told, figures)
