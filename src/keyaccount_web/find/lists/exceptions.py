"""How does an account come on a published list, or off it, within the year? By the same four eyes, with a reason (F7, R2)."""

import hashlib
import json

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts
from keyaccount_web.approvals.kinds import Kind
from keyaccount_web.approvals.models import Approval
from keyaccount_web.approvals.services import ask
from keyaccount_web.find.lists.proposing import YearlyListError
from keyaccount_web.find.lists.reading import members
from keyaccount_web.find.lists.reviewing import said
from keyaccount_web.find.models import KeyAccountList, ListException
from keyaccount_web.know.models import Account

KIND = "list_exception"
"""Of approvals."""


def ask_exception(
    user: User,
    told: KeyAccountList,
    account: Account,
    action: str,
    reason: str,
    *,
    of: User,
    helper: User | None = None,
) -> ListException:
    """Ask another person to let an account on a published list, or take it off.

    Raises YearlyListError `yearly.not_published`, `yearly.not_yours`, `yearly.no_reason`, `yearly.on_list`,
    `yearly.not_on_list`, `yearly.exception_asked`; ApprovalError of `ask`.
    """
    reason = said(reason)
    if action not in ListException.Action.values:
        raise YearlyListError("yearly.none_chosen")
    with transaction.atomic():
        held = KeyAccountList.objects.select_for_update(of=("self",)).get(pk=told.pk)
        if held.state != KeyAccountList.State.PUBLISHED:
            raise YearlyListError("yearly.not_published", year=held.year)
        if not may_except(user) or not visible_accounts(user).filter(pk=account.pk).exists():
            raise YearlyListError("yearly.not_yours")
        _check_fits(held, account, action)
        if held.exceptions.filter(account=account, state=ListException.State.ASKED).exists():
            raise YearlyListError("yearly.exception_asked", name=account.name)
        exception = ListException(
            key_list=held,
            account=account,
            action=action,
            reason=reason,
            asked_by=user,
            asked_at=timezone.now(),
        )
        exception._history_user = user  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                exception.save()
        except IntegrityError as error:  # somebody was faster
            raise YearlyListError("yearly.exception_asked", name=account.name) from error
        ask(
            KIND,
            exception.pk,
            by=user,
            of=of,
            reason=reason,
            code=f"yearly.exception_{action}",
            values={"year": held.year, "name": account.name},
            helper=helper,
        )
    return exception


def may_except(user: User) -> bool:
    return may(user, Right.REVIEW_LIST)


def _check_fits(held: KeyAccountList, account: Account, action: str) -> None:
    is_on = account.pk in {one.account_id for one in members(held)}
    if action == ListException.Action.ADD and is_on:
        raise YearlyListError("yearly.on_list", name=account.name)
    if action == ListException.Action.REMOVE and not is_on:
        raise YearlyListError("yearly.not_on_list", name=account.name)


def _digest(pk: int) -> str | None:
    one = ListException.objects.select_related("key_list", "account").filter(pk=pk).first()
    is_open = one is not None and one.state == ListException.State.ASKED
    if one is None or not is_open or one.key_list.state != KeyAccountList.State.PUBLISHED:
        return None
    told = [one.key_list_id, one.key_list.document_sha256, one.account.code, one.action, one.reason]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def _granted(approval: Approval) -> None:
    _close(approval, ListException.State.GRANTED)


def _closed(approval: Approval) -> None:
    _close(approval, ListException.State.CLOSED)


def _close(approval: Approval, state: str) -> None:
    one = ListException.objects.select_for_update(of=("self",)).get(pk=approval.subject_id)
    one.state, one.decided_by, one.decided_at = state, approval.decided_by, approval.decided_at
    one._history_user = approval.decided_by  # type: ignore[attr-defined]
    one.save(update_fields=["state", "decided_by", "decided_at"])


def _seen(user: User) -> QuerySet[ListException]:
    return ListException.objects.filter(account__in=visible_accounts(user))


def _url(pk: int) -> str:
    one = ListException.objects.get(pk=pk)
    return f"{reverse('key_list', args=[one.key_list_id])}#exceptions"


EXCEPTION_KIND = Kind(
    KIND, Right.PUBLISH, digest=_digest, url=_url, seen=_seen, granted=_granted, closed=_closed
)
