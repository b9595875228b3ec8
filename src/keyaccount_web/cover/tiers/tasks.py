"""What the worker does about channels and tiers."""

from django.utils import timezone
from django_tasks import task

from keyaccount_web.cover.due import refresh_due
from keyaccount_web.cover.tiers.computing import refresh_tiers
from keyaccount_web.cover.tiers.models import Placement


@task()
def refresh_all_tiers() -> None:
    """Where everybody is, and what is due of them."""
    refresh_tiers()
    refresh_due()


@task()
def end_placements() -> None:
    """Placements whose last day is over no longer hold."""
    ended = Placement.objects.filter(until__lt=timezone.localdate(), account__place__channel_rule="placed")
    if ended.exists():
        refresh_tiers()
        refresh_due()
