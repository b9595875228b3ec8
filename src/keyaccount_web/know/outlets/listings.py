"""The list of outlets, declared (K4)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html

from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.know.models import Account
from keyaccount_web.know.outlets.models import Outlet
from keyaccount_web.know.outlets.services import over_accounts
from keyaccount_web.know.provenance import choices_of
from keyaccount_web.lists.kit import Choice, Column, Listing, Scene, Search, add_listing
from keyaccount_web.search.services import accounts_matching
from keyaccount_web.shell.templatetags import pages


def _rows(request: Request) -> QuerySet[Outlet]:
    return over_accounts(request.user)


def _name(one: Outlet, _context: Mapping[str, Any]) -> str:
    return format_html('<a href="{}">{}</a>', reverse("outlet", args=[one.account_id, one.pk]), one.name)


def _account(one: Outlet, _context: Mapping[str, Any]) -> str:
    return format_html(
        '<a href="{}">{}</a>', reverse("account_outlets", args=[one.account_id]), one.account.name
    )


def _search(rows: QuerySet[Outlet], text: str) -> QuerySet[Outlet]:
    of_accounts = Account.objects.filter(accounts_matching(text)).order_by()
    own = (
        Q(name__icontains=text)
        | Q(code__icontains=text)
        | Q(city__icontains=text)
        | Q(pushes__icontains=text)
    )
    return rows.filter(own | Q(account__in=of_accounts))


OUTLETS = add_listing(
    Listing(
        name="outlets",
        url_name="outlets",
        export_url_name="outlets_export",
        title="outlets.title",
        found="outlets.found",
        empty="outlets.none",
        search_hint="outlets.search",
        template="outlets/outlets.html",
        rows=_rows,
        sort="account",
        columns=(
            Column("name", "outlet.name", "name", html=_name),
            Column("account", "column.account", "account__name", html=_account),
            Column("account_code", "field.code", "account__code", is_shown=False, is_low=True),
            Column("code", "outlet.code", "code", is_low=True, is_key=True),
            Column("kind", "outlet.kind", "kind", value=lambda one: message(f"outlet.kind.{one.kind}", pages.lang()), coded=lambda one: one.kind, is_low=True),
            Column("city", "outlet.city", "city"),
            Column("address", "outlet.address", "address", is_low=True, is_shown=False, width=30),
            Column("can_sell", "outlet.can_sell_told", "can_sell", show="money"),
            Column("pushes", "outlet.pushes", "pushes", is_low=True, width=40),
            Column("closed_on", "outlet.closed_on", "closed_on", show="day", is_low=True, is_shown=False),
            Column("dated", "fact.dated", "dated", show="day", is_low=True),
            Column("source", "fact.source", "source", is_low=True, is_shown=False, width=30),
        ),
        filters=(
            Search("q", "action.search", find=_search),
            Choice("kind", "outlet.kind", path="kind", among=lambda _request: choices_of("outlet.kind", Outlet.Kind.values)),
            Choice("city", "outlet.city", path="city", among=lambda request: [(one, one) for one in over_accounts(request.user).exclude(city="").order_by("city").values_list("city", flat=True).distinct()[:200]]),
        ),
        scenes=(
            Scene("open", "outlets.open", lambda rows, _request: rows.filter(closed_on=None)),
            Scene("all", "view.all"),
            Scene("mine", "view.mine", lambda rows, request: rows.filter(account__owner=request.user)),
        ),
    )
)  # fmt: skip
