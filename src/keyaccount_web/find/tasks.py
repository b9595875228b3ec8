"""What do the workers do for Find?"""

from django_tasks import task

from keyaccount.errors import KeyAccountError
from keyaccount_web.find.kinds import compute_kinds, show_kinds
from keyaccount_web.find.lists import prices, proposing
from keyaccount_web.find.models import KeyAccountList
from keyaccount_web.operate.lost import when_given_up
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
def fill_key_list(list_id: int) -> None:
    """Propose a list from a run of many accounts."""
    told = KeyAccountList.objects.select_related("run", "made_by").get(pk=list_id)
    if told.state != KeyAccountList.State.PROPOSING:
        return  # a worker was killed after it was done
    try:
        proposing.fill(told, lambda percent: _say(told, percent))
    except KeyAccountError as error:
        proposing.give_up(told, error)
    except Exception as error:
        # Whatever it was, nobody should wait for this list any longer.
        proposing.give_up(told, RunError("run.broken", error=type(error).__name__))
        raise


def _say(told: KeyAccountList, percent: int) -> None:
    KeyAccountList.objects.filter(pk=told.pk).update(progress=percent)


def _given_up(error: KeyAccountError, list_id: int) -> None:
    told = KeyAccountList.objects.select_for_update().get(pk=list_id)
    if told.state == KeyAccountList.State.PROPOSING:
        proposing.give_up(told, error)


when_given_up(fill_key_list, _given_up)


@task()
def work_out_prices(before_id: int, after_id: int) -> None:
    """Prices and volumes between two lists, for their year-on-year page."""
    lists = KeyAccountList.objects.select_related("run").in_bulk([before_id, after_id])
    prices.work_out(lists[before_id], lists[after_id])
