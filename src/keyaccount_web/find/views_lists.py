"""Pages of the yearly list until it is published: the lists by year, a draft and its review, one account of it."""

import datetime as dt
from decimal import InvalidOperation
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Count, QuerySet, When, Window
from django.db.models.fields.json import KT
from django.db.models.functions import RowNumber
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError, SettingError
from keyaccount.find.list_basis import MONTHLY_SPEND, ListBasis
from keyaccount.language import message
from keyaccount.periods import Period, year_ending
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, sees_all, visible_accounts
from keyaccount_web.approvals.services import open_approval
from keyaccount_web.company.presets import setting
from keyaccount_web.find.lists import discussing, reading, reviewing
from keyaccount_web.find.lists.exceptions import may_except
from keyaccount_web.find.lists.pages import ROWS, entries_context, list_seen, said_all
from keyaccount_web.find.lists.proposing import begin_list
from keyaccount_web.find.lists.publishing import findings, in_mind
from keyaccount_web.find.models import KeyAccountList, ListEntry
from keyaccount_web.find.trying.settings import tried_of
from keyaccount_web.find.views_published import published
from keyaccount_web.know.models import Account
from keyaccount_web.lists.kit import number_of
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import FIND
from keyaccount_web.search.services import accounts_matching
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.tables.standing import standing_table
from keyaccount_web.work.models import Comment

BESIDE = 6
FOUND = 20


@require_GET
def key_lists(request: Request) -> HttpResponse:
    """The lists by year, the newest first, and the way to a new draft."""
    if not reading.sees_lists(request.user):
        raise PermissionDenied
    states = KeyAccountList.State
    told = reading.lists_seen_by(request.user).exclude(state=states.DROPPED).select_related("made_by")
    seen = list(told[:ROWS])
    entries = ListEntry.objects.filter(key_list__in=seen)
    if not sees_all(request.user):
        entries = entries.filter(account__in=visible_accounts(request.user))
    counts = dict(
        entries.filter(decision__in=ListEntry.ON_LIST)
        .order_by()
        .values_list("key_list")
        .annotate(n=Count("pk"))
    )
    may_propose = may(request.user, Right.RUN)
    runs = _runs(request.GET.get("run", "")) if may_propose else []
    return render(
        request,
        "find/lists/lists.html",
        {
            "rows": [(one, counts.get(one.pk, 0)) for one in seen],
            "whole": reading.sees_whole(request.user),
            "may_propose": may_propose,
            "runs": runs,
            "preset": tried_of(runs[0] if runs else None).basis,
            "monthly_spend": MONTHLY_SPEND,
            "knows_standing": len(standing_table(timezone.localdate())) > 0,
            "in_force": next((one for one in seen if one.state == states.PUBLISHED), None),
        },
    )


def _runs(wanted: str) -> list[Run]:
    """The finished runs that a list can be proposed from: the one wanted first, then the current one."""
    done = Run.objects.filter(kind=FIND, state=Run.State.DONE).defer("imports", "summary")
    done = done.annotate(looked_until=KT("summary__settings__until"))
    pk = int(wanted) if wanted.isdecimal() and len(wanted) < 18 else 0
    is_wanted = Case(When(pk=pk, then=1), default=0)
    return list(done.order_by(is_wanted.desc(), "-is_current", "-pk")[:10])


@require_POST
def key_list_new(request: Request) -> HttpResponse:
    """Propose a draft."""
    if not may(request.user, Right.RUN):
        raise PermissionDenied
    number = request.POST.get("run", "")
    run = get_object_or_404(Run, pk=int(number) if number.isdecimal() and len(number) < 18 else 0)
    try:
        basis = _basis(request)
        told = begin_list(
            request.user,
            run,
            basis,
            standing=standing_table(timezone.localdate()) if basis.standing else None,
            year=_year(request.POST.get("year", "")),
            correction=request.POST.get("correction", ""),
        )
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
        return redirect("key_lists")
    if told.state != KeyAccountList.State.PROPOSING:
        made = told.entries.filter(proposed=True).count()
        messages.success(request, message("yearly.made", lang(), n=made))
    return redirect("key_list", told.pk)


def _basis(request: Request) -> ListBasis:
    """Raises SettingError where a value cannot be meant; ListError where no way is chosen."""
    asked = request.POST.get("monthly_spend_from", "").strip() if request.POST.get("monthly_spend") else ""
    spend = None
    if request.POST.get("monthly_spend"):
        try:
            spend = number_of(asked) if asked else MONTHLY_SPEND
        except (InvalidOperation, ValueError):
            spend = None
        if spend is None:
            name = message("yearly.monthly_spend", lang())
            raise SettingError("setting.number", name=name, example="3000", value=asked)
    mixed = request.POST.get("mixed", "any")
    return ListBasis(
        in_set=bool(request.POST.get("in_set")),
        monthly_spend_from=spend,
        standing=bool(request.POST.get("standing")),
        mixed="all" if mixed == "all" else "any",
        guards_apply=bool(request.POST.get("guards_apply")),
    )


def _year(text: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdecimal() or not 1970 < int(text.strip()[:9]) < 2200:
        raise SettingError("setting.number", name=message("yearly.year", lang()), example="2026", value=text)
    return int(text)


@require_GET
def key_list(request: Request, pk: int) -> HttpResponse:
    """A list: argued over while it is open, fixed once it is published."""
    told = list_seen(request, pk)
    is_proposing = told.state == KeyAccountList.State.PROPOSING
    if request.GET.get("part") == "progress":
        response = render(request, "find/lists/proposing.html#progress", {"list": told})
        if not is_proposing:
            response["HX-Refresh"] = "true"
        return response
    if is_proposing or told.problem:
        return render(request, "find/lists/proposing.html", {"list": told})
    return _review(request, told) if told.is_open else published(request, told)


@require_POST
def key_list_seen(request: Request, pk: int) -> HttpResponse:
    """Keep that somebody has looked at an open list: its page says so once it is shown."""
    told = list_seen(request, pk)
    if told.is_open and not request.acting:
        reviewing.look(request.user, told)
    return HttpResponse(status=204)


def _review(request: Request, told: KeyAccountList) -> HttpResponse:
    context = entries_context(request, told, "undecided" if "tab" not in request.GET else "")
    whole = context["whole"]
    beside = _beside(context["entries"])
    guards = [(guard, context["counts"][guard], beside[guard]) for guard in reading.GUARDS]
    return render(
        request,
        "find/lists/review.html",
        {
            **context,
            "guards": guards,
            "looks": told.looks.select_related("user")[:12],
            "approval": open_approval(reviewing.KIND, told.pk),
            "findings": said_all(findings(told)) if whole else [],
            "in_mind": said_all(in_mind(told)) if whole else [],
            "may_review": reading.may_review(request.user, told),
            "may_ask": reading.may_ask(request.user),
            "may_propose": may(request.user, Right.RUN),
            "said": _said_here(request, told),
        },
    )


def _beside(entries: QuerySet[ListEntry]) -> dict[str, list[ListEntry]]:
    """The largest that each guard keeps off."""
    place = Window(RowNumber(), partition_by="verdict", order_by="place")
    kept_off = entries.filter(verdict__in=reading.GUARDS).annotate(n_of_guard=place)
    found: dict[str, list[ListEntry]] = {guard: [] for guard in reading.GUARDS}
    for entry in kept_off.filter(n_of_guard__lte=BESIDE).order_by("place"):
        found[entry.verdict].append(entry)
    return found


def _said_here(request: Request, told: KeyAccountList) -> QuerySet[Comment]:
    """The newest comments about entries of the list, of visible accounts."""
    about = Comment.objects.filter(
        about_kind="list_entry",
        about_id__in=told.entries.values("pk"),
        account__in=visible_accounts(request.user),
        removed_at=None,
    )
    return about.select_related("author", "account").prefetch_related("mentions")[:BESIDE]


@require_POST
def key_list_decide(request: Request, pk: int) -> HttpResponse:
    """Accept, refuse or reopen the selected entries."""
    told = list_seen(request, pk)
    versions = {}
    for number in request.POST.getlist("ids"):
        version = request.POST.get(f"version-{number}", "")
        if not (number.isdecimal() and version.isdecimal() and len(number + version) < 25):
            raise PermissionDenied
        versions[int(number)] = int(version)
    try:
        n = reviewing.decide(
            request.user, told, versions, request.POST.get("choice", ""), request.POST.get("reason", "")
        )
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
    else:
        messages.success(request, message("yearly.decided", lang(), n=n))
    return _back(request, told)


def _back(request: Request, told: KeyAccountList) -> HttpResponse:
    """Where the form stood: the same tab and page, or the entry."""
    entry = request.POST.get("entry", "")
    if entry.isdecimal() and len(entry) < 18:
        return redirect("list_entry", int(entry))
    query = request.POST.get("query", "")
    tail = (
        f"?{query}"
        if query and all(part.partition("=")[0] in ("tab", "page", "q") for part in query.split("&"))
        else ""
    )
    return redirect(f"{reverse('key_list', args=[told.pk])}{tail}#rows")


def key_list_add(request: Request, pk: int) -> HttpResponse:
    """Look an account up and put it on the list, with a reason."""
    told = list_seen(request, pk)
    if not reading.may_review(request.user, told):
        raise PermissionDenied
    if request.method == "POST":
        number = request.POST.get("account", "")
        chosen = get_object_or_404(
            visible_accounts(request.user), pk=int(number) if number.isdecimal() and len(number) < 18 else 0
        )
        try:
            entry = reviewing.add_account(request.user, told, chosen, request.POST.get("reason", ""))
        except KeyAccountError as error:
            messages.error(request, error.text(lang()))
        else:
            messages.success(request, message("yearly.added_now", lang(), name=entry.name))
            return redirect(f"{reverse('key_list', args=[pk])}?tab=added#rows")
    asked = (request.POST or request.GET).get("q", "").strip()[:100]
    found: list[tuple[Account, ListEntry | None]] = []
    if asked:
        matching = visible_accounts(request.user).filter(accounts_matching(asked))
        accounts = list(matching.select_related("figures", "owner").order_by("name")[:FOUND])
        there = {one.account_id: one for one in told.entries.filter(account__in=accounts)}
        found = [(account, there.get(account.pk)) for account in accounts]
    return render(request, "find/lists/add.html", {"list": told, "asked": asked, "found": found})


@require_POST
def key_list_say(request: Request, pk: int) -> HttpResponse:
    """Say something of the list as a whole."""
    told = list_seen(request, pk)
    if not discussing.may_discuss(request.user):
        raise PermissionDenied
    try:
        discussing.say_of_list(request.user, told, request.POST.get("text", ""))
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
    return redirect(f"{reverse('key_list', args=[pk])}#said")


@require_POST
def key_list_unsay(request: Request, pk: int, comment_pk: int) -> HttpResponse:
    """Take back what one has said of it."""
    told = list_seen(request, pk)
    comment = get_object_or_404(told.comments, pk=comment_pk)
    if not discussing.may_discuss(request.user) or comment.author_id != request.user.pk:
        raise PermissionDenied
    discussing.take_back(request.user, comment)
    return redirect(f"{reverse('key_list', args=[pk])}#said")


@require_POST
def key_list_review(request: Request, pk: int) -> HttpResponse:
    """Let the heads see the draft."""
    return _deed(request, pk, reviewing.begin_review, "yearly.in_review_now")


@require_POST
def key_list_drop(request: Request, pk: int) -> HttpResponse:
    """Give a draft up."""
    return _deed(request, pk, reviewing.drop, "yearly.dropped_now")


def _deed(request: Request, pk: int, deed: Any, told_code: str) -> HttpResponse:
    if not may(request.user, Right.RUN):
        raise PermissionDenied
    told = list_seen(request, pk)
    try:
        deed(told, request.user)
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
    else:
        messages.success(request, message(told_code, lang(), year=told.year))
    return redirect("key_list", pk)


@require_GET
def list_entry(request: Request, pk: int) -> HttpResponse:
    """One account of a list: its figures, why, who decided what and when, what is said about it."""
    entry = get_object_or_404(
        reading.visible_entries(request.user).select_related("key_list__run", "account", "decided_by"), pk=pk
    )
    comments = Comment.objects.filter(about_kind="list_entry", about_id=pk, account=entry.account)
    year = year_ending(entry.key_list.until)
    before = year_ending(year.begin - dt.timedelta(days=1))
    return render(
        request,
        "find/lists/entry.html",
        {
            "entry": entry,
            "list": entry.key_list,
            "figures": _figures(entry, year, before),
            "reasons": reading.reasons_told(request.user, entry.reasons, lang()),
            "versions": entry.history.select_related("decided_by").order_by("-history_date", "-history_id")[
                :50
            ],
            "comments": comments.select_related("author", "removed_by").prefetch_related("mentions"),
            "longest": 4000,
            "minutes": setting("comment.edit_minutes"),
            "token": f"list_entry:{pk}",
            "may_review": reading.may_review(request.user, entry.key_list),
            "may_except": may_except(request.user) and entry.key_list.state == KeyAccountList.State.PUBLISHED,
        },
    )


MONEY = ("sales", "profit", "sales_year_before", "cost_to_serve", "monthly_spend")
COUNTS = ("orders", "order_days", "active_months", "sales_rank", "profit_rank")
OF_LINES = {"sales", "profit", "orders", "order_days", "active_months"}


def _figures(entry: ListEntry, year: Period, before: Period) -> list[dict[str, Any]]:
    """Those kept, each with the address of the lines behind it, where it is made of lines alone."""
    lines, rows = reverse("account_lines", args=[entry.account_id]), []
    for name in (*MONEY, *COUNTS):
        value = entry.figures.get(name)
        if value is None:
            continue
        period = year if name in OF_LINES else before if name == "sales_year_before" else None
        rows.append(
            {
                "name": name,
                "value": reading.money(entry, name) if name in MONEY else value,
                "is_money": name in MONEY,
                "url": f"{lines}?from={period.begin}&to={period.until}" if period else "",
            }
        )
    return rows
