"""Where is a store, and how is it opened for reading or for writing?"""

import errno
import os
import re
import shutil
import sqlite3
import tempfile
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import duckdb

from keyaccount.errors import KeyAccountError
from keyaccount.home import home
from keyaccount.ledger.connections import masked
from keyaccount.ledger.store.lock import Waiting, unreachable, writing
from keyaccount.ledger.store.tables import StoreError, check_version, create_tables, has_tables, reason_of

BUSY_MILLISECONDS = 20_000
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the operating system says where nothing more can be written."""
_A_MOMENT = 1_000_000_000
"""Nanoseconds: longer than any file system's clock stands still."""
_FULL = ("No space left", "disk is full", "disk full", "quota exceeded", "File too large")


@dataclass(frozen=True)
class StorePlace:
    """A folder for the Parquet files; the catalog lies in it (SQLite), or in PostgreSQL at the address `catalog`."""

    folder: Path
    catalog: str | None = None

    @property
    def name(self) -> str:
        """For messages, without a password."""
        return str(self.folder) if self.catalog is None else f"{masked(self.catalog)} › {self.folder}"

    @property
    def catalog_file(self) -> Path:
        return self.folder / "catalog.sqlite"

    def catalog_as_it_lies(self) -> tuple[tuple[int, int], ...] | None:
        """When its files were last written and how large they are: the same, and nothing was imported since.

        None: that cannot be told, since the catalog is in PostgreSQL or was written a moment ago, perhaps twice within a tick.
        """
        if self.catalog is not None:
            return None
        wal = self.catalog_file.with_name(f"{self.catalog_file.name}-wal")
        try:
            told = [file.stat() for file in (self.catalog_file, wal) if file.exists()]
        except FileNotFoundError:
            return None
        now = time.time_ns()
        if not told or any(abs(now - one.st_mtime_ns) < _A_MOMENT for one in told):
            return None
        return tuple((one.st_mtime_ns, one.st_size) for one in told)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def refused(self) -> Path:
        """Where the refused rows of imports are kept, to be mended."""
        return self.folder / "refused"

    @property
    def staging(self) -> Path:
        """Where imports under way keep what they have checked."""
        return self.folder / "staging"

    def exists(self) -> bool:
        """An empty catalog is none: it was being made when its maker died."""
        if self.catalog is not None or not self.catalog_file.exists():
            return self.catalog is not None
        return self.catalog_file.stat().st_size > 0


def store_place(folder: str | Path | None = None, catalog: str | None = None) -> StorePlace:
    """The store at `folder`; preset: `KEYACCOUNT_LEDGER`, else `ledger` in the data folder; catalog likewise."""
    chosen = folder or os.environ.get("KEYACCOUNT_LEDGER") or home() / "ledger"
    return StorePlace(Path(chosen).absolute(), catalog or os.environ.get("KEYACCOUNT_LEDGER_CATALOG") or None)


def attach(
    con: duckdb.DuckDBPyConnection, place: StorePlace, *, snapshot: int | None = None, live: bool = False
) -> None:
    """Attach the store as `lake` to read it, at `snapshot` or as it stands, whatever is written later.

    `live`: see that too, one table at a time; good for the number of the latest snapshot, and for nothing else.

    Raises StoreError `store.none`, `store.no_catalog`, `store.newer`, `store.older`, `store.damaged`, `store.unreachable`.
    """
    if not place.exists():
        raise _none(place)
    try:
        _load_extensions(con, "ducklake", "postgres_scanner" if place.catalog else "sqlite_scanner")
        as_it_is = place.catalog is not None or (live and os.access(place.folder, os.W_OK))
        catalog_file = place.catalog_file if as_it_is else _copied(con, place)
        _attach(con, place, catalog_file=catalog_file, read_only=True, snapshot=snapshot)
        if not has_tables(con):
            raise StoreError("store.none", place=place.name)
        check_version(con, place.name)
    except duckdb.Error as error:
        raise damaged(place, error, reading=True) from error
    except OSError as error:
        raise StoreError("store.damaged", place=place.name, reason=error.strerror or str(error)) from error


@contextmanager
def opened_to_write(
    con: duckdb.DuckDBPyConnection, place: StorePlace, what: str, waiting: Waiting, *, create: bool = False
) -> Iterator[None]:
    """Attach the store as `lake` to `con` and hold the right to write for the time of the block.

    Raises StoreError, among others `store.read_only`, `store.full`; what was begun is rolled back then.
    """
    if create:
        _make_folders(place)
    elif not place.exists():
        raise _none(place)
    with writing(place.folder, place.catalog, what, waiting):
        if not place.exists() and (none := _none(place)).code != "store.none":
            raise none
        try:
            _attach(con, place, catalog_file=place.catalog_file, read_only=False)
            if not has_tables(con):
                create_tables(con)
            check_version(con, place.name, upgrade=True)
            yield
        except duckdb.Error as error:
            raise damaged(place, error) from error
        finally:
            _detach(con)


def damaged(place: StorePlace, error: duckdb.Error, *, reading: bool = False) -> KeyAccountError:
    """DuckDB's trouble with a store as an error of ours."""
    text = str(error)
    if "creating a new DuckLake is explicitly disabled" in text:
        return _none(place)
    # A reader needs a little room, too; "restore from a backup" would be bad advice on a full disk.
    if any(words in text for words in _FULL) or ("disk I/O error" in text and _is_full(place)):
        return StoreError("store.full", place=place.name)
    if place.catalog and place.catalog in text:
        # The address, password and all, stands in front of what the server's library says.
        return unreachable(place.catalog, text.rpartition(place.catalog)[2].split("\n", 1)[0])
    reason = reason_of(error)
    if not reading and re.search("read-?only|permission denied", reason, re.IGNORECASE):
        return StoreError("store.read_only", place=place.name, reason=reason)
    return StoreError("store.damaged", place=place.name, reason=reason)


def _is_full(place: StorePlace) -> bool:
    """Whether there is no room for a megabyte: SQLite does not tell a quota that is used up from a broken disk."""
    try:
        with tempfile.TemporaryFile(dir=place.folder) as file:
            file.write(bytes(1 << 20))
    except OSError as error:
        return error.errno in NO_ROOM
    return False


def _none(place: StorePlace) -> StoreError:
    """There is no store, or only the half of one that must not be taken for a new one."""
    if place.catalog is None and next(place.data.rglob("*.parquet"), None) is not None:
        return StoreError("store.no_catalog", place=place.name, file=place.catalog_file.name)
    return StoreError("store.none", place=place.name)


def _attach(
    con: duckdb.DuckDBPyConnection,
    place: StorePlace,
    *,
    catalog_file: Path,
    read_only: bool,
    snapshot: int | None = None,
) -> None:
    _load_extensions(con, "ducklake", "postgres_scanner" if place.catalog else "sqlite_scanner")
    options = [
        f"DATA_PATH {_quoted(f'{place.data}/')}",
        "OVERRIDE_DATA_PATH true",  # the store may have been moved
        "DATA_INLINING_ROW_LIMIT 0",  # every row in Parquet, where other engines find it
    ]
    if place.catalog:
        address = f"ducklake:postgres:{place.catalog}"
    else:
        address = f"ducklake:sqlite:{catalog_file}"
        options += [f"META_BUSY_TIMEOUT {BUSY_MILLISECONDS}"]
        options += [] if read_only else ["META_JOURNAL_MODE 'WAL'"]
    if read_only:
        options.append("READ_ONLY")
    if snapshot is not None:
        options.append(f"SNAPSHOT_VERSION {snapshot}")
    con.execute(f"ATTACH {_quoted(address)} AS lake ({', '.join(options)})")


def _detach(con: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.Error):  # nothing was begun, or the end of it is known already
        con.rollback()
    with suppress(duckdb.Error):  # what could not be attached whole cannot be detached either
        con.execute("DETACH DATABASE IF EXISTS lake")


def _load_extensions(con: duckdb.DuckDBPyConnection, *names: str) -> None:
    """The extensions come as Python packages, so that no server need be reached.

    They are loaded from where they lie: to install them would take a home folder that can be written to.
    """
    for name in names:
        package = resources.files(f"duckdb_extension_{name}")
        file = package / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        con.execute(f"LOAD {_quoted(str(file))}")


def _copied(con: duckdb.DuckDBPyConnection, place: StorePlace) -> Path:
    """A copy of the catalog as it stands, which lasts as long as `con`.

    DuckDB reads each table of SQLite over a connection of its own. While files are merged, which changes several tables,
    it would see one as it was before and the next as it is after, and so lose rows without a word.
    """
    folder = Path(tempfile.mkdtemp(prefix="keyaccount-"))
    weakref.finalize(con, shutil.rmtree, folder, ignore_errors=True)
    copy = folder / place.catalog_file.name
    if not os.access(place.folder, os.W_OK):
        _copy_files(place.catalog_file, copy)
        return copy
    _take_back(place.catalog_file)
    options = f"TYPE sqlite, BUSY_TIMEOUT {BUSY_MILLISECONDS}"
    con.execute(f"ATTACH {_quoted(str(place.catalog_file))} AS original ({options}, READ_ONLY)")
    con.execute(f"ATTACH {_quoted(str(copy))} AS copy ({options}, JOURNAL_MODE 'OFF')")
    try:
        # Queries in SQLite's own words go over the connection of the transaction, and so see one state.
        con.execute("BEGIN")
        tables = con.execute(
            _of_original("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        ).fetchall()
        if not tables:  # its maker died before it wrote the first one
            raise _none(place)
        for name, sql in tables:
            con.execute(sql.replace("CREATE TABLE ", "CREATE TABLE copy.", 1))
            con.execute(f"INSERT INTO copy.{name} {_of_original(f'SELECT * FROM {name}')}")
        con.execute("COMMIT")
    finally:
        with suppress(duckdb.Error):  # it was committed
            con.rollback()
        con.execute("DETACH original")
        con.execute("DETACH copy")
    return copy


def _take_back(catalog: Path) -> None:
    """What a maker had begun when it was killed: a journal that lies beside the catalog stops whoever may only read.

    Afterwards the catalog has a log instead, which readers can take. A journal that somebody is writing is left alone.
    """
    if catalog.with_name(f"{catalog.name}-journal").exists():
        with (
            suppress(sqlite3.Error),
            closing(sqlite3.connect(catalog, timeout=BUSY_MILLISECONDS / 1000)) as con,
        ):
            con.execute("SELECT count(*) FROM sqlite_master").fetchall()


def _of_original(query: str) -> str:
    return f"FROM sqlite_query('original', {_quoted(query)})"


def _copy_files(catalog: Path, copy: Path) -> None:
    """Copy the catalog's files where SQLite cannot open it, since it writes beside it even to read."""
    files = [catalog.with_name(catalog.name + ending) for ending in ("", "-wal")]
    # Others may write meanwhile; the two files go together only if neither has changed while they were copied.
    until = time.monotonic() + BUSY_MILLISECONDS / 1000
    before = None
    while before is None or (before != _stamps(files) and time.monotonic() < until):
        before = _stamps(files)
        # Clocks of files tick every few milliseconds; what is written from here on bears another time.
        time.sleep(0.02)
        for file in files:
            target = copy.with_name(file.name)
            target.unlink(missing_ok=True)
            with suppress(FileNotFoundError):  # the log goes when the last who uses it closes
                shutil.copyfile(file, target)


def _stamps(files: Sequence[Path]) -> list[tuple[int, int] | None]:
    """When each file was written to last, and how long it is."""
    stamps: list[tuple[int, int] | None] = []
    for file in files:
        try:
            found = file.stat()
        except FileNotFoundError:
            stamps.append(None)
        else:
            stamps.append((found.st_mtime_ns, found.st_size))
    return stamps


def _make_folders(place: StorePlace) -> None:
    try:
        for folder in (place.folder, place.data, place.refused, place.staging):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError("store.read_only", place=place.name, reason=error.strerror or str(error)) from error


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
