"""One's notifications: listed, read, leading to their record; by which mails."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from keyaccount_web.access.requests import Request
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work.delivery import text_of
from keyaccount_web.work.models import MailChoice
from keyaccount_web.work.notify import mail_is_set_up, mark_read, notifications_of

ROWS = 50


@require_GET
def notifications(request: Request) -> HttpResponse:
    """The newest first; what one may no longer see is not there."""
    found = notifications_of(request.user)
    after = request.GET.get("after", "")
    if after.isdecimal() and len(after) < 19:
        found = found.filter(pk__lt=int(after))
    shown = list(found.order_by("-pk")[: ROWS + 1])
    choice = MailChoice.objects.filter(user=request.user).values_list("mode", flat=True).first()
    return render(
        request,
        "work/notifications.html",
        {
            "rows": [(one, text_of(one, lang())) for one in shown[:ROWS]],
            "cursor": shown[ROWS - 1].pk if len(shown) > ROWS else "",
            "mail_mode": choice or MailChoice.Mode.DAILY,
            "mail_modes": MailChoice.Mode.values,
            "has_mail": mail_is_set_up(),
        },
    )


@require_POST
def open_one(request: Request, pk: int) -> HttpResponse:
    """Read, and on to its record."""
    told = get_object_or_404(notifications_of(request.user), pk=pk)
    mark_read(request.user, [pk])
    return redirect("notifications" if "stay" in request.POST else told.url)


@require_POST
def read_all(request: Request) -> HttpResponse:
    mark_read(request.user)
    return redirect("notifications")


@require_POST
def mail(request: Request) -> HttpResponse:
    """How one wants them by mail."""
    mode = request.POST.get("mode")
    if mode in MailChoice.Mode.values:
        MailChoice.objects.update_or_create(user=request.user, defaults={"mode": mode})
    return redirect("notifications")
