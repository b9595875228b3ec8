"""What the worker does about channels and tiers."""

from django_tasks import task

from keyaccount_web.cover.due import refresh_due
from keyaccount_web.cover.tiers.computing import refresh_tiers


@task()
def refresh_all_tiers() -> None:
    """Where everybody is, and what is due of them."""
    refresh_tiers()
    refresh_due()
