"""Pages of occasions, support and the gift register; the calendar feed (K7)."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.know.occasions import festivals
from keyaccount.language import LANGUAGES, message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.approvals.services import open_approval
from keyaccount_web.approvals.views import helper_of
from keyaccount_web.know.events import feed, gifts, services
from keyaccount_web.know.events.forms import GiftForm, OccasionForm, SupportForm
from keyaccount_web.know.events.listings import occasion_name, when_text
from keyaccount_web.know.events.models import FeedAddress, Gift, Occasion, Support
from keyaccount_web.know.merged import leads_on
from keyaccount_web.know.provenance import source_initial, source_of
from keyaccount_web.know.record_kit import (
    account_of,
    contact_chosen,
    editors_only,
    form_page,
    history_of,
    owner_chosen,
)
from keyaccount_web.know.tabs import account_context
from keyaccount_web.shell.templatetags.pages import lang

FESTIVALS_SHOWN = dt.timedelta(days=120)


@require_GET
@leads_on
def account_events(request: Request, pk: int) -> HttpResponse:
    """The tab: what comes next, what was asked of us, what its people were given."""
    account = account_of(request, pk)
    rows = list(Occasion.objects.filter(account=account).select_related("contact", "owner"))
    supports = Support.objects.filter(account=account).select_related("occasion", "approved_by", "asked_of")
    given = Gift.objects.filter(account=account).select_related("approved_by", "asked_by")
    today = timezone.localdate()
    return render(
        request,
        "events/account.html",
        {
            **account_context(request, account, "account_events"),
            "coming": [_row(one, today) for one in rows if one.next_on],
            "over": [_row(one, today) for one in rows if not one.next_on],
            "supports": supports,
            "gifts": given[:20],
            "festivals": festivals(today, today + FESTIVALS_SHOWN),
            "is_announced": services.festival_note(today + FESTIVALS_SHOWN),
        },
    )


def _row(one: Occasion, today: dt.date) -> dict[str, Any]:
    left = (one.next_on - today).days if one.next_on else None
    return {"one": one, "name": occasion_name(one), "when": when_text(one), "left": left}


@require_GET
def occasion(request: Request, pk: int) -> HttpResponse:
    told = get_object_or_404(services.occasions_seen_by(request.user), pk=pk)
    names = (
        "title",
        "kind",
        "calendar",
        "month",
        "day",
        "begins_on",
        "ends_on",
        "lead_days",
        "remark",
        "source",
    )
    shown = {
        "kind": lambda value: message(f"occasion.kind.{value}", lang()),
        "calendar": lambda value: message(f"occasion.calendar.{value}", lang()),
    }
    return render(
        request,
        "events/occasion.html",
        {
            **_row(told, timezone.localdate()),
            "account": told.account,
            "supports": told.supports.select_related("approved_by", "asked_of"),
            "may_edit": may(request.user, Right.EDIT_ACCOUNTS),
            "history": history_of(told, names, "occasion", **shown),
        },
    )


def keep_occasion(request: Request, pk: int, record_id: int | None = None) -> HttpResponse:
    """A new occasion of an account, or one to change."""
    account = account_of(request, pk, to_edit=True)
    record = get_object_or_404(Occasion, pk=record_id, account=account) if record_id else None
    initial = source_initial(kind="birthday", calendar="solar", owner=(account.owner or request.user).pk)
    if record is not None:
        names = (*services.FIELDS, "source_kind", "source", "dated", "permission", "version")
        initial = {name: getattr(record, name) for name in names}
        initial |= {"contact": record.contact_id or "", "owner": record.owner_id}
    form = OccasionForm(request.POST or None, account=account, initial=initial)

    def save(told: dict[str, Any]) -> str:
        values = {name: told[name] for name in services.FIELDS}
        values["contact"] = contact_chosen(account, told["contact"])
        values["owner"] = owner_chosen(account, told["owner"], request.user)
        kept = services.keep_occasion(
            by=request.user,
            account=account,
            source=source_of(told),
            record=record,
            version=told["version"],
            **values,
        )
        return reverse("occasion", args=[kept.pk])

    return form_page(
        request,
        form,
        account=account,
        title="occasion.change" if record else "occasion.new",
        back=reverse("account_events", args=[pk]),
        save=save,
        record=record,
        remove=reverse("occasion_remove", args=[pk, record.pk]) if record else "",
    )


@require_POST
def remove_occasion(request: Request, pk: int, record_id: int) -> HttpResponse:
    account = account_of(request, pk, to_edit=True)
    get_object_or_404(Occasion, pk=record_id, account=account).delete()
    messages.success(request, message("record.removed", lang()))
    return redirect("account_events", pk)


# --- support


def new_support(request: Request, pk: int) -> HttpResponse:
    told = get_object_or_404(services.occasions_seen_by(request.user), pk=pk)
    editors_only(request)
    form = SupportForm(request.POST or None, account=told.account, by=request.user)

    def save(values: dict[str, Any]) -> str:
        one = services.ask_support(
            by=request.user,
            occasion=told,
            what=values["what"],
            amount=values["amount"],
            of=form.approvers[values["of"]],
            reason=values["reason"],
            helper=helper_of(request),
        )
        return reverse("support", args=[one.pk])

    return form_page(
        request,
        form,
        account=told.account,
        title="support.new",
        back=reverse("occasion", args=[pk]),
        save=save,
    )


def support(request: Request, pk: int) -> HttpResponse:
    """One support with what is to be done with it next."""
    one = get_object_or_404(services.supports_seen_by(request.user), pk=pk)
    problem = ""
    if request.method == "POST":
        editors_only(request)
        try:
            if request.POST.get("step") == "given":
                services.give_support(one, on=timezone.localdate())
            else:
                services.close_support(one, by=request.user, result=request.POST.get("result", "")[:500])
        except KeyAccountError as error:
            problem = error.text(lang())
        else:
            messages.success(request, message("record.kept", lang()))
            return redirect("support", pk)
    shown = {"state": lambda value: message(f"support.state.{value}", lang())}
    context = {
        "one": one,
        "account": one.account,
        "approval": open_approval(services.SUPPORT_KIND_NAME, one.pk),
        "may_edit": may(request.user, Right.EDIT_ACCOUNTS),
        "history": history_of(one, ("state", "given_on", "result"), "support", **shown),
        "problem": problem,
    }
    return render(request, "events/support.html", context, status=409 if problem else 200)


# --- gifts


def new_gift(request: Request, pk: int) -> HttpResponse:
    account = account_of(request, pk, to_edit=True)
    form = GiftForm(
        request.POST or None,
        account=account,
        by=request.user,
        initial={
            "on": timezone.localdate(),
            "kind": "gift",
            "is_official": bool(gifts.official_why(account, None)),
        },
    )

    def save(told: dict[str, Any]) -> str:
        names = ("recipient", "is_official", "kind", "what", "value", "on", "consent", "reason")
        gift = gifts.register_gift(
            by=request.user,
            account=account,
            contact=contact_chosen(account, told["contact"]),
            of=form.approvers.get(told["of"]),
            helper=helper_of(request),
            **{name: told[name] for name in names},
        )
        return reverse("gift", args=[gift.pk])

    limits = services.gift_limits()
    sentence = message(
        "gift.sentence", lang(), **{name: limits[name] for name in ("gift_most", "hospitality_most", "year_most", "approve_from", "consent_from")}
    )  # fmt: skip
    back = reverse("account_events", args=[pk])
    return form_page(
        request, form, account=account, title="gift.new", sentence=sentence, back=back, save=save
    )


def gift(request: Request, pk: int) -> HttpResponse:
    """One entry of the register."""
    one = get_object_or_404(gifts.gifts_seen_by(request.user), pk=pk)
    problem = ""
    if request.method == "POST":
        editors_only(request)
        try:
            (gifts.drop if "dropped" in request.POST else gifts.give)(one)
        except KeyAccountError as error:
            problem = error.text(lang())
        else:
            messages.success(request, message("record.kept", lang()))
            return redirect("gift", pk)
    shown = {"state": lambda value: message(f"gift.state.{value}", lang())}
    context = {
        "one": one,
        "account": one.account,
        "approval": open_approval(gifts.KIND, one.pk),
        "may_edit": may(request.user, Right.EDIT_ACCOUNTS),
        "history": history_of(one, ("state", "what", "value"), "gift", **shown),
        "problem": problem,
    }
    return render(request, "events/gift.html", context, status=409 if problem else 200)


# --- the calendar


@never_cache
def own_calendar(request: Request) -> HttpResponse:
    """The secret address of one's own calendar; posted, a new one."""
    if request.method == "POST":
        feed.renew(request.user)
        messages.success(request, message("calendar.renewed", lang()))
        return redirect("own_calendar")
    told = FeedAddress.objects.filter(user=request.user).first()
    return render(
        request, "events/calendar.html", {"told": told, "address": feed.address_of(told) if told else ""}
    )


@login_not_required
@never_cache
@require_GET
def calendar_feed(request: HttpRequest, key: str) -> HttpResponse:
    """The calendar itself, for whoever has its address. An address that was renewed is no address."""
    told = feed.reader_of(key)
    if told is None:
        raise Http404
    now = timezone.now()
    if told.read_at is None or now - told.read_at > dt.timedelta(hours=1):
        FeedAddress.objects.filter(pk=told.pk).update(read_at=now)
        # Once an hour is enough for the log: calendars ask every few minutes.
        request.audit_user = told.user  # type: ignore[attr-defined]
    chosen = request.GET.get("lang", LANGUAGES[0])
    content = feed.calendar_for(
        told.user, timezone.localdate(), chosen if chosen in LANGUAGES else LANGUAGES[0]
    )
    headers = {"Content-Disposition": 'inline; filename="keyaccount.ics"', "X-Robots-Tag": "noindex"}
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)
