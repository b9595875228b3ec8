"""How are facts about rivals kept, and what is our share of a customer's purchases? (K6)"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from keyaccount.know.wallet import line_sales, wallet_by_region, wallet_shares
from keyaccount.ledger.store.tables import StoreError
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.know.lines import current_ledger
from keyaccount_web.know.members import with_members
from keyaccount_web.know.models import Account
from keyaccount_web.know.provenance import Sourced, checked_source
from keyaccount_web.know.record_kit import RecordError, changed, of_visible
from keyaccount_web.know.rivals.models import BEST, KnownPurchases, Rival, RivalFact, SupplyFailure
from keyaccount_web.runs.services import current_run

YEARS = 3
"""Calendar years of sales beside purchases."""
TOLD = ("product", "price", "yearly_sales", "promo_spend", "tactics", "rating_them", "rating_us")
"""Of these a fact must tell at least one."""
FACT = ("business_line", "channel", "price_unit", *TOLD)
_PURCHASES = pa.schema(
    [("account_id", pa.string()), ("business_line", pa.string()), ("year", pa.int32()),
     ("amount", pa.decimal128(38, 4))]
)  # fmt: skip


def facts_seen_by(user: User) -> QuerySet[RivalFact]:
    return of_visible(RivalFact.objects.all(), user).select_related("rival", "recorded_by")


def rival_named(name: str) -> Rival:
    """The rival of that name, known or new. Raises RecordError `rival.no_name`."""
    name = " ".join(name.split())
    if not name:
        raise RecordError("rival.no_name")
    known = Rival.objects.filter(name__iexact=name).first()
    return known or Rival.objects.create(name=name)


def keep_fact(
    *,
    by: User,
    account: Account,
    rival: str,
    source: Mapping[str, Any],
    record: RivalFact | None = None,
    version: int | None = None,
    **values: Any,
) -> RivalFact:
    """A new fact, or one put right.

    Raises RecordError `rival.no_name`, `rival.nothing` (a fact must tell something); FactError; RecordChangedError.
    """
    values = checked_fact(values)
    kept = checked_source(by=by, **source)
    with transaction.atomic():
        values["rival"] = rival_named(rival)
        if record is None:
            return RivalFact.objects.create(account=account, **values, **kept)
        return changed(record, version, {**values, **kept})


def checked_fact(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a fact but its rival and source. Raises RecordError `rival.nothing`, `rival.mark`."""
    told: dict[str, Any] = {
        name: values.get(name) if values.get(name) is not None else _empty(name) for name in FACT
    }
    if all(told[name] in (None, "") for name in TOLD):
        raise RecordError("rival.nothing")
    for name in ("rating_them", "rating_us"):
        mark = told[name]
        if mark is not None and not 1 <= mark <= BEST:
            raise RecordError("rival.mark", mark=mark, best=BEST)
    return told


def check_purchases(year: int, amount: Decimal) -> None:
    """Raises RecordError `purchases.not_positive`, `purchases.far_year`."""
    if amount <= 0:
        raise RecordError("purchases.not_positive", amount=amount)
    if not 1990 <= year <= timezone.localdate().year + 1:
        raise RecordError("purchases.far_year", year=year)


def _empty(name: str) -> Any:
    return "" if name in ("business_line", "channel", "price_unit", "product", "tactics") else None


def keep_purchases(
    *,
    by: User,
    account: Account,
    year: int,
    amount: Decimal,
    source: Mapping[str, Any],
    business_line: str = "",
    record: KnownPurchases | None = None,
    version: int | None = None,
) -> KnownPurchases:
    """What one source says that the customer buys in a year.

    Raises RecordError `purchases.not_positive`, `purchases.far_year`; FactError; RecordChangedError.
    """
    check_purchases(year, amount)
    kept = checked_source(by=by, **source)
    values = {"year": year, "amount": amount, "business_line": business_line.strip(), **kept}
    with transaction.atomic():
        if record is None:
            return KnownPurchases.objects.create(account=account, **values)
        return changed(record, version, values)


def check_failure(began_on: dt.date, ended_on: dt.date | None) -> None:
    """Raises RecordError `failure.order`."""
    if ended_on is not None and ended_on < began_on:
        raise RecordError("failure.order", began=began_on, ended=ended_on)


def keep_failure(
    *,
    by: User,
    account: Account,
    rival: str,
    what: str,
    began_on: dt.date,
    ended_on: dt.date | None,
    source: Mapping[str, Any],
    business_line: str = "",
    record: SupplyFailure | None = None,
    version: int | None = None,
) -> SupplyFailure:
    """A window in which a rival could not deliver.

    Raises RecordError `failure.order`, `rival.no_name`; FactError; RecordChangedError.
    """
    check_failure(began_on, ended_on)
    kept = checked_source(by=by, **source)
    with transaction.atomic():
        values = {
            "rival": rival_named(rival),
            "what": what.strip(),
            "began_on": began_on,
            "ended_on": ended_on,
            "business_line": business_line.strip(),
            **kept,
        }
        if record is None:
            return SupplyFailure.objects.create(account=account, **values)
        return changed(record, version, values)


def failures_on(accounts: Sequence[int], day: dt.date) -> QuerySet[SupplyFailure]:
    """Windows that are open on a day."""
    still = Q(ended_on=None) | Q(ended_on__gte=day)
    return SupplyFailure.objects.filter(still, account__in=accounts, began_on__lte=day)


# --- share of wallet


def wallet_of(user: User, account: Account) -> pa.Table:
    """`wallet_shares` of an account with those below it, as far as `user` sees them; the last calendar years of the ledger."""
    members = with_members(account, visible_accounts(user))
    run = current_run()
    try:
        ledger = current_ledger(user, run)
    except StoreError:
        ledger = None
    told = list(KnownPurchases.objects.filter(account=account).values_list("year", "business_line", "amount"))
    until = timezone.localdate()
    first = dt.date(min([until.year - YEARS, *(year for year, _, _ in told)]), 1, 1)
    if ledger is None:
        sales = _no_sales()
    else:
        codes = [member.code for member in members]
        sales = line_sales(ledger.of(codes), codes, first, until, as_id=account.code)
    return wallet_shares(
        sales, _purchases([(account.code, line, year, amount) for year, line, amount in told])
    )


def regions_wallet(user: User, year: int) -> pa.Table:
    """`wallet_by_region` over the accounts that `user` sees and whose facts may be put together."""
    known = KnownPurchases.objects.filter(account__in=visible_accounts(user), year=year, business_line="")
    known = known.exclude(permission=Sourced.Permission.ACCOUNT)
    told = list(known.values_list("account__code", "business_line", "year", "amount"))
    accounts = {one.code: one for one in visible_accounts(user).filter(code__in={code for code, *_ in told})}
    ledger = current_ledger(user, current_run()) if told else None
    if ledger is None:
        return wallet_by_region(wallet_shares(_no_sales(), _purchases([])), {}, year=year)
    own = ledger.of(list(accounts))
    own = own.filter(own.date.between(dt.date(year, 1, 1), dt.date(year, 12, 31)))
    sums = own.group_by("account_id").agg(sales=own.net_amount.sum()).to_pyarrow().to_pylist()
    sales = pa.Table.from_pylist(
        [
            {"account_id": row["account_id"], "business_line": "", "year": year, "sales": row["sales"]}
            for row in sums
        ],
        schema=_no_sales().schema,
    )
    regions = {code: one.region for code, one in accounts.items()}
    return wallet_by_region(wallet_shares(sales, _purchases(told)), regions, year=year)


def _no_sales() -> pa.Table:
    columns = ["account_id", "business_line", "year", "sales"]
    return pa.Table.from_pylist([], schema=_PURCHASES).rename_columns(columns)


def _purchases(rows: Sequence[tuple[str, str, int, Decimal]]) -> pa.Table:
    columns = ("account_id", "business_line", "year", "amount")
    return pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in rows], schema=_PURCHASES)


def business_lines(wallet: pa.Table) -> list[str]:
    """The lines of business that the ledger or a source names for an account."""
    return sorted({line for line in wallet["business_line"].to_pylist() if line})
