"""Which inversions may somebody see, who of those behind them has a name for them, who approved terms? (C4)"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet, Sum
from django.urls import reverse
from django.utils.http import urlencode

from keyaccount.language import message
from keyaccount.periods import Period
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import of_visible, visible_accounts
from keyaccount_web.cover.terms.computed import Behind, behind, quarter_of, told_of
from keyaccount_web.cover.terms.models import Inversion, Terms
from keyaccount_web.know.models import Account
from keyaccount_web.know.record_kit import RecordError, changed
from keyaccount_web.shell.templatetags.pages import lang


def inversions_seen_by(user: User) -> QuerySet[Inversion]:
    """Those of the key accounts that `user` may see. Whom they lose against is told by name only to who may see that one, too."""
    return of_visible(Inversion.objects.all(), user).select_related("account")


def terms_seen_by(user: User) -> QuerySet[Terms]:
    return of_visible(Terms.objects.all(), user).select_related("account", "recorded_by")


@dataclass(frozen=True)
class Whole:
    """All inversions that somebody sees."""

    inversions: int
    accounts: int
    products: int
    quarters: int
    money: Decimal


def whole(rows: QuerySet[Inversion]) -> Whole:
    told = rows.order_by().aggregate(
        inversions=Count("pk"),
        accounts=Count("account", distinct=True),
        products=Count("product", distinct=True),
        quarters=Count("quarter", distinct=True),
        money=Sum("money"),
    )
    return Whole(**{**told, "money": told["money"] or Decimal(0)})


def aligning(user: User) -> list[dict[str, Any]]:
    """What the lowest prices would cost, by key account that `user` may see, the largest first."""
    rows = inversions_seen_by(user).order_by().values("account_id", "account__name", "account__code")
    told = rows.annotate(inversions=Count("pk"), products=Count("product", distinct=True), money=Sum("money"))
    return [dict(row) for row in told.order_by("-money", "account_id")]


def quarter_text(begin: dt.date) -> str:
    return message("terms.quarter_of", lang(), year=str(begin.year), number=(begin.month + 2) // 3)


@dataclass(frozen=True)
class Customer:
    """One customer behind an inversion, as one reader may know it."""

    row: dict[str, Any]
    account: Account | None
    """None: this reader may not see it, and learns neither name nor code."""
    is_key: bool
    """The key account itself."""
    is_cheaper: bool
    """Among the pairs."""
    lines_url: str
    terms: Terms | None

    @property
    def name(self) -> str:
        return self.account.name if self.account else message("terms.another", lang())


def lines_url(one: Inversion, account: Account, days: Period | None) -> str:
    """The invoice lines of an account behind its price; `days`: those of the quarter that the run compared."""
    asked = {"product": one.product_name} if one.product == one.product_name else {"product_id": one.product}
    if days is not None:
        asked |= {"from": days.begin.isoformat(), "to": days.until.isoformat()}
    return f"{reverse('account_lines', args=[account.pk])}?{urlencode(asked)}"


@dataclass(frozen=True)
class Opened:
    """An inversion with those behind it."""

    key: Customer
    pairs: list[Customer]
    """Cheapest first."""
    picture: list[Customer]
    """Everybody who bought it that quarter, largest quantity first."""


def opened(user: User, one: Inversion) -> Opened:
    """What is behind an inversion, with names only of those that `user` may see. Raises StoreError."""
    found: Behind = behind(one)
    codes = {row["account_id"] for row in found.picture} | {one.account.code}
    seen = {account.code: account for account in visible_accounts(user).filter(code__in=codes)}
    noted = latest_terms(seen.values(), one.product)
    cheaper = {row["account_id"] for row in found.pairs}
    told = told_of(one.run)
    days = quarter_of(one.quarter, told.period) if told is not None else None

    def customer(row: dict[str, Any]) -> Customer:
        account = seen.get(row["account_id"])
        return Customer(
            row,
            account,
            row["account_id"] == one.account.code,
            row["account_id"] in cheaper,
            lines_url(one, account, days) if account else "",
            noted.get(account.pk) if account else None,
        )

    own = {
        "account_id": one.account.code,
        "level": one.level,
        "lines": one.lines,
        "quantity": one.quantity,
        "amount": one.amount,
        "price": one.price,
    }
    return Opened(
        customer(own), [customer(row) for row in found.pairs], [customer(row) for row in found.picture]
    )


def latest_terms(accounts: Iterable[Account], product: str) -> dict[int, Terms]:
    """The newest note of each account (by pk) on a product."""
    rows = Terms.objects.filter(account__in=list(accounts), product=product).order_by("since", "pk")
    return {one.account_id: one for one in rows}


def keep_terms(
    *, by: User, account: Account, record: Terms | None = None, version: int | None = None, **told: Any
) -> Terms:
    """Note who approved an account's terms on a product.

    Raises RecordError `terms.order`, `terms.twice`; RecordChangedError.
    """
    if told["until"] is not None and told["until"] < told["since"]:
        raise RecordError("terms.order", since=told["since"], until=told["until"])
    same = Terms.objects.filter(account=account, product=told["product"], since=told["since"])
    if (same.exclude(pk=record.pk) if record else same).exists():
        raise RecordError("terms.twice", since=told["since"])
    values = {**told, "recorded_by": by}
    with transaction.atomic():
        if record is None:
            return Terms.objects.create(account=account, **values)
        return changed(record, version, values)
