"""How busy is the app, how long do pages take, what waits? For Prometheus.

What each process counts by itself goes through files when several serve (`PROMETHEUS_MULTIPROC_DIR`, which `keyaccount serve`
sets); what the database knows is asked of it at each scrape.
"""

import datetime as dt
import hmac
import os
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db import DatabaseError
from django.db.models import Count, Min
from django.http import HttpRequest
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
REQUESTS = Counter("keyaccount_requests", "Requests", ["view", "method", "status"])
DURATION = Histogram("keyaccount_request_seconds", "How long requests take", ["view"], buckets=_SECONDS)
FAILED_SIGN_INS = Counter("keyaccount_sign_in_failures", "Sign-ins that failed")


def count_request(view: str, method: str, status: int, seconds: float) -> None:
    """One request; `view` is the name of its address, never the address itself."""
    REQUESTS.labels(view, method, str(status)).inc()
    DURATION.labels(view).observe(seconds)


def _count_failure(sender: Any, **_: Any) -> None:  # noqa: ARG001 - the signal's words
    FAILED_SIGN_INS.inc()


user_login_failed.connect(_count_failure, dispatch_uid="keyaccount.metrics.failed")


def may_read(request: HttpRequest) -> bool:
    """By the token, or from this machine itself and not through a proxy."""
    if token := settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"))
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and not forwarded


def text() -> bytes:
    """All figures in Prometheus' form."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    registry.register(_Database())
    return bytes(generate_latest(registry))


class _Database(Collector):
    """What the database and the data folder know."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("keyaccount_database_up", "Whether the database answers")
        try:
            families = [*_tasks(), *_work(), *_outgoing(), *_processes(), *_backup()]
        except DatabaseError:
            families = []
        up.add_metric([], 1 if families else 0)
        yield up
        yield from families


def _tasks() -> Iterator[GaugeMetricFamily]:
    from django_tasks_db.models import DBTaskResult

    counted = GaugeMetricFamily("keyaccount_tasks", "Tasks by state", labels=["state"])
    for row in DBTaskResult.objects.order_by().values("status").annotate(n=Count("pk")):
        counted.add_metric([row["status"].lower()], row["n"])
    yield counted
    ages = GaugeMetricFamily("keyaccount_oldest_task_seconds", "Age of the oldest task", labels=["state"])
    now = timezone.now()
    waiting = DBTaskResult.objects.ready().aggregate(at=Min("enqueued_at"))["at"]
    running = DBTaskResult.objects.running().aggregate(at=Min("started_at"))["at"]
    for state, at in (("ready", waiting), ("running", running)):
        ages.add_metric([state], max((now - at).total_seconds(), 0) if at else 0)
    yield ages


def _work() -> Iterator[GaugeMetricFamily]:
    from keyaccount_web.imports.models import FileImport
    from keyaccount_web.runs.models import Run

    for name, model in (("runs", Run), ("imports", FileImport)):
        family = GaugeMetricFamily(f"keyaccount_{name}", f"{name.capitalize()} by state", labels=["state"])
        for row in model._default_manager.order_by().values("state").annotate(n=Count("pk")):
            family.add_metric([row["state"]], row["n"])
        yield family


def _outgoing() -> Iterator[GaugeMetricFamily]:
    from keyaccount_web.operate.outgoing import outgoing

    counted = GaugeMetricFamily("keyaccount_messages", "Messages on their way out", labels=["way", "state"])
    ages = GaugeMetricFamily(
        "keyaccount_oldest_message_seconds", "Age of the oldest that could not be sent", labels=["way"]
    )
    for one in outgoing():
        for state in ("waiting", "tried", "failed"):
            counted.add_metric([one.way, state], getattr(one, state))
        ages.add_metric([one.way], one.oldest_seconds)
    yield from (counted, ages)


def _processes() -> Iterator[GaugeMetricFamily]:
    from keyaccount_web.operate.heartbeat import SEEN_LATELY
    from keyaccount_web.operate.models import Heartbeat

    family = GaugeMetricFamily("keyaccount_processes", "Workers and schedulers seen lately", labels=["kind"])
    for kind in Heartbeat.Kind:
        seen = Heartbeat.objects.filter(kind=kind, at__gt=timezone.now() - SEEN_LATELY)
        family.add_metric([kind], seen.count())
    yield family


def _backup() -> Iterator[GaugeMetricFamily]:
    from pathlib import Path

    from keyaccount_web.operate.backup.make import last_backup
    from keyaccount_web.operate.backup.nightly import failure

    failures = failure(Path(settings.HOME)).get("times", 0)
    yield GaugeMetricFamily("keyaccount_backup_failures", "Attempts in vain since the last", value=failures)
    last = last_backup(Path(settings.HOME)).get("last")
    if last:
        age = (timezone.now() - dt.datetime.fromisoformat(last)).total_seconds()
        yield GaugeMetricFamily("keyaccount_backup_age_seconds", "Age of the last backup", value=age)
