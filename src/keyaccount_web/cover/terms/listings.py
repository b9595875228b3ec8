"""The list of inversions, declared (C4)."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html

from keyaccount.language import message
from keyaccount.money import show_exact
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts
from keyaccount_web.cover.terms.computed import told_of
from keyaccount_web.cover.terms.models import Inversion
from keyaccount_web.cover.terms.services import inversions_seen_by, quarter_text, whole
from keyaccount_web.find.lists.reading import sees_whole
from keyaccount_web.know.models import Account
from keyaccount_web.lists.kit import Choice, Column, Least, Listing, Scene, Search, add_listing
from keyaccount_web.runs.services import current_run
from keyaccount_web.search.services import accounts_matching
from keyaccount_web.shell.templatetags.pages import lang


def _account(one: Inversion, _context: Mapping[str, Any]) -> str:
    url = reverse("account", args=[one.account_id])
    return format_html(
        '<a href="{}">{}</a><span class="code">{}</span>', url, one.account.name, one.account.code
    )


def _product(one: Inversion, _context: Mapping[str, Any]) -> str:
    url = reverse("inversion", args=[one.pk])
    return format_html('<a href="{}">{}</a>', url, one.product_name)


def _exact(name: str) -> Any:
    """A price a unit, to the cent."""
    return lambda one, _context: show_exact(getattr(one, name), lang())


def _with_lowest(rows: list[Inversion], request: Request) -> None:
    """Who has the lowest price, of those that the reader may see; the others stay without a name."""
    ids = {one.lowest_id for one in rows if one.lowest_id}
    seen = {one.pk: one for one in visible_accounts(request.user).filter(pk__in=ids)} if ids else {}
    for one in rows:
        one.lowest_seen = seen.get(one.lowest_id or 0)  # type: ignore[attr-defined]


def lowest_name(one: Inversion) -> str:
    """Without `decorate` nobody has a name."""
    account: Account | None = getattr(one, "lowest_seen", None)
    return account.name if account else message("terms.another", lang())


def _lowest(one: Inversion, _context: Mapping[str, Any]) -> str:
    account: Account | None = getattr(one, "lowest_seen", None)
    if account is None:
        return format_html("{}", lowest_name(one))
    return format_html('<a href="{}">{}</a>', reverse("account", args=[account.pk]), account.name)


def _search(rows: QuerySet[Inversion], text: str) -> QuerySet[Inversion]:
    of_accounts = Account.objects.filter(accounts_matching(text)).order_by()
    return rows.filter(
        Q(account__in=of_accounts) | Q(product_name__icontains=text) | Q(product__icontains=text)
    )


def _quarters(request: Request) -> list[tuple[str, str]]:
    days = inversions_seen_by(request.user).order_by("quarter").values_list("quarter", flat=True).distinct()
    return [(day.isoformat(), quarter_text(day)) for day in days]


def _in_quarter(asked: str) -> Q:
    try:
        return Q(quarter=dt.date.fromisoformat(asked))
    except ValueError:
        return Q(pk__in=[])


def _of_account(asked: str) -> Q:
    return Q(account=int(asked)) if asked.isdecimal() and len(asked) < 19 else Q(pk__in=[])


def _context(request: Request) -> dict[str, Any]:
    run = current_run()
    told = told_of(run)
    return {
        "whole": whole(inversions_seen_by(request.user)),
        "told": told,
        "run": run,
        # Lines without a price are of everybody, so is what could be compared.
        "of_all": told if sees_whole(request.user) else None,
        "left_out": [
            (lines, message(f"inversion.left_out.{why}", lang())) for why, lines in told.left_out.items() if lines
        ]
        if told and sees_whole(request.user)
        else [],
        "may_set": may(request.user, Right.MANAGE_SETTINGS),
    }  # fmt: skip


INVERSIONS = add_listing(
    Listing(
        name="inversions",
        url_name="inversions",
        export_url_name="inversions_export",
        title="section.inversions",
        found="terms.found",
        empty="terms.none",
        search_hint="terms.search",
        template="terms/inversions.html",
        rows=lambda request: inversions_seen_by(request.user),
        sort="-money",
        context=_context,
        decorate=_with_lowest,
        columns=(
            Column("account", "terms.key_account", "account__name", html=_account, needs="account"),
            Column("account_id", "cost.column.account_id", "account__code", is_shown=False, is_key=True),
            Column("product", "terms.product", "product_name", html=_product),
            Column("product_id", "terms.product_id", "product", is_shown=False, is_key=True, is_low=True),
            Column(
                "quarter",
                "terms.quarter",
                "quarter",
                value=lambda one: quarter_text(one.quarter),
                coded=lambda one: one.quarter,
            ),
            Column("unit", "terms.unit", "unit", is_low=True, is_shown=False),
            Column(
                "quantity",
                "terms.quantity",
                "quantity",
                is_low=True,
                value=lambda one: f"{Decimal(one.quantity).normalize():f}",
            ),
            Column("price", "terms.price", "price", show="money", html=_exact("price")),
            Column("lowest_price", "terms.lowest_price", "lowest_price", show="money", html=_exact("lowest_price")),
            Column("lowest", "terms.lowest", value=lowest_name, html=_lowest, is_sorted=False, is_low=True),
            Column("gap_share", "terms.gap_share", "gap_share", show="percent"),
            Column("pairs", "terms.pairs", "pairs", show="count", is_low=True),
            Column("money", "terms.money", "money", show="money"),
        ),
        filters=(
            Search("q", "action.search", find=_search),
            Choice("quarter", "terms.quarter", path="quarter", among=_quarters, query=_in_quarter),
            Least("money", "terms.money", path="money"),
            Choice("account", "terms.key_account", query=_of_account, kind="hidden"),
        ),
        scenes=(
            Scene("all", "view.all"),
            Scene("mine", "view.mine", lambda rows, request: rows.filter(account__owner=request.user)),
        ),
    )
)  # fmt: skip
