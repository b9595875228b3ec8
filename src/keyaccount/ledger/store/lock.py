"""How do two who want to write take turns? One writes, the others wait and are told for whom. (design, "one writer")

The operating system (PostgreSQL: the server) gives the lock back when its holder dies, however it dies.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import filelock

from keyaccount.ledger.store.tables import StoreError

LOOK_AGAIN_SECONDS = 0.1
# "keyaccount" in telephone digits: advisory locks share one space of numbers within a database.
_ADVISORY_KEY = 5392_226_8

Waiting = Callable[[str], None]
"""Told once for whom and what it waits, where it must."""


@contextmanager
def writing(folder: Path, catalog: str | None, what: str, waiting: Waiting) -> Iterator[None]:
    """Hold the right to write for the time of the block; `what` is told to those who wait meanwhile.

    Raises StoreError `store.read_only` where the folder cannot be written to.
    """
    with _server_lock(catalog, what, waiting) if catalog else _file_lock(folder, what, waiting):
        yield


@contextmanager
def _file_lock(folder: Path, what: str, waiting: Waiting) -> Iterator[None]:
    lock = filelock.FileLock(folder / "write.lock", is_singleton=False)
    holder = folder / "writer.json"
    try:
        _wait(lambda: _tried(lock), lambda: _told(holder), waiting)
    except OSError as error:
        raise StoreError("store.read_only", place=str(folder), reason=error.strerror or str(error)) from error
    try:
        # Only for those who wait; without it they wait as well.
        with suppress(OSError):
            holder.write_text(json.dumps({"what": what}), encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


def _tried(lock: filelock.BaseFileLock) -> bool:
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        return False
    return True


def _told(holder: Path) -> str:
    try:
        return str(json.loads(holder.read_text(encoding="utf-8"))["what"])
    except (OSError, ValueError, KeyError):
        return "?"


@contextmanager
def _server_lock(catalog: str, what: str, waiting: Waiting) -> Iterator[None]:
    try:
        import psycopg
    except ImportError as error:
        raise StoreError("store.no_driver", extra="postgres") from error
    with psycopg.connect(catalog, autocommit=True, application_name=f"keyaccount: {what}"[:60]) as con:

        def tried() -> bool:
            row: Any = con.execute("SELECT pg_try_advisory_lock(%s)", [_ADVISORY_KEY]).fetchone()
            return bool(row[0])

        def told() -> str:
            row: Any = con.execute(
                "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) "
                "WHERE locktype = 'advisory' AND granted AND objid = %s",
                [_ADVISORY_KEY],
            ).fetchone()
            return str(row[0]).removeprefix("keyaccount: ") if row else "?"

        _wait(tried, told, waiting)
        yield


def _wait(tried: Callable[[], bool], told: Callable[[], str], waiting: Waiting) -> None:
    said = False
    while not tried():
        holder = told()
        if not said and holder != "?":
            waiting(holder)
            said = True
        time.sleep(LOOK_AGAIN_SECONDS)
