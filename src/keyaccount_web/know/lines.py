"""Which invoice lines are behind a figure of an account, for one reader? (K1)"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
from django.db.models import Q, Sum

from keyaccount.know.buying import PRODUCT_COLUMNS
from keyaccount.ledger.merged import OWN_CODE
from keyaccount.ledger.rollup import measured
from keyaccount.ledger.store.few import FewLines, few_lines, page_of_lines
from keyaccount.ledger.store.tables import StoreError
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.know.members import with_members
from keyaccount_web.know.models import Account, CostToServe
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import current_run
from keyaccount_web.tables.ledger import VisibleLedger, ledger_for, whole_ledger

MEASURED = ("account_id", "date", "net_amount", "cost", "freight")


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
    product_id: str | None = None,
    category: str | None = None,
    order: str | None = None,
    segments: Mapping[str, str] | None = None,
    run: Run | None = None,
    with_profit: bool = False,
    offset: int = 0,
    limit: int = 100,
) -> FoundLines:
    """The lines of `account` and of those below it, as far as `user` may see them.

    `code`: of one of these only; `category`: of one business line; `order`: of one order, or ("") of none; `segments`: field → segment, or ("") without one;
    `run`: whose snapshot is read, the current one's where None.
    """
    ledger = current_ledger(user, run or current_run())
    if ledger is None:
        return FoundLines([], [], {"n": 0, "amount": None})
    members = with_members(account, visible_accounts(user))
    first, last = first or dt.date.min, last or dt.date.max
    codes = [member.code for member in members if code is None or member.code == code]
    equal: dict[str, str | None] = {name: value or None for name, value in (segments or {}).items()}
    if order is not None:
        equal["order_id"] = order or None
    called = next((name for name in PRODUCT_COLUMNS if name in ledger.fields), None)
    if product and called:
        equal[called] = product
    if product_id and "product_id" in ledger.fields:
        equal["product_id"] = product_id
    if category and "category" in ledger.fields:
        equal["category"] = category
    wanted = FewLines(dict(ledger.of_whom(codes)), first, last, equal)
    columns = [
        name
        for name in _shown(is_merged=wanted.is_merged)
        if name in {*ledger.fields, "file", "row", OWN_CODE}
    ]
    page = page_of_lines(ledger.store, wanted, ["account_id", *columns], limit=limit, offset=offset)
    total: dict[str, Any] = {"n": page.count, "amount": page.net_amount}
    if with_profit and "cost" in ledger.fields:
        total |= _profit(few_lines(ledger.store, wanted, MEASURED), members, first, last)
    return FoundLines(columns, page.lines.select(columns).to_pylist(), total)


def current_ledger(user: User | None, run: Run | None) -> VisibleLedger | None:
    """The lines that the current figures were made of, so that they add up; the latest where that snapshot is gone.

    `user`: who is to see them; None: all, for calculations whose results are cut before they are shown.
    """
    if user is None:
        return whole_ledger(snapshot=run.snapshot if run else None)
    try:
        return ledger_for(user, snapshot=run.snapshot if run else None)
    except StoreError as error:
        if error.code != "snapshot.gone":
            raise
        return ledger_for(user)


def _shown(*, is_merged: bool) -> tuple[str, ...]:
    whose = (OWN_CODE, "account_name") if is_merged else ("account_id",)
    return (
        *("date", *whose, "order_id", "product_name", "quantity", "unit", "unit_price"),
        *("net_amount", "cost", "file", "row"),
    )


def _profit(found: pa.Table, members: list[Account], first: dt.date, last: dt.date) -> dict[str, Any]:
    """What the lines leave, by itself and after the cost to serve, as `find` reckons it."""
    gross = measured(ibis.memtable(found)).gross_profit.sum().to_pyarrow().as_py() or Decimal(0)
    costs = CostToServe.objects.filter(account__in=members)
    of_year = costs.filter(Q(date=None) | Q(date__gte=first, date__lte=last))
    service = of_year.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    return {"gross": gross, "service": service, "profit": gross - service}
