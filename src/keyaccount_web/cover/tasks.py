"""What does the chapter do by itself?"""

from django_tasks import task

from keyaccount_web.cover.due import refresh_due
from keyaccount_web.cover.recording import forget_places


@task()
def refresh_due_daily() -> None:
    """What is due, anew."""
    refresh_due()


@task()
def forget_old_places() -> None:
    """Where people were, once its time is over."""
    forget_places()
