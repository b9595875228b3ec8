"""Who is told what, in the app and by mail? Shown and sent only while they may see the account.

Other chapters call `notify`.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from keyaccount_web.access.models import User
from keyaccount_web.operate.queue import enqueue_with_records
from keyaccount_web.work.about import Subject, seen_by
from keyaccount_web.work.models import Delivery, MailChoice, Notification

DIGEST_HOUR = 8
"""Local time."""


def notify(
    users: Iterable[User],
    code: str,
    *,
    url: str,
    subject: Subject | None = None,
    values: Mapping[str, Any] | None = None,
) -> int:
    """Tell each of `users` once. Gives how many.

    `code`: a text that may name `account` beside `values` (JSON); `url` leads to the record, within the app. Mails go out by each
    one's choice.
    """
    told = list({user.pk: user for user in users if user.is_active}.values())
    now = timezone.now()
    fields = subject.fields if subject else {}
    made = Notification.objects.bulk_create(
        Notification(user=user, code=code, values=dict(values or {}), url=url, created_at=now, **fields)
        for user in told
    )
    _to_mail(made, told, now)
    return len(made)


def _to_mail(made: list[Notification], told: list[User], now: dt.datetime) -> None:
    if not mail_is_set_up():
        return
    chosen = dict(MailChoice.objects.filter(user__in=told).values_list("user_id", "mode"))
    waiting = []
    for notification, user in zip(made, told, strict=True):
        mode = chosen.get(user.pk, MailChoice.Mode.DAILY)
        if user.email and mode != MailChoice.Mode.NONE:
            next_at = now if mode == MailChoice.Mode.AT_ONCE else next_digest(now)
            waiting.append(Delivery(notification=notification, next_at=next_at, created_at=now))
    Delivery.objects.bulk_create(waiting)
    if any(delivery.next_at == now for delivery in waiting):
        send_soon()


def send_soon() -> None:
    """A worker sends what is due once this transaction is through."""
    from keyaccount_web.work.tasks import deliver

    enqueue_with_records(deliver)


def next_digest(now: dt.datetime) -> dt.datetime:
    """The next eight o'clock, where the company is."""
    local = timezone.localtime(now)
    today = local.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    return today if local < today else today + dt.timedelta(days=1)


def mail_is_set_up() -> bool:
    """Whether mails go anywhere."""
    return not settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend")


def notifications_of(user: User) -> QuerySet[Notification]:
    """Those that `user` may still see, the newest first."""
    return Notification.objects.filter(seen_by(user), user=user).select_related("account")


def unread_count(user: User, *, most: int = 100) -> int:
    """How many are unread, counted up to `most`."""
    unread = Notification.objects.filter(seen_by(user), user=user, read_at=None)
    return len(unread.order_by().values_list("pk", flat=True)[:most])


def mark_read(user: User, pks: Iterable[int] | None = None) -> None:
    """These of `user`; None: all."""
    unread = Notification.objects.filter(user=user, read_at=None)
    if pks is not None:
        unread = unread.filter(pk__in=list(pks))
    unread.update(read_at=timezone.now())
