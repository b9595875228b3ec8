"""What does the chapter do by itself?"""

from django_tasks import task

from keyaccount_web.cover.due import refresh_due
from keyaccount_web.cover.recording import forget_places


@task()
def refresh_due_daily() -> None:
    """What is due, anew; places of check-ins whose time is over are forgotten."""
    forget_places()
    refresh_due()
