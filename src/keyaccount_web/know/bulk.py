"""How are many accounts changed at once, and that undone? (issue "Daily work": bulk edit)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.know.models import Account, BulkChange

FIELDS = ("owner_id", "unit_id", "region", "industry", "channel")
edited_many = Signal()
"""Sent within the transaction of a bulk edit: accounts, names (the fields that all were given), user."""
MOST = 5000
BATCH = 1000


class BulkError(KeyAccountError):
    """Many accounts cannot be changed as asked."""


@dataclass(frozen=True)
class Undone:
    """What came of undoing a change."""

    restored: int
    changed_since: list[Account]
    """Left as they are: somebody has changed them meanwhile."""


def bulk_edit(accounts: QuerySet[Account], changes: Mapping[str, Any], user: User) -> BulkChange:
    """Give fields of many accounts the same values, in one transaction.

    Only accounts that differ are touched. Raises BulkError `bulk.nothing`, `bulk.too_many`.
    """
    unknown = set(changes) - set(FIELDS)
    if unknown or not changes:
        raise BulkError("bulk.nothing")
    with transaction.atomic():
        chosen = list(
            accounts.select_related(None).select_for_update(of=("self",)).order_by("pk")[: MOST + 1]
        )
        if not chosen:
            raise BulkError("bulk.nothing")
        if len(chosen) > MOST:
            raise BulkError("bulk.too_many", most=MOST)
        rows = []
        touched = []
        for account in chosen:
            old = {name: getattr(account, name) for name in changes}
            if old == dict(changes):
                continue
            for name, value in changes.items():
                setattr(account, name, value)
            account.version += 1
            account.updated_at = timezone.now()
            touched.append(account)
            rows.append({"id": account.pk, "version": account.version, "old": old})
        _write(touched, [*changes], user)
        edited_many.send(Account, accounts=touched, names=[*changes], user=user)
        return BulkChange.objects.create(user=user, changes=dict(changes), rows=rows)


def undo_bulk(change: BulkChange, user: User) -> Undone:
    """Bring back what the accounts were before; those changed meanwhile, or out of sight, are left as they are.

    Raises BulkError `bulk.undone`.
    """
    with transaction.atomic():
        held = BulkChange.objects.select_for_update().get(pk=change.pk)
        if held.undone_at is not None:
            raise BulkError("bulk.undone")
        entries = {entry["id"]: entry for entry in held.rows}
        found = visible_accounts(user).filter(pk__in=list(entries)).select_for_update(of=("self",))
        restored, changed_since = [], []
        for account in found.order_by("pk"):
            entry = entries[account.pk]
            if account.version != entry["version"]:
                changed_since.append(account)
                continue
            for name, value in entry["old"].items():
                setattr(account, name, value)
            account.version += 1
            account.updated_at = timezone.now()
            restored.append(account)
        _write(restored, [*held.changes], user)
        held.undone_at = timezone.now()
        held.save(update_fields=["undone_at"])
    return Undone(len(restored), changed_since)


def _write(accounts: Sequence[Account], names: Sequence[str], user: User) -> None:
    fields = [name.removesuffix("_id") for name in names]
    if accounts:
        bulk_update_with_history(
            accounts, Account, [*fields, "version", "updated_at"], batch_size=BATCH, default_user=user
        )
