"""Rivals at the accounts of the demo company's first manager, all invented."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import F

from keyaccount_web.access.models import User
from keyaccount_web.know.models import Account
from keyaccount_web.know.rivals import services

_RIVALS = ("海川工业", "瑞恒机电", "东亚精工")
_TACTICS = (
    "每周送货两次，满五千元免运费",
    "给采购部办年度技术交流",
    "新品先试用，三个月后付款",
    "在二线城市降价百分之五抢份额",
)


def fill(manager: User, accounts: list[Account], today: dt.date, year: int) -> None:
    """Facts, purchases of a year that partly disagree, two failures to deliver. Lines are those that each account buys."""
    for place, account in enumerate(accounts[:6]):
        lines = services.business_lines(services.wallet_of(manager, account)) or [""]
        for number in range(1 + place % 3):
            told: dict[str, Any] = {
                "business_line": lines[number % len(lines)],
                "yearly_sales": Decimal(80_000 * (number + 1) + 25_000 * place),
                "tactics": _TACTICS[(place + number) % len(_TACTICS)],
                "channel": "直销" if number else "经销商",
                "rating_them": 3 + (place + number) % 2,
                "rating_us": 4 if place % 2 else 3,
            }
            if number == 0:
                told |= {
                    "product": f"{told['business_line']}标准型",
                    "price": Decimal(96 + 3 * place),
                    "price_unit": "件",
                }
            services.keep_fact(
                by=manager, account=account, rival=_RIVALS[(place + number) % 3],
                source=_source("customer", "采购部拜访时说的", today - dt.timedelta(days=20 * place + number)), **told,
            )  # fmt: skip
        sales = account.figures.sales
        for at, share in enumerate((Decimal("0.42"), Decimal("0.36"))[: 1 + (place == 0)]):
            services.keep_purchases(
                by=manager, account=account, year=year, amount=(sales / share).quantize(Decimal(1000)) or Decimal(1000),
                source=_source("published" if at else "customer", "年度报告" if at else "财务部估计", today - dt.timedelta(days=40)),
            )  # fmt: skip
    services.keep_failure(
        by=manager, account=accounts[0], rival=_RIVALS[0], what="进口轴承到港延误，三周没货",
        began_on=today - dt.timedelta(days=12), ended_on=None, source=_source("customer", "仓库主管", today - dt.timedelta(days=10)),
    )  # fmt: skip
    services.keep_failure(
        by=manager, account=accounts[1], rival=_RIVALS[1], what="旺季缺密封件",
        began_on=today - dt.timedelta(days=150), ended_on=today - dt.timedelta(days=131), source=_source("seen", "现场看到货架空着", today - dt.timedelta(days=140)),
    )  # fmt: skip


def _source(kind: str, source: str, dated: dt.date) -> dict[str, Any]:
    return {
        "source_kind": kind,
        "source": source,
        "dated": dated,
        "permission": "public" if kind == "published" else "internal",
    }


def largest(owner: User, most: int = 12) -> list[Account]:
    """The largest accounts of somebody."""
    rows = Account.objects.filter(owner=owner).select_related("figures__run")
    return list(rows.order_by(F("figures__sales").desc(nulls_last=True), "code")[:most])
