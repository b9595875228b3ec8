"""A backup of an installation in use is whole or not there, and what comes back is the same row by row, on either database."""

import datetime as dt
import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connections

from keyaccount.ledger.store.check import check_store
from keyaccount.ledger.store.place import StorePlace
from keyaccount_web.operate.backup import make, records
from keyaccount_web.operate.backup.catalog import catalog_rows
from keyaccount_web.operate.backup.installation import Installation
from keyaccount_web.operate.backup.make import back_up, last_backup, verify
from keyaccount_web.operate.backup.manifest import manifests, read_manifest
from keyaccount_web.operate.backup.places import BackupError, Folder, place_at
from keyaccount_web.operate.backup.restore import restore

NIGHT = dt.datetime(2026, 3, 1, 2, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def backup(installation, tmp_path_factory, django_db_blocker):
    """One backup that tests only read."""
    place = Folder(tmp_path_factory.mktemp("backup"))
    with django_db_blocker.unblock():
        return place, back_up(installation, place, now=NIGHT)


def content(place):
    return sorted(name for name in place.sizes("content"))


class TestBackUp:
    def test_holds_records_files_and_ledger(self, installation, backup):
        place, made = backup
        told = read_manifest(place)
        assert told == made.manifest
        assert told.tables["know_account"].rows == 15
        assert told.files.keys() >= {"files/ab/ab12", "secret-key"}
        assert any(path.startswith("runs/") for path in told.files)
        assert told.snapshot == max(
            int(row["snapshot_id"]) for row in catalog_rows(installation.store)["ducklake_snapshot"]
        )
        assert not any("records.sqlite3" in path or path.startswith("ledger/") for path in told.files)
        assert "django_session" not in told.tables
        assert verify(place, told) == []

    def test_is_noted_beside_the_data(self, installation, backup):
        assert last_backup(installation.home)["last"] == "2026-03-01T02:00:00+00:00"

    def test_writes_again_only_what_has_changed(self, installation, backup, tmp_path):
        place = Folder(tmp_path)
        first = back_up(installation, place, now=NIGHT)
        again = back_up(installation, place, now=NIGHT + dt.timedelta(days=1))
        assert first.written > 0
        assert again.written == 0
        assert manifests(place) == ["20260301T020000Z", "20260302T020000Z"]

    def test_keeps_the_newest_and_their_content(self, installation, tmp_path):
        place, extra = Folder(tmp_path), installation.home / "files" / "extra"
        extra.write_bytes(b"only in the first")
        try:
            first = back_up(installation, place, keep=2, now=NIGHT)
        finally:
            extra.unlink()
        only_there = first.manifest.files["files/extra"].name
        back_up(installation, place, keep=2, now=NIGHT + dt.timedelta(days=1))
        assert only_there in content(place)
        last = back_up(installation, place, keep=2, now=NIGHT + dt.timedelta(days=2))
        assert last.removed == ("20260301T020000Z",)
        assert only_there not in content(place)
        assert verify(place, last.manifest) == []

    def test_does_not_back_up_itself(self, installation):
        place = Folder(installation.home / "within")
        try:
            back_up(installation, place)
            again = back_up(installation, place)
        finally:
            shutil.rmtree(installation.home / "within")
        assert not any(path.startswith("within/") for path in again.manifest.files)

    def test_is_of_one_moment_while_others_write(self, installation, tmp_path):
        stop, written = threading.Event(), []

        def write():
            con = sqlite3.connect(installation.home / "records.sqlite3", timeout=20)
            while not stop.is_set():
                name = f"pair-{len(written)}"
                with con:  # both or neither
                    con.execute("INSERT INTO operate_taskorigin VALUES (?, 'r', '2026-01-01')", [name])
                    con.execute(
                        "INSERT INTO schedule_jobrun (name, began_at) VALUES (?, '2026-01-01')", [name]
                    )
                written.append(name)
            con.close()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            place = Folder(tmp_path)
            told = back_up(installation, place).manifest
        finally:
            stop.set()
            writer.join()
        con = sqlite3.connect(installation.home / "records.sqlite3")
        with con:
            con.execute("DELETE FROM operate_taskorigin")
            con.execute("DELETE FROM schedule_jobrun")
        con.close()
        # The tables are read one after the other, and rows were coming in all the while.
        assert told.tables["operate_taskorigin"].rows == told.tables["schedule_jobrun"].rows < len(written)


class Breaking(Folder):
    """A place that fails after some pieces."""

    def __init__(self, folder, after, fail):
        super().__init__(folder)
        self.left, self.fail = after, fail

    @contextmanager
    def writing(self, name):
        with super().writing(name) as stream:
            yield stream
            self.left -= 1
            if self.left < 0:
                self.fail()


def full():
    raise OSError(errno.ENOSPC, "No space left on device")


class TestAClockThatWasAhead:
    def test_hides_no_newer_backup_and_has_none_removed_for_it(self, installation, tmp_path):
        place = Folder(tmp_path)
        ahead = back_up(installation, place, now=NIGHT + dt.timedelta(days=365))
        for night in range(11):
            made = back_up(installation, place, keep=2, now=NIGHT + dt.timedelta(days=night))
            assert read_manifest(place) == made.manifest
            assert made.manifest.made_at.startswith(f"2026-03-{night + 1:02}")
        assert len(manifests(place)) == 2
        assert ahead.manifest.name not in manifests(place)


class TestFaults:
    def test_a_full_disk_leaves_the_earlier_backup(self, installation, backup, tmp_path):
        back_up(installation, Folder(tmp_path), now=NIGHT)
        (installation.home / "files" / "new").write_bytes(b"new")
        try:
            with pytest.raises(BackupError) as told:
                back_up(installation, Breaking(tmp_path, 0, full))
        finally:
            (installation.home / "files" / "new").unlink()
        assert told.value.code == "backup.full"
        place = Folder(tmp_path)
        assert manifests(place) == ["20260301T020000Z"]
        assert verify(place, read_manifest(place)) == []
        assert not [name for name in place.sizes("") if ".draft-" in name]

    @pytest.mark.parametrize("after", [0, 3, 30])
    def test_one_that_is_killed_is_none(self, installation, tmp_path, after):
        child = os.fork()
        if child == 0:  # pragma: no cover - it dies
            back_up(installation, Breaking(tmp_path, after, lambda: os.kill(os.getpid(), signal.SIGKILL)))
            os._exit(0)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        place = Folder(tmp_path)
        assert manifests(place) == []
        with pytest.raises(BackupError, match=r"There should be a backup"):
            read_manifest(place)
        # The next one is good, and what the dead one left is gone.
        made = back_up(installation, place)
        assert verify(place, made.manifest) == []
        assert set(content(place)) == {piece.name for piece in made.manifest.pieces()}

    def test_two_at_once_are_refused(self, installation, tmp_path):
        def begin_another():
            with pytest.raises(BackupError) as told:
                back_up(installation, Folder(tmp_path / "b"))
            assert told.value.code == "backup.running"

        back_up(installation, Breaking(tmp_path / "a", 0, begin_another))

    def test_what_is_changed_at_the_place_is_found(self, installation, tmp_path):
        place = Folder(tmp_path)
        made = back_up(installation, place)
        piece = made.manifest.files["files/ab/ab12"]
        file = tmp_path / piece.name
        file.write_bytes(file.read_bytes()[:-1] + b"?")
        assert verify(place, made.manifest) == [piece.name]
        next(tmp_path.glob("*.backup.json")).write_text("{}")
        with pytest.raises(BackupError) as told:
            read_manifest(place)
        assert told.value.code == "backup.manifest"


class TestRestore:
    def test_everything_comes_back(self, installation, backup, empty):
        place, made = backup
        told = restore(empty, place, made.manifest)
        assert told.rows == sum(table.rows for table in made.manifest.tables.values()) > 300
        with (
            records.standing_still(installation.alias) as before,
            records.standing_still(empty.alias) as after,
        ):
            assert records.sums(after) == records.sums(before)
        assert told.ledger == check_store(installation.store)
        assert (empty.home / "files" / "ab" / "ab12").read_bytes() == "合同正文".encode() * 1000
        assert (empty.home / "secret-key").stat().st_mode & 0o077 == 0
        assert told.same_key
        assert told.set_aside is None
        # Not into what is there, unless told; then it is set aside.
        with pytest.raises(BackupError) as refused:
            restore(empty, place, made.manifest)
        assert refused.value.values["there"] == ["records", "ledger", "files"]

    @pytest.mark.parametrize("what", ["files/ab/ab12", "know_account"])
    def test_damaged_content_touches_nothing(self, installation, tmp_path, empty, what):
        place = Folder(tmp_path / "b")
        made = back_up(installation, place).manifest
        piece = made.files.get(what) or made.tables[what].piece
        (tmp_path / "b" / piece.name).write_bytes(b"")
        with pytest.raises(BackupError) as told:
            restore(empty, place, made)
        assert told.value.code == "backup.damaged"
        assert [path.name for path in empty.home.iterdir() if not path.name.startswith("records")] == []
        assert connections[empty.alias].introspection.table_names() == []

    def test_a_full_disk_touches_nothing(self, backup, empty, monkeypatch):
        place, made = backup
        monkeypatch.setattr("keyaccount_web.operate.backup.restore._fetch", lambda *_: full())
        with pytest.raises(BackupError) as told:
            restore(empty, place, made.manifest)
        assert told.value.code == "restore.full"
        assert connections[empty.alias].introspection.table_names() == []
        assert not list(empty.home.glob("restoring-*"))

    def test_a_path_out_of_the_home_is_refused(self, backup, empty):
        place, made = backup
        piece = made.manifest.files["files/ab/ab12"]
        with pytest.raises(BackupError, match="missing or changed"):
            restore(empty, place, replace(made.manifest, files={"../outside": piece}))

    def test_goes_to_postgresql_and_back(self, installation, backup, postgres, databases, empty, tmp_path):
        place, made = backup
        (tmp_path / "server").mkdir()
        alias = databases.add("server", postgres.records)
        server = Installation(
            tmp_path / "server", StorePlace(tmp_path / "server" / "ledger", postgres.catalog), alias
        )
        told = restore(server, place, made.manifest)
        assert told.ledger == check_store(installation.store)
        assert connections[alias].vendor == "postgresql"
        # A new row gets a number of its own: the counters were set.
        with connections[alias].cursor() as cursor:
            cursor.execute("INSERT INTO schedule_jobrun (name, began_at) VALUES ('new', now()) RETURNING id")
            assert cursor.fetchone()[0] > 0
            cursor.execute("DELETE FROM schedule_jobrun")
        again = back_up(server, Folder(tmp_path / "second"))
        assert again.manifest.database == "postgresql"
        wanted = {name: (table.rows, table.sum) for name, table in made.manifest.tables.items()}
        assert {name: (table.rows, table.sum) for name, table in again.manifest.tables.items()} == wanted
        back = restore(empty, Folder(tmp_path / "second"), again.manifest)
        assert back.ledger == told.ledger
        with records.standing_still(empty.alias) as con:
            assert {name: (one["rows"], one["sum"]) for name, one in records.sums(con).items()} == wanted


class TestPlaces:
    def test_an_address_that_is_none(self):
        with pytest.raises(BackupError) as told:
            place_at("ftp9://somewhere/x")
        assert told.value.code == "backup.address"


def test_the_nightly_one_goes_where_the_settings_say(installation, settings, tmp_path, monkeypatch):
    from keyaccount_web.operate import tasks
    from keyaccount_web.operate.backup import nightly

    monkeypatch.setattr(nightly, "this_installation", lambda: installation)
    monkeypatch.setattr(make, "remember", lambda *_, **__: None)
    settings.BACKUP = ""
    tasks.back_up_nightly.func()
    assert not list(tmp_path.iterdir())
    settings.BACKUP = str(tmp_path)
    tasks.back_up_nightly.func()
    assert len(manifests(Folder(tmp_path))) == 1


@pytest.mark.skipif(shutil.which("gpg") is None, reason="no GnuPG on this machine")
def test_a_backup_enciphered_as_the_page_says_comes_back_and_is_not_read(backup, tmp_path):
    place, made = backup
    page = (Path(__file__).parents[3] / "docs" / "en" / "operate.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if "gpg --batch" in line]
    assert len(lines) == 2
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "restored").mkdir()
    # Sockets of its agent take no long names.
    with tempfile.TemporaryDirectory(prefix="gpg-") as keys:
        script = "\n".join(
            [
                "set -eu -o pipefail",
                "gpg --batch --quiet --passphrase '' --quick-generate-key backup@example.com",
                *(
                    line.replace("/mnt/backup", str(place.folder)).replace("/mnt", str(tmp_path))
                    for line in lines
                ),
                "gpgconf --kill gpg-agent",
            ]
        )
        told = subprocess.run(  # noqa: S603
            ["bash", "-c", script],  # noqa: S607
            env=os.environ | {"GNUPGHOME": keys},
            capture_output=True,
            text=True,
            check=False,
        )
    assert told.returncode == 0, told.stderr
    restored = Folder(tmp_path / "restored")
    assert read_manifest(restored) == made.manifest
    assert verify(restored, made.manifest) == []
    sealed = (tmp_path / "elsewhere" / "keyaccount.tar.gpg").read_bytes()
    assert made.manifest.name.encode() not in sealed
