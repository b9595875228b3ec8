"""What waits to go out by mail, to robots and to webhooks, and what has failed for good?"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from keyaccount_web.api.models import WebhookDelivery
from keyaccount_web.work.models import Delivery

COUNTED = dt.timedelta(days=30)
"""What failed longer ago is nobody's trouble any more."""


@dataclass(frozen=True)
class Outgoing:
    """The messages of one way out."""

    way: str
    """mail, robot or webhook."""
    waiting: int
    """Due, or to be tried again; mail that is kept for the morning is neither."""
    tried: int
    """Of these: has been tried in vain."""
    failed: int
    """Tried for the last time."""
    oldest_seconds: float
    """How long the oldest that was tried in vain has waited."""


def outgoing() -> Iterator[Outgoing]:
    """By way, in three queries."""
    mails = Delivery.objects.all()
    yield _counted("mail", mails.exclude(notification=None))
    yield _counted("robot", mails.exclude(robot=None))
    yield _counted("webhook", WebhookDelivery.objects.all())


def _counted(way: str, rows: QuerySet[Delivery] | QuerySet[WebhookDelivery]) -> Outgoing:
    now = timezone.now()
    open_ = Q(state__in=("waiting", "sending"))
    tried = open_ & Q(error__isnull=False)
    told = rows.order_by().aggregate(
        waiting=Count("pk", open_ & (Q(next_at__lte=now) | Q(error__isnull=False))),
        tried=Count("pk", tried),
        failed=Count("pk", Q(state="failed", created_at__gt=now - COUNTED)),
        since=Min("created_at", filter=tried),
    )
    since = told.pop("since")
    return Outgoing(way, **told, oldest_seconds=max((now - since).total_seconds(), 0) if since else 0)
