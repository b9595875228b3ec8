"""How is a list published? On a clean basis, or with a reason why not; asked by one, decided by another; then frozen (F7, R2).

ask_to_publish(analyst, told, of=director, reason="…")   # the director decides on the page of approvals
verify(told)                                             # the frozen document is what was published
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from keyaccount import __version__
from keyaccount.files import written_whole
from keyaccount.ledger.merged import survivors
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.api.events import tell
from keyaccount_web.approvals.kinds import Kind
from keyaccount_web.approvals.models import Approval
from keyaccount_web.approvals.services import ask
from keyaccount_web.find.lists.proposing import LONGEST, YearlyListError
from keyaccount_web.find.lists.reading import lists_seen_by, may_ask, on_list, progress, sees_whole
from keyaccount_web.find.lists.reviewing import KIND
from keyaccount_web.find.models import KeyAccountList, ListEntry
from keyaccount_web.find.shown import shape_notes
from keyaccount_web.runs.services import kept_inputs, merged_otherwise, result
from keyaccount_web.tables.ledger import imports_of_all, keep_snapshot, newest_snapshot
from keyaccount_web.work.notify import notify

UNCLEAN_NOTES = {
    "note.no_cost",
    "note.cost_incomplete",
    "note.no_orders",
    "note.history_short",
    "note.year_short",
    "note.tied_at_line",
}
"""What a run notes of its own basis that makes it unclean; its other notes are to be kept in mind."""
FORMAT = 1
"""Of the frozen document."""


def findings(told: KeyAccountList) -> list[dict[str, Any]]:
    """What is not clean about what the list rests on: code and values each; empty: nothing."""
    run = told.run
    notes = (run.summary or {}).get("notes", [])
    found = [note for note in notes if note["code"] in UNCLEAN_NOTES]
    held = {one["import"] for one in run.imports}
    refused = [one for one in imports_of_all() if one.import_id in held and one.refused]
    if refused:
        values = {
            "rows": sum(one.refused for one in refused),
            "amount": str(sum(one.refused_amount for one in refused)),
            "imports": [one.import_id for one in refused],
        }
        found.append({"code": "yearly.unclean.refused", "values": values})
    newest = newest_snapshot()
    if newest is not None and newest != run.snapshot:
        values = {"run": run.pk, "snapshot": run.snapshot, "newest": newest}
        found.append({"code": "yearly.unclean.older", "values": values})
    merged = merged_otherwise(run)
    if merged:
        found.append({"code": "yearly.unclean.merged", "values": {"accounts": sorted(merged)}})
    return found


def in_mind(told: KeyAccountList) -> list[dict[str, Any]]:
    """What else a reader of the list should know: what could not be judged, and where 80/20 says little."""
    summary = told.run.summary or {}
    notes = [note for note in summary.get("notes", []) if note["code"] not in UNCLEAN_NOTES]
    return [*shape_notes(summary.get("summary", {})), *notes]


def ask_to_publish(
    user: User,
    told: KeyAccountList,
    *,
    of: User,
    reason: str,
    unclean_reason: str = "",
    helper: User | None = None,
) -> Approval:
    """Ask another person to publish the list as it stands.

    `unclean_reason`: why it may be published although its basis is not clean; stays in the document.

    Raises YearlyListError `yearly.closed`, `yearly.not_whole`, `yearly.undecided`, `yearly.nobody_on_it`, `yearly.unclean`;
    ApprovalError of `ask`.
    """
    if not may_ask(user):
        raise YearlyListError("yearly.not_whole")
    # Now, and not when it is granted: an import under way would hold up everybody who writes.
    _keep_snapshot(told)
    with transaction.atomic():
        held = KeyAccountList.objects.select_for_update(of=("self",)).select_related("run").get(pk=told.pk)
        if not held.is_open:
            raise YearlyListError("yearly.closed", year=held.year)
        far = progress(held.entries.all())
        if far.undecided:
            open_ones = held.entries.filter(proposed=True, decision=ListEntry.Decision.OPEN)
            names = list(open_ones.values_list("name", flat=True)[:6])
            raise YearlyListError("yearly.undecided", n=far.undecided, names=names)
        if not far.on_list:
            raise YearlyListError("yearly.nobody_on_it")
        unclean = findings(held)
        unclean_reason = unclean_reason.replace("\x00", "").strip()[:LONGEST]
        if unclean and not unclean_reason:
            raise YearlyListError("yearly.unclean", n=len(unclean))
        held.state = KeyAccountList.State.IN_REVIEW
        held.unclean_reason = unclean_reason if unclean else ""
        held.unclean_by = user if unclean else None
        held._history_user = user  # type: ignore[attr-defined]
        held.save(update_fields=["state", "unclean_reason", "unclean_by"])
        return ask(
            KIND,
            held.pk,
            by=user,
            of=of,
            reason=reason,
            code="yearly.approval",
            values={"year": held.year, "n": far.on_list},
            helper=helper,
        )


def digest(pk: int) -> str | None:
    """Of all that is published with a list, as it stands; None: it is no longer to be published."""
    told = KeyAccountList.objects.select_related("run").filter(pk=pk).first()
    if told is None or not told.is_open:
        return None
    return _sha256({**_head(told), "findings": findings(told), "entries": _entries_told(told)})


def publish(approval: Approval) -> None:
    """What is granted: the list is in force, its snapshot is kept for ever, its document frozen. Another of its year is superseded."""
    told = (
        KeyAccountList.objects.select_for_update(of=("self",))
        .select_related("run", "made_by", "unclean_by")
        .get(pk=approval.subject_id)
    )
    by = approval.decided_by
    told.published_at = approval.decided_at or timezone.now()
    document = _document(told, approval)
    _keep_snapshot(told)
    same_year = KeyAccountList.objects.filter(year=told.year, state=KeyAccountList.State.PUBLISHED)
    for old in same_year.exclude(pk=told.pk):
        old.state = KeyAccountList.State.SUPERSEDED
        old._history_user = by  # type: ignore[attr-defined]
        old.save(update_fields=["state"])
    told.state = KeyAccountList.State.PUBLISHED
    told.document, told.document_sha256 = _freeze(told, document)
    told._history_user = by  # type: ignore[attr-defined]
    told.save(update_fields=["state", "published_at", "document", "document_sha256"])
    owners = User.objects.filter(accounts__list_entries__in=on_list(told.entries.all())).distinct()
    url = reverse("key_list", args=[told.pk])
    tell("list.published", {"list": {"id": told.pk, "year": told.year}})
    notify(owners, "notice.list_published", url=url, values={"year": told.year})


LIST_KIND = Kind(
    KIND,
    Right.PUBLISH,
    digest=digest,
    url=lambda pk: reverse("key_list", args=[pk]),
    seen=lambda user: lists_seen_by(user) if sees_whole(user) else KeyAccountList.objects.none(),
    granted=publish,
)


def _keep_snapshot(told: KeyAccountList) -> None:
    """For ever; nothing happens where it is kept already."""
    if told.run.snapshot is not None:
        facts = {"list": told.pk, "run": told.run_id, "imports": told.run.imports}
        keep_snapshot(f"key account list {told.pk}", told.run.snapshot, facts)


def frozen(told: KeyAccountList) -> dict[str, Any]:
    """The document of a published list, as it was frozen.

    Raises YearlyListError `yearly.no_document`, `yearly.document_changed`.
    """
    path = _folder() / told.document
    if not told.document or not path.is_file():
        raise YearlyListError("yearly.no_document", file=told.document or "—")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != told.document_sha256:
        raise YearlyListError("yearly.document_changed", file=told.document)
    document: dict[str, Any] = json.loads(content)
    return document


def document_path(told: KeyAccountList) -> Path:
    return _folder() / told.document


def _document(told: KeyAccountList, approval: Approval) -> dict[str, Any]:
    run = told.run
    inputs = kept_inputs(run)
    return {
        "format": FORMAT,
        "keyaccount": __version__,
        **_head(told),
        "published_at": told.published_at.isoformat() if told.published_at else None,
        "run": {
            "id": run.pk,
            "keyaccount": run.version,
            "settings": run.settings,
            "snapshot": run.snapshot,
            "imports": run.imports,
            "merged": None if inputs is None else survivors(inputs.merged),
            "result_rows": len(result(run, None)),
        },
        "whole": (run.summary or {}).get("summary"),
        "notes": (run.summary or {}).get("notes", []),
        "unclean": findings(told),
        "entries": _entries_told(told),
        "signatures": [
            {
                "as": "asked",
                "by": _person(approval.asked_by),
                "at": approval.asked_at.isoformat(),
                "said": approval.reason,
            },
            {
                "as": "decided",
                "by": _person(approval.decided_by),
                "at": approval.decided_at.isoformat() if approval.decided_at else None,
                "said": approval.answer,
            },
        ],
        "approval": {"id": approval.pk, "digest": approval.digest, "helper": _person(approval.helper)},
    }


def _head(told: KeyAccountList) -> dict[str, Any]:
    return {
        "list": told.pk,
        "year": told.year,
        "until": told.until.isoformat(),
        "basis": told.basis,
        "made_by": _person(told.made_by),
        "made_at": told.made_at.isoformat(),
        "corrects": told.corrects_id,
        "correction": told.correction,
        "unclean_reason": told.unclean_reason,
        "unclean_by": _person(told.unclean_by),
        "run_id": told.run_id,
        "snapshot": told.run.snapshot,
    }


def _entries_told(told: KeyAccountList) -> list[dict[str, Any]]:
    entries = told.entries.select_related("decided_by").order_by("place", "pk")
    return [
        {
            "code": one.code,
            "name": one.name,
            "on_list": one.is_on_list,
            "decision": one.decision,
            "decided_by": _person(one.decided_by),
            "decided_at": one.decided_at.isoformat() if one.decided_at else None,
            "reason": one.reason,
            "proposed": one.proposed,
            "ways": one.ways,
            "verdict": one.verdict,
            "reasons": one.reasons,
            "figures": one.figures,
        }
        for one in entries
    ]


def _person(user: User | None) -> dict[str, str] | None:
    return None if user is None else {"username": user.username, "name": user.name}


def _freeze(told: KeyAccountList, document: dict[str, Any]) -> tuple[str, str]:
    """Write the document, for nobody to write again. Gives the file's name and its SHA-256."""
    content = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    path = _folder() / f"{told.year}-{told.pk}-{sha256[:12]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as (draft,):
        draft.write_bytes(content)
    path.chmod(0o444)
    return path.name, sha256


def _folder() -> Path:
    return Path(settings.HOME) / "key-lists"


def _sha256(told: Any) -> str:
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
