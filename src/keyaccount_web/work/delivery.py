"""What is waiting to go out by mail and to robots, and what if it cannot? It waits, and is tried again later each time."""

import datetime as dt
import smtplib
import time
from collections import defaultdict
from collections.abc import Callable
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

WAITS = (1, 5, 30, 120, 720, 1440, 1440, 1440)
"""Minutes before the second, third … attempt; after the last, four and a half days on, it has failed: a long weekend is outlived."""
GIVEN_UP_AFTER = dt.timedelta(minutes=15)
"""A worker that has been sending for so long is dead."""
OF_ONE_MAIL = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError, ValueError)
"""What is wrong with one mail; any other trouble is the server's, and meets all mails."""
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
    messages: list[Delivery] = []
    for delivery in due.select_related("notification__user", "robot__unit", "account__unit")[:AT_ONCE]:
        if delivery.notification is not None:
            mails[delivery.notification.user_id].append(delivery)
        else:
            messages.append(delivery)
    this = _Round(now)
    for theirs in mails.values():
        if not this.is_away("mail") and (taken := [one for one in theirs if this.takes(one)]):
            _mail(taken, this)
    for delivery in messages:
        if not this.is_away(delivery.robot_id) and this.takes(delivery):
            _message(delivery, this)
    return this.sent


class _Round:
    """One go through what is due. Who did not answer is not asked again in it: what is due there stays as it is until the next."""

    def __init__(self, now: dt.datetime) -> None:
        self.sent = 0
        self._began, self._now = time.monotonic(), now
        self._away: set[str | int | None] = set()

    @property
    def now(self) -> dt.datetime:
        """It may take minutes: what is taken late is nobody else's too early."""
        return self._now + dt.timedelta(seconds=time.monotonic() - self._began)

    def is_away(self, receiver: str | int | None) -> bool:
        return receiver in self._away

    def takes(self, delivery: Delivery) -> bool:
        """By a condition, not by a lock, which would be held while a slow server answers; just before it is sent."""
        waiting = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING)
        values = {"state": Delivery.State.SENDING, "next_at": self.now, "attempts": F("attempts") + 1}
        if not waiting.update(**values):
            return False
        delivery.attempts += 1
        return True

    def send(self, deliveries: list[Delivery], receiver: str | int, go: Callable[[], Any]) -> None:
        try:
            go()
        except OutgoingError as error:
            self._later(deliveries, {"code": error.code, "values": error.values})
            if error.code == "robot.unreachable":
                self._away.add(receiver)
        except (OSError, ValueError) as error:  # of mail: smtplib's errors are among them
            self._later(deliveries, {"code": "mail.failed", "values": {"reason": type(error).__name__}})
            if not isinstance(error, OF_ONE_MAIL):
                self._away.add(receiver)
        else:
            pks = [one.pk for one in deliveries]
            values = {"state": Delivery.State.SENT, "sent_at": timezone.now(), "error": None}
            Delivery.objects.filter(pk__in=pks).update(**values)
            self.sent += len(pks)

    def _later(self, deliveries: list[Delivery], error: dict[str, Any]) -> None:
        for delivery in deliveries:
            left = delivery.attempts <= len(WAITS)
            delivery.state = Delivery.State.WAITING if left else Delivery.State.FAILED
            wait = dt.timedelta(minutes=WAITS[delivery.attempts - 1] if left else 0)
            delivery.next_at, delivery.error = self._now + wait, error
            delivery.save(update_fields=["state", "next_at", "error"])


def try_again(delivery: Delivery) -> None:
    """An administrator has what failed sent once more."""
    Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.FAILED).update(
        state=Delivery.State.WAITING, next_at=timezone.now(), attempts=0
    )


def _mail(deliveries: list[Delivery], this: _Round) -> None:
    """One mail with all that is due to one person and still for their eyes."""
    notifications = [one.notification for one in deliveries if one.notification is not None]
    user = notifications[0].user
    seen = notifications_of(user).filter(pk__in=[one.pk for one in notifications], read_at=None)
    shown = {one.pk: one for one in seen} if user.is_active and user.email else {}
    _withhold([one for one in deliveries if one.notification_id not in shown])
    rest = [one for one in deliveries if one.notification_id in shown]
    if not rest:
        return
    told = [shown[one.notification_id] for one in rest if one.notification_id is not None]
    this.send(rest, "mail", lambda: mail_for(user, told).send())


def _message(delivery: Delivery, this: _Round) -> None:
    """To a robot that is still there."""
    robot = delivery.robot
    if robot is None or not robot.is_active:
        _withhold([delivery])
    else:
        this.send([delivery], robot.pk, lambda: send(delivery, robot))


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


def _withhold(deliveries: list[Delivery]) -> None:
    pks = [one.pk for one in deliveries]
    Delivery.objects.filter(pk__in=pks).update(state=Delivery.State.WITHHELD)
