"""How does one person ask and another decide? Never the same, never in somebody's name, never something that has changed (R2).

approval = ask("list", told.pk, by=user, of=director, reason="…", code="list.approval", values={"year": 2026})
decide(approval, by=director, granted=True, answer="…", digest=approval.digest)
changed("list", told.pk)  # after every change of a subject: what was asked about it as it was is withdrawn
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import RULES
from keyaccount_web.access.scope import may
from keyaccount_web.approvals.kinds import KINDS, Kind
from keyaccount_web.approvals.models import Approval
from keyaccount_web.work.models import ToDo
from keyaccount_web.work.notify import notify
from keyaccount_web.work.to_do import ask as ask_to_do
from keyaccount_web.work.to_do import finish

DAYS = 7
"""Until a decision is due."""
LONGEST = 2000


class ApprovalError(KeyAccountError):
    """It cannot be asked for or decided so."""


def ask(
    kind: str,
    subject_id: int,
    *,
    by: User,
    of: User,
    reason: str,
    code: str,
    values: Mapping[str, Any] | None = None,
    helper: User | None = None,
) -> Approval:
    """Ask `of` to decide about a subject as it stands; they get a to-do.

    `helper`: whoever acts in the name of `by`, if anybody does.

    Raises ApprovalError `approval.no_reason`, `approval.same_person`, `approval.no_right`, `approval.gone`, `approval.open`.
    """
    told = KINDS[kind]
    reason = _said(reason)
    if of in (by, helper):
        raise ApprovalError("approval.same_person", name=of.name)
    _check_right(told, of, subject_id)
    with transaction.atomic():
        digest = told.digest(subject_id)
        if digest is None:
            raise ApprovalError("approval.gone")
        if Approval.objects.filter(kind=kind, subject_id=subject_id, state=Approval.State.OPEN).exists():
            raise ApprovalError("approval.open")
        try:
            with transaction.atomic():
                approval = Approval.objects.create(
                    kind=kind,
                    subject_id=subject_id,
                    digest=digest,
                    code=code,
                    values=dict(values or {}),
                    reason=reason,
                    asked_by=by,
                    helper=helper,
                    asked_of=of,
                    asked_at=timezone.now(),
                )
        except IntegrityError as error:  # somebody was faster
            raise ApprovalError("approval.open") from error
        ask_to_do(
            of,
            "approval.to_do",
            due_date=timezone.localdate() + dt.timedelta(days=DAYS),
            values={"by": by.name, "what": _what(approval)},
            rule="approval",
            key=_to_do_key(approval),
            url=reverse("approval", args=[approval.pk]),
        )
    return approval


def decide(
    approval: Approval, *, by: User, granted: bool, answer: str, digest: str, helper: User | None = None
) -> Approval:
    """Grant or refuse. `digest`: of what the decider has looked at.

    Where the subject has changed since it was asked, it is withdrawn instead, and nothing else happens.

    Raises ApprovalError `approval.acting`, `approval.same_person`, `approval.no_right`, `approval.closed`,
    `approval.changed`; `approval.no_reason` where it is refused without one.
    """
    if helper is not None:
        raise ApprovalError("approval.acting", name=by.name)
    kind = KINDS[approval.kind]
    if not granted:
        answer = _said(answer)
    with transaction.atomic():
        held = _locked(approval)
        if held.state != Approval.State.OPEN:
            raise ApprovalError("approval.closed")
        if by.pk in (held.asked_by_id, held.helper_id):
            raise ApprovalError("approval.same_person", name=by.name)
        _check_right(kind, by, held.subject_id)
        is_same = held.digest == digest == kind.digest(held.subject_id)
        if is_same:
            state = Approval.State.GRANTED if granted else Approval.State.REFUSED
            _close(held, state, by, answer.strip()[:LONGEST])
            (kind.granted if granted else kind.closed)(held)
        else:
            changed(held.kind, held.subject_id)
    if not is_same:
        raise ApprovalError("approval.changed")
    return held


def withdraw(approval: Approval, *, by: User, answer: str = "") -> None:
    """Whoever asked takes it back.

    Raises ApprovalError `approval.closed`, `approval.not_yours`.
    """
    with transaction.atomic():
        held = _locked(approval)
        if held.state != Approval.State.OPEN:
            raise ApprovalError("approval.closed")
        if by.pk not in (held.asked_by_id, held.helper_id):
            raise ApprovalError("approval.not_yours", name=held.asked_by.name)
        _close(held, Approval.State.WITHDRAWN, by, answer.strip()[:LONGEST])
        KINDS[held.kind].closed(held)


def changed(kind: str, subject_id: int) -> int:
    """Withdraw what was asked about a subject that is no longer as it was. Gives how many, which is none or one."""
    open_ones = Approval.objects.filter(kind=kind, subject_id=subject_id, state=Approval.State.OPEN)
    closed = 0
    with transaction.atomic():
        for held in open_ones.select_for_update(of=("self",)):
            if KINDS[kind].digest(subject_id) != held.digest:
                _close(held, Approval.State.WITHDRAWN, None, "")
                KINDS[kind].closed(held)
                closed += 1
    return closed


def deciders(kind: str, *, without: tuple[User | None, ...] = ()) -> QuerySet[User]:
    """Who may decide about subjects of a kind, but for those named."""
    right = KINDS[kind].right
    roles = [role for role, rules in RULES.items() if right in rules.rights]
    day = timezone.localdate()
    held = Q(posts__role__in=roles, posts__since__lte=day) & (Q(posts__until=None) | Q(posts__until__gte=day))
    others = User.objects.filter(held, is_active=True)
    return others.exclude(pk__in=[one.pk for one in without if one]).distinct().order_by("name")


def may_decide(user: User, approval: Approval) -> bool:
    """Whether this second person may."""
    kind = KINDS.get(approval.kind)
    return (
        kind is not None
        and approval.state == Approval.State.OPEN
        and user.pk not in (approval.asked_by_id, approval.helper_id)
        and may(user, kind.right)
        and kind.is_seen(user, approval.subject_id)
    )


def approvals_seen_by(user: User) -> QuerySet[Approval]:
    """Those that somebody asked for, is asked, has decided, or may decide, as far as they may see what it is about."""
    own = Q(asked_by=user) | Q(asked_of=user) | Q(decided_by=user)
    seen = Q(pk__in=[])
    for name, kind in KINDS.items():
        concerned = Q() if may(user, kind.right) else own
        seen |= Q(kind=name, subject_id__in=kind.seen(user).values("pk")) & concerned
    return Approval.objects.filter(seen).select_related("asked_by", "asked_of", "decided_by", "helper")


def waiting_for(user: User) -> int:
    """How many wait for the decision of this very person."""
    return Approval.objects.filter(asked_of=user, state=Approval.State.OPEN).count()


def open_approval(kind: str, subject_id: int) -> Approval | None:
    """The one that waits for a decision, if any does."""
    found = Approval.objects.filter(kind=kind, subject_id=subject_id, state=Approval.State.OPEN)
    return found.select_related("asked_by", "asked_of", "helper").first()


def _close(held: Approval, state: str, by: User | None, answer: str) -> None:
    held.state, held.decided_by, held.decided_at, held.answer = state, by, timezone.now(), answer
    held.save(update_fields=["state", "decided_by", "decided_at", "answer"])
    asked = ToDo.objects.filter(key=_to_do_key(held)).first()
    if asked is not None:
        dropped = state == Approval.State.WITHDRAWN
        finish(asked, by or held.asked_by, state=ToDo.State.DROPPED if dropped else ToDo.State.DONE)
    if by != held.asked_by:
        values = {"what": _what(held), "by": by.name if by else ""}
        code = f"notice.approval_{state if by else 'changed'}"
        notify([held.asked_by], code, url=reverse("approval", args=[held.pk]), values=values)


def _what(approval: Approval) -> dict[str, Any]:
    """As a value of another text."""
    return {"code": approval.code, "values": approval.values}


def _check_right(kind: Kind, user: User, subject_id: int) -> None:
    if not (user.is_active and may(user, kind.right) and kind.is_seen(user, subject_id)):
        raise ApprovalError("approval.no_right", name=user.name)


def _locked(approval: Approval) -> Approval:
    return (
        Approval.objects.select_for_update(of=("self",))
        .select_related("asked_by", "asked_of")
        .get(pk=approval.pk)
    )


def _to_do_key(approval: Approval) -> str:
    return f"approval:{approval.pk}"


def _said(reason: str) -> str:
    reason = reason.replace("\x00", "").strip()[:LONGEST]
    if not reason:
        raise ApprovalError("approval.no_reason")
    return reason
