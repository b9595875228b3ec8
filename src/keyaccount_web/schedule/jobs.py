"""Which jobs are there, and what do they do? Each is a task, so a worker does it and the clock never waits."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from django_tasks import task
from django_tasks.base import Task

from keyaccount_web.api.tasks import clear_api, send_webhooks
from keyaccount_web.audit.tasks import clear_audit, seal_audit
from keyaccount_web.cover.tasks import forget_old_places, refresh_due_daily
from keyaccount_web.cover.tiers.tasks import end_placements
from keyaccount_web.duplicates.tasks import search_duplicates_daily
from keyaccount_web.imports.tasks import clear_imports
from keyaccount_web.know.events.tasks import remind_of_events
from keyaccount_web.know.needs.tasks import remind_of_needs
from keyaccount_web.know.plans.tasks import watch_plans
from keyaccount_web.lists.tasks import forget_exports
from keyaccount_web.operate.models import TaskOrigin
from keyaccount_web.operate.queue import enqueue_with_records
from keyaccount_web.operate.tasks import back_up_again, back_up_nightly
from keyaccount_web.schedule.models import JobRun
from keyaccount_web.search.tasks import refresh_all_search
from keyaccount_web.work.tasks import deliver, escalate_to_dos, purge_files


@dataclass(frozen=True)
class Job:
    """Begins when `every` has passed since it last began; a daily one not before `hour`."""

    name: str
    run: Task[[], None]
    every: dt.timedelta
    hour: int | None = None
    """Local time."""
    forgets: bool = False
    """Removes what has reached an age: not while the clock cannot be trusted."""

    def is_due(self, last: dt.datetime | None, now: dt.datetime) -> bool:
        """Whether it is to begin at `now`, having begun at `last` the time before."""
        if last is None or now - last < self.every:
            # The first time a daily job waits for its hour, too.
            return last is None and (self.hour is None or now.hour >= self.hour)
        return self.hour is None or now.hour >= self.hour


@task()
def clear_sessions() -> None:
    """Remove sessions that have ended."""
    call_command("clearsessions")


@task()
def refresh_list() -> None:
    """Find the key accounts again where the ledger has grown, or accounts were merged, since the current run; with its settings."""
    from keyaccount_web.runs.services import begin_find, current_run, merged_otherwise, settings_of
    from keyaccount_web.tables.ledger import newest_snapshot

    current = current_run()
    newest = newest_snapshot()
    if current is None or newest is None:
        return
    if newest == current.snapshot and not merged_otherwise(current):
        return
    begin_find(current.started_by, settings_of(current))


@task()
def prune_tasks() -> None:
    """Forget finished tasks of more than two weeks ago."""
    call_command("prune_db_task_results", min_age_days=14, queue_name="*")
    TaskOrigin.objects.filter(at__lt=timezone.now() - dt.timedelta(days=14)).delete()


JOBS = (
    Job("back_up", back_up_nightly, dt.timedelta(hours=23), hour=2),
    Job("back_up_again", back_up_again, dt.timedelta(minutes=30)),
    Job("clear_sessions", clear_sessions, dt.timedelta(hours=23), hour=3),
    Job("prune_tasks", prune_tasks, dt.timedelta(hours=23), hour=3, forgets=True),
    Job("forget_exports", forget_exports, dt.timedelta(hours=23), hour=3, forgets=True),
    Job("refresh_search", refresh_all_search, dt.timedelta(hours=23), hour=4),
    Job("search_duplicates", search_duplicates_daily, dt.timedelta(hours=23), hour=5),
    Job("refresh_list", refresh_list, dt.timedelta(hours=23), hour=5),
    Job("forget_places", forget_old_places, dt.timedelta(hours=23), hour=3, forgets=True),
    Job("end_placements", end_placements, dt.timedelta(hours=23), hour=4),
    Job("refresh_due", refresh_due_daily, dt.timedelta(hours=23), hour=5),
    Job("clear_imports", clear_imports, dt.timedelta(hours=23), hour=5, forgets=True),
    Job("deliver", deliver, dt.timedelta(minutes=5)),
    Job("send_webhooks", send_webhooks, dt.timedelta(minutes=5)),
    Job("clear_api", clear_api, dt.timedelta(hours=23), hour=3, forgets=True),
    Job("seal_audit", seal_audit, dt.timedelta(minutes=5)),
    Job("clear_audit", clear_audit, dt.timedelta(hours=23), hour=4, forgets=True),
    Job("escalate_to_dos", escalate_to_dos, dt.timedelta(hours=23), hour=6),
    Job("remind_of_events", remind_of_events, dt.timedelta(hours=23), hour=6),
    Job("remind_of_needs", remind_of_needs, dt.timedelta(hours=23), hour=6),
    Job("watch_plans", watch_plans, dt.timedelta(hours=23), hour=6),
    Job("purge_files", purge_files, dt.timedelta(hours=23), hour=3, forgets=True),
)


def begin_due(
    now: dt.datetime | None = None,
    *,
    enqueue: Callable[[Job], object] | None = None,
    may_forget: bool = True,
) -> list[str]:
    """Begin the jobs that are due; two schedulers at once begin each of them once. Gives their names."""
    now = timezone.localtime(now)
    begun = []
    for job in JOBS:
        if job.forgets and not may_forget:
            continue
        with transaction.atomic():
            held, _ = JobRun.objects.select_for_update().get_or_create(
                name=job.name, defaults={"began_at": dt.datetime(2000, 1, 1, tzinfo=dt.UTC)}
            )
            last = timezone.localtime(held.began_at)
            if not job.is_due(last if last.year > 2000 else None, now):
                continue
            held.began_at = now
            held.save(update_fields=["began_at"])
            (enqueue or (lambda one: enqueue_with_records(one.run)))(job)
        begun.append(job.name)
    return begun
