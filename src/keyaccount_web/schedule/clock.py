"""What does the scheduler do each half minute? It begins what is due, takes up what was lost, and undoes what a wrong clock has done."""

import datetime as dt
import logging
import time
from collections.abc import Callable

from axes.models import AccessAttempt
from django.db import DatabaseError, connection
from django.utils import timezone

from keyaccount_web.api.models import WebhookDelivery
from keyaccount_web.operate.lost import Watch, take_up_lost
from keyaccount_web.schedule.jobs import begin_due
from keyaccount_web.schedule.models import JobRun
from keyaccount_web.work.delivery import WAITS
from keyaccount_web.work.models import Delivery

LEEWAY = dt.timedelta(minutes=5)
"""Clocks of several machines are that far apart, at the most."""
HELD_SECONDS = 6 * 3600
"""So long nothing is removed for its age after the clock has leapt: somebody may set it right again."""
_log = logging.getLogger(__name__)


class Clock:
    """The scheduler's look at the clock on the wall, beside one that only goes on."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._watch = Watch(steady)
        self._apart: dt.datetime | None = None
        self._held_until = float("-inf")

    def tick(self) -> list[str]:
        """One look. A database that is away is asked again the next time. Gives the names of the jobs begun."""
        self._notice_leap()
        try:
            put_right()
            take_up_lost(self._watch)
            return begin_due(may_forget=self._steady() >= self._held_until)
        except DatabaseError:
            _log.exception("The database did not answer; it is asked again in a moment")
            connection.close()
            return []

    def _notice_leap(self) -> None:
        steady = self._steady()
        apart = timezone.now() - dt.timedelta(seconds=steady)
        if self._apart is not None and abs(apart - self._apart) > LEEWAY:
            _log.warning(
                "The clock leapt by %s: nothing is removed for its age in the next %d hours",
                apart - self._apart,
                HELD_SECONDS // 3600,
            )
            self._held_until = steady + HELD_SECONDS
        self._apart = apart


def put_right() -> dict[str, int]:
    """What was dated while the clock was ahead would hold jobs and people up until then. Gives how often what was put right."""
    now = timezone.now()
    ahead = now + LEEWAY
    day = dt.timedelta(days=1)
    jobs = JobRun.objects.filter(began_at__gt=ahead)
    counts = {
        # By less than a day: it did begin a short while ago, and is not to begin twice.
        "jobs": jobs.filter(began_at__gt=now + day).update(began_at=now - day) + jobs.update(began_at=now),
        # Whoever mistyped a password then would be locked out until then.
        "sign_ins": AccessAttempt.objects.filter(attempt_time__gt=ahead).delete()[0],
    }
    latest = ahead + dt.timedelta(minutes=max(WAITS))
    for name, model in (("mails", Delivery), ("webhooks", WebhookDelivery)):
        rows = model._default_manager.all()
        counts[name] = rows.filter(state="waiting", next_at__gt=latest).update(next_at=now)
        counts[name] += rows.filter(state="sending", next_at__gt=ahead).update(next_at=now)
    done = {name: n for name, n in counts.items() if n}
    if done:
        _log.warning("The clock was ahead; put right: %s", done)
    return done
