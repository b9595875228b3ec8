"""How does a record get its task, and a task its record? Both are committed together, or neither is."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django_tasks.base import Task

DATABASE = "django_tasks_db.DatabaseBackend"


def enqueue_with_records(task: Task[..., Any], *words: Any) -> None:
    """Queue it in the transaction at hand: a process that is killed then leaves no record that waits for nobody.

    Where tasks are done at once (tests) that is when the transaction is done.
    """
    if settings.TASKS["default"]["BACKEND"] == DATABASE:
        task.enqueue(*words)
    else:
        later: Callable[[], object] = lambda: task.enqueue(*words)  # noqa: E731
        transaction.on_commit(later)
