"""Tags: on an account in place, and the company's list of them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts
from keyaccount_web.know.models import Account
from keyaccount_web.lists.exports import ids_of
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work import tags as services
from keyaccount_web.work.models import Tag
from keyaccount_web.work.templatetags.work import tags_context
from keyaccount_web.work.views.common import account_seen


def _account(request: Request, pk: int) -> Account:
    account = account_seen(request, pk)
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied
    return account


@require_POST
def add(request: Request, pk: int) -> HttpResponse:
    account = _account(request, pk)
    typed, problem = request.POST.get("tag", ""), ""
    try:
        services.tag([account], services.tag_named(typed, request.user), request.user)
        typed = ""
    except KeyAccountError as error:
        problem = error.text(lang())
    return _answer(request, account, typed, problem)


@require_POST
def remove(request: Request, pk: int, tag: int) -> HttpResponse:
    account = _account(request, pk)
    services.untag([account], get_object_or_404(Tag, pk=tag))
    return _answer(request, account)


def _answer(request: Request, account: Account, typed: str = "", problem: str = "") -> HttpResponse:
    if request.htmx:
        context = tags_context(request.user, account, typed=typed, problem=problem)
        return render(request, "work/account_tags.html", context)
    if problem:
        messages.error(request, problem)
    return redirect("account", account.pk)


@require_GET
def tags(request: Request) -> HttpResponse:
    """All tags, with how many of the visible accounts bear each."""
    seen = Q(account_tags__account__in=visible_accounts(request.user))
    found = Tag.objects.annotate(n=Count("account_tags", filter=seen)).order_by("name")
    if not may(request.user, Right.ASSIGN):
        found = found.filter(n__gt=0)
    return render(
        request,
        "work/tags.html",
        {"tags": found, "may_change": may(request.user, Right.ASSIGN), "hues": Tag.Hue.values},
    )


@require_POST
def change(request: Request, pk: int) -> HttpResponse:
    """Another name or hue; the name of another tag merges the two."""
    if not may(request.user, Right.ASSIGN):
        raise PermissionDenied
    changed = get_object_or_404(Tag, pk=pk)
    try:
        left = services.change_tag(
            changed, name=request.POST.get("name", ""), hue=request.POST.get("hue", "")
        )
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
    else:
        code = "tag.changed" if left.pk == pk else "tag.merged"
        messages.success(request, message(code, lang(), name=left.name))
    return redirect("tags")


@require_http_methods(["GET", "POST"])
def bulk(request: Request) -> HttpResponse:
    """Put a tag on the selected accounts: the dialog, and what came of it with the way back."""
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied
    told = request.POST if request.method == "POST" else request.GET
    accounts = visible_accounts(request.user).filter(pk__in=ids_of(told.getlist("ids")))
    context = {
        "in_dialog": bool(request.htmx),
        "ids": list(accounts.values_list("pk", flat=True)),
        "names": [name for name, _ in services.tags_seen(request)],
        "typed": request.POST.get("tag", ""),
        "problem": "",
    }
    if request.method == "POST":
        try:
            put_on = services.tag_named(request.POST.get("tag", ""), request.user)
        except KeyAccountError as error:
            context["problem"] = error.text(lang())
        else:
            new = services.tag(accounts, put_on, request.user)
            return render(request, "work/tags_bulk_done.html", {"tag": put_on, "ids": new})
    return render(request, "work/tags_bulk.html", context, status=409 if context["problem"] else 200)


@require_POST
def bulk_undo(request: Request) -> HttpResponse:
    """Take the tag off those that got it."""
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied
    asked = request.POST.get("tag", "")
    taken = get_object_or_404(Tag, pk=int(asked) if asked.isdecimal() and len(asked) < 18 else 0)
    accounts = visible_accounts(request.user).filter(pk__in=ids_of(request.POST.getlist("ids")))
    had = services.untag(accounts, taken)
    messages.success(request, message("bulk.undo_done", lang(), n=len(had)))
    return redirect("accounts")
