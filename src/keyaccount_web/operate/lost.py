"""What becomes of a task whose worker was killed? Another worker takes it up; where that happened too often, its record says so.

A chapter whose records say that they are being worked on tells what to say of one that is given up:

when_given_up(run_find, run_given_up)   # called with the task's own words, and the error
"""

import logging
import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_tasks.base import Task, TaskResultStatus

from keyaccount.errors import KeyAccountError
from keyaccount_web.operate.heartbeat import SEEN_LATELY, here, name_of
from keyaccount_web.operate.models import Heartbeat

MOST_TRIES = 3
"""So many workers may die of it before it is left alone."""
_log = logging.getLogger(__name__)
_given_up: dict[str, Callable[..., object]] = {}


class TaskLostError(KeyAccountError):
    """Nobody works on it any more."""


def when_given_up(task: Task[..., Any], say: Callable[..., object]) -> None:
    """Have `say(error, *words)` called, in the transaction that gives the task up."""
    _given_up[task.module_path] = say


def says_so(task_path: str) -> Callable[..., object] | None:
    """What is to be called where a task is given up; its chapter says so in the task's module, which this process may not have read."""
    with suppress(ImportError):  # of a release that had it
        import_module(task_path.rpartition(".")[0])
    return _given_up.get(task_path)


class Watch:
    """Which workers are gone? Those of this machine whose process is, and those that have not said a word for a while.

    Measured by this process' own steady clock: a wall clock that is put forward makes nobody look dead.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: dict[str, tuple[object, float]] = {}

    def gone(self, workers: Iterable[str]) -> set[str]:
        """Of these; to be asked again and again."""
        wanted, now = set(workers), self._clock()
        said = dict(Heartbeat.objects.filter(process__in=wanted).values_list("process", "at"))
        before = self._heard
        self._heard = {
            one: before[one] if one in before and before[one][0] == said.get(one) else (said.get(one), now)
            for one in wanted
        }
        silent = SEEN_LATELY.total_seconds()
        return {one for one, (_, since) in self._heard.items() if now - since >= silent or _died_here(one)}


def take_up_lost(watch: Watch) -> list[str]:
    """Put what the gone were working on back into the queue, or give it up. Gives the paths of the tasks."""
    from django_tasks_db.models import DBTaskResult

    running = [one for one in DBTaskResult.objects.running() if one.worker_ids]
    gone = watch.gone(one.worker_ids[-1] for one in running)
    return [one.task_path for one in running if one.worker_ids[-1] in gone and again_or_given_up(one)]


def again_or_given_up(lost: Any) -> bool:
    """Back into the queue, or, tried often enough, ended. False: somebody else was faster, or it is done after all."""
    from django_tasks_db.models import DBTaskResult

    mine = DBTaskResult.objects.filter(
        pk=lost.pk, status=TaskResultStatus.RUNNING, started_at=lost.started_at
    )
    if len(lost.worker_ids) < MOST_TRIES:
        _log.warning("The worker of task %s (%s) is gone: it begins anew", lost.pk, lost.task_path)
        return bool(mine.update(status=TaskResultStatus.READY, started_at=None))
    error = TaskLostError("task.lost", times=len(lost.worker_ids))
    with transaction.atomic():
        if not mine.update(
            status=TaskResultStatus.FAILED,
            finished_at=timezone.now(),
            exception_class_path=f"{TaskLostError.__module__}.{TaskLostError.__qualname__}",
            traceback=error.text("en"),
        ):
            return False
        if say := says_so(lost.task_path):
            say(error, *lost.args_kwargs["args"])
    _log.error("Task %s (%s) is given up: %s", lost.pk, lost.task_path, error.text("en"))
    return True


def _died_here(worker: str) -> bool:
    """Whether its process was one of this machine (and container), and is no more."""
    place, _, rest = worker.rpartition("/")
    number = rest.partition(":")[0]
    if "#" not in place or place != here() or not number.isdecimal() or worker == name_of():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
