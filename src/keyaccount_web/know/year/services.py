"""How are a customer's year, its targets, assessments and buying steps kept, and where do targets stand? (K3)"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

import ibis
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from keyaccount.know.customer_year import MONTHS, TargetState, monthly_sales, target_state, year_months
from keyaccount.ledger.store.few import FewLines, few_lines
from keyaccount.ledger.store.tables import StoreError
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.know.lines import current_ledger
from keyaccount_web.know.members import with_members
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.provenance import Sourced, checked_source
from keyaccount_web.know.record_kit import RecordError, changed, of_visible
from keyaccount_web.know.year.models import Assessment, BuyingStep, CustomerYear, YearTarget
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import current_run, of_summary
from keyaccount_web.tables.ledger import VisibleLedger

FIRST_YEAR, YEARS_AHEAD = 1990, 2
LEAST_MONTHS = 6
"""A customer that bought in fewer shows no season to spread a target by."""
_COLUMNS = ("account_id", "date", "net_amount", "category")
KEPT_FIGURES = ("reached", "due", "left", "standing", "until")


def targets_seen_by(user: User) -> QuerySet[YearTarget]:
    """Targets over several accounts: what is for work on one account only stays on its page."""
    rows = of_visible(YearTarget.objects.all(), user)
    return rows.exclude(permission=Sourced.Permission.ACCOUNT).select_related("recorded_by")


def check_year(year: int) -> None:
    """Raises RecordError `customer_year.far`."""
    last = timezone.localdate().year + YEARS_AHEAD
    if not FIRST_YEAR <= year <= last:
        raise RecordError("customer_year.far", year=year, first=FIRST_YEAR, last=last)


def checked_plan(year: int, begins_in: int, priorities: str, plan: str) -> dict[str, Any]:
    """The fields of a customer's plan but its account and source. Raises RecordError `customer_year.far`; CustomerYearError."""
    check_year(year)
    year_months(year, begins_in)
    return {"year": year, "begins_in": begins_in, "priorities": priorities.strip(), "plan": plan.strip()}


def keep_year(
    *,
    by: User,
    account: Account,
    source: Mapping[str, Any],
    year: int,
    begins_in: int,
    priorities: str,
    plan: str = "",
    record: CustomerYear | None = None,
    version: int | None = None,
) -> CustomerYear:
    """What a customer has set out to do in a year, new or put right; its targets are reckoned anew.

    Raises RecordError `customer_year.far`, `customer_year.there`; CustomerYearError; FactError; RecordChangedError.
    """
    values = checked_plan(year, begins_in, priorities, plan)
    kept = checked_source(by=by, **source)
    try:
        with transaction.atomic():
            if record is None:
                held = CustomerYear.objects.create(account=account, **values, **kept)
            else:
                held = changed(record, version, {**values, **kept})
    except IntegrityError:
        raise RecordError("customer_year.there", year=year) from None
    reckon(YearTarget.objects.filter(account=account, year=year))
    return held


def checked_target(
    *,
    by: User,
    source: Mapping[str, Any],
    year: int,
    set_by: str,
    months: Sequence[Decimal],
    supplier: str = "",
    business_line: str = "",
    our_part: Decimal | None = None,
    reached_told: Decimal | None = None,
) -> dict[str, Any]:
    """The fields of a target but its account, fit to be kept.

    Raises RecordError `customer_year.far`, `target.no_supplier`, `target.part`; CustomerYearError; FactError.
    """
    check_year(year)
    if set_by == YearTarget.SetBy.SUPPLIER and not supplier.strip():
        raise RecordError("target.no_supplier")
    if our_part is not None and not 0 <= our_part <= 1:
        raise RecordError("target.part", part=our_part)
    amounts = [one.quantize(Decimal("0.0001")) for one in months]
    # Says what is wrong with the twelve amounts.
    target_state(amounts, [Decimal(0)] * MONTHS, first=dt.date(year, 1, 1), until=dt.date(year, 1, 1))
    is_own = set_by == YearTarget.SetBy.OWN
    return {
        "year": year,
        "set_by": set_by,
        "supplier": supplier.strip() if set_by == YearTarget.SetBy.SUPPLIER else "",
        "business_line": business_line.strip(),
        "months": [f"{one.normalize():f}" for one in amounts],
        "our_part": our_part if is_own else None,
        "reached_told": None if set_by == YearTarget.SetBy.US else reached_told,
        "target": sum(amounts, Decimal(0)),
        **checked_source(by=by, **source),
    }


def keep_target(
    *,
    by: User,
    account: Account,
    source: Mapping[str, Any],
    year: int,
    set_by: str,
    months: Sequence[Decimal],
    supplier: str = "",
    business_line: str = "",
    our_part: Decimal | None = None,
    reached_told: Decimal | None = None,
    record: YearTarget | None = None,
    version: int | None = None,
) -> YearTarget:
    """A target of a year, new or put right, with how far it is reached.

    Raises as `checked_target`; RecordChangedError.
    """
    values = checked_target(
        by=by, source=source, year=year, set_by=set_by, months=months, supplier=supplier, business_line=business_line,
        our_part=our_part, reached_told=reached_told,
    )  # fmt: skip
    with transaction.atomic():
        if record is None:
            held = YearTarget.objects.create(account=account, **values)
        else:
            held = changed(record, version, values)
    reckon([held])
    return held


def check_weight(our_weight: int | None) -> None:
    """Raises RecordError `assessment.weight`."""
    if our_weight is not None and our_weight > 100:
        raise RecordError("assessment.weight", weight=our_weight)


def keep_assessment(
    *,
    by: User,
    account: Account,
    source: Mapping[str, Any],
    record: Assessment | None = None,
    version: int | None = None,
    **values: Any,
) -> Assessment:
    """What a department is judged by, new or put right. Raises RecordError `assessment.weight`; FactError; RecordChangedError."""
    check_weight(values.get("our_weight"))
    kept = {**values, **checked_source(by=by, **source)}
    with transaction.atomic():
        if record is None:
            return Assessment.objects.create(account=account, **kept)
        return changed(record, version, kept)


def keep_step(
    *,
    by: User,
    account: Account,
    source: Mapping[str, Any],
    place: int | None,
    approver: Contact | None = None,
    record: BuyingStep | None = None,
    version: int | None = None,
    **values: Any,
) -> BuyingStep:
    """A step of how the customer buys, new or put right; those from its place on move down. None: the last place.

    Raises RecordError `step.other_account`; FactError; RecordChangedError.
    """
    if approver is not None and approver.account_id != account.pk:
        raise RecordError("step.other_account", name=approver.name)
    kept = {**values, "approver": approver, **checked_source(by=by, **source)}
    with transaction.atomic():
        # One at a time, so that no place is taken twice.
        Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        others = [one for one in account.buying_steps.all() if record is None or one.pk != record.pk]
        at = len(others) if place is None else min(max(place, 1) - 1, len(others))
        if record is None:
            held = BuyingStep.objects.create(account=account, place=at + 1, **kept)
        else:
            held = changed(record, version, {**kept, "place": at + 1})
        others.insert(at, held)
        for number, one in enumerate(others, start=1):
            if one.place != number:
                one.place = number
                one.save(update_fields=["place"])
    return held


# --- where targets stand


def begins_in(account_ids: Iterable[int]) -> dict[tuple[int, int], int]:
    """(account, year) → the first month of the customer's year, where it is not January."""
    rows = CustomerYear.objects.filter(account__in=list(account_ids)).exclude(begins_in=1)
    return {
        (account, year): month for account, year, month in rows.values_list("account", "year", "begins_in")
    }


def sales_of(
    ledger: VisibleLedger, codes: Sequence[str], months: Sequence[dt.date], line: str
) -> list[Decimal]:
    """What these accounts of the ledger bought in each of the months."""
    last = end_of(months[-1])
    columns = [one for one in _COLUMNS if one != "category" or one in ledger.fields]
    if line and "category" not in columns:
        return [Decimal(0)] * len(months)
    found = few_lines(ledger.store, FewLines(dict(ledger.of_whom(codes)), months[0], last), columns)
    return monthly_sales(ibis.memtable(found), list(dict.fromkeys(codes)), months, category=line)


@dataclass(frozen=True)
class OnTarget:
    """A target with the months of its year and, where our ledger can tell, what was bought in each and where that leads."""

    record: YearTarget
    months: list[dt.date]
    reached: list[Decimal]
    state: TargetState | None

    @property
    def last(self) -> dt.date:
        return end_of(self.months[-1])

    @property
    def share(self) -> Decimal | None:
        """Of the target that is reached, by our ledger, else as the customer says [share of 1]."""
        if self.state is not None:
            return self.state.reached / self.state.target
        told = self.record.reached_told
        return None if told is None else told / self.record.target


def end_of(month: dt.date) -> dt.date:
    """A month's last day."""
    return (month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)


def of_account(user: User, account: Account, year: int) -> list[OnTarget]:
    """The targets of a year as the ledger that `user` sees says."""
    told = list(YearTarget.objects.filter(account=account, year=year).select_related("recorded_by"))
    if not told:
        return []
    told.sort(key=lambda one: YearTarget.SetBy.values.index(one.set_by))
    first = begins_in([account.pk]).get((account.pk, year), 1)
    months = year_months(year, first)
    ledger, until = _ledger_of(user, current_run())
    codes = [member.code for member in with_members(account, visible_accounts(user))]
    answer = []
    for one in told:
        reached, state = [], None
        if ledger is not None and until is not None and one.is_in_ledger:
            reached = sales_of(ledger, codes, months, one.business_line)
            state = target_state(one.amounts, reached, first=months[0], until=until)
        answer.append(OnTarget(one, months, reached, state))
    return answer


def _ledger_of(user: User | None, run: Run | None) -> tuple[VisibleLedger | None, dt.date | None]:
    try:
        return current_ledger(user, run), of_summary(run).until if run else None
    except StoreError:
        return None, None


def reckon(targets: Iterable[YearTarget]) -> None:
    """Keep where targets stand by the current run, over the whole group of each account."""
    run = current_run()
    told = list(targets)
    if run is None or not told:
        return
    prepared(run, told)()


def prepared(run: Run, targets: Sequence[YearTarget] | None = None) -> Callable[[], None]:
    """Reckon targets (None: all) by a run's ledger; what it gives writes them."""
    told = list(YearTarget.objects.all() if targets is None else targets)
    # The whole ledger, whoever started the run: what lists show of it is cut to their readers' accounts.
    ledger, until = _ledger_of(None, run)
    if ledger is None or until is None:
        return lambda: None
    accounts = {one.pk: one for one in Account.objects.filter(pk__in={one.account_id for one in told})}
    first = begins_in(accounts)
    by_account: defaultdict[tuple[int, int, str], list[YearTarget]] = defaultdict(list)
    for one in told:
        by_account[one.account_id, one.year, one.business_line].append(one)
    for (pk, year, line), those in by_account.items():
        if pk not in accounts:
            continue
        months = year_months(year, first.get((pk, year), 1))
        in_ledger = [one for one in those if one.is_in_ledger]
        codes = (
            [member.code for member in with_members(accounts[pk], Account.objects.all())] if in_ledger else []
        )
        reached = sales_of(ledger, codes, months, line) if in_ledger else []
        for one in those:
            _put(
                one,
                target_state(one.amounts, reached, first=months[0], until=until)
                if one.is_in_ledger
                else None,
                until,
            )
    return lambda: _write(told)


def _put(one: YearTarget, state: TargetState | None, until: dt.date) -> None:
    one.reached, one.due, one.left = (state.reached, state.due, state.left) if state else (None, None, None)
    one.standing, one.until = (state.standing, until) if state else ("", None)


def _write(told: list[YearTarget]) -> None:
    """Figures of the ledger are no change that somebody made, so they leave no trace in the history."""
    YearTarget.objects.bulk_update(told, KEPT_FIGURES, batch_size=500)


def spread(
    user: User, account: Account, amount: Decimal, months: Sequence[dt.date], line: str = ""
) -> list[Decimal]:
    """A year's amount over its months as the account bought in the twelve months a year earlier; evenly where it bought in fewer than six.

    Whole units; what is left of one stands in the last month.
    """
    ledger, _ = _ledger_of(user, current_run())
    before = [one.replace(year=one.year - 1) for one in months]
    weights = [Decimal(1)] * MONTHS
    if ledger is not None:
        codes = [member.code for member in with_members(account, visible_accounts(user))]
        bought = [max(one, Decimal(0)) for one in sales_of(ledger, codes, before, line)]
        weights = bought if sum(one > 0 for one in bought) >= LEAST_MONTHS else weights
    whole = sum(weights, Decimal(0))
    # What has run up is rounded, so that no month falls below 0 for the others' sake.
    run_up = [(amount * sum(weights[: n + 1]) / whole).quantize(Decimal(1)) for n in range(MONTHS - 1)]
    return [to - since for since, to in pairwise([Decimal(0), *(min(one, amount) for one in run_up), amount])]
