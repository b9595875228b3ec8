"""Pages on the ledger as a whole: its imports, and the rows that were refused. Only for those who may see every account."""

import io
import tempfile
from pathlib import Path

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from keyaccount.ledger.refused import refused_workbook
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, sees_all
from keyaccount_web.tables.ledger import imports_of_all, refused_rows

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _all_seeing_only(request: Request) -> None:
    if not (may(request.user, Right.IMPORT) and sees_all(request.user)):
        raise PermissionDenied


@require_GET
def imports(request: Request) -> HttpResponse:
    """What came in when, from where, by whom, and what became of it."""
    _all_seeing_only(request)
    records = imports_of_all()
    return render(
        request,
        "ledger/imports.html",
        {
            "records": list(reversed(records)),
            "lines": sum(record.current_lines for record in records),
            "amount": sum(record.current_amount for record in records),
        },
    )


@require_GET
def refused(request: Request, number: int, name: str) -> FileResponse:
    """The refused rows of an import, to be mended and brought again: as they are kept, or `?as=xlsx`."""
    _all_seeing_only(request)
    path = refused_rows(number, name)
    if path is None:
        raise Http404
    if request.GET.get("as") == "xlsx":
        with tempfile.TemporaryDirectory() as folder:
            book = Path(folder) / "refused.xlsx"
            if refused_workbook(path, book):
                told = io.BytesIO(book.read_bytes())
                return FileResponse(
                    told, as_attachment=True, filename=f"{path.stem}.xlsx", content_type=WORKBOOK
                )
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=name, content_type="text/csv; charset=utf-8"
    )
