"""How are the facts of the ledger had at once? Kept by snapshot, year, groups and merges: in the process, and as files."""

import datetime as dt
import hashlib
import json
import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from django.conf import settings as django_settings
from django.utils import timezone
from django_tasks import task

from keyaccount.errors import KeyAccountError
from keyaccount.find.facts import AccountFacts, account_facts
from keyaccount.find.kept_facts import keep_facts, kept_facts
from keyaccount.find.monthly_spend import average_monthly_spend
from keyaccount.ledger.store.reading import LedgerStore
from keyaccount_web.operate.lost import when_given_up
from keyaccount_web.runs.services import RunError
from keyaccount_web.tables.ledger import newest_snapshot, whole_store
from keyaccount_web.tables.records import groups_table, merged_table

AT_ONCE_LINES = 1_000_000
"""A ledger of so many lines is read while the reader waits, a second or two; a larger one by a worker."""
IN_MEMORY, ROWS_IN_MEMORY, IN_FILES = 3, 1_500_000, 8
"""What is kept: in each process so many, of so many accounts together and always the last one; in the data folder so many."""
LONGEST_MINUTES = 30
"""After so long without a word from the worker the work is begun anew."""
FORMAT = 1
"""Of what is kept; another one is read anew."""

_held: OrderedDict[str, "HeldFacts"] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class HeldFacts:
    """What trying starts from."""

    key: str
    facts: AccountFacts
    monthly_spend: pa.Table
    """`average_monthly_spend` before the day after the year's last."""


@dataclass(frozen=True)
class Waiting:
    """A worker is at it."""

    progress: int
    step: str
    error: dict[str, str] | None = None


@dataclass(frozen=True)
class Wanted:
    """Which facts."""

    snapshot: int
    until: dt.date | None
    groups: pa.Table
    merged: pa.Table

    @property
    def key(self) -> str:
        told = hashlib.sha256(repr((FORMAT, self.snapshot, self.until)).encode())
        for table in (self.groups, self.merged):
            for column in table.columns:
                told.update(json.dumps(column.to_pylist()).encode())
        return told.hexdigest()[:32]


def facts_wanted(until: dt.date | None, *, groups: bool) -> Wanted:
    """Those of the ledger and the records as they stand. Raises RunError `run.no_ledger`."""
    snapshot = newest_snapshot()
    if snapshot is None:
        raise RunError("run.no_ledger")
    pairs = groups_table()
    return Wanted(snapshot, until, pairs if groups else pairs.slice(0, 0), merged_table())


def held_facts(wanted: Wanted) -> HeldFacts | Waiting:
    """The facts, from memory, a file, or the ledger; of a large ledger, that a worker is reading it.

    Raises FindError, GroupError, MergeError, StoreError.
    """
    key = wanted.key
    found = _in_memory(key) or _in_file(key)
    if found is not None:
        return found
    store = whole_store(wanted.snapshot)
    if store is None:
        raise RunError("run.no_ledger")
    if sum(record.current_lines for record in store.current_imports) <= AT_ONCE_LINES:
        return _read(wanted, store, lambda _progress, _step: None)
    waiting = _told(key)
    if waiting is None:
        waiting = Waiting(0, "")
        _tell(key, waiting)
        until = wanted.until.isoformat() if wanted.until else None
        read_facts.enqueue(key, wanted.snapshot, until, len(wanted.groups) > 0)
    elif waiting.error is not None:
        _told_file(key).unlink(missing_ok=True)
    return waiting


@task()
def read_facts(key: str, snapshot: int, until: str | None, groups: bool) -> None:
    """Read the facts of a large ledger and keep them where the pages look for them."""
    try:
        _tell(key, Waiting(5, "step.open_store"))
        store = whole_store(snapshot)
        if store is None:
            raise RunError("run.no_ledger")
        pairs = groups_table()
        wanted = Wanted(
            snapshot,
            dt.date.fromisoformat(until) if until else None,
            pairs if groups else pairs.slice(0, 0),
            merged_table(),
        )
        _read(wanted, store, lambda progress, step: _tell(key, Waiting(progress, step)))
    except Exception as error:
        # Whatever it was, nobody should wait for it any longer.
        told = (
            error
            if isinstance(error, KeyAccountError)
            else RunError("run.broken", error=type(error).__name__)
        )
        _give_up(told, key)
        if told is not error:
            raise
    else:
        _told_file(key).unlink(missing_ok=True)


def _give_up(error: KeyAccountError, key: str, *_: object) -> None:
    _tell(key, Waiting(0, "", {"zh": error.text("zh"), "en": error.text("en")}))


when_given_up(read_facts, _give_up)


def _read(wanted: Wanted, store: LedgerStore, told: Callable[[int, str], None]) -> HeldFacts:
    told(20, "step.find")
    inputs = {"groups": wanted.groups, "merged": wanted.merged}
    facts = account_facts(store.condensed(), until=wanted.until, **inputs)
    told(70, "step.find")
    day = facts.periods.year.until + dt.timedelta(days=1)
    spend = average_monthly_spend(store.condensed(), day, **inputs)
    told(90, "step.keep")
    key = wanted.key
    keep_facts(_folder() / key, facts, monthly_spend=spend)
    _sweep()
    return _hold(HeldFacts(key, facts, spend))


def _in_memory(key: str) -> HeldFacts | None:
    with _lock:
        if key in _held:
            _held.move_to_end(key)
        return _held.get(key)


def _in_file(key: str) -> HeldFacts | None:
    found = kept_facts(_folder() / key)
    return None if found is None else _hold(HeldFacts(key, found[0], found[1]["monthly_spend"]))


def _hold(facts: HeldFacts) -> HeldFacts:
    with _lock:
        _held[facts.key] = facts
        _held.move_to_end(facts.key)
        while len(_held) > IN_MEMORY or (len(_held) > 1 and _rows_held() > ROWS_IN_MEMORY):
            _held.popitem(last=False)
    return facts


def _rows_held() -> int:
    return sum(len(one.facts.years) for one in _held.values())


def _folder() -> Path:
    return Path(django_settings.HOME) / "facts"


def _sweep() -> None:
    """Only what was used last stays."""
    kept = [one for one in _folder().iterdir() if one.is_dir() and not one.name.startswith(".")]
    for old in sorted(kept, key=lambda one: one.stat().st_mtime, reverse=True)[IN_FILES:]:
        shutil.rmtree(old, ignore_errors=True)


def _told_file(key: str) -> Path:
    return _folder() / f"{key}.json"


def _tell(key: str, waiting: Waiting) -> None:
    file = _told_file(key)
    file.parent.mkdir(parents=True, exist_ok=True)
    told = {"progress": waiting.progress, "step": waiting.step, "error": waiting.error}
    new = file.with_name(f".{file.name}.{os.getpid()}")
    new.write_text(json.dumps(told), encoding="utf-8")
    new.replace(file)


def _told(key: str) -> Waiting | None:
    file = _told_file(key)
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        minutes = (timezone.now().timestamp() - file.stat().st_mtime) / 60
    except FileNotFoundError:
        return None
    return None if minutes > LONGEST_MINUTES else Waiting(**told)
