"""What do the pages of a list share? Its visible entries behind tabs, its basis in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.find.lists import discussing, reading
from keyaccount_web.find.lists.proposing import basis_of
from keyaccount_web.find.models import KeyAccountList, ListEntry
from keyaccount_web.know.models import Account
from keyaccount_web.know.tabs import Fact
from keyaccount_web.search.services import accounts_matching
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work.models import Comment
from keyaccount_web.work.texts import say

ROWS = 50
Decision = ListEntry.Decision
TABS: Mapping[str, Q] = {
    "proposed": Q(proposed=True),
    "undecided": Q(proposed=True, decision=Decision.OPEN),
    "on_list": Q(decision__in=ListEntry.ON_LIST),
    "refused": Q(decision=Decision.REFUSED),
    "added": Q(decision=Decision.ADDED),
    **{verdict: Q(verdict=verdict) for verdict in (*reading.GUARDS, "rising")},
    "all": Q(),
}


@dataclass(frozen=True)
class Row:
    """One entry as the pages of a list show it."""

    entry: ListEntry
    sales: Decimal | None
    profit: Decimal | None
    reasons: list[str]
    comments: int


def list_seen(request: Request, pk: int) -> KeyAccountList:
    """A list that the reader may see; for one that may not be seen the answer is the same as for none."""
    lists = reading.lists_seen_by(request.user).select_related("run", "made_by", "unclean_by", "corrects")
    return get_object_or_404(lists, pk=pk)


def said_all(told: list[dict[str, Any]]) -> list[str]:
    return [say(one["code"], lang(), one["values"]) for one in told]


def entries_context(request: Request, told: KeyAccountList, preset: str) -> dict[str, Any]:
    """What both pages of a list show: its visible entries behind tabs, the figures of its progress."""
    entries = reading.entries_seen_by(request.user, told)
    told_counts = entries.order_by().aggregate(
        **{f"n_{name}": Count("pk", filter=cut) if cut else Count("pk") for name, cut in TABS.items()}
    )
    counts = {name: told_counts[f"n_{name}"] for name in TABS}
    tab = request.GET.get("tab", preset)
    if tab not in TABS or (tab == preset and not counts[tab]):
        tab = "proposed" if told.is_open else "on_list"
    shown = entries.filter(TABS[tab])
    asked = request.GET.get("q", "").strip()[:100]
    if asked:
        accounts = visible_accounts(request.user).filter(accounts_matching(asked))
        shown = shown.filter(account__in=accounts)
    page = Paginator(shown.select_related("decided_by"), ROWS).get_page(request.GET.get("page"))
    return {
        "list": told,
        "entries": entries,
        "counts": counts,
        "tabs": [(name, counts[name]) for name in TABS if counts[name] or name in ("proposed", "on_list")],
        "tab": tab,
        "asked": asked,
        "page": page,
        "rows": rows_of(request, page),
        "whole": reading.sees_whole(request.user),
        "basis": basis_said(told, lang()),
        "may_discuss": discussing.may_discuss(request.user),
        "discussion": discussing.said_of(told)[:ROWS] if discussing.may_discuss(request.user) else [],
        "progress": reading.Progress(
            proposed=counts["proposed"],
            undecided=counts["undecided"],
            accepted=counts["on_list"] - counts["added"],
            refused=counts["refused"],
            added=counts["added"],
        ),
    }


def rows_of(request: Request, page: Page[ListEntry]) -> list[Row]:
    entries = list(page)
    comments = dict(
        Comment.objects.filter(
            about_kind="list_entry", about_id__in=[one.pk for one in entries], removed_at=None
        )
        .order_by()
        .values_list("about_id")
        .annotate(n=Count("pk"))
    )
    return [
        Row(
            one,
            reading.money(one, "sales"),
            reading.money(one, "profit"),
            reading.reasons_told(request.user, one.reasons, lang()),
            comments.get(one.pk, 0),
        )
        for one in entries
    ]


def basis_said(told: KeyAccountList, lang: str) -> str:
    """The basis in words."""
    basis, settings = basis_of(told), told.run.settings
    ways = []
    if basis.in_set:
        code = f"yearly.way.in_set.{settings['basis']}"
        ways.append(message(code, lang, share=Decimal(settings["share"])))
    if basis.monthly_spend_from is not None:
        ways.append(message("yearly.way.monthly_spend", lang, spend=basis.monthly_spend_from))
    if basis.standing:
        ways.append(message("yearly.way.standing", lang))
    joined = message(f"yearly.mixed.{basis.mixed}", lang).join(ways)
    guards = "guards" if basis.guards_apply else "no_guards"
    return message(f"yearly.basis.{guards}", lang, ways=joined)


def list_fact(_request: Request, account: Account) -> Fact | None:
    """Whether an account is on the list of the year; leads to why."""
    told = reading.standing_of_account(account, timezone.localdate().year)
    if told is None:
        return None
    url = reverse("key_list", args=[told.key_list.pk])
    if told.exception is not None:
        url += "#exceptions"
    elif told.entry is not None:
        url = reverse("list_entry", args=[told.entry.pk])
    code = "yearly.fact_on" if told.is_on_list else "yearly.fact_off"
    return Fact(message(code, lang(), year=told.key_list.year), url)
