"""The tab of an account with everything that happened, where one says something and gives something to do."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.company.presets import setting
from keyaccount_web.know.models import Account
from keyaccount_web.know.tabs import account_context
from keyaccount_web.work import comments, to_do
from keyaccount_web.work.about import Subject
from keyaccount_web.work.models import ToDo
from keyaccount_web.work.timeline import sources, timeline
from keyaccount_web.work.views.common import account_seen
from keyaccount_web.work.views.to_do import ToDoForm, rows_of

OPEN_SHOWN = 20


@require_GET
def activity(request: Request, pk: int) -> HttpResponse:
    return activity_page(request, account_seen(request, pk))


def activity_page(
    request: Request,
    account: Account,
    *,
    about: Subject | None = None,
    comment_text: str = "",
    comment_error: str = "",
    to_do_form: ToDoForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The tab, also as the answer to what could not be taken, with what was typed."""
    user = request.user
    about = about or Subject(account)
    only = request.GET.get("only", "")
    only = only if only in sources() else ""
    entries, cursor = timeline(user, account, after=request.GET.get("after", ""), only=only)
    minutes = setting("comment.edit_minutes")
    context = {
        "entries": entries,
        "cursor": cursor,
        "only": only,
        "sources": sources(),
        "about": about,
        "account": account,
        "editable": {
            entry.pk
            for entry in entries
            if entry.template == "work/entry_comment.html"
            and comments.may_edit(user, entry.record, minutes=minutes)
        },
        "is_head": may(user, Right.ASSIGN),
    }
    if request.htmx and request.GET.get("after"):
        return render(request, "work/activity.html#entries", context)
    open_ones = to_do.to_dos_seen_by(user).filter(account=account, state=ToDo.State.OPEN)
    return render(
        request,
        "work/activity.html",
        {
            **account_context(request, account, "account_activity"),
            **context,
            "rows": rows_of(user, open_ones.order_by("due_date", "pk")[:OPEN_SHOWN]),
            "to_do_form": to_do_form
            or ToDoForm(by=user, about=about, initial={"due_date": timezone.localdate()}),
            "comment_text": comment_text,
            "comment_error": comment_error,
            "longest": comments.LONGEST,
        },
        status=status,
    )
