"""What does a worker do when the database goes away under it? Its task begins anew when that is back; anything else is a failure."""

from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections
from django_tasks_db.management.commands.db_worker import Worker

from keyaccount_web.operate.heartbeat import keep_beating, name_of
from keyaccount_web.operate.lost import Watch, again_or_given_up, take_up_lost
from keyaccount_web.operate.models import Heartbeat

AWAY = (OperationalError, InterfaceError, SystemExit, KeyboardInterrupt)
"""The database is gone, or the worker is told to go at once: neither is the task's fault."""


class PatientWorker(Worker):
    """Of django-tasks-db, whose own lines in the log are as loud as the settings say."""

    def run_task(self, db_task_result: Any) -> None:
        task, call = db_task_result, type(db_task_result).set_failed

        def set_failed(error: BaseException) -> None:
            if not isinstance(error, AWAY):
                call(task, error)
                return
            close_old_connections()
            # Away still: this process ends, and whoever comes next finds the task without a worker.
            again_or_given_up(task)

        db_task_result.set_failed = set_failed
        super().run_task(db_task_result)


def work(interval: float = 0.5) -> None:
    """Until it is told to stop."""
    keep_beating(Heartbeat.Kind.WORKER)
    take_up_lost(Watch())  # of the worker before, which may have been killed
    worker = PatientWorker(
        queue_names=["*"],
        excluded_queue_names=[],
        interval=interval,
        batch=False,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=name_of(),
    )
    worker.configure_signals()
    worker.run()
