"""Pages of approvals: those that wait, one of them, its decision."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.approvals import services
from keyaccount_web.approvals.kinds import KINDS
from keyaccount_web.approvals.models import Approval
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work.texts import say

ROWS = 50
STATES = {"open": (Approval.State.OPEN,), "closed": tuple(set(Approval.State) - {Approval.State.OPEN})}


def helper_of(request: Request) -> User | None:
    """Who acts in the reader's name; None: nobody does."""
    return request.helper if request.acting else None


@require_GET
def approvals(request: Request) -> HttpResponse:
    """Those that one asked for or may decide, the newest first."""
    state = request.GET.get("state", "open")
    states = STATES.get(state, STATES["open"])
    found = services.approvals_seen_by(request.user).filter(state__in=states)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    rows = [(one, say(one.code, lang(), one.values)) for one in page]
    return render(request, "approvals/approvals.html", {"rows": rows, "page": page, "state": state})


@require_GET
def approval(request: Request, pk: int) -> HttpResponse:
    """One of them: what, why, by whom, what became of it."""
    told = _one(request, pk)
    return render(
        request,
        "approvals/approval.html",
        {
            "approval": told,
            "what": say(told.code, lang(), told.values),
            "subject": KINDS[told.kind].url(told.subject_id),
            "may_decide": services.may_decide(request.user, told) and not request.acting,
            "may_withdraw": told.state == Approval.State.OPEN
            and request.user.pk in (told.asked_by_id, told.helper_id),
            "is_own": request.user.pk in (told.asked_by_id, told.helper_id),
            "versions": told.history.select_related("history_user").order_by("history_date", "history_id"),
        },
    )


@require_POST
def decide(request: Request, pk: int) -> HttpResponse:
    """Grant or refuse."""
    told = _one(request, pk)
    granted = request.POST.get("decision") == "granted"
    if not granted and request.POST.get("decision") != "refused":
        raise PermissionDenied
    try:
        services.decide(
            told,
            by=request.user,
            granted=granted,
            answer=request.POST.get("answer", ""),
            digest=request.POST.get("digest", ""),
            helper=helper_of(request),
        )
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
    else:
        messages.success(request, message(f"approval.now_{'granted' if granted else 'refused'}", lang()))
    return redirect("approval", pk)


@require_POST
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Whoever asked takes it back."""
    try:
        services.withdraw(_one(request, pk), by=request.user, answer=request.POST.get("answer", ""))
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
    else:
        messages.success(request, message("approval.now_withdrawn", lang()))
    return redirect("approval", pk)


def _one(request: Request, pk: int) -> Approval:
    return get_object_or_404(services.approvals_seen_by(request.user), pk=pk)
