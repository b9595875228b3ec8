"""How does a yearly list become a PDF for the board, or a workbook, for a reader who may see some of it? (F7)"""

import hashlib
import io
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone

from keyaccount import __version__
from keyaccount.files import written_whole
from keyaccount.find.board import board_pdf
from keyaccount.find.document import (
    ENTRY_FIGURES,
    Changes,
    Decided,
    Entry,
    ListDocument,
    Move,
    Signature,
    without_the_whole,
)
from keyaccount.find.kinds import OPEN
from keyaccount.find.workbook import write_workbook
from keyaccount.find.year_on_year import year_reason
from keyaccount.plain import to_plain
from keyaccount.reasons import Reason
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, sees_all, visible_codes
from keyaccount_web.approvals.models import Approval
from keyaccount_web.find.documents import AT_ONCE, document_of_rows
from keyaccount_web.find.lists import prices
from keyaccount_web.find.lists.comparing import years_of
from keyaccount_web.find.lists.publishing import frozen
from keyaccount_web.find.lists.reading import entries_seen_by, list_before, lists_seen_by, money
from keyaccount_web.find.lists.reviewing import KIND
from keyaccount_web.find.models import KeyAccountList, KindFigures, ListEntry
from keyaccount_web.lists.models import Export, scope_of
from keyaccount_web.runs.services import result
from keyaccount_web.runs.services import without_the_whole as reason_without_the_whole

EXPORT = "list-document"
KEPT_SECONDS = 60 * 24 * 3600
"""How long the file of a published list lies ready after it was last asked for."""
ORDINARY = "ordinary"
"""The role of those who play none."""
_DECIDED: dict[str, Decided] = {"accepted": "accepted", "refused": "refused", "added": "added"}


def list_file(user: User, told: KeyAccountList, ending: str, lang: str) -> bytes:
    """The file: `pdf` or `xlsx`.

    Raises YearlyListError of `frozen`; RunError `run.no_result`.
    """
    document = list_document(user, told)
    if not told.was_published:
        return _written(document, ending, lang)
    path = _kept_path(told, document, ending, lang)
    if path.is_file():
        path.touch()
        return path.read_bytes()
    content = _written(document, ending, lang)
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob(f"{told.pk}-*"):
        if time.time() - old.stat().st_mtime > KEPT_SECONDS:
            old.unlink(missing_ok=True)
    with written_whole(path) as (draft,):
        draft.write_bytes(content)
    return content


def _written(document: ListDocument, ending: str, lang: str) -> bytes:
    if ending == "pdf":
        return board_pdf(document, lang)
    file = io.BytesIO()
    write_workbook(file, document, lang)
    return file.getvalue()


def _kept_path(told: KeyAccountList, document: ListDocument, ending: str, lang: str) -> Path:
    """Named by all that it says, so that it is never another reader's, nor an older one's."""
    said = json.dumps([__version__, lang, to_plain(document)], sort_keys=True, default=str)
    name = f"{told.pk}-{hashlib.sha256(said.encode()).hexdigest()[:32]}.{ending}"
    return Path(settings.HOME) / "key-lists" / "files" / name


def takes_long(told: KeyAccountList, ending: str) -> bool:
    """Whether a file is better made in the background: many entries, or prices of two years still to be worked out."""
    if told.entries.count() > AT_ONCE[ending]:
        return True
    before = list_before(told)
    return before is not None and not prices.ready(before, told)


def have_made(user: User, told: KeyAccountList, ending: str, lang: str) -> Export:
    """Have the file made in the background; it waits among one's exports."""
    from keyaccount_web.lists.tasks import write_export

    export = Export.objects.create(
        user=user, listing=EXPORT, asked={"list": told.pk}, format=ending, lang=lang, posts=scope_of(user)
    )
    transaction.on_commit(lambda: write_export.enqueue(export.pk))
    return export


def make(export: Export, path: Path) -> int:
    """What the worker does for `have_made`. Gives how many entries it tells of."""
    told = get_object_or_404(
        lists_seen_by(export.user).select_related("run", "made_by"), pk=export.asked["list"]
    )
    path.write_bytes(list_file(export.user, told, export.format, export.lang))
    return entries_seen_by(export.user, told).count()


def list_document(user: User, told: KeyAccountList) -> ListDocument:
    """A yearly list as a document: a published one as its frozen document says, cut to what `user` may see."""
    if told.was_published:
        frozen(told)  # nobody is to print what is no longer what was published
    rows = result(told.run, visible_codes(user))
    document = document_of_rows(user, told.run, rows)
    document = replace(
        document,
        entries=_entries(user, told, rows),
        status="published" if told.was_published else "proposed",
        signatures=_signatures(told),
        holds_in=told.year,
    )
    if not may(user, Right.COMPANY_FIGURES):
        return without_the_whole(document)
    return replace(document, changes=_changes(told)) if sees_all(user) else document


def _entries(user: User, told: KeyAccountList, rows: pa.Table) -> tuple[Entry, ...]:
    of_run = {row["account_id"]: row for row in rows.to_pylist()}
    entries = list(entries_seen_by(user, told).select_related("account__owner", "account"))
    kinds = {
        one.account_id: one
        for one in KindFigures.objects.filter(account__in=[entry.account_id for entry in entries])
    }
    return tuple(_entry(user, one, of_run.get(one.code, {}), kinds.get(one.account_id)) for one in entries)


def _entry(user: User, one: ListEntry, row: Mapping[str, Any], kind: KindFigures | None) -> Entry:
    reasons = [Reason(kept["code"], kept["values"]) for kept in one.reasons]
    if not may(user, Right.COMPANY_FIGURES):
        reasons = [reason_without_the_whole(reason) for reason in reasons]
    return Entry(
        account_id=one.code,
        account_name=one.name,
        verdict=one.verdict or "ordinary",
        figures=_figures(one, row),
        reasons=tuple(reasons),
        decision=_DECIDED.get(one.decision, ""),
        decision_reason=one.reason,
        kind=kind.kind if kind and kind.kind != OPEN else "",
        role=kind.role if kind and kind.role != ORDINARY else "",
        owner=one.account.owner.name if one.account.owner else "",
        proposed=one.proposed,
    )


def _figures(one: ListEntry, row: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the run's row, which the list keeps; of an account without a line in the year what the entry says."""
    if row:
        return {name: row[name] for name in ENTRY_FIGURES}
    return {
        **dict.fromkeys(ENTRY_FIGURES),
        **{name: one.figures.get(name) for name in ("orders", "order_days", "active_months")},
        **{name: money(one, name) for name in ("sales", "profit", "cost_to_serve", "sales_year_before")},
        "in_set": False,
    }


def _signatures(told: KeyAccountList) -> tuple[Signature, ...]:
    """Who proposed it, who asked for its publication, who published it."""
    signed = [Signature("proposed", told.made_by.name, timezone.localtime(told.made_at), told.correction)]
    granted = Approval.objects.filter(kind=KIND, subject_id=told.pk, state=Approval.State.GRANTED)
    approval = granted.select_related("asked_by", "decided_by").first()
    if approval is not None and approval.decided_by is not None and approval.decided_at is not None:
        signed += [
            Signature(
                "decided", approval.asked_by.name, timezone.localtime(approval.asked_at), approval.reason
            ),
            Signature(
                "published",
                approval.decided_by.name,
                timezone.localtime(approval.decided_at),
                approval.answer,
            ),
        ]
    return tuple(signed)


def _changes(told: KeyAccountList) -> Changes | None:
    before = list_before(told)
    if before is None:
        return None
    moves = tuple(
        Move(
            row["account_id"],
            row["account_name"],
            row["change"],
            (year_reason(row),),
            row["sales_after"],
            row["sales_before"],
        )
        for row in years_of(before, told).to_pylist()
    )
    return Changes(before.until, moves)
