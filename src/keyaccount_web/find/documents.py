"""How does a run become a PDF or a workbook, for a reader who may see some accounts and perhaps no figure of the company?"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction
from django.http import Http404

from keyaccount.find.board import board_pdf
from keyaccount.find.document import (
    ImportedFile,
    Known,
    ListDocument,
    Point,
    entries_of,
    without_the_whole,
)
from keyaccount.find.export import with_reasons
from keyaccount.find.key_accounts import Summary
from keyaccount.find.losses import losses
from keyaccount.find.segments import SEGMENT_FIELDS
from keyaccount.find.settings import FindSettings
from keyaccount.find.three_years import YearFigures
from keyaccount.find.whale import whale
from keyaccount.find.workbook import write_workbook
from keyaccount.plain import from_plain
from keyaccount.reasons import Reason
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, sees_all, visible_accounts, visible_codes
from keyaccount_web.find.sections import sees_runs
from keyaccount_web.lists.models import Export, scope_of
from keyaccount_web.operate.queue import enqueue_with_records
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.parts import parts_of
from keyaccount_web.runs.services import reasons_for, result, settings_of

EXPORT = "run-document"
ENDINGS = ("pdf", "xlsx")
AT_ONCE = {"pdf": 1000, "xlsx": 3000}
"""Accounts up to which a file takes less than two seconds: those printed, and all of them."""


@dataclass(frozen=True)
class _Rows:
    """Rows of a run with the reasons that a user may read."""

    accounts: pa.Table
    user: User
    run: Run

    def reasons(self, row: Mapping[str, Any]) -> list[Reason]:
        return reasons_for(self.user, self.run, row)


def run_document(user: User, run: Run) -> ListDocument:
    """The list of a finished run, cut to what `user` may see.

    Raises RunError `run.no_result`.
    """
    return document_of_rows(user, run, result(run, visible_codes(user)))


def document_of_rows(user: User, run: Run, rows: pa.Table) -> ListDocument:
    """The same from rows of its result that have been read already."""
    told = run.summary or {}
    settings = from_plain(FindSettings, told["settings"]) if "settings" in told else settings_of(run)
    owners = dict(
        visible_accounts(user)
        .filter(owner__isnull=False, figures__in_set=True)
        .values_list("code", "owner__name")
    )
    known = {code: Known(owner=name) for code, name in owners.items()}
    document = ListDocument(
        settings=settings,
        entries=entries_of(rows, _Rows(rows, user, run), known),
        snapshot=run.snapshot,
        version=run.version,
        run=run.pk,
        is_cut=not sees_all(user),
    )
    if not may(user, Right.COMPANY_FIGURES):
        return without_the_whole(document)
    summary = from_plain(Summary, told["summary"])
    of_losses: tuple[Mapping[str, Any], ...] = ()
    if sees_all(user):
        ranked = rows.filter(pc.invert(rows["is_unassigned"]))
        lost = losses(ranked, basis=settings.basis, sales=summary.sales, profit=summary.profit)
        of_losses = tuple(lost.to_pylist())
    return replace(
        document,
        summary=summary,
        years=tuple(from_plain(YearFigures, year) for year in told["years"]),
        sales_curve=_points(told.get("curve")),
        profit_curve=_points(told.get("profit_curve")),
        losses=of_losses,
        whale=whale(rows) if sees_all(user) else None,
        segments={
            name: tuple(part)
            for name, part in parts_of(run).segment_figures().items()
            if name in SEGMENT_FIELDS
        }
        if sees_all(user)
        else {},
        notes=tuple(Reason(note["code"], note["values"]) for note in told["notes"]),
        imports=tuple(
            # Never where a file lay, only what it was called.
            ImportedFile(PurePath(str(one["file"])).name, one.get("sha256") or "", one.get("source") or "")
            for one in run.imports
        ),
    )


def _points(points: list[dict[str, Any]] | None) -> tuple[Point, ...]:
    return tuple(Point(one["accounts_share"], one["running_share"]) for one in points or [])


def run_file(user: User, run: Run, ending: str, lang: str) -> bytes:
    """The file: `pdf` or `xlsx`."""
    rows = result(run, visible_codes(user))
    document = document_of_rows(user, run, rows)
    if ending == "pdf":
        return board_pdf(document, lang)
    told = with_reasons(_Rows(rows, user, run), lang) if document.summary is not None else None
    file = io.BytesIO()
    write_workbook(file, document, lang, accounts=told)
    return file.getvalue()


def takes_long(run: Run, ending: str) -> bool:
    """Whether a file is better made in the background."""
    summary = (run.summary or {}).get("summary") or {}
    if ending == "pdf":
        return bool(
            summary.get("set_size", 0) + summary.get("verdicts", {}).get("rising", 0) > AT_ONCE["pdf"]
        )
    return bool(summary.get("accounts", 0) > AT_ONCE["xlsx"])


@transaction.atomic
def have_made(user: User, run: Run, ending: str, lang: str) -> Export:
    """Have the file made in the background; it waits among one's exports."""
    from keyaccount_web.lists.tasks import write_export

    export = Export.objects.create(
        user=user, listing=EXPORT, asked={"run": run.pk}, format=ending, lang=lang, posts=scope_of(user)
    )
    enqueue_with_records(write_export, export.pk)
    return export


def make(export: Export, path: Path) -> int:
    """What the worker does for `have_made`. Gives how many accounts are on the list."""
    run = Run.objects.filter(pk=export.asked["run"], state=Run.State.DONE).first()
    if run is None or not sees_runs(export.user):
        raise Http404
    path.write_bytes(run_file(export.user, run, export.format, export.lang))
    return len(run_document(export.user, run).listed)
