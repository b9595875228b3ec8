"""Pages of an account's profile: a tab with the latest of each part, and the form of a fact (K1)."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from keyaccount.language import message
from keyaccount.money import show_money
from keyaccount_web.access.requests import Request
from keyaccount_web.know.merged import leads_on
from keyaccount_web.know.profile import services
from keyaccount_web.know.profile.forms import FORMS
from keyaccount_web.know.profile.services import PARTS, Part
from keyaccount_web.know.provenance import SOURCE_FIELDS, source_initial, source_of
from keyaccount_web.know.record_kit import account_of, form_page, history_of
from keyaccount_web.know.tabs import account_context
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work import freshness


@require_GET
@leads_on
def account_profile(request: Request, pk: int) -> HttpResponse:
    """The tab: what is known of its size, production, finances, credit, each as of its day."""
    account = account_of(request, pk)
    facts = services.facts_of(account)
    asked = {one.field for one in freshness.questions(account, most=None)}
    parts = [_shown(PARTS[name], those, f"profile.{name}" in asked) for name, those in facts.items()]
    return render(
        request,
        "profile/account.html",
        {
            **account_context(request, account, "account_profile"),
            "parts": parts,
            "known": sum(bool(those) for those in facts.values()),
            "stale": sum(one["is_stale"] for one in parts),
        },
    )


def _shown(part: Part, facts: list[Any], is_stale: bool) -> dict[str, Any]:
    """The latest fact with its figures as text, and the earlier ones."""
    rows = [{"fact": one, "figures": _figures(part, one)} for one in facts]
    return {
        "name": part.name,
        "title": message(f"profile.part.{part.name}", lang()),
        "none": message(f"profile.none.{part.name}", lang()),
        "latest": rows[0] if rows else None,
        "earlier": rows[1:],
        "is_stale": is_stale,
    }


def _figures(part: Part, fact: Any) -> list[tuple[str, str]]:
    told = [(name, getattr(fact, name)) for name in part.fields]
    return [
        (
            message(f"records.{part.sheet}.{name}", lang()),
            value_text(part, name, value, getattr(fact, "unit", "")),
        )
        for name, value in told
        if value not in (None, "") and not (name == "unit" and (fact.output or fact.capacity))
    ]


def value_text(part: Part, name: str, value: Any, unit: str = "") -> str:
    """A value as it is read."""
    if value in (None, ""):
        return "—"
    if name in part.money:
        return show_money(value, lang())
    if name == "billing":
        return message(f"profile.billing.{value}", lang())
    if isinstance(value, Decimal):
        return f"{value.normalize():,f} {unit}".strip()
    return str(value) if name in ("year", "founded_year") or isinstance(value, str) else f"{value:,}"


def record(request: Request, pk: int, name: str, record_id: int | None = None) -> HttpResponse:
    """The form of a fact."""
    account = account_of(request, pk, to_edit=True)
    part = _part(name)
    held = get_object_or_404(part.model, pk=record_id, account=account) if record_id is not None else None
    back = reverse("account_profile", args=[pk])

    def keep(told: dict[str, Any]) -> str:
        values = {one: value for one, value in told.items() if one not in SOURCE_FIELDS}
        services.keep(part, by=request.user, account=account, source=source_of(told), record=held, **values)
        return back

    more = {}
    if held is not None:
        shown = {one: _telling(part, one) for one in part.fields}
        more["history"] = history_of(held, part.fields, "profile", **shown)
    return form_page(
        request,
        FORMS[name](request.POST or None, initial=_initial(part, held)),
        account=account,
        title=f"profile.{'change' if held else 'new'}.{name}",
        back=back,
        save=keep,
        record=held,
        remove=reverse("profile_remove", args=[pk, name, held.pk]) if held else "",
        more=more,
    )


def _telling(part: Part, name: str) -> Any:
    return lambda value: value_text(part, name, value)


def _initial(part: Part, held: Any) -> dict[str, Any]:
    if held is None:
        return source_initial()
    told = {one: getattr(held, one) for one in (*part.fields, *SOURCE_FIELDS, "version")}
    return {
        one: f"{value.normalize():f}" if isinstance(value, Decimal) else value for one, value in told.items()
    }


def _part(name: str) -> Part:
    if name not in PARTS:
        raise Http404
    return PARTS[name]


@require_POST
def remove(request: Request, pk: int, name: str, record_id: int) -> HttpResponse:
    """It was wrong; its history stays."""
    account = account_of(request, pk, to_edit=True)
    get_object_or_404(_part(name).model, pk=record_id, account=account).delete()
    messages.success(request, message("record.removed", lang()))
    return redirect("account_profile", pk)
