"""Birthdays, founding days, promotions, support and gifts at accounts of the demo company's first manager."""

import datetime as dt
from decimal import Decimal
from typing import Any

from keyaccount_web.access.models import User
from keyaccount_web.approvals.models import Approval
from keyaccount_web.approvals.services import decide
from keyaccount_web.know.events import feed, gifts, services
from keyaccount_web.know.models import Account


def fill(manager: User, head: User, accounts: list[Account], today: dt.date) -> None:
    """Some days lie close ahead, so that the reminders can be seen."""

    def keep(account: Account, **told: Any) -> Any:
        source = {"source_kind": "customer", "source": "拜访时说的", "dated": today - dt.timedelta(days=60), "permission": "internal"}  # fmt: skip
        return services.keep_occasion(by=manager, account=account, source=source, owner=manager, **told)

    for place, account in enumerate(accounts[:8]):
        contact = account.contacts.all()[0]
        calendar, month, day = ("lunar", 1 + place * 5 % 12, 3 + place * 7 % 27) if place % 2 else ("solar", 1 + place * 4 % 12, 29)  # fmt: skip
        keep(
            account,
            kind="birthday",
            contact=contact,
            calendar=calendar,
            month=month,
            day=min(day, 28 + place % 2),
        )
    soon = today + dt.timedelta(days=9)
    keep(accounts[0], kind="founding", title="公司二十周年", calendar="solar", month=soon.month, day=soon.day)
    sale = keep(
        accounts[1], kind="promotion", title="年末工业品展销", calendar="once",
        begins_on=today + dt.timedelta(days=30), ends_on=today + dt.timedelta(days=37),
    )  # fmt: skip
    keep(
        accounts[2],
        kind="opening",
        title="二号仓库启用",
        calendar="once",
        begins_on=today + dt.timedelta(days=70),
    )
    keep(
        accounts[3],
        kind="honour",
        title="评上省级专精特新",
        calendar="once",
        begins_on=today - dt.timedelta(days=20),
    )
    services.ask_support(
        by=manager, occasion=sale, what="样机两台，现场讲解一天", amount=Decimal(6800), of=head, reason="展销覆盖我们三条产品线"
    )  # fmt: skip
    past = keep(
        accounts[4], kind="promotion", title="夏季检修月", calendar="once",
        begins_on=today - dt.timedelta(days=120), ends_on=today - dt.timedelta(days=90),
    )  # fmt: skip
    given = services.ask_support(
        by=manager,
        occasion=past,
        what="密封件特价二百套",
        amount=Decimal(4200),
        of=head,
        reason="带动整机更换",
    )
    approval = Approval.objects.get(kind=services.SUPPORT_KIND_NAME, subject_id=given.pk)
    decide(approval, by=head, granted=True, answer="可以", digest=approval.digest)
    given = services.give_support(given, on=today - dt.timedelta(days=115))
    services.close_support(given, by=manager, result="检修月多卖三十二万，四台整机更换")
    for account, what, kind, value, days in (
        (accounts[0], "中秋茶叶一盒", "gift", 88, 60),
        (accounts[1], "工作午餐", "hospitality", 60, 25),
        (accounts[2], "技术书籍两本", "gift", 96, 10),
    ):
        contact = account.contacts.all()[0]
        gift = gifts.register_gift(
            by=manager, account=account, contact=contact, recipient="", is_official=False, kind=kind, what=what,
            value=Decimal(value), on=today - dt.timedelta(days=days),
        )  # fmt: skip
        gifts.give(gift)
    gifts.register_gift(
        by=manager, account=accounts[0], contact=accounts[0].contacts.all()[0], recipient="", is_official=False,
        kind="hospitality", what="周年晚宴招待", value=Decimal(280), on=today + dt.timedelta(days=9), of=head,
        consent="总经理办公室同意，上周", reason="公司二十周年",
    )  # fmt: skip
    feed.renew(manager)
    services.remind(today)
