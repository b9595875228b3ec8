"""How much of the profit would be there without the accounts that lose money? The whale curve (F1, F4)."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.find.concentration import CURVE_POINTS
from keyaccount.find.exact import as_rate, decimal_of, decimals, money_of, rates, total


@dataclass(frozen=True)
class Whale:
    """The figures of the curve. Money [company currency a year]."""

    accounts: int
    """Those whose profit is judged: the curve is drawn over them."""
    profit: Decimal
    """What they earn together: where the curve ends."""
    peak: Decimal
    """What the accounts with a profit above 0 earn: the curve's highest point."""
    peak_accounts: int
    peak_share: float | None
    """peak ÷ profit; None where profit ≤ 0."""
    tail: Decimal
    """What the accounts with a profit below 0 cost: peak − profit, never below 0."""
    tail_accounts: int
    even_accounts: int
    """Those that earn exactly 0."""
    unjudged_accounts: int
    """Left out, since too few of their costs are known."""
    unjudged_sales: Decimal


def whale(accounts: pa.Table) -> Whale | None:
    """The whale curve's figures: cumulative profit over the accounts, the most profitable first.

    Parameters
    ----------
    accounts : one row per account of the year (`KeyAccountList.accounts`): sales, profit [company currency; null:
        not judged], is_unassigned.

    Returns
    -------
    None where no profit is judged. Accounts without a judged profit are left out and counted; lines without account are
    left out, too. The accounts behind are those of `whale_accounts`.

    References
    ----------
    Row F1; R. Kaplan, V. G. Narayanan, "Measuring and managing customer profitability", 2001. Worked by hand in the
    docs, "Whale curve".
    """
    accounts = _ranked(accounts)
    profit, sales = money_of(accounts["profit"]), money_of(accounts["sales"]).units
    if not profit.known.any():
        return None
    units = profit.units[profit.known]
    whole, peak = total(units), total(units[units > 0])
    return Whale(
        accounts=len(units),
        profit=decimal_of(whole),
        peak=decimal_of(peak),
        peak_accounts=int((units > 0).sum()),
        peak_share=peak / whole if whole > 0 else None,
        tail=decimal_of(peak - whole),
        tail_accounts=int((units < 0).sum()),
        even_accounts=int((units == 0).sum()),
        unjudged_accounts=int((~profit.known).sum()),
        unjudged_sales=decimal_of(total(sales[~profit.known])),
    )


def whale_curve(accounts: pa.Table) -> pa.Table:
    """The curve's points, some 1,000 at the most, its peak and its end always among them.

    Returns rank (by profit), accounts_share [0 to 1, of the judged], running [company currency], running_share [of their
    profit; null where that is ≤ 0].
    """
    judged = _ranked(accounts)
    judged = judged.filter(judged["profit"].is_valid()).sort_by("profit_rank")
    units = money_of(judged["profit"]).units
    n, running = len(units), np.cumsum(units)
    step = (n + CURVE_POINTS - 1) // CURVE_POINTS or 1
    shown = np.arange(0, n, step)
    if n:
        shown = np.unique(np.concatenate([shown, [max(0, int((units > 0).sum()) - 1), n - 1]]))
    whole = int(running[-1]) if n else 0
    return pa.table(
        {
            "rank": shown + 1,
            "accounts_share": (shown + 1) / max(n, 1),
            "running": decimals(running[shown]),
            "running_share": rates(as_rate(running[shown], whole)),
        }
    )


def whale_accounts(accounts: pa.Table, part: str) -> pa.Table:
    """The accounts behind a figure of the curve, the most profitable first.

    `part`: `peak` (profit above 0), `tail` (below), `even` (0), `judged` (all of these), `unjudged` (the largest first).
    """
    accounts = _ranked(accounts)
    profit = accounts["profit"]
    if part == "unjudged":
        return accounts.filter(profit.is_null()).sort_by(
            [("sales", "descending"), ("account_id", "ascending")]
        )
    nothing = pa.scalar(Decimal(0), profit.type)
    chosen = {
        "peak": lambda: pc.greater(profit, nothing),
        "tail": lambda: pc.less(profit, nothing),
        "even": lambda: pc.equal(profit, nothing),
        "judged": profit.is_valid,
    }[part]()
    return accounts.filter(chosen).sort_by("profit_rank")


def _ranked(accounts: pa.Table) -> pa.Table:
    """Without the row of lines that have no account."""
    return accounts.filter(pc.invert(accounts["is_unassigned"]))
