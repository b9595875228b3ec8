"""All records of accounts as one workbook: of one account at once, of many among one's exports."""

import tempfile
from io import BytesIO
from pathlib import Path

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.imports.sheets.exporting import WHOSE, have_made, write_export
from keyaccount_web.know.record_kit import account_of, editors_only
from keyaccount_web.shell.templatetags.pages import lang

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
def account_records(request: Request, pk: int) -> FileResponse:
    """The file as the answer."""
    account = account_of(request, pk, to_edit=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.xlsx"
        write_export(path, request.user, visible_accounts(request.user).filter(pk=account.pk), lang())
        content = BytesIO(path.read_bytes())
    name = f"{message('imports.export_file', lang(), code=account.code)}.xlsx"
    return FileResponse(content, as_attachment=True, filename=name, content_type=WORKBOOK)


@require_POST
def export(request: Request, whose: str) -> HttpResponse:
    """The file among one's exports, as soon as it is made."""
    editors_only(request)
    if whose not in WHOSE:
        raise Http404
    have_made(request.user, whose, lang())
    return redirect("exports")
