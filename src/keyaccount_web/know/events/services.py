"""How are occasions kept and reminded of, and support asked for, approved, given? (K7)"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils import timezone

from keyaccount.know.occasions import Yearly, begin_day, checked, festivals, next_day
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import users_who_may, users_who_see
from keyaccount_web.approvals import services as approvals
from keyaccount_web.approvals.kinds import Kind
from keyaccount_web.approvals.models import Approval
from keyaccount_web.company.presets import setting, settings_of
from keyaccount_web.know.events.models import Occasion, Support
from keyaccount_web.know.models import Account
from keyaccount_web.know.provenance import checked_source
from keyaccount_web.know.record_kit import RecordError, changed, of_visible
from keyaccount_web.work import to_do
from keyaccount_web.work.about import Subject
from keyaccount_web.work.models import ToDo
from keyaccount_web.work.working_days import is_worked

KIND = "occasion"
RULE, FESTIVAL_RULE = "know.occasion", "know.festival"
SUPPORT_KIND_NAME = "support"
State = Support.State
FIELDS = (
    "contact", "kind", "title", "calendar", "month", "day", "is_leap_month", "begins_on", "ends_on", "lead_days",
    "owner", "remark",
)  # fmt: skip


class EventError(RecordError):
    """An occasion or a support cannot be kept or moved as told."""


# --- occasions


def occasions_seen_by(user: User) -> QuerySet[Occasion]:
    return of_visible(Occasion.objects.all(), user).select_related("contact", "owner", "recorded_by")


def subject_of(one: Occasion) -> Subject:
    return Subject(one.account, KIND, one.pk)


def rule_of(one: Any) -> Yearly:
    return Yearly(one.month or 0, one.day or 0, one.calendar == Occasion.Calendar.LUNAR, one.is_leap_month)


def next_of(one: Any, since: dt.date) -> dt.date | None:
    """When an occasion comes next, on or after `since`; None: never again."""
    if one.calendar == Occasion.Calendar.ONCE:
        last = one.ends_on or one.begins_on
        return one.begins_on if last >= since else None
    return next_day(rule_of(one), since)


def checked_occasion(
    *, by: User, account: Account, source: Mapping[str, Any], **values: Any
) -> dict[str, Any]:
    """The fields of an occasion but its account, fit to be kept.

    Raises OccasionError `occasion.no_such_day`; EventError `occasion.no_day` (what happens once needs its day),
    `occasion.order`, `occasion.whose` (a birthday is somebody's); FactError.
    """
    values = {name: values.get(name) for name in FIELDS}
    values |= {name: (values[name] or "").strip() for name in ("title", "remark")}
    values["is_leap_month"] = bool(values["is_leap_month"]) and values["calendar"] == Occasion.Calendar.LUNAR
    values["owner"] = values["owner"] or account.owner or by
    if values["kind"] == Occasion.Kind.BIRTHDAY and values["contact"] is None:
        raise EventError("occasion.whose")
    if values["calendar"] == Occasion.Calendar.ONCE:
        if values["begins_on"] is None:
            raise EventError("occasion.no_day")
        if values["ends_on"] is not None and values["ends_on"] < values["begins_on"]:
            raise EventError("occasion.order", began=values["begins_on"], ended=values["ends_on"])
        values |= {"month": None, "day": None}
    else:
        values |= {"begins_on": None, "ends_on": None}
        checked(
            rule_of(
                Occasion(**{name: values[name] for name in ("month", "day", "calendar", "is_leap_month")})
            )
        )
    values |= checked_source(by=by, **source)
    values["next_on"] = next_of(Occasion(**values), timezone.localdate())
    return values


def keep_occasion(
    *,
    by: User,
    account: Account,
    source: Mapping[str, Any],
    record: Occasion | None = None,
    version: int | None = None,
    **values: Any,
) -> Occasion:
    """A new occasion, or one changed. Raises as `checked_occasion`; RecordChangedError."""
    kept = checked_occasion(by=by, account=account, source=source, **values)
    with transaction.atomic():
        if record is None:
            return Occasion.objects.create(account=account, **kept)
        return changed(record, version, kept)


def lead_of(one: Occasion, told: Mapping[str, int]) -> int:
    """Its own lead time, else the company's. `told`: the settings `events.*`."""
    if one.lead_days is not None:
        return one.lead_days
    return told["promotion_lead_days" if one.kind == Occasion.Kind.PROMOTION else "lead_days"]


def remind(today: dt.date | None = None) -> int:
    """Ask the owners of what comes near, and everybody with accounts of the festivals; once each. Gives how many to-dos."""
    today = today or timezone.localdate()
    told = settings_of("events.")
    made = 0
    for one in Occasion.objects.filter(next_on__lt=today):
        # It is over: what comes every year gets its next day, what happened once has none.
        Occasion.objects.filter(pk=one.pk).update(next_on=next_of(one, today))
    coming = Occasion.objects.filter(next_on__gte=today, next_on__lte=today + dt.timedelta(days=400))
    for one in coming.select_related("account", "contact", "owner"):
        assert one.next_on is not None  # noqa: S101 - asked for above
        if begin_day(one.next_on, lead_of(one, told), is_worked) > today or not one.owner.is_active:
            continue
        made += _ask(
            one.owner,
            f"occasion.ask.{one.kind}",
            due_date=one.next_on,
            about=subject_of(one),
            values={
                "title": one.title,
                "who": one.contact.name if one.contact else "",
                "day": str(one.next_on),
            },
            rule=RULE,
            key=f"occasion:{one.pk}:{one.next_on}",
        )
    return made + _remind_of_festivals(today, told["festival_lead_days"])


def _remind_of_festivals(today: dt.date, lead_days: int) -> int:
    near = [
        (day, code)
        for day, code in festivals(today, today + dt.timedelta(days=lead_days + 15))
        if begin_day(day, lead_days, is_worked) <= today
    ]
    if not near:
        return 0
    owners = Account.objects.exclude(owner=None).values_list("owner").annotate(n=Count("pk"))
    counts = dict(owners.order_by())
    made = 0
    for user in User.objects.filter(pk__in=counts, is_active=True):
        for day, code in near:
            made += _ask(
                user,
                f"festival.ask.{code}",
                due_date=day,
                values={"n": counts[user.pk], "day": str(day)},
                rule=FESTIVAL_RULE,
                key=f"festival:{code}:{day}:{user.pk}",
                url=reverse("accounts") + "?whose=mine",
            )
    return made


def _ask(user: User, code: str, *, key: str, **told: Any) -> bool:
    """Whether somebody was asked who had not been."""
    if ToDo.objects.filter(key=key).exists():
        return False
    to_do.ask(user, code, key=key, **told)
    return True


# --- support


def supports_seen_by(user: User) -> QuerySet[Support]:
    seen = of_visible(Support.objects.all(), user)
    return seen.select_related("occasion", "asked_by", "asked_of", "approved_by")


def approvers_for(account: Account, by: User) -> list[User]:
    """Who may approve spending on an account: with the right to, and able to see it, and not whoever asks."""
    may_approve = users_who_may(Right.APPROVE_SPENDING).order_by().values("pk")
    seeing = users_who_see(account).filter(pk__in=may_approve)
    return list(seeing.exclude(pk=by.pk).order_by("name", "pk"))


def ask_support(
    *,
    by: User,
    occasion: Occasion,
    what: str,
    amount: Decimal,
    of: User,
    reason: str,
    helper: User | None = None,
) -> Support:
    """Ask `of` whether we support an occasion. Raises ApprovalError as `approvals.ask`."""
    with transaction.atomic():
        one = Support.objects.create(
            account=occasion.account,
            occasion=occasion,
            what=what.strip(),
            amount=amount,
            asked_by=by,
            asked_of=of,
        )
        approvals.ask(
            SUPPORT_KIND_NAME,
            one.pk,
            by=by,
            of=of,
            reason=reason,
            code="support.approval",
            values={"what": one.what, "amount": str(amount), "account": occasion.account.name},
            helper=helper,
        )
    return one


def give_support(one: Support, *, on: dt.date, version: int | None = None) -> Support:
    """It was given; whoever asked is to say what came of it. Raises EventError `support.not_from_here`."""
    with transaction.atomic():
        _check_state(one, State.APPROVED)
        held = changed(one, version, {"state": State.GIVEN, "given_on": on})
        to_do.ask(
            held.asked_by,
            "support.ask_result",
            due_date=max(on, held.occasion.ends_on or on) + dt.timedelta(days=14),
            about=subject_of(held.occasion),
            values={"what": held.what},
            rule=RULE,
            key=f"support:{held.pk}",
        )
    return held


def close_support(one: Support, *, by: User, result: str, version: int | None = None) -> Support:
    """What came of it. Raises EventError `support.not_from_here`, `support.no_result`."""
    if not result.strip():
        raise EventError("support.no_result")
    with transaction.atomic():
        _check_state(one, State.GIVEN)
        held = changed(one, version, {"state": State.CLOSED, "result": result.strip()})
        for asked in ToDo.objects.filter(key=f"support:{held.pk}", state=ToDo.State.OPEN):
            to_do.finish(asked, by)
    return held


def _check_state(one: Support, state: str) -> None:
    now = Support.objects.values_list("state", flat=True).get(pk=one.pk)
    if now != state:
        raise EventError("support.not_from_here", now=now)


def digest_of(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _digest(pk: int) -> str | None:
    one = Support.objects.filter(pk=pk).first()
    if one is None:
        return None
    return digest_of({"what": one.what, "amount": str(one.amount.normalize()), "occasion": one.occasion_id})


def _decided(state: str) -> Any:
    def move(approval: Approval) -> None:
        one = Support.objects.get(pk=approval.subject_id)
        decider = approval.decided_by if state == State.APPROVED else None
        changed(one, None, {"state": state, "approved_by": decider})

    return move


SUPPORT_KIND = Kind(
    SUPPORT_KIND_NAME,
    Right.APPROVE_SPENDING,
    digest=_digest,
    url=lambda pk: reverse("support", args=[pk]),
    seen=supports_seen_by,
    granted=_decided(State.APPROVED),
    closed=_decided(State.REFUSED),
)


def festival_note(last: dt.date) -> bool:
    """Whether holidays and make-up days up to a day are announced and known here."""
    from chinese_calendar.constants import holidays

    return bool(last <= max(holidays))


def gift_limits() -> dict[str, Any]:
    return settings_of("gifts.")


def official_words() -> str:
    return str(setting("gifts.official_words"))
