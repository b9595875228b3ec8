"""What do the workers do of the API? Each is also a job of the clock."""

from django_tasks import task

from keyaccount_web.operate.queue import enqueue_with_records


@task()
def send_webhooks() -> None:
    """Messages to webhooks that are due."""
    from keyaccount_web.api.webhooks import deliver_due

    deliver_due()


@task()
def clear_api() -> None:
    """Answers kept for a day, messages kept for some weeks."""
    from keyaccount_web.api import idempotency, webhooks

    idempotency.clear()
    webhooks.clear()


def send_webhooks_soon() -> None:
    """Once this transaction is through."""
    enqueue_with_records(send_webhooks)
