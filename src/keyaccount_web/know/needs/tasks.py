"""What the clock does about needs."""

from django_tasks import task

from keyaccount_web.know.needs.services import remind


@task()
def remind_of_needs() -> None:
    """Ask the owners of needs that have waited too long."""
    remind()
