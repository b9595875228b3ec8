"""What do the workers do for the search?"""

from django_tasks import task


@task()
def refresh_all_search() -> None:
    """Bring all keys up to date; what is right already is only read."""
    from keyaccount_web.search.services import refresh_all

    refresh_all()


def begin_where_missing() -> bool:
    """Let a worker make the keys of records that are older than the search. Gives whether there are any."""
    from keyaccount_web.know.models import Account
    from keyaccount_web.search.models import SearchKey

    missing = Account.objects.exists() and not SearchKey.objects.exists()
    if missing:
        refresh_all_search.enqueue()
    return missing
