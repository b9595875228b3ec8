"""What is wrong with this installation, and how is it mended?

Each check looks at one thing and never raises: what hinders it is what it finds.
"""

import datetime as dt
import os
import re
import shutil
import smtplib
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import duckdb
import filelock
from django.conf import settings
from django.core.mail import get_connection
from django.db import Error as DatabaseTrouble
from django.db import connections
from django.utils import timezone

from keyaccount import __version__
from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount.ledger.store.check import check_store
from keyaccount.ledger.store.reading import history
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import users_who_may
from keyaccount_web.operate.backup.installation import Installation
from keyaccount_web.operate.backup.make import last_backup
from keyaccount_web.operate.backup.nightly import failure
from keyaccount_web.operate.heartbeat import SEEN_LATELY, last_seen
from keyaccount_web.operate.models import Heartbeat
from keyaccount_web.operate.outgoing import outgoing
from keyaccount_web.operate.upgrade import pending

LEAST_PYTHON = (3, 11)
LEAST_FREE_GIB = 2
LEAST_OPEN_FILES = 1024
LEAST_KEY = 40
BACKUP_DAYS = 2
WAITING_MINUTES = 15
CLOCK_SECONDS = 60


@dataclass(frozen=True)
class Finding:
    """What one check says: the code of its sentence is `doctor.<check>.<state>`."""

    check: str
    level: str
    """ok, warn (it runs, but), or bad (it does not run, or must not)."""
    state: str = "ok"
    values: dict[str, Any] = field(default_factory=dict)

    def text(self, lang: str) -> str:
        return message(f"doctor.{self.check}.{self.state}", lang, **self._told(lang))

    def to_do(self, lang: str) -> str:
        """How to mend it; empty where nothing is to be mended."""
        if self.level == "ok":
            return ""
        return message(f"doctor.{self.check}.{self.state}.to_do", lang, **self._told(lang))

    def _told(self, lang: str) -> dict[str, Any]:
        """The values; of a sentence in both languages the reader's."""
        return {
            name: value[lang] if isinstance(value, dict) else value for name, value in self.values.items()
        }


Check = Callable[[Installation], Iterator[Finding]]


def examine(one: Installation, *, thorough: bool = False) -> list[Finding]:
    """What all checks say. `thorough`: every line of the ledger is counted again."""
    found: list[Finding] = []
    for check in CHECKS:
        try:
            found += check(one)
        except DatabaseTrouble as error:
            if not any(finding.check == "database" and finding.level == "bad" for finding in found):
                found.append(Finding("database", "bad", "unreachable", {"reason": _line(error)}))
    found += _ledger(one, thorough=thorough)
    return found


def is_well(findings: list[Finding]) -> bool:
    return all(finding.level != "bad" for finding in findings)


def _python(_one: Installation) -> Iterator[Finding]:
    values = {"version": sys.version.split()[0], "program": __version__}
    if sys.version_info[:2] < LEAST_PYTHON:
        yield Finding("python", "bad", "old", values)
    else:
        yield Finding("python", "ok", values=values)


def _packages(_one: Installation) -> Iterator[Finding]:
    """DuckDB's extensions are of its own version, and nothing that pip was to install is missing."""
    missing = []
    for name in ("ducklake", "sqlite_scanner", "postgres_scanner"):
        try:
            package = resources.files(f"duckdb_extension_{name}")
        except ModuleNotFoundError:
            missing.append(f"duckdb-extension-{name.replace('_', '-')}")
            continue
        if not (package / "extensions" / f"v{duckdb.__version__}").is_dir():
            missing.append(f"duckdb-extension-{name.replace('_', '-')}=={duckdb.__version__}")
    try:
        needed = [
            one
            for one in metadata.requires("keyaccount") or []
            if "extra ==" not in one or re.search(r"extra == .web.", one)
        ]
    except metadata.PackageNotFoundError:
        needed = []
    for one in needed:
        name = "".join(letter if letter.isalnum() or letter in "-_." else " " for letter in one).split()[0]
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        yield Finding("packages", "bad", "missing", {"names": sorted(set(missing))})
    else:
        yield Finding("packages", "ok", values={"duckdb": duckdb.__version__})


def _home(one: Installation) -> Iterator[Finding]:
    values: dict[str, Any] = {"home": str(one.home)}
    try:
        with tempfile.TemporaryFile(dir=one.home) as file:
            file.write(b"keyaccount")
    except OSError as error:
        yield Finding("home", "bad", "unwritable", values | {"reason": error.strerror or str(error)})
        return
    mode = one.home.stat().st_mode
    if os.name == "posix" and mode & stat.S_IWOTH:
        yield Finding("home", "bad", "open", values)
    else:
        yield Finding("home", "ok", values=values)


def _space(one: Installation) -> Iterator[Finding]:
    for folder in sorted({one.home, one.store.folder}):
        if not folder.exists():
            continue
        free = shutil.disk_usage(folder).free / (1 << 30)
        values = {"folder": str(folder), "free": f"{free:.1f}", "least": LEAST_FREE_GIB}
        low = free < LEAST_FREE_GIB
        yield Finding("space", "bad" if low else "ok", "low" if low else "ok", values)


def _database(one: Installation) -> Iterator[Finding]:
    con = connections[one.alias]
    with con.cursor() as cursor:
        cursor.execute("SELECT 1")
    yield Finding("database", "ok", values={"kind": con.display_name})
    try:
        steps = pending(one.alias)
    except KeyAccountError as error:
        yield Finding("migrations", "bad", "newer", {"migrations": error.values["migrations"]})
        return
    if steps:
        yield Finding("migrations", "bad", "pending", {"n": len(steps), "names": steps})
    else:
        yield Finding("migrations", "ok")


def _processes(one: Installation) -> Iterator[Finding]:
    if "operate_heartbeat" not in connections[one.alias].introspection.table_names():
        return
    for kind in Heartbeat.Kind:
        seen = last_seen(kind)
        if seen is None:
            yield Finding(kind.value, "bad", "never")
            continue
        ago = int((timezone.now() - seen).total_seconds())
        alive = ago < SEEN_LATELY.total_seconds()
        yield Finding(
            kind.value, "ok" if alive else "bad", "ok" if alive else "gone", {"seconds": max(ago, 0)}
        )


def _people(one: Installation) -> Iterator[Finding]:
    if "access_post" not in connections[one.alias].introspection.table_names():
        return
    n = users_who_may(Right.MANAGE_USERS).count()
    yield Finding("people", "ok" if n else "warn", "ok" if n else "nobody", {"n": n})


def _queue(one: Installation) -> Iterator[Finding]:
    from django_tasks_db.models import DBTaskResult

    if DBTaskResult._meta.db_table not in connections[one.alias].introspection.table_names():
        return
    oldest = DBTaskResult.objects.ready().order_by("enqueued_at").first()
    waited = int((timezone.now() - oldest.enqueued_at).total_seconds() // 60) if oldest else 0
    values = {"n": DBTaskResult.objects.ready().count(), "minutes": waited}
    late = waited >= WAITING_MINUTES
    yield Finding("queue", "warn" if late else "ok", "late" if late else "ok", values)


def _clock(one: Installation) -> Iterator[Finding]:
    """Against the database's own clock, and against what was noted before: what began cannot begin later."""
    from keyaccount_web.schedule.models import JobRun

    con = connections[one.alias]
    if con.vendor == "postgresql":
        with con.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            (theirs,) = cursor.fetchone() or (timezone.now(),)
        apart = abs((timezone.now() - theirs).total_seconds())
        if apart > CLOCK_SECONDS:
            yield Finding("clock", "bad", "apart", {"seconds": int(apart)})
            return
    if "schedule_jobrun" in con.introspection.table_names():
        latest = JobRun.objects.order_by("-began_at").first()
        if latest is not None and latest.began_at > timezone.now() + dt.timedelta(seconds=CLOCK_SECONDS):
            yield Finding("clock", "bad", "back", {"at": latest.began_at.isoformat(timespec="seconds")})
            return
    yield Finding("clock", "ok", values={"now": timezone.localtime().isoformat(timespec="seconds")})


def _secret(one: Installation) -> Iterator[Finding]:
    file = one.home / "secret-key"
    if len(set(str(settings.SECRET_KEY))) < 8 or len(str(settings.SECRET_KEY)) < LEAST_KEY:
        yield Finding("secret", "bad", "weak")
    elif (
        os.name == "posix"
        and not os.environ.get("KEYACCOUNT_SECRET_KEY")
        and file.exists()
        and file.stat().st_mode & 0o077
    ):
        yield Finding("secret", "bad", "readable", {"file": str(file)})
    else:
        yield Finding("secret", "ok")


def _mail(_one: Installation) -> Iterator[Finding]:
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        yield Finding("mail", "warn", "none")
        return
    values = {"host": f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"}
    try:
        connection = get_connection(timeout=5)
        connection.open()
        connection.close()
    except (OSError, smtplib.SMTPException) as error:
        # The type alone: the server's words may repeat the user's name.
        yield Finding("mail", "warn", "down", values | {"reason": type(error).__name__})
    else:
        yield Finding("mail", "ok", values=values)


def _outgoing(one: Installation) -> Iterator[Finding]:
    """Mails and messages that could not be sent: they wait, or were given up."""
    if not {"work_delivery", "api_webhookdelivery"} <= set(
        connections[one.alias].introspection.table_names()
    ):
        return
    told = list(outgoing())
    waiting, failed = sum(way.tried for way in told), sum(way.failed for way in told)
    if failed:
        yield Finding("outgoing", "warn", "failed", {"n": failed})
    if waiting:
        minutes = int(max(way.oldest_seconds for way in told) // 60)
        yield Finding("outgoing", "warn", "waiting", {"n": waiting, "minutes": minutes})
    if not failed and not waiting:
        yield Finding("outgoing", "ok")


def _address(_one: Installation) -> Iterator[Finding]:
    url = settings.SITE_URL
    local = any(host in url for host in ("localhost", "127.0.0.1", "[::1]"))
    if "*" in settings.ALLOWED_HOSTS:
        yield Finding("address", "bad", "any")
    elif local and settings.HTTPS:
        yield Finding("address", "bad", "local", {"url": url})
    elif local:
        yield Finding("address", "warn", "this_machine", {"url": url})
    elif not settings.HTTPS:
        yield Finding("address", "bad", "plain", {"url": url})
    else:
        yield Finding("address", "ok", values={"url": url})


def _debug(_one: Installation) -> Iterator[Finding]:
    yield Finding("debug", "bad", "on") if settings.DEBUG else Finding("debug", "ok")
    if not settings.REQUIRE_SECOND_FACTOR:
        yield Finding("factor", "warn", "off")
    else:
        yield Finding("factor", "ok")


def _files(_one: Installation) -> Iterator[Finding]:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    low = most < LEAST_OPEN_FILES
    yield Finding(
        "open_files", "warn" if low else "ok", "low" if low else "ok", {"n": most, "least": LEAST_OPEN_FILES}
    )


def _locks(one: Installation) -> Iterator[Finding]:
    """What a process that was killed has left: who said that they write, while nobody holds the lock."""
    left = []
    if one.store.catalog is None and (one.store.folder / "writer.json").exists():
        lock = filelock.FileLock(one.store.folder / "write.lock", is_singleton=False)
        try:
            with lock.acquire(blocking=False):
                left.append(str(one.store.folder / "writer.json"))
        except (filelock.Timeout, OSError):
            pass  # somebody does write
    left += [str(path) for path in sorted(one.home.glob("restoring-*"))]
    left += [str(path) for path in sorted(one.store.folder.parent.glob("restoring-*-ledger"))]
    if left:
        yield Finding("locks", "warn", "left", {"files": left})
    else:
        yield Finding("locks", "ok")


def _backup(one: Installation) -> Iterator[Finding]:
    told = last_backup(one.home)
    if failed := failure(one.home):
        error = KeyAccountError(failed["code"], **failed["values"])
        reason = {lang: error.found(lang) for lang in ("zh", "en")}
        told_of = {name: failed[name] for name in ("place", "times", "since")}
        yield Finding("backup", "bad", "failed", told_of | {"reason": reason})
    if not told.get("last"):
        yield Finding("backup", "bad", "never")
        return
    ago = timezone.now() - dt.datetime.fromisoformat(told["last"])
    values = {"days": ago.days, "hours": int(ago.total_seconds() // 3600), "place": told.get("place", "?")}
    if ago > dt.timedelta(days=BACKUP_DAYS):
        yield Finding("backup", "bad", "old", values)
    elif not (settings.BACKUP or told.get("to")):
        yield Finding("backup", "warn", "by_hand", values)
    elif Path(told.get("place", "?")).is_relative_to(one.home):
        yield Finding("backup", "warn", "same_disk", values)
    else:
        yield Finding("backup", "ok", values=values)


def _ledger(one: Installation, *, thorough: bool) -> Iterator[Finding]:
    if not one.store.exists():
        yield Finding("ledger", "warn", "none", {"place": one.store.name})
        return
    try:
        told = history(one.store)
        if thorough and (findings := check_store(one.store).findings):
            yield Finding("ledger", "bad", "unsound", {"findings": [finding.code for finding in findings]})
            return
    except KeyAccountError as error:
        yield Finding(
            "ledger", "bad", "trouble", {"reason": {lang: error.text(lang) for lang in ("zh", "en")}}
        )
        return
    yield Finding("ledger", "ok", values={"n": len(told.imports), "place": one.store.name})


def _line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


CHECKS: tuple[Check, ...] = (
    _python,
    _packages,
    _home,
    _space,
    _database,
    _processes,
    _people,
    _queue,
    _clock,
    _secret,
    _mail,
    _outgoing,
    _address,
    _debug,
    _files,
    _locks,
    _backup,
)
