"""How is a ledger file checked and taken into the store from a page? By the library's own way, which does nothing by halves."""

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from keyaccount.ledger.check import RefusedRow
from keyaccount.ledger.mapping import LEDGER
from keyaccount.ledger.sources import ReadOptions
from keyaccount.ledger.store.imports import ImportOptions, ImportOutcome, import_ledger
from keyaccount.ledger.store.place import store_place
from keyaccount.ledger.store.reading import history
from keyaccount_web.imports import services
from keyaccount_web.imports.models import FileImport

Say = Callable[[int, str], None]
SHOWN_REFUSED = 200
_PERCENT = {"step.open": 5, "step.check": 20, "step.reconcile": 40, "step.stage": 55, "step.compare": 75}


def check_ledger(told: FileImport, say: Say) -> dict[str, Any]:
    """Every problem of the file, and what it brings again; the ledger stays as it is."""
    outcome = _run(told, say, only_compare=True)
    return _report(outcome)


def take_in_ledger(told: FileImport, say: Say) -> dict[str, Any]:
    """The good lines come in, in one transaction."""
    outcome = _run(told, say, only_compare=False)
    ids = [one.import_id for one in outcome.sources if one.import_id is not None]
    report = {**_report(outcome), "imports": ids, "files": [path.name for path in outcome.refused_files]}
    return report if ids else {**report, **_brought_before(told, outcome)}


def _brought_before(told: FileImport, outcome: ImportOutcome) -> dict[str, Any]:
    """What a worker that was killed had brought of this very file before it could say so; empty: nothing."""
    known = {number for one in outcome.sources for _, number in one.known}
    own = [
        record
        for record in history(store_place()).imports
        if record.import_id in known
        and record.undone_at is None
        and record.imported_by == told.by.name
        and record.imported_at.replace(tzinfo=dt.UTC) >= told.created_at.replace(microsecond=0)
    ]
    if not own:
        return {}
    return {
        "imports": [record.import_id for record in own],
        "files": [name for record in own for name in record.refused_files],
        "lines": sum(record.lines for record in own),
        "net_amount": str(sum(record.net_amount for record in own)),
    }


def _run(told: FileImport, say: Say, *, only_compare: bool) -> ImportOutcome:
    choices = told.choices
    sheets = [one for one in choices["sheets"] if one["kind"]]
    columns: dict[str, str] = {}
    for sheet in sheets:
        columns |= sheet["mapping"]
    file = services.file_of(told)
    is_workbook = len(choices["sheets"]) > 1
    read = ReadOptions(
        # Nothing is taken that the page did not show.
        columns={**{field.name: "" for field in LEDGER.fields}, **columns},
        sheets=tuple(one["name"] for one in sheets) if is_workbook else (),
        date_order=choices.get("date_order") or None,
        decimal_mark=choices.get("decimal_mark") or None,
        names={str(file): told.file_name},
        progress=lambda step, _file: say(_PERCENT.get(step, 90 if step.startswith("step.") else 50), step),
    )
    options = ImportOptions(
        on_overlap=choices.get("on_overlap") or None,
        source=choices.get("source") or None,
        by=told.by.name,
        keep_unassigned=bool(choices.get("keep_unassigned")),
        lang=told.by.lang,
        only_compare=only_compare,
    )
    return import_ledger(store_place(), file, read=read, options=options)


def _report(outcome: ImportOutcome) -> dict[str, Any]:
    report = outcome.ledger.report
    return {
        "rows": report.rows,
        "accepted": report.accepted,
        "refused": len(outcome.refused),
        "net_amount": str(sum(one.net_amount for one in outcome.sources)),
        "lines": sum(one.lines for one in outcome.sources),
        "sources": [
            {
                "source": one.source,
                "lines": one.lines,
                "net_amount": str(one.net_amount),
                "known": [list(pair) for pair in one.known],
                "on_overlap": one.on_overlap,
                "difference": _difference(one.difference),
            }
            for one in outcome.sources
        ],
        "refused_rows": [_refused(row) for row in outcome.refused[:SHOWN_REFUSED]],
    }


def _difference(difference: Any) -> dict[str, Any] | None:
    if difference is None:
        return None
    told = {
        name: value if isinstance(value, int | bool | str) else str(value)
        for name, value in asdict(difference).items()
    }
    return {
        **told,
        "imports": list(difference.imports),
        "accounts": list(difference.accounts)[:20],
        "is_none": difference.is_none,
    }


def _refused(row: RefusedRow) -> dict[str, Any]:
    return {"place": row.place, "row": row.row, "zh": row.reason("zh"), "en": row.reason("en")}
