"""The ledger is read from its store as it stands and as it stood."""

import datetime as dt
import os
from decimal import Decimal

import duckdb
import pytest

from keyaccount import FindSettings, find_key_accounts, read_ledger
from keyaccount.find.explain import explain
from keyaccount.ledger.store.place import opened_to_write, store_place
from keyaccount.ledger.store.publish import publish
from keyaccount.ledger.store.reading import history, open_store
from keyaccount.ledger.store.records import latest_change
from keyaccount.ledger.store.tables import StoreError
from keyaccount.ledger.store.undo import undo_import
from keyaccount.ledger.store.upkeep import expire, keep_up

from ..files import assert_says_everything
from .stores import FEBRUARY, JANUARY
from .test_overlap import CORRECTED


def store_error(desk, **at):
    with pytest.raises(StoreError) as caught:
        open_store(desk.place, **at)
    assert_says_everything(caught.value)
    return caught.value


class TestFindOnTheStore:
    def test_equals_find_on_the_files(self, desk):
        files = [desk.file("a.csv", JANUARY), desk.file("b.csv", FEBRUARY)]
        for file in files:
            desk.take(file)
        store = open_store(desk.place)
        of_store, of_files = (
            find_key_accounts(store.condensed()),
            find_key_accounts(read_ledger(*files).lines),
        )
        assert of_store.accounts.equals(of_files.accounts)
        assert (of_store.summary, of_store.years, of_store.notes) == (
            of_files.summary,
            of_files.years,
            of_files.notes,
        )
        opened = explain(of_store, store.lines(), "K2")
        assert (opened.lines, [one["net_amount"] for one in opened.orders]) == (
            2,
            [Decimal(200), Decimal(20)],
        )

    def test_judges_only_what_the_imports_that_count_have(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        desk.take(
            desk.file("b.csv", [["K1", "2025-03-01", "5", "3"]], header=("客户编号", "日期", "金额", "成本"))
        )
        assert "cost" in open_store(desk.place).fields
        undo_import(desk.place, 2)
        assert "cost" not in open_store(desk.place).fields

    def test_names_what_it_is_made_of(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        facts = open_store(desk.place).facts
        assert (facts["snapshot"], facts["imports"]) == (history(desk.place).snapshots[-1].snapshot, [1])
        assert facts["files"][0]["sha256"] == history(desk.place).imports[0].files[0].sha256


class TestAsItStood:
    def test_after_an_import_whatever_came_later(self, desk):
        wanted = {}
        for number, (rows, how) in enumerate(
            [(JANUARY, None), (FEBRUARY, None), (CORRECTED, "replace")], start=1
        ):
            desk.take(desk.file(f"{number}.csv", rows), on_overlap=how)
            wanted[number] = find_key_accounts(open_store(desk.place).condensed()).accounts
        undo_import(desk.place, 3)
        undo_import(desk.place, 2)
        for number, accounts in wanted.items():
            store = open_store(desk.place, as_of_import=number)
            assert find_key_accounts(store.condensed()).accounts.equals(accounts)
            assert find_key_accounts(
                open_store(desk.place, snapshot=store.snapshot).condensed()
            ).accounts.equals(accounts)

    def test_is_seen_by_a_reader_whatever_is_written_meanwhile(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        store = open_store(desk.place)
        desk.take(desk.file("b.csv", CORRECTED), on_overlap="replace")
        assert store.lines().net_amount.sum().to_pyarrow().as_py() == Decimal("300.5")
        assert [record.import_id for record in store.imports] == [1]

    def test_says_which_imports_and_snapshots_there_are(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        assert store_error(desk, as_of_import=7).code == "import.unknown"
        assert store_error(desk, snapshot=99).code == "snapshot.gone"


class TestUpkeep:
    def write(self, desk, work):
        con = duckdb.connect()
        with opened_to_write(con, desk.place, "test", lambda _: None):
            return work(con)

    def test_merges_small_files_and_changes_nothing_else(self, desk):
        for day in range(1, 10):
            desk.take(desk.file(f"{day}.csv", [[f"K{day}", f"2025-01-0{day}", str(day)]]))
        before = desk.lines()
        done = self.write(desk, lambda con: keep_up(con, lambda *_: None, files_to_merge=5))
        assert done.trouble is None
        assert done.merged > 20
        assert desk.lines() == before
        assert desk.money(as_of_import=3) == Decimal(6)
        undo_import(desk.place, 4)
        assert desk.money() == Decimal(41)
        desk.assert_sound()

    def test_keeps_the_snapshots_of_published_results_when_others_expire(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        publish(open_store(desk.place), "一月", {"share": "0.8"})
        desk.take(desk.file("b.csv", FEBRUARY))
        desk.take(desk.file("c.csv", CORRECTED), on_overlap="replace")
        in_a_year = dt.datetime.now(tz=dt.UTC) + dt.timedelta(days=366)
        assert self.write(desk, lambda con: expire(con, now=in_a_year)) > 0
        (one,) = history(desk.place).published
        assert desk.money(snapshot=one.snapshot) == Decimal("300.5")
        assert desk.money() == Decimal("430.5")
        assert store_error(desk, as_of_import=2).code == "snapshot.gone"
        desk.assert_sound()

    def test_keeps_young_snapshots(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        desk.take(desk.file("b.csv", FEBRUARY))
        soon = dt.datetime.now(tz=dt.UTC) + dt.timedelta(days=80)
        assert self.write(desk, lambda con: expire(con, now=soon)) == 0

    def test_publishes_under_one_name_once(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        publish(open_store(desk.place), "一月", {})
        with pytest.raises(StoreError) as caught:
            publish(open_store(desk.place), "一月", {})
        assert_says_everything(caught.value)


class TestNoStore:
    def test_says_how_to_begin(self, desk):
        assert store_error(desk).code == "store.none"

    def test_that_holds_nothing_says_so(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        undo_import(desk.place, 1)
        assert store_error(desk).code == "store.empty"


class TestAnyUntil:
    def test_is_exact_on_the_rollup(self, desk):
        rows = [
            ["K1", f"2025-{month:02}-{day:02}", str(month * day)]
            for month in range(1, 13)
            for day in (1, 15, 28)
        ]
        desk.take(desk.file("a.csv", rows))
        lines, condensed = open_store(desk.place).lines(), open_store(desk.place).condensed()
        for until in (dt.date(2025, 3, 14), dt.date(2025, 6, 15), dt.date(2025, 12, 31)):
            settings = FindSettings(until=until)
            assert find_key_accounts(condensed, settings=settings).accounts.equals(
                find_key_accounts(lines, settings=settings).accounts
            )


class TestTheLatestChange:
    def test_is_the_last_import_or_undo_whatever_was_published_since(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        store = open_store(desk.place)
        publish(store, "一月", {})
        after = open_store(desk.place)
        assert after.snapshot > store.snapshot
        assert latest_change(after.con) == store.snapshot


class TestCatalogAsItLies:
    def long_ago(self, desk):
        for file in desk.place.folder.glob("catalog.sqlite*"):
            os.utime(file, (1_700_000_000, 1_700_000_000))

    def test_is_the_same_until_somebody_writes(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        self.long_ago(desk)
        before = desk.place.catalog_as_it_lies()
        assert before is not None
        assert desk.place.catalog_as_it_lies() == before
        desk.take(desk.file("b.csv", FEBRUARY))
        assert desk.place.catalog_as_it_lies() != before

    def test_is_not_told_of_what_was_written_a_moment_ago(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        assert desk.place.catalog_as_it_lies() is None
        assert store_place(desk.place.folder, "postgresql:///x").catalog_as_it_lies() is None
