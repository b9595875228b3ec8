"""How is a backup made of an installation that is in use?

All of one moment: nobody imports while the state of the records and the ledger's catalog are taken, which takes no longer
than a page; then everything is copied from those states while the work goes on. Parquet files and attachments never change.
"""

import datetime as dt
import gzip
import hashlib
import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import filelock

from keyaccount import __version__
from keyaccount.ledger.sources import Progress, no_progress
from keyaccount.ledger.store.lock import writing
from keyaccount_web.operate.backup import records
from keyaccount_web.operate.backup.catalog import catalog_rows, data_files, latest_snapshot
from keyaccount_web.operate.backup.installation import Installation
from keyaccount_web.operate.backup.manifest import (
    Manifest,
    Piece,
    Table,
    manifests,
    read_manifest,
    remove_manifest,
    write_manifest,
)
from keyaccount_web.operate.backup.places import CHUNK, BackupError, Folder, Place, told_why

CATALOG = "catalog.json"
STATE = "backup.json"
ANCHORS = "audit-anchors.jsonl"
KEEP = 14


@dataclass(frozen=True)
class Made:
    """What came of a backup."""

    manifest: Manifest
    written: int
    """Bytes that were not at the place before."""
    removed: tuple[str, ...]
    """Older backups that were given up."""


@dataclass
class _UnderWay:
    place: Place
    there: dict[str, int]
    new: set[Piece] = field(default_factory=set)
    written: int = 0

    def keep(self, stream: IO[bytes]) -> Piece:
        """The content of a stream that can be read twice, at the place, unless it is there already."""
        piece = _piece(stream)
        if self.there.get(piece.name) != piece.size:
            stream.seek(0)
            with self.place.writing(piece.name) as target:
                while chunk := stream.read(CHUNK):
                    target.write(chunk)
            self.there[piece.name] = piece.size
            self.new.add(piece)
            self.written += piece.size
        return piece


def back_up(
    one: Installation,
    place: Place,
    *,
    keep: int = KEEP,
    now: dt.datetime | None = None,
    progress: Progress = no_progress,
) -> Made:
    """Everything of `one` to `place`, read again after writing; the newest `keep` backups stay.

    Raises BackupError `backup.full`, `backup.place`, `backup.running`, `backup.differs`; what was there before stays good.
    """
    with told_why(place), _alone(one.home):
        at = now or dt.datetime.now(tz=dt.UTC)
        way = _UnderWay(place, place.sizes("content"))
        with ExitStack() as stack:
            progress("step.backup.state", "")
            with _nobody_imports(one, progress):
                # Before the records: a seal is noted there once it is among them, so none is noted that they do not have.
                anchors = _noted_seals(one.home)
                con = stack.enter_context(records.standing_still(one.alias))
                catalog = catalog_rows(one.store) if one.store.exists() else None
            progress("step.backup.records", "")
            migrations = records.applied(con)
            tables = {model._meta.db_table: _table(way, con, model) for model in records.tables(con)}
            anchor = _anchor(con)
            vendor = con.vendor
        progress("step.backup.files", "")
        manifest = Manifest(
            name=_free_name(place, at),
            made_at=at.isoformat(timespec="seconds"),
            version=__version__,
            database=vendor,
            migrations=migrations,
            tables=tables,
            files=_files(way, one) | ({ANCHORS: way.keep(io.BytesIO(anchors))} if anchors else {}),
            ledger=None if catalog is None else _ledger(way, one, catalog),
            snapshot=None if catalog is None else latest_snapshot(catalog),
            key_mark=one.key_mark,
            anchor=anchor,
        )
        progress("step.backup.verify", "")
        if problems := damaged(place, manifest, read=way.new):
            raise BackupError("backup.differs", name=manifest.name, files=problems)
        write_manifest(place, manifest)
        removed = _give_up_old(place, keep)
        _remember(one.home, place, manifest)
    return Made(manifest, way.written, removed)


def verify(place: Place, manifest: Manifest) -> list[str]:
    """Read all of a backup again; the names of what is missing, or not what it was."""
    with told_why(place):
        return damaged(place, manifest, read=manifest.pieces())


def rows_of(place: Place, table: Table) -> Iterator[bytes]:
    """The lines of a table in a backup."""
    with place.reading(table.piece.name) as stream, gzip.GzipFile(fileobj=stream) as unpacked:
        yield from unpacked


def last_backup(home: Path) -> dict[str, Any]:
    """When and where the last one was made from here, and where the nightly one is to go (`to`, `keep`)."""
    try:
        told: dict[str, Any] = json.loads((home / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told


def remember(home: Path, **told: Any) -> None:
    """Note something of backups beside the data."""
    home.mkdir(parents=True, exist_ok=True)
    draft = home / f".{STATE}.draft"
    draft.write_text(json.dumps(last_backup(home) | told), encoding="utf-8")
    draft.replace(home / STATE)


def _remember(home: Path, place: Place, manifest: Manifest) -> None:
    # The backup stands, whether it can be noted here or not.
    failed = last_backup(home).get("failed")
    if failed and failed["place"] == place.name:
        failed = None
    with suppress(OSError):
        remember(home, last=manifest.made_at, place=place.name, name=manifest.name, failed=failed)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(home / "backup.lock", is_singleton=False)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout as error:
        raise BackupError("backup.running", home=str(home)) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _nobody_imports(one: Installation, progress: Progress) -> Iterator[None]:
    if not one.store.exists():
        yield
        return
    with writing(
        one.store.folder, one.store.catalog, "backup", lambda holder: progress("step.waits", holder)
    ):
        yield


def _table(way: _UnderWay, con: Any, model: Any) -> Table:
    """One table, packed; the same rows give the same bytes, so that a table nobody changed takes no room again."""
    told = records.Sum()
    with tempfile.TemporaryFile() as file:
        with gzip.GzipFile(fileobj=file, mode="wb", mtime=0, compresslevel=4) as packed:
            for line in records.lines(con, model):
                told.add(line)
                packed.write(line)
        file.seek(0)
        return Table(told.rows, told.as_dict()["sum"], way.keep(file))


def _files(way: _UnderWay, one: Installation) -> dict[str, Piece]:
    found = {}
    for path in one.files():
        # A place within the data folder is not to be backed up to itself.
        if isinstance(way.place, Folder) and path.is_relative_to(way.place.folder):
            continue
        if path.name in (STATE, ANCHORS) and path.parent == one.home:
            continue
        # Removed since it was listed, so the records do not know it either.
        with suppress(FileNotFoundError), path.open("rb") as stream:
            found[path.relative_to(one.home).as_posix()] = way.keep(stream)
    return found


def _ledger(way: _UnderWay, one: Installation, catalog: Any) -> dict[str, Piece]:
    with tempfile.TemporaryFile() as file:
        file.write(json.dumps(catalog, ensure_ascii=False, sort_keys=True).encode())
        file.seek(0)
        found = {CATALOG: way.keep(file)}
    names = data_files(catalog)
    there = {path.name: path for path in one.store.data.rglob("*.parquet")}
    if missing := sorted(names - there.keys()):
        raise BackupError("backup.ledger", files=missing)
    refused = sorted(one.store.refused.iterdir()) if one.store.refused.is_dir() else []
    for path in [*(there[name] for name in sorted(names)), *refused]:
        with path.open("rb") as stream:
            found[path.relative_to(one.store.folder).as_posix()] = way.keep(stream)
    return found


def _piece(stream: IO[bytes]) -> Piece:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return Piece(digest.hexdigest(), size)


def damaged(place: Place, manifest: Manifest, *, read: set[Piece]) -> list[str]:
    """Pieces that are missing or of another size, and those of `read` whose bytes are not what they were."""
    there = place.sizes("content")
    wrong = []
    for piece in sorted(manifest.pieces(), key=lambda one: one.sha256):
        if there.get(piece.name) != piece.size:
            wrong.append(piece.name)
        elif piece in read:
            with place.reading(piece.name) as stream:
                if _piece(stream) != piece:
                    wrong.append(piece.name)
    return wrong


def _give_up_old(place: Place, keep: int) -> tuple[str, ...]:
    """Older backups than the newest `keep`, and content that none names, such as that of one that was killed."""
    there = manifests(place)
    old = there[: max(0, len(there) - max(1, keep))]
    for name in old:
        remove_manifest(place, name)
    try:
        needed = {piece.name for name in there[len(old) :] for piece in read_manifest(place, name).pieces()}
    except BackupError:
        return tuple(old)  # what a manifest that cannot be read names may still be needed
    for name in place.sizes("content").keys() - needed:
        place.remove(name)
    return tuple(old)


def _free_name(place: Place, at: dt.datetime) -> str:
    """After all that are there, also where the clock was ahead: the last by name is the newest, and the first are given up."""
    name, taken = at.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ"), manifests(place)
    if not taken or name > taken[-1]:
        return name
    stamp, _, number = taken[-1].partition("-")
    return f"{stamp}-{int(number or 1) + 1}"


def _noted_seals(home: Path) -> bytes:
    try:
        return (home / ANCHORS).read_bytes()
    except FileNotFoundError:
        return b""


def _anchor(con: Any) -> dict[str, Any]:
    """The last seal of the audit log as it stands, so that a log that is changed later does not fit its backups."""
    if "audit_seal" not in con.introspection.table_names():
        return {}
    with con.cursor() as cursor:
        cursor.execute("SELECT number, hash FROM audit_seal ORDER BY number DESC LIMIT 1")
        row = cursor.fetchone()
    return {"number": row[0], "hash": row[1]} if row else {}
