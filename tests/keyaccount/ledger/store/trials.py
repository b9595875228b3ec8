"""Work on a store in processes of their own, which may die at it, and what a fresh process finds afterwards.

A process is forked from one that has loaded all that is heavy and never used DuckDB, so that it takes little to begin.
"""

import datetime as dt
import functools
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import duckdb

from keyaccount import KeyAccountError, ReadOptions, find_key_accounts
from keyaccount.ledger.store import imports, undo, upkeep
from keyaccount.ledger.store.check import CheckReport, check_store, clean_store
from keyaccount.ledger.store.imports import ImportOptions, import_ledger
from keyaccount.ledger.store.place import StorePlace, opened_to_write, store_place
from keyaccount.ledger.store.reading import open_store
from keyaccount.ledger.store.tables import StoreError

from ..files import LATEST

PATIENCE_SECONDS = 120
AT_ONCE = 2
"""So many trials side by side; a third would have no core of its own."""

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "pytest",
        "openpyxl",
        "xlwt",
        "psycopg",
        "ibis.backends.duckdb",
        "keyaccount.find.key_accounts",
        "keyaccount.ledger.store.check",
        __name__,
    ]
)
_turn = threading.Lock()  # multiprocessing starts and buries processes one at a time
_parent: Connection | None = None


@dataclass(frozen=True)
class Fate:
    """What became of a process."""

    exit_code: int
    value: Any = None
    """What its work gave."""
    code: str | None = None
    """Of the KeyAccountError that ended it."""
    text: str = ""
    """The error's, in English."""

    @property
    def was_killed(self) -> bool:
        return self.exit_code == -signal.SIGKILL

    def done(self) -> Any:
        """What the work gave; it must have come to its end."""
        assert (self.exit_code, self.code) == (0, None), self.text
        return self.value


class Running:
    """A process at work."""

    def __init__(self, work: Callable[..., Any], *words: Any) -> None:
        self._near, far = CONTEXT.Pipe(duplex=False)
        with _turn:
            self.process = CONTEXT.Process(target=_work, args=(far, dict(os.environ), work, words))
            self.process.start()
        far.close()
        self._told: dict[str, Any] = {}

    def wait_for(self, news: str) -> Any:
        """What the process says by `news`, or None where it ends without."""
        until = time.monotonic() + PATIENCE_SECONDS
        while news not in self._told and self._near.poll(max(0, until - time.monotonic())):
            try:
                said, value = self._near.recv()
            except EOFError:
                return None
            self._told[said] = value
        return self._told.get(news)

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)

    def end(self) -> Fate:
        self.wait_for("nothing more")
        if not wait([self.process.sentinel], PATIENCE_SECONDS):
            self.kill()
        with _turn:
            self.process.join()
            exit_code = self.process.exitcode
            self.process.close()
        self._near.close()
        code, text = self._told.get("error", (None, ""))
        return Fate(exit_code, self._told.get("done"), code, text)


def run(work: Callable[..., Any], *words: Any, kill_after: float | None = None) -> Fate:
    """`work(*words)` in a process of its own, killed so many seconds after it says that it begins."""
    running = Running(work, *words)
    if kill_after is not None and running.wait_for("begins"):
        time.sleep(kill_after)
        running.kill()
    return running.end()


def side_by_side(work: Callable[..., Any], many: Iterable[tuple[Any, ...]]) -> list[Any]:
    """`work(*one)` of each, as many at once as there are cores."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda words: work(*words), many))


def say(news: str, value: Any = True) -> None:
    """Tell the test something out of the process."""
    if _parent is not None:
        _parent.send((news, value))


def _work(
    parent: Connection, environment: dict[str, str], work: Callable[..., Any], words: tuple[Any, ...]
) -> None:
    global _parent
    _parent = parent
    os.environ.update(environment)
    # The signature of our own extensions is checked in the tests that open stores in the test's own process.
    duckdb.connect = _quick_connect
    try:
        say("done", work(*words))
    except KeyAccountError as error:
        say("error", (error.code, f"{error.text('en')} {error.text('zh')}"))


_connect = duckdb.connect


@functools.wraps(duckdb.connect)
def _quick_connect(database: str = ":memory:", read_only: bool = False, config: Any = None) -> Any:
    return _connect(database, read_only, {**(config or {}), "allow_unsigned_extensions": "true"})


@dataclass(frozen=True)
class Steps:
    """The progress of one piece of work: at a step it may begin, wait for leave, or die."""

    begins_at: str | None = None
    """Where the time until it is killed begins; None: with the work."""
    dies_at: str | None = None
    waits_at: str | None = None
    leave: Any = None
    """The event it waits for there."""
    heard: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, code: str, what: str) -> None:
        self.heard.append((code, what))
        say(code, what or True)
        if code == self.begins_at:
            say("begins")
        if code == self.waits_at:
            assert self.leave.wait(PATIENCE_SECONDS)
        if code == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)


def take(
    folder: Path,
    steps: Steps,
    files: Sequence[Path],
    *,
    by: str = "test",
    merge_from: int = 12,
    **options: Any,
) -> Any:
    """Import `files`; gives the ids of the imports. `committed` is a further step, right after the commit."""
    _begin(steps, merge_from)
    done = import_ledger(
        store_place(folder),
        *files,
        read=ReadOptions(latest=LATEST, progress=steps),
        options=ImportOptions(by=by, **options),
    )
    assert done.upkeep.trouble is None
    return [one.import_id for one in done.sources]


def take_back(folder: Path, steps: Steps, import_id: int, *, merge_from: int = 12) -> Any:
    """Undo an import."""
    _begin(steps, merge_from)
    return undo.undo_import(store_place(folder), import_id, by="test", progress=steps).brought_back


def tidy(folder: Path, steps: Steps, *, days: int = 0) -> Any:
    """Merge all small files, give up all snapshots that are so many days old, remove what nothing needs."""
    _begin(steps, 2)
    upkeep.READERS_LAST_HOURS = 0
    con = duckdb.connect()
    with opened_to_write(con, store_place(folder), "tidy", lambda holder: steps("step.waits", holder)):
        ahead = dt.datetime.now(tz=dt.UTC) + dt.timedelta(days=days)
        done = upkeep.keep_up(con, steps, now=ahead, files_to_merge=2)
    assert done.trouble is None
    return done


def _begin(steps: Steps, merge_from: int) -> None:
    def keep_up(con: Any, progress: Any) -> upkeep.Upkeep:
        progress("committed", "")
        return upkeep.keep_up(con, progress, files_to_merge=merge_from)

    imports.keep_up = undo.keep_up = keep_up
    if steps.begins_at is None:
        say("begins")


@dataclass(frozen=True)
class Seen:
    """What a reader sees of a store, all but the moments at which it happened."""

    tables: dict[str, list[Any]]
    key_accounts: list[dict[str, Any]]


def see(folder: Path) -> Seen | None:
    """None: there is nothing in the store."""
    try:
        store = open_store(store_place(folder))
    except StoreError as error:
        assert error.code in ("store.none", "store.empty")
        return None
    tables = {
        name: store.con.execute(f"SELECT {columns} FROM lake.{name} ORDER BY ALL").fetchall()
        for name, columns in {
            "lines": "*",
            "displaced_lines": "*",
            "rollup": "*",
            "account_names": "*",
            "touches": "*",
            "imports": "* EXCLUDE (imported_at, undone_at)",
        }.items()
    }
    found = find_key_accounts(store.condensed()).accounts.to_pylist()
    store.close()
    return Seen(tables, found)


@dataclass(frozen=True)
class Verdict:
    """What a fresh process finds where another died."""

    findings: tuple[str, ...]
    seen: Seen | None
    left_over: tuple[str, ...]
    waited: bool
    """Whether the second run found the right to write taken."""
    again: str | None
    """The error of the second run."""
    seen_in_the_end: Seen | None
    left_over_in_the_end: tuple[str, ...]
    """After `clean_store`."""


def judge(folder: Path, again: Callable[[Path, Steps], Any]) -> Verdict:
    """Look at the store, do the work once more, and remove what was left over."""
    place = store_place(folder)
    report = _checked(place)
    seen = see(folder)
    steps, error = Steps(), None
    try:
        again(folder, steps)
    except StoreError as told:
        error = told.code
    seen_in_the_end = see(folder)
    clean_store(place)
    in_the_end = _checked(place)
    return Verdict(
        findings=tuple(f"{one.code} {one.values}" for one in (*report.findings, *in_the_end.findings)),
        seen=seen,
        left_over=tuple(path.name for path in report.left_over),
        waited="step.waits" in [code for code, _ in steps.heard],
        again=error,
        seen_in_the_end=seen_in_the_end,
        left_over_in_the_end=tuple(path.name for path in in_the_end.left_over),
    )


def _checked(place: StorePlace) -> CheckReport:
    try:
        return check_store(place)
    except StoreError as error:
        assert error.code == "store.none"
        return CheckReport(0, 0, Decimal(0), (), ())
