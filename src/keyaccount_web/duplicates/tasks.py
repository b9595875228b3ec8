"""What do the workers do? The search over all accounts."""

from django.db import transaction
from django_tasks import task

from keyaccount_web.access.models import User
from keyaccount_web.duplicates.models import DuplicateSearch
from keyaccount_web.duplicates.similar import search
from keyaccount_web.operate.queue import enqueue_with_records


@transaction.atomic
def begin_search(user: User) -> DuplicateSearch:
    """Have all accounts compared."""
    record = DuplicateSearch.objects.create(started_by=user)
    enqueue_with_records(search_duplicates, record.pk)
    return record


@task()
def search_duplicates(search_id: int) -> None:
    """The search that somebody has started."""
    search(DuplicateSearch.objects.get(pk=search_id))


@task()
def search_duplicates_daily() -> None:
    """The search of the night."""
    search(DuplicateSearch.objects.create())
