"""Data of the first release come up to today's without a loss, and go back; newer data are not touched.

`data/first-release.tar.xz` is what commit d7037c6, the first with a web app, made by its own `demo_company.fill` of the demo ledger's
first 40 accounts (their lines, groups and costs): records, ledger and the result of a run, without the secret key.
"""

import re
import tarfile
from pathlib import Path

import pytest
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from keyaccount.ledger.store.check import check_store
from keyaccount.ledger.store.place import StorePlace
from keyaccount_web.operate import upgrade as upgrades
from keyaccount_web.operate.backup import records
from keyaccount_web.operate.backup.installation import Installation
from keyaccount_web.operate.backup.manifest import manifests, read_manifest
from keyaccount_web.operate.backup.places import Folder
from keyaccount_web.operate.tables import make_newest_tables
from keyaccount_web.operate.upgrade import UpgradeError, go_back, pending, upgrade

from .conftest import SQLITE


@pytest.fixture(scope="module")
def first_release(databases, tmp_path_factory, django_db_blocker):
    """The installation of that time, at another place than it was made."""
    home = tmp_path_factory.mktemp("first")
    with tarfile.open(Path(__file__).parent / "data" / "first-release.tar.xz") as kept:
        kept.extractall(home, filter="data")
    alias = databases.add("first", SQLITE | {"NAME": home / "records.sqlite3"})
    with django_db_blocker.unblock():
        yield Installation(home, StorePlace(home / "ledger"), alias, "k" * 60)


LINES = 6338
"""Of the ledger, counted when it was made."""


def shape(con):
    """Every column, reference, index and check of every table of an SQLite database, in an order of its own."""
    told = set()
    with con.cursor() as cursor:
        cursor.execute("SELECT type, name, sql FROM sqlite_master")
        for kind, name, sql in cursor.fetchall():
            if kind != "table":
                told.add((name, sql))
                continue
            told |= {(name, "check", one) for one in re.findall(r'CONSTRAINT "\w+" CHECK.*?\)(?=,|\)$)', sql)}
            for asked in ("table_info", "foreign_key_list"):
                cursor.execute(f'PRAGMA {asked}("{name}")')
                # The first number counts; columns that came later stand last.
                told |= {(name, asked, *row[1:]) for row in cursor.fetchall()}
    return told


def answers(one):
    """What a reader finds, asked in SQL so that it holds for every state."""
    with connections[one.alias].cursor() as cursor:
        cursor.execute(
            "SELECT a.code, a.name, c.name, c.phone, u.username, o.code FROM know_account a JOIN know_contact c ON c.account_id = a.id "
            "JOIN access_user u ON u.id = a.owner_id JOIN access_orgunit o ON o.id = a.unit_id ORDER BY a.code"
        )
        return cursor.fetchall()


class TestUpgrade:
    def test_goes_up_and_back_again(self, first_release, empty, tmp_path):
        one, place = first_release, Folder(tmp_path)
        before, state = answers(one), records.applied(connections[one.alias])
        assert len(before) == 80
        assert "work.0001_daily_work" in pending(one.alias)
        with records.as_default(connections[one.alias]):
            told = upgrade(one, place, keep=5)
        assert told.steps
        assert pending(one.alias) == []
        assert answers(one) == before
        # What a hundred migrations made is what a new database has at once.
        fresh = connections[empty.alias]
        with records.as_default(fresh):
            make_newest_tables(fresh)
        assert shape(fresh) == shape(connections[one.alias])
        assert {told[1] for told in shape(fresh) if len(told) > 2} >= {
            "check",
            "table_info",
            "foreign_key_list",
        }
        assert set(records.applied(fresh)) == set(records.applied(connections[one.alias]))
        rows = {name: told["rows"] for name, told in records.sums(fresh).items() if told["rows"]}
        assert set(rows) == {"auth_permission", "django_content_type"}, "a migration brought rows of its own"
        assert told.backup is not None
        assert read_manifest(place).tables["know_account"].rows == 40
        ledger = check_store(one.store)
        assert (ledger.findings, ledger.lines) == ((), LINES)
        assert (one.home / "runs" / "1" / "accounts.parquet").exists()

        # Again: nothing to do, and no further backup.
        with records.as_default(connections[one.alias]):
            assert upgrade(one, place, keep=5).steps == ()
        assert manifests(place) == [told.backup.name]

        back = go_back(one, place)
        assert back.set_aside is not None
        assert set(records.applied(connections[one.alias])) == set(state)
        assert answers(one) == before
        assert "work_attachment" not in connections[one.alias].introspection.table_names()

    def test_one_that_fails_says_how_to_go_back(self, first_release, tmp_path, monkeypatch):
        one, place = first_release, Folder(tmp_path)

        def failing(*_, **__):
            raise ValueError("column is gone")

        monkeypatch.setattr(upgrades, "call_command", failing)
        with pytest.raises(UpgradeError) as told:
            upgrade(one, place, keep=5)
        assert told.value.code == "upgrade.failed"
        assert "ValueError: column is gone" in told.value.found("en")
        assert f"--to {place.name}" in told.value.to_do("en")
        assert manifests(place) == [told.value.values["backup"]]

    def test_loses_no_row_unnoticed(self, first_release, tmp_path, monkeypatch):
        def losing(*_, **__):
            with connections[first_release.alias].cursor() as cursor:
                cursor.execute("DELETE FROM access_post")

        monkeypatch.setattr(upgrades, "call_command", losing)
        with pytest.raises(UpgradeError, match=r"access_post \(\d\d → 0\)"):
            upgrade(first_release, Folder(tmp_path), keep=5)

    def test_newer_data_are_not_touched(self, first_release, tmp_path):
        con = connections[first_release.alias]
        MigrationRecorder(con).record_applied("know", "9999_from_the_future")
        try:
            with pytest.raises(UpgradeError) as told:
                upgrade(first_release, Folder(tmp_path), keep=5)
        finally:
            MigrationRecorder(con).record_unapplied("know", "9999_from_the_future")
        assert told.value.code == "upgrade.newer"
        assert "know.9999_from_the_future" in told.value.found("zh")
        assert list(tmp_path.iterdir()) == []
