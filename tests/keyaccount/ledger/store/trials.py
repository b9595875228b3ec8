"""Work on a store in processes of their own, which may die at it, and what a fresh process finds afterwards.

A process is forked from one that has loaded all that is heavy and never used DuckDB, so that it takes little to begin.
"""

import atexit
import datetime as dt
import functools
import io
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import duckdb

from keyaccount import KeyAccountError, ReadOptions, find_key_accounts
from keyaccount.cli import main
from keyaccount.ledger.store import imports, undo, upkeep
from keyaccount.ledger.store.check import CheckReport, check_store, clean_store
from keyaccount.ledger.store.imports import ImportOptions, import_ledger
from keyaccount.ledger.store.place import StorePlace, opened_to_write
from keyaccount.ledger.store.reading import LedgerStore, open_store
from keyaccount.ledger.store.tables import StoreError

from ..files import LATEST, write_csv

PATIENCE_SECONDS = 120
NOBODY = 65534
AT_ONCE = 2
"""So many trials side by side; a third would have no core of its own."""

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "pytest",
        "openpyxl",
        "xlwt",
        "psycopg",
        "ibis.backends.duckdb.converter",
        "keyaccount.cli.show_store",
        "keyaccount.find.export",
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
    """The error's, in both languages."""
    steps: tuple[str, ...] = ()
    """Those that it came to."""

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
            self.process = CONTEXT.Process(
                target=_work, args=(far, {**os.environ, "TMPDIR": _scratch().name}, work, words)
            )
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
        with suppress(ProcessLookupError):  # it has come to its end
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
        steps = tuple(news for news in self._told if news not in ("begins", "done", "error"))
        return Fate(exit_code, self._told.get("done"), code, text, steps)


def run(work: Callable[..., Any], *words: Any, kill_after: float | None = None) -> Fate:
    """`work(*words)` in a process of its own, killed so many seconds after it says that it begins."""
    running = Running(work, *words)
    if kill_after is not None and running.wait_for("begins"):
        time.sleep(kill_after)
        running.kill()
    return running.end()


def can_mount() -> bool:
    """Whether a small disk can be had."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    with (
        tempfile.TemporaryDirectory() as folder,
        suppress(subprocess.CalledProcessError),
        small_disk(Path(folder)),
    ):
        return True
    return False


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of 20 MB, mounted at `folder` for the time of the block."""
    folder.mkdir(exist_ok=True)
    options = ["-t", "tmpfs", "-o", "size=20m", "tmpfs", str(folder)]
    subprocess.run(["mount", *options], check=True, capture_output=True)  # noqa: S603, S607
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607


def side_by_side(work: Callable[..., Any], many: Iterable[tuple[Any, ...]]) -> list[Any]:
    """`work(*one)` of each, as many at once as there are cores."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda words: work(*words), many))


def say(news: str, value: Any = True) -> None:
    """Tell the test something out of the process."""
    if _parent is not None:
        _parent.send((news, value))


@functools.cache
def _scratch() -> Any:
    """Where processes keep what is theirs for a time, since those that are killed leave it; anybody may."""
    folder = tempfile.TemporaryDirectory(prefix="keyaccount-trials-")
    Path(folder.name).chmod(0o1777)
    atexit.register(folder.cleanup)
    return folder


def _work(
    parent: Connection, environment: dict[str, str], work: Callable[..., Any], words: tuple[Any, ...]
) -> None:
    global _parent
    _parent = parent
    os.environ.update(environment)
    tempfile.tempdir = None  # it may be another
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
    place: StorePlace,
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
        place,
        *files,
        read=ReadOptions(latest=LATEST, progress=steps),
        options=ImportOptions(by=by, **options),
    )
    assert done.upkeep.trouble is None
    return [one.import_id for one in done.sources]


def take_one_by_one(place: StorePlace, steps: Steps, files: Sequence[Path], **options: Any) -> Any:
    """Import each of `files` by itself."""
    return [take(place, steps, [file], **options) for file in files]


def take_back(place: StorePlace, steps: Steps, import_id: int, *, merge_from: int = 12) -> Any:
    """Undo an import; gives the number of lines that came back."""
    _begin(steps, merge_from)
    return undo.undo_import(place, import_id, by="test", progress=steps).brought_back


def tidy(place: StorePlace, steps: Steps, *, days: int = 0, readers_last_hours: int = 24) -> upkeep.Upkeep:
    """Merge small files and give up old snapshots, as it will be done in so many days."""
    _begin(steps, 2)
    upkeep.READERS_LAST_HOURS = readers_last_hours
    con = duckdb.connect()
    with opened_to_write(con, place, "tidy", lambda holder: steps("step.waits", holder)):
        ahead = dt.datetime.now(tz=dt.UTC) + dt.timedelta(days=days)
        done = upkeep.keep_up(con, steps, now=ahead, files_to_merge=2)
    assert done.trouble is None
    return done


def command_line(*words: Any, merge_from: int = 12, bytes_a_file: int | None = None) -> tuple[int, str, str]:
    """Exit code, output and what stands beside it; no file can grow beyond `bytes_a_file`."""
    _begin(Steps(), merge_from)
    if bytes_a_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_a_file, bytes_a_file))
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as beside:
        code = main([str(word) for word in words])
    return code, out.getvalue(), beside.getvalue()


def nobodys_command_lines(commands: Sequence[Sequence[Any]]) -> list[tuple[int, str, str]]:
    """The same of several commands, by a user who has no rights and no home."""
    become_nobody()
    return [command_line(*words) for words in commands]


def become_nobody() -> None:
    """Give up all rights, and the home folder, once all is loaded that Python would read from there."""
    with tempfile.TemporaryDirectory() as folder:
        file = write_csv(Path(folder) / "a.csv", [["K1", "2025-01-05", "1"]])
        for words in (["ledger", "import", file], ["ledger", "list"], ["ledger", "check"], ["find"]):
            assert command_line(*words, "--store", f"{folder}/store")[0] == 0
    os.environ["HOME"] = os.environ["KEYACCOUNT_HOME"] = "/nonexistent"
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def read_until(place: StorePlace, enough: Any, *, as_nobody: bool = False) -> list[int]:
    """Read the store again and again; each time it must be of one piece. Gives the snapshots seen."""
    if as_nobody:
        become_nobody()
    snapshots: list[int] = []
    while not snapshots or not enough.is_set():
        store = open_store(place)
        assert _is_of_one_piece(store)
        snapshots.append(store.snapshot)
        store.close()
        say("has read")
        enough.wait(0.5)
    return snapshots


def read_on(place: StorePlace, leave: Any) -> bool:
    """Open the store, wait for leave, and read what was opened."""
    store = open_store(place)
    say("open", store.snapshot)
    assert leave.wait(PATIENCE_SECONDS)
    return _is_of_one_piece(store)


def _is_of_one_piece(store: LedgerStore) -> bool:
    """Whether lines, rollup, records and the list found agree."""
    # With conditions, which are held against what is known of each file before it is read.
    lines = "SELECT count(*), sum(net_amount) FROM lake.lines WHERE date > DATE '2020-01-01'"
    count, amount = store.con.execute(lines).fetchone()
    rollup = "SELECT sum(net_amount) FROM lake.rollup WHERE account_id IS NOT NULL"
    (summed,) = store.con.execute(rollup).fetchone()
    recorded = sum(record.current_amount for record in store.imports)
    counted = sum(record.current_lines for record in store.imports)
    found = find_key_accounts(store.condensed()).accounts.to_pylist()
    named = sum(account["sales"] for account in found)
    return amount == summed == recorded == named and count == counted


def _begin(steps: Steps, merge_from: int) -> None:
    def keep_up(con: Any, progress: Any) -> upkeep.Upkeep:
        steps("committed", "")
        return upkeep.keep_up(con, progress, files_to_merge=merge_from)

    imports.keep_up = undo.keep_up = keep_up
    if steps.begins_at is None:
        say("begins")


@dataclass(frozen=True)
class Seen:
    """What a reader sees of a store, all but the moments at which it happened."""

    tables: dict[str, list[Any]]
    key_accounts: list[dict[str, Any]] | None
    """None: not asked."""

    def same_as(self, other: "Seen | None") -> bool:
        return (
            other is not None
            and self.tables == other.tables
            and (None in (self.key_accounts, other.key_accounts) or self.key_accounts == other.key_accounts)
        )


_TABLES = {
    "lines": "*",
    "displaced_lines": "*",
    "rollup": "*",
    "account_names": "*",
    "touches": "*",
    "imports": "* EXCLUDE (imported_at, undone_at)",
}


def see(place: StorePlace, *, find: bool = True) -> Seen | None:
    """None: there is nothing in the store."""
    try:
        store = open_store(place)
    except StoreError as error:
        if error.code in ("store.none", "store.empty"):
            return None
        raise
    tables = {
        name: store.con.execute(f"SELECT {columns} FROM lake.{name} ORDER BY ALL").fetchall()
        for name, columns in _TABLES.items()
    }
    found = find_key_accounts(store.condensed()).accounts.to_pylist() if find else None
    store.close()
    return Seen(tables, found)


@dataclass(frozen=True)
class Verdict:
    """What a fresh process finds where another died."""

    findings: tuple[str, ...]
    """Of the check at once and of the one in the end."""
    seen: Seen | None
    left_over: tuple[str, ...]
    waited: bool
    """Whether the second run found the right to write taken."""
    error: str | None
    """The code of the error of the second run."""
    seen_in_the_end: Seen | None
    left_over_in_the_end: tuple[str, ...]
    """After `clean_store`."""


def judge(place: StorePlace, again: Callable[[StorePlace, Steps], Any], *, find: bool) -> Verdict:
    """Look at the store, do the work once more, and remove what was left over."""
    report = _checked(place)
    seen = see(place, find=find)
    steps, error = Steps(), None
    try:
        again(place, steps)
    except StoreError as told:
        error = told.code
    seen_in_the_end = see(place, find=False)
    clean_store(place)
    in_the_end = _checked(place)
    return Verdict(
        findings=tuple(f"{one.code} {one.values}" for one in (*report.findings, *in_the_end.findings)),
        seen=seen,
        left_over=tuple(path.name for path in report.left_over),
        waited="step.waits" in [code for code, _ in steps.heard],
        error=error,
        seen_in_the_end=seen_in_the_end,
        left_over_in_the_end=tuple(path.name for path in in_the_end.left_over),
    )


def _checked(place: StorePlace) -> CheckReport:
    try:
        return check_store(place)
    except StoreError as error:
        if error.code == "store.none":
            return CheckReport(0, 0, Decimal(0), (), ())
        raise
