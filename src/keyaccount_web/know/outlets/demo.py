"""Outlets of two accounts of the demo company's first manager, all invented."""

import datetime as dt
from decimal import Decimal
from typing import Any

from keyaccount_web.access.models import User
from keyaccount_web.know.models import Account
from keyaccount_web.know.outlets import services

_PLACES = (
    ("城东店", "杭州", "30.28410", "120.21930"),
    ("武林店", "杭州", "30.27150", "120.16310"),
    ("滨江专柜", "杭州", "30.20840", "120.21200"),
    ("萧山店", "杭州", "30.16290", "120.26900"),
    ("临平店", "杭州", "30.41980", "120.29970"),
    ("富阳加盟店", "杭州", "30.04990", "119.95270"),
    ("网上商城", "", "", ""),
)


def fill(manager: User, accounts: list[Account], today: dt.date) -> None:
    """Seven outlets with half a year of months, prices of three; four of another account."""

    def source(days: int) -> dict[str, Any]:
        return {"source_kind": "customer", "source": "销售部月报", "dated": today - dt.timedelta(days=days), "permission": "internal"}  # fmt: skip

    for account, many in ((accounts[1], 7), (accounts[4], 4)):
        for place, (name, city, latitude, longitude) in enumerate(_PLACES[:many]):
            is_online = not city
            one = services.keep_outlet(
                by=manager, account=account, source=source(40), code=f"M{place + 1:02}", name=name,
                kind="online" if is_online else "counter" if "专柜" in name else "franchise" if "加盟" in name else "store",
                city=city, address="", latitude=Decimal(latitude) if latitude else None,
                longitude=Decimal(longitude) if longitude else None,
                pushes="换季清仓，主推对手的入门款" if place == 1 else "以旧换新" if place == 3 else "",
                can_sell=Decimal(60_000 + 15_000 * place) if place != 5 else None, closed_on=None,
            )  # fmt: skip
            month = today.replace(day=1)
            for back in range(1, 7):
                month = (month - dt.timedelta(days=1)).replace(day=1)
                sales = Decimal(90_000 + 21_000 * ((place * 5 + back) % 7))
                services.keep_month(
                    by=manager, outlet=one, source=source(10), month=month, sales=None if place == 6 else sales,
                    our_sales=(sales * Decimal(12 + 9 * (place % 5)) / 100).quantize(Decimal(1)),
                )  # fmt: skip
            if place < 3:
                for low, high, share in ((0, 99, "0.35"), (99, 299, "0.45"), (299, None, "0.2")):
                    services.keep_band(
                        by=manager, outlet=one, source=source(60), low=Decimal(low),
                        high=None if high is None else Decimal(high), share=Decimal(share),
                    )  # fmt: skip
