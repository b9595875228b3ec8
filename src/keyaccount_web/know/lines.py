"""Which invoice lines are behind a figure of an account, for one reader? (K1)"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ibis
from django.db.models import Q, Sum

from keyaccount.know.buying import buying_lines
from keyaccount.ledger.rollup import measured
from keyaccount.ledger.store.tables import StoreError
from keyaccount.money import TOTAL
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.know.members import with_members
from keyaccount_web.know.models import Account, CostToServe
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import current_run
from keyaccount_web.tables.ledger import VisibleLedger, ledger_for

PRODUCT_NAMES = ("product_name", "product_id", "category")


@dataclass(frozen=True)
class FoundLines:
    """Some of the lines, newest first, and what all of them sum up to."""

    columns: list[str]
    rows: list[dict[str, Any]]
    total: dict[str, Any]
    """n; amount; where asked for gross, service and profit, too. Money [company currency]."""


def found_lines(
    user: User,
    account: Account,
    *,
    first: dt.date | None = None,
    last: dt.date | None = None,
    code: str | None = None,
    product: str | None = None,
    order: str | None = None,
    segments: Mapping[str, str] | None = None,
    run: Run | None = None,
    with_profit: bool = False,
    offset: int = 0,
    limit: int = 100,
) -> FoundLines:
    """The lines of `account` and of those below it, as far as `user` may see them.

    `code`: of one of these only; `order`: of one order, or ("") of none; `segments`: field → segment, or ("") without one;
    `run`: whose snapshot is read, the current one's where None.
    """
    ledger = current_ledger(user, run or current_run())
    if ledger is None:
        return FoundLines([], [], {"n": 0, "amount": None})
    members = with_members(account, visible_accounts(user))
    first, last = first or dt.date.min, last or dt.date.max
    codes = [member.code for member in members if code is None or member.code == code]
    found = buying_lines(ledger.of(codes), codes, first, last)
    product_column = next((name for name in PRODUCT_NAMES if name in found.columns), None)
    if product and product_column:
        found = found.filter(found[product_column] == product)
    if order is not None and "order_id" in found.columns:
        found = found.filter(found.order_id == order if order else found.order_id.isnull())
    for name, segment in (segments or {}).items():
        if name in found.columns:
            found = found.filter(found[name] == segment if segment else found[name].isnull())
    nothing = ibis.literal(Decimal(0), type=TOTAL)
    sums = found.agg(n=found.count(), amount=found.net_amount.sum().fill_null(nothing))
    total = sums.to_pyarrow().to_pylist()[0]
    if with_profit and "cost" in found.columns:
        total |= _profit(found, members, first, last)
    columns = [name for name in _shown(found.columns) if name in found.columns]
    ordered = found.order_by([found.date.desc(), found.file, found.row])
    rows = ordered.select(*columns).limit(limit, offset=offset).to_pyarrow().to_pylist()
    return FoundLines(columns, rows, total)


def current_ledger(user: User, run: Run | None) -> VisibleLedger | None:
    """The lines that the current figures were made of, so that they add up; the latest where that snapshot is gone."""
    try:
        return ledger_for(user, snapshot=run.snapshot if run else None)
    except StoreError as error:
        if error.code != "snapshot.gone":
            raise
        return ledger_for(user)


def _shown(there: Sequence[str]) -> tuple[str, ...]:
    whose = ("ledger_account_id", "account_name") if "ledger_account_id" in there else ("account_id",)
    return (
        *("date", *whose, "order_id", "product_name", "quantity", "unit", "unit_price"),
        *("net_amount", "cost", "file", "row"),
    )


def _profit(found: Any, members: list[Account], first: dt.date, last: dt.date) -> dict[str, Any]:
    """What the lines leave, by itself and after the cost to serve, as `find` reckons it."""
    gross = measured(found).gross_profit.sum().to_pyarrow().as_py() or Decimal(0)
    costs = CostToServe.objects.filter(account__in=members)
    of_year = costs.filter(Q(date=None) | Q(date__gte=first, date__lte=last))
    service = of_year.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    return {"gross": gross, "service": service, "profit": gross - service}
