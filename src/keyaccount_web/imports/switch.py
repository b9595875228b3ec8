"""How do the rows of an import become visible all at once, and how are they taken back? In SQL over the staged rows.

The rows lie in `ImportRow` already, so that what is left is one short transaction of a few statements: on SQLite readers go on
meanwhile, and who writes waits for some seconds at most, whatever the size. A kill leaves all or nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.utils import timezone

from keyaccount_web.imports.models import FileImport, ImportRow
from keyaccount_web.imports.sources import COLUMNS, MODELS, Column

_ROWS = ImportRow._meta.db_table
DERIVED = frozenset({"AccountFigures", "FieldConfirmation", "SeenAccount"})
"""What refers to an account or contact without being work of its own: it goes with the record. So does what is worked out anew
whenever it is needed (`stays_on_merge`)."""


def refuse_outdated(told: FileImport, kind: str) -> int:
    """Rows whose records are not as they were when the check looked: refused, so that nobody's change is lost."""
    table = MODELS[kind]._meta.db_table
    differs = " OR ".join(_differs(column, MODELS[kind], "a", "old", _ROWS) for column in COLUMNS[kind])
    changed = (
        f"UPDATE {_ROWS} SET state = 'refused', problems = %s WHERE source_id = %s AND kind = %s AND state = 'changed' "
        f"AND NOT EXISTS (SELECT 1 FROM {table} a WHERE a.id = {_ROWS}.target AND NOT ({differs}))"
    )
    count = _run(changed, ['[{"code": "row.outdated", "values": {}}]', told.pk, kind])
    if kind == "accounts":
        count += _run(
            f"UPDATE {_ROWS} SET state = 'refused', problems = %s WHERE source_id = %s AND kind = %s AND state = 'new' "
            f"AND EXISTS (SELECT 1 FROM {table} a WHERE a.code = {_ROWS}.key)",
            ['[{"code": "row.outdated", "values": {}}]', told.pk, kind],
        )
    return count


def write_accounts(told: FileImport, user_id: int) -> None:
    """New and changed accounts, their parents last, with their history."""
    account = MODELS["accounts"]
    now = timezone.now()
    new = {column.name: _value(column, "new") for column in COLUMNS["accounts"] if column.name != "parent"}
    new |= {"code": "s.key", "version": "1", "updated_at": _moment(now), "parent": "NULL"}
    _insert(account, new, told, "accounts")
    _run(
        f"UPDATE {_ROWS} SET target = (SELECT a.id FROM {account._meta.db_table} a WHERE a.code = {_ROWS}.key) "
        "WHERE source_id = %s AND kind IN ('accounts', 'groups') AND state = 'new'",
        [told.pk],
    )
    _update(account, COLUMNS["accounts"], told, "accounts", ("changed",), "new", counted=True)
    parent = [column for column in COLUMNS["accounts"] if column.name == "parent"]
    _update(account, parent, told, "accounts", ("new",), "new", counted=False)
    _update(account, parent, told, "groups", ("new", "changed"), "new", counted=False)
    _run(
        f"UPDATE {account._meta.db_table} SET version = version + 1 WHERE id IN (SELECT target FROM {_ROWS} "
        "WHERE source_id = %s AND kind = 'groups' AND state = 'changed') AND id NOT IN (SELECT target FROM "
        f"{_ROWS} WHERE source_id = %s AND kind = 'accounts' AND state = 'changed')",
        [told.pk, told.pk],
    )
    _history(account, told, ("accounts",), ("new",), "+", user_id, f"import {told.pk}")
    _history(account, told, ("accounts", "groups"), ("changed",), "~", user_id, f"import {told.pk}")


def write_contacts(told: FileImport, user_id: int) -> None:
    """New and changed contacts with their history."""
    contact, table = MODELS["contacts"], MODELS["contacts"]._meta.db_table
    (last,) = _one(f"SELECT COALESCE(MAX(id), 0) FROM {table}", [])
    new = {column.name: _value(column, "new") for column in COLUMNS["contacts"]}
    account = MODELS["accounts"]._meta.db_table
    new["account"] = f"(SELECT r.id FROM {account} r WHERE r.code = s.new ->> 'account')"
    _insert(contact, new, told, "contacts")
    _run(
        # One join for all: looked up for each row, the people of one account would be gone through once for each of them.
        f"UPDATE {_ROWS} SET target = made.id FROM (SELECT MAX(c.id) AS id, r.code AS account, c.name AS name, c.code AS code "
        f"FROM {table} c JOIN {account} r ON r.id = c.account_id WHERE c.id > %s GROUP BY r.code, c.name, c.code) AS made "
        f"WHERE {_ROWS}.source_id = %s AND {_ROWS}.kind = 'contacts' AND {_ROWS}.state = 'new' "
        f"AND made.account = {_ROWS}.new ->> 'account' AND made.name = {_ROWS}.new ->> 'name' "
        f"AND made.code = COALESCE({_ROWS}.new ->> 'code', '')",
        [last, told.pk],
    )
    _update(contact, COLUMNS["contacts"], told, "contacts", ("changed",), "new", counted=False)
    _history(contact, told, ("contacts",), ("new",), "+", user_id, f"import {told.pk}")
    _history(contact, told, ("contacts",), ("changed",), "~", user_id, f"import {told.pk}")


def changed_since(told: FileImport, kind: str) -> list[str]:
    """Keys of rows whose records are no longer as this import left them."""
    model = MODELS["accounts" if kind == "groups" else kind]
    columns = COLUMNS["accounts" if kind == "groups" else kind]
    differs = " OR ".join(_differs(column, model, "a", "new") for column in columns)
    rows = _all(
        f"SELECT s.key FROM {_ROWS} s LEFT JOIN {model._meta.db_table} a ON a.id = s.target WHERE s.source_id = %s "
        f"AND s.kind = %s AND s.state IN ('new', 'changed') AND (a.id IS NULL OR {differs}) ORDER BY s.id",
        [told.pk, kind],
    )
    return [key for (key,) in rows]


def used_since(told: FileImport) -> list[str]:
    """Codes of accounts that this import made and that something refers to which it did not bring."""
    account = MODELS["accounts"]
    made = ImportRow.objects.filter(source=told, kind="accounts", state="new")
    ids = made.values("target")
    contacts = ImportRow.objects.filter(source=told, kind="contacts", state="new").values("target")
    used: set[int] = set()
    for relation in account._meta.related_objects:
        if not getattr(relation.field, "db_constraint", True) or _is_derived(relation.related_model):
            continue
        name = relation.field.name
        others = relation.related_model._base_manager.filter(**{f"{name}__in": ids})
        if relation.related_model is account:
            others = others.exclude(pk__in=ids)
            others = others.exclude(
                pk__in=ImportRow.objects.filter(
                    source=told, kind__in=("accounts", "groups"), state="changed"
                ).values("target")
            )
        if relation.related_model is MODELS["contacts"]:
            others = others.exclude(pk__in=contacts)
        used |= set(others.values_list(name, flat=True))
    return list(made.filter(target__in=used).values_list("key", flat=True)) if used else []


def _is_derived(model: type[models.Model]) -> bool:
    return model.__name__ in DERIVED or getattr(model, "stays_on_merge", False)


def take_back(told: FileImport, user_id: int) -> None:
    """What was before: changed fields as they were, made records gone. Nothing is checked here."""
    account, contact = MODELS["accounts"], MODELS["contacts"]
    reason = f"undo import {told.pk}"
    _update(contact, COLUMNS["contacts"], told, "contacts", ("changed",), "old", counted=False)
    _history(contact, told, ("contacts",), ("changed",), "~", user_id, reason)
    _update(account, COLUMNS["accounts"], told, "groups", ("changed",), "old", counted=True)
    _update(account, COLUMNS["accounts"], told, "accounts", ("changed",), "old", counted=True)
    _history(account, told, ("accounts", "groups"), ("changed",), "~", user_id, reason)
    _history(contact, told, ("contacts",), ("new",), "-", user_id, reason)
    made = f"(SELECT target FROM {_ROWS} WHERE source_id = %s AND kind = %s AND state = 'new')"
    for model, kind in ((contact, "contacts"), (account, "accounts")):
        for relation in model._meta.related_objects:
            if _is_derived(relation.related_model):
                table, column = relation.related_model._meta.db_table, relation.field.column
                _run(f"DELETE FROM {table} WHERE {column} IN {made}", [told.pk, kind])
    _run(f"DELETE FROM {contact._meta.db_table} WHERE id IN {made}", [told.pk, "contacts"])
    _history(account, told, ("accounts",), ("new",), "-", user_id, reason)
    _run(f"UPDATE {account._meta.db_table} SET parent_id = NULL WHERE id IN {made}", [told.pk, "accounts"])
    _run(f"DELETE FROM {account._meta.db_table} WHERE id IN {made}", [told.pk, "accounts"])


def _insert(model: type[models.Model], values: dict[str, str], told: FileImport, kind: str) -> None:
    """One record for each new row; fields that an import knows nothing of take their presets."""
    columns: list[str] = []
    expressions: list[str] = []
    parameters: list[Any] = []
    for one in model._meta.concrete_fields:
        if one.primary_key:
            continue
        columns.append(str(one.column))
        if one.name in values:
            expressions.append(values[one.name])
        else:
            expressions.append("%s")
            parameters.append(one.get_db_prep_save(one.get_default(), connection))
    _run(
        f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) SELECT {', '.join(expressions)} FROM {_ROWS} s "
        "WHERE s.source_id = %s AND s.kind = %s AND s.state = 'new' ORDER BY s.id",
        [*parameters, told.pk, kind],
    )


def _update(
    model: type[models.Model],
    columns: Sequence[Column],
    told: FileImport,
    kind: str,
    states: Sequence[str],
    side: str,
    *,
    counted: bool,
) -> None:
    """Give records the values of one side of their rows. `counted`: a change of its own, in the record's version."""
    sets = [
        f"{_of(column, model).column} = CASE WHEN (s.{side} -> '{column.name}') IS NULL THEN a.{_of(column, model).column} "
        f"ELSE {_value(column, side)} END"
        for column in columns
    ]
    if counted:
        sets += ["version = a.version + 1", f"updated_at = {_moment(timezone.now())}"]
    held = ", ".join(f"'{state}'" for state in states)
    some = " OR ".join(f"(s.{side} -> '{column.name}') IS NOT NULL" for column in columns)
    _run(
        f"UPDATE {model._meta.db_table} AS a SET {', '.join(sets)} FROM {_ROWS} AS s WHERE s.source_id = %s "
        f"AND s.kind = %s AND s.state IN ({held}) AND s.target = a.id AND ({some})",
        [told.pk, kind],
    )


def _history(
    model: type[models.Model],
    told: FileImport,
    kinds: Sequence[str],
    states: Sequence[str],
    sign: str,
    user_id: int,
    reason: str,
) -> None:
    history = model.history.model  # type: ignore[attr-defined]  # added by simple_history
    columns = [one.column for one in history.tracked_fields]
    ours = ", ".join(f"'{one}'" for one in kinds)
    held = ", ".join(f"'{one}'" for one in states)
    _run(
        f"INSERT INTO {history._meta.db_table} ({', '.join(columns)}, history_date, history_change_reason, history_type, "
        f"history_user_id) SELECT {', '.join('a.' + one for one in columns)}, {_moment(timezone.now())}, %s, %s, %s "
        f"FROM {model._meta.db_table} a WHERE a.id IN (SELECT target FROM {_ROWS} WHERE source_id = %s "
        f"AND kind IN ({ours}) AND state IN ({held})) ORDER BY a.id",
        [reason, sign, user_id, told.pk],
    )


def _of(column: Column, model: type[models.Model]) -> Any:
    return model._meta.get_field(column.name)


def _value(column: Column, side: str) -> str:
    """What a row's side says of a field, as the field keeps it."""
    if column.refers_to is None:
        return f"COALESCE(s.{side} ->> '{column.name}', '')"
    table = column.refers_to._meta.db_table
    return f"(SELECT r.id FROM {table} r WHERE r.{column.by} = s.{side} ->> '{column.name}')"


def _differs(column: Column, model: type[models.Model], alias: str, side: str, rows: str = "s") -> str:
    """Whether a field is not what a row's side says; never, where that says nothing of it."""
    own = f"{alias}.{_of(column, model).column}"
    if column.refers_to is not None:
        own = f"COALESCE((SELECT r.{column.by} FROM {column.refers_to._meta.db_table} r WHERE r.id = {own}), '')"
    return f"(({rows}.{side} -> '{column.name}') IS NOT NULL AND {own} <> COALESCE({rows}.{side} ->> '{column.name}', ''))"


def _moment(at: Any) -> str:
    """A moment as a literal, since it is the same in every row."""
    told = at.astimezone(timezone.get_fixed_timezone(0)).strftime("%Y-%m-%d %H:%M:%S.%f")
    return f"'{told}'" if connection.vendor == "sqlite" else f"TIMESTAMPTZ '{told}+00'"


def _run(sql: str, parameters: Iterable[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return int(cursor.rowcount)


def _one(sql: str, parameters: Iterable[Any]) -> Any:
    return _all(sql, parameters)[0]


def _all(sql: str, parameters: Iterable[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return list(cursor.fetchall())
