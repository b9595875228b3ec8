"""How is a database reached, which tables has it, and how do their rows come out?

Ibis speaks to every database and writes the SQL. Rows come out through the driver where Ibis would lose something: its
PostgreSQL makes DECIMAL(38, 9) of every numeric and moves times to UTC, its SQLite makes floats and holds all rows at once.
"""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import ibis
import ibis.expr.datatypes as ibis_types
import pyarrow as pa

from keyaccount.errors import KeyAccountError

BATCH_ROWS = 20_000
CONNECT_SECONDS = 15
"""How long a PostgreSQL server may take to answer; `connect_timeout` in the address says otherwise."""

Columns = list[Sequence[Any]]
"""A batch of rows, column by column, as Python's values."""

_POSTGRES = ("postgresql", "postgres")
_FILES = ("sqlite", "duckdb")
_SECRET_NAMES = re.compile(r"pass|pwd|token|secret|key|credential", re.IGNORECASE)


class DatabaseError(KeyAccountError):
    """A database cannot be reached, or has not what is asked of it."""


def masked(url: str) -> str:
    """The address of a database without user, password and options; what cannot be told apart from these is left out."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return "…" if re.search(r"[=@:]", url) else url
    if scheme in _FILES:
        return re.split(r"[?#]", url, maxsplit=1)[0]
    head, *tail = re.split(r"[?#]", rest, maxsplit=1)
    authority, _, path = head.rpartition("@")[2].partition("/")
    # An unescaped `?` in a password puts the true `@` behind it: then `user:12` in front looks like host and port.
    hides_password = "@" in "".join(tail) and "@" not in head and ":" in head
    if hides_password or not re.fullmatch(r"[^:@]*(:\d+)?(,[^:@]*(:\d+)?)*|\[[^\]@]*\](:\d+)?", authority):
        return f"{scheme}://…"
    return f"{scheme}://{authority}/{path}" if path else f"{scheme}://{authority}"


@contextmanager
def connected(url: str) -> Iterator["Connection"]:
    """The database at `url`, for reading only; closed at the end.

    Raises DatabaseError `database.url`, `database.no_file`, `database.driver`, `database.unreachable`.
    """
    connection = _connect(url)
    try:
        yield connection
    finally:
        with suppress(Exception):  # a connection that broke need not be closed, and must not hide why
            connection.close()


@dataclass(frozen=True)
class DatabaseTable:
    """A table or view, and how it is spoken of."""

    place: str
    """Address › table, without user and password."""
    expression: Any
    """Ibis table."""

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.expression.columns)


class Connection:
    """A database of any kind that Ibis speaks; subclasses for those whose rows Ibis would change.

    Whatever the database refuses is DatabaseError `database.failed`.
    """

    time_zone: str | None = None
    """In which moments become days, where the database says."""

    def __init__(self, backend: Any, url: str) -> None:
        self.backend, self.url, self.address = backend, url, masked(url)

    def table(self, name: str) -> DatabaseTable:
        """The table or view `name`, or `schema.name`. Raises DatabaseError `database.no_table`, `database.no_tables`."""
        with self.told():
            names = self._names(name)
        own = _found(name, list(names))
        if own is None:
            if not names:
                raise DatabaseError("database.no_tables", place=self.address, table=name)
            raise DatabaseError(
                "database.no_table", place=self.address, table=name, tables=_nearest_first(name, names)
            )
        with self.told():
            return DatabaseTable(f"{self.address} › {own}", self._expression(*names[own]))

    def count(self, table: DatabaseTable) -> int:
        with self.told():
            return int(table.expression.count().execute())

    def batches(self, rows: Any) -> Iterator[Columns]:
        """The rows of an Ibis table, some thousands at a time."""
        with self.told():
            yield from self._batches(rows)

    def sent(self, column: Any, *, as_day: bool) -> Any:
        """A column as the database is to send it: exact numbers as text, moments as the days they are on."""
        kind = column.type()
        if as_day and (kind.is_date() or kind.is_timestamp()):
            return column.cast("date")
        if kind.is_integer() or kind.is_floating() or kind.is_string() or kind.is_binary():
            return column
        return column.cast("string")

    def told(self) -> AbstractContextManager[None]:
        """What the driver complains of in here is a DatabaseError."""
        return _told(self.url, "database.failed")

    def close(self) -> None:
        self.backend.disconnect()

    def _batches(self, rows: Any) -> Iterator[Columns]:
        for batch in rows.to_pyarrow_batches(chunk_size=BATCH_ROWS):
            yield [_values(column) for column in batch.columns]

    def _names(self, wanted: str) -> dict[str, tuple[str | None, str]]:
        """How tables are called → schema and name."""
        names: dict[str, tuple[str | None, str]] = {name: (None, name) for name in self.backend.list_tables()}
        schema, dot, _ = wanted.rpartition(".")
        if dot and wanted not in names:
            with suppress(Exception):  # each database has its own error for a schema that is not there
                names |= {
                    f"{schema}.{name}": (schema, name) for name in self.backend.list_tables(database=schema)
                }
        return names

    def _expression(self, schema: str | None, name: str) -> Any:
        return self.backend.table(name, database=schema)


class _Postgres(Connection):
    def __init__(self, con: Any, url: str) -> None:
        self.con = con
        # As server, role, database or PGTZ set it. Ibis sets UTC, where the sales of a morning in China are yesterday's.
        self.time_zone = con.info.parameter_status("TimeZone")
        super().__init__(ibis.postgres.from_connection(con), url)

    def sent(self, column: Any, *, as_day: bool) -> Any:
        kind = column.type()
        if kind.is_decimal():  # by way of numeric, or the type money comes with its sign
            return column.cast("decimal").cast("string")
        day = super().sent(column, as_day=as_day)
        return day.cast("string") if day.type().is_date() else day  # Python has no day `infinity`

    def _batches(self, rows: Any) -> Iterator[Columns]:
        with self.con.transaction(), self.con.cursor(name="keyaccount") as cursor:
            # For this transaction, as poolers give the next one to another session.
            self.con.execute(
                "SELECT set_config('TimeZone', %s, true), set_config('DateStyle', 'ISO', true), "
                "set_config('extra_float_digits', '3', true)",
                [self.time_zone],
            )
            cursor.execute(self.backend.compile(rows))
            yield from _column_batches(cursor)

    def close(self) -> None:
        self.con.close()

    def _names(self, wanted: str) -> dict[str, tuple[str | None, str]]:
        found = self.con.execute(
            "SELECT n.nspname, c.relname, pg_table_is_visible(c.oid) FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') "
            "AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' ORDER BY 1, 2"
        ).fetchall()
        names: dict[str, tuple[str | None, str]] = {}
        for schema, name, visible in found:
            # `schema.name` is always right; the bare name only where the search path leads there.
            if visible and wanted != f"{schema}.{name}":
                names.setdefault(name, (schema, name))
            else:
                names[f"{schema}.{name}"] = (schema, name)
        return names


class _Sqlite(Connection):
    """A column's type says little of what is in it, so that each is read as unknown and told by its values."""

    def __init__(self, con: sqlite3.Connection, url: str) -> None:
        con.text_factory = _decoded
        self.con = con
        super().__init__(ibis.sqlite.from_connection(con), url)

    def sent(self, column: Any, *, as_day: bool) -> Any:  # noqa: ARG002
        return column

    def _batches(self, rows: Any) -> Iterator[Columns]:
        yield from _column_batches(self.con.execute(self.backend.compile(rows)))

    def close(self) -> None:
        self.con.close()

    def _expression(self, schema: str | None, name: str) -> Any:
        names = [one.replace('"', '""') for one in (schema, name) if one]
        query = "SELECT * FROM " + ".".join(f'"{one}"' for one in names)
        columns = [column for column, *_ in self.con.execute(f"{query} LIMIT 0").description]
        return self.backend.sql(query, schema=ibis.schema(dict.fromkeys(columns, ibis_types.unknown)))


def _connect(url: str) -> Connection:
    scheme = _scheme(url)
    if scheme in _FILES:
        return _file(url, scheme)
    try:
        return _postgres(url) if scheme in _POSTGRES else _other(url)
    except ImportError as error:
        install = "keyaccount[postgres]" if scheme in _POSTGRES else f"ibis-framework[{scheme}]"
        raise DatabaseError("database.driver", place=masked(url), scheme=scheme, install=install) from error


def _file(url: str, scheme: str) -> Connection:
    path = _database_file(url)
    with _told(url, "database.unreachable"):
        if scheme == "duckdb":
            return Connection(ibis.duckdb.connect(path, read_only=True), url)
        con = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        con.execute("SELECT count(*) FROM sqlite_master")  # only now SQLite looks at the file
        return _Sqlite(con, url)


def _other(url: str) -> Connection:
    with _told(url, "database.unreachable"):
        try:
            return Connection(ibis.connect(url), url)
        except (TypeError, ValueError):  # they may quote the address
            raise _not_understood(url) from None


def _postgres(url: str) -> Connection:
    import psycopg

    try:
        # psycopg and not Ibis, which reads `+` in a password as a blank and leaves a user's name escaped.
        given = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise _not_understood(url) from None  # it quotes what it could not read, and that may be the password
    options: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "keyaccount",
        "client_encoding": "utf8",
    }
    with _told(url, "database.unreachable"):
        con = psycopg.connect(url, autocommit=True, **{k: v for k, v in options.items() if k not in given})
        con.read_only = True
        return _Postgres(con, url)


def _scheme(url: str) -> str:
    """The scheme of an address. Raises DatabaseError `database.url`."""
    scheme, mark, _ = url.partition("://")
    try:
        urlsplit(url)
    except ValueError:
        raise _not_understood(url) from None
    if not mark or scheme not in _schemes():
        raise _not_understood(url)
    return scheme


def _schemes() -> list[str]:
    """What an address may begin with, those that people have first."""
    first = ["postgresql", "sqlite", "mysql", "mssql", "oracle", "postgres"]
    others = sorted(one.name for one in entry_points(group="ibis.backends"))
    return [*first, *(name for name in others if name not in first)]


def _not_understood(url: str) -> DatabaseError:
    return DatabaseError(
        "database.url",
        place=masked(url),
        server="postgresql://user:password@host/database",
        path="sqlite:///shop.db",
        schemes=_schemes(),
    )


def _database_file(url: str) -> Path:
    """The file that an address names; `sqlite:///shop.db` may mean the folder we are in, as SQLAlchemy has it."""
    _, _, rest = re.split(r"[?#]", url, maxsplit=1)[0].partition("://")
    named = [rest, rest.removeprefix("/")]
    paths = [Path(one) for text in named for one in (text, unquote(text)) if one]
    for path in paths:
        if path.is_file():
            return path
    absolute = f"{masked(url).partition(':')[0]}:////folder/shop.db"
    raise DatabaseError("database.no_file", place=masked(url), file=unquote(rest), absolute=absolute)


@contextmanager
def _told(url: str, code: str) -> Iterator[None]:
    """Whatever the driver complains of becomes a DatabaseError `code`, without the password."""
    try:
        yield
    except Exception as error:
        # Each driver has its own errors; PEP 249 has them all descend from one called `Error`.
        names = {kind.__name__ for kind in type(error).__mro__}
        if isinstance(error, (KeyAccountError, ImportError)) or not names & {"Error", "IbisError", "OSError"}:
            raise
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = _without_secrets(lines[0] if lines else type(error).__name__, url).rstrip(".")
        raise DatabaseError(code, place=masked(url), reason=reason) from None


def _without_secrets(text: str, url: str) -> str:
    head, _, query = url.partition("://")[2].partition("?")
    given = {head.rpartition("@")[0].partition(":")[2]}
    given |= {value for name, value in parse_qsl(query) if _SECRET_NAMES.search(name)}
    for secret in sorted(given | set(map(unquote, given)), key=len, reverse=True):
        text = text.replace(secret, "***") if secret else text
    return text


def _values(column: Any) -> list[Any]:
    if pa.types.is_float32(column.type):  # by its own shortest text: as float64, 0.1 is 0.10000000149011612
        return [text and float(text) for text in column.cast(pa.string()).to_pylist()]
    return list(column.to_pylist())


def _column_batches(cursor: Any) -> Iterator[Columns]:
    while rows := cursor.fetchmany(BATCH_ROWS):
        yield list(zip(*rows, strict=True))


def _decoded(text: bytes) -> str:
    """Text as SQLite keeps it: UTF-8 by rights, GBK in files of old programs."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("gb18030", errors="replace")


def _found(wanted: str, names: Sequence[str]) -> str | None:
    """The name that is meant: exactly so, without its quotes, or the only one that differs by case alone."""
    for name in (wanted, wanted.replace('"', "")):
        if name in names:
            return name
    alike = [name for name in names if name.casefold() == wanted.casefold()]
    return alike[0] if len(alike) == 1 else None


def _nearest_first(wanted: str, names: Sequence[str] | dict[str, Any]) -> list[str]:
    by_form = {name.casefold(): name for name in names}
    near = [by_form[form] for form in get_close_matches(wanted.casefold(), list(by_form), n=5)]
    return [*near, *(name for name in names if name not in near)]
