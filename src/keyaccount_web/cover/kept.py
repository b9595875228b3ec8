"""How far were the standards kept, by manager, branch, tier and month? Each figure with the accounts behind it (C3)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.utils import timezone

from keyaccount.cover.standards import PERIODS, StandardSettings, compliances
from keyaccount.language import message
from keyaccount.periods import months_ending
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.cover.due import counted_touches, current_stretch
from keyaccount_web.cover.presets import standard_settings
from keyaccount_web.cover.tiered import tiered_accounts
from keyaccount_web.know.models import Account
from keyaccount_web.shell.templatetags.pages import lang

GROUPS = ("manager", "branch", "tier", "account")
MONTHS = 12
GOOD, FAIR = 0.9, 0.7
"""From which share of what is asked a cell is told as kept, as half kept."""


@dataclass
class Cell:
    """Planned against done of one group at the end of one month."""

    until: dt.date | None = None
    kept: float = 0
    asked: float = 0
    done: int = 0

    @property
    def share(self) -> float | None:
        return self.kept / self.asked if self.asked else None

    @property
    def mark(self) -> str:
        share = self.share or 0
        return "kept-2" if share >= GOOD else "kept-1" if share >= FAIR else "kept-0"


@dataclass
class Line:
    """One group with its months, the newest first."""

    key: str
    name: str
    cells: list[Cell]
    total: Cell = field(default_factory=Cell)


@dataclass(frozen=True)
class Behind:
    """One account behind a cell."""

    account: Account
    tier: str
    touch: str
    begin: dt.date
    until: dt.date
    asked: float
    done: int
    compliance: float


def month_ends(today: dt.date, count: int = MONTHS) -> list[dt.date]:
    """Today for the month under way, then the ends of the full months before; the newest first, as a telephone shows them."""
    ends = [today]
    while len(ends) < count:
        ends.append(ends[-1].replace(day=1) - dt.timedelta(days=1))
    return ends


def kept_by(
    user: User, group: str, *, settings: StandardSettings, touch: str = ""
) -> tuple[list[Line], list[dt.date]]:
    """Lines by group, the least kept of the newest month first; and the month ends. Accounts that `user` may see only."""
    ends = month_ends(timezone.localdate())
    accounts = _accounts(user)
    lines: dict[str, Line] = {}
    for at, told in enumerate(_compliances(accounts, ends, settings)):
        for row in told:
            if not row["is_judged"] or (touch and row["touch"] != touch):
                continue
            key, name = _group(accounts[row["account_id"]], row, group)
            line = lines.setdefault(key, Line(key, name, [Cell(end) for end in ends]))
            for cell in (line.cells[at], line.total):
                cell.kept += row["kept"]
                cell.asked += row["asked"]
                cell.done += row["done"]
    found = list(lines.values())
    found.sort(key=lambda one: (one.cells[0].share if one.cells[0].asked else 2, one.name))
    return found, ends


def behind(user: User, group: str, key: str, until: dt.date, *, touch: str = "") -> list[Behind]:
    """The accounts behind a cell, the least kept first."""
    accounts = _accounts(user)
    settings = standard_settings(current_stretch().factor or Fraction(1))
    found = [
        Behind(
            account,
            row["tier"],
            row["touch"],
            row["begin"],
            until,
            row["asked"],
            row["done"],
            row["compliance"],
        )
        for row in next(iter(_compliances(accounts, [until], settings)))
        if row["is_judged"]
        and (not touch or row["touch"] == touch)
        and _group(account := accounts[row["account_id"]], row, group)[0] == key
    ]
    found.sort(key=lambda one: (one.compliance, one.account.name, one.touch))
    return found


def _accounts(user: User) -> dict[str, Account]:
    """By pk as text, as the calculation names them."""
    seen = visible_accounts(user).filter(due_touches__isnull=False).distinct()
    return {str(one.pk): one for one in seen.select_related("owner", "unit").order_by("pk")}


def _compliances(
    accounts: Mapping[str, Account], ends: list[dt.date], settings: StandardSettings
) -> Iterable[list[dict[str, Any]]]:
    ids = [one.pk for one in accounts.values()]
    tiered = tiered_accounts(ids)
    first = months_ending(ends[-1], months=max(PERIODS.values())).begin
    touches = counted_touches(first, ends[0], ids)
    for told in compliances(tiered, touches, untils=ends, settings=settings):
        yield told.to_pylist()


def _group(account: Account, row: Mapping[str, Any], group: str) -> tuple[str, str]:
    nobody = message("standards.nobody", lang())
    if group == "manager":
        return str(account.owner_id or ""), account.owner.name if account.owner else nobody
    if group == "branch":
        return str(account.unit_id or ""), account.unit.name if account.unit else nobody
    if group == "tier":
        return row["tier"], message(f"tier.{row['tier']}", lang())
    return str(account.pk), account.name


def whole(lines: Iterable[Line], months: int) -> Line:
    """All lines together."""
    sums: defaultdict[int, Cell] = defaultdict(Cell)
    total = Cell()
    for line in lines:
        for at, cell in [*enumerate(line.cells), (-1, line.total)]:
            one = total if at < 0 else sums[at]
            one.kept += cell.kept
            one.asked += cell.asked
            one.done += cell.done
    return Line("", message("standards.whole", lang()), [sums[at] for at in range(months)], total)
