"""Where do the files at accounts lie, and how do they come and go?

Content lies in the data folder under its SHA-256, outside of what a web server hands out, once however often it is attached.
Removed files can be brought back for some time; then a job removes the content, too.
"""

import datetime as dt
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile

import filelock
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from keyaccount_web.access.models import User
from keyaccount_web.access.scope import of_visible
from keyaccount_web.company.presets import setting
from keyaccount_web.know.models import Account
from keyaccount_web.work.about import Subject
from keyaccount_web.work.file_kinds import AttachmentError, kind_of, safe_name
from keyaccount_web.work.models import Attachment


def attach(by: User, about: Subject, name: str, chunks: Iterable[bytes]) -> Attachment:
    """Check a file and keep it.

    Raises AttachmentError `attachment.too_large`, and those of `kind_of`.
    """
    megabytes = setting("file.most_megabytes")
    with SpooledTemporaryFile(max_size=4 << 20) as stream:
        size, digest = 0, hashlib.sha256()
        for chunk in chunks:
            size += len(chunk)
            if size > megabytes << 20:
                raise AttachmentError("attachment.too_large", megabytes=megabytes)
            digest.update(chunk)
            stream.write(chunk)
        kind = kind_of(stream)
        sha256 = digest.hexdigest()
        # The lock: no purge takes the content away between its being there and the record that needs it.
        with _store_lock(), transaction.atomic():
            path = path_of(sha256)
            if not path.exists():
                stream.seek(0)
                _write(path, iter(lambda: stream.read(1 << 20), b""))
            return Attachment.objects.create(
                name=safe_name(name, kind),
                kind=kind,
                size=size,
                sha256=sha256,
                added_by=by,
                created_at=timezone.now(),
                **about.fields,
            )


def attachments_seen_by(user: User) -> QuerySet[Attachment]:
    """All files, removed ones too, at accounts that `user` may see."""
    return of_visible(Attachment.objects.all(), user).select_related("account", "added_by", "removed_by")


def total_size(account: Account) -> int:
    """Bytes of the files at an account, without removed ones."""
    total = Attachment.objects.filter(account=account, removed_at=None).aggregate(sum=Sum("size"))["sum"]
    return total or 0


def remove(attachment: Attachment, by: User) -> None:
    """Out of sight, and to be brought back for a while."""
    attachment.removed_at, attachment.removed_by = timezone.now(), by
    attachment.save(update_fields=["removed_at", "removed_by"])


def bring_back(attachment: Attachment) -> None:
    attachment.removed_at = attachment.removed_by = None
    attachment.save(update_fields=["removed_at", "removed_by"])


def purge(now: dt.datetime | None = None) -> int:
    """Remove for good what was removed long enough ago. Gives how many files."""
    before = (now or timezone.now()) - dt.timedelta(days=setting("file.keep_days"))
    old = list(Attachment.objects.filter(removed_at__lt=before)[:1000])
    with _store_lock():
        with transaction.atomic():
            Attachment.objects.filter(pk__in=[one.pk for one in old]).delete()
        for sha256 in {one.sha256 for one in old}:
            if not Attachment.objects.filter(sha256=sha256).exists():
                path_of(sha256).unlink(missing_ok=True)
    return len(old)


def path_of(sha256: str) -> Path:
    """Where content lies."""
    return Path(settings.HOME) / "files" / sha256[:2] / sha256


def _write(path: Path, chunks: Iterator[bytes]) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("wb") as target:
            for chunk in chunks:
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _store_lock() -> Iterator[None]:
    folder = Path(settings.HOME) / "files"
    folder.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder / "write.lock", is_singleton=False):
        yield
