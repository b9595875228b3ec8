"""Pages of staffing: what the work asks for, what is behind each figure, quotas, managers, plans (C5)."""

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.models import OrgUnit
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_units
from keyaccount_web.company.presets import setting
from keyaccount_web.cover.presets import TIERS
from keyaccount_web.cover.staffing import scenarios as plans
from keyaccount_web.cover.staffing.files import staffing_file
from keyaccount_web.cover.staffing.forms import ManagerForm, ScenarioForm
from keyaccount_web.cover.staffing.models import BranchQuota, ManagerTime, Scenario, TierQuota
from keyaccount_web.cover.staffing.shown import Shown, asked_texts, shown_outcome
from keyaccount_web.cover.staffing.tier_years import UNASSIGNED, hours_of, tier_years
from keyaccount_web.cover.staffing.valued import activities, value_of_more
from keyaccount_web.cover.staffing.work import (
    managers_seen_by,
    may_set_quota,
    sees_staffing,
    served_accounts,
    work_seen_by,
)
from keyaccount_web.cover.staffing.worked import (
    Asked,
    company_settings,
    outcome,
    settings_for,
    work_out,
)
from keyaccount_web.find.lists.reading import sees_whole
from keyaccount_web.know.record_kit import RecordChangedError, changed, history_of
from keyaccount_web.shell.templatetags.pages import lang

ACCOUNTS = 100
FORMATS = ("csv", "xlsx")


def _seers_only(request: Request) -> None:
    if not sees_staffing(request.user):
        raise PermissionDenied


@require_GET
def staffing(request: Request) -> HttpResponse:
    """Norm, own quota, those who are there and the work, by branch and tier; what one more manager is worth."""
    _seers_only(request)
    served = served_accounts(request.user)
    work = work_seen_by(request.user, served)
    worked = work_out(work, company_settings())
    told = outcome(worked, work)
    if request.GET.get("format") in FORMATS:
        return staffing_file(told, request.GET["format"])
    shown = shown_outcome(told)
    years: defaultdict[str | None, float] = defaultdict(float)
    for tier, share in tier_years(work, served, worked.settings).items():
        years[tier] += share
    return render(
        request,
        "staffing/staffing.html",
        {
            "shown": shown,
            "years": [(row, years[row["tier"]]) for row in shown.tiers],
            "unassigned": years[UNASSIGNED],
            "value": value_of_more(request.user, served, worked.settings, told["capacity"]),
            "activities": activities(served, worked.settings, told["capacity"], work.names),
            "gap_cost": setting("staffing.gap_cost"),
            "may_set": may(request.user, Right.MANAGE_SETTINGS),
            "may_set_quota": may_set_quota(request.user),
            "may_assign": may(request.user, Right.ASSIGN),
        },
    )


@require_GET
def behind(request: Request) -> HttpResponse:
    """The accounts with their hours, and the managers, of a branch or tier."""
    _seers_only(request)
    branch, tier = request.GET.get("branch", ""), request.GET.get("tier", "")
    unit = None
    if branch:
        if not branch.isdecimal() or len(branch) > 18:
            raise Http404
        unit = get_object_or_404(OrgUnit, pk=int(branch))
    elif tier not in TIERS:
        raise Http404
    settings = settings_for(company_settings(), Asked())
    own = hours_of(settings)
    served = [
        (one, own(one))
        for one in served_accounts(request.user)
        if (one.branch == unit.pk if unit else one.tier == tier)
    ]
    people = (
        managers_seen_by(request.user).filter(posts__unit=unit)
        if unit
        else managers_seen_by(request.user).none()
    )
    if unit and not served and not people.exists():
        raise Http404
    served.sort(key=lambda one: (-one[1], one[0].name))
    page = Paginator(served, ACCOUNTS).get_page(request.GET.get("page"))
    return render(
        request,
        "staffing/behind.html",
        {
            "unit": unit,
            "tier": tier,
            "page": page,
            "accounts": len(served),
            "hours": sum(hours for _, hours in served),
            "people": people.distinct().select_related("manager_time"),
            "query": f"branch={branch}" if branch else f"tier={tier}",
        },
    )


@require_GET
def next_manager(request: Request, number: int) -> HttpResponse:
    """The accounts that a further manager would serve, with what each lacks."""
    _seers_only(request)
    served = served_accounts(request.user)
    work = work_seen_by(request.user, served)
    worked = work_out(work, company_settings())
    value = value_of_more(request.user, served, worked.settings, outcome(worked, work)["capacity"])
    row = next((row for row in value.rows if row["number"] == number), None)
    if row is None:
        raise Http404
    of_pk = {str(one.pk): one for one in served}
    accounts = [(of_pk[key], value.lacking[key]) for key in row["account_ids"]]
    page = Paginator(accounts, ACCOUNTS).get_page(request.GET.get("page"))
    return render(request, "staffing/next.html", {"row": row, "page": page})


# --- quotas and managers


@require_GET
def quotas(request: Request) -> HttpResponse:
    """What the company allows each branch, and each tier over all of them."""
    _seers_only(request)
    units = visible_units(request.user).select_related("manager_quota__set_by").order_by("path")
    rows = [(unit, getattr(unit, "manager_quota", None)) for unit in units]
    held = TierQuota.objects.select_related("set_by").in_bulk() if sees_whole(request.user) else {}
    return render(
        request,
        "staffing/quotas.html",
        {
            "rows": rows,
            "tiers": [(tier, held.get(tier)) for tier in TIERS] if sees_whole(request.user) else [],
            "may_set_quota": may_set_quota(request.user),
        },
    )


@require_POST
def quota(request: Request) -> HttpResponse:
    """Set that of a branch or of a tier; blank takes it away."""
    if not may_set_quota(request.user):
        raise PermissionDenied
    text, tier, unit = (request.POST.get(name, "").strip() for name in ("quota", "tier", "unit"))
    if text and not (text.isdecimal() and int(text) <= MOST_QUOTA):
        messages.error(request, message("quota.wrong", lang(), most=MOST_QUOTA, value=text[:20]))
        return redirect("quotas")
    if tier in TIERS:
        name = message(f"tier.{tier}", lang())
        held: Any = TierQuota.objects.filter(tier=tier).first() or TierQuota(tier=tier)
    else:
        told = get_object_or_404(
            visible_units(request.user), pk=int(unit) if unit.isdecimal() and len(unit) < 18 else -1
        )
        name = told.name
        held = BranchQuota.objects.filter(unit=told).first() or BranchQuota(unit=told)
    if text:
        held.quota, held.set_by = int(text), request.user
        held.save()
    elif not held._state.adding:
        held.delete()
    messages.success(request, message("quota.kept", lang(), name=name))
    return redirect("quotas")


MOST_QUOTA = 10_000


def manager(request: Request, pk: int) -> HttpResponse:
    """How much of the year a manager is there; who assigns accounts says so."""
    _seers_only(request)
    if not may(request.user, Right.ASSIGN):
        raise PermissionDenied
    user = get_object_or_404(managers_seen_by(request.user), pk=pk)
    held = ManagerTime.objects.filter(user=user).first()
    names = ("employed", "skill", "support")
    initial = (
        {name: getattr(held, name) for name in (*names, "version")}
        if held
        else {"employed": 1, "skill": 1, "support": 1}
    )
    form = ManagerForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            values = {name: form.cleaned_data[name] for name in names} | {"set_by": request.user}
            try:
                with transaction.atomic():
                    kept, is_new = ManagerTime.objects.get_or_create(user=user, defaults=values)
                    if held is None and not is_new:
                        raise RecordChangedError("record.changed_meanwhile")
                    if held is not None:
                        changed(kept, form.cleaned_data["version"], values)
            except RecordChangedError as error:
                # What was typed stays, and may be kept once more, over what a colleague has kept.
                form.data = {
                    **request.POST.dict(),
                    "version": str(ManagerTime.objects.get(user=user).version),
                }
                form.add_error(None, error.text(lang()))
                status = 409
            else:
                messages.success(request, message("record.kept", lang()))
                return redirect("staffing")
    history = history_of(held, names, "manager_time") if held else []
    return render(
        request, "staffing/manager.html", {"form": form, "person": user, "history": history}, status=status
    )


# --- plans


@require_GET
def scenarios(request: Request) -> HttpResponse:
    """Plans kept, the newest first; up to four beside each other."""
    _seers_only(request)
    rows = Paginator(plans.scenarios_seen_by(request.user), ACCOUNTS).get_page(request.GET.get("page"))
    return render(
        request,
        "staffing/scenarios.html",
        {"page": rows, "rows": [(one, asked_texts(one.asked)) for one in rows]},
    )


def scenario_new(request: Request) -> HttpResponse:
    """Say what is otherwise; it is worked out and kept."""
    _seers_only(request)
    form = ScenarioForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                told = plans.keep_scenario(request.user, form.cleaned_data["name"], form.asked())
            except KeyAccountError as error:
                form.add_error(None, error.text(lang()))
            else:
                return redirect("scenario", told.pk)
    return render(request, "staffing/scenario_form.html", {"form": form}, status=status)


@require_GET
def scenario(request: Request, pk: int) -> HttpResponse:
    """One plan: what it asks for, beside what there was without it."""
    _seers_only(request)
    one = get_object_or_404(plans.scenarios_seen_by(request.user).select_related("repeats"), pk=pk)
    if request.GET.get("format") in FORMATS:
        return staffing_file(one.outcome, request.GET["format"], name=f"scenario-{one.pk}")
    return render(
        request,
        "staffing/scenario.html",
        {
            "one": one,
            "asked": asked_texts(one.asked),
            "shown": shown_outcome(one.outcome),
            "is_same": one.repeats.outcome == one.outcome if one.repeats else None,
        },
    )


@require_POST
def scenario_repeat(request: Request, pk: int) -> HttpResponse:
    """The same from the same again."""
    _seers_only(request)
    one = get_object_or_404(
        Scenario.objects.filter(pk__in=plans.scenarios_seen_by(request.user).values("pk")), pk=pk
    )
    return redirect("scenario", plans.repeat_scenario(request.user, one).pk)


@require_GET
def compare(request: Request) -> HttpResponse:
    """Plans beside each other, and today."""
    _seers_only(request)
    ids = [int(text) for text in request.GET.getlist("id") if text.isdecimal() and len(text) < 18][
        : plans.MOST_COMPARED
    ]
    found = {one.pk: one for one in plans.scenarios_seen_by(request.user).filter(pk__in=ids)}
    chosen = [found[pk] for pk in dict.fromkeys(ids) if pk in found]
    if not chosen:
        messages.error(request, message("scenario.choose", lang()))
        return redirect("scenarios")
    work = work_seen_by(request.user, served_accounts(request.user))
    today = shown_outcome(outcome(work_out(work, company_settings()), work))
    shown: list[tuple[str, str, Shown]] = [(message("scenario.today", lang()), reverse("staffing"), today)]
    shown += [(one.name, reverse("scenario", args=[one.pk]), shown_outcome(one.outcome)) for one in chosen]
    return render(
        request,
        "staffing/compare.html",
        {
            "columns": shown,
            "totals": [(name, [told.totals.get(name) for _, _, told in shown]) for name in TOTALS],
            "branches": _beside([told for _, _, told in shown]),
            "asked": [(one, asked_texts(one.asked)) for one in chosen],
        },
    )


TOTALS = ("accounts", "hours", "needed_exact", "needed", "norm", "quota", "actual", "gap", "stretch", "cost")


def _beside(outcomes: list[Shown]) -> list[tuple[str, list[dict[str, Any] | None]]]:
    """Branch → its row in each, by name."""
    names: dict[str, str] = {}
    for told in outcomes:
        names |= {row["branch"]: row["name"] for row in told.branches}
    rows = [{row["branch"]: row for row in told.branches} for told in outcomes]
    ordered = sorted(names.items(), key=lambda one: one[1])
    return [(name, [told.get(branch) for told in rows]) for branch, name in ordered]
