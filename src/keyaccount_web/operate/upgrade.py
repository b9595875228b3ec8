"""How do the data follow a new version of the program, without a way that does not lead back?"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import duckdb
import filelock
from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from keyaccount.errors import KeyAccountError
from keyaccount.ledger.sources import Progress, no_progress
from keyaccount.ledger.store.check import check_store
from keyaccount.ledger.store.place import opened_to_write
from keyaccount.ledger.store.reading import history
from keyaccount.ledger.store.tables import StoreError
from keyaccount_web.operate.backup import records
from keyaccount_web.operate.backup.installation import Installation
from keyaccount_web.operate.backup.make import back_up
from keyaccount_web.operate.backup.manifest import Manifest, read_manifest
from keyaccount_web.operate.backup.places import Place
from keyaccount_web.operate.backup.restore import Restored, restore


class UpgradeError(KeyAccountError):
    """The data could not be brought up to this version; they are as they were, or can be had back."""


@dataclass(frozen=True)
class Upgraded:
    """What an upgrade did."""

    steps: tuple[str, ...]
    """The migrations that were applied; empty: there was nothing to do."""
    backup: Manifest | None
    """Of before; none: there was nothing to do, or nothing to lose."""


def pending(alias: str = "default") -> list[str]:
    """The migrations that this version has and the database has not. Raises UpgradeError `upgrade.newer`."""
    con = connections[alias]
    if strangers := records.unknown(con):
        raise UpgradeError("upgrade.newer", migrations=[".".join(one) for one in strangers])
    executor = MigrationExecutor(con)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def upgrade(
    one: Installation, place: Place, *, keep: int, check: bool = True, progress: Progress = no_progress
) -> Upgraded:
    """Back up, migrate, look whether all is well.

    Raises UpgradeError `upgrade.newer` (nothing was touched), `upgrade.failed` (says how to go back); BackupError.
    """
    with _alone(one):
        steps = pending(one.alias)
        if not steps:
            _upgrade_store(one, progress)
            return Upgraded((), None)
        is_new = not records.applied(connections[one.alias])
        made = None if is_new else back_up(one, place, keep=keep, progress=progress).manifest
        try:
            progress("step.upgrade.migrate", "")
            call_command("migrate", interactive=False, verbosity=0, database=one.alias)
            _upgrade_store(one, progress)
            if made is not None and check:
                progress("step.upgrade.check", "")
                _check(one, made)
        except Exception as error:
            if made is None:
                raise
            reason = (
                error.text("en") if isinstance(error, KeyAccountError) else f"{type(error).__name__}: {error}"
            )
            raise UpgradeError(
                "upgrade.failed", reason=reason.splitlines()[0], backup=made.name, place=place.name
            ) from error
        return Upgraded(tuple(steps), made)


def go_back(
    one: Installation, place: Place, name: str | None = None, *, progress: Progress = no_progress
) -> Restored:
    """The installation as it was before the last upgrade, or at the backup `name`; with the tables of that time."""
    return restore(one, place, read_manifest(place, name), replace_all=True, progress=progress)


def _upgrade_store(one: Installation, progress: Progress) -> None:
    """A ledger of an older version becomes one of this. Raises StoreError `store.newer`."""
    if not one.store.exists():
        return
    try:
        history(one.store)
        return  # nobody who imports just now need be waited for
    except StoreError as error:
        if error.code not in ("store.older", "store.none"):
            raise
        if error.code == "store.none":
            return
    con = duckdb.connect()
    with opened_to_write(con, one.store, "upgrade", lambda holder: progress("step.waits", holder)):
        pass  # opening it to write is what brings it up to date
    con.close()


def _check(one: Installation, made: Manifest) -> None:
    """Every table that was there has lost no row, references hold, the ledger is sound."""
    con = connections[one.alias]
    con.check_constraints()
    there = {model._meta.db_table: model for model in records.tables(con)}
    lost = []
    for name, table in made.tables.items():
        if name not in there:
            continue  # a migration may give a table up, or rename it
        with con.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {con.ops.quote_name(name)}")  # noqa: S608
            (rows,) = cursor.fetchone() or (0,)
        if rows < table.rows and name != "django_migrations":
            lost.append(f"{name} ({table.rows} → {rows})")
    if lost:
        raise UpgradeError("upgrade.lost", tables=lost)
    if one.store.exists() and made.ledger is not None:
        report = check_store(one.store)
        if report.findings:
            raise UpgradeError("upgrade.ledger", findings=[finding.code for finding in report.findings])


@contextmanager
def _alone(one: Installation) -> Iterator[None]:
    """One at a time: several servers that start together would migrate together."""
    one.home.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(one.home / "upgrade.lock", is_singleton=False)
    con = connections[one.alias]
    with lock:
        if con.vendor == "postgresql":
            # Servers on other machines do not see the file.
            with con.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(53922268, 7)")
        try:
            yield
        finally:
            if con.vendor == "postgresql":
                with suppress(DatabaseError), con.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(53922268, 7)")
