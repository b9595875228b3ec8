"""What the clock does about plans."""

from django_tasks import task

from keyaccount_web.know.plans.acting import remind
from keyaccount_web.know.plans.reckoning import reckon_all


@task()
def watch_plans() -> None:
    """Reckon this year's plans anew, for the list, and ask again for actions that are overdue."""
    reckon_all()
    remind()
