"""Who approved some of the demo company's lower prices; of most nobody knows."""

import datetime as dt

from keyaccount_web.access.models import User
from keyaccount_web.cover.terms.models import Inversion, Terms
from keyaccount_web.cover.terms.services import keep_terms

NOTED = (
    ("区域总监刘建业", "2023 年抢客户时的特价，邮件批复", None),
    ("总经理办公室", "2025 年框架合同附件二", dt.date(2025, 12, 31)),
    ("前任区域经理", "口头同意，没有书面依据", None),
)


def fill(by: User) -> None:
    """Notes on the cheapest customers of the three largest inversions."""
    largest = Inversion.objects.exclude(lowest=None).select_related("lowest")[:20]
    found = {(one.lowest_id, one.product): one for one in largest}
    for one, (approver, source, until) in zip(found.values(), NOTED, strict=False):
        if (
            one.lowest is not None
            and not Terms.objects.filter(account=one.lowest, product=one.product).exists()
        ):
            keep_terms(
                by=by, account=one.lowest, product=one.product, product_name=one.product_name,
                approver=approver, since=dt.date(2023, 6, 1), until=until, source=source,
            )  # fmt: skip
