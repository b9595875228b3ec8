"""The list of customers' targets, declared (K3)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html

from keyaccount.know.customer_year import STANDINGS
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.know.models import Account
from keyaccount_web.know.provenance import choices_of
from keyaccount_web.know.year.models import YearTarget
from keyaccount_web.know.year.services import targets_seen_by
from keyaccount_web.lists.kit import Choice, Column, Listing, Scene, Search, add_listing
from keyaccount_web.search.services import accounts_matching
from keyaccount_web.shell.templatetags import pages

ICONS = {"behind": "alert-triangle", "missed": "x", "ahead": "arrow-up", "reached": "circle-check"}


def _rows(request: Request) -> QuerySet[YearTarget]:
    return targets_seen_by(request.user)


def _account(one: YearTarget, _context: Mapping[str, Any]) -> str:
    url = reverse("account_year", args=[one.account_id])
    return format_html('<a href="{}?year={}">{}</a>', url, one.year, one.account.name)


def standing_text(one: YearTarget) -> str:
    return message(
        f"target.standing.{one.standing}" if one.standing else "target.not_in_ledger", pages.lang()
    )


def _standing(one: YearTarget, _context: Mapping[str, Any]) -> str:
    is_bad = one.standing in ("behind", "missed")
    return format_html(
        '<span class="state{}">{}{}</span>',
        " state-watch" if is_bad else "",
        pages.icon(ICONS[one.standing]) if one.standing in ICONS else "",
        standing_text(one),
    )


def _set_by(one: YearTarget) -> str:
    told = message(f"target.set_by.{one.set_by}", pages.lang())
    return f"{told}：{one.supplier}" if one.supplier else told


def _search(rows: QuerySet[YearTarget], text: str) -> QuerySet[YearTarget]:
    of_accounts = Account.objects.filter(accounts_matching(text)).order_by()
    return rows.filter(
        Q(account__in=of_accounts) | Q(supplier__icontains=text) | Q(business_line__icontains=text)
    )


TARGETS = add_listing(
    Listing(
        name="customer_targets",
        url_name="customer_targets",
        export_url_name="customer_targets_export",
        title="targets.title",
        found="targets.found",
        empty="targets.none",
        search_hint="targets.search",
        template="year/targets.html",
        rows=_rows,
        sort="-left",
        columns=(
            Column("account", "column.account", "account__name", html=_account),
            Column("code", "field.code", "account__code", is_shown=False, is_low=True, is_key=True),
            Column("year", "target.year", "year", value=lambda one: str(one.year)),
            Column("set_by", "target.set_by", "set_by", value=_set_by, coded=lambda one: one.set_by),
            Column("business_line", "rival.business_line", "business_line", value=lambda one: one.business_line or message("rival.all_lines", pages.lang()), is_low=True),
            Column("target", "target.target", "target", show="money"),
            Column("reached", "target.reached", "reached", show="money"),
            Column("due", "target.due", "due", show="money", is_low=True),
            Column("left", "target.left", "left", show="money"),
            Column("standing", "target.standing", "standing", html=_standing, value=standing_text, coded=lambda one: one.standing),
            Column("our_part", "target.our_part", "our_part", show="percent", is_low=True, is_shown=False),
            Column("until", "target.until", "until", show="day", is_low=True),
            Column("dated", "fact.dated", "dated", show="day", is_low=True, is_shown=False),
            Column("source", "fact.source", "source", is_low=True, is_shown=False, width=30),
        ),
        filters=(
            Search("q", "action.search", find=_search),
            Choice("standing", "target.standing", path="standing", among=lambda _request: choices_of("target.standing", list(STANDINGS))),
            Choice("set_by", "target.set_by", path="set_by", among=lambda _request: choices_of("target.set_by", YearTarget.SetBy.values)),
            Choice("year", "target.year", path="year", among=lambda request: [(str(one), str(one)) for one in targets_seen_by(request.user).order_by("-year").values_list("year", flat=True).distinct()[:20]]),
        ),
        scenes=(
            Scene("all", "view.all"),
            Scene("mine", "view.mine", lambda rows, request: rows.filter(account__owner=request.user)),
            Scene("behind", "targets.behind", lambda rows, _request: rows.filter(standing__in=("behind", "missed"))),
        ),
    )
)  # fmt: skip
