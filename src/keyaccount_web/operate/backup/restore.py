"""How does an installation come back from a backup, on either database, and is it the same as before?

Everything is put together beside what is there and compared with the backup row by row; only then it takes its place.
"""

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from keyaccount.ledger.sources import Progress, no_progress
from keyaccount.ledger.store.check import CheckReport, check_store
from keyaccount.ledger.store.place import StorePlace
from keyaccount_web.operate.backup import records
from keyaccount_web.operate.backup.catalog import catalog_rows, remove_catalog, write_catalog
from keyaccount_web.operate.backup.installation import RESTORING, SET_ASIDE, Installation
from keyaccount_web.operate.backup.make import CATALOG, damaged, rows_of
from keyaccount_web.operate.backup.manifest import Manifest, Piece
from keyaccount_web.operate.backup.places import CHUNK, BackupError, Place, told_why
from keyaccount_web.operate.heartbeat import SEEN_LATELY
from keyaccount_web.operate.models import Heartbeat

_CATALOG_TABLES = "ducklake_"


@dataclass(frozen=True)
class Restored:
    """What came back."""

    manifest: Manifest
    rows: int
    """Of the records."""
    ledger: CheckReport | None
    files: int
    set_aside: Path | None
    """Where lies what was there before; none: nothing was."""
    same_key: bool
    """Whether the secret key is that of the backup: else second factors and robots must be set up again."""


def restore(
    one: Installation,
    place: Place,
    manifest: Manifest,
    *,
    replace_all: bool = False,
    progress: Progress = no_progress,
) -> Restored:
    """Put `manifest` back into `one`, which must be empty unless `replace_all`; what was there is set aside, not lost.

    The tables are those of the backup, perhaps of an older state: the caller upgrades them.

    Raises BackupError `restore.not_empty`, `backup.newer`, `backup.damaged`, `restore.differs`, `restore.running`.
    """
    if not replace_all and (there := _what_is_there(one)):
        raise BackupError("restore.not_empty", home=str(one.home), there=there)
    if processes := _at_work(one):
        raise BackupError("restore.running", processes=processes)
    if strangers := records.unknown(connections[one.alias], manifest.migrations):
        raise BackupError("backup.newer", migrations=[".".join(each) for each in strangers])
    stamp = dt.datetime.now(tz=dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    beside = one.home / f"{RESTORING}{stamp}"
    with told_why(place, into=one.home):
        beside.mkdir(parents=True)
        try:
            progress("step.restore.files", "")
            if wrong := damaged(place, manifest, read={table.piece for table in manifest.tables.values()}):
                raise BackupError("backup.damaged", name=wrong[0])
            _fetch(place, manifest.files, beside / "home")
            store = _fetch_store(one.store, place, manifest, stamp)
            progress("step.restore.records", "")
            if one.is_sqlite:
                file = beside / "records.sqlite3"
                rows = _restored_sqlite(one, place, manifest, file)
                progress("step.restore.swap", "")
                aside = _swap(one, beside, store, stamp, records_file=file)
            else:
                rows = _restored_postgres(one, place, manifest)
                progress("step.restore.swap", "")
                aside = _swap(one, beside, store, stamp, records_file=None)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
            if (left := one.store.folder.with_name(f"{RESTORING}{stamp}-ledger")).exists():
                shutil.rmtree(left, ignore_errors=True)
    progress("step.check_store", "")
    report = _checked_store(one.store, place, manifest)
    key_file = one.home / "secret-key"
    restored_key = key_file.read_text(encoding="utf-8") if key_file.exists() else ""
    marks = {one.key_mark, replace(one, secret_key=restored_key).key_mark}
    return Restored(manifest, rows, report, len(manifest.files), aside, manifest.key_mark in marks)


def compare(con: BaseDatabaseWrapper, manifest: Manifest) -> list[str]:
    """The tables of a database that have not the rows of a backup."""
    there = records.sums(con)
    wanted = {name: {"rows": table.rows, "sum": table.sum} for name, table in manifest.tables.items()}
    return sorted(name for name in there.keys() | wanted.keys() if there.get(name) != wanted.get(name))


def _what_is_there(one: Installation) -> list[str]:
    """What a restore would write over."""
    found = []
    con = connections[one.alias]
    if "access_user" in con.introspection.table_names():
        with con.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM access_user")
            if (cursor.fetchone() or (0,))[0]:
                found.append("records")
    if one.store.folder.exists() and next(one.store.folder.rglob("*.parquet"), None) is not None:
        found.append("ledger")
    # A secret key is made by looking at the settings.
    if any(path.relative_to(one.home).parts[0] not in ("secret-key", "backup.json") for path in one.files()):
        found.append("files")
    return found


def _at_work(one: Installation) -> list[str]:
    """Workers and schedulers that would go on writing to what is put aside."""
    con = connections[one.alias]
    if "operate_heartbeat" not in con.introspection.table_names():
        return []
    lately = timezone.now() - SEEN_LATELY
    seen = Heartbeat.objects.using(one.alias).filter(at__gt=lately)
    return [f"{beat.kind} {beat.process}" for beat in seen]


def _fetch(place: Place, pieces: dict[str, Piece], folder: Path) -> None:
    """Content back under its names, compared with its SHA-256."""
    for name, piece in pieces.items():
        target = folder / name
        if not target.resolve().is_relative_to(folder.resolve()):
            raise BackupError("backup.damaged", name=name)
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        try:
            with place.reading(piece.name) as stream, target.open("wb") as file:
                while chunk := stream.read(CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
        except FileNotFoundError as error:
            raise BackupError("backup.damaged", name=piece.name) from error
        if digest.hexdigest() != piece.sha256:
            raise BackupError("backup.damaged", name=piece.name)
        if name == "secret-key":
            target.chmod(0o600)


def _fetch_store(store: StorePlace, place: Place, manifest: Manifest, stamp: str) -> Path | None:
    """The ledger's files beside the store, with their catalog where that is SQLite."""
    if manifest.ledger is None:
        return None
    folder = store.folder.with_name(f"{RESTORING}{stamp}-ledger")
    _fetch(place, manifest.ledger, folder)
    if store.catalog is None:
        write_catalog(StorePlace(folder), _catalog_of(folder))
    return folder


def _catalog_of(folder: Path) -> Any:
    file = folder / CATALOG
    rows = json.loads(file.read_text(encoding="utf-8"))
    file.unlink()
    return rows


def _restored_sqlite(one: Installation, place: Place, manifest: Manifest, file: Path) -> int:
    """A new file of records, checked; gives its rows."""
    own = f"{one.alias}-restoring"
    told = deepcopy(connections[one.alias].settings_dict) | {"NAME": file}
    connections.settings[own] = told
    try:
        con = connections[own]
        rows = _filled(con, place, manifest)
        with con.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        con.close()
    finally:
        connections[own].close()
        del connections[own]
        del connections.settings[own]
    return rows


def _restored_postgres(one: Installation, place: Place, manifest: Manifest) -> int:
    """In one transaction: the old tables away, the new ones made, filled and checked, or all as it was."""
    con = connections[one.alias]
    with transaction.atomic(using=one.alias):
        with con.cursor() as cursor:
            for table in con.introspection.table_names(cursor):
                if not table.startswith(_CATALOG_TABLES):
                    cursor.execute(f"DROP TABLE {con.ops.quote_name(table)} CASCADE")
        return _filled(con, place, manifest)


def _filled(con: BaseDatabaseWrapper, place: Place, manifest: Manifest) -> int:
    records.make_tables(con, manifest.migrations)

    def lines(table: str) -> Iterable[bytes] | None:
        return rows_of(place, manifest.tables[table]) if table in manifest.tables else None

    with _said(manifest):
        records.load(con, lines)
    if differing := compare(con, manifest):
        raise BackupError("restore.differs", tables=differing)
    return sum(table.rows for table in manifest.tables.values())


@contextmanager
def _said(manifest: Manifest) -> Iterator[None]:
    """What a database says of rows that it does not take, and which."""
    from django.db import Error

    try:
        yield
    except (OSError, EOFError) as error:
        raise BackupError("backup.damaged", name=manifest.name) from error
    except Error as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BackupError("restore.refused", name=manifest.name, reason=reason) from error


def _swap(
    one: Installation, beside: Path, store: Path | None, stamp: str, *, records_file: Path | None
) -> Path | None:
    """What was there goes aside, what was put together takes its place."""
    aside = one.home / f"{SET_ASIDE}{stamp}"
    moved = False
    is_bare = not connections[one.alias].introspection.table_names()
    connections[one.alias].close()

    def set_aside(path: Path, name: str) -> None:
        nonlocal moved
        if path.exists():
            aside.mkdir(exist_ok=True)
            shutil.move(path, aside / name)
            moved = True

    if records_file is not None:
        if is_bare:  # made by looking whether there is one
            one.records_file.unlink(missing_ok=True)
        for ending in ("", "-wal", "-shm"):
            set_aside(
                one.records_file.with_name(one.records_file.name + ending), one.records_file.name + ending
            )
        shutil.move(records_file, one.records_file)
    own = {path.relative_to(one.home).parts[0] for path in one.files()} - {"backup.json"}
    for name in sorted(own):
        set_aside(one.home / name, name)
    if (fetched := beside / "home").exists():
        for path in sorted(fetched.iterdir()):
            shutil.move(path, one.home / path.name)
    if store is not None or one.store.folder.exists():
        set_aside(one.store.folder, "ledger")
    if store is not None:
        shutil.move(store, one.store.folder)
    return aside if moved else None


def _checked_store(store: StorePlace, place: Place, manifest: Manifest) -> CheckReport | None:
    """The ledger as it came back: same catalog, and sound."""
    if manifest.ledger is None:
        return None
    with place.reading(manifest.ledger[CATALOG].name) as stream:
        wanted = json.loads(stream.read())
    if store.catalog is not None:
        (store.folder / CATALOG).unlink(missing_ok=True)
        remove_catalog(store.catalog)
        write_catalog(store, wanted)
    there = catalog_rows(store)
    differing = sorted(name for name in there if len(there[name]) != len(wanted.get(name, ())))
    report = check_store(store)
    if differing or report.findings:
        names = [*differing, *(finding.code for finding in report.findings)]
        raise BackupError("restore.differs", tables=names)
    return report
