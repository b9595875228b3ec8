"""How does what happened reach a webhook? Signed, and tried again later and later where it does not; every message is kept a while.

The signature: HMAC-SHA256, by the webhook's secret, of the second since 1970, a point and the body as it is sent. It stands in the
header `Keyaccount-Signature` as `t=<second>,v1=<hex>`; `keyaccount.client.is_from_us` checks it.
"""

import datetime as dt
import hmac
import json
import secrets
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import current_posts, forget_posts
from keyaccount_web.api.events import EVENTS, PING, queue
from keyaccount_web.api.models import Webhook, WebhookDelivery
from keyaccount_web.work.models import Notification
from keyaccount_web.work.notify import notify
from keyaccount_web.work.outgoing import OutgoingError, check_address, post
from keyaccount_web.work.sealed import seal, unseal

WAITS = (1, 5, 30, 120, 720, 1440, 1440, 1440)
"""Minutes before the second, third … attempt; after the last, four and a half days on, it has failed."""
GIVEN_UP_AFTER = dt.timedelta(minutes=15)
"""A worker that has been sending for so long is dead."""
AT_ONCE = 200
MOST_WEBHOOKS = 20
"""Of one user."""
KEPT_DAYS = 30
SECONDS_A_ROUND = 10
"""So long one webhook may take of a round; what is left of its messages goes with the next."""
SAID_AGAIN_AFTER = dt.timedelta(days=1)
State = WebhookDelivery.State


class WebhookError(KeyAccountError):
    """It cannot be entered like that."""


def add_webhook(user: User, *, name: str, address: str, events: Iterable[str]) -> tuple[Webhook, str]:
    """A webhook of `user`, and its secret, which nobody can be told again.

    Raises OutgoingError `robot.address`; WebhookError `webhook.events`, `webhook.many`, `webhook.no_post`.
    """
    asked = _known(events)
    if not current_posts(user):
        raise WebhookError("webhook.no_post")
    _, host, _ = check_address(address)
    if Webhook.objects.filter(user=user).count() >= MOST_WEBHOOKS:
        raise WebhookError("webhook.many", most=MOST_WEBHOOKS)
    secret = f"whsec_{secrets.token_urlsafe(32)}"
    webhook = Webhook.objects.create(
        user=user,
        name=name.strip()[:60],
        events=asked,
        sealed_address=seal(address),
        sealed_secret=seal(secret),
        host=host,
        created_at=timezone.now(),
    )
    return webhook, secret


def change_webhook(
    webhook: Webhook,
    *,
    name: str | None = None,
    events: Iterable[str] | None = None,
    is_active: bool | None = None,
) -> None:
    """What is None stays. Another address is another webhook, with a secret of its own.

    Raises WebhookError `webhook.events`.
    """
    if name is not None:
        webhook.name = name.strip()[:60]
    if events is not None:
        webhook.events = _known(events)
    if is_active is not None:
        webhook.is_active = is_active
    webhook.save(update_fields=["name", "events", "is_active"])


def ping(webhook: Webhook) -> WebhookDelivery:
    """Have it told that it works."""
    return queue([webhook], PING, {"webhook": {"id": webhook.pk, "name": webhook.name}})[0]


def try_again(delivery: WebhookDelivery) -> None:
    """Send once more what has failed, or what was sent and got lost there: with the same id, by which it is known."""
    from keyaccount_web.api.tasks import send_webhooks_soon

    WebhookDelivery.objects.filter(pk=delivery.pk, state__in=(State.FAILED, State.SENT)).update(
        state=State.WAITING, next_at=timezone.now(), attempts=0
    )
    send_webhooks_soon()


def deliver_due(now: dt.datetime | None = None) -> int:
    """Send what is due. Two workers at once send nothing twice. Gives how many went out."""
    now = now or timezone.now()
    stuck = WebhookDelivery.objects.filter(state=State.SENDING, next_at__lt=now - GIVEN_UP_AFTER)
    stuck.filter(attempts__gt=len(WAITS)).update(state=State.FAILED)
    stuck.update(state=State.WAITING)
    due = WebhookDelivery.objects.filter(state=State.WAITING, next_at__lte=now).order_by("next_at", "pk")
    sent, began = 0, time.monotonic()
    away: set[int] = set()
    """Who did not answer, answered by an error or took long is not asked again in this round."""
    spent: defaultdict[int, float] = defaultdict(float)
    for delivery in list(due.select_related("webhook__user")[:AT_ONCE]):
        if delivery.webhook_id in away:
            continue
        # Taken by a condition, not by a lock, which would be held while a slow server answers; at the moment it is, not the round's.
        taken = WebhookDelivery.objects.filter(pk=delivery.pk, state=State.WAITING)
        at = now + dt.timedelta(seconds=time.monotonic() - began)
        if not taken.update(state=State.SENDING, next_at=at, attempts=F("attempts") + 1):
            continue
        delivery.attempts += 1
        asked = time.monotonic()
        arrived = _send(delivery, now)
        sent += arrived
        spent[delivery.webhook_id] += time.monotonic() - asked
        if (delivery.error and not arrived) or spent[delivery.webhook_id] > SECONDS_A_ROUND:
            away.add(delivery.webhook_id)
    return sent


def clear(now: dt.datetime | None = None) -> int:
    """Remove what is done with for some weeks. Gives how many."""
    before = (now or timezone.now()) - dt.timedelta(days=KEPT_DAYS)
    done = (State.SENT, State.FAILED, State.WITHHELD)
    return WebhookDelivery.objects.filter(created_at__lt=before, state__in=done).delete()[0]


def signature(secret: str, body: bytes, second: int) -> str:
    """The header's value."""
    sign = hmac.new(secret.encode(), f"{second}.".encode() + body, "sha256").hexdigest()
    return f"t={second},v1={sign}"


def _send(delivery: WebhookDelivery, now: dt.datetime) -> int:
    webhook = delivery.webhook
    forget_posts(webhook.user)
    event = EVENTS.get(delivery.event)
    is_theirs = delivery.event == PING or (
        event is not None and event.is_for(webhook.user, delivery.body["data"])
    )
    if not (webhook.is_active and webhook.user.is_active and is_theirs):
        delivery.state = State.WITHHELD
        delivery.save(update_fields=["state"])
        return 0
    try:
        delivery.status = _post(delivery)
    except OutgoingError as error:
        _later(delivery, now, {"code": error.code, "values": error.values})
        return 0
    if not 200 <= delivery.status < 300:
        _later(
            delivery,
            now,
            {"code": "robot.answer", "values": {"host": webhook.host, "status": delivery.status}},
        )
        return 0
    delivery.state, delivery.sent_at, delivery.error = State.SENT, timezone.now(), None
    delivery.save(update_fields=["state", "sent_at", "error", "status"])
    return 1


def _post(delivery: WebhookDelivery) -> int:
    address, secret = unseal(delivery.webhook.sealed_address), unseal(delivery.webhook.sealed_secret)
    if address is None or secret is None:
        raise OutgoingError("robot.sealed")
    body = json.dumps(delivery.body, ensure_ascii=False, sort_keys=True).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "keyaccount",
        "Keyaccount-Event": delivery.event,
        "Keyaccount-Delivery": str(delivery.body["id"]),
        "Keyaccount-Signature": signature(secret, body, int(timezone.now().timestamp())),
    }
    status, _ = post(address, body, headers)
    return status


def _later(delivery: WebhookDelivery, now: dt.datetime, error: dict[str, Any]) -> None:
    left = delivery.attempts <= len(WAITS)
    delivery.state = State.WAITING if left else State.FAILED
    delivery.next_at = now + dt.timedelta(minutes=WAITS[delivery.attempts - 1] if left else 0)
    delivery.error = error
    delivery.save(update_fields=["state", "next_at", "error", "status"])
    if not left:
        _say_given_up(delivery.webhook, now)


def _say_given_up(webhook: Webhook, now: dt.datetime) -> None:
    """To whoever entered it, once a day: a receiver that is away for a week fails each of many messages."""
    url = reverse("webhook", args=[webhook.pk])
    told = Notification.objects.filter(user=webhook.user, code="notice.webhook_failed", url=url)
    if not told.filter(created_at__gt=now - SAID_AGAIN_AFTER).exists():
        notify([webhook.user], "notice.webhook_failed", url=url, values={"name": webhook.name})


def _known(events: Iterable[str]) -> list[str]:
    asked = set(events)
    if not asked or not asked <= set(EVENTS):
        raise WebhookError("webhook.events", allowed=list(EVENTS), events=sorted(asked))
    return [one for one in EVENTS if one in asked]
