"""Which presets can a company change when it finds its key accounts? (F1–F4, F9)"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from keyaccount.errors import SettingError

Basis = Literal["sales", "profit"]


@dataclass(frozen=True)
class FindSettings:
    """The settings of a run, each with its preset; checked when made.

    Raises SettingError `setting.range`, `setting.choice`.
    """

    until: dt.date | None = None
    """Last day of the year looked at; None: the last day in the ledger."""
    basis: Basis = "sales"
    """What accounts are ranked by."""
    share: Decimal = Decimal("0.8")
    """Part of the total that the accounts in the set make together, in (0, 1]."""
    top_share: Decimal = Decimal("0.2")
    """Part of the accounts whose share of the total tells how concentrated the business is, in (0, 1]."""
    cost_coverage: Decimal = Decimal("0.95")
    """Part of an account's absolute net amount that lines with known cost must hold for its profit to be judged."""
    one_time_days: int = 2
    """Most order days of a one-time group buy."""
    big_ticket_days: int = 3
    """Most order days of a big ticket."""
    big_ticket_share: Decimal = Decimal("0.5")
    """Least share of the largest order in a big ticket's sales."""
    returning_share: Decimal = Decimal("0.5")
    """Sales of the year before, as part of this year's, that show that a big ticket comes back."""
    history_days: int = 31
    """The ledger reaches back to a year if its first line is at most so many days after the year begins."""
    department_from: int = 20
    """Key accounts from which on a department pays (F9)."""
    accounts_per_manager: int = 10
    """Key accounts that one manager looks after, until staffing is worked out from workload (C5)."""

    def __post_init__(self) -> None:
        if self.basis not in ("sales", "profit"):
            raise SettingError(
                "setting.choice", name="find.basis", allowed=["sales", "profit"], value=self.basis
            )
        for name in ("share", "top_share", "cost_coverage", "big_ticket_share", "returning_share"):
            value = getattr(self, name)
            if not isinstance(value, Decimal):
                object.__setattr__(self, name, value := Decimal(str(value)))
            if not value.is_finite() or not 0 < value <= 1:
                raise SettingError("setting.range", name=f"find.{name}", allowed="(0, 1]", value=value)
        for name in ("one_time_days", "big_ticket_days", "history_days"):
            if getattr(self, name) < 0:
                raise SettingError(
                    "setting.range", name=f"find.{name}", allowed="≥ 0", value=getattr(self, name)
                )
        for name in ("department_from", "accounts_per_manager"):
            if getattr(self, name) < 1:
                raise SettingError(
                    "setting.range", name=f"find.{name}", allowed="≥ 1", value=getattr(self, name)
                )
