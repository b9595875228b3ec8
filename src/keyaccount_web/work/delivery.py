"""What is waiting to go out by mail and to robots, and what if it cannot? It waits, and is tried again later each time."""

import datetime as dt
from collections import defaultdict
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone

from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.work.models import Delivery, Notification
from keyaccount_web.work.notify import notifications_of
from keyaccount_web.work.outgoing import OutgoingError
from keyaccount_web.work.robots import send
from keyaccount_web.work.texts import say

WAITS = (1, 5, 30, 120, 720, 1440)
"""Minutes before the second, third … attempt; after the last it has failed."""
GIVEN_UP_AFTER = dt.timedelta(minutes=15)
"""A worker that has been sending for so long is dead."""
AT_ONCE = 200
IN_ONE_MAIL = 50


def deliver_due(now: dt.datetime | None = None) -> int:
    """Send what is due. Two workers at once send nothing twice. Gives how many went out."""
    now = now or timezone.now()
    stuck = Delivery.objects.filter(state=Delivery.State.SENDING, next_at__lt=now - GIVEN_UP_AFTER)
    stuck.filter(attempts__gt=len(WAITS)).update(state=Delivery.State.FAILED)
    stuck.update(state=Delivery.State.WAITING)
    due = Delivery.objects.filter(state=Delivery.State.WAITING, next_at__lte=now).order_by("next_at", "pk")
    mails: dict[int, list[Delivery]] = defaultdict(list)
    sent = 0
    for delivery in list(due.select_related("notification__user", "robot__unit", "account__unit")[:AT_ONCE]):
        # Taken by a condition, not by a lock, which would be held while a slow server answers.
        taken = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING)
        if not taken.update(state=Delivery.State.SENDING, next_at=now, attempts=F("attempts") + 1):
            continue
        delivery.attempts += 1
        if delivery.notification is not None:
            mails[delivery.notification.user_id].append(delivery)
        elif delivery.robot is None or not delivery.robot.is_active:
            _withhold([delivery])
        else:
            sent += _sent_or_later([delivery], now, lambda one=delivery: send(one, one.robot))
    for theirs in mails.values():
        sent += _mail(theirs, now)
    return sent


def try_again(delivery: Delivery) -> None:
    """An administrator has what failed sent once more."""
    Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.FAILED).update(
        state=Delivery.State.WAITING, next_at=timezone.now(), attempts=0
    )


def _mail(deliveries: list[Delivery], now: dt.datetime) -> int:
    """One mail with all that is due to one person and still for their eyes."""
    notifications = [one.notification for one in deliveries if one.notification is not None]
    user = notifications[0].user
    seen = notifications_of(user).filter(pk__in=[one.pk for one in notifications], read_at=None)
    shown = {one.pk: one for one in seen} if user.is_active and user.email else {}
    _withhold([one for one in deliveries if one.notification_id not in shown])
    rest = [one for one in deliveries if one.notification_id in shown]
    if not rest:
        return 0
    told = [shown[one.notification_id] for one in rest if one.notification_id is not None]
    return _sent_or_later(rest, now, lambda: mail_for(user, told).send())


def mail_for(user: User, notifications: list[Notification]) -> EmailMessage:
    """In the reader's language."""
    lang = user.lang
    lines = [message("mail.hello", lang, name=user.name), ""]
    for one in notifications[:IN_ONE_MAIL]:
        lines += [f"· {text_of(one, lang)}", f"  {settings.SITE_URL}{one.url}"]
    if len(notifications) > IN_ONE_MAIL:
        lines.append(message("mail.more", lang, n=len(notifications) - IN_ONE_MAIL))
    lines += ["", message("mail.why", lang)]
    subject = message("mail.subject", lang, n=len(notifications))
    return EmailMessage(subject, "\n".join(lines), to=[user.email])


def text_of(notification: Notification, lang: str) -> str:
    """What it says."""
    values: dict[str, Any] = dict(notification.values)
    values["account"] = notification.account.name if notification.account else ""
    return say(notification.code, lang, values)


def _sent_or_later(deliveries: list[Delivery], now: dt.datetime, go: Any) -> int:
    try:
        go()
    except OutgoingError as error:
        _later(deliveries, now, {"code": error.code, "values": error.values})
        return 0
    except OSError as error:  # of mail: smtplib's errors are among them
        _later(deliveries, now, {"code": "mail.failed", "values": {"reason": type(error).__name__}})
        return 0
    pks = [one.pk for one in deliveries]
    Delivery.objects.filter(pk__in=pks).update(state=Delivery.State.SENT, sent_at=timezone.now(), error=None)
    return len(pks)


def _later(deliveries: list[Delivery], now: dt.datetime, error: dict[str, Any]) -> None:
    for delivery in deliveries:
        left = delivery.attempts <= len(WAITS)
        delivery.state = Delivery.State.WAITING if left else Delivery.State.FAILED
        delivery.next_at = now + dt.timedelta(minutes=WAITS[delivery.attempts - 1] if left else 0)
        delivery.error = error
        delivery.save(update_fields=["state", "next_at", "error"])


def _withhold(deliveries: list[Delivery]) -> None:
    pks = [one.pk for one in deliveries]
    Delivery.objects.filter(pk__in=pks).update(state=Delivery.State.WITHHELD)
