"""Pages of duplicates: which accounts may be one, side by side, merged, and the merges of the past."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keyaccount.know.duplicates import find_duplicates, reasons_of
from keyaccount.language import message
from keyaccount.reasons import Reason
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts
from keyaccount_web.duplicates.models import DuplicatePair, DuplicateSearch, KnownSimilar, Merge
from keyaccount_web.duplicates.services import (
    FIELDS,
    FieldChoice,
    MergePreview,
    MergeRefusedError,
    Side,
    decide_pair,
    may_undo,
    merge,
    preview,
    undo,
)
from keyaccount_web.duplicates.similar import similar_accounts
from keyaccount_web.duplicates.tasks import begin_search
from keyaccount_web.know.models import Account
from keyaccount_web.runs.services import current_run
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.tables.records import accounts_table

ROWS = 30


@dataclass(frozen=True)
class PairRow:
    """One pair as the list shows it."""

    pair: DuplicatePair
    account: Account
    other: Account
    sees_account: bool
    sees_other: bool
    reasons: list[str]

    @property
    def sees_both(self) -> bool:
        return self.sees_account and self.sees_other


def _editors_only(request: Request) -> None:
    if not (may(request.user, Right.EDIT_ACCOUNTS) or may(request.user, Right.MERGE)):
        raise PermissionDenied


def visible_pairs(request: Request) -> QuerySet[DuplicatePair]:
    """The pairs of standing accounts of which the user sees at least one."""
    visible = visible_accounts(request.user)
    return (
        DuplicatePair.objects.filter(account__merged_into=None, other__merged_into=None)
        .annotate(
            sees_account=Exists(visible.filter(pk=OuterRef("account"))),
            sees_other=Exists(visible.filter(pk=OuterRef("other"))),
        )
        .filter(Q(sees_account=True) | Q(sees_other=True))
    )


@require_GET
def duplicates(request: Request) -> HttpResponse:
    """The pairs that may be one customer, likeliest first."""
    _editors_only(request)
    asked = request.GET.get("state", "")
    state = asked if asked in DuplicatePair.State.values else DuplicatePair.State.OPEN
    found = visible_pairs(request).filter(state=state)
    found = found.select_related(
        "account__owner", "other__owner", "account__figures", "other__figures", "decided_by"
    )
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    rows = [
        PairRow(
            pair,
            pair.account,
            pair.other,
            bool(vars(pair)["sees_account"]),
            bool(vars(pair)["sees_other"]),
            [Reason(one["code"], one["values"]).text(lang()) for one in pair.reasons],
        )
        for pair in page
    ]
    return render(
        request,
        "duplicates/duplicates.html",
        {
            "page": page,
            "rows": rows,
            "state": state,
            "last_search": DuplicateSearch.objects.exclude(ended_at=None).first(),
            "is_searching": DuplicateSearch.objects.filter(
                ended_at=None, started_at__gte=timezone.now() - dt.timedelta(minutes=30)
            ).exists(),
            "may_merge": may(request.user, Right.MERGE),
        },
    )


@require_POST
def start_search(request: Request) -> HttpResponse:
    """Compare all accounts now."""
    if not may(request.user, Right.MERGE):
        raise PermissionDenied
    begin_search(request.user)
    messages.success(request, message("duplicates.search_started", lang()))
    return redirect("duplicates")


@require_POST
def decide(request: Request, pk: int) -> HttpResponse:
    """Two accounts are not one customer, or that is open again."""
    _editors_only(request)
    visible = visible_accounts(request.user)
    pair = get_object_or_404(DuplicatePair, pk=pk, account__in=visible, other__in=visible)
    state = request.POST.get("state")
    if state not in DuplicatePair.State.values:
        raise Http404
    decide_pair(pair, state, request.user)
    messages.success(request, message(f"duplicates.decided.{state}", lang()))
    return redirect("duplicates")


def _seen(request: Request, pk: int) -> Account:
    accounts = visible_accounts(request.user).select_related("owner", "unit", "parent", "figures")
    return get_object_or_404(accounts, pk=pk)


@require_GET
def merge_with(request: Request, pk: int) -> HttpResponse:
    """Choose what an account is to be merged with: one that is like it, or one found by name or code."""
    told = _seen(request, pk)
    if not may(request.user, Right.MERGE):
        raise PermissionDenied
    asked = request.GET.get("q", "").strip()
    found = visible_accounts(request.user).exclude(pk=pk).select_related("owner", "figures")
    row = accounts_table(Account.objects.filter(pk=pk)).to_pylist()[0]
    return render(
        request,
        "duplicates/merge_with.html",
        {
            "account": told,
            "asked": asked,
            "found": found.filter(Q(name__icontains=asked) | Q(code__icontains=asked))[:20] if asked else [],
            "similar": [
                one for one in similar_accounts(row, user=request.user, account_id=pk) if one.is_visible
            ],
        },
    )


@require_http_methods(["GET", "POST"])
def compare(request: Request, pk: int, other: int) -> HttpResponse:
    """Two accounts side by side: why they may be one, what merging would do, and the button that does it.

    `pk` is the account that would be kept.
    """
    survivor, merged = _seen(request, pk), _seen(request, other)
    _editors_only(request)
    problem = None
    if request.method == "POST":
        if not may(request.user, Right.MERGE):
            raise PermissionDenied
        try:
            record = merge(pk, other, _chosen(request), versions=_versions(request), user=request.user)
        except MergeRefusedError as error:
            problem = error.text(lang())
        else:
            text = message("merge.done", lang(), merged=merged.name, survivor=survivor.name)
            messages.success(request, text)
            return redirect("merged", record.pk)
    told = preview(survivor, merged)
    return render(
        request,
        "duplicates/compare.html",
        {
            "survivor": survivor,
            "merged": merged,
            "fields": [_shown(one, _chosen(request)) for one in told.fields],
            "moving": told.moving,
            "contacts": [(one, one.contacts.all()) for one in (survivor, merged)],
            "reasons": _why(told),
            "said": KnownSimilar.objects.filter(
                account__in=[survivor, merged], similar__in=[survivor, merged]
            ).select_related("said_by"),
            "pair": _pair_of(request, survivor, merged),
            "run": current_run(),
            "problem": problem,
            "may_merge": may(request.user, Right.MERGE),
        },
        status=409 if problem else 200,
    )


def _chosen(request: Request) -> dict[str, Side]:
    sides: dict[str, Side] = {"survivor": "survivor", "merged": "merged"}
    return {name: sides[request.POST[name]] for name in FIELDS if request.POST.get(name) in sides}


def _versions(request: Request) -> tuple[int, int]:
    told = [request.POST.get(name, "") for name in ("version", "other_version")]
    first, second = (int(one) if one.isdecimal() and len(one) < 9 else 0 for one in told)
    return first, second


def _shown(one: FieldChoice, chosen: dict[str, Side]) -> dict[str, Any]:
    side = chosen.get(one.name, one.preset)
    return {
        "name": one.name,
        "label": message(f"field.{one.name}", lang()),
        "survivor": one.survivor,
        "merged": one.merged,
        "differs": one.differs,
        "takes": side if side in one.may_take else one.preset,
        "may_take": one.may_take,
    }


def _why(told: MergePreview) -> list[str]:
    """Why the two are alike, in words; nothing where they are not."""
    both = Account.objects.filter(pk__in=[told.survivor.pk, told.merged.pk])
    rows = find_duplicates(accounts_table(both)).to_pylist()
    return [reason.text(lang()) for row in rows for reason in reasons_of(row)]


def _pair_of(request: Request, one: Account, other: Account) -> DuplicatePair | None:
    both = [one.pk, other.pk]
    return visible_pairs(request).filter(account__in=both, other__in=both).first()


def visible_merges(request: Request) -> QuerySet[Merge]:
    """The merges into accounts that one may see."""
    visible = visible_accounts(request.user)
    seen = Q(survivor__in=visible) | Q(survivor__merged_into__in=visible)
    return Merge.objects.filter(seen).select_related("survivor", "merged", "merged_by", "undone_by")


@require_GET
def merges(request: Request) -> HttpResponse:
    """The merges of the past, newest first."""
    _editors_only(request)
    page = Paginator(visible_merges(request), ROWS).get_page(request.GET.get("page"))
    return render(request, "duplicates/merges.html", {"page": page})


@require_GET
def merged(request: Request, pk: int) -> HttpResponse:
    """One merge: what moved, what the merged account was like, and the way back."""
    _editors_only(request)
    told = get_object_or_404(visible_merges(request), pk=pk)
    return render(
        request,
        "duplicates/merged.html",
        {
            "merge": told,
            "fields": [
                (message(f"field.{name}", lang()), value["before"], value["after"])
                for name, value in told.fields.items()
                if name not in ("owner", "unit", "parent")
            ],
            "entries": told.merged.history.select_related("history_user")[:50],
            "may_undo": told.undone_at is None and may_undo(told, request.user),
        },
    )


@require_POST
def undo_merge(request: Request, pk: int) -> HttpResponse:
    """Two accounts again."""
    _editors_only(request)
    told = get_object_or_404(visible_merges(request), pk=pk)
    try:
        kept = undo(told.pk, user=request.user)
    except MergeRefusedError as error:
        messages.error(request, error.text(lang()))
        return redirect("merged", pk)
    messages.success(request, message("merge.undone_now", lang(), merged=told.merged.name))
    if kept:
        names = [message(f"field.{name}", lang()) for name in kept]
        messages.info(request, message("merge.kept_fields", lang(), fields=names))
    return redirect("merged", pk)
