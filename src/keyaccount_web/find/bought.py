"""What do we buy from accounts, and which year of it counts? (F5, F6)"""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from keyaccount_web.access.models import User
from keyaccount_web.access.scope import of_visible
from keyaccount_web.find.models import BoughtFrom
from keyaccount_web.know.models import Account
from keyaccount_web.know.record_kit import RecordError, changed

FIRST_YEAR = 1990


def bought_seen_by(user: User) -> QuerySet[BoughtFrom]:
    """Those of the accounts that `user` may see."""
    return of_visible(BoughtFrom.objects.select_related("account", "recorded_by"), user)


def check_bought(year: int, amount: Decimal, *, latest: int) -> None:
    """Raises RecordError `bought_from.wrong_year`, `bought_from.negative`."""
    if not FIRST_YEAR <= year <= latest:
        raise RecordError("bought_from.wrong_year", first=str(FIRST_YEAR), last=str(latest), year=str(year))
    if amount < 0:
        raise RecordError("bought_from.negative", amount=amount)


def keep_bought(
    *,
    by: User,
    account: Account,
    year: int,
    amount: Decimal,
    source: str,
    today: dt.date,
    record: BoughtFrom | None = None,
    version: int | None = None,
) -> BoughtFrom:
    """Keep what we bought in a year. Raises RecordError `bought_from.there` and those of `check_bought`; RecordChangedError."""
    check_bought(year, amount, latest=today.year)
    with transaction.atomic():
        others = BoughtFrom.objects.filter(account=account, year=year)
        if (others.exclude(pk=record.pk) if record else others).exists():
            raise RecordError("bought_from.there", name=account.name, year=str(year))
        values = {"year": year, "amount": amount, "source": source, "recorded_by": by}
        if record is not None:
            return changed(record, version, values)
        return BoughtFrom.objects.create(account=account, **values)


def bought_by_code(until: dt.date) -> dict[str, Decimal]:
    """Account → what we bought from it in the last calendar year that was over on `until`, else in the one before; others are not known."""
    is_whole = (until.month, until.day) == (12, 31)
    last = until.year if is_whole else until.year - 1
    rows = BoughtFrom.objects.filter(year__in=(last - 1, last)).order_by("year")
    return dict(rows.values_list("account__code", "amount"))
