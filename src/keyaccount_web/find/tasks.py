"""What do the workers do for Find?"""

from django_tasks import task

from keyaccount_web.find.kinds import compute_kinds, show_kinds
from keyaccount_web.find.lists import prices
from keyaccount_web.find.models import KeyAccountList
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import RunError, result
from keyaccount_web.tables.ledger import whole_store


@task()
def kinds_again(run_id: int) -> None:
    """Kinds, roles and classes of a run once more, with settings and records as they are now. Raises RunError `run.no_ledger`."""
    run = Run.objects.get(pk=run_id)
    store = whole_store(run.snapshot)
    if store is None:
        raise RunError("run.no_ledger")
    run.repeats = None
    compute_kinds(run, store, result(run, None))
    if Run.objects.filter(pk=run.pk, is_current=True).exists():
        show_kinds(run)


@task()
def work_out_prices(before_id: int, after_id: int) -> None:
    """Prices and volumes between two lists, for their year-on-year page."""
    lists = KeyAccountList.objects.select_related("run").in_bulk([before_id, after_id])
    prices.work_out(lists[before_id], lists[after_id])
