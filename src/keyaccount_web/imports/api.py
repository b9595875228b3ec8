"""Endpoints on imports, of the ledger and of records: brought, checked, taken in, reported, taken back (K9, R1).

A file goes the way it goes on the pages: `POST /imports` looks into it, `/check` judges every row, `/start` takes the good ones in.
Check and import are worked on in the background: ask for the import until its state changes, or have a webhook told.
"""

from datetime import datetime
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.http import Http404
from ninja import Field, File, Form, Router, Schema, Status, UploadedFile

from keyaccount.know.workbook.fields import KINDS
from keyaccount.ledger.mapping import LEDGER
from keyaccount.ledger.store.place import store_place
from keyaccount.ledger.store.undo import undo_import
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, sees_all
from keyaccount_web.api.kit import (
    ApiRequest,
    Cursor,
    Id,
    Input,
    Limit,
    by_number,
    file_answer,
    in_query,
    keyset,
    needs,
    one_of,
    page_schema,
)
from keyaccount_web.api.problems import ApiError, FieldProblem, field_problem, refused
from keyaccount_web.imports import services
from keyaccount_web.imports.models import FileImport, ImportRow
from keyaccount_web.imports.services import LEDGER_SHEET
from keyaccount_web.imports.tasks import row_reason
from keyaccount_web.imports.views import WORKBOOK, changes_of, ledger_report, mapping_problems, may_import
from keyaccount_web.lists.exports import json_value
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.tables.ledger import imports_of_all, refused_rows

router = Router(tags=["imports"])
State = FileImport.State
FIELDS = {
    LEDGER_SHEET: [one.name for one in LEDGER.fields],
    **{name: [one.name for one in kind.fields] for name, kind in KINDS.items()},
}


class SheetOut(Schema):
    """A sheet, or a text file: what it is taken for, and which column holds which field."""

    name: str
    columns: list[str]
    kind: str
    mapping: dict[str, str]
    questions: dict[str, list[str]]


class ImportOut(Schema):
    """A file on its way. `problems`: what must be chosen before it can be checked; `error`: why it could not be worked on."""

    id: int
    kind: FileImport.Kind
    file_name: str
    sha256: str
    size: int
    state: State
    progress: int
    created_at: datetime
    done_at: datetime | None
    undone_at: datetime | None
    sheets: list[SheetOut]
    problems: list[str]
    error: str | None
    report: dict[str, Any] | None


class SheetIn(Input):
    """How a sheet is to be read; `kind`: ledger, or accounts, contacts, staff, groups; empty: leave it out."""

    name: str = Field(max_length=300)
    kind: str = Field(max_length=20)
    mapping: dict[str, str] = Field(max_length=100, description="Field → column.")


class CheckIn(Input):
    """What is left out stays as it was guessed."""

    sheets: list[SheetIn] = Field([], max_length=200)
    source: str | None = Field(None, max_length=100, description="Ledger: the source's name.")
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    decimal_mark: Literal["point", "comma"] | None = None
    keep_unassigned: bool = False
    erase: bool = Field(False, description="Records: empty cells erase what is there.")


class StartIn(Input):
    """What somebody decides after the check."""

    on_overlap: Literal["replace", "add"] | None = Field(None, description="Ledger: what comes again.")
    left_out: list[str] = Field(
        [], max_length=1000, description="Records: codes of new accounts that are there already."
    )


class RowOut(Schema):
    """A row, why it was refused, or what it changes: field, before, after."""

    sheet: str
    row: int
    kind: str
    state: str
    key: str
    reason: str | None
    changes: list[list[str]]


class LedgerImportOut(Schema):
    """An import of the ledger, whoever brought it."""

    id: int
    source: str
    state: str
    lines: int
    net_amount: str
    first_date: str | None
    last_date: str | None
    imported_by: str | None
    imported_at: str | None
    undone_at: str | None
    refused_files: list[str]


def _own(request: ApiRequest, pk: int) -> FileImport:
    told = one_of(FileImport.objects.filter(by=request.user), pk)
    if not may_import(request.user, told.kind):
        raise PermissionDenied
    return told


def _import(told: FileImport) -> dict[str, Any]:
    names = (
        "id",
        "kind",
        "file_name",
        "sha256",
        "size",
        "state",
        "progress",
        "created_at",
        "done_at",
        "undone_at",
    )
    sheets = told.choices.get("sheets", [])
    is_open = told.state in (State.UPLOADED, State.CHECKED)
    return {
        **{name: getattr(told, name) for name in names},
        "sheets": [
            {name: sheet.get(name) or _empty(name) for name in SheetOut.model_fields} for sheet in sheets
        ],
        "problems": mapping_problems(told, [dict(one) for one in sheets]) if is_open else [],
        "error": (told.error or {}).get(lang()),
        "report": _report(told),
    }


def _empty(name: str) -> Any:
    return {"columns": [], "mapping": {}, "questions": {}}.get(name, "")


def _report(told: FileImport) -> dict[str, Any] | None:
    if told.report is None:
        return None
    report = {name: value for name, value in told.report.items() if name != "refused_rows"}
    if told.kind == LEDGER_SHEET:
        found = ledger_report(told)
        report |= {"must_decide": bool(found["to_decide"]), "nothing_new": found["nothing_new"]}
    return report


def _in_state(told: FileImport, *states: str) -> None:
    if told.state not in states:
        raise ApiError("api.import_state", status=409, state=told.state, allowed=list(states))


@router.get(
    "/imports",
    auth=needs("read"),
    response=page_schema("Import", ImportOut),
    summary="One's own imports, newest first",
)
def list_imports(
    request: ApiRequest, limit: Limit, after: Cursor = None, kind: FileImport.Kind | None = in_query(None)
) -> Any:
    kinds = [one for one in FileImport.Kind.values if may_import(request.user, one) and kind in (None, one)]
    if not kinds:
        raise PermissionDenied
    rows = FileImport.objects.filter(by=request.user, kind__in=kinds).exclude(state=State.DISCARDED)
    found, next_page = keyset(rows, limit=limit, after=after)
    return {"items": [_import(one) for one in found], "after": next_page}


@router.post("/imports", auth=needs("import"), response={201: ImportOut}, summary="Bring a file")
def bring(request: ApiRequest, kind: Form[FileImport.Kind], file: File[UploadedFile]) -> Any:
    if not may_import(request.user, kind):
        raise PermissionDenied
    return Status(201, _import(services.bring(kind, file, request.user)))


@router.get("/imports/{import_id}", auth=needs("read"), response=ImportOut, summary="Where an import stands")
def read_import(request: ApiRequest, import_id: Id) -> Any:
    return _import(_own(request, import_id))


@router.delete(
    "/imports/{import_id}",
    auth=needs("import"),
    response=ImportOut,
    summary="Throw away what has not come in",
)
def discard(request: ApiRequest, import_id: Id) -> Any:
    told = _own(request, import_id)
    _in_state(told, State.UPLOADED, State.CHECKING, State.CHECKED, State.DISCARDED)
    services.discard(told)
    return _import(told)


@router.post(
    "/imports/{import_id}/check", auth=needs("import"), response={202: ImportOut}, summary="Judge every row"
)
def check(request: ApiRequest, import_id: Id, told: CheckIn) -> Any:
    record = _own(request, import_id)
    _in_state(record, State.UPLOADED, State.CHECKED)
    sheets = _chosen(record, told.sheets)
    options: dict[str, Any] = {"erase": told.erase}
    if record.kind == LEDGER_SHEET:
        options = {
            "source": (told.source or "").strip(),
            "date_order": told.date_order or "",
            "decimal_mark": told.decimal_mark or "",
            "keep_unassigned": told.keep_unassigned,
        }
    problems = mapping_problems(record, [dict(one) for one in sheets])
    if problems:
        raise refused(*(FieldProblem("sheets", "mapping", text) for text in problems))
    services.choose(record, sheets, options)
    services.begin(record, State.CHECKING)
    record.refresh_from_db()
    return Status(202, _import(record))


def _chosen(record: FileImport, asked: list[SheetIn]) -> list[dict[str, Any]]:
    """The sheets as they were guessed, changed by what is asked. Raises ApiError `api.invalid`."""
    sheets = [dict(one) for one in record.choices["sheets"]]
    by_name = {one["name"]: one for one in sheets}
    kinds = [LEDGER_SHEET] if record.kind == LEDGER_SHEET else list(KINDS)
    problems = []
    for at, one in enumerate(asked):
        sheet, place = by_name.get(one.name), f"sheets.{at}"
        if sheet is None:
            problems.append(field_problem(f"{place}.name", "one_of", allowed=list(by_name), value=one.name))
            continue
        if one.kind not in ("", *kinds):
            problems.append(field_problem(f"{place}.kind", "one_of", allowed=kinds, value=one.kind))
            continue
        for name, column in one.mapping.items():
            if one.kind and name not in FIELDS[one.kind]:
                problems.append(
                    field_problem(f"{place}.mapping", "one_of", allowed=FIELDS[one.kind], value=name)
                )
            if column not in sheet["columns"]:
                problems.append(
                    field_problem(f"{place}.mapping.{name}", "one_of", allowed=sheet["columns"], value=column)
                )
        sheet |= {"kind": one.kind, "mapping": one.mapping, "questions": {}}
    if problems:
        raise refused(*problems)
    return sheets


@router.post(
    "/imports/{import_id}/start",
    auth=needs("import"),
    response={202: ImportOut},
    summary="Take the good rows in",
)
def start(request: ApiRequest, import_id: Id, told: StartIn) -> Any:
    record = _own(request, import_id)
    _in_state(record, State.CHECKED)
    if record.kind == LEDGER_SHEET:
        if ledger_report(record)["to_decide"] and told.on_overlap is None:
            raise refused(field_problem("on_overlap", "decide"))
        record.choices["on_overlap"] = told.on_overlap
        record.save(update_fields=["choices"])
    else:
        services.leave_out(record, told.left_out)
    services.begin(record, State.IMPORTING)
    record.refresh_from_db()
    return Status(202, _import(record))


@router.get(
    "/imports/{import_id}/rows",
    auth=needs("read"),
    response=page_schema("Row", RowOut),
    summary="Its rows: refused, new, changed …",
)
def list_rows(
    request: ApiRequest,
    import_id: Id,
    limit: Limit,
    after: Cursor = None,
    state: ImportRow.State = in_query(ImportRow.State.REFUSED),
) -> Any:
    """Of the ledger only refused rows are kept here, the first 200; all of them are in the file of refused rows."""
    record = _own(request, import_id)
    if record.kind == LEDGER_SHEET:
        rows = (record.report or {}).get("refused_rows", []) if state == ImportRow.State.REFUSED else []
        at = by_number(after)
        items = [
            {
                "sheet": one["place"],
                "row": one["row"],
                "kind": LEDGER_SHEET,
                "state": "refused",
                "key": "",
                "reason": one[lang()],
                "changes": [],
            }
            for one in rows[at : at + limit]
        ]
        return {"items": items, "after": str(at + limit) if at + limit < len(rows) else None}
    found, next_page = keyset(
        ImportRow.objects.filter(source=record, state=state), limit=limit, after=after, descending=False
    )
    return {"items": [_row(one) for one in found], "after": next_page}


def _row(row: ImportRow) -> dict[str, Any]:
    names = ("sheet", "row", "kind", "state", "key")
    is_refused = row.state == ImportRow.State.REFUSED
    return {
        **{name: getattr(row, name) for name in names},
        "reason": row_reason(row, lang()) if is_refused else None,
        "changes": [[str(part) for part in one] for one in changes_of(row)],
    }


@router.get(
    "/imports/{import_id}/refused", auth=needs("read"), summary="The refused rows of a workbook, to be mended"
)
def refused_book(request: ApiRequest, import_id: Id) -> Any:
    record = _own(request, import_id)
    return file_answer(services.refused_file(record), f"refused-{record.pk}.xlsx", WORKBOOK)


@router.post(
    "/imports/{import_id}/undo", auth=needs("import"), response=ImportOut, summary="Back to what was before"
)
def undo(request: ApiRequest, import_id: Id) -> Any:
    """Of records; of the ledger what this file brought, where nothing stands on it."""
    record = _own(request, import_id)
    if record.kind == LEDGER_SHEET:
        _in_state(record, State.DONE)
        for number in reversed((record.report or {}).get("imports", [])):
            undo_import(store_place(), number, by=request.user.name)
            services.ledger_undone(number)
        record.refresh_from_db()
    else:
        services.undo(record, request.user)
    return _import(record)


# --- the ledger as a whole


def _all_seeing_only(request: ApiRequest) -> None:
    if not (may(request.user, Right.IMPORT) and sees_all(request.user)):
        raise PermissionDenied


@router.get(
    "/ledger/imports",
    auth=needs("read"),
    response=list[LedgerImportOut],
    tags=["ledger"],
    summary="All imports of the ledger, newest first",
)
def list_ledger_imports(request: ApiRequest) -> Any:
    _all_seeing_only(request)
    return [
        {
            "id": one.import_id,
            "refused_files": list(one.refused_files),
            **{
                name: json_value(getattr(one, name))
                for name in LedgerImportOut.model_fields
                if name not in ("id", "refused_files")
            },
        }
        for one in reversed(imports_of_all())
    ]


@router.post(
    "/ledger/imports/{number}/undo",
    auth=needs("import"),
    response=list[LedgerImportOut],
    tags=["ledger"],
    summary="Take an import of the ledger back",
)
def undo_ledger(request: ApiRequest, number: Id) -> Any:
    _all_seeing_only(request)
    if number not in {one.import_id for one in imports_of_all()}:
        raise Http404
    undo_import(store_place(), number, by=request.user.name)
    services.ledger_undone(number)
    return list_ledger_imports(request)


@router.get(
    "/ledger/imports/{number}/refused/{name}",
    auth=needs("read"),
    tags=["ledger"],
    summary="The refused rows of an import of the ledger",
)
def ledger_refused(request: ApiRequest, number: Id, name: str) -> Any:
    _all_seeing_only(request)
    path = refused_rows(number, name)
    if path is None:
        raise Http404
    return file_answer(path, name, "text/csv; charset=utf-8")
