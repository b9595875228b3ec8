"""Pages of an import, step by step: upload, columns, check, import, report, undo. Each sees their own."""

import io
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.know.workbook.exported import shown
from keyaccount.know.workbook.fields import KINDS
from keyaccount.know.workbook.files import write_template
from keyaccount.language import message
from keyaccount.ledger.mapping import LEDGER
from keyaccount.ledger.store.place import store_place
from keyaccount.ledger.store.undo import undo_import
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right, Role
from keyaccount_web.access.scope import may, sees_all
from keyaccount_web.imports import services
from keyaccount_web.imports.models import FileImport, ImportRow
from keyaccount_web.imports.services import LEDGER_SHEET
from keyaccount_web.imports.sheets.registry import SHEETS, all_words, sheets
from keyaccount_web.imports.sheets.writing import is_own
from keyaccount_web.imports.tasks import row_reason
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.tables.ledger import imports_of_all

SHOWN = 100
State = FileImport.State
STEPS = ("upload", "columns", "check", "import", "report")
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def may_import(user: User, kind: str) -> bool:
    """Whether somebody may bring a file of this kind at all; what of it they may is judged row by row."""
    if kind == FileImport.Kind.LEDGER:
        return may(user, Right.IMPORT) and sees_all(user)
    return kind == FileImport.Kind.RECORDS and (
        may(user, Right.EDIT_ACCOUNTS) or may(user, Right.MANAGE_USERS)
    )


def record_kinds(user: User) -> list[str]:
    """The sheets that somebody may bring."""
    kinds = ["accounts", "contacts", "groups"] if may(user, Right.EDIT_ACCOUNTS) else []
    kinds += ["staff"] if may(user, Right.MANAGE_USERS) else []
    return [*kinds, *(sheet.name for sheet in sheets() if sheet.may(user))] if kinds else kinds


def sheet_columns(user: User) -> list[dict[str, Any]]:
    """Each sheet that somebody may bring with its columns, as the page lists them."""
    return [
        {
            "name": name,
            "title": kind_title(name),
            "fields": [
                {
                    "title": KINDS[name].title(one.name, lang()),
                    "is_key": one.name in KINDS[name].keys[0],
                    "is_needed": one.needed,
                    "note": message(f"records.note.{one.kind}", lang(), longest=one.longest),
                    "words": [message(code, lang()) for code in SHEETS[name].words_of(one.name).values()]
                    if name in SHEETS
                    else [],
                }
                for one in KINDS[name].fields
            ],
        }
        for name in record_kinds(user)
    ]


def _own(request: Request, pk: int) -> FileImport:
    told = get_object_or_404(FileImport, pk=pk, by=request.user)
    if not may_import(request.user, told.kind):
        raise PermissionDenied
    return told


@require_GET
def imports(request: Request) -> HttpResponse:
    """What may be brought, and what has been."""
    kinds = [kind for kind in FileImport.Kind.values if may_import(request.user, kind)]
    if not kinds:
        raise PermissionDenied
    return render(
        request,
        "imports/imports.html",
        {
            "kinds": kinds,
            "columns": sheet_columns(request.user),
            "may_export": may(request.user, Right.EDIT_ACCOUNTS),
            "own": FileImport.objects.filter(by=request.user, kind__in=kinds).exclude(state=State.DISCARDED)[
                :50
            ],
            "limit": settings.UPLOAD_LIMIT >> 20,
            "days": settings.IMPORT_DAYS,
        },
    )


@require_GET
def template(request: Request, kind: str) -> FileResponse:
    """An empty workbook to fill in; `all`: every sheet that one may bring."""
    allowed = record_kinds(request.user)
    kinds = allowed if kind == "all" else [one for one in allowed if one == kind]
    if not kinds:
        raise Http404
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.xlsx"
        words = {
            name: [message(code, lang()) for code in told.values()] for name, told in all_words().items()
        }
        words["role"] = [message(f"role.{role}", lang()) for role in Role.values]
        write_template(path, kinds, lang(), choices=words)
        content = io.BytesIO(path.read_bytes())
    name = f"{message('imports.template_file', lang())}.xlsx"
    return FileResponse(content, as_attachment=True, filename=name, content_type=WORKBOOK)


@require_POST
def upload(request: Request, kind: str) -> HttpResponse:
    """Take a file; what is wrong with it as a whole is told at once."""
    if kind not in FileImport.Kind.values:
        raise Http404
    if not may_import(request.user, kind):
        raise PermissionDenied
    file = request.FILES.get("file")
    if getattr(request, "upload_too_large", False):
        messages.error(request, message("imports.too_large", lang(), limit=settings.UPLOAD_LIMIT >> 20))
    elif file is None:
        messages.error(request, message("imports.no_file", lang()))
    else:
        try:
            return redirect("import_columns", services.bring(kind, file, request.user).pk)
        except KeyAccountError as error:
            messages.error(request, error.text(lang()))
    return redirect("imports")


@require_GET
def current(request: Request, pk: int) -> HttpResponse:
    """Where the import stands."""
    told = _own(request, pk)
    if told.state == State.DISCARDED:
        return redirect("imports")
    if told.state == State.UPLOADED:
        return redirect("import_columns", pk)
    return redirect(
        "import_report" if told.state in (State.DONE, State.UNDONE, State.IMPORTING) else "import_check", pk
    )


@require_http_methods(["GET", "POST"])
def columns(request: Request, pk: int) -> HttpResponse:
    """Which sheet is what, and which column holds which field: guessed, shown, corrected here."""
    told = _own(request, pk)
    if told.state not in (State.UPLOADED, State.CHECKED):
        return redirect("import", pk)
    sheets, problems = told.choices["sheets"], []
    options = {name: value for name, value in told.choices.items() if name != "sheets"}
    status = 200
    if request.method == "POST":
        sheets, changed = _asked_sheets(request, told)
        options = _asked_options(request, told)
        problems = [] if changed else mapping_problems(told, sheets)
        if changed:
            messages.info(request, message("imports.kind_changed", lang()))
        elif not problems:
            services.choose(told, sheets, options)
            services.begin(told, State.CHECKING)
            return redirect("import_check", pk)
        status = 422 if problems else 200
    return render(
        request,
        "imports/columns.html",
        {
            **_frame(told, "columns"),
            "sheets": [_shown_sheet(request.user, told, at, sheet) for at, sheet in enumerate(sheets)],
            "options": options,
            "problems": problems,
            "sources": sorted({one.source for one in imports_of_all()}) if told.kind == LEDGER_SHEET else [],
        },
        status=status,
    )


def _asked_sheets(request: Request, told: FileImport) -> tuple[list[dict[str, Any]], bool]:
    """The sheets as the form has them; and whether one is of another kind now, so that its columns must be looked at."""
    sheets, changed = [], False
    allowed = [LEDGER_SHEET] if told.kind == LEDGER_SHEET else list(KINDS)
    for at, known in enumerate(told.choices["sheets"]):
        kind = request.POST.get(f"sheet-{at}-kind", known["kind"])
        kind = kind if kind in allowed else ""
        sheet = {**known, "kind": kind}
        if kind and kind != request.POST.get(f"sheet-{at}-was", kind) and told.kind != LEDGER_SHEET:
            sheet |= services.record_guess(kind, known["columns"])
            changed = True
        elif f"sheet-{at}-was" in request.POST:
            sheet |= {"mapping": {}, "questions": {}, "twice": []}
            for place, column in enumerate(known["columns"]):
                field = request.POST.get(f"sheet-{at}-column-{place}", "")
                if field in sheet["mapping"]:
                    sheet["twice"] = [*sheet["twice"], field]
                elif field:
                    sheet["mapping"] = {**sheet["mapping"], field: column}
        sheets.append(sheet)
    return sheets, changed


def _asked_options(request: Request, told: FileImport) -> dict[str, Any]:
    if told.kind != LEDGER_SHEET:
        return {"erase": bool(request.POST.get("erase"))}
    return {
        "source": request.POST.get("source", "").strip()[:100],
        "date_order": request.POST.get("date_order")
        if request.POST.get("date_order") in ("dmy", "mdy", "ymd")
        else "",
        "decimal_mark": request.POST.get("decimal_mark")
        if request.POST.get("decimal_mark") in ("point", "comma")
        else "",
        "keep_unassigned": bool(request.POST.get("keep_unassigned")),
    }


def mapping_problems(told: FileImport, sheets: list[dict[str, Any]]) -> list[str]:
    """All that must be put right before the rows can be looked at."""
    problems = []
    used = [sheet for sheet in sheets if sheet["kind"]]
    if not used:
        problems.append(message("imports.no_sheet", lang()))
    for sheet in used:
        fields = _fields(told, sheet["kind"])
        problems += [
            message("imports.twice", lang(), sheet=sheet["name"], field=fields.get(name, name))
            for name in sheet.pop("twice", [])
        ]
        if any(name not in fields for name in sheet["mapping"]):
            problems.append(message("imports.no_such_field", lang(), sheet=sheet["name"]))
            continue
        if told.kind == LEDGER_SHEET:
            needs = [[list(answer) for answer in need] for need in LEDGER.needed]
        else:
            needs = [[list(key) for key in KINDS[sheet["kind"]].keys]]
        for answers in needs:
            if not any(all(name in sheet["mapping"] for name in answer) for answer in answers):
                either = message("imports.or", lang()).join(
                    " + ".join(fields[name] for name in answer) for answer in answers
                )
                problems.append(message("imports.needs", lang(), sheet=sheet["name"], fields=either))
    if told.kind == LEDGER_SHEET and len({tuple(sorted(one["mapping"].items())) for one in used}) > 1:
        problems.append(message("imports.other_headers", lang()))
    return problems


def _fields(told: FileImport, kind: str) -> dict[str, str]:
    """Field → its name for the reader."""
    if told.kind == LEDGER_SHEET:
        return {field.name: message(f"imports.ledger.{field.name}", lang()) for field in LEDGER.fields}
    return {field.name: KINDS[kind].title(field.name, lang()) for field in KINDS[kind].fields} if kind else {}


def _shown_sheet(user: User, told: FileImport, at: int, sheet: dict[str, Any]) -> dict[str, Any]:
    """A sheet as the page has it: a line for each column, with examples and the field chosen."""
    by_column = {column: name for name, column in sheet["mapping"].items()}
    asked = {column for found in sheet["questions"].values() for column in found}
    kinds = [LEDGER_SHEET] if told.kind == LEDGER_SHEET else record_kinds(user)
    if sheet["kind"] and sheet["kind"] not in kinds:
        # Not theirs to bring: its rows are refused with that reason, not left out without a word.
        kinds = [*kinds, sheet["kind"]]
    fields = _fields(told, sheet["kind"])
    return {
        **sheet,
        "at": at,
        "kinds": [(kind, kind_title(kind)) for kind in kinds],
        "fields": list(fields.items()),
        "asked": [
            message("imports.question", lang(), field=fields.get(name, name), columns=found)
            for name, found in sheet["questions"].items()
        ],
        "lines": [
            {
                "at": place,
                "column": column,
                "samples": [row[place] for row in sheet["samples"] if place < len(row) and row[place]],
                "field": by_column.get(column, ""),
                "is_asked": column in asked,
            }
            for place, column in enumerate(sheet["columns"])
        ],
    }


@require_GET
def check(request: Request, pk: int) -> HttpResponse:
    """All that is wrong with the file, and all that it would change, before anything is written."""
    told = _own(request, pk)
    if told.state not in (State.CHECKING, State.CHECKED):
        return redirect("import", pk)
    context = _frame(told, "check")
    if told.state == State.CHECKED:
        context |= (
            ledger_report(told)
            if told.kind == LEDGER_SHEET
            else _records_report(told, request.GET.get("show"))
        )
        context["same"] = services.earlier(told)
    return render(request, "imports/check.html", context)


def _records_report(told: FileImport, show: str | None) -> dict[str, Any]:
    """Counts, and the first rows of each sort."""
    rows = ImportRow.objects.filter(source=told)
    totals = (told.report or {}).get("counts", {})
    shown = show if show in ImportRow.State.values else None
    total = totals.get("all", dict.fromkeys(ImportRow.State.values, 0))
    shown = shown or next((one for one in ("refused", "changed", "new") if total[one]), "unchanged")
    told_rows = [
        {
            "row": row,
            "kind": message(f"records.{row.kind}", lang()),
            "reason": row_reason(row, lang()),
            "changes": changes_of(row),
        }
        for row in rows.filter(state=shown)[:SHOWN]
    ]
    alike = [
        {
            "row": row,
            "name": (row.new or {}).get("name", row.key),
            "others": [_alike(one) for one in row.alike],
        }
        for row in rows.filter(kind="accounts", state="new", alike__isnull=False)[:SHOWN]
    ]
    return {
        "total": total,
        "kinds": [(kind, totals[kind]) for kind in KINDS if kind in totals],
        "tabs": [(state, total[state]) for state in ImportRow.State.values],
        "shown": shown,
        "rows": told_rows,
        "more": max(0, total[shown] - len(told_rows)),
        "alike": alike,
        "alike_total": (told.report or {}).get("alike", 0),
        "alike_more": max(0, (told.report or {}).get("alike", 0) - len(alike)),
        "has_refused": services.refused_file(told).exists(),
    }


def changes_of(row: ImportRow) -> list[tuple[str, str, str]]:
    """Field, what it was, what it becomes."""
    told = []
    for name, value in (row.new or {}).items():
        if not is_own(name) or name in ("post_id", "account") or (row.kind == "groups" and name != "parent"):
            continue
        title = message("imports.post", lang()) if name == "post" else KINDS[row.kind].title(name, lang())
        was = (row.old or {}).get(name, "")
        told.append((title, _value(row.kind, name, was), _value(row.kind, name, value)))
    return told


def kind_title(kind: str) -> str:
    """What a sheet of that kind is called."""
    return message("imports.kind.ledger" if kind == LEDGER_SHEET else f"records.{kind}", lang())


def _value(kind: str, name: str, value: str) -> str:
    if not value:
        return value
    if kind in SHEETS:
        return shown(KINDS[kind].field(name), value, lang(), SHEETS[kind].words_of(name))
    if name == "role":
        return message(f"role.{value}", lang())
    if name == "post":
        role, unit = value.split(" ", 1)
        return f"{message(f'role.{role}', lang())} · {unit}"
    return value


def _alike(one: dict[str, Any]) -> dict[str, Any]:
    reasons = [message(reason["code"], lang(), **reason["values"]) for reason in one["reasons"]]
    return {**one, "reasons": reasons}


def ledger_report(told: FileImport) -> dict[str, Any]:
    """What the check of a ledger file, or its import, has found."""
    found = told.report or {}
    return {
        "found": found,
        "refused_rows": [{**row, "reason": row[lang()]} for row in found.get("refused_rows", [])],
        "to_decide": [
            one for one in found.get("sources", []) if one["difference"] and not one["difference"]["is_none"]
        ],
        "nothing_new": bool(found.get("sources")) and not any(_brings(one) for one in found["sources"]),
        "refused_links": [
            (number, name)
            for number in found.get("imports", [])
            for name in found.get("files", [])
            if name.startswith(f"{number}-")
        ],
    }


def _brings(source: dict[str, Any]) -> bool:
    difference = source["difference"]
    return source["lines"] > 0 or bool(difference and not difference["is_none"])


@require_GET
def progress(request: Request, pk: int) -> HttpResponse:
    """How far the work is; the whole page anew when it is done."""
    told = _own(request, pk)
    if told.state not in (State.CHECKING, State.IMPORTING):
        answer = HttpResponse()
        answer["HX-Redirect"] = reverse("import", args=[pk])
        return answer
    return render(request, "imports/progress.html", _frame(told, "check"))


@require_POST
def start(request: Request, pk: int) -> HttpResponse:
    """Take in what has been checked."""
    told = _own(request, pk)
    if told.state != State.CHECKED:
        return redirect("import", pk)
    if told.kind == LEDGER_SHEET:
        choice = request.POST.get("on_overlap", "")
        if ledger_report(told)["to_decide"] and choice not in ("replace", "add"):
            messages.error(request, message("imports.decide", lang()))
            return redirect("import_check", pk)
        told.choices["on_overlap"] = choice if choice in ("replace", "add") else None
        told.save(update_fields=["choices"])
    else:
        left = request.POST.getlist("left_out")[:SHOWN]
        services.leave_out(told, left)
    services.begin(told, State.IMPORTING)
    return redirect("import_report", pk)


@require_POST
def again(request: Request, pk: int) -> HttpResponse:
    """Take up work that has died."""
    told = _own(request, pk)
    if services.is_stalled(told):
        services.begin(told, State(told.state))
    return redirect("import", pk)


@require_GET
def report(request: Request, pk: int) -> HttpResponse:
    """What came of it."""
    told = _own(request, pk)
    if told.state not in (State.IMPORTING, State.DONE, State.UNDONE):
        return redirect("import", pk)
    context = _frame(told, "import" if told.state == State.IMPORTING else "report")
    if told.state != State.IMPORTING:
        context |= (
            ledger_report(told)
            if told.kind == LEDGER_SHEET
            else _records_report(told, request.GET.get("show"))
        )
    return render(request, "imports/report.html", context)


@require_GET
def refused(request: Request, pk: int) -> FileResponse:
    """The rows to mend and bring again."""
    told = _own(request, pk)
    path = services.refused_file(told)
    if not path.exists():
        raise Http404
    stem = told.file_name.rsplit(".", 1)[0]
    name = f"{stem}-{message('imports.refused_file', lang())}.xlsx"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=WORKBOOK)


@require_POST
def undo(request: Request, pk: int) -> HttpResponse:
    """Back to what was before."""
    told = _own(request, pk)
    try:
        services.undo(told, request.user)
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
    else:
        messages.success(request, message("imports.undone", lang()))
    return redirect("import", pk)


@require_POST
def undo_ledger(request: Request, number: int) -> HttpResponse:
    """Take an import of the ledger back."""
    if not may_import(request.user, LEDGER_SHEET):
        raise PermissionDenied
    try:
        undo_import(store_place(), number, by=request.user.name)
        services.ledger_undone(number)
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
    else:
        messages.success(request, message("imports.ledger_undone", lang(), number=number))
    return redirect("ledger")


@require_POST
def discard(request: Request, pk: int) -> HttpResponse:
    """Throw away a file that has not come in."""
    services.discard(_own(request, pk))
    return redirect("imports")


def _frame(told: FileImport, step: str) -> dict[str, Any]:
    """What every page of an import shows: its file, its steps, what went wrong."""
    here = STEPS.index(step)
    open_steps = {"columns": "import_columns"} if told.state in (State.UPLOADED, State.CHECKED) else {}
    if told.state == State.CHECKED:
        open_steps["check"] = "import_check"
    return {
        "told": told,
        "is_ledger": told.kind == LEDGER_SHEET,
        "steps": [
            {
                "number": at + 1,
                "name": message(f"imports.step_name.{name}", lang()),
                "state": "done" if at < here else "here" if at == here else "later",
                "url": open_steps.get(name, "") if at != here else "",
            }
            for at, name in enumerate(STEPS)
        ],
        "is_stalled": services.is_stalled(told),
        "is_working": told.state in (State.CHECKING, State.IMPORTING),
    }
