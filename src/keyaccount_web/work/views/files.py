"""Files of an account: listed, added, handed out, removed, brought back."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.company.presets import settings_of
from keyaccount_web.know.tabs import account_context
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work import attachments as services
from keyaccount_web.work.about import Subject, subject_of
from keyaccount_web.work.file_kinds import KINDS
from keyaccount_web.work.models import Attachment
from keyaccount_web.work.views.common import account_seen

ROWS = 100
AT_ONCE = 20


@require_GET
def files(request: Request, pk: int) -> HttpResponse:
    return _page(request, Subject(account_seen(request, pk)))


def _page(
    request: Request, about: Subject, *, added: list[str] | None = None, refused: list[str] | None = None
) -> HttpResponse:
    user, account = request.user, about.account
    found = services.attachments_seen_by(user).filter(account=account)
    limits = settings_of("file.")
    context = {
        "account": account,
        "about": about,
        "files": [(one, may_remove_file(user, one)) for one in found.filter(removed_at=None)[:ROWS]],
        "removed": [one for one in found.exclude(removed_at=None)[:ROWS] if may_remove_file(user, one)],
        "total": services.total_size(account),
        "megabytes": limits["most_megabytes"],
        "keep_days": limits["keep_days"],
        "accept": ",".join(ending for kind in KINDS.values() for ending in kind.endings),
        "added": added or [],
        "refused": refused or [],
    }
    if request.htmx:
        return render(request, "work/files.html#box", context)
    context |= account_context(request, account, "account_files")
    return render(request, "work/files.html", context)


def may_remove_file(user: User, attachment: Attachment) -> bool:
    """One's own; a head's any."""
    return attachment.added_by_id == user.pk or may(user, Right.ASSIGN)


@require_POST
def add(request: Request) -> HttpResponse:
    """One or several; each that is refused says why, the others are kept."""
    about = subject_of(request.user, request.POST.get("about", ""))
    added, refused = [], []
    given = request.FILES.getlist("file")
    for file in given[:AT_ONCE]:
        name = (file.name or "")[:200]
        try:
            added.append(services.attach(request.user, about, name, file.chunks()).name)
        except KeyAccountError as error:
            refused.append(f"{name}{'：' if lang() == 'zh' else ': '}{error.text(lang())}")
    if not given:
        refused.append(message("file.none_chosen", lang()))
    if len(given) > AT_ONCE:
        refused.append(message("file.many", lang(), n=AT_ONCE))
    if request.htmx:
        return _page(request, about, added=added, refused=refused)
    for text in refused:
        messages.error(request, text)
    if added:
        messages.success(request, message("file.added", lang(), names=added))
    return redirect("account_files", about.account.pk)


@require_GET
def download(request: Request, pk: int) -> FileResponse:
    """Always to be saved, never to be run or shown within the app's own pages."""
    attachment = get_object_or_404(services.attachments_seen_by(request.user), pk=pk, removed_at=None)
    try:
        content = services.path_of(attachment.sha256).open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        content,
        as_attachment=True,
        filename=attachment.name,
        content_type=KINDS[attachment.kind].media_type,
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_POST
def remove(request: Request, pk: int) -> HttpResponse:
    attachment = get_object_or_404(services.attachments_seen_by(request.user), pk=pk, removed_at=None)
    if not may_remove_file(request.user, attachment):
        raise PermissionDenied
    services.remove(attachment, request.user)
    return _answer(request, attachment)


@require_POST
def back(request: Request, pk: int) -> HttpResponse:
    found = services.attachments_seen_by(request.user).exclude(removed_at=None)
    attachment = get_object_or_404(found, pk=pk)
    if not may_remove_file(request.user, attachment):
        raise PermissionDenied
    services.bring_back(attachment)
    return _answer(request, attachment)


def _answer(request: Request, attachment: Attachment) -> HttpResponse:
    if attachment.account is None:
        raise Http404
    if request.htmx:
        return _page(request, Subject(attachment.account))
    return redirect(reverse("account_files", args=[attachment.account.pk]))
