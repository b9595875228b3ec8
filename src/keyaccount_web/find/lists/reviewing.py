"""How is a draft argued over? Each account accepted, refused or added, with reasons, and nobody overwritten unawares (F7)."""

from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.approvals.services import changed
from keyaccount_web.find.lists.proposing import LONGEST, YearlyListError, figures_of, reasons_as_json
from keyaccount_web.find.lists.reading import entries_seen_by, may_review
from keyaccount_web.find.models import KeyAccountList, ListEntry, ListLook
from keyaccount_web.know.models import Account
from keyaccount_web.know.services import BATCH
from keyaccount_web.runs.services import reasons_of_run, result

KIND = "key_list"
"""Of approvals."""
Decision = ListEntry.Decision
CHOICES = ("accept", "refuse", "reopen")


class DecisionConflictError(YearlyListError):
    """Somebody else has decided about some of these meanwhile; nothing is written."""

    def __init__(self, entries: Sequence[ListEntry]) -> None:
        by = sorted({one.decided_by.name for one in entries if one.decided_by})
        super().__init__("yearly.conflict", names=[one.name for one in entries], by=by)
        self.entries = entries


def begin_review(told: KeyAccountList, by: User) -> None:
    """Let those who decide about their accounts see the draft.

    Raises YearlyListError `yearly.closed`.
    """
    with transaction.atomic():
        held = _open(told)
        if held.state == KeyAccountList.State.DRAFT:
            held.state = KeyAccountList.State.IN_REVIEW
            held._history_user = by  # type: ignore[attr-defined]
            held.save(update_fields=["state"])


def drop(told: KeyAccountList, by: User) -> None:
    """Give a draft up; it stays to be read.

    Raises YearlyListError `yearly.closed`.
    """
    with transaction.atomic():
        held = _open(told)
        held.state = KeyAccountList.State.DROPPED
        held._history_user = by  # type: ignore[attr-defined]
        held.save(update_fields=["state"])
        changed(KIND, held.pk)


def decide(
    user: User, told: KeyAccountList, versions: Mapping[int, int], choice: str, reason: str = ""
) -> int:
    """Accept, refuse or reopen entries, given with the version that was looked at. Gives how many were changed.

    Accepting one that the ledger does not propose adds it. To refuse, and to add, needs a reason.

    Raises YearlyListError `yearly.closed`, `yearly.not_yours`, `yearly.none_chosen`, `yearly.no_reason`;
    DecisionConflictError `yearly.conflict`, and nothing is written.
    """
    if choice not in CHOICES or not versions:
        raise YearlyListError("yearly.none_chosen")
    with transaction.atomic():
        held = _open(told)
        if not may_review(user, held):
            raise YearlyListError("yearly.not_yours")
        seen = entries_seen_by(user, held).filter(pk__in=list(versions))
        entries = list(seen.select_for_update(of=("self",)).select_related("decided_by"))
        if len(entries) != len(versions):
            raise YearlyListError("yearly.not_yours")
        conflicts = [one for one in entries if one.version != versions[one.pk]]
        if conflicts:
            raise DecisionConflictError(conflicts)
        return _write(held, entries, choice, reason, user)


def add_account(user: User, told: KeyAccountList, account: Account, reason: str) -> ListEntry:
    """Put an account on the list that the ledger does not propose.

    Raises YearlyListError `yearly.closed`, `yearly.not_yours`, `yearly.no_reason`, `yearly.on_list`.
    """
    with transaction.atomic():
        held = _open(told)
        if not may_review(user, held) or not visible_accounts(user).filter(pk=account.pk).exists():
            raise YearlyListError("yearly.not_yours")
        said(reason)
        entry = held.entries.select_for_update(of=("self",)).filter(account=account).first()
        if entry is not None and entry.is_on_list:
            raise YearlyListError("yearly.on_list", name=account.name)
        if entry is None:
            entry = ListEntry(
                key_list=held,
                account=account,
                code=account.code,
                name=account.name,
                proposed=False,
                place=_last_place(held) + 1,
                **_of_the_run(held, account),
            )
            entry._history_user = user  # type: ignore[attr-defined]
            entry.save()
        _write(held, [entry], "accept", reason, user)
    return entry


def look(user: User, told: KeyAccountList) -> None:
    """Keep that somebody has looked at a list."""
    ListLook.objects.update_or_create(key_list=told, user=user, defaults={"at": timezone.now()})


def said(reason: str) -> str:
    """A reason, without which nothing is done. Raises YearlyListError `yearly.no_reason`."""
    reason = reason.replace("\x00", "").strip()[:LONGEST]
    if not reason:
        raise YearlyListError("yearly.no_reason")
    return reason


def _write(held: KeyAccountList, entries: Iterable[ListEntry], choice: str, reason: str, user: User) -> int:
    entries, now = list(entries), timezone.now()
    needs = choice == "refuse" or (choice == "accept" and not all(one.proposed for one in entries))
    reason = said(reason) if needs else reason.strip()[:LONGEST]
    for one in entries:
        if choice == "accept":
            one.decision = Decision.ACCEPTED if one.proposed else Decision.ADDED
        else:
            one.decision = Decision.REFUSED if choice == "refuse" else Decision.OPEN
        one.decided_by, one.decided_at, one.reason = user, now, reason
        one.version += 1
    names = ["decision", "decided_by", "decided_at", "reason", "version"]
    bulk_update_with_history(entries, ListEntry, names, batch_size=BATCH, default_user=user)
    changed(KIND, held.pk)
    return len(entries)


def _of_the_run(held: KeyAccountList, account: Account) -> dict[str, object]:
    """What the list's run says of an account that was not in question."""
    rows = result(held.run, [account.code]).to_pylist()
    if not rows:
        return {"reasons": [{"code": "reason.no_lines_in_year", "values": {}}]}
    return {
        "verdict": rows[0]["verdict"],
        "reasons": reasons_as_json(reasons_of_run(held.run, rows[0])),
        "figures": figures_of(rows[0]),
    }


def _last_place(held: KeyAccountList) -> int:
    return held.entries.order_by("-place").values_list("place", flat=True).first() or 0


def _open(told: KeyAccountList) -> KeyAccountList:
    """Locked, so that nothing is decided while it is being published."""
    held = KeyAccountList.objects.select_for_update(of=("self",)).select_related("run").get(pk=told.pk)
    if not held.is_open:
        raise YearlyListError("yearly.closed", year=held.year)
    return held
