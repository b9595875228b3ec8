"""Which request does a line of the log belong to? The id goes with the request, and with the tasks that it starts."""

import contextlib
import re
import secrets
from contextvars import ContextVar
from typing import Any

from django.db import DatabaseError, transaction
from django_tasks.signals import task_enqueued, task_finished, task_started

HEADER = "X-Request-ID"
_current: ContextVar[str] = ContextVar("request_id", default="")
_of_task: ContextVar[bool] = ContextVar("of_task", default=False)
_GOOD = re.compile(r"[A-Za-z0-9._-]{8,64}")


def current_id() -> str:
    """The id of the request, or of the one that started the task; empty: there is none."""
    return _current.get()


def taken(given: str | None) -> str:
    """The id that a proxy gave, if it can be one, else a new one."""
    return given if given and _GOOD.fullmatch(given) else secrets.token_hex(8)


def set_id(request_id: str) -> None:
    _current.set(request_id)


def _note_origin(sender: Any, task_result: Any, **_: Any) -> None:  # noqa: ARG001 - the signal's words
    from keyaccount_web.operate.models import TaskOrigin

    if request_id := current_id():
        # A task without it is done all the same.
        with contextlib.suppress(DatabaseError), transaction.atomic():
            TaskOrigin.objects.create(task_id=str(task_result.id), request_id=request_id)


def _take_up(sender: Any, task_result: Any, **_: Any) -> None:  # noqa: ARG001
    from keyaccount_web.operate.models import TaskOrigin

    if current_id():
        return  # done within the request itself
    _current.set(f"task-{task_result.id}"[:64])
    with contextlib.suppress(DatabaseError):
        if origin := TaskOrigin.objects.filter(task_id=str(task_result.id)).first():
            _current.set(origin.request_id)
    _of_task.set(True)


def _lay_down(sender: Any, task_result: Any, **_: Any) -> None:  # noqa: ARG001
    if _of_task.get():
        _current.set("")
        _of_task.set(False)


task_enqueued.connect(_note_origin, dispatch_uid="keyaccount.request_ids.note")
task_started.connect(_take_up, dispatch_uid="keyaccount.request_ids.take")
task_finished.connect(_lay_down, dispatch_uid="keyaccount.request_ids.lay")
