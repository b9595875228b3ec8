"""Files come into the store whole, once, with what was refused kept to be mended."""

import datetime as dt
import gzip
from decimal import Decimal

import pytest

from keyaccount import KeyAccountError, read_ledger
from keyaccount.ledger.store.reading import history, open_store

from ..files import assert_says_everything, write, write_xlsx
from .stores import FEBRUARY, JANUARY

AMOUNT = Decimal("0.0001")


class TestAnImport:
    def test_brings_the_good_rows_of_a_file(self, desk):
        done = desk.take(desk.file("a.csv", JANUARY))
        (one,) = done.sources
        assert (one.import_id, one.source, one.lines, one.net_amount) == (1, "a", 2, Decimal("300.5"))
        assert desk.lines() == [
            ("K1", dt.date(2025, 1, 5), Decimal("100.5000")),
            ("K2", dt.date(2025, 1, 6), Decimal("200.0000")),
        ]
        desk.assert_sound()

    def test_is_on_record(self, desk):
        desk.take(desk.file("a.csv", [*JANUARY, ["K3", "2025-02-30", "7"]]))
        (record,) = history(desk.place).imports
        assert (record.source, record.lines, record.refused, record.refused_amount) == ("a", 2, 1, Decimal(7))
        assert (record.first_date, record.last_date) == (dt.date(2025, 1, 5), dt.date(2025, 1, 6))
        assert record.imported_by == "test"
        assert record.columns == {"account_id": "客户编号", "date": "日期", "net_amount": "金额"}
        assert [file.file for file in record.files] == [str(desk.folder / "a.csv")]

    def test_says_what_it_does_step_by_step(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        codes = [code for code, _ in desk.steps]
        assert codes == ["step.open", "step.check", "step.reconcile", "step.stage", "step.lock", "step.compare",
                         "step.lines", "step.sums", "step.commit"]  # fmt: skip

    def test_of_several_files_of_one_source_is_one(self, desk):
        done = desk.take(desk.file("a.csv", JANUARY), desk.file("b.csv", FEBRUARY))
        assert [one.import_id for one in done.sources] == [1]
        assert len(history(desk.place).imports[0].files) == 2
        assert desk.money() == Decimal("330.5")

    def test_of_several_sources_is_one_for_each(self, desk):
        other = desk.file(
            "b.csv", [["K1", "2025-02-05", "1", "华东"]], header=("客户编号", "日期", "金额", "区域")
        )
        done = desk.take(desk.file("a.csv", JANUARY), other)
        assert [(one.import_id, one.source) for one in done.sources] == [(1, "a"), (2, "b")]
        assert len(history(desk.place).snapshots) == 3  # the empty lake, its tables, the import
        assert open_store(desk.place).fields == {"account_id", "account_name", "date", "net_amount", "region"}

    def test_takes_a_later_file_with_the_same_header_for_the_same_source(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        done = desk.take(desk.file("b.csv", FEBRUARY))
        assert [(one.import_id, one.source) for one in done.sources] == [(2, "a")]

    def test_keeps_two_sources_of_one_file_name_apart(self, desk):
        desk.take(desk.file("x/a.csv", JANUARY))
        done = desk.take(
            desk.file(
                "y/a.csv", [["K1", "2025-03-01", "1", "p"]], header=("客户编号", "日期", "金额", "产品编号")
            )
        )
        assert done.sources[0].source == "a (2)"

    def test_goes_by_the_name_that_a_person_gives_the_source(self, desk):
        done = desk.take(desk.file("a.csv", JANUARY), source="金蝶")
        assert done.sources[0].source == "金蝶"

    def test_keeps_lines_without_account_only_when_told(self, desk):
        file = desk.file("a.csv", [*JANUARY, ["", "2025-01-07", "9"]])
        desk.take(file, keep_unassigned=True)
        store = open_store(desk.place)
        assert store.lines().count().to_pyarrow().as_py() == 2
        assert store.lines(keep_unassigned=True).net_amount.sum().to_pyarrow().as_py() == Decimal("309.5")

    def test_of_a_ledger_in_another_currency_is_refused(self, desk):
        desk.take(desk.file("a.csv", [["K1", "2025-01-05", "¥100"]]))
        error = desk.refused(desk.file("b.csv", [["K1", "2025-02-05", "$100"]]))
        assert error.code == "currency.other"
        assert_says_everything(error)

    def test_without_a_good_row_writes_nothing(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        before = history(desk.place).snapshots
        with pytest.raises(KeyAccountError):
            desk.take(desk.file("b.csv", [["K1", "2025-02-30", "1"]]))
        assert history(desk.place).snapshots == before


class TestTheSameFile:
    def test_is_recognised(self, desk):
        file = desk.file("a.csv", JANUARY)
        desk.take(file)
        done = desk.take(file)
        assert done.snapshot is None
        assert done.sources[0].known == ((str(file), 1),)
        assert len(desk.lines()) == 2

    def test_is_recognised_by_its_content_packed_or_renamed(self, desk):
        file = desk.file("a.csv", JANUARY)
        desk.take(file)
        packed = write(desk.folder / "other.csv.gz", gzip.compress(file.read_bytes()))
        assert desk.take(packed).snapshot is None

    def test_among_new_ones_does_not_keep_them_out(self, desk):
        first = desk.file("a.csv", JANUARY)
        desk.take(first)
        done = desk.take(first, desk.file("b.csv", FEBRUARY))
        assert done.sources[0].known == ((str(first), 1),)
        assert done.sources[0].lines == 2
        assert len(desk.lines()) == 4

    def test_tells_of_its_refused_rows_once(self, desk):
        file = desk.file("a.csv", [*JANUARY, ["K3", "2025-02-30", "7"]])
        assert len(desk.take(file).refused) == 1
        assert desk.take(file).refused == ()


class TestRefusedRows:
    def test_are_kept_beside_the_store_and_come_back_mended(self, desk):
        done = desk.take(desk.file("a.csv", [*JANUARY, ["K3", "2025-01-32", "7"]]))
        (kept,) = done.refused_files
        assert kept.parent == desk.place.refused
        mended = kept.read_text(encoding="utf-8-sig").replace(",2025-01-32,7", ",2025-01-05,7")
        back = desk.take(write(desk.folder / "mended.csv", mended))
        assert [(one.source, one.lines, one.on_overlap) for one in back.sources] == [("a", 1, "add")]
        assert desk.money() == Decimal("307.5")
        desk.assert_sound()

    def test_of_a_workbook_are_one_file_a_source(self, desk):
        rows = [*JANUARY, ["K3", "没有", 7]]
        done = desk.take(write_xlsx(desk.folder / "a.xlsx", rows))
        assert len(done.refused_files) == 1
        assert read_ledger(desk.folder / "a.xlsx").report.accepted == 2


class TestManyFields:
    def test_come_back_as_they_were_read(self, desk):
        header = (
            "明细编号",
            "客户编号",
            "客户名称",
            "日期",
            "订单号",
            "产品编号",
            "数量",
            "单价",
            "金额",
            "成本",
            "运费",
            "区域",
        )
        row = ["1", "K1", "甲公司", "2025-01-05", "o1", "P1", "3", "33.5", "100.5", "60", "1.25", "华东"]
        file = desk.file(
            "a.csv",
            [row, ["2", "K1", "甲公司", "2025-01-06", "", "P2", "1", "5", "5", "", "", ""]],
            header=header,
        )
        desk.take(file, source="x")
        there = open_store(desk.place).lines().drop("import_id").order_by("row").to_pyarrow()
        read = read_ledger(file).lines.order_by("row").to_pyarrow()
        assert set(there.column_names) == set(read.column_names)
        assert there.select(read.column_names).to_pylist() == read.to_pylist()
