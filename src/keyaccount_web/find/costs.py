"""What does serving each account cost: entered, edited, brought in by a file? (F4)"""

import csv
import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from simple_history.utils import bulk_create_with_history

from keyaccount.errors import KeyAccountError
from keyaccount.files import safe_cell
from keyaccount.language import message
from keyaccount.ledger.check import Problem, RefusedRow
from keyaccount.ledger.raw import REFUSED_MARK
from keyaccount.ledger.read import SmallTable, read_cost_to_serve
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import of_visible, visible_accounts
from keyaccount_web.know.models import Account, CostToServe

FIELDS = ("account", "amount", "date", "remark")
BATCH = 1000
MOST_ROWS = 20_000
"""Of one file: they are written in one step, while others wait."""


class CostError(KeyAccountError):
    """A cost to serve cannot be kept as asked."""


class CostConflictError(CostError):
    """Somebody else has changed it meanwhile."""


def visible_costs(user: User) -> Any:
    """The costs of the accounts that somebody may see."""
    return of_visible(CostToServe.objects.all(), user)


def version_of(cost: CostToServe) -> int:
    """Another one after every change; 0 for one from before histories were kept."""
    last: int | None = cost.history.values_list("history_id", flat=True).first()
    return last or 0


def enter_cost(
    *, user: User, account: str, amount: Decimal, date: dt.date | None = None, remark: str = ""
) -> CostToServe:
    """Keep a cost of the account with this code. Raises CostError `cost.no_account`."""
    with transaction.atomic():
        cost = CostToServe(account=_account(user, account), amount=amount, date=date, remark=remark)
        cost.save()
    return cost


def edit_cost(
    pk: int,
    *,
    user: User,
    version: int,
    account: str,
    amount: Decimal,
    date: dt.date | None = None,
    remark: str = "",
) -> CostToServe:
    """Change a cost that was read as `version`. Raises CostConflictError `cost.conflict`; CostError `cost.no_account`."""
    with transaction.atomic():
        cost: CostToServe = visible_costs(user).select_for_update(of=("self",)).get(pk=pk)
        _check(cost, version)
        cost.account, cost.amount, cost.date, cost.remark = _account(user, account), amount, date, remark
        cost.save()
    return cost


def remove_cost(pk: int, *, user: User, version: int) -> None:
    """Take a cost away; its history stays. Raises CostConflictError `cost.conflict`."""
    with transaction.atomic():
        cost = visible_costs(user).select_for_update(of=("self",)).get(pk=pk)
        _check(cost, version)
        cost.delete()


def _check(cost: CostToServe, version: int) -> None:
    if version_of(cost) != version:
        raise CostConflictError(
            "cost.conflict",
            account=cost.account.name,
            amount=cost.amount,
            date=cost.date or "—",
            remark=cost.remark or "—",
        )


def _account(user: User, code: str) -> Account:
    """What a person means: the code, or the name where only one bears it."""
    seen = visible_accounts(user)
    found = seen.filter(code=code.strip()).first()
    if found is None:
        named = list(seen.filter(name=code.strip())[:2])
        found = named[0] if len(named) == 1 else None
    if found is None:
        raise CostError("cost.no_account", account=code)
    return found


@dataclass(frozen=True)
class CostImport:
    """What came of a file: the three make all its rows."""

    new: int
    unchanged: int
    """There already, with account, amount and date."""
    refused: tuple[RefusedRow, ...]
    amount: Decimal
    """Of the new ones."""

    @property
    def rows(self) -> int:
        return self.new + self.unchanged + len(self.refused)


def import_costs(path: Path, *, user: User, name: str) -> tuple[CostImport, SmallTable]:
    """Take the good rows of a file (account_id, amount, date), all in one step; a row that is there already is not doubled.

    Raises FileError, MappingError and others where the file holds no such table.
    """
    read = read_cost_to_serve(path)
    # Each visible account, and what was merged into it, by the code of the file.
    seen = visible_accounts(user)
    ids = dict(seen.values_list("code", "pk"))
    merged = Account.with_merged.filter(merged_into__in=seen).values_list("code", "merged_into")
    ids |= {code: into for code, into in merged if into is not None}
    refused = [replace(row, place=name) for row in read.refused]
    if len(read.rows) > MOST_ROWS:
        raise CostError("cost.file_too_long", rows=len(read.rows), most=MOST_ROWS)
    new: list[CostToServe] = []
    unchanged = 0
    with transaction.atomic():
        costs = visible_costs(user).order_by()
        there = Counter(costs.values_list("account_id", "amount", "date"))
        for row, number in zip(read.rows.to_pylist(), read.numbers, strict=True):
            account = ids.get(row["account_id"])
            if account is None:
                refused.append(_unknown(row, number, name, read))
                continue
            key = (account, row["amount"], row["date"])
            if there[key]:
                there[key] -= 1
                unchanged += 1
                continue
            new.append(
                CostToServe(account_id=account, amount=row["amount"], date=row["date"], remark=name[:200])
            )
        bulk_create_with_history(new, CostToServe, batch_size=BATCH, default_user=user)
    amount = sum((one.amount for one in new), Decimal(0))
    refused.sort(key=lambda row: row.row)
    return CostImport(len(new), unchanged, tuple(refused), amount), read


def _unknown(row: Mapping[str, Any], number: int, name: str, read: SmallTable) -> RefusedRow:
    column = read.sources[0].mapping.columns["account_id"]
    told = Problem(
        "account_id",
        row["account_id"],
        "cost.unknown_account",
        {"column": column, "value": row["account_id"]},
    )
    cells = tuple(None if value is None else str(value) for value in row.values())
    return RefusedRow(name, number, (told,), cells, row["amount"])


def refused_path(user: User) -> Path:
    """Where the refused rows of somebody's last file lie."""
    return Path(settings.HOME) / "cost-imports" / f"{user.pk}.csv"


def keep_refused(user: User, told: CostImport, read: SmallTable, lang: str) -> None:
    """Write the refused rows, number and reason in front, so that they can be mended and brought again."""
    path = refused_path(user)
    path.unlink(missing_ok=True)
    if not told.refused:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = ("account_id", "amount", "date")
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        notes = [REFUSED_MARK + message(f"column.{one}", lang) for one in ("row", "reason")]
        writer.writerow([*notes, *(message(f"cost.column.{one}", lang) for one in fields)])
        for row in told.refused:
            writer.writerow([row.row, row.reason(lang), *map(safe_cell, _cells(row, read, fields))])


def _cells(row: RefusedRow, read: SmallTable, fields: tuple[str, ...]) -> list[str | None]:
    if any(problem.code == "cost.unknown_account" for problem in row.problems):
        return list(row.cells)
    table = read.sources[0].tables[0]
    columns = read.sources[0].mapping.columns
    there = dict(zip(table.columns, row.cells, strict=False))
    return [there.get(columns[one]) if one in columns else None for one in fields]
