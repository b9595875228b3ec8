"""What does an account sell in each of its outlets, which part is ours, and is there room for more? (K4)

Worked by hand in docs/en/calculations/outlets.md.
"""

import datetime as dt
import itertools
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from keyaccount.errors import KeyAccountError

MONTHS = 12
"""So many months back are averaged."""


class OutletError(KeyAccountError):
    """Outlets that cannot be reckoned, or price bands that contradict each other."""


@dataclass(frozen=True)
class OutletMonthSales:
    """What one outlet sold in one month [company currency]."""

    outlet: Hashable
    month: dt.date
    """Its first day."""
    sales: Decimal | None
    """Of goods of our kind, ours included; None: not known."""
    our_sales: Decimal | None
    """Of ours, sold through; None: not known."""


@dataclass(frozen=True)
class OutletFigures:
    """One outlet. Money [company currency a month]."""

    months: int
    """With a figure, of the last twelve."""
    sales: Decimal | None
    """Mean of the months known; None: of none."""
    our_sales: Decimal | None
    our_share: float | None
    """Over the months of which both are known."""
    room: Decimal | None
    """What it can still sell through of ours: the month's ceiling - our_sales, at least 0; None: either is not known."""
    last_month: dt.date | None


def outlet_figures(
    rows: Iterable[OutletMonthSales], can_sell: Mapping[Hashable, Decimal | None], *, until: dt.date
) -> dict[Hashable, OutletFigures]:
    """The figures of each outlet over the twelve months that end with the month of `until`.

    Parameters
    ----------
    rows : at most one per outlet and month. can_sell : every outlet asked for, with what it can sell through of ours in a month.

    Raises
    ------
    OutletError `outlet.twice` for two rows of one outlet and month.

    References
    ----------
    Row K4.
    """
    last = until.replace(day=1)
    first = dt.date(last.year - 1 + (last.month == MONTHS), last.month % MONTHS + 1, 1)
    told: dict[Hashable, dict[dt.date, OutletMonthSales]] = {outlet: {} for outlet in can_sell}
    for row in rows:
        if row.outlet in told and first <= row.month <= last:
            if row.month in told[row.outlet]:
                raise OutletError("outlet.twice", outlet=row.outlet, month=row.month)
            told[row.outlet][row.month] = row
    return {outlet: _figures(list(months.values()), can_sell[outlet]) for outlet, months in told.items()}


def _figures(rows: Sequence[OutletMonthSales], ceiling: Decimal | None) -> OutletFigures:
    ours = _mean([row.our_sales for row in rows if row.our_sales is not None])
    both = [(row.our_sales, row.sales) for row in rows if row.our_sales is not None and row.sales is not None]
    whole = sum((sales for _, sales in both), Decimal(0))
    return OutletFigures(
        months=len(rows),
        sales=_mean([row.sales for row in rows if row.sales is not None]),
        our_sales=ours,
        our_share=float(sum((mine for mine, _ in both), Decimal(0)) / whole) if whole > 0 else None,
        room=None if ceiling is None or ours is None else max(ceiling - ours, Decimal(0)),
        last_month=max((row.month for row in rows), default=None),
    )


def _mean(amounts: list[Decimal]) -> Decimal | None:
    return sum(amounts, Decimal(0)) / len(amounts) if amounts else None


def check_bands(bands: Sequence[tuple[Decimal, Decimal | None, Decimal | None]]) -> None:
    """Price bands of one outlet and business line: (from, below, share of its sales); below None: no end; share None: not known.

    Raises
    ------
    OutletError `outlet.band_order`, `outlet.bands_overlap` (a lower bound belongs to its band, so that bands may touch),
    `outlet.bands_sum` where the known shares are over 100%.
    """
    ordered = sorted(bands, key=lambda band: band[0])
    for low, high, _ in ordered:
        if high is not None and high <= low:
            raise OutletError("outlet.band_order", low=low, high=high)
    for (low, high, _), (after, _, _) in itertools.pairwise(ordered):
        if high is None or high > after:
            raise OutletError(
                "outlet.bands_overlap", low=low, high=high if high is not None else "…", other=after
            )
    total = sum((share for *_, share in bands if share is not None), Decimal(0))
    if total > 1:
        raise OutletError("outlet.bands_sum", total=float(total))
