"""A run, or a yearly list, as a PDF or a workbook: at once, or made in the background where that takes longer."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.find.documents import ENDINGS, have_made, run_file
from keyaccount_web.find.lists.pages import list_seen
from keyaccount_web.find.lists.printing import have_made as have_list_made
from keyaccount_web.find.lists.printing import list_file, takes_long
from keyaccount_web.find.sections import sees_runs
from keyaccount_web.runs.models import Run
from keyaccount_web.shell.templatetags.pages import lang

_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _run(request: Request, pk: int, ending: str) -> Run:
    if not sees_runs(request.user):
        raise PermissionDenied
    if ending not in ENDINGS:
        raise Http404
    return get_object_or_404(Run, pk=pk, kind="find", state=Run.State.DONE)


@require_GET
def run_document(request: Request, pk: int, ending: str) -> HttpResponse:
    """The file as the answer."""
    run = _run(request, pk, ending)
    content = run_file(request.user, run, ending, lang())
    return _attached(content, message("documents.file_name", lang(), run=run.pk), ending)


def _attached(content: bytes, name: str, ending: str) -> HttpResponse:
    response = HttpResponse(content, content_type=_TYPES[ending])
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.{ending}") or ""
    return response


@require_GET
def list_document(request: Request, pk: int, ending: str) -> HttpResponse:
    """The yearly list, as far as the reader may see it."""
    told = list_seen(request, pk)
    if ending not in ENDINGS:
        raise Http404
    try:
        content = list_file(request.user, told, ending, lang())
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
        return redirect("key_list", pk)
    return _attached(content, message("yearly.file_name", lang(), year=told.year), ending)


@require_POST
def have_list_document_made(request: Request, pk: int, ending: str) -> HttpResponse:
    """The file at once, or among one's exports where it takes longer."""
    told = list_seen(request, pk)
    if ending not in ENDINGS:
        raise Http404
    if not takes_long(told, ending):
        return redirect("list_document", pk, ending)
    have_list_made(request.user, told, ending, lang())
    return redirect("exports")


@require_POST
def have_run_document_made(request: Request, pk: int, ending: str) -> HttpResponse:
    """The file among one's exports, as soon as it is made."""
    have_made(request.user, _run(request, pk, ending), ending, lang())
    return redirect("exports")
