"""How does an entry get into the log without a page waiting for it?

What somebody did is written within the request. What somebody only saw waits up to a second and is written with others in one
statement, since on SQLite each writer takes a turn; a process that is killed loses that second, and nothing else.
"""

import atexit
import logging
import os
import threading
from collections import deque

from django.conf import settings
from django.db import DatabaseError, connection

from keyaccount_web.audit.models import Entry

MOST_WAITING = 10_000
_log = logging.getLogger(__name__)
_waiting: deque[Entry] = deque()
_lock = threading.Lock()
_writer: tuple[int, threading.Thread] | None = None
_wake = threading.Event()


def at_once(entry: Entry) -> None:
    """Write it now."""
    try:
        entry.save(force_insert=True)
    except DatabaseError:
        # The page has done its work; who reads the logs must know that the audit log lacks it.
        _log.exception("An entry of the audit log could not be written: %s %s", entry.kind, entry.path)


def soon(entry: Entry) -> None:
    """Write it with others, within `AUDIT_SECONDS`; 0: when `flush` is called."""
    if len(_waiting) >= MOST_WAITING:
        if not settings.AUDIT_SECONDS:
            _waiting.popleft()
        else:
            flush()
    _waiting.append(entry)
    if settings.AUDIT_SECONDS:
        _see_to_a_writer()


def flush() -> int:
    """Write what waits. Gives how many entries; where the database is away they go on waiting."""
    with _lock:
        batch = [_waiting.popleft() for _ in range(len(_waiting))]
        if not batch:
            return 0
        try:
            Entry.objects.bulk_create(batch)
        except DatabaseError:
            _waiting.extendleft(reversed(batch[-MOST_WAITING:]))
            _log.exception("%d entries of the audit log wait for the database", len(batch))
            return 0
    return len(batch)


def forget_waiting() -> None:
    """For tests: what one of them has left is none of the next one's."""
    _waiting.clear()


def _see_to_a_writer() -> None:
    """One thread a process; a forked process begins its own."""
    global _writer
    if _writer is None or _writer[0] != os.getpid() or not _writer[1].is_alive():
        thread = threading.Thread(target=_go_on_writing, daemon=True, name="audit")
        _writer = (os.getpid(), thread)
        thread.start()


def _go_on_writing() -> None:
    while True:
        _wake.wait(settings.AUDIT_SECONDS)
        flush()
        connection.close()


atexit.register(lambda: _waiting and settings.AUDIT_SECONDS and flush())
