"""How do the rows of further sheets become records, and how are they taken back? Within the transaction of the whole import.

What a record was and became is kept with its row, so that taking back needs nothing from the chapters.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.models import User
from keyaccount_web.imports.models import FileImport, ImportRow
from keyaccount_web.imports.sheets.hanging import take_off, used_by_people
from keyaccount_web.imports.sheets.judging import current_records, key_of, reason_of
from keyaccount_web.imports.sheets.links import Links, resolve
from keyaccount_web.imports.sheets.registry import SHEETS, Given, Sheet, sheets, typed
from keyaccount_web.imports.sources import in_parts
from keyaccount_web.search.registry import SEARCHABLE
from keyaccount_web.search.services import refresh_kind

BATCH = 500
AFTER, BEFORE, BESIDE, ACCOUNT = "_after", "_before", "_beside", "_account"
"""Names beside the fields' in what a row keeps."""
Written = tuple[ImportRow, Given, dict[str, Any]]
_OUTDATED = [{"code": "row.outdated", "values": {}}]


def rows_of(told: FileImport, sheet: Sheet) -> Any:
    return ImportRow.objects.filter(source=told, kind=sheet.name, state__in=("new", "changed")).order_by("pk")


def is_own(name: str) -> bool:
    """Whether what a row keeps under a name is a field of its sheet."""
    return not name.startswith("_")


def write_sheets(told: FileImport, user: User) -> int:
    """Write every row that is to be written. Gives how many were refused at the last moment."""
    return sum(_write(told, sheet, user) for sheet in sheets())


def _write(told: FileImport, sheet: Sheet, user: User) -> int:
    rows = list(rows_of(told, sheet))
    if not rows:
        return 0
    if not sheet.may(user):
        return _refuse(rows)
    ids = [row.target for row in rows if row.state == "changed"]
    records: dict[int, Any] = {}
    for part in in_parts(ids):
        records |= sheet.model._default_manager.in_bulk(part)
    links = _links(sheet, user, rows, records)
    found = {row.pk: resolve(links, sheet, row.new, lambda *_: None)[1] for row in rows}
    there = set(current_records(user, sheet, [found[row.pk] for row in rows if row.state == "new"]))
    known: dict[Any, Any] = {}
    news: list[Written] = []
    changes: list[Written] = []
    refused = 0
    for row in rows:
        given = _given(sheet, user, row, records.get(row.target), found[row.pk], there)
        if given is None:
            refused += _refuse([row])
            continue
        given.known = known
        try:
            values = sheet.values(given)
        except KeyAccountError as error:
            problem = reason_of(error)
            refused += _refuse([row], [{"code": problem.pop("code"), "values": problem}])
            continue
        (news if given.record is None else changes).append((row, given, values))
    reason = f"import {told.pk}"
    for at in range(0, max(len(news), len(changes)), BATCH):
        _make(sheet, user, news[at : at + BATCH], reason)
        _change(sheet, user, changes[at : at + BATCH], reason)
    _keep([row for row, _, _ in (*news, *changes)])
    return refused


def _refuse(rows: Iterable[ImportRow], problems: Any = _OUTDATED) -> int:
    return sum(
        ImportRow.objects.filter(pk__in=part).update(state="refused", problems=problems, target=None)
        for part in in_parts(row.pk for row in rows)
    )


def _make(sheet: Sheet, user: User, news: list[Written], reason: str) -> None:
    if not news:
        return
    made = bulk_create_with_history(
        [sheet.model(**values) for _, _, values in news],
        sheet.model,
        default_user=user,
        default_change_reason=reason,
    )
    for (row, given, _), record in zip(news, made, strict=True):
        row.target = record.pk
        _put_many(sheet, record, given, row)
        people = {name: given[name] if row.new.get(name) else [] for name in sheet.many}
        row.new |= {AFTER: snapshot(sheet, record, people), ACCOUNT: _account_id(given, record)}
        _keep_beside(row, given)


def _change(sheet: Sheet, user: User, changes: list[Written], reason: str) -> None:
    if not changes:
        return
    for row, given, values in changes:
        record = given.record
        row.old |= {BEFORE: snapshot(sheet, record)}
        for name, value in values.items():
            setattr(record, name, value)
        if hasattr(record, "version"):
            record.version += 1
        row.new |= {ACCOUNT: _account_id(given, record)}
        _keep_beside(row, given)
    names = sorted({name for _, _, values in changes for name in values})
    names += ["version"] if hasattr(sheet.model, "version") else []
    bulk_update_with_history(
        [given.record for _, given, _ in changes],
        sheet.model,
        names,
        batch_size=BATCH,
        default_user=user,
        default_change_reason=reason,
    )
    for row, given, _ in changes:
        _put_many(sheet, given.record, given, row)
        row.new[AFTER] = snapshot(sheet, given.record)


def _keep(rows: Iterable[ImportRow]) -> None:
    """What rows have become, one statement for all of them: a bulk update would name every row in it."""
    fields: list[Any] = [ImportRow._meta.get_field(name) for name in ("target", "old", "new")]
    told = [
        (*(one.get_db_prep_save(getattr(row, one.attname), connection) for one in fields), row.pk)
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {ImportRow._meta.db_table} SET target = %s, old = %s, new = %s WHERE id = %s",  # noqa: S608 - our table's own name
            told,
        )


def _links(sheet: Sheet, user: User, rows: list[ImportRow], records: dict[int, Any]) -> Links:
    codes: set[str] = set()
    names: set[str] = set()
    for row in rows:
        for one in sheet.kind.fields:
            if one.refers_to in ("accounts", "staff") and row.new.get(one.name):
                (codes if one.refers_to == "accounts" else names).add(row.new[one.name])
    link = sheet.kind.link_to("accounts")
    if link is not None:
        for row in rows:
            if row.target in records:
                # A change says nothing of whose record it is.
                row.new[link.name] = sheet.texts(records[row.target])[0][link.name]
                codes.add(row.new[link.name])
    links = Links(user, codes, names)
    for one in sheet.kind.fields:
        if one.refers_to in SHEETS:
            links.load(one.refers_to, codes)
    return links


def _given(sheet: Sheet, user: User, row: ImportRow, record: Any, found: Any, there: Any) -> Given | None:
    """None: what it is about is not as it was at the check."""
    texts, links = ({}, {}) if record is None else sheet.texts(record)
    if row.state == "changed" and (
        record is None or any(texts.get(name, "") != was for name, was in row.old.items() if is_own(name))
    ):
        return None
    if row.state == "new" and key_of(sheet.kind, row.new) in there:
        return None
    wanted = [one.name for one in sheet.kind.fields if one.refers_to and row.new.get(one.name)]
    if any(name not in found for name in wanted):
        return None
    texts = {**texts, **{name: value for name, value in row.new.items() if is_own(name)}}
    erased = {one.name: None for one in sheet.kind.fields if one.refers_to and row.new.get(one.name) == ""}
    return Given(user, typed(sheet, texts, {**links, **erased, **found}), record)


def _put_many(sheet: Sheet, record: Any, given: Given, row: ImportRow) -> None:
    for name, many in sheet.many.items():
        if row.new.get(name):
            many.put(record, given[name], given.by)


def _keep_beside(row: ImportRow, given: Given) -> None:
    if given.beside:
        row.new[BESIDE] = [[one._meta.label, one.pk] for one in given.beside]


def _account_id(given: Given, record: Any) -> int | None:
    account = given.values.get("account") or getattr(record, "account", None)
    return account.pk if account is not None else None


@cache
def _tracked(model: type[Model]) -> list[Any]:
    """The fields that the history keeps."""
    history: Any = model.history.model  # type: ignore[attr-defined]  # added by simple_history
    return [one for one in history.tracked_fields if not one.primary_key]


def snapshot(sheet: Sheet, record: Any, people: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a record is, as far as its history keeps it. `people`: those it names, where they are known."""
    told: dict[str, Any] = {}
    for one in _tracked(sheet.model):
        value = one.value_from_object(record)
        if isinstance(value, dt.datetime):
            told[one.attname] = value.astimezone(dt.UTC).isoformat()
        else:
            told[one.attname] = None if value is None else one.value_to_string(record)
    for name, many in sheet.many.items():
        named = many.of(record) if people is None else people[name]
        told[f"_{name}"] = sorted(one.pk for one in named)
    return told


# --- back


def changed_since(told: FileImport) -> list[str]:
    """Keys of rows whose records are no longer as this import left them."""
    keys = []
    for sheet in sheets():
        rows = list(rows_of(told, sheet))
        for part in in_parts(rows):
            records = sheet.model._default_manager.in_bulk([row.target for row in part])
            keys += [
                row.key
                for row in part
                if row.target not in records
                or _without_version(snapshot(sheet, records[row.target])) != _without_version(row.new[AFTER])
            ]
    return keys


def _without_version(told: dict[str, Any]) -> dict[str, Any]:
    """Text for text; amounts as a database gives them may have more zeros than those just written."""
    return {
        name: _bare(value)
        for name, value in told.items()
        if name not in ("version", "recorded_at", "updated_at")
    }


def _bare(value: Any) -> Any:
    if isinstance(value, str) and "." in value and value.replace(".", "", 1).lstrip("-").isdigit():
        return value.rstrip("0").rstrip(".")
    return value


def take_back(told: FileImport, user: User) -> list[str]:
    """Changed records as they were, made ones gone; the last sheet first. Gives keys of those that something refers to, or that
    people have put something on, since."""
    used: list[str] = []
    reason = f"undo import {told.pk}"
    for sheet in reversed(sheets()):
        beside: list[tuple[str, int, str]] = []
        rows = list(rows_of(told, sheet))
        records: dict[int, Any] = {}
        for part in in_parts(row.target for row in rows):
            records |= sheet.model._default_manager.in_bulk(part)
        made_here = {row.target or 0: row.key for row in rows if row.state == "new"}
        held = used_by_people(sheet.model, made_here, user)
        used += [made_here[pk] for pk in held]
        take_off(sheet.model, made_here.keys() - held, user)
        for row in rows:
            record = records[row.target or 0]
            record._history_user, record._change_reason = user, reason
            beside += [(label, pk, row.key) for label, pk in row.new.get(BESIDE, [])]
            if row.state == "changed":
                _restore(sheet, record, row.old[BEFORE], user)
                continue
            for name, many in sheet.many.items():
                if row.new[AFTER][f"_{name}"]:
                    many.put(record, [], user)
            if is_referred_to(record):
                used.append(row.key)
            elif record.pk not in held:
                record.delete()
        for label, pk, key in beside:
            made = apps.get_model(label)._default_manager.filter(pk=pk).first()
            if made is None or is_referred_to(made):
                continue
            if used_by_people(type(made), [pk], user):
                used.append(key)
                continue
            take_off(type(made), [pk], user)
            made.delete()
    return used


def _restore(sheet: Sheet, record: Any, before: dict[str, Any], user: User) -> None:
    version = getattr(record, "version", None)
    for one in _tracked(sheet.model):
        if one.attname in before:
            value = before[one.attname]
            setattr(record, one.attname, None if value is None else one.to_python(value))
    if version is not None:
        record.version = version + 1
    record.save()
    for name, many in sheet.many.items():
        people = type(record)._meta.apps.get_model("know.Contact")._default_manager
        many.put(record, list(people.filter(pk__in=before[f"_{name}"])), user)


def is_referred_to(record: Model) -> bool:
    """By records of other work; entries of the history outlive what they tell of."""
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: record}).exists()
        for relation in type(record)._meta.related_objects
        if getattr(relation.field, "db_constraint", True)
    )


# --- afterwards


def refresh_sheets(told: FileImport) -> None:
    """Let the search and the chapters know what an import, or its undoing, has written."""
    for sheet in sheets():
        rows = list(rows_of(told, sheet).values_list("target", "new"))
        if not rows:
            continue
        for kind in SEARCHABLE.values():
            if kind.model is sheet.model:
                for part in in_parts([pk for pk, _ in rows]):
                    refresh_kind(kind, sheet.model._default_manager.filter(pk__in=part))
        sheet.after({new[ACCOUNT] for _, new in rows if new.get(ACCOUNT)})
