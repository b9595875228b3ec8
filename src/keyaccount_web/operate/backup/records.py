"""How do the records of a database become rows that any database of ours can take back, and are two of them the same?

The tables are those of the migrations that were applied, not those of the code: an older state is written as it stands.
"""

import base64
import datetime as dt
import decimal
import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from keyaccount_web.operate.backup.places import BackupError
from keyaccount_web.operate.tables import is_whole, make_newest_tables

Model = type[models.Model]
Migrations = list[tuple[str, str]]
LEFT_OUT = {"django_session", "usersessions_usersession", "operate_heartbeat"}
"""Who is signed in, and which processes run: nobody is to be signed in by an old copy."""
ROWS = 500
_MODULUS = 1 << 256


@dataclass
class Sum:
    """How many rows a table has, and a sum of their SHA-256 that does not depend on their order."""

    rows: int = 0
    total: int = 0

    def add(self, line: bytes) -> None:
        self.rows += 1
        self.total = (self.total + int.from_bytes(hashlib.sha256(line).digest())) % _MODULUS

    def as_dict(self) -> dict[str, Any]:
        return {"rows": self.rows, "sum": f"{self.total:064x}"}


@contextmanager
def standing_still(alias: str) -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own that sees the database as it stands now, whatever others write meanwhile, and holds up nobody."""
    own = f"{alias}-standing-still"
    told = deepcopy(connections[alias].settings_dict)
    if connections[alias].vendor == "sqlite":
        # The app's own transactions take the turn to write from their beginning; this one only reads.
        told["OPTIONS"] = {**told["OPTIONS"], "transaction_mode": "DEFERRED"}
    connections.settings[own] = told
    con = connections[own]
    try:
        with transaction.atomic(using=own), con.cursor() as cursor:
            if con.vendor == "postgresql":
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # The first question is what fixes the state.
            cursor.execute("SELECT count(*) FROM django_migrations")
            yield con
    finally:
        con.close()
        del connections[own]
        del connections.settings[own]


def applied(con: BaseDatabaseWrapper) -> Migrations:
    """The migrations that made the tables, in the order in which they were applied."""
    recorder = MigrationRecorder(con)
    if not recorder.has_table():
        return []
    return list(recorder.migration_qs.order_by("pk").values_list("app", "name"))


def unknown(con: BaseDatabaseWrapper, wanted: Migrations | None = None) -> Migrations:
    """Applied migrations of ours that this version of the program does not have: the data are of a newer one.

    Other packages do give up old migrations, so that theirs tell nothing.
    """
    known = MigrationExecutor(con).loader.disk_migrations
    names = set(known) | {one for migration in known.values() for one in migration.replaces}
    ours = {app.label for app in apps.get_app_configs() if app.name.startswith("keyaccount_web.")}
    return [one for one in (wanted or applied(con)) if one[0] in ours and tuple(one) not in names]


def tables(con: BaseDatabaseWrapper) -> list[Model]:
    """A model for each table, as the applied migrations have left it."""
    executor = MigrationExecutor(con)
    state = executor._create_project_state(with_applied_migrations=True)  # type: ignore[attr-defined]
    found = {
        model._meta.db_table: model
        for model in state.apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }
    there = set(con.introspection.table_names())
    return [found[name] for name in sorted(found.keys() & there - LEFT_OUT)]


def lines(con: BaseDatabaseWrapper, model: Model) -> Iterator[bytes]:
    """One JSON object a row, always in the same words."""
    fields = _fields(model)
    writers = [_writer(field) for field in fields]
    names = [field.attname for field in fields]
    rows: Any = models.QuerySet(model, using=con.alias).order_by("pk").values_list(*names)
    for row in rows.iterator(chunk_size=ROWS):
        told = {
            field.column: None if value is None else write(value)
            for field, write, value in zip(fields, writers, row, strict=True)
        }
        yield json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def sums(con: BaseDatabaseWrapper) -> dict[str, dict[str, Any]]:
    """Rows and sum of every table, to be compared with those of another database."""
    told = {}
    for model in tables(con):
        one = Sum()
        for line in lines(con, model):
            one.add(line)
        told[model._meta.db_table] = one.as_dict()
    return told


@contextmanager
def as_default(con: BaseDatabaseWrapper) -> Iterator[None]:
    """`con` in the place of the app's own database: migrations of other packages write to that one, whichever they are run on."""
    alias, before = con.alias, connections["default"]
    connections["default"], con.alias = con, "default"
    try:
        yield
    finally:
        connections["default"], con.alias = before, alias


def make_tables(con: BaseDatabaseWrapper, wanted: Migrations) -> None:
    """In an empty database: the tables as the migrations `wanted` make them. Raises BackupError `backup.newer`."""
    if strangers := unknown(con, wanted):
        raise BackupError("backup.newer", migrations=[".".join(one) for one in strangers])
    with as_default(con):
        if is_whole(wanted):
            make_newest_tables(con)
        else:
            _migrate(con, wanted)


def _migrate(con: BaseDatabaseWrapper, wanted: Migrations) -> None:
    executor = MigrationExecutor(con)
    graph = executor.loader.graph
    held = {(app, name) for app, name in wanted if (app, name) in graph.nodes}
    # What no other of them builds on; the executor adds what each needs.
    last = [
        one
        for one in held
        if not any(
            tuple(child.key) in held for child in graph.node_map[one].children if child.key[0] == one[0]
        )
    ]
    executor.migrate(sorted(last))


def load(con: BaseDatabaseWrapper, rows_of: Callable[[str], Iterable[bytes] | None]) -> None:
    """Fill the tables with what `rows_of(table)` gives, instead of what stands in them; None: the table stays empty.

    In one transaction, since tables refer to one another both ways. Raises BackupError `backup.row`.
    """
    found = tables(con)
    with transaction.atomic(using=con.alias):
        with con.cursor() as cursor:
            if con.vendor == "sqlite":
                cursor.execute("PRAGMA defer_foreign_keys = ON")
            else:
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")  # making the tables may have said the opposite
            # What making the tables has put in.
            for model in found:
                cursor.execute(f"DELETE FROM {con.ops.quote_name(model._meta.db_table)}")  # noqa: S608
        for model in found:
            for batch in _batches(rows_of(model._meta.db_table) or ()):
                _insert(con, model, batch)
        with con.cursor() as cursor:
            for statement in con.ops.sequence_reset_sql(no_style(), found):
                cursor.execute(statement)


def _insert(con: BaseDatabaseWrapper, model: Model, batch: list[bytes]) -> None:
    fields = _fields(model)
    readers = [_reader(field) for field in fields]
    told = [json.loads(line) for line in batch]
    made = [
        model(
            **{
                field.attname: None if row[field.column] is None else read(row[field.column])
                for field, read in zip(fields, readers, strict=True)
            }
        )
        for row in told
    ]
    at_once = max(1, con.ops.bulk_batch_size(fields, made))
    queries: Any = models.QuerySet(model, using=con.alias)
    for start in range(0, len(made), at_once):
        # Raw: a field that sets itself to the time of saving is to keep the time it has.
        queries._insert(made[start : start + at_once], fields=fields, raw=True, using=con.alias)


def _fields(model: Model) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not getattr(field, "generated", False)]


def _batches(rows: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _writer(field: Any) -> Callable[[Any], Any]:
    if isinstance(field, models.BinaryField):
        return lambda value: base64.b64encode(bytes(value)).decode()
    if isinstance(field, models.JSONField):
        return _same
    return _text


def _text(value: Any) -> Any:
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return str(value.total_seconds())
    if isinstance(value, decimal.Decimal | uuid.UUID):
        return str(value)
    return value


def _reader(field: Any) -> Callable[[Any], Any]:
    target = getattr(field, "target_field", field)
    if isinstance(target, models.BinaryField):
        return base64.b64decode
    if isinstance(target, models.JSONField):
        return _same
    if isinstance(target, models.DurationField):
        return lambda value: dt.timedelta(seconds=float(value))
    return target.to_python  # type: ignore[no-any-return]


def _same(value: Any) -> Any:
    return value
