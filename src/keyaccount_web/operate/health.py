"""Is the app there, and can it do its work? For load balancers and container hosts; tells no secret, only which part is not well."""

import shutil
from collections.abc import Callable

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from keyaccount.errors import KeyAccountError
from keyaccount_web.operate.backup.nightly import failure
from keyaccount_web.operate.heartbeat import is_alive
from keyaccount_web.operate.models import Heartbeat
from keyaccount_web.operate.outgoing import outgoing
from keyaccount_web.tables.ledger import newest_snapshot

LEAST_FREE_BYTES = 256 << 20

_migrated = False


def readiness() -> dict[str, bool]:
    """Which parts are well, by name."""
    told = {}
    for name, is_well in CHECKS.items():
        try:
            told[name] = is_well()
        except (DatabaseTrouble, KeyAccountError, OSError):
            told[name] = False
    return told


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _migrations() -> bool:
    """Looked at until they are applied: after that only an upgrade changes it, which restarts the server."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def _ledger() -> bool:
    newest_snapshot()  # raises where there is one that cannot be read
    return True


def _worker() -> bool:
    return is_alive(Heartbeat.Kind.WORKER)


def _messages() -> bool:
    return not any(one.tried for one in outgoing())


def _backup() -> bool:
    return not failure(settings.HOME)


def _space() -> bool:
    return shutil.disk_usage(settings.HOME).free >= LEAST_FREE_BYTES


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "migrations": _migrations,
    "ledger": _ledger,
    "worker": _worker,
    "messages": _messages,
    "backup": _backup,
    "space": _space,
}
NEEDED = ("database", "migrations", "ledger", "space")
"""Without these no page is to be sent here; without a worker pages go on, only calculations wait; without mail only messages do."""
