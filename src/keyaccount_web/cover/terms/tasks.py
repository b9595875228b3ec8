"""What the worker does about inversions."""

from django_tasks import task

from keyaccount_web.cover.terms.computed import refresh_inversions

AFTER_TIERS = -10
"""The tiers of who came on the list are looked up first."""


@task(priority=AFTER_TIERS)
def refresh_all_inversions() -> None:
    """By who is a key account now."""
    refresh_inversions()
