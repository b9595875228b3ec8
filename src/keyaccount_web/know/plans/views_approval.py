"""A plan's way into force: who is asked, which editions were approved, who changed what (K8)."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.know.plan_words import amount_text
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.approvals.services import open_approval
from keyaccount_web.approvals.views import helper_of
from keyaccount_web.know.plans import approving
from keyaccount_web.know.plans.models import AccountPlan
from keyaccount_web.know.plans.reading import KIND, TEXTS, approvers_for, plan_name
from keyaccount_web.know.plans.views import plan_seen
from keyaccount_web.know.record_kit import history_of
from keyaccount_web.know.tabs import account_context
from keyaccount_web.shell.templatetags.pages import lang


@require_GET
def editions(request: Request, pk: int) -> HttpResponse:
    """Whom to ask, what was approved, and the history of the texts."""
    plan = plan_seen(request, pk)
    context = account_context(request, plan.account, "account_plan")
    asks = context["may_edit"] and plan.state == AccountPlan.State.DRAFT
    return render(
        request,
        "account_plans/editions.html",
        {
            **context,
            "plan": plan,
            "name": plan_name(plan),
            "approval": open_approval(KIND, plan.pk),
            "approvers": approvers_for(plan.account, request.user, helper_of(request)) if asks else [],
            "editions": [
                (one, _contents(one.document)) for one in plan.editions.select_related("approved_by")
            ],
            "history": _history(plan),
        },
    )


def _contents(document: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """What stood in an edition: heading and lines of each part that is not blank."""
    texts = [
        (message(f"account_plan.{name}", lang()), [document["texts"][name]])
        for name in TEXTS
        if document["texts"][name]
    ]
    parts = [
        (message(f"account_plan.part.{part}", lang()), [_line(one) for one in document[part]])
        for part in ("goals", "actions", "risks", "commitments")
    ]
    return texts + [(title, lines) for title, lines in parts if lines]


def _line(one: dict[str, Any]) -> str:
    target = one.get("target")
    shown = amount_text(one["measure"], one["unit"], Decimal(target), lang()) if target else ""
    words = [one.get("name") or one["what"], shown, one.get("due_on", "")]
    return " · ".join(word for word in words if word)


def _history(plan: AccountPlan) -> list[Any]:
    names = (*TEXTS, "level_now", "level_wanted", "state", "edition", "shared", "looked_on")

    def level(value: str) -> str:
        return message(f"account_plan.level.{value or 'none'}", lang())

    return history_of(
        plan,
        names,
        "account_plan",
        level_now=level,
        level_wanted=level,
        state=lambda value: message(f"account_plan.state.{value}", lang()),
        shared=lambda parts: "、".join(message(f"account_plan.{one}", lang()) for one in parts) or "—",
    )


@require_POST
def submit(request: Request, pk: int) -> HttpResponse:
    """Ask somebody else to approve it."""
    plan = plan_seen(request, pk, to_edit=True)
    chosen = request.POST.get("of", "")
    of = next((one for one in approvers_for(plan.account) if str(one.pk) == chosen), None)
    try:
        if of is None:
            raise approving.PlanError("account_plan.no_approver")
        approving.submit(
            plan, by=request.user, of=of, reason=request.POST.get("reason", ""), helper=helper_of(request)
        )
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
    else:
        messages.success(request, message("account_plan.submitted", lang(), name=of.name))
    return redirect("account_plan_editions", plan.pk)
