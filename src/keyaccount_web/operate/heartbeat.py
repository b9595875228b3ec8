"""Is anybody there who does the work? Workers and schedulers say so; pages and `doctor` look."""

import atexit
import contextlib
import datetime as dt
import os
import secrets
import socket
import threading
from functools import lru_cache

from django.db import DatabaseError, connection
from django.db.models import Q
from django.utils import timezone

from keyaccount_web.operate.models import Heartbeat

EVERY_SECONDS = 15
SEEN_LATELY = dt.timedelta(seconds=90)
_FORGOTTEN = dt.timedelta(days=1)


def beat(kind: Heartbeat.Kind) -> None:
    """This process is there."""
    process, now = name_of(), timezone.now()
    Heartbeat.objects.update_or_create(kind=kind, process=process, defaults={"at": now})
    # One of tomorrow is from before the clock was put back.
    Heartbeat.objects.filter(Q(at__lt=now - _FORGOTTEN) | Q(at__gt=now + _FORGOTTEN)).delete()


def keep_beating(kind: Heartbeat.Kind) -> threading.Event:
    """Say so again and again, whatever the process is busy with, until it ends or the event given is set."""
    ended = threading.Event()

    def go_on() -> None:
        while True:
            # A database that is away comes back; the process says so again then.
            with contextlib.suppress(DatabaseError):
                beat(kind)
            connection.close()
            if ended.wait(EVERY_SECONDS):
                return

    def end() -> None:
        ended.set()
        stop(kind)

    atexit.register(end)
    threading.Thread(target=go_on, daemon=True, name=f"heartbeat-{kind}").start()
    return ended


def stop(kind: Heartbeat.Kind) -> None:
    """This process ends, so nobody need wait to see that it is gone."""
    with contextlib.suppress(DatabaseError):
        Heartbeat.objects.filter(kind=kind, process=name_of()).delete()


def name_of() -> str:
    """By which this process is known among all that ever were: where it runs, its number, and chance, since numbers come again."""
    return f"{here()}/{os.getpid()}:{_chance(os.getpid())}"


@lru_cache
def here() -> str:
    """The machine, and on Linux (`#`) within which container process numbers count: two may call themselves alike."""
    name = socket.gethostname()[:24]
    try:
        return f"{name}#{os.readlink('/proc/self/ns/pid').strip('pid:[]')}"
    except OSError:
        return name


@lru_cache
def _chance(_process: int) -> str:
    return secrets.token_hex(4)


def last_seen(kind: Heartbeat.Kind) -> dt.datetime | None:
    """When the last process of this kind said so."""
    newest = Heartbeat.objects.filter(kind=kind).order_by("-at").first()
    return newest.at if newest else None


def is_alive(kind: Heartbeat.Kind) -> bool:
    seen = last_seen(kind)
    return seen is not None and abs(timezone.now() - seen) < SEEN_LATELY
