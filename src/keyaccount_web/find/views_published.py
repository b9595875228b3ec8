"""Pages of a list once it is to be, or is, published: publish, exceptions, mid-year, year on year, proof, document."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from keyaccount.errors import KeyAccountError, SettingError
from keyaccount.find.year_on_year import year_reason
from keyaccount.language import message
from keyaccount.periods import year_ending
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts, visible_codes
from keyaccount_web.approvals.models import Approval
from keyaccount_web.approvals.services import deciders, open_approval
from keyaccount_web.approvals.views import helper_of
from keyaccount_web.find.lists import comparing, exceptions, prices, publishing, reading, reviewing
from keyaccount_web.find.lists.pages import ROWS, entries_context, list_seen, said_all
from keyaccount_web.find.lists.proposing import YearlyListError
from keyaccount_web.find.models import KeyAccountList, ListException
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import repeat
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.tables.ledger import ledger_for

SHOWN_DIFFERENCES = 50


def published(request: Request, told: KeyAccountList) -> HttpResponse:
    """The list as it is fixed, the exceptions since, and who signed."""
    context = entries_context(request, told, "on_list")
    since = told.exceptions.filter(account__in=visible_accounts(request.user)).select_related(
        "account", "asked_by", "decided_by"
    )
    signed = Approval.objects.filter(
        kind=reviewing.KIND, subject_id=told.pk, state=Approval.State.GRANTED
    ).select_related("asked_by", "decided_by")
    granted = [one for one in since if one.state == ListException.State.GRANTED]
    added = sum(one.action == ListException.Action.ADD for one in granted)
    return render(
        request,
        "find/lists/published.html",
        {
            **context,
            "exceptions": since,
            "n_added": added,
            "n_removed": len(granted) - added,
            "waiting": {
                one.subject_id: one.pk
                for one in Approval.objects.filter(
                    kind=exceptions.KIND, subject_id__in=[row.pk for row in since], state=Approval.State.OPEN
                )
            },
            "signed": signed.first(),
            "before": reading.list_before(told),
            "may_except": exceptions.may_except(request.user)
            and told.state == KeyAccountList.State.PUBLISHED,
            "may_prove": context["whole"] and may(request.user, Right.RUN),
            "corrected_by": told.corrected_by.filter(state=KeyAccountList.State.PUBLISHED).first(),
        },
    )


def key_list_publish(request: Request, pk: int) -> HttpResponse:
    """Ask another person to publish."""
    told = list_seen(request, pk)
    if not told.is_open or not reading.may_ask(request.user):
        raise PermissionDenied
    if request.method == "POST":
        try:
            approval = publishing.ask_to_publish(
                request.user,
                told,
                of=_chosen(request, reviewing.KIND),
                reason=request.POST.get("reason", ""),
                unclean_reason=request.POST.get("unclean_reason", ""),
                helper=helper_of(request),
            )
        except KeyAccountError as error:
            messages.error(request, error.text(lang()))
        else:
            messages.success(request, message("yearly.asked_now", lang(), name=approval.asked_of.name))
            return redirect("key_list", pk)
    return render(
        request,
        "find/lists/publish.html",
        {
            "list": told,
            "progress": reading.progress(told.entries.all()),
            "findings": said_all(publishing.findings(told)),
            "deciders": deciders(reviewing.KIND, without=(request.user, helper_of(request))),
            "approval": open_approval(reviewing.KIND, told.pk),
            "typed": request.POST,
        },
    )


def _chosen(request: Request, kind: str) -> User:
    """Raises YearlyListError `yearly.nobody_asked`."""
    number = request.POST.get("of", "")
    chosen = (
        deciders(kind).filter(pk=int(number)).first() if number.isdecimal() and len(number) < 18 else None
    )
    if chosen is None:
        raise YearlyListError("yearly.nobody_asked")
    return chosen


def key_list_except(request: Request, pk: int) -> HttpResponse:
    """Ask for an exception about an account."""
    told = list_seen(request, pk)
    if told.state != KeyAccountList.State.PUBLISHED or not exceptions.may_except(request.user):
        raise PermissionDenied
    asked = (request.POST or request.GET).get("account", "").strip()
    account = get_object_or_404(visible_accounts(request.user), code=asked)
    is_on = account.pk in {one.account_id for one in reading.members(told)}
    action = ListException.Action.REMOVE if is_on else ListException.Action.ADD
    if request.method == "POST":
        try:
            exceptions.ask_exception(
                request.user,
                told,
                account,
                action,
                request.POST.get("reason", ""),
                of=_chosen(request, exceptions.KIND),
                helper=helper_of(request),
            )
        except KeyAccountError as error:
            messages.error(request, error.text(lang()))
        else:
            messages.success(request, message("yearly.exception_asked_now", lang(), name=account.name))
            return redirect(f"{reverse('key_list', args=[pk])}#exceptions")
    return render(
        request,
        "find/lists/except.html",
        {
            "list": told,
            "account": account,
            "action": action,
            "deciders": deciders(exceptions.KIND, without=(request.user, helper_of(request))),
            "typed": request.POST,
            "why": request.GET.get("why", "")[:300],
        },
    )


@require_GET
def key_list_mid_year(request: Request, pk: int) -> HttpResponse:
    """Who would rise or fall by now; the list is not touched."""
    told = list_seen(request, pk)
    if not told.was_published:
        raise Http404
    runs = comparing.mid_year_runs(told)
    number = request.GET.get("run", "")
    run = next((one for one in runs if str(one.pk) == number), runs[0] if runs else None)
    rows: list[dict[str, Any]] = []
    if run is not None:
        try:
            rows = _mid_year_rows(request, told, run)
        except KeyAccountError as error:
            messages.error(request, error.text(lang()))
            run = None
    waiting = Run.objects.filter(state__in=(Run.State.WAITING, Run.State.RUNNING), started_by=request.user)
    return render(
        request,
        "find/lists/mid_year.html",
        {
            "list": told,
            "run": run,
            "runs": runs,
            "rising": [row for row in rows if row["rises"]],
            "falling": [row for row in rows if not row["rises"]],
            "whole": reading.sees_whole(request.user),
            "may_run": may(request.user, Right.RUN),
            "may_except": exceptions.may_except(request.user)
            and told.state == KeyAccountList.State.PUBLISHED,
            "waiting": waiting.first(),
        },
    )


def _mid_year_rows(request: Request, told: KeyAccountList, run: Run) -> list[dict[str, Any]]:
    found = comparing.mid_year_of(told, run)
    rows = _visible(request, found.rows.to_pylist())
    for row in rows:
        kept = [{"code": one.code, "values": dict(one.values)} for one in found.why(row)]
        row["reasons"] = reading.reasons_told(request.user, kept, lang())
    return rows


def _visible(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of visible accounts, each with the pk of the record, where there is one."""
    codes = visible_codes(request.user)
    if codes is not None:
        seen = set(codes)
        rows = [row for row in rows if row["account_id"] in seen]
    wanted = [row["account_id"] for row in rows]
    ids = dict(visible_accounts(request.user).filter(code__in=wanted).values_list("code", "pk"))
    return [{**row, "pk": ids.get(row["account_id"])} for row in rows]


@require_POST
def key_list_mid_year_run(request: Request, pk: int) -> HttpResponse:
    """Calculate by the list's own settings over later months."""
    told = list_seen(request, pk)
    if not may(request.user, Right.RUN):
        raise PermissionDenied
    try:
        run = comparing.start_mid_year(request.user, told, _later_day(request, told))
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
        return redirect("key_list_mid_year", pk)
    messages.success(request, message("yearly.mid_year_started", lang()))
    return redirect("run", run.pk)


def _later_day(request: Request, told: KeyAccountList) -> dt.date | None:
    """Raises SettingError `setting.date`; YearlyListError `yearly.not_later`."""
    asked = request.POST.get("until", "")
    if not asked:
        return None
    try:
        until = dt.date.fromisoformat(asked)
    except ValueError as error:
        raise SettingError("setting.date", name=message("field.until", lang()), value=asked) from error
    if until <= told.until:
        raise YearlyListError("yearly.not_later", until=told.until, asked=until)
    return until


@require_GET
def key_list_year(request: Request, pk: int) -> HttpResponse:
    """Who entered, stayed and left against the published list before, and why."""
    told = list_seen(request, pk)
    before = reading.list_before(told)
    rows: list[dict[str, Any]] = []
    if before is not None and (waiting := _prices_awaited(request, before, told)):
        return waiting
    if request.htmx:  # what was waited for is there
        return HttpResponseClientRefresh()
    if before is not None:
        try:
            rows = _visible(request, comparing.years_of(before, told).to_pylist())
        except KeyAccountError as error:
            messages.error(request, error.text(lang()))
    for row in rows:
        row["reason"] = year_reason(row).text(lang())
    counts = {name: sum(row["change"] == name for row in rows) for name in ("entered", "left", "stayed")}
    change = request.GET.get("change", "")
    change = change if counts.get(change) else next((name for name, n in counts.items() if n), "entered")
    page = Paginator([row for row in rows if row["change"] == change], ROWS).get_page(request.GET.get("page"))
    return render(
        request,
        "find/lists/year.html",
        {
            "list": told,
            "before": before,
            "counts": counts,
            "change": change,
            "page": page,
            "whole": reading.sees_whole(request.user),
        },
    )


def _prices_awaited(request: Request, before: KeyAccountList, told: KeyAccountList) -> HttpResponse | None:
    """The page that waits for a worker, or its waiting part; None: they are there by now, or no worker could do it."""
    if prices.ready(before, told):
        return None
    if not request.htmx:
        prices.have_worked_out(before, told)
    if not prices.is_waited_for(before, told):
        return None
    template = "find/lists/year_waiting.html" + ("#waiting" if request.htmx else "")
    return render(request, template, {"list": told, "before": before})


@require_GET
def key_list_products(request: Request, pk: int) -> HttpResponse:
    """The products behind an account's change of price and volume between two years."""
    told = list_seen(request, pk)
    before = reading.list_before(told)
    account = get_object_or_404(visible_accounts(request.user), code=request.GET.get("account", ""))
    if before is None:
        raise Http404
    ledger = ledger_for(request.user, snapshot=told.run.snapshot)
    rows = comparing.products_behind(ledger, before, told, account.code) if ledger else []
    return render(
        request,
        "find/lists/products.html",
        {
            "list": told,
            "before": before,
            "account": account,
            "page": Paginator(rows, ROWS).get_page(request.GET.get("page")),
            "price": sum(row["price_effect"] for row in rows),
            "volume": sum(row["volume_effect"] for row in rows),
            "years": (year_ending(before.until), year_ending(told.until)),
            "in_dialog": bool(request.htmx),
        },
    )


@require_POST
def key_list_prove(request: Request, pk: int) -> HttpResponse:
    """Recompute from the list's snapshot and inputs."""
    told = list_seen(request, pk)
    if not (reading.sees_whole(request.user) and may(request.user, Right.RUN)):
        raise PermissionDenied
    return redirect("key_list_proof", pk, repeat(told.run, request.user).pk)


@require_GET
def key_list_proof(request: Request, pk: int, run_pk: int) -> HttpResponse:
    """What the recomputation says: the same to the cent, or where it differs."""
    told = list_seen(request, pk)
    if not reading.sees_whole(request.user):
        raise PermissionDenied
    again = get_object_or_404(Run, pk=run_pk, repeats=told.run)
    proof = None
    if again.state == Run.State.DONE:
        try:
            proof = comparing.prove(told, again)
        except KeyAccountError as error:
            messages.error(request, error.text(lang()))
    return render(
        request,
        "find/lists/proof.html",
        {
            "list": told,
            "run": again,
            "proof": proof,
            "shown": proof.differences[:SHOWN_DIFFERENCES] if proof else [],
        },
    )


@require_GET
def key_list_document(request: Request, pk: int) -> HttpResponse:
    """The frozen document, as it was written."""
    told = list_seen(request, pk)
    if not reading.sees_whole(request.user):
        raise PermissionDenied
    try:
        publishing.frozen(told)
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
        return redirect("key_list", pk)
    name = f"key-account-list-{told.year}.json"
    content = publishing.document_path(told).read_bytes()
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/json", headers=headers)
