"""How does a person overrule what was computed, of one account or of many, and take it back? (F5, F6)"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.find.kinds import refresh_figures
from keyaccount_web.find.models import KindBulk, KindDecision, SpecialStanding
from keyaccount_web.know.models import Account

FIELDS = ("kind", "role", "volume_class", "route")
OVERRULING = ("kind", "role", "volume_class")
MOST = 5000


class DecisionError(KeyAccountError):
    """A decision cannot be taken as asked."""


@dataclass(frozen=True)
class Undone:
    """What came of undoing a decision on many accounts."""

    restored: int
    changed_since: list[Account]
    """Left as they are: somebody has decided otherwise meanwhile."""


def decide(
    account: Account, changes: Mapping[str, str], *, reason: str, version: int, user: User
) -> KindDecision:
    """Say of an account what it is; a blank value takes the computed one back. `version`: of the decision read, 0 for none.

    Raises DecisionError `decision.reason`, `decision.conflict`.
    """
    with transaction.atomic():
        held = KindDecision.objects.select_for_update().filter(account=account).first()
        if (held.version if held else 0) != version:
            raise DecisionError("decision.conflict", name=account.name)
        decision = _write(account, held, changes, reason, user)
        refresh_figures([account.pk])
        return decision


def decide_many(
    accounts: QuerySet[Account], changes: Mapping[str, str], *, reason: str, user: User
) -> KindBulk:
    """The same of many accounts, in one transaction; only those that differ are touched.

    Raises DecisionError `decision.nothing`, `decision.too_many`, `decision.reason`.
    """
    changes = {name: value for name, value in changes.items() if value and name in FIELDS}
    with transaction.atomic():
        chosen = list(accounts.select_related(None).order_by("pk")[: MOST + 1])
        if not changes or not chosen:
            raise DecisionError("decision.nothing")
        if len(chosen) > MOST:
            raise DecisionError("decision.too_many", most=MOST)
        of = KindDecision.objects.select_for_update().filter(account__in=[one.pk for one in chosen])
        held = {one.account_id: one for one in of}
        rows, touched = [], []
        for account in chosen:
            before = held.get(account.pk)
            old = _kept(before)
            if before and all(getattr(before, name) == value for name, value in changes.items()):
                continue
            after = _write(account, before, changes, reason, user)
            touched.append(account.pk)
            rows.append({"id": account.pk, "version": after.version, "old": old})
        refresh_figures(touched)
        return KindBulk.objects.create(user=user, changes={**changes, "reason": reason}, rows=rows)


def undo_many(bulk: KindBulk, user: User) -> Undone:
    """Bring back what was said before; of accounts decided on since, or out of sight, nothing is changed.

    Raises DecisionError `decision.undone`.
    """
    with transaction.atomic():
        held = KindBulk.objects.select_for_update().get(pk=bulk.pk)
        if held.undone_at is not None:
            raise DecisionError("decision.undone")
        entries = {entry["id"]: entry for entry in held.rows}
        found = KindDecision.objects.select_for_update(of=("self",)).select_related("account")
        restored, changed_since = [], []
        for decision in found.filter(account__in=visible_accounts(user).filter(pk__in=list(entries))):
            entry = entries[decision.account_id]
            if decision.version != entry["version"]:
                changed_since.append(decision.account)
                continue
            old = entry["old"] or {**dict.fromkeys(FIELDS, ""), "reason": ""}
            for name, value in old.items():
                setattr(decision, name, value)
            _save(decision, user)
            restored.append(decision.account_id)
        refresh_figures(restored)
        held.undone_at = timezone.now()
        held.save(update_fields=["undone_at"])
    return Undone(len(restored), changed_since)


def add_standing(
    account: Account, standing: str, *, source: str, since: dt.date, until: dt.date | None, user: User
) -> SpecialStanding:
    """Note that an account has a special standing. Raises DecisionError `standing.there`, `standing.dates`."""
    if until is not None and until < since:
        raise DecisionError("standing.dates", since=since, until=until)
    with transaction.atomic():
        if SpecialStanding.objects.filter(account=account, standing=standing, since=since).exists():
            raise DecisionError("standing.there", name=account.name, since=since)
        noted = SpecialStanding(
            account=account, standing=standing, source=source, since=since, until=until, entered_by=user
        )
        noted._history_user = user  # type: ignore[attr-defined]
        noted.save()
        refresh_figures([account.pk])
        return noted


def end_standing(standing: SpecialStanding, *, until: dt.date) -> None:
    """It holds until that day; one that would end before it began was entered by mistake and is removed."""
    with transaction.atomic():
        if until < standing.since:
            standing.delete()
        else:
            standing.until = until
            standing.save(update_fields=["until"])
        refresh_figures([standing.account_id])


def _kept(decision: KindDecision | None) -> dict[str, Any] | None:
    return {name: getattr(decision, name) for name in (*FIELDS, "reason")} if decision else None


def _write(
    account: Account, held: KindDecision | None, changes: Mapping[str, str], reason: str, user: User
) -> KindDecision:
    decision = held or KindDecision(account=account, version=0, decided_at=timezone.now())
    overrules = any(changes.get(name) and changes[name] != getattr(decision, name) for name in OVERRULING)
    if overrules and not reason.strip():
        raise DecisionError("decision.reason", name=account.name)
    for name in FIELDS:
        if name in changes:
            setattr(decision, name, changes[name])
    if reason.strip() or not any(getattr(decision, name) for name in OVERRULING):
        decision.reason = reason.strip()
    _save(decision, user)
    return decision


def _save(decision: KindDecision, user: User) -> None:
    decision.version += 1
    decision.decided_by, decision.decided_at = user, timezone.now()
    decision._history_user = user  # type: ignore[attr-defined]
    decision.save()
