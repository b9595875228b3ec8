"""How does a plan come into force? Asked for by one, approved by another; what changes afterwards makes the next edition (R2, K8)."""

import hashlib
import json
from typing import Any

from django.db import transaction
from django.utils import timezone

from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.approvals import services as approvals
from keyaccount_web.approvals.kinds import Kind
from keyaccount_web.approvals.models import Approval
from keyaccount_web.know.plans.models import AccountPlan, PlanAction, PlanEdition
from keyaccount_web.know.plans.reading import KIND, TEXTS, plan_url, plans_seen_by
from keyaccount_web.know.record_kit import RecordError

State = AccountPlan.State
_GOAL = ("name", "measure", "goods", "unit", "base", "target", "due_on", "weight", "is_shared")
_ACTION = ("what", "owner_id", "due_on", "is_shared")
_RISK = ("what", "likelihood", "effect", "answer", "owner_id")
_COMMITMENT = ("what", "topic", "side", "measure", "due_on", "is_shared")


class PlanError(RecordError):
    """A plan cannot be changed so."""


def contents(plan: AccountPlan) -> dict[str, Any]:
    """All that is approved with a plan; what happens under it (states, results, what was counted) is none of it."""
    texts = {name: getattr(plan, name) for name in (*TEXTS, "level_now", "level_wanted")}
    actions = PlanAction.objects.filter(goal__plan=plan).exclude(state=PlanAction.State.DROPPED)
    return {
        "account": plan.account_id,
        "year": plan.year,
        "edition": plan.edition,
        "texts": texts,
        "shared": sorted(plan.shared),
        "goals": [_told(one, ("pk", *_GOAL)) for one in plan.goals.all()],
        "actions": [_told(one, ("pk", "goal_id", *_ACTION)) for one in actions.order_by("pk")],
        "risks": [_told(one, ("pk", *_RISK)) for one in plan.risks.all()],
        "commitments": [_told(one, ("pk", *_COMMITMENT)) for one in plan.commitments.order_by("pk")],
    }


def _told(record: Any, names: tuple[str, ...]) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in names}
    return {
        name: value if value is None or isinstance(value, int) else str(value)
        for name, value in values.items()
    }


def digest_of(told: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def content_changed(plan: AccountPlan) -> None:
    """After every change of what is approved: what was asked about it as it was is withdrawn; one in force becomes the draft of
    the next edition. Within the transaction of the change."""
    held = AccountPlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if held.state == State.APPROVED:
        held.state, held.edition = State.DRAFT, held.edition + 1
        held.save(update_fields=["state", "edition"])
    approvals.changed(KIND, plan.pk)


def submit(plan: AccountPlan, *, by: User, of: User, reason: str, helper: User | None = None) -> Approval:
    """Ask `of` to approve the plan as it stands.

    Raises PlanError `account_plan.not_draft`, `account_plan.no_goals`; ApprovalError of `ask`.
    """
    with transaction.atomic():
        held = AccountPlan.objects.select_for_update(of=("self",)).select_related("account").get(pk=plan.pk)
        if held.state != State.DRAFT:
            raise PlanError("account_plan.not_draft")
        if not held.goals.exists():
            raise PlanError("account_plan.no_goals")
        held.state = State.IN_REVIEW
        held.save(update_fields=["state"])
        values = {"account": held.account.name, "year": held.year, "edition": held.edition}
        return approvals.ask(
            KIND,
            held.pk,
            by=by,
            of=of,
            reason=reason,
            code="account_plan.approval",
            values=values,
            helper=helper,
        )


def _digest(pk: int) -> str | None:
    plan = AccountPlan.objects.filter(pk=pk, state=State.IN_REVIEW).first()
    return digest_of(contents(plan)) if plan else None


def _granted(approval: Approval) -> None:
    plan = AccountPlan.objects.select_for_update(of=("self",)).get(pk=approval.subject_id)
    PlanEdition.objects.create(
        plan=plan,
        number=plan.edition,
        document=contents(plan),
        digest=approval.digest,
        asked_by=approval.asked_by,
        approved_by=approval.decided_by or approval.asked_of,
        approved_at=approval.decided_at or timezone.now(),
    )
    plan.state = State.APPROVED
    plan.save(update_fields=["state"])


def _back_to_draft(approval: Approval) -> None:
    plan = AccountPlan.objects.filter(pk=approval.subject_id, state=State.IN_REVIEW).first()
    if plan is not None:
        plan.state = State.DRAFT
        plan.save(update_fields=["state"])


def _url(pk: int) -> str:
    return plan_url(AccountPlan.objects.get(pk=pk))


PLAN_KIND = Kind(
    KIND,
    Right.APPROVE_PLANS,
    digest=_digest,
    url=_url,
    seen=plans_seen_by,
    granted=_granted,
    closed=_back_to_draft,
)
