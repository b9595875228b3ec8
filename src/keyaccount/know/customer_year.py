"""Does a customer reach its targets, what does it still need from us, and how long does it take to buy? (K3)

Worked by hand in docs/en/calculations/customer_year.md.
"""

import calendar
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from keyaccount.errors import KeyAccountError
from keyaccount.know.buying import buying_lines
from keyaccount.money import TOTAL

MONTHS = 12
ON_THE_WAY = Decimal("0.05")
"""So far from what the months ask, either way, still counts as on the way."""
STANDINGS = ("not_begun", "behind", "on_the_way", "ahead", "reached", "missed")


class CustomerYearError(KeyAccountError):
    """A customer's year that cannot be reckoned."""


@dataclass(frozen=True)
class TargetState:
    """How far a year's target is reached. Amounts [as the target: company currency]."""

    target: Decimal
    due: Decimal
    """What its months ask up to the day: whole months, and of the running one the share of its days."""
    reached: Decimal
    left: Decimal
    """What is still needed; never below 0."""
    a_month: Decimal | None
    """What is still needed in each month left, the running one counted as its days left; None: the year is over."""
    at_this_pace: Decimal | None
    """Where the year ends if the rest goes as well as the part so far: reached × target ÷ due; None: nothing was due yet."""
    standing: str
    """One of STANDINGS."""


def year_months(year: int, begins_in: int) -> list[dt.date]:
    """The first days of the twelve months of a customer's year that begins in month `begins_in` of `year`.

    Raises CustomerYearError `customer_year.month`.
    """
    if not 1 <= begins_in <= MONTHS:
        raise CustomerYearError("customer_year.month", month=begins_in)
    at = [begins_in - 1 + n for n in range(MONTHS)]
    return [dt.date(year + one // MONTHS, one % MONTHS + 1, 1) for one in at]


def target_state(
    targets: Sequence[Decimal], reached: Sequence[Decimal], *, first: dt.date, until: dt.date
) -> TargetState:
    """Where a year's target stands at the end of a day.

    Parameters
    ----------
    targets, reached : one amount for each of the year's twelve months; targets not below 0 and not all 0, their spread is the season.
    first : the year's first day. until : the last day that `reached` covers.

    Returns
    -------
    standing: reached (nothing left), missed (the year is over), not_begun (nothing was due), else behind below 95% of what was due,
    ahead above 105%, on_the_way between, both lines included.

    Raises
    ------
    CustomerYearError `customer_year.twelve`, `customer_year.negative`, `customer_year.no_target`.
    """
    if len(targets) != MONTHS or len(reached) != MONTHS:
        raise CustomerYearError("customer_year.twelve", targets=len(targets), reached=len(reached))
    if low := [one for one in targets if one < 0]:
        raise CustomerYearError("customer_year.negative", amount=min(low))
    target = sum(targets, Decimal(0))
    if target == 0:
        raise CustomerYearError("customer_year.no_target")
    passed = [_share_passed(month, until) for month in year_months(first.year, first.month)]
    due = sum((part * one for part, one in zip(passed, targets, strict=True)), Decimal(0))
    have = sum(reached, Decimal(0))
    left = max(target - have, Decimal(0))
    months_left = MONTHS - sum(passed, Decimal(0))
    return TargetState(
        target,
        due,
        have,
        left,
        left / months_left if months_left else None,
        have * target / due if due else None,
        _standing(left, due, have, months_left),
    )


def _share_passed(month: dt.date, until: dt.date) -> Decimal:
    days = calendar.monthrange(month.year, month.month)[1]
    return Decimal(min(max((until - month).days + 1, 0), days)) / days


def _standing(left: Decimal, due: Decimal, have: Decimal, months_left: Decimal) -> str:
    if not left:
        return "reached"
    if not months_left:
        return "missed"
    if not due:
        return "not_begun"
    if have < due * (1 - ON_THE_WAY):
        return "behind"
    return "ahead" if have > due * (1 + ON_THE_WAY) else "on_the_way"


def monthly_sales(
    lines: Any, account_ids: list[str], months: Sequence[dt.date], *, category: str = ""
) -> list[Decimal]:
    """Our sales to an account, or to the members of a group together, in each of some calendar months in a row.

    Parameters
    ----------
    lines : Ibis table, one row per invoice line (`tables.INVOICE_LINES`). months : their first days.
    category : of this business line only; empty: of all.

    Returns
    -------
    one amount a month [company currency, returns negative].
    """
    end = months[-1].replace(day=calendar.monthrange(months[-1].year, months[-1].month)[1])
    own = buying_lines(lines, account_ids, months[0], end)
    if category:
        own = own.filter(own.category == category)
    own = own.mutate(month=own.date.truncate("M").cast("date"))
    sums = own.group_by("month").agg(sales=own.net_amount.sum().cast(TOTAL)).to_pyarrow().to_pylist()
    told = {row["month"]: row["sales"] for row in sums}
    return [told.get(month) or Decimal(0) for month in months]


def buying_days(steps: Iterable[int | None]) -> tuple[int, int]:
    """Working days that a purchase takes from its first step to the last, and for how many steps nobody knows."""
    days = list(steps)
    return sum(one or 0 for one in days), sum(one is None for one in days)
