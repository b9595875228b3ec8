"""Profiles of accounts of the demo company's first manager, all invented."""

import datetime as dt
from decimal import Decimal
from typing import Any

from keyaccount_web.access.models import User
from keyaccount_web.know.models import Account
from keyaccount_web.know.profile.services import PARTS, keep

_PRODUCTS = (("小家电", "万台"), ("五金件", "吨"), ("门店零售", "万元"))


def fill(manager: User, accounts: list[Account], today: dt.date) -> None:
    """All four parts of three accounts, one of them long ago; the credit of three more."""

    def source(kind: str, text: str, days: int) -> dict[str, Any]:
        return {"source_kind": kind, "source": text, "dated": today - dt.timedelta(days=days), "permission": "internal"}  # fmt: skip

    for place, account in enumerate(accounts[:6]):
        told: dict[str, Any] = {"by": manager, "account": account}
        sales = account.figures.sales.quantize(Decimal(1000))
        keep(
            PARTS["credit"], **told, source=source("seen", "我方财务部应收台账", 20), limit=sales / 10, days=30 + 15 * (place % 3),
            billing=("own", "group", "branches")[place % 3], terms="月结，汇款", receivables=sales / 14, overdue=sales / 200 if place == 1 else None,
        )  # fmt: skip
        if place > 2:
            continue
        products, unit = _PRODUCTS[place]
        days = 420 if place == 2 else 120
        keep(PARTS["size"], **told, source=source("published", "企业年报", days), founded_year=1996 + 4 * place, staff=380 - 90 * place, sites=3 + place, capital=Decimal(20_000_000))  # fmt: skip
        keep(PARTS["production"], **told, source=source("customer", "生产部郑工", days), products=products, output=Decimal(120 + 40 * place), capacity=Decimal(160 + 40 * place), unit=unit)  # fmt: skip
        keep(PARTS["finances"], **told, source=source("published", "企业年报", days), year=today.year - 1, revenue=sales * 12, profit=sales * Decimal("0.6"), assets=sales * 9, debts=sales * 4)  # fmt: skip
