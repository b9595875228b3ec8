"""What of Cover stands on an account's pages?"""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.cover.models import Touch
from keyaccount_web.cover.recording import may_record
from keyaccount_web.cover.touches import last_touch
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.person_data import Mention
from keyaccount_web.know.tabs import Deed, Fact
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work.timeline import Entry, Source, add_source


def last_fact(request: Request, account: Account) -> Fact | None:
    """When it was last spoken with; not on the timeline, which says it anyway."""
    if request.resolver_match is not None and request.resolver_match.url_name == "account_activity":
        return None
    at = last_touch([account]).get(account.pk)
    url = f"{reverse('touches')}?{urlencode({'account': account.pk})}"
    if at is None:
        return None
    return Fact(message("touch.last", lang(), day=timezone.localtime(at).date()), url)


def record_deed(request: Request, account: Account) -> Deed | None:
    if not may_record(request.user):
        return None
    url = f"{reverse('touch_new')}?{urlencode({'account': account.pk})}"
    return Deed(message("touch.new", lang()), url, "calendar")


def sign_deed(request: Request, account: Account) -> Deed | None:
    if not may_record(request.user):
        return None
    return Deed(message("sign.deed", lang()), reverse("sign_new", args=[account.pk]), "flag")


def add_to_timeline() -> None:
    add_source(
        Source(
            "touch",
            5,
            lambda _user, account: (
                Touch.objects.filter(account=account, removed_at=None)
                .select_related("by")
                .prefetch_related("contacts")
            ),
            "began_at",
            _entries,
        )
    )


def _entries(_account: Account, rows: Sequence[Any], order: int) -> list[Entry]:
    return [
        Entry(row.began_at, order, row.pk, "cover/entry_touch.html", row.by.name if row.by else "", row)
        for row in rows
    ]


_TEXTS = ("summary", "learned_needs", "learned_rivals", "learned_stock", "next_step")


def touches_naming(contact: Contact) -> list[Mention]:
    """Visits and calls at the person's account in whose texts the name stands."""
    named = Q()
    for field in _TEXTS:
        named |= Q(**{f"{field}__contains": contact.name})
    rows = Touch.objects.filter(named, account=contact.account_id, removed_at=None).order_by("-began_at")
    return [
        Mention(
            "kind.cover.touch",
            next(text for field in _TEXTS if contact.name in (text := getattr(one, field))),
            reverse("touch", args=[one.pk]),
        )
        for one in rows
    ]
