"""What do the workers do with an import? Check it, take it in."""

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import task

from keyaccount.errors import KeyAccountError
from keyaccount.know.workbook.check import Chosen, RecordRow, check_records, choice_words, reason_text
from keyaccount.know.workbook.files import write_refused_book
from keyaccount.know.workbook.sheets import Book, read_book
from keyaccount.language import knows
from keyaccount.ledger.check import Problem
from keyaccount_web.access.models import OrgUnit, User
from keyaccount_web.access.roles import Role
from keyaccount_web.access.scope import forget_posts, sees_all, visible_accounts
from keyaccount_web.access.services import add_user, give_post
from keyaccount_web.api.events import tell
from keyaccount_web.imports import services, switch
from keyaccount_web.imports.compare import Judged, find_alike, judge
from keyaccount_web.imports.models import FileImport, ImportRow
from keyaccount_web.imports.services import FileImportError
from keyaccount_web.imports.sheets.judging import shown_key
from keyaccount_web.imports.sheets.registry import SHEETS, all_words
from keyaccount_web.imports.sheets.writing import refresh_sheets, write_sheets
from keyaccount_web.imports.sources import in_parts
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.operate.disk import in_words
from keyaccount_web.operate.lost import when_given_up
from keyaccount_web.operate.queue import enqueue_with_records
from keyaccount_web.search.registry import SEARCHABLE
from keyaccount_web.search.services import forget, refresh_search

BATCH = 1000
BEAT_SECONDS = 15
State = FileImport.State


class SupersededError(Exception):
    """Somebody began it anew, or threw it away."""


@task()
def check_file(pk: int, attempt: int) -> None:
    """Judge every row of a file, before anything is written to records or ledger."""
    told = FileImport.objects.select_related("by").get(pk=pk)
    with _at_work(told, attempt, back_to=State.UPLOADED):
        say(told, attempt, 1, "imports.step.read")
        if told.kind == FileImport.Kind.LEDGER:
            from keyaccount_web.imports.ledger import check_ledger

            report = check_ledger(told, lambda percent, step: say(told, attempt, percent, step))
        else:
            report = _check_records(told, attempt)
        _finish(told, attempt, State.CHECKED, report=report)


@task()
def import_file(pk: int, attempt: int) -> None:
    """Take in the good rows of a file that has been checked."""
    told = FileImport.objects.select_related("by").get(pk=pk)
    with _at_work(told, attempt, back_to=State.CHECKED):
        say(told, attempt, 1, "imports.step.read")
        if told.kind == FileImport.Kind.LEDGER:
            from keyaccount_web.imports.ledger import take_in_ledger

            report = take_in_ledger(told, lambda percent, step: say(told, attempt, percent, step))
            with transaction.atomic():
                if _finish(told, attempt, State.DONE, report=report, done_at=timezone.now()):
                    _tell_done(told)
        else:
            _take_in(told, attempt)


@task()
def refresh_found(pk: int) -> None:
    """Let the search know what an import, or its undoing, has written: SQL sends no signals."""
    rows = ImportRow.objects.filter(source=pk, state__in=("new", "changed"))
    accounts = rows.filter(kind__in=("accounts", "groups")).values("target")
    contacts = rows.filter(kind="contacts").values("target")
    touched = Account.objects.filter(
        Q(pk__in=accounts) | Q(pk__in=Contact.objects.filter(pk__in=contacts).values("account"))
    )
    refresh_search(touched)
    for kind, model, ids in (("account", Account, accounts), ("contact", Contact, contacts)):
        there = set(model._default_manager.filter(pk__in=ids).values_list("pk", flat=True))
        gone = [one for one in ids.values_list("target", flat=True) if one is not None and one not in there]
        for part in in_parts(gone):
            forget(SEARCHABLE[kind], part)
    told = FileImport.objects.select_related("by").get(pk=pk)
    refresh_sheets(told)
    if told.state == State.DONE:
        _tell_taken_in(told)


def _tell_taken_in(told: FileImport) -> None:
    """Records and what came of the file, to whoever asks for them, in parts: pages can write in between."""
    for kind, model in (("accounts", Account), ("contacts", Contact)):
        rows = ImportRow.objects.filter(source=told, kind=kind, state__in=("new", "changed"))
        for part in in_parts(rows.values_list("target", "new").iterator()):
            values = dict(part)
            records = model._default_manager.filter(pk__in=values)
            services.rows_taken_in.send(
                model, records=[(record, values[record.pk]) for record in records], user=told.by
            )


@task()
def clear_imports() -> None:
    """Remove files whose time is over: imported ones after some weeks, others after one."""
    now = timezone.now()
    old = FileImport.objects.filter(created_at__lt=now - dt.timedelta(days=settings.IMPORT_DAYS))
    left = FileImport.objects.filter(created_at__lt=now - dt.timedelta(days=7), done_at=None)
    for told in (*old, *left):
        if told.state != State.DISCARDED or services.folder(told).exists():
            services.forget(told)
            if told.done_at is None:
                FileImport.objects.filter(pk=told.pk).update(state=State.DISCARDED)


def say(told: FileImport, attempt: int, percent: int, step: str) -> None:
    """A sign of life. Raises SupersededError where the work is no longer wanted."""
    mine = FileImport.objects.filter(pk=told.pk, attempt=attempt)
    if not mine.update(progress=percent, step=step, heard_at=timezone.now()):
        raise SupersededError


@contextmanager
def _at_work(told: FileImport, attempt: int, *, back_to: State) -> Iterator[None]:
    """What goes wrong is told, and the import stands where it stood before."""
    done = threading.Event()
    beat = threading.Thread(target=_beat, args=(told.pk, attempt, done), daemon=True)
    beat.start()
    try:
        yield
    except SupersededError:
        return
    except Exception as error:
        known = (
            error
            if isinstance(error, KeyAccountError)
            else in_words(error) or FileImportError("imports.broken", error=type(error).__name__)
        )
        _back(told.pk, attempt, back_to, known)
        if known is not error:
            raise
    finally:
        done.set()


def _back(pk: int, attempt: int, state: State, error: KeyAccountError) -> None:
    FileImport.objects.filter(pk=pk, attempt=attempt).update(
        state=state, error={"zh": error.text("zh"), "en": error.text("en")}, step=""
    )


when_given_up(check_file, lambda error, pk, attempt: _back(pk, attempt, State.UPLOADED, error))
when_given_up(import_file, lambda error, pk, attempt: _back(pk, attempt, State.CHECKED, error))


def _beat(pk: int, attempt: int, done: threading.Event) -> None:
    """Signs of life while a long step says nothing by itself."""
    while not done.wait(BEAT_SECONDS):
        try:
            FileImport.objects.filter(pk=pk, attempt=attempt).update(heard_at=timezone.now())
        except OperationalError:
            continue  # somebody writes just now; the next beat will do
        finally:
            connection.close()


def _finish(told: FileImport, attempt: int, state: State, **changes: Any) -> int:
    """0: somebody began it anew, or threw it away."""
    return FileImport.objects.filter(pk=told.pk, attempt=attempt).update(
        state=state, progress=100, step="", heard_at=timezone.now(), **changes
    )


def _check_records(told: FileImport, attempt: int) -> dict[str, Any]:
    services.delete_rows(told)
    book = read_book(services.file_of(told), name=told.file_name)
    say(told, attempt, 20, "imports.step.check")
    chosen = _chosen(told, book)
    records = check_records(chosen, choices=_choices())
    say(told, attempt, 35, "imports.step.compare")
    titles = {(one.kind, one.sheet.name): one.columns for one in chosen}
    judged = judge(told.by, records, titles, erase=bool(told.choices.get("erase")))
    say(told, attempt, 50, "imports.step.alike")
    find_alike(told.by, judged)
    say(told, attempt, 65, "imports.step.stage")
    _stage(told, attempt, judged)
    _write_refused(told, book)
    return {
        "counts": services.counts(told),
        "rows": len(judged) + records.examples,
        "examples": records.examples,
        "alike": sum(bool(one.alike) for one in judged if one.state == "new"),
    }


def _choices() -> dict[str, dict[str, str]]:
    """Field → simplified word → value, of every field that takes one of some words."""
    found = {name: choice_words(words) for name, words in all_words().items()}
    return {"role": choice_words({role: f"role.{role}" for role in Role}), **found}


def _chosen(told: FileImport, book: Book) -> list[Chosen]:
    sheets = {one.name: one for one in book.sheets}
    return [
        Chosen(sheets[one["name"]], one["kind"], one["mapping"])
        for one in told.choices["sheets"]
        if one["kind"] and one["name"] in sheets
    ]


def _stage(told: FileImport, attempt: int, judged: list[Judged]) -> None:
    for at in range(0, len(judged), BATCH):
        part = judged[at : at + BATCH]
        ImportRow.objects.bulk_create([_row(told, one) for one in part])
        say(told, attempt, 65 + 30 * at // max(1, len(judged)), "imports.step.stage")


def _row(told: FileImport, one: Judged) -> ImportRow:
    is_written = one.state in (ImportRow.State.NEW, ImportRow.State.CHANGED) and not one.is_refused
    return ImportRow(
        source=told,
        kind=one.row.kind,
        sheet=one.row.sheet[:100],
        row=one.row.row,
        key=_key(one.row, told.by.lang)[:300],
        state=ImportRow.State.REFUSED if one.is_refused else one.state,
        target=one.target if is_written else None,
        old=one.old if is_written and one.state == ImportRow.State.CHANGED else None,
        new=one.new if is_written else None,
        problems=[{"code": each.code, "values": dict(each.values)} for each in one.row.problems] or None,
        alike=one.alike or None,
    )


def _key(row: RecordRow, lang: str) -> str:
    """What a row is known by, as people read it; of accounts and staff the code alone, by which it is written."""
    if row.key and row.kind in SHEETS:
        return shown_key(SHEETS[row.kind], row.key, lang)
    return " + ".join(row.key)


def _write_refused(told: FileImport, book: Book | None = None) -> None:
    """The rows to mend, in the language of who brought them."""
    refused: dict[str, dict[int, str]] = {}
    for row in ImportRow.objects.filter(source=told, state=ImportRow.State.REFUSED):
        refused.setdefault(row.sheet, {})[row.row] = row_reason(row, told.by.lang)
    services.refused_file(told).unlink(missing_ok=True)
    if refused:
        book = book or read_book(services.file_of(told), name=told.file_name)
        sheets = [(one, refused[one.name[:100]]) for one in book.sheets if one.name[:100] in refused]
        write_refused_book(services.refused_file(told), sheets, told.by.lang)


def row_reason(row: ImportRow, lang: str) -> str:
    """Why a row is refused."""
    problems = [
        Problem(None, None, one["code"], one["values"]) for one in row.problems or () if knows(one["code"])
    ]
    return reason_text(problems, lang)


def _take_in(told: FileImport, attempt: int) -> None:
    say(told, attempt, 20, "imports.step.switch")
    user = told.by
    forget_posts(user)
    with transaction.atomic():
        # Whoever else began it anew waits here, and finds it done.
        mine = (
            FileImport.objects.select_for_update()
            .filter(pk=told.pk, attempt=attempt, state=State.IMPORTING)
            .first()
        )
        if mine is None:
            raise SupersededError
        _refuse_out_of_sight(told, user)
        outdated = sum(switch.refuse_outdated(told, kind) for kind in ("accounts", "contacts"))
        outdated += _refuse_orphans(told)
        left_out = ImportRow.objects.filter(source=told, problems__0__code="row.left_out").exists()
        _write_staff(told)
        switch.write_accounts(told, user.pk)
        switch.write_contacts(told, user.pk)
        outdated += write_sheets(told, user)
        report = {**(told.report or {}), "counts": services.counts(told), "outdated": outdated}
        mine.state, mine.report, mine.done_at = State.DONE, report, timezone.now()
        mine.progress, mine.step, mine.heard_at = 100, "", timezone.now()
        mine.save()
        _tell_done(told)
        enqueue_with_records(refresh_found, told.pk)
    if outdated or left_out:
        _write_refused(told)


def _tell_done(told: FileImport) -> None:
    tell("import.done", {"import": {"id": told.pk, "kind": told.kind, "by": told.by.username}})


def _refuse_out_of_sight(told: FileImport, user: User) -> None:
    """Accounts that the user could see at the check, and cannot any more."""
    if sees_all(user):
        return
    rows = ImportRow.objects.filter(source=told, kind__in=("accounts", "groups"), state="changed")
    rows.exclude(target__in=visible_accounts(user).values("pk")).update(
        state="refused", problems=[{"code": "row.outdated", "values": {}}]
    )


def _refuse_orphans(told: FileImport) -> int:
    """Rows that hang on one that was refused at the last moment."""
    late = ("row.outdated", "row.left_out")
    gone = {
        row.key
        for row in ImportRow.objects.filter(source=told, kind="accounts", state="refused").iterator()
        if row.problems and row.problems[0]["code"] in late
    }
    gone -= set(Account.objects.filter(code__in=list(gone)[:900]).values_list("code", flat=True))
    count = 0
    for row in ImportRow.objects.filter(source=told, state__in=("new", "changed")).iterator() if gone else ():
        if {row.new.get("parent"), row.new.get("account"), row.key if row.kind == "groups" else None} & gone:
            count += ImportRow.objects.filter(pk=row.pk).update(
                state="refused", problems=[{"code": "row.outdated", "values": {}}]
            )
    return count


def _write_staff(told: FileImport) -> None:
    """Few enough to be written one by one, by the services that pages use."""
    units = {unit.code: unit for unit in OrgUnit.objects.all()}
    for row in ImportRow.objects.filter(source=told, kind="staff", state__in=("new", "changed")):
        values = dict(row.new)
        since = dt.date.fromisoformat(values["since"]) if values.get("since") else None
        if row.state == ImportRow.State.NEW:
            user = add_user(
                values["username"],
                values["name"],
                email=values.get("email", ""),
                role=Role(values["role"]),
                unit=units[values["unit"]],
                since=since,
            )
            if values.get("staff_number"):
                user.staff_number = values["staff_number"]
                user.save(update_fields=["staff_number"])
            values["post_id"] = user.posts.get().pk
        else:
            user = User.objects.get(pk=row.target)
            for name in ("staff_number", "name", "email"):
                if name in values:
                    setattr(user, name, values[name])
            user.save()
            if "post" in values:
                role, unit = values["post"].split(" ", 1)
                values["post_id"] = give_post(user, Role(role), units[unit], since=since).pk
        ImportRow.objects.filter(pk=row.pk).update(target=user.pk, new=values)
