"""The list of what is known of rivals, declared (K6)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html

from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.know.models import Account
from keyaccount_web.know.provenance import Sourced, choices_of
from keyaccount_web.know.rivals.models import Rival, RivalFact
from keyaccount_web.know.rivals.services import facts_seen_by
from keyaccount_web.lists.kit import Choice, Column, Listing, Scene, Search, add_listing
from keyaccount_web.search.services import accounts_matching
from keyaccount_web.shell.templatetags import pages


def _rows(request: Request) -> QuerySet[RivalFact]:
    """Facts for work on one account only stay on that account's page."""
    return facts_seen_by(request.user).exclude(permission=Sourced.Permission.ACCOUNT)


def _account(one: RivalFact, _context: Mapping[str, Any]) -> str:
    url = reverse("account_rivals", args=[one.account_id])
    return format_html('<a href="{}">{}</a>', url, one.account.name)


def _rival(one: RivalFact, _context: Mapping[str, Any]) -> str:
    url = reverse("account_rivals", args=[one.account_id])
    return format_html('<a href="{}#fact-{}">{}</a>', url, one.pk, one.rival.name)


def _marks(one: RivalFact) -> str:
    if one.rating_them is None and one.rating_us is None:
        return ""
    return message("rival.marks", pages.lang(), them=one.rating_them or "—", us=one.rating_us or "—")


def _search(rows: QuerySet[RivalFact], text: str) -> QuerySet[RivalFact]:
    of_accounts = Account.objects.filter(accounts_matching(text)).order_by()
    words = rows.filter(rival__name__icontains=text) | rows.filter(product__icontains=text)
    return words | rows.filter(tactics__icontains=text) | rows.filter(account__in=of_accounts)


RIVALS = add_listing(
    Listing(
        name="rivals",
        url_name="rivals",
        export_url_name="rivals_export",
        title="rivals.title",
        found="rivals.found",
        empty="rivals.none",
        search_hint="rivals.search",
        template="rivals/rivals.html",
        rows=_rows,
        sort="-dated",
        columns=(
            Column("rival", "rival.rival", "rival__name", html=_rival),
            Column("account", "column.account", "account__name", html=_account),
            Column("code", "field.code", "account__code", is_shown=False, is_low=True, is_key=True),
            Column("business_line", "rival.business_line", "business_line", value=lambda one: one.business_line or message("rival.all_lines", pages.lang())),
            Column("product", "rival.product", "product", is_low=True),
            Column("price", "rival.price", "price", show="money", is_low=True),
            Column("price_unit", "rival.price_unit", "price_unit", is_low=True, is_shown=False),
            Column("yearly_sales", "rival.yearly_sales", "yearly_sales", show="money"),
            Column("promo_spend", "rival.promo_spend", "promo_spend", show="money", is_low=True, is_shown=False),
            Column("channel", "rival.channel", "channel", is_low=True, is_shown=False),
            Column("tactics", "rival.tactics", "tactics", is_low=True, width=40),
            Column("marks", "rival.ratings", value=_marks, coded=lambda one: f"{one.rating_them or ''}/{one.rating_us or ''}", is_low=True),
            Column("dated", "fact.dated", "dated", show="day"),
            Column("source", "fact.source", "source", is_low=True, width=30),
            Column("source_kind", "fact.source_kind", "source_kind", value=lambda one: message(f"fact.source_kind.{one.source_kind}", pages.lang()), coded=lambda one: one.source_kind, is_low=True, is_shown=False),
            Column("permission", "fact.permission", "permission", value=lambda one: message(f"fact.permission.{one.permission}", pages.lang()), coded=lambda one: one.permission, is_low=True, is_shown=False),
        ),
        filters=(
            Search("q", "action.search", find=_search),
            Choice("rival", "rival.rival", among=lambda _request: [(str(pk), name) for pk, name in Rival.objects.values_list("pk", "name")[:200]], query=lambda asked: _of_rival(asked)),
            Choice("source_kind", "fact.source_kind", path="source_kind", among=lambda _request: choices_of("fact.source_kind", Sourced.SourceKind.values)),
        ),
        scenes=(
            Scene("all", "view.all"),
            Scene("mine", "view.mine", lambda rows, request: rows.filter(account__owner=request.user)),
            Scene("priced", "rivals.priced", lambda rows, _request: rows.exclude(price=None)),
        ),
    )
)  # fmt: skip


def _of_rival(asked: str) -> Any:
    from django.db.models import Q

    return Q(rival=int(asked)) if asked.isdecimal() and len(asked) < 10 else Q()
