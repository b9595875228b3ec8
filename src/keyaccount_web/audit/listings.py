"""The list of the audit log, for administrators and directors."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts
from keyaccount_web.audit import record
from keyaccount_web.audit.models import Entry
from keyaccount_web.lists.kit import Choice, Column, Day, Listing, Scene, Search, add_listing
from keyaccount_web.shell.templatetags import pages

AREAS = (
    "accounts",
    "people",
    "sign-in",
    "runs",
    "find",
    "imports",
    "ledger",
    "lists",
    "search",
    "audit",
    "api",
    "settings",
    "approvals",
    "cover",
)


def entries(request: Request) -> QuerySet[Entry]:
    """All of it, or nothing."""
    if not may(request.user, Right.AUDIT):
        raise PermissionDenied
    record.flush()
    return Entry.objects.all()


def _people(rows: list[Entry], request: Request) -> None:
    """Names of people, and of accounts that the reader may see."""
    ids = {one for row in rows for one in (row.user_id, row.helper_id) if one}
    names = dict(User.objects.filter(pk__in=ids).values_list("pk", "name"))
    codes = {row.account_id for row in rows if row.account_id}
    accounts = dict(visible_accounts(request.user).filter(pk__in=codes).values_list("pk", "name"))
    for row in rows:
        row.person = names.get(row.user_id or 0) or row.user_name  # type: ignore[attr-defined]
        row.helper = names.get(row.helper_id or 0) or row.helper_name  # type: ignore[attr-defined]
        row.account_name = accounts.get(row.account_id or 0)  # type: ignore[attr-defined]


def _person(entry: Entry) -> str:
    return getattr(entry, "person", entry.user_name)


def _person_cell(entry: Entry, _context: Mapping[str, Any]) -> str:
    name = _person(entry) or message("audit.nobody", pages.lang())
    if token := entry.detail.get("token"):
        by = message("audit.by_token", pages.lang(), token=token)
        return format_html('{} <span class="muted">{}</span>', name, by)
    if not entry.helper_id:
        return name
    by = message("audit.by_helper", pages.lang(), name=getattr(entry, "helper", entry.helper_name))
    return format_html('{} <span class="muted">{}</span>', name, by)


def kind_name(entry: Entry) -> str:
    return message(f"audit.kind.{entry.kind}", pages.lang())


def area_of(entry: Entry) -> str:
    """Which part of the app, in the reader's words."""
    first = entry.path.strip("/").partition("/")[0]
    return message(f"audit.area.{first if first in AREAS else 'other'}", pages.lang())


def _subject(entry: Entry) -> str:
    if entry.account_id:
        name = getattr(entry, "account_name", None)
        return name or message("audit.account", pages.lang(), n=entry.account_id)
    return area_of(entry)


def _subject_cell(entry: Entry, _context: Mapping[str, Any]) -> str:
    if getattr(entry, "account_name", None):
        return format_html(
            '<a href="{}">{}</a>', reverse("account", args=[entry.account_id]), _subject(entry)
        )
    return _subject(entry)


def _changed(entry: Entry) -> int | None:
    # Each sign-in notes its moment at the user, which nobody has changed.
    return None if entry.kind == Entry.Kind.SIGNED_IN else entry.detail.get("changed")


def _by_person(rows: QuerySet[Entry], text: str) -> QuerySet[Entry]:
    people = User.objects.filter(Q(name__icontains=text) | Q(username__icontains=text)).values("pk")
    return rows.filter(Q(user_id__in=people) | Q(helper_id__in=people))


def _kinds(_request: Request) -> Iterable[tuple[str, str]]:
    yield from ((kind, message(f"audit.kind.{kind}", pages.lang())) for kind in Entry.Kind)


def _of_account(text: str) -> Q:
    return Q(account_id=int(text) if text.isdecimal() and len(text) < 18 else -1)


def _today(rows: QuerySet[Entry], _request: Request) -> QuerySet[Entry]:
    start = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return rows.filter(at__gte=start)


def _month(rows: QuerySet[Entry], _request: Request) -> QuerySet[Entry]:
    return rows.filter(at__gte=timezone.now() - dt.timedelta(days=30))


AUDIT = add_listing(
    Listing(
        name="audit",
        url_name="audit",
        export_url_name="audit_export",
        title="audit.title",
        found="audit.found",
        empty="audit.none",
        search_hint="audit.search",
        template="audit/audit.html",
        rows=entries,
        decorate=_people,
        sort="-at",
        columns=(
            Column("at", "audit.at", "at", show="moment"),
            Column("person", "audit.person", value=_person, html=_person_cell),
            Column("kind", "audit.kind", "kind", value=kind_name, is_sorted=False),
            Column("subject", "audit.subject", value=_subject, html=_subject_cell),
            Column("changed", "audit.changed", value=_changed, show="count", is_low=True),
            Column("address", "audit.address", "address", is_low=True, is_sorted=False),
            Column("username", "field.username", "user_name", is_shown=False, is_low=True, is_sorted=False),
            Column("path", "audit.path", "path", is_shown=False, is_low=True, is_sorted=False),
            Column(
                "status", "audit.status", "status", show="count", is_shown=False, is_low=True, is_sorted=False
            ),
            Column(
                "request_id", "audit.request_id", "request_id", is_shown=False, is_low=True, is_sorted=False
            ),
        ),
        filters=(
            Search("q", "action.search", find=_by_person),
            Choice("kind", "audit.kind", path="kind", among=_kinds),
            Day("since", "audit.since", path="at"),
            Day("until", "audit.until", path="at", is_until=True),
            Choice("account", "column.account", kind="hidden", query=_of_account),
        ),
        scenes=(
            Scene("all", "view.all"),
            Scene("today", "audit.today", _today),
            Scene("month", "audit.month", _month),
        ),
    )
)
