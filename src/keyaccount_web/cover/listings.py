"""The list of touches, declared (C3)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html

from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.cover.models import Touch
from keyaccount_web.cover.touches import visible_touches
from keyaccount_web.know.models import Account
from keyaccount_web.lists.kit import Choice, Column, Day, Listing, Scene, Search, add_listing
from keyaccount_web.search.services import accounts_matching
from keyaccount_web.shell.templatetags.pages import lang


def named(prefix: str, values: Any) -> list[tuple[str, str]]:
    return [(one, message(f"{prefix}.{one}", lang())) for one in values]


def _search(rows: QuerySet[Touch], text: str) -> QuerySet[Touch]:
    return rows.filter(account__in=Account.objects.filter(accounts_matching(text)).order_by())


def _account(touch: Touch, _context: Mapping[str, Any]) -> str:
    url = reverse("account", args=[touch.account_id])
    return format_html(
        '<a href="{}">{}</a><span class="code">{}</span>', url, touch.account.name, touch.account.code
    )


def _kind(touch: Touch) -> str:
    return message(f"touch.kind.{touch.kind}", lang())


def _done_how(touch: Touch) -> str:
    return message(f"touch.done_how.{touch.done_how}", lang())


def _who(request: Request) -> list[tuple[str, str]]:
    """Those who recorded touches that the reader may see."""
    people = User.objects.filter(pk__in=visible_touches(request.user).order_by().values("by"))
    return [(str(pk), name) for pk, name in people.order_by("name").values_list("pk", "name")]


TOUCHES = add_listing(
    Listing(
        name="touches",
        url_name="touches",
        export_url_name="touches_export",
        title="section.touches",
        found="touch.found",
        empty="touch.none",
        search_hint="accounts.search",
        template="cover/touches.html",
        rows=lambda request: visible_touches(request.user),
        sort="-began",
        columns=(
            Column("began", "touch.began", "began_at", show="moment"),
            Column("account", "column.account", "account__name", html=_account, needs="account"),
            Column("account_id", "cost.column.account_id", "account__code", is_shown=False, is_key=True),
            Column("kind", "touch.kind", "kind", value=_kind, coded=lambda one: one.kind),
            Column("by", "touch.by", "by__name", is_low=True),
            Column("minutes", "touch.minutes", "minutes", show="count", is_low=True),
            Column("summary", "touch.summary", "summary", is_sorted=False, is_low=True, width=60),
            Column("next_step", "touch.next_step", "next_step", is_sorted=False, is_low=True, width=40),
            Column(
                "done_how",
                "touch.done_how",
                "done_how",
                value=_done_how,
                coded=lambda one: one.done_how,
                is_low=True,
            ),
        ),
        filters=(
            Search("q", "action.search", find=_search),
            Choice("kind", "touch.kind", path="kind", among=lambda _request: named("touch.kind", Touch.Kind)),
            Choice("by", "touch.by", path="by", among=_who),
            Day("since", "touch.since", path="began_at"),
            Day("until", "touch.until", path="began_at", is_until=True),
            Choice("account", "column.account", path="account", kind="hidden"),
        ),
        scenes=(
            Scene("all", "view.all"),
            Scene("mine", "view.mine", lambda rows, request: rows.filter(by=request.user)),
        ),
    )
)
