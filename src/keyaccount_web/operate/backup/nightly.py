"""What if the place of the nightly backup is away, full, or refuses? It is said, and tried again each half hour until it works.

What failed last is noted beside the data (`failed` in `backup.json`), where doctor, readiness and metrics find it.
"""

import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.urls import reverse
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount.ledger.connections import masked
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import users_who_may
from keyaccount_web.operate.backup.installation import this_installation
from keyaccount_web.operate.backup.make import back_up, last_backup, remember
from keyaccount_web.operate.backup.places import place_at
from keyaccount_web.work.notify import notify

_log = logging.getLogger(__name__)


def make() -> None:
    """To where the settings say, or `keyaccount backup TO --schedule` has said; nothing where neither does.

    Raises nothing of a place that cannot be used: that is noted, logged, and told to the administrators once.
    """
    one = this_installation()
    told = last_backup(one.home)
    to = settings.BACKUP or told.get("to")
    if not to:
        _forget(one.home)
        return
    name = masked(to) if "://" in to else str(Path(to).absolute())
    try:
        back_up(one, place_at(to), keep=int(told.get("keep") or settings.BACKUP_KEEP))
    except KeyAccountError as error:
        if error.code != "backup.running":
            _failed(one.home, name, error.code, error.values)
            _log.error("No backup to %s, tried again in half an hour: %s", name, error.text("en"))
    except DatabaseTrouble as error:
        _failed(one.home, name, "records.trouble", {"reason": type(error).__name__})
        raise
    else:
        if told.get("failed"):
            _log.warning("Backups to %s work again", name)
            _tell("notice.backup_works", name)
        _forget(one.home)


def make_again() -> None:
    """Only where the last one failed."""
    if failure(this_installation().home):
        make()


def failure(home: Path) -> dict[str, Any]:
    """What the last attempt failed of: `since`, `at`, `times`, `place`, `code` and `values` of the error; empty where it worked."""
    return dict(last_backup(home).get("failed") or {})


def _failed(home: Path, place: str, code: str, values: dict[str, Any]) -> None:
    before, now = failure(home), timezone.now().isoformat(timespec="seconds")
    told = {
        name: value if isinstance(value, str | int | list) else str(value) for name, value in values.items()
    }
    note = {
        "since": before.get("since", now),
        "at": now,
        "times": before.get("times", 0) + 1,
        "place": place,
        "code": code,
        "values": told,
    }
    try:
        remember(home, failed=note)
    except OSError:
        _log.exception("The disk takes no note of the backup that failed; it is tried again the next night")
    if not before:
        # The database may be what is away, and then the log has it.
        with suppress(DatabaseTrouble):
            _tell("notice.backup_failed", place)


def _forget(home: Path) -> None:
    if failure(home):
        with suppress(OSError):
            remember(home, failed=None)


def _tell(code: str, place: str) -> None:
    notify(users_who_may(Right.MANAGE_USERS), code, url=reverse("notifications"), values={"place": place})
