"""Pages of touches: record one, on the road and without a connection; look at it, put it right, take it back (C3)."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.staticfiles import finders
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.cover import recording
from keyaccount_web.cover.forms import PROMISES, NewTouchForm, TouchForm
from keyaccount_web.cover.models import Touch
from keyaccount_web.cover.offered import known_of, offered_accounts
from keyaccount_web.cover.presets import effort
from keyaccount_web.cover.touches import visible_touches
from keyaccount_web.know.models import Account
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work import freshness
from keyaccount_web.work.views.to_do import rows_of

SHOWN = (*recording.CHANGED, "removed_at")


@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    """The page; posted by a form, or by the browser's outbox, which asks for JSON."""
    if not recording.may_record(request.user):
        raise PermissionDenied
    as_json = request.headers.get("Accept", "").startswith("application/json")
    problem, status = "", 200
    if request.method == "POST":
        form = NewTouchForm(request.POST, request.FILES, user=request.user)
        status = 422
        if form.is_valid():
            try:
                touch, is_new = recording.record_touch(by=request.user, **form.touch_fields())
            except KeyAccountError as error:
                problem = error.text(lang())
            else:
                url = reverse("touch", args=[touch.pk])
                if as_json:
                    return JsonResponse({"id": touch.pk, "url": url}, status=201 if is_new else 200)
                messages.success(request, message("touch.kept", lang(), name=touch.account.name))
                return redirect(url)
        if as_json:
            told = [problem] if problem else [
                f"{form.fields[name].label or name}: {errors[0]}" if name in form.fields else str(errors[0])
                for name, errors in form.errors.items()
            ]  # fmt: skip
            return JsonResponse({"told": "\n".join(told)}, status=422)
    else:
        form = NewTouchForm(user=request.user, initial=_presets(request.GET.get("kind", "")))
    chosen = _chosen(request)
    offered = offered_accounts(request.user, chosen)
    return render(
        request,
        "cover/touch_new.html",
        {
            "form": form,
            "problem": problem,
            "chosen": chosen,
            "offered": offered,
            "known": known_of(request.user, offered),
            "promises": [(form[f"promise_{at}"], form[f"promise_{at}_date"]) for at in range(PROMISES)],
            "efforts": {"visit": effort().visit, "executive": effort().executive, "call": effort().call},
            "may_check_in": recording.is_check_in_time(timezone.now()),
            "hours": recording.check_in_hours(),
            **_about(chosen),
        },
        status=status,
    )


@require_GET
def of_account(_request: Request, pk: int) -> HttpResponse:
    """From a list of accounts to the form with one of them chosen; the form says whether it may be seen."""
    return redirect(f"{reverse('touch_new')}?{urlencode({'account': pk})}")


@require_GET
def about(request: Request) -> HttpResponse:
    """What to confirm with the account that was chosen: a part of the page."""
    return render(request, "cover/touch_confirm.html", _about(_chosen(request)))


def _about(account: Account | None) -> dict[str, Any]:
    return {"questions": freshness.questions(account) if account else []}


def _chosen(request: Request) -> Account | None:
    asked = request.POST.get("account") or request.GET.get("account", "")
    if not asked.isdecimal() or len(asked) > 18:
        return None
    return visible_accounts(request.user).filter(pk=int(asked)).select_related("figures").first()


def _presets(asked: str) -> dict[str, Any]:
    usual = effort()
    kind = asked if asked in Touch.Kind.values else Touch.Kind.VISIT
    return {
        "kind": kind,
        "trigger": Touch.Trigger.STANDARD,
        "began_at": timezone.localtime().replace(second=0, microsecond=0),
        "minutes": usual.visit if kind == Touch.Kind.VISIT else usual.call,
        "travel_minutes": usual.travel,
        "client_id": uuid4(),
    }


@require_GET
def token(request: Request) -> HttpResponse:
    """For the browser's outbox: a fresh token to send with, and whose outbox may be sent."""
    return JsonResponse({"token": get_token(request), "user": request.user.pk})


@require_GET
def worker(_request: Request) -> HttpResponse:
    """The service worker: its address decides which pages it may keep."""
    path = finders.find("cover/worker.js")
    if path is None:
        raise Http404
    with open(str(path), encoding="utf-8") as file:
        return HttpResponse(file.read(), content_type="text/javascript")


@require_GET
def touch(request: Request, pk: int) -> HttpResponse:
    """One touch, what followed from it, who changed what."""
    seen = Touch.objects.filter(account__in=visible_accounts(request.user))
    told = get_object_or_404(seen.select_related("account", "by", "photo", "removed_by"), pk=pk)
    if told.removed_at is not None and not recording.may_put_right(request.user, told):
        raise Http404
    return render(
        request,
        "cover/touch.html",
        {
            "touch": told,
            "account": told.account,
            "contacts": list(told.contacts.all()),
            "learned": [(name, getattr(told, name)) for name in recording.LEARNED if getattr(told, name)],
            "rows": rows_of(request.user, recording.to_dos_of(told)),
            "may_put_right": recording.may_put_right(request.user, told),
            "history": _history(told),
        },
    )


@require_http_methods(["GET", "POST"])
def change(request: Request, pk: int) -> HttpResponse:
    """Put right what was written; who is late is told and loses nothing typed."""
    told = _to_put_right(request, pk)
    initial: dict[str, Any] = {name: getattr(told, name) for name in recording.CHANGED}
    initial |= {"version": told.version, "contacts": [one.pk for one in told.contacts.all()]}
    form = TouchForm(request.POST or None, user=request.user, account=told.account, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                recording.change_touch(told, version=form.cleaned_data["version"] or 0, **form.touch_fields())
            except KeyAccountError as error:
                form.add_error(None, error.text(lang()))
                form.data = {**request.POST.dict(), "contacts": request.POST.getlist("contacts"), "version": str(told.version)}  # fmt: skip
                status = 409
            else:
                messages.success(request, message("touch.changed", lang()))
                return redirect("touch", told.pk)
    return render(
        request,
        "cover/touch_form.html",
        {"form": form, "touch": told, "account": told.account},
        status=status,
    )


@require_POST
def remove(request: Request, pk: int) -> HttpResponse:
    """It was no touch; to be undone on its page."""
    told = _to_put_right(request, pk)
    version = request.POST.get("version", "")
    try:
        recording.take_back(
            told, by=request.user, version=int(version) if version.isdecimal() and len(version) < 9 else 0
        )
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
    else:
        messages.success(request, message("touch.taken_back", lang()))
    return redirect("touch", told.pk)


@require_POST
def restore(request: Request, pk: int) -> HttpResponse:
    """Undo of taking it back."""
    seen = Touch.objects.filter(account__in=visible_accounts(request.user)).select_related("account")
    told = get_object_or_404(seen, pk=pk)
    if not recording.may_put_right(request.user, told):
        raise PermissionDenied
    recording.bring_back(told)
    messages.success(request, message("touch.brought_back", lang()))
    return redirect("touch", told.pk)


def _to_put_right(request: Request, pk: int) -> Touch:
    told = get_object_or_404(visible_touches(request.user), pk=pk)
    if not recording.may_put_right(request.user, told):
        raise PermissionDenied
    return told


def _history(told: Touch) -> list[dict[str, Any]]:
    versions = list(told.history.select_related("history_user")[:50])
    entries = []
    for place, newer in enumerate(versions):
        older = versions[place + 1] if place + 1 < len(versions) else None
        changes = []
        if older is not None:
            changes = [
                (message(f"touch.{name}", lang()), _shown(older, name), _shown(newer, name))
                for name in SHOWN
                if getattr(newer, name) != getattr(older, name)
            ]
        entries.append({"entry": newer, "changes": changes, "is_first": older is None})
    # Keeping the photo and the like changes nothing that was written.
    return [one for one in entries if one["changes"] or one["is_first"]]


def _shown(version: Any, name: str) -> str:
    value = getattr(version, name)
    if name in ("kind", "trigger"):
        return message(f"touch.{name}.{value}", lang())
    if name == "is_executive":
        return message("touch.yes" if value else "touch.no", lang())
    if name == "removed_at" and value:
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    return str(value) if value not in (None, "") else "—"
