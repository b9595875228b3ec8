"""Pages of the kept calculations: start one, watch it, look at it, repeat it, compare it, make it current."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError, SettingError
from keyaccount.find.settings import FindSettings
from keyaccount.find.verdicts import VERDICTS
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, sees_all, visible_accounts, visible_codes
from keyaccount_web.know.services import make_current
from keyaccount_web.runs import services
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.searched import may_see_runs
from keyaccount_web.runs.services import compare, reasons_for, repeat, result
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.tables.ledger import newest_snapshot

ROWS = 100
TABLE_POINTS = 20


def _viewers_only(request: Request) -> None:
    if not may_see_runs(request.user):
        raise PermissionDenied


@require_GET
def runs(request: Request) -> HttpResponse:
    """The calculations, newest first, and the way to start one."""
    _viewers_only(request)
    return render(
        request,
        "runs/runs.html",
        {
            "runs": Run.objects.select_related("started_by")[:50],
            "preset": FindSettings(),
            "may_run": may(request.user, Right.RUN),
            "has_ledger": newest_snapshot() is not None,
        },
    )


@require_POST
def start(request: Request) -> HttpResponse:
    """Start a calculation with the settings given."""
    if not may(request.user, Right.RUN):
        raise PermissionDenied
    try:
        settings = _settings(request)
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
        return redirect("runs")
    return redirect("run", services.begin_find(request.user, settings).pk)


def _settings(request: Request) -> FindSettings:
    """Raises SettingError where a value cannot be meant."""
    values: dict[str, Any] = {"basis": request.POST.get("basis") or "sales"}
    if until := request.POST.get("until"):
        try:
            values["until"] = dt.date.fromisoformat(until)
        except ValueError as error:
            raise SettingError("setting.date", name=message("field.until", lang()), value=until) from error
    if share := request.POST.get("share"):
        try:
            values["share"] = Decimal(share) / 100
        except ArithmeticError as error:
            raise SettingError(
                "setting.number", name=message("field.share", lang()), example="80", value=share
            ) from error
    return FindSettings(**values)


@require_GET
def run(request: Request, pk: int) -> HttpResponse:
    """One calculation: how it went, what it says of the accounts that one may see."""
    _viewers_only(request)
    told = get_object_or_404(Run.objects.select_related("started_by"), pk=pk)
    asked, within = request.GET.get("verdict", ""), _rank(request.GET.get("within", ""))
    found: pa.Table | None = None
    if told.state == Run.State.DONE:
        found = result(told, visible_codes(request.user))
        found = found.filter(pc.invert(found["is_unassigned"]))
        if asked:
            found = found.filter(pc.equal(found["verdict"], asked))
        if within:
            found = found.filter(pc.less_equal(found["sales_rank"], within))
    company = may(request.user, Right.COMPANY_FIGURES)
    return render(
        request,
        "runs/run.html",
        {
            "run": told,
            "page": _page_of(found, request),
            "count": 0 if found is None else len(found),
            "asked": asked,
            "within": within,
            "verdicts": VERDICTS,
            "summary": (told.summary or {}).get("summary") if company else None,
            "chart": _chart(told) if company else None,
            "points": _points(told) if company else [],
            "others": Run.objects.filter(kind=told.kind, state=Run.State.DONE).exclude(pk=pk)[:20],
            "sees_all": sees_all(request.user),
            "may_run": may(request.user, Right.RUN),
            "may_publish": may(request.user, Right.PUBLISH),
        },
    )


def _rank(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 9 else None


def _page_of(found: pa.Table | None, request: Request) -> Page[dict[str, Any]]:
    """One page of a result, each row with the account's pk where there is a record of it; of perhaps a million a hundred are read."""
    page: Page[Any] = Paginator(range(0 if found is None else len(found)), ROWS).get_page(
        request.GET.get("page")
    )
    places: Any = page.object_list
    rows = [] if found is None else found.slice(places.start, len(places)).to_pylist()
    codes = [row["account_id"] for row in rows]
    ids = dict(visible_accounts(request.user).filter(code__in=codes).values_list("code", "pk"))
    page.object_list = [{**row, "pk": ids.get(row["account_id"])} for row in rows]
    return page


@require_GET
def why(request: Request, pk: int) -> HttpResponse:
    """Why an account has its verdict in a run, in a dialog or on a page of its own; for whoever may see the account."""
    told = get_object_or_404(Run, pk=pk, state=Run.State.DONE)
    account = get_object_or_404(visible_accounts(request.user), code=request.GET.get("account", ""))
    if not told.is_current:
        _viewers_only(request)
    rows = result(told, [account.code]).to_pylist()
    if not rows:
        raise Http404
    return render(
        request,
        "runs/why.html",
        {
            "in_dialog": bool(request.htmx),
            "run": told,
            "row": rows[0],
            "account": account,
            "until": told.summary["settings"]["until"] if told.summary else "",
            "reasons": [reason.text(lang()) for reason in reasons_for(request.user, told, rows[0])],
        },
    )


def _chart(told: Run) -> dict[str, Any] | None:
    curve = (told.summary or {}).get("curve")
    if not curve:
        return None
    return {
        "kind": "concentration",
        "points": [[point["accounts_share"], point["running_share"]] for point in curve],
        "links": [f"?within={point['rank']}#rows" for point in curve],
        "line": float(told.settings["share"]),
        "names": [message("chart.accounts_share", lang()), message("chart.sales_share", lang())],
    }


def _points(told: Run) -> list[dict[str, Any]]:
    """The curve's points at each twentieth of the accounts, for the table behind the chart."""
    points: list[dict[str, Any]] = []
    for point in (told.summary or {}).get("curve") or []:
        if point["accounts_share"] >= (len(points) + 1) / TABLE_POINTS:
            points.append(point)
    return points


@require_GET
def progress(request: Request, pk: int) -> HttpResponse:
    """How far a calculation is; the page asks again until it is done."""
    _viewers_only(request)
    told = get_object_or_404(Run, pk=pk)
    response = render(request, "runs/run.html#progress", {"run": told})
    if told.state in (Run.State.DONE, Run.State.FAILED):
        response["HX-Refresh"] = "true"
    return response


@require_POST
def repeat_run(request: Request, pk: int) -> HttpResponse:
    """The same again, from the same snapshot."""
    if not may(request.user, Right.RUN):
        raise PermissionDenied
    return redirect("run", repeat(get_object_or_404(Run, pk=pk), request.user).pk)


@require_POST
def make_run_current(request: Request, pk: int) -> HttpResponse:
    """Let the lists show its figures."""
    if not may(request.user, Right.PUBLISH):
        raise PermissionDenied
    make_current(get_object_or_404(Run, pk=pk, state=Run.State.DONE))
    messages.success(request, message("run.made_current", lang()))
    return redirect("run", pk)


@require_GET
def compare_runs(request: Request, pk: int, other: int) -> HttpResponse:
    """Which accounts stand otherwise in two calculations?"""
    _viewers_only(request)
    after, before = get_object_or_404(Run, pk=pk), get_object_or_404(Run, pk=other)
    changes = compare(before, after, visible_codes(request.user))
    return render(
        request,
        "runs/compare.html",
        {"before": before, "after": after, "changes": changes[:ROWS], "count": len(changes)},
    )
