"""How does a yearly list become a PDF for the board, or a workbook, for a reader who may see some of it? (F7)"""

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
from django.utils import timezone

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
from keyaccount.reasons import Reason
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, sees_all, visible_codes
from keyaccount_web.approvals.models import Approval
from keyaccount_web.find.documents import document_of_rows
from keyaccount_web.find.lists.comparing import years_of
from keyaccount_web.find.lists.publishing import frozen
from keyaccount_web.find.lists.reading import entries_seen_by, list_before, money
from keyaccount_web.find.lists.reviewing import KIND
from keyaccount_web.find.models import KeyAccountList, KindFigures, ListEntry
from keyaccount_web.runs.services import result
from keyaccount_web.runs.services import without_the_whole as reason_without_the_whole

ORDINARY = "ordinary"
"""The role of those who play none."""
_DECIDED: dict[str, Decided] = {"accepted": "accepted", "refused": "refused", "added": "added"}


def list_file(user: User, told: KeyAccountList, ending: str, lang: str) -> bytes:
    """The file: `pdf` or `xlsx`.

    Raises YearlyListError of `frozen`; RunError `run.no_result`.
    """
    document = list_document(user, told)
    if ending == "pdf":
        return board_pdf(document, lang)
    file = io.BytesIO()
    write_workbook(file, document, lang)
    return file.getvalue()


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
