"""How does the ledger's catalog, which says what Parquet files hold, move between SQLite and PostgreSQL?

Its rows are written as texts; DuckLake makes the tables anew, for the database at hand, and the rows go in.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from keyaccount.ledger.store.lock import unreachable
from keyaccount.ledger.store.place import StorePlace, opened_to_write
from keyaccount_web.operate.backup.places import BackupError

Rows = dict[str, list[dict[str, str | None]]]
BUSY_SECONDS = 20


def catalog_rows(place: StorePlace) -> Rows:
    """Table → rows, all of one moment."""
    with _catalog(place) as con:
        return {table: list(_read(con, table)) for table in _tables(con)}


def data_files(rows: Rows) -> set[str]:
    """The names of the Parquet files that some snapshot needs."""
    tables = ("ducklake_data_file", "ducklake_delete_file")
    return {Path(row["path"]).name for table in tables for row in rows.get(table, ()) if row["path"]}


def latest_snapshot(rows: Rows) -> int:
    """The number of the newest state."""
    return max(int(row["snapshot_id"] or 0) for row in rows["ducklake_snapshot"])


def write_catalog(place: StorePlace, rows: Mapping[str, Iterable[dict[str, str | None]]]) -> None:
    """Into a store that is not there yet: its catalog, with these rows.

    Raises BackupError `backup.catalog` where this version's catalog has not the tables of the rows.
    """
    # DuckLake makes the tables, in a folder that is thrown away: a new store writes a data file, too, which these rows do not know.
    with tempfile.TemporaryDirectory(prefix="keyaccount-") as scratch:
        made = StorePlace(Path(scratch), place.catalog)
        lake = duckdb.connect()
        with opened_to_write(lake, made, "restore", lambda _holder: None, create=True):
            pass
        lake.close()
        with _catalog(made) as con:
            there = set(_tables(con))
            if missing := sorted(rows.keys() - there):
                raise BackupError("backup.catalog", tables=missing)
            for table in there:
                con.run(f"DELETE FROM {table}")  # noqa: S608 - DuckLake's own names
            for table, told in rows.items():
                con.insert(table, list(told))
        if place.catalog is None:
            for folder in (place.folder, place.data, place.refused, place.staging):
                folder.mkdir(parents=True, exist_ok=True)
            shutil.move(made.catalog_file, place.catalog_file)


def remove_catalog(address: str) -> None:
    """Drop DuckLake's tables of a PostgreSQL catalog."""
    with _postgres(address) as con:
        for table in _tables(con):
            con.run(f"DROP TABLE {table} CASCADE")


class _Catalog:
    """The few words in which both databases differ."""

    tables_query: str
    mark: str

    def __init__(self, con: Any) -> None:
        self.con = con

    def run(self, query: str) -> Any:
        return self.con.execute(query)

    def columns(self, table: str) -> dict[str, str]:
        raise NotImplementedError

    def insert(self, table: str, rows: list[dict[str, str | None]]) -> None:
        if not rows:
            return
        types = self.columns(table)
        names = list(rows[0])
        if strangers := sorted(set(names) - types.keys()):
            raise BackupError("backup.catalog", tables=[f"{table}.{name}" for name in strangers])
        values = ", ".join(self.value(types[name]) for name in names)
        query = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})"  # noqa: S608
        self.con.cursor().executemany(query, [[row[name] for name in names] for row in rows])

    def value(self, kind: str) -> str:
        raise NotImplementedError


class _Sqlite(_Catalog):
    tables_query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'ducklake_%'"

    def columns(self, table: str) -> dict[str, str]:
        return {row[1]: row[2] for row in self.con.execute(f"PRAGMA table_info({table})")}

    def value(self, kind: str) -> str:
        # A column without a type's name would keep the digits as a text.
        return "CAST(? AS INTEGER)" if "INT" in kind.upper() or "BOOL" in kind.upper() else "?"


class _Postgres(_Catalog):
    tables_query = (
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename LIKE 'ducklake_%'"
    )

    def columns(self, table: str) -> dict[str, str]:
        query = (
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = current_schema() AND table_name = %s"
        )
        return dict(self.con.execute(query, [table]).fetchall())

    def value(self, kind: str) -> str:
        return f"CAST(%s::text AS {kind})"


def _tables(con: _Catalog) -> list[str]:
    return sorted(row[0] for row in con.run(con.tables_query).fetchall())


def _read(con: _Catalog, table: str) -> Iterator[dict[str, str | None]]:
    names = list(con.columns(table))
    cursor = con.run(f"SELECT {', '.join(names)} FROM {table}")  # noqa: S608
    for row in cursor:
        yield {name: _text(value) for name, value in zip(names, row, strict=True)}


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return str(int(value)) if isinstance(value, bool) else str(value)


@contextmanager
def _catalog(place: StorePlace) -> Iterator[_Catalog]:
    if place.catalog:
        with _postgres(place.catalog) as con:
            yield con
    else:
        with _sqlite(place.catalog_file) as con:
            yield con


@contextmanager
def _sqlite(file: Path) -> Iterator[_Catalog]:
    with closing(sqlite3.connect(file, timeout=BUSY_SECONDS)) as con, con:
        con.execute("BEGIN")
        yield _Sqlite(con)


@contextmanager
def _postgres(address: str) -> Iterator[_Catalog]:
    import psycopg

    try:
        con = psycopg.connect(address, application_name="keyaccount")
    except psycopg.Error as error:
        raise unreachable(address, str(error).split("\n", 1)[0]) from None
    with con:
        con.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        con.execute("SET TIME ZONE 'UTC'")
        yield _Postgres(con)
