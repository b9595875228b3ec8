"""What can webhooks be told of, and whose eyes is it for? Other chapters call `tell`; a later one adds its own events:

add_event(Event("list.published", lambda user, data: may(user, Right.COMPANY_FIGURES)))
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import current_posts, may, visible_accounts
from keyaccount_web.api.models import Webhook, WebhookDelivery
from keyaccount_web.operate.queue import enqueue_with_records

PING = "ping"


@dataclass(frozen=True)
class Event:
    """Something that happens, by the name that a webhook asks for it."""

    name: str
    """The text is `event.<name>`."""
    is_for: Callable[[User, Mapping[str, Any]], bool]
    """Asked when it is sent, so that nobody is told what they may see no more."""


EVENTS: dict[str, Event] = {}


def add_event(event: Event) -> None:
    """Adding it again replaces it."""
    EVENTS[event.name] = event


def _sees_account(user: User, data: Mapping[str, Any]) -> bool:
    return visible_accounts(user).filter(pk=data["account"]["id"]).exists()


def _sees_runs(user: User, _data: Mapping[str, Any]) -> bool:
    return may(user, Right.RUN) or may(user, Right.COMPANY_FIGURES)


add_event(Event("account.changed", _sees_account))
add_event(Event("import.done", lambda user, data: data["import"]["by"] == user.username))
add_event(Event("run.done", _sees_runs))
add_event(Event("run.made_current", lambda user, _data: bool(current_posts(user))))


def tell(event: str, data: Mapping[str, Any]) -> int:
    """Queue it for every webhook that asks for it, in the transaction at hand: it goes out if that does. Gives how many.

    `data` (JSON) names records and no more: what they say is asked by the API, in the name of whoever reads it.
    """
    hooks = [one for one in Webhook.objects.filter(is_active=True) if event in one.events]
    return len(queue(hooks, event, data))


def queue(hooks: list[Webhook], event: str, data: Mapping[str, Any]) -> list[WebhookDelivery]:
    """The same for these webhooks."""
    from keyaccount_web.api.tasks import send_webhooks

    if not hooks:
        return []
    now = timezone.now()
    body = {
        "id": str(uuid.uuid4()),
        "event": event,
        "at": now.isoformat(timespec="seconds"),
        "data": dict(data),
    }
    made = WebhookDelivery.objects.bulk_create(
        WebhookDelivery(webhook=one, event=event, body=body, next_at=now, created_at=now) for one in hooks
    )
    enqueue_with_records(send_webhooks)
    return made
