"""Comments: said, changed for a while, removed, with their history; colleagues to mention."""

from itertools import pairwise

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.company.presets import setting
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work import comments as services
from keyaccount_web.work.about import subject_of, url_of
from keyaccount_web.work.models import Comment
from keyaccount_web.work.views.activity import activity_page
from keyaccount_web.work.views.common import account_seen


def _one(request: Request, pk: int) -> Comment:
    return get_object_or_404(services.comments_seen_by(request.user), pk=pk)


def _url(comment: Comment) -> str:
    if comment.account_id is None:
        raise Http404
    return f"{url_of(comment.about_kind, comment.account_id, comment.about_id)}#comment-{comment.pk}"


@require_POST
def add(request: Request) -> HttpResponse:
    about = subject_of(request.user, request.POST.get("about", ""))
    text = request.POST.get("text", "")
    try:
        comment = services.say_about(request.user, about, text)
    except KeyAccountError as error:
        account = account_seen(request, about.account.pk)
        return activity_page(
            request, account, about=about, comment_text=text, comment_error=error.text(lang()), status=422
        )
    return redirect(_url(comment))


def edit(request: Request, pk: int) -> HttpResponse:
    comment = _one(request, pk)
    minutes = setting("comment.edit_minutes")
    if comment.author_id != request.user.pk or comment.removed_at:
        raise PermissionDenied
    text, error_text = comment.text, ""
    if not services.may_edit(request.user, comment, minutes=minutes):
        error_text = services.CommentError("comment.late", minutes=minutes).text(lang())
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            services.edit(comment, text)
        except KeyAccountError as error:
            error_text = error.text(lang())
        else:
            return redirect(_url(comment))
    context = {
        "comment": comment,
        "text": text,
        "error": error_text,
        "minutes": minutes,
        "longest": services.LONGEST,
        "mention_url": f"{reverse('comment_mention')}?about=account:{comment.account_id}",
    }
    return render(request, "work/comment_edit.html", context, status=422 if error_text else 200)


@require_POST
def remove(request: Request, pk: int) -> HttpResponse:
    comment = _one(request, pk)
    if not services.may_remove(request.user, comment):
        raise PermissionDenied
    services.remove(comment, request.user)
    messages.success(request, message("comment.removed_now", lang()))
    return redirect(_url(comment))


@require_GET
def history(request: Request, pk: int) -> HttpResponse:
    """What it said before, for its author and heads."""
    comment = _one(request, pk)
    if not services.may_see_history(request.user, comment):
        raise PermissionDenied
    versions = list(comment.history.select_related("history_user")[:51])
    older = {newer.pk: before for newer, before in pairwise(versions)}
    # Removing saves the text once more: only versions that say something else are shown.
    shown = [one for one in versions[:50] if one.pk not in older or older[one.pk].text != one.text]
    return render(request, "work/comment_history.html", {"comment": comment, "versions": shown})


@require_GET
def mention(request: Request) -> HttpResponse:
    """Colleagues who may be mentioned about a record, by what stands behind the `@`; only a part of a page."""
    if not request.htmx:
        raise Http404
    about = subject_of(request.user, request.GET.get("about", ""))
    found = services.suggestions(request.GET.get("q", "").strip()[:60], about.account)
    names = [user.name for user in found]
    offered = [(user, user.username if names.count(user.name) > 1 else user.name) for user in found]
    return render(request, "work/mentions.html", {"offered": offered})
