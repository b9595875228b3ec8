"""What happens to an import: brought, read as somebody says, checked, taken in, taken back, thrown away."""

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Count, F
from django.dispatch import Signal
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount.know.workbook.check import guess_columns
from keyaccount.know.workbook.fields import KINDS, kind_of
from keyaccount.know.workbook.sheets import read_book
from keyaccount.ledger.mapping import LEDGER, candidates
from keyaccount.ledger.peek import peek
from keyaccount_web.access.models import Post, User
from keyaccount_web.imports import switch
from keyaccount_web.imports.models import ColumnProfile, FileImport, ImportRow
from keyaccount_web.imports.sheets.writing import changed_since, take_back
from keyaccount_web.operate.queue import enqueue_with_records

rows_taken_in = Signal()
"""Sent some time after an import of records, for a part of them at a time: records (each with the values that the file gave
it), user."""
SAMPLES = 3
STALLED = dt.timedelta(seconds=60)
"""Work that has given no sign of life for so long is dead."""
LEDGER_SHEET = "ledger"
LEAVE_OUT = ""


class FileImportError(KeyAccountError):
    """An import cannot go on as asked."""


class UndoError(KeyAccountError):
    """Something stands on an import that is to be taken back."""


def folder(told: FileImport) -> Path:
    """Where its file and the refused rows lie, out of reach of the web."""
    return Path(settings.HOME) / "imports" / str(told.pk)


def file_of(told: FileImport) -> Path:
    return folder(told) / "file"


def refused_file(told: FileImport) -> Path:
    return folder(told) / "refused.xlsx"


def bring(kind: str, upload: UploadedFile[Any], user: User) -> FileImport:
    """Keep an uploaded file and look into it.

    Raises FileError, BookError where it holds no table; nothing is kept then.
    """
    digest = hashlib.sha256()
    name = Path(upload.name or "file").name[-255:]
    told = FileImport(kind=kind, by=user, file_name=name, size=upload.size or 0)
    with transaction.atomic():
        told.save()
    try:
        folder(told).mkdir(parents=True, exist_ok=True)
        with file_of(told).open("wb") as stream:
            for chunk in upload.chunks():
                digest.update(chunk)
                stream.write(chunk)
        told.sha256 = digest.hexdigest()
        told.choices = {"sheets": _look(told)}
        told.save(update_fields=["sha256", "choices"])
    except BaseException:
        shutil.rmtree(folder(told), ignore_errors=True)
        told.delete()
        raise
    return told


def _look(told: FileImport) -> list[dict[str, Any]]:
    """The sheets with their columns, some rows, and how they are read by what is known or guessed."""
    found = []
    if told.kind == FileImport.Kind.LEDGER:
        for table in peek(file_of(told), name=told.file_name, rows=SAMPLES):
            sheet: dict[str, Any] = {
                "name": table.sheet or told.file_name,
                "columns": list(table.columns),
                "samples": table.samples,
            }
            found.append({**sheet, "rows": table.rows, **_ledger_guess(table.columns)})
        return found
    book = read_book(file_of(told), name=told.file_name)
    for one in book.sheets:
        at = [one.columns.index(column) for column in one.own_columns]
        samples = [[row[place] or "" for place in at] for row in one.rows[:SAMPLES]]
        sheet = {
            "name": one.name,
            "columns": list(one.own_columns),
            "samples": samples,
            "rows": len(one.rows),
        }
        kind = None if one.is_hidden else kind_of(one.name, one.own_columns)
        found.append(
            {
                **sheet,
                "is_hidden": one.is_hidden,
                "kind": kind or LEAVE_OUT,
                **record_guess(kind, one.own_columns),
            }
        )
    return found


def record_guess(kind: str | None, columns: Iterable[str]) -> dict[str, Any]:
    """Field → column by a profile, else by the names; and what must be asked."""
    columns = list(columns)
    if not kind:
        return {"mapping": {}, "questions": {}}
    profile = ColumnProfile.objects.filter(what=kind, header=header_key(columns)).first()
    if profile is not None:
        return {"mapping": profile.columns, "questions": {}, "from_profile": True}
    mapping, questions = guess_columns(KINDS[kind], columns)
    return {"mapping": mapping, "questions": {name: list(found) for name, found in questions.items()}}


def _ledger_guess(columns: tuple[str, ...]) -> dict[str, Any]:
    profile = ColumnProfile.objects.filter(what=LEDGER_SHEET, header=header_key(columns)).first()
    if profile is not None:
        return {"kind": LEDGER_SHEET, "mapping": profile.columns, "questions": {}, "from_profile": True}
    mapping: dict[str, str] = {}
    questions: dict[str, list[str]] = {}
    for field in LEDGER.fields:
        found = [one for one in candidates(columns, field) if one not in mapping.values()]
        if len(found) == 1:
            mapping[field.name] = found[0]
        elif found:
            questions[field.name] = found
    return {"kind": LEDGER_SHEET, "mapping": mapping, "questions": questions}


def header_key(columns: Iterable[str]) -> str:
    """By which a header is known again."""
    return hashlib.sha256(json.dumps(list(columns), ensure_ascii=False).encode()).hexdigest()


def choose(told: FileImport, sheets: list[dict[str, Any]], options: Mapping[str, Any]) -> None:
    """Keep how the file is to be read, and remember it for the next with this header."""
    with transaction.atomic():
        told.choices = {**options, "sheets": sheets}
        told.report = told.error = None
        told.state = FileImport.State.UPLOADED
        told.save(update_fields=["choices", "report", "error", "state"])
        for sheet in sheets:
            if sheet["kind"] != LEAVE_OUT:
                ColumnProfile.objects.update_or_create(
                    what=sheet["kind"],
                    header=header_key(sheet["columns"]),
                    defaults={"columns": sheet["mapping"]},
                )


def begin(told: FileImport, state: FileImport.State) -> FileImport:
    """Start the check or the import; an earlier one that still runs comes to nothing."""
    from keyaccount_web.imports.tasks import check_file, import_file

    task = check_file if state == FileImport.State.CHECKING else import_file
    with transaction.atomic():
        FileImport.objects.filter(pk=told.pk).update(
            state=state, attempt=F("attempt") + 1, progress=0, step="", heard_at=timezone.now(), error=None
        )
        told.refresh_from_db()
        enqueue_with_records(task, told.pk, told.attempt)
    return told


def is_stalled(told: FileImport) -> bool:
    """Whether the work on it seems to have died."""
    working = told.state in (FileImport.State.CHECKING, FileImport.State.IMPORTING)
    return working and (told.heard_at is None or timezone.now() - told.heard_at > STALLED)


def discard(told: FileImport) -> None:
    """Throw away what has not come in: the file and the staged rows."""
    FileImport.objects.filter(pk=told.pk).exclude(state=FileImport.State.DONE).update(
        state=FileImport.State.DISCARDED, attempt=F("attempt") + 1
    )
    told.refresh_from_db()
    if told.state == FileImport.State.DISCARDED:
        forget(told)


def forget(told: FileImport) -> None:
    """Remove the file, the refused rows and what undoing needs."""
    shutil.rmtree(folder(told), ignore_errors=True)
    delete_rows(told)


def delete_rows(told: FileImport) -> None:
    """In short steps."""
    while ids := list(ImportRow.objects.filter(source=told).values_list("pk", flat=True)[:1000]):
        ImportRow.objects.filter(pk__in=ids).delete()


def counts(told: FileImport) -> dict[str, dict[str, int]]:
    """Kind → state → rows; `all` sums the kinds up."""
    found: dict[str, dict[str, int]] = {}
    for row in (
        ImportRow.objects.filter(source=told).values("kind", "state").annotate(n=Count("pk")).order_by()
    ):
        for kind in (row["kind"], "all"):
            of_kind = found.setdefault(kind, dict.fromkeys(ImportRow.State.values, 0))
            of_kind[row["state"]] += row["n"]
    return found


def undo(told: FileImport, user: User) -> None:
    """Restore what was before an import of records, in one transaction.

    Raises UndoError `undo.changed`, naming what others have changed or used since; `undo.not_done`.
    """
    from keyaccount_web.imports.tasks import refresh_found

    with transaction.atomic():
        locked = FileImport.objects.select_for_update().get(pk=told.pk)
        if locked.state != FileImport.State.DONE or not locked.rows.exists():
            raise UndoError("undo.not_done", file=told.file_name)
        names = [
            key for kind in ("accounts", "groups", "contacts") for key in switch.changed_since(told, kind)
        ]
        names += _staff_changed(told)
        late = changed_since(told)
        # What hangs on accounts and came with them goes first, so that what is left was somebody else's.
        names += late or [*take_back(told, user), *switch.used_since(told)]
        if not names:
            switch.take_back(told, user.pk)
            names = _staff_used(told)
        if names:
            # Whatever was taken back by now is put in again with the transaction.
            raise UndoError("undo.changed", file=told.file_name, names=list(dict.fromkeys(names)))
        _staff_back(told)
        locked.state, locked.undone_at = FileImport.State.UNDONE, timezone.now()
        locked.save(update_fields=["state", "undone_at"])
        enqueue_with_records(refresh_found, told.pk)
    told.refresh_from_db()


def _staff_changed(told: FileImport) -> list[str]:
    changed = []
    for row in ImportRow.objects.filter(source=told, kind="staff", state__in=("new", "changed")):
        user = User.objects.filter(pk=row.target).first()
        names = [name for name in ("username", "staff_number", "name", "email") if name in (row.new or {})]
        if user is None or any(getattr(user, name) != row.new[name] for name in names):
            changed.append(row.key)
    return changed


def _staff_used(told: FileImport) -> list[str]:
    """New colleagues who have been here since, or whom something refers to that this import did not bring."""
    made = ImportRow.objects.filter(source=told, kind="staff", state="new")
    users = {user.pk: user for user in User.objects.filter(pk__in=made.values("target"))}
    return [row.key for row in made if users[row.target].last_login or _is_referred_to(users[row.target])]


def _is_referred_to(user: User) -> bool:
    """By anything but the posts that came with it."""
    if user.posts.count() > 1:
        return True
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: user}).exists()
        for relation in User._meta.related_objects
        if relation.related_model is not Post and _is_enforced(relation)
    )


def _is_enforced(relation: Any) -> bool:
    """Not so with entries of the history, which outlive what they tell of."""
    return bool(getattr(relation.field, "db_constraint", True))


def _staff_back(told: FileImport) -> None:
    for row in ImportRow.objects.filter(source=told, kind="staff", state__in=("new", "changed")):
        user = User.objects.get(pk=row.target)
        if row.new.get("post_id"):
            Post.objects.filter(pk=row.new["post_id"]).delete()
        if row.state == ImportRow.State.NEW:
            user.delete()
            continue
        for name, value in (row.old or {}).items():
            if name != "post":
                setattr(user, name, value)
        user.save()


def earlier(told: FileImport) -> FileImport | None:
    """An import of the very same file that came in, and still stands."""
    same = FileImport.objects.filter(
        kind=told.kind, sha256=told.sha256, state=FileImport.State.DONE, by=told.by
    )
    return same.exclude(pk=told.pk).first()


def leave_out(told: FileImport, codes: Iterable[str]) -> None:
    """New accounts that are there already, as somebody has seen: refused, to be mended or forgotten."""
    rows = ImportRow.objects.filter(
        source=told, kind="accounts", state="new", key__in=list(codes), alike__isnull=False
    )
    rows.update(state=ImportRow.State.REFUSED, problems=[{"code": "row.left_out", "values": {}}])


def ledger_undone(number: int) -> None:
    """The files that brought an import of the ledger are undone with it."""
    for told in FileImport.objects.filter(kind=FileImport.Kind.LEDGER, state=FileImport.State.DONE):
        if (told.report or {}).get("imports") == [number]:
            told.state, told.undone_at = FileImport.State.UNDONE, timezone.now()
            told.save(update_fields=["state", "undone_at"])
