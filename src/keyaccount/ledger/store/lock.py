"""How do two who want to write take turns? One writes, the others wait and are told for whom. (design, "one writer")

The operating system (PostgreSQL: the server) gives the lock back when its holder dies, however it dies.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import filelock

from keyaccount.ledger.connections import masked
from keyaccount.ledger.store.tables import StoreError

LOOK_AGAIN_SECONDS = 0.1
# "keyaccount" in telephone digits: advisory locks share one space of numbers within a database.
_ADVISORY_KEY = 5392_226_8

Waiting = Callable[[str], None]
"""Told once for whom and what it waits, where it must."""


@contextmanager
def writing(folder: Path, catalog: str | None, what: str, waiting: Waiting) -> Iterator[None]:
    """Hold the right to write for the time of the block; `what` is told to those who wait meanwhile.

    Raises StoreError `store.read_only` where the folder cannot be written to, `store.unreachable`, `store.catalog_address`.
    """
    holder = folder / "writer.json"
    wait = partial(_wait, told=lambda: _told(holder), waiting=waiting)
    with _server_lock(catalog, wait) if catalog else _file_lock(folder, wait):
        # Only for those who wait; without it they wait as well.
        with suppress(OSError):
            holder.write_text(json.dumps({"what": what}), encoding="utf-8")
        try:
            yield
        finally:
            with suppress(OSError):
                holder.unlink(missing_ok=True)


def unreachable(catalog: str, reason: str) -> StoreError:
    """Why there is no connection to the catalog's server, with nothing in it that may be part of a password."""
    # What else libpq says is about the address itself, and quotes pieces of it.
    known = re.search(r'connection to server.*|could not translate host name "[^"@]*".*', reason)
    if known is None:
        return StoreError("store.catalog_address", place=masked(catalog))
    return StoreError("store.unreachable", place=masked(catalog), reason=known[0])


@contextmanager
def _file_lock(folder: Path, wait: Callable[[Callable[[], bool]], None]) -> Iterator[None]:
    lock = filelock.FileLock(folder / "write.lock", is_singleton=False)
    try:
        wait(lambda: _tried(lock))
    except OSError as error:
        raise StoreError("store.read_only", place=str(folder), reason=error.strerror or str(error)) from error
    try:
        yield
    finally:
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
def _server_lock(catalog: str, wait: Callable[[Callable[[], bool]], None]) -> Iterator[None]:
    try:
        import psycopg
    except ImportError as error:
        raise StoreError("store.no_driver", extra="postgres") from error
    try:
        con = psycopg.connect(catalog, autocommit=True, application_name="keyaccount")
    except psycopg.Error as error:
        raise unreachable(catalog, str(error).split("\n", 1)[0]) from None

    def tried() -> bool:
        row: Any = con.execute("SELECT pg_try_advisory_lock(%s)", [_ADVISORY_KEY]).fetchone()
        return bool(row[0])

    # Not `with con`, which would speak to a server that may be gone by then.
    with closing(con):
        try:
            wait(tried)
        except psycopg.Error as error:
            raise StoreError("store.unreachable", place=masked(catalog), reason=str(error)) from error
        yield


def _wait(tried: Callable[[], bool], told: Callable[[], str], waiting: Waiting) -> None:
    said = False
    while not tried():
        holder = told()
        if not said and holder != "?":
            waiting(holder)
            said = True
        time.sleep(LOOK_AGAIN_SECONDS)
