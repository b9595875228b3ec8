"""What happens to the log by itself? It is sealed every few minutes, and what is too old goes."""

from django_tasks import task

from keyaccount_web.audit import chain


@task()
def seal_audit() -> None:
    """Close the newest entries."""
    chain.seal()


@task()
def clear_audit() -> None:
    """Remove what is older than it is to be kept."""
    chain.clear()
