"""Can anybody have altered the log afterwards? Entries are sealed in order, each seal holds the hash of the one before.

Whoever can write to the database could make a whole new chain; so the last seal also goes to where the database is not: into a
file beside the data, the logs, and every backup.
"""

import datetime as dt
import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from keyaccount_web.audit.models import Entry, Seal
from keyaccount_web.operate.backup.make import ANCHORS

QUIET_SECONDS = 60
"""An entry is sealed once it is that old: one that began earlier may be written later."""
MOST_ENTRIES = 20_000
_FIELDS = (
    "id",
    "kind",
    "user_id",
    "user_name",
    "helper_id",
    "helper_name",
    "account_id",
    "view",
    "path",
    "method",
    "status",
    "address",
    "request_id",
    "detail",
)
_log = logging.getLogger("keyaccount.audit")


@dataclass
class Verdict:
    """What a look at the chain has found."""

    seals: int = 0
    entries: int = 0
    unsealed: int = 0
    cleared: int = 0
    """Seals whose entries were removed for their age."""
    anchors: int = 0
    problems: list[tuple[str, int]] = field(default_factory=list)
    """Code and number of the seal."""

    @property
    def is_sound(self) -> bool:
        return not self.problems


def seal(now: dt.datetime | None = None) -> int:
    """Close what is not closed yet. Gives how many entries."""
    now = now or timezone.now()
    before = now - dt.timedelta(seconds=QUIET_SECONDS)
    closed = 0
    while True:
        with transaction.atomic():
            last = Seal.objects.select_for_update().order_by("-number").first()
            entries = list(Entry.objects.filter(seal=None, at__lt=before).order_by("pk")[:MOST_ENTRIES])
            if not entries:
                return closed
            previous = last.hash if last else ""
            made = Seal.objects.create(
                number=last.number + 1 if last else 1,
                at=now,
                previous=previous,
                hash=_hash(previous, entries),
                count=len(entries),
                last_at=max(entry.at for entry in entries),
            )
            for start in range(0, len(entries), 500):
                keys = [entry.pk for entry in entries[start : start + 500]]
                Entry.objects.filter(pk__in=keys).update(seal=made)
        closed += len(entries)
        anchor(made)


def anchor(made: Seal) -> None:
    """Where the database is not."""
    told = {"number": made.number, "hash": made.hash, "at": made.at.isoformat(timespec="seconds")}
    _log.info("Audit seal %d %s", made.number, made.hash)
    file = _anchors()
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(told) + "\n")


def verify(further: Iterable[dict[str, Any]] = ()) -> Verdict:
    """Go through the whole chain again; `further`: anchors from elsewhere, such as backups.

    Problems: `changed` (an entry is not what it was, or was removed or added), `broken` (a link does not fit the one before),
    `missing` (a seal is gone), `cleared` (entries were removed that were not the oldest), `anchor` (the chain is another one).
    """
    told = Verdict(unsealed=Entry.objects.filter(seal=None).count())
    previous, number, whole = "", 0, False
    hashes: dict[int, str] = {}
    for link in Seal.objects.order_by("number"):
        told.seals += 1
        number += 1
        hashes[link.number] = link.hash
        if link.number != number:
            told.problems.append(("missing", number))
            number = link.number
        if link.previous != previous:
            told.problems.append(("broken", link.number))
        previous = link.hash
        entries = list(Entry.objects.filter(seal=link).order_by("pk"))
        if link.cleared_at is not None:
            told.cleared += 1
            if entries or whole or link.last_at > link.cleared_at:
                told.problems.append(("cleared", link.number))
            continue
        whole = True
        told.entries += len(entries)
        if len(entries) != link.count or _hash(link.previous, entries) != link.hash:
            told.problems.append(("changed", link.number))
    for one in [*_read_anchors(), *further]:
        told.anchors += 1
        if hashes.get(one["number"]) != one["hash"]:
            told.problems.append(("anchor", one["number"]))
    return told


def clear(now: dt.datetime | None = None) -> int:
    """Remove entries that are older than `AUDIT_DAYS`, whole seals at a time. Gives how many."""
    now = now or timezone.now()
    removed = 0
    for link in Seal.objects.filter(
        last_at__lt=now - dt.timedelta(days=settings.AUDIT_DAYS), cleared_at=None
    ).order_by("number"):
        with transaction.atomic():
            removed += Entry.objects.filter(seal=link).delete()[0]
            link.cleared_at = now
            link.save(update_fields=["cleared_at"])
    return removed


def as_dict(entry: Entry) -> dict[str, Any]:
    """An entry as the hash and exports see it."""
    told = {name: getattr(entry, name) for name in _FIELDS}
    return {"at": entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds"), **told}


def _hash(previous: str, entries: Iterable[Entry]) -> str:
    digest = hashlib.sha256(previous.encode())
    for entry in entries:
        line = json.dumps(as_dict(entry), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def _anchors() -> Path:
    return Path(settings.HOME) / ANCHORS


def _read_anchors() -> list[dict[str, Any]]:
    try:
        lines = _anchors().read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines if line.strip()]
