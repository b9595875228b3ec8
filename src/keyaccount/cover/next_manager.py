"""What is one more account manager worth, and from which on does the next no longer pay? (C5)

Worked by hand in the docs, "One more manager".
"""

import math
from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pyarrow as pa

from keyaccount.cover.standards import require_columns
from keyaccount.errors import SettingError
from keyaccount.find.exact import TOTAL_TYPE

Z95 = 1.959964
"""Of a two-sided interval of 95%."""


@dataclass(frozen=True)
class CoverageSettings:
    """When is an account served well or badly, and what is believed where history is too short?"""

    well: Decimal = Decimal("0.8")
    """Compliance from which an account counts as well covered."""
    badly: Decimal = Decimal("0.5")
    """Compliance below which it counts as badly covered."""
    least_accounts: int = 30
    """On either side, in all tiers together, for history to say something."""
    elasticity: Decimal = Decimal("0.05")
    """Where it does not: by so much the yearly churn is taken to fall from badly to well covered. An assumption, and shown as one."""

    def __post_init__(self) -> None:
        if not 0 <= self.badly <= self.well <= 1:
            raise SettingError(
                "setting.range", name="staffing.badly", allowed=f"[0, {self.well}]", value=self.badly
            )
        if not 0 <= self.elasticity <= 1:
            raise SettingError(
                "setting.range", name="staffing.elasticity", allowed="[0, 1]", value=self.elasticity
            )
        if self.least_accounts < 1:
            raise SettingError(
                "setting.range", name="staffing.least_accounts", allowed="≥ 1", value=self.least_accounts
            )


@dataclass(frozen=True)
class ChurnDifference:
    """By how much more of the badly covered accounts leave in a year than of the well covered of the same tier."""

    value: float
    low: float
    high: float
    """The interval of 95%; with the assumption both are its value."""
    well: int
    badly: int
    """Account-years on either side, in tiers that have both."""
    is_history: bool
    """False: history is not enough, `value` is the stated elasticity."""


def churn_difference(history: pa.Table, settings: CoverageSettings | None = None) -> ChurnDifference:
    """Compare like with like in the company's own history.

    Parameters
    ----------
    history : one row per account and year: account_id; tier; compliance [in [0, 1]; null: not judged, left out]; left [whether it was
        gone the year after].

    Returns
    -------
    Σ w × (share of the badly covered that left − share of the well covered) ÷ Σ w over the tiers that have both, w = n₁n₂ ÷ (n₁ + n₂)
    (Mantel–Haenszel weights). The interval takes each share as (left + 1) ÷ (n + 2) for its variance, so that no side without a loss
    looks certain (Agresti and Caffo 2000). Accounts between badly and well belong to neither side.

    Raises
    ------
    TableError `column.missing`; SettingError `setting.range`.
    """
    settings = settings or CoverageSettings()
    require_columns(history, "history", "account_id", "tier", "compliance", "left")
    sides: defaultdict[Any, list[list[int]]] = defaultdict(lambda: [[0, 0], [0, 0]])
    for row in history.select(["tier", "compliance", "left"]).to_pylist():
        if row["compliance"] is None:
            continue
        kept = Decimal(str(row["compliance"]))
        side = 0 if kept >= settings.well else 1 if kept < settings.badly else None
        if side is not None:
            sides[row["tier"]][side][0] += 1
            sides[row["tier"]][side][1] += bool(row["left"])
    both = [one for one in sides.values() if one[0][0] and one[1][0]]
    well, badly = (sum(one[side][0] for one in both) for side in (0, 1))
    if min(well, badly) < settings.least_accounts:
        assumed = float(settings.elasticity)
        return ChurnDifference(assumed, assumed, assumed, well, badly, is_history=False)
    weights = [one[0][0] * one[1][0] / (one[0][0] + one[1][0]) for one in both]
    total = sum(weights)
    value = (
        sum(
            weight * (one[1][1] / one[1][0] - one[0][1] / one[0][0])
            for weight, one in zip(weights, both, strict=True)
        )
        / total
    )
    variance = sum(
        (weight / total) ** 2 * sum(_variance(left, number) for number, left in one)
        for weight, one in zip(weights, both, strict=True)
    )
    half = Z95 * math.sqrt(variance)
    return ChurnDifference(
        value, max(-1.0, value - half), min(1.0, value + half), well, badly, is_history=True
    )


def next_managers(
    under_covered: pa.Table,
    difference: ChurnDifference,
    *,
    capacity: Decimal,
    cost: Decimal,
    most: int = 50,
) -> pa.Table:
    """What each further manager would keep, until there is nobody left to serve better.

    Parameters
    ----------
    under_covered : one row per account of a tier that is not served to its standard: account_id; sales, profit [company currency a year];
        hours_lacking [a year, > 0; others are left out].
    capacity : hours a year of one manager, > 0. cost : of one manager a year [company currency].

    Returns
    -------
    one row per further manager, the first first
        number; accounts [served, in whole or part]; account_ids [of these, in that order]; hours; revenue_at_risk [sales of those accounts, by the share of their lacking hours that
        this manager fills]; revenue_kept, revenue_kept_low, revenue_kept_high [× the difference of churn, at least 0]; profit_kept
        [of profit in place of sales]; cost; pays [profit_kept ≥ cost]. Accounts with the largest sales for an hour lacking come
        first, ties by account_id, so that no manager is worth more than the one before.

    Raises
    ------
    TableError `column.missing`; SettingError `setting.range`.

    References
    ----------
    Row C5; design, "Cover, exactly".
    """
    require_columns(under_covered, "under_covered", "account_id", "sales", "profit", "hours_lacking")
    if capacity <= 0:
        raise SettingError("setting.range", name="staffing.capacity", allowed="> 0", value=capacity)
    told = [
        (Decimal(str(row["hours_lacking"])), row["sales"], row["profit"], row["account_id"])
        for row in under_covered.to_pylist()
        if row["hours_lacking"] > 0 and row["sales"] > 0
    ]
    told.sort(key=lambda one: (-one[1] / one[0], one[3]))
    rows: list[dict[str, Any]] = []
    left, sales, profit = capacity, Decimal(0), Decimal(0)
    served: list[str] = []
    for hours, its_sales, its_profit, account_id in told:
        rest = hours
        served.append(account_id)
        while rest > 0 and len(rows) < most:
            filled = min(rest, left)
            share = filled / hours
            sales, profit = sales + its_sales * share, profit + (its_profit or 0) * share
            rest, left = rest - filled, left - filled
            if left == 0:
                rows.append(_row(len(rows) + 1, served, capacity, sales, profit, difference, cost))
                left, sales, profit = capacity, Decimal(0), Decimal(0)
                served = [account_id] if rest > 0 else []
        if len(rows) == most:
            break
    if served and len(rows) < most:
        rows.append(_row(len(rows) + 1, served, capacity - left, sales, profit, difference, cost))
    return pa.Table.from_pylist(rows, schema=_NEXT)


def managers_that_pay(rows: pa.Table) -> int:
    """How many of `next_managers` pay before the first that does not."""
    pays = rows["pays"].to_pylist()
    return pays.index(False) if False in pays else len(pays)


_NEXT = pa.schema(
    [
        ("number", pa.int64()),
        ("accounts", pa.int64()),
        ("account_ids", pa.list_(pa.string())),
        ("hours", pa.float64()),
        *(
            (name, TOTAL_TYPE)
            for name in (
                "revenue_at_risk",
                "revenue_kept",
                "revenue_kept_low",
                "revenue_kept_high",
                "profit_kept",
                "cost",
            )
        ),
        ("pays", pa.bool_()),
    ]
)


def _variance(left: int, number: int) -> float:
    share = (left + 1) / (number + 2)
    return share * (1 - share) / (number + 2)


def _row(
    number: int,
    account_ids: list[str],
    hours: Decimal,
    sales: Decimal,
    profit: Decimal,
    difference: ChurnDifference,
    cost: Decimal,
) -> dict[str, Any]:
    def kept(amount: Decimal, share: float) -> Decimal:
        return (amount * Decimal(str(max(0.0, share)))).quantize(Decimal("0.0001"), ROUND_HALF_UP)

    return {
        "number": number,
        "accounts": len(account_ids),
        "account_ids": account_ids,
        "hours": float(hours),
        "revenue_at_risk": sales.quantize(Decimal("0.0001"), ROUND_HALF_UP),
        "revenue_kept": kept(sales, difference.value),
        "revenue_kept_low": kept(sales, difference.low),
        "revenue_kept_high": kept(sales, difference.high),
        "profit_kept": kept(profit, difference.value),
        "cost": cost.quantize(Decimal("0.0001")),
        "pays": kept(profit, difference.value) >= cost,
    }
