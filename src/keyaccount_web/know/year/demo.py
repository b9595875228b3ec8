"""The year of accounts of the demo company's first manager, all invented."""

import datetime as dt
from decimal import Decimal
from typing import Any

from keyaccount.know.customer_year import year_months
from keyaccount_web.access.models import User
from keyaccount_web.know.models import Account
from keyaccount_web.know.year import services
from keyaccount_web.know.year.views import usual_year

_PRIORITIES = (
    "二期厂房六月投产\n备件库存降两成\n进口件改国产",
    "门店从十二家开到十八家\n线上订单占三成",
    "设备故障停机减半\n采购集中到集团",
)
_STEPS = (
    ("车间提申请", "设备部", 2, "型号和数量"),
    ("询价比价，三家以上", "采购部", 5, "报价单，含运费"),
    ("技术确认", "技术部", 3, "样机和检测报告"),
    ("审批付款", "财务部", 4, "合同和开票资料"),
)


def fill(manager: User, accounts: list[Account], today: dt.date) -> None:
    """Targets of ours for six accounts, their own for two, a supplier's for one; steps and assessments of the first three."""
    year = usual_year()

    def source(days: int) -> dict[str, Any]:
        return {"source_kind": "customer", "source": "年度沟通会", "dated": today - dt.timedelta(days=days), "permission": "internal"}  # fmt: skip

    for place, account in enumerate(accounts[:6]):
        sales = account.figures.sales
        amount = (sales * (Decimal("0.92") + Decimal("0.06") * place)).quantize(Decimal(1000))
        months = services.spread(manager, account, amount, year_months(year, 1))
        services.keep_target(
            by=manager, account=account, source=source(300), year=year, set_by="us", months=months
        )
        if place < 2:
            own = [one * 3 for one in months]
            services.keep_target(
                by=manager, account=account, source=source(290), year=year, set_by="own", months=own, our_part=Decimal("0.31")
            )  # fmt: skip
        if place < 3:
            services.keep_year(
                by=manager, account=account, source=source(310), year=year, begins_in=1,
                priorities=_PRIORITIES[place], plan="上半年备货，下半年看订单再定。",
            )  # fmt: skip
            people = list(account.contacts.all())
            for number, (what, department, days, asks) in enumerate(_STEPS):
                services.keep_step(
                    by=manager, account=account, source=source(200), place=None, what=what, department=department,
                    approver=people[number % len(people)] if people else None,
                    up_to=Decimal(50_000) if number == 1 else None,
                    working_days=None if place == 2 and number == 2 else days, asks_of_us=asks,
                )  # fmt: skip
            services.keep_assessment(
                by=manager, account=account, source=source(200), department="采购部", measured_by="全年降本百分之五，断料不超过两次",
                our_weight=20 + 10 * place, gap="九月断过一次料；按周备货可以避免。" if place == 0 else "",
            )  # fmt: skip
    services.keep_target(
        by=manager, account=accounts[0], source=source(100), year=year, set_by="supplier", supplier="海川工业",
        months=[Decimal(60_000)] * 12, reached_told=Decimal(540_000),
    )  # fmt: skip
