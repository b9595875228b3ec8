"""Needs and expectations of the demo company's first manager, some of them waiting too long."""

import datetime as dt
from decimal import Decimal

from keyaccount_web.access.models import User
from keyaccount_web.know.models import Account
from keyaccount_web.know.needs import services

_NEEDS = (
    ("交货再快两天，旺季等不起", "delivery", "implicit", 20, "上次等了九天，产线停了半天"),
    ("想让售后工程师来讲一次阀门选型", "training", "explicit", 6, "新来的采购分不清型号"),
    ("账期从三十天延到六十天", "price", "explicit", 26, "年底资金紧，别家都给六十天"),
    ("希望有人帮着看看华东同行都用什么", "research", "implicit", 3, "老板问了两次"),
    ("抱怨过密封件漏油，没有正式投诉", "quality", "implicit", 33, "先用着吧"),
    ("夜班也要能下单", "service", "explicit", 12, "夜里缺件只能等天亮"),
    ("三号线改造要整套方案", "product", "explicit", 40, "明年三月前要定"),
    ("备件想分三批到，仓库放不下", "delivery", "explicit", 9, "一次到一车没地方"),
)


def fill(manager: User, accounts: list[Account], today: dt.date) -> None:
    """For accounts with two contacts each."""
    for place, (text, topic, standing, days, words) in enumerate(_NEEDS):
        account = accounts[place % 5]
        people = list(account.contacts.all())
        day = today - dt.timedelta(days=days)
        source = {"source_kind": "customer", "source": "", "dated": day, "permission": "internal"}
        need = services.add_need(
            by=manager, account=account, text=text, topic=topic, standing=standing, source=source,
            contact=people[0], words=words, owner=manager,
        )  # fmt: skip
        if place in (1, 5, 6):
            services.say_again(need, by=manager, contact=people[1], said_on=day, words="我们车间也这么想")
        if place == 5:
            need = services.move(need, by=manager, to="proposed", text="开通夜间热线，四小时内确认交期")
        if place == 6:
            need = services.move(need, by=manager, to="proposed", text="整线更换方案，分两期，附投入产出测算")
            services.move(need, by=manager, to="answered", text="同意先做一期", is_taken=True)
    for account, goods, days, lots, price in (
        (accounts[0], "", 5, 1, None),
        (accounts[0], "密封件", 2, 3, "86.50"),
        (accounts[1], "", 7, 2, None),
        (accounts[3], "轴承", 3, 1, "215"),
    ):
        source = {"source_kind": "customer", "source": "采购部例会", "dated": today - dt.timedelta(days=30), "permission": "internal"}  # fmt: skip
        services.keep_expectation(
            by=manager, account=account, source=source, goods=goods, lead_days=days, lots=lots, cycle_days=14,
            lot_size=Decimal(200) if goods else None, lot_unit="件" if goods else "",
            price=Decimal(price) if price else None, wants_training=account == accounts[0],
        )  # fmt: skip
    services.remind(today)
