"""How does a ledger that outgrows one machine run on the company's own Spark? (R1, T2)

spark = on_spark(open_store(store_place()), "sc://spark.example:15002")
find_key_accounts(spark.condensed())

The store's Parquet files never change once they are written. So Spark reads the same files as DuckDB: those that the
store holds at its snapshot, less the rows that are deleted by then.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ibis.util import gen_name

from keyaccount.errors import KeyAccountError
from keyaccount.ledger.rollup import Condensed
from keyaccount.ledger.store.reading import LedgerStore
from keyaccount.tables import ACCOUNT_NAMES, INVOICE_LINES, ROLLUP

LOCAL = "local[*]"
EXAMPLE = "sc://spark.example:15002"
CONNECT_SECONDS = 20
_ON_THIS_MACHINE = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}
_TABLES = {"lines": INVOICE_LINES, "rollup": ROLLUP, "account_names": ACCOUNT_NAMES}
# DuckLake's mark on rows and on deletions of merged files: the snapshot they came with. Absent elsewhere, so null.
_CAME_WITH = "_ducklake_internal_snapshot_id"
# Glob patterns in the name of a folder are letters of its name.
_GLOB = str.maketrans({letter: f"\\{letter}" for letter in "\\*?[]{}"})


class SparkError(KeyAccountError):
    """The company's Spark cannot do what was asked."""


@dataclass(frozen=True, kw_only=True)
class SparkLedger(LedgerStore):
    """A store whose tables are Spark's."""

    spark: Any
    """Ibis backend."""
    data: str | None
    """How the cluster sees the store's data folder; None: by the same path."""
    is_own_session: bool

    def close(self) -> None:
        """End the Spark session, if it was begun for this ledger; the store stays open."""
        if self.is_own_session:
            self.spark.disconnect()

    def _table(self, name: str) -> Any:
        session, files = self.spark._session, self._files(name)
        types = {"import_id": "int64"} | {column: kind for column, (kind, _) in _TABLES[name].columns.items()}
        with spark_errors("spark.data_missing", folder=self._folder, files=len(files)):
            _check(session, files, self._folder)
            view = gen_name(f"keyaccount_{name}")
            _rows(session, files, types, self.snapshot).createOrReplaceTempView(view)
        return self.spark.table(view)

    @property
    def _folder(self) -> str:
        return self.data or str(self.place.data)

    def _files(self, name: str) -> "list[_File]":
        """The files of a table at the snapshot, as DuckLake lists them."""
        found = self.con.execute(
            "SELECT data_file, data_file_size_bytes, delete_file, delete_file_size_bytes "
            f"FROM ducklake_list_files('lake', '{name}', snapshot_version => {self.snapshot})"
        ).fetchall()
        return [
            _File(
                self._as_seen(path),
                size,
                _File(self._as_seen(deletions), deletions_size) if deletions else None,
            )
            for path, size, deletions, deletions_size in found
        ]

    def _as_seen(self, path: str) -> str:
        """A file's address for the cluster."""
        here = f"{self.place.data}/"
        if self.data is not None and path.startswith(here):
            return f"{self.data.rstrip('/')}/{path.removeprefix(here)}"
        # With the scheme said, or Spark would look in the cluster's default file system.
        return path if "://" in path else f"file://{path}"


@dataclass(frozen=True)
class _File:
    path: str
    size: int
    deletions: "_File | None" = None
    """The file that gives the places of its deleted rows."""

    @property
    def name(self) -> str:
        """Unique in the store, and the same wherever the folder is."""
        return self.path.rsplit("/", 1)[-1]


def spark_condensed(
    store: LedgerStore, url: str | None = None, *, data: str | None = None, keep_unassigned: bool = False
) -> Condensed:
    """What `find` needs of the ledger, on Spark: `LedgerStore.condensed` with the parameters of `on_spark`."""
    return on_spark(store, url, data=data).condensed(keep_unassigned=keep_unassigned)


def spark_lines(
    store: LedgerStore, url: str | None = None, *, data: str | None = None, keep_unassigned: bool = False
) -> Any:
    """The invoice lines, on Spark: `LedgerStore.lines` with the parameters of `on_spark`."""
    return on_spark(store, url, data=data).lines(keep_unassigned=keep_unassigned)


def on_spark(store: LedgerStore, url: str | None = None, *, data: str | None = None) -> SparkLedger:
    """The store at its snapshot, with Spark as its engine.

    Parameters
    ----------
    store : must stay open.
    url : `sc://host:port` (Spark Connect), or a master (`local[2]`) where the whole of pyspark is installed; preset:
        `KEYACCOUNT_SPARK`, else the session that the process has, else Spark on this machine.
    data : how the cluster sees the store's data folder (`s3a://bucket/ledger/data`); preset: `KEYACCOUNT_SPARK_DATA`,
        else by the same path.

    Raises
    ------
    SparkError `spark.not_installed`, `spark.connect_only`, `spark.address`, `spark.unreachable`, `spark.java_missing`.
    Asking for its tables raises `spark.data_missing`, `spark.data_differs`; calculating with them `spark.failed`.

    References
    ----------
    Design, decision "engine"; docs, "Spark".
    """
    data = data or os.environ.get("KEYACCOUNT_SPARK_DATA") or None
    session, is_own_session = _session(url or os.environ.get("KEYACCOUNT_SPARK") or None)
    from keyaccount.ledger.spark_backend import SparkBackend

    backend = SparkBackend()
    with spark_errors("spark.failed"):
        backend.do_connect(session)
    return SparkLedger(
        place=store.place,
        con=store.con,
        snapshot=store.snapshot,
        imports=store.imports,
        spark=backend,
        data=data,
        is_own_session=is_own_session,
    )


@contextmanager
def spark_errors(code: str, **values: Any) -> Iterator[None]:
    """Spark's errors within the block as SparkError `code`, with what it says as `reason`."""
    try:
        yield
    except _troubles() as error:
        raise SparkError(code, **values, reason=_reason(error)) from error


def _session(url: str | None) -> tuple[Any, bool]:
    """A session of Spark, and whether it was begun here."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SparkError("spark.not_installed") from error
    if url is None:
        active = SparkSession.getActiveSession()
        if active is not None:
            return active, False
        url = os.environ.get("SPARK_REMOTE")
    if url is not None and url.startswith("sc://"):
        return _connected(url), True
    if find_spec("py4j") is None:
        raise SparkError("spark.connect_only", url=url or "—", example=EXAMPLE)
    if not _has_java():
        raise SparkError("spark.java_missing")
    active = SparkSession.getActiveSession()
    builder = SparkSession.builder.appName("keyaccount").master(url or LOCAL)
    if (url or LOCAL).startswith("local"):
        for key, value in _ON_THIS_MACHINE.items():
            builder = builder.config(key, value)
    with spark_errors("spark.unreachable", address=url or LOCAL):
        session = builder.getOrCreate()
    return session, active is None


def _connected(url: str) -> Any:
    """A session on a Spark Connect server; a token in the address is never shown."""
    try:
        import grpc
        from pyspark.errors import PySparkValueError
        from pyspark.sql.connect.client import DefaultChannelBuilder
        from pyspark.sql.connect.session import SparkSession
    except ImportError as error:
        raise SparkError("spark.not_installed") from error
    address = urlsplit(url)
    shown = f"sc://{address.netloc.rsplit('@', 1)[-1]}"
    try:
        channel = DefaultChannelBuilder(url).toChannel()
    except (PySparkValueError, ValueError) as error:
        raise SparkError("spark.address", url=shown, example=f"{EXAMPLE}/;token=…") from error
    try:
        # The client itself would try again for ten minutes.
        grpc.channel_ready_future(channel).result(timeout=CONNECT_SECONDS)
    except grpc.FutureTimeoutError as error:
        raise SparkError("spark.unreachable", address=shown, reason=f"> {CONNECT_SECONDS} s") from error
    finally:
        channel.close()
    with spark_errors("spark.unreachable", address=shown):
        session = SparkSession.builder.remote(url).create()
        session.version  # noqa: B018 — the first word with the server
    return session


def _has_java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return (home is not None and (Path(home) / "bin" / "java").exists()) or shutil.which("java") is not None


def _rows(session: Any, files: Sequence[_File], types: Mapping[str, str], snapshot: int) -> Any:
    """A Spark data frame of the rows that the files hold at the snapshot."""
    columns = [f"`{name}`" for name in types]
    untouched = [file for file in files if file.deletions is None]
    touched = [file for file in files if file.deletions is not None]
    there = _read(session, untouched, types, snapshot).selectExpr(*columns)
    if not touched:
        return there
    placed = _read(session, touched, types, snapshot).selectExpr(
        *columns, "_metadata.file_name AS in_file", "_metadata.row_index AS pos"
    )
    of_file = session.createDataFrame(
        [(file.deletions.name, file.name) for file in touched if file.deletions],
        "deletions STRING, in_file STRING",
    )
    deletions = [file.deletions for file in touched if file.deletions]
    deleted = _read(session, deletions, {"pos": "int64"}, snapshot).selectExpr(
        "pos", "_metadata.file_name AS deletions"
    )
    deleted = deleted.join(of_file.hint("broadcast"), "deletions").select("in_file", "pos")
    rest = placed.join(deleted, ["in_file", "pos"], "left_anti").selectExpr(*columns)
    return there.unionAll(rest)


def _read(session: Any, files: Sequence[_File], types: Mapping[str, str], snapshot: int) -> Any:
    """The rows of Parquet files that had come by the snapshot. The types are said, so that no file need be opened for them."""
    names = {"string": "STRING", "int64": "BIGINT"}
    schema = ", ".join(
        f"`{name}` {names.get(kind, kind.upper())}" for name, kind in {**types, _CAME_WITH: "int64"}.items()
    )
    if not files:
        return session.createDataFrame([], schema)
    rows = session.read.schema(schema).parquet(*(file.path.translate(_GLOB) for file in files))
    return rows.filter(f"{_CAME_WITH} IS NULL OR {_CAME_WITH} <= {snapshot}")


def _check(session: Any, files: Sequence[_File], folder: str) -> None:
    """Whether the cluster's machines see each file, and whole; a copy half done would give other figures."""
    wanted = {one.name: one for file in files for one in (file, file.deletions) if one is not None}
    if not wanted:
        return
    # Kept from opening them, this format only asks the file system.
    listed = session.read.format("binaryFile").load([one.path.translate(_GLOB) for one in wanted.values()])
    sizes = {
        row["path"].rsplit("/", 1)[-1]: row["length"] for row in listed.selectExpr("path", "length").collect()
    }
    missing = [one.path for name, one in wanted.items() if name not in sizes]
    if missing:
        raise SparkError("spark.data_missing", folder=folder, files=len(files), reason=missing[0])
    for name, one in wanted.items():
        if sizes[name] != one.size:
            raise SparkError(
                "spark.data_differs", folder=folder, file=name, size=sizes[name], wanted=one.size
            )


def _troubles() -> tuple[type[Exception], ...]:
    """What Spark's clients raise."""
    from pyspark.errors import PySparkException

    kinds: list[type[Exception]] = [PySparkException]
    with suppress(ImportError):  # absent beside the thin client
        from py4j.protocol import Py4JError

        kinds.append(Py4JError)
    with suppress(ImportError):  # absent beside a bare pyspark
        from grpc import RpcError

        kinds.append(RpcError)
    return tuple(kinds)


def _reason(error: Exception) -> str:
    """What Spark says, without the frames of Java."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    caused = [line for line in lines if line.startswith("Caused by: ")]
    told = caused or [line for line in lines if not line.startswith("An error occurred while calling")]
    return told[0][:300] if told else type(error).__name__
