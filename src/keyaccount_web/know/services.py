"""What happens to accounts: taken from the ledger, changed, handed over, given their figures."""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.know.models import Account, AccountFigures, TeamMember
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import result
from keyaccount_web.search.services import refresh_search
from keyaccount_web.tables.ledger import keep_snapshot

EDITABLE = ("name", "region", "industry", "channel", "address", "tax_number", "website", "remark")
BATCH = 1000
handed_over = Signal()
"""Sent by `hand_over` within its transaction: leaving, successor, and the accounts that could be disposed of."""


class EditConflictError(KeyAccountError):
    """Somebody else has changed the record meanwhile."""

    def __init__(self, account: Account, theirs: Mapping[str, Any]) -> None:
        super().__init__("edit.conflict", name=account.name, fields=list(theirs))
        self.account = account
        self.theirs = theirs


def edit_account(account_id: int, changes: Mapping[str, Any], *, version: int, user: User) -> Account:
    """Change fields of an account that was read as `version`.

    Raises EditConflictError where it has been changed since, with what it is now; nothing is written then.
    """
    with transaction.atomic():
        account = visible_accounts(user).select_for_update(of=("self",)).get(pk=account_id)
        if account.version != version:
            theirs = {
                name: getattr(account, name)
                for name, value in changes.items()
                if getattr(account, name) != value
            }
            if theirs:
                raise EditConflictError(account, theirs)
        for name in EDITABLE:
            if name in changes:
                setattr(account, name, changes[name])
        account.version += 1
        account.save()
    return account


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
    known = set(Account.objects.values_list("code", flat=True))
    new = [Account(code=code, name=name or code) for code, name in names if code not in known]
    bulk_create_with_history(new, Account, batch_size=BATCH)
    for at in range(0, len(new), BATCH):
        refresh_search(Account.objects.filter(code__in=[one.code for one in new[at : at + BATCH]]))
    return len(new)


def make_current(run: Run) -> None:
    """Let lists show the figures of this run; in one short step at the end. Its snapshot never expires from then on."""
    rows = result(run, None).to_pylist()
    rows = [row for row in rows if not row["is_unassigned"]]
    accounts_from_ledger((row["account_id"], row["account_name"]) for row in rows)
    ids = dict(Account.objects.values_list("code", "pk"))
    figures = [
        AccountFigures(
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
        for row in rows
    ]
    if run.snapshot is not None:
        facts = {"run": run.pk, "settings": run.settings, "imports": run.imports}
        keep_snapshot(f"run {run.pk}", run.snapshot, facts)
    with transaction.atomic():
        AccountFigures.objects.all().delete()
        AccountFigures.objects.bulk_create(figures, batch_size=BATCH)
        Run.objects.filter(kind=run.kind, is_current=True).update(is_current=False)
        Run.objects.filter(pk=run.pk).update(is_current=True)


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
