"""What do the workers do? The search over all accounts."""

from django_tasks import task

from keyaccount_web.duplicates.models import DuplicateSearch
from keyaccount_web.duplicates.similar import search


@task()
def search_duplicates(search_id: int) -> None:
    """The search that somebody has started."""
    search(DuplicateSearch.objects.get(pk=search_id))


@task()
def search_duplicates_daily() -> None:
    """The search of the night."""
    search(DuplicateSearch.objects.create())
