"""What happens to accounts: taken from the ledger, changed, handed over, given their figures."""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.dispatch import Signal
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.api.events import tell
from keyaccount_web.know.models import Account, AccountFigures, TeamMember
from keyaccount_web.runs.further import prepare_further
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import current_run, result
from keyaccount_web.search.services import refresh_search
from keyaccount_web.tables.ledger import keep_snapshot

EDITABLE = ("name", "region", "industry", "channel", "address", "tax_number", "website", "remark")
BATCH = 1000
_OF_THE_LARGEST = ("sales_rank", "profit_rank", "sales_running_share", "active_months", "in_set", "verdict")
handed_over = Signal()
"""Sent by `hand_over` within its transaction: leaving, successor, and the accounts that could be disposed of."""


class EditConflictError(KeyAccountError):
    """Somebody else has changed the same fields meanwhile.

    `theirs`: what stands there now; `beside`: fields that only they have changed.
    """

    def __init__(self, account: Account, theirs: Mapping[str, Any], beside: Mapping[str, Any]) -> None:
        super().__init__("edit.conflict", name=account.name, fields=list(theirs))
        self.account = account
        self.theirs = theirs
        self.beside = beside


def edit_account(
    account_id: int, changes: Mapping[str, Any], *, version: int, user: User, all_meant: bool = False
) -> Account:
    """Change fields of an account that was read as `version`; what others have changed since in other fields stays.

    `all_meant`: each change is wanted, as a program's are; a form brings back all its fields, changed or not.

    Raises EditConflictError where the same fields have been changed since, with what they are now; nothing is written then.
    """
    with transaction.atomic():
        account = visible_accounts(user).select_for_update(of=("self",)).get(pk=account_id)
        if account.version != version:
            changes = _without_theirs(account, changes, version, all_meant=all_meant)
        for name in EDITABLE:
            if name in changes:
                setattr(account, name, changes[name])
        account.version += 1
        account.save()
    return account


def _without_theirs(
    account: Account, changes: Mapping[str, Any], version: int, *, all_meant: bool
) -> dict[str, Any]:
    """The changes that were made to what was read as `version`, and none that only bring that back."""
    read = account.history.filter(version=version).order_by("-history_id").first()
    own, theirs, beside = {}, {}, {}
    for name, value in changes.items():
        now = getattr(account, name)
        if now == value:
            continue
        if read is not None and getattr(read, name) == value and not all_meant:
            beside[name] = now
        elif read is not None and getattr(read, name) == now:
            own[name] = value
        else:
            theirs[name] = now
    if theirs:
        raise EditConflictError(account, theirs, beside)
    return own


def go_back(account: Account, history_id: int) -> Account:
    """Bring the editable fields back to what they were at an entry of the history."""
    then = account.history.get(history_id=history_id)
    for name in EDITABLE:
        setattr(account, name, getattr(then, name))
    account.version += 1
    account.save()
    return account


def accounts_from_ledger(names: Iterable[tuple[str, str | None]]) -> int:
    """Make a record of every (code, name) that has none yet. Gives how many were made."""
    known = set(Account.with_merged.values_list("code", flat=True))
    new = [Account(code=code, name=name or code) for code, name in names if code not in known]
    for at in range(0, len(new), BATCH):
        some = new[at : at + BATCH]
        bulk_create_with_history(some, Account)  # some at a time, so that others get their turn to write
        refresh_search(Account.objects.filter(code__in=[one.code for one in some]))
    return len(new)


def figures_together(parts: list[AccountFigures]) -> AccountFigures:
    """The figures of accounts that are one now, until a run finds them as one: amounts summed, the rest of the largest.

    A profit that was not judged of one of them is not judged of both.
    """
    largest = max(parts, key=lambda one: one.sales)
    profits = [one.profit for one in parts]
    shares = [one.sales_share for one in parts]
    return AccountFigures(
        account_id=parts[0].account_id,
        run_id=parts[0].run_id,
        sales=sum((one.sales for one in parts), Decimal(0)),
        profit=None if None in profits else sum((one for one in profits if one is not None), Decimal(0)),
        sales_year_before=sum((one.sales_year_before for one in parts), Decimal(0)),
        sales_share=None if None in shares else sum(one for one in shares if one is not None),
        orders=sum(one.orders for one in parts),
        **{name: getattr(largest, name) for name in _OF_THE_LARGEST},
    )


def make_current(run: Run) -> None:
    """Let lists show the figures of this run; in one short step at the end. Its snapshot never expires from then on."""
    rows = result(run, None).to_pylist()
    rows = [row for row in rows if not row["is_unassigned"]]
    accounts_from_ledger((row["account_id"], row["account_name"]) for row in rows)
    figures = _figures(run, rows)
    further = prepare_further(run)
    if run.snapshot is not None:
        facts = {"run": run.pk, "settings": run.settings, "imports": run.imports}
        keep_snapshot(f"run {run.pk}", run.snapshot, facts)
    with transaction.atomic():
        AccountFigures.objects.all().delete()
        AccountFigures.objects.bulk_create(figures, batch_size=BATCH)
        Run.objects.filter(kind=run.kind, is_current=True).update(is_current=False)
        Run.objects.filter(pk=run.pk).update(is_current=True)
        current_run.forget()
        for write in further:
            write()
        tell("run.made_current", {"run": {"id": run.pk, "kind": run.kind}})
    _tell_planner()


def _tell_planner() -> None:
    """PostgreSQL learns of many new rows only after a while, and until then sorts them all for a page of fifty."""
    if connection.vendor != "postgresql":
        return
    derived = (one.related_model for one in Account._meta.related_objects)
    names = {one._meta.db_table for one in derived if getattr(one, "stays_on_merge", False)}
    names |= {Account._meta.db_table, AccountFigures._meta.db_table}
    tables = ", ".join(sorted(connection.ops.quote_name(one) for one in names))
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")


def figures_again(account_ids: Iterable[int]) -> None:
    """The current figures of accounts that were just merged, or taken apart, from the rows of the current run.

    Raises RunError `run.no_result`.
    """
    run = current_run()
    if run is None:
        return
    ids = list(account_ids)
    codes = Account.with_merged.filter(Q(pk__in=ids) | Q(merged_into__in=ids)).values_list("code", flat=True)
    AccountFigures.objects.filter(account_id__in=ids).delete()
    AccountFigures.objects.bulk_create(_figures(run, result(run, list(codes)).to_pylist()))


def _figures(run: Run, rows: Iterable[Mapping[str, Any]]) -> list[AccountFigures]:
    """The figures of a run's rows; what was merged since the run counts with the account that it went into."""
    ids = {
        code: into or pk for code, pk, into in Account.with_merged.values_list("code", "pk", "merged_into")
    }
    by_account: dict[int, list[AccountFigures]] = {}
    for row in rows:
        figures = AccountFigures(
            account_id=ids[row["account_id"]],
            run=run,
            sales=row["sales"],
            profit=row["profit"],
            sales_year_before=row["sales_year_before"] or Decimal(0),
            sales_rank=row["sales_rank"],
            profit_rank=row["profit_rank"],
            sales_share=row["sales_share"],
            sales_running_share=row["sales_running_share"],
            orders=row["orders"],
            active_months=row["active_months"],
            in_set=row["in_set"],
            verdict=row["verdict"],
        )
        by_account.setdefault(figures.account_id, []).append(figures)
    return [parts[0] if len(parts) == 1 else figures_together(parts) for parts in by_account.values()]


def hand_over(
    leaving: User, successor: User, *, within: QuerySet[Account] | None = None, day: dt.date | None = None
) -> int:
    """Give a leaving colleague's accounts and team places to a successor at once. Gives how many accounts.

    `within`: the accounts that whoever orders it may dispose of; None: all. What was before stays in the history.
    """
    day = day or timezone.localdate()
    allowed = Account.objects.all() if within is None else within
    with transaction.atomic():
        accounts = list(allowed.filter(owner=leaving).select_for_update(of=("self",)))
        for account in accounts:
            account.owner = successor
            account.version += 1
            account._change_reason = f"hand-over from {leaving.username}"  # type: ignore[attr-defined]
            account.save()
        places = TeamMember.objects.filter(user=leaving, account__in=allowed).exclude(until__lt=day)
        for place in list(places.select_for_update(of=("self",))):
            theirs = TeamMember.objects.filter(account=place.account, user=successor, part=place.part)
            if not theirs.exclude(until__lt=day).exists():
                since = max(day, place.since)
                theirs.get_or_create(
                    since=since,
                    defaults={
                        "account": place.account,
                        "user": successor,
                        "part": place.part,
                        "until": place.until,
                    },
                )
            # Its last day is over: the leaving colleague sees the account no more, today either.
            place.until = day - dt.timedelta(days=1)
            place.save()
        handed_over.send(Account, leaving=leaving, successor=successor, accounts=allowed)
    return len(accounts)
