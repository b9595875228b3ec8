"""Endpoints on the API itself: the token at hand, webhooks and their messages."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from ninja import Field, Router, Schema, Status

from keyaccount_web.api import tokens, webhooks
from keyaccount_web.api.kit import (
    ApiRequest,
    Cursor,
    Done,
    Id,
    Input,
    Limit,
    in_query,
    keyset,
    needs,
    one_of,
    page_schema,
)
from keyaccount_web.api.models import Webhook, WebhookDelivery

router = Router()


class TokenOut(Schema):
    """A token, but not its text."""

    name: str
    beginning: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class WebhookIn(Input):
    """A new webhook: https, on a public host."""

    name: str = Field(min_length=1, max_length=60)
    url: str = Field(max_length=500)
    events: list[str] = Field(min_length=1, max_length=50)


class WebhookChange(Input):
    """What is left out stays."""

    name: str | None = Field(None, min_length=1, max_length=60)
    events: list[str] | None = Field(None, min_length=1, max_length=50)
    is_active: bool | None = None


class WebhookOut(Schema):
    """A webhook, but neither its address, which may be a secret, nor what it signs with."""

    id: int
    name: str
    host: str
    events: list[str]
    is_active: bool
    created_at: datetime


class NewWebhook(WebhookOut):
    """The only answer that has the secret."""

    secret: str


class DeliveryOut(Schema):
    """One message to a webhook, and what became of it."""

    id: int
    event: str
    body: dict[str, Any]
    state: str
    attempts: int
    status: int | None
    created_at: datetime
    sent_at: datetime | None
    next_at: datetime


def _own(request: ApiRequest) -> QuerySet[Webhook]:
    return Webhook.objects.filter(user=request.user)


@router.get("/token", auth=needs("read"), response=TokenOut, tags=["token"], summary="The token at hand")
def read_token(request: ApiRequest) -> Any:
    return request.token


@router.delete("/token", auth=needs(""), response=Done, tags=["token"], summary="Revoke the token at hand")
def revoke_token(request: ApiRequest) -> Any:
    """Whoever finds it where it should not be can make it worthless; it needs no scope."""
    tokens.revoke(request.token, None)
    return {}


@router.get(
    "/webhooks",
    auth=needs("webhooks"),
    response=list[WebhookOut],
    tags=["webhooks"],
    summary="One's own webhooks",
)
def list_webhooks(request: ApiRequest) -> Any:
    return _own(request)


@router.post(
    "/webhooks",
    auth=needs("webhooks"),
    response={201: NewWebhook},
    tags=["webhooks"],
    summary="Enter a webhook",
)
def add_webhook(request: ApiRequest, told: WebhookIn) -> Any:
    webhook, secret = webhooks.add_webhook(request.user, name=told.name, address=told.url, events=told.events)
    webhook.secret = secret  # type: ignore[attr-defined]
    return Status(201, webhook)


@router.get(
    "/webhooks/{webhook_id}",
    auth=needs("webhooks"),
    response=WebhookOut,
    tags=["webhooks"],
    summary="A webhook",
)
def read_webhook(request: ApiRequest, webhook_id: Id) -> Any:
    return one_of(_own(request), webhook_id)


@router.patch(
    "/webhooks/{webhook_id}",
    auth=needs("webhooks"),
    response=WebhookOut,
    tags=["webhooks"],
    summary="Change a webhook",
)
def change_webhook(request: ApiRequest, webhook_id: Id, told: WebhookChange) -> Any:
    webhook = one_of(_own(request), webhook_id)
    webhooks.change_webhook(webhook, **told.dict())
    return webhook


@router.delete(
    "/webhooks/{webhook_id}",
    auth=needs("webhooks"),
    response=Done,
    tags=["webhooks"],
    summary="Remove a webhook",
)
def remove_webhook(request: ApiRequest, webhook_id: Id) -> Any:
    one_of(_own(request), webhook_id).delete()
    return {}


@router.post(
    "/webhooks/{webhook_id}/ping",
    auth=needs("webhooks"),
    response={202: DeliveryOut},
    tags=["webhooks"],
    summary="Send a test",
)
def ping_webhook(request: ApiRequest, webhook_id: Id) -> Any:
    return Status(202, webhooks.ping(one_of(_own(request), webhook_id)))


@router.get(
    "/webhooks/{webhook_id}/deliveries",
    auth=needs("webhooks"),
    response=page_schema("Delivery", DeliveryOut),
    tags=["webhooks"],
    summary="What a webhook was sent, newest first",
)
def list_deliveries(
    request: ApiRequest,
    webhook_id: Id,
    limit: Limit,
    after: Cursor = None,
    state: WebhookDelivery.State | None = in_query(None),
) -> Any:
    rows = WebhookDelivery.objects.filter(webhook=one_of(_own(request), webhook_id))
    if state is not None:
        rows = rows.filter(state=state)
    items, next_page = keyset(rows, limit=limit, after=after)
    return {"items": items, "after": next_page}


@router.post(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/again",
    auth=needs("webhooks"),
    response={202: DeliveryOut},
    tags=["webhooks"],
    summary="Send a message once more",
)
def send_again(request: ApiRequest, webhook_id: Id, delivery_id: Id) -> Any:
    rows = WebhookDelivery.objects.filter(webhook=one_of(_own(request), webhook_id))
    delivery = one_of(rows, delivery_id)
    webhooks.try_again(delivery)
    delivery.refresh_from_db()
    return Status(202, delivery)
