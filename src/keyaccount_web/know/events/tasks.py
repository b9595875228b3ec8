"""What the clock does about days that come."""

from django_tasks import task

from keyaccount_web.know.events.services import remind


@task()
def remind_of_events() -> None:
    """Ask whoever is to prepare for a day, in time."""
    remind()
