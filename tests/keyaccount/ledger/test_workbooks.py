"""Are Excel files of all kinds read with the right sheet, types and row numbers?"""

import datetime as dt
import struct
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from openpyxl.styles import PatternFill
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from .files import (
    HEADER,
    accounts,
    amounts,
    dates,
    error,
    lines,
    read,
    refusals,
    write,
    write_csv,
    write_xls,
    write_xlsx,
)

DAY = dt.date(2025, 1, 31)
ONE_GOOD_ONE_BAD = [("C1", DAY, 1), ("C2", "bad", 2)]


class TestReadXlsx:
    def test_reads_typed_and_typed_in_values(self, tmp_path):
        rows = [
            ("C1", DAY, 1.5),
            (17850, dt.datetime.fromisoformat("2025-02-01T08:26"), "1,963.10"),
            ("00123", "2025年3月1日", -3),
        ]
        ledger = read(write_xlsx(tmp_path / "a.xlsx", rows))
        assert accounts(ledger) == ["C1", "17850", "00123"]
        assert dates(ledger) == ["2025-01-31", "2025-02-01", "2025-03-01"]
        assert amounts(ledger) == [Decimal("1.5"), Decimal("1963.1"), Decimal(-3)]

    def test_reads_dates_left_as_serial_numbers(self, tmp_path):
        ledger = read(
            write_xlsx(tmp_path / "a.xlsx", [("C1", 45688, 1), ("C2", 45689.35, 2), ("C3", 20250131, 3)])
        )
        assert dates(ledger) == ["2025-01-31", "2025-02-01", "2025-01-31"]

    def test_reads_workbooks_of_the_mac(self, tmp_path):
        path = write_xlsx(tmp_path / "a.xlsx", [])
        book = openpyxl.load_workbook(path)
        book.epoch = CALENDAR_MAC_1904
        book.active.append(["C1", DAY, 1])
        book.save(path)
        assert dates(read(path)) == ["2025-01-31"]

    def test_keeps_ids_of_sixteen_digits(self, tmp_path):
        assert accounts(read(write_xlsx(tmp_path / "a.xlsx", [(1234567890123456, DAY, 1)]))) == [
            "1234567890123456"
        ]

    def test_goes_by_content_where_the_name_lies(self, tmp_path):
        path = write_xlsx(tmp_path / "a.xlsx", [("C1", DAY, 1)])
        for name in ("a.xls", "a.csv", "a"):
            assert accounts(read(write(tmp_path / name, path.read_bytes()))) == ["C1"]
        assert accounts(read(write_csv(tmp_path / "text.xlsx", [("C2", "2025-01-01", "1")]))) == ["C2"]
        text = "客户编号\t日期\t金额\r\nC3\t2025/1/31\t1,963.10\r\n"
        assert accounts(read(write(tmp_path / "tsv.xls", text, "gbk"))) == ["C3"]
        assert accounts(read(write(tmp_path / "tsv16.xls", text, "utf-16"))) == ["C3"]

    def test_refuses_cells_of_a_merged_block_that_have_no_value(self, tmp_path):
        path = write_xlsx(tmp_path / "a.xlsx", [("C1", DAY, 1), (None, DAY, 2), ("C3", DAY, 4)])
        book = openpyxl.load_workbook(path)
        book.active.merge_cells("A2:A3")
        book.save(path)
        ledger = read(path)
        assert accounts(ledger) == ["C1", "C3"]
        assert refusals(ledger) == [(3, ["account.missing"])]

    def test_refuses_errors_and_formulas_without_value(self, tmp_path):
        rows = [("C1", DAY, "#REF!"), ("C2", DAY, "=1+1"), ("C3", DAY, True), ("C4", DAY, 4)]
        ledger = read(write_xlsx(tmp_path / "a.xlsx", rows))
        assert accounts(ledger) == ["C4"]
        assert [row.row for row in ledger.refused] == [2, 3, 4]

    def test_reads_numbers_as_numbers_beside_amounts_with_decimal_commas(self, tmp_path):
        # 1.125 is a number of the sheet, not a text of somebody who writes thousands with points.
        rows = [("C1", DAY, "12,50", 1.125), ("C2", DAY, "1.963,10", 2)]
        ledger = read(write_xlsx(tmp_path / "a.xlsx", rows, header=(*HEADER, "数量")))
        assert lines(ledger, "net_amount", "quantity") == [
            (Decimal("12.5"), Decimal("1.125")),
            (Decimal("1963.1"), Decimal(2)),
        ]


class TestRowNumbers:
    def test_counts_titles_and_blank_rows(self, tmp_path):
        rows = [(), (), ("销售明细",), (), HEADER, *ONE_GOOD_ONE_BAD, (), ("C3", DAY, "x")]
        ledger = read(write_xlsx(tmp_path / "a.xlsx", rows, header=None))
        assert lines(ledger, "account_id", "row") == [("C1", 6)]
        assert refusals(ledger) == [(7, ["date.unreadable"]), (9, ["amount.unreadable"])]
        assert ledger.report.blank == 1

    def test_counts_blank_columns_on_the_left(self, tmp_path):
        rows = [(), (None, None, *HEADER), *((None, None, *row) for row in ONE_GOOD_ONE_BAD)]
        ledger = read(write_xlsx(tmp_path / "a.xlsx", rows, header=None))
        assert [row.row for row in ledger.refused] == [4]

    @pytest.mark.parametrize("blank", [1, 2, 3, 5])
    def test_counts_blank_rows_with_a_colour(self, tmp_path, blank):
        path = write_xlsx(tmp_path / "a.xlsx", [*[()] * blank, HEADER, *ONE_GOOD_ONE_BAD], header=None)
        book = openpyxl.load_workbook(path)
        for row in range(1, blank + 1):
            book.active.cell(row, 1).fill = PatternFill("solid", fgColor="FF0000")
            book.active.row_dimensions[row].height = 30
        book.save(path)
        assert [row.row for row in read(path).refused] == [blank + 3]

    @pytest.mark.parametrize("blank", [1, 2, 3])
    def test_counts_blank_rows_with_a_height(self, tmp_path, blank):
        path = write_xlsx(tmp_path / "a.xlsx", [*[()] * blank, HEADER, *ONE_GOOD_ONE_BAD], header=None)
        book = openpyxl.load_workbook(path)
        for row in range(1, blank + 1):
            book.active.row_dimensions[row].height = 30
        book.save(path)
        assert [row.row for row in read(path).refused] == [blank + 3]

    def test_counts_from_the_first_filled_row_of_old_workbooks(self, tmp_path):
        # The format's reader does not tell how many blank rows stand above; the docs say so.
        assert [row.row for row in read(write_xls(tmp_path / "a.xls", ONE_GOOD_ONE_BAD)).refused] == [3]


class TestReadXls:
    def test_reads_old_workbooks(self, tmp_path):
        ledger = read(write_xls(tmp_path / "a.xls", [("北京", DAY, 1.5), (17850, "2025/2/1", "1,963.10")]))
        assert lines(ledger, "account_id", "net_amount") == [
            ("北京", Decimal("1.5")),
            ("17850", Decimal("1963.1")),
        ]
        assert dates(ledger) == ["2025-01-31", "2025-02-01"]


class TestChooseSheet:
    def test_takes_the_only_sheet_that_fits(self, tmp_path):
        path = write_xlsx(
            tmp_path / "a.xlsx", [("x",)], header=("说明",), sheet="说明", 明细=[HEADER, ("C1", DAY, 1)]
        )
        assert read(path).sources[0].tables[0].sheet == "明细"

    def test_asks_where_two_sheets_fit(self, tmp_path):
        path = write_xlsx(tmp_path / "a.xlsx", [("C1", DAY, 1)], sheet="一月", 二月=[HEADER, ("C2", DAY, 1)])
        problem = error(path)
        assert problem.code == "sheet.ambiguous"
        assert problem.values["sheets"] == ["一月", "二月"]
        assert accounts(read(path, sheets=("二月",))) == ["C2"]
        # A sheet a month: several may be named, or all that look like a ledger.
        assert sorted(accounts(read(path, sheets=("*",)))) == ["C1", "C2"]
        assert sorted(accounts(read(path, sheets=("一月", "二月")))) == ["C1", "C2"]

    def test_names_the_sheets_where_the_one_asked_for_is_not_there(self, tmp_path):
        problem = error(write_xlsx(tmp_path / "a.xlsx", [("C1", DAY, 1)], sheet="一月"), sheets=("三月",))
        assert problem.code == "sheet.missing"
        assert "一月" in problem.text("zh")

    def test_says_so_where_no_sheet_fits(self, tmp_path):
        path = write_xlsx(tmp_path / "a.xlsx", [("x",)], header=("说明",), b=[("a", "b"), (1, 2)])
        assert error(path).code == "sheet.none_fits"

    def test_refuses_an_empty_workbook_and_one_of_blank_rows(self, tmp_path):
        assert error(write_xlsx(tmp_path / "a.xlsx", [], header=None)).code == "sheet.empty"
        assert error(write_xlsx(tmp_path / "b.xlsx", [])).code == "file.no_rows"
        assert error(write_xlsx(tmp_path / "c.xlsx", [(" ", " ", " "), (" ",)])).code == "file.no_rows"


class TestRefuseWorkbook:
    def test_says_that_a_workbook_has_a_password(self, tmp_path):
        # What Excel writes then: an OLE file with a stream named EncryptedPackage.
        header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0")
        stream = "EncryptedPackage".encode("utf-16-le").ljust(512, b"\0")
        assert error(write(tmp_path / "a.xlsx", header + stream)).code == "file.password"

    @pytest.mark.parametrize("size", [100, 1000, 4000])
    def test_says_that_a_workbook_is_cut_off(self, tmp_path, size):
        path = write_xlsx(tmp_path / "a.xlsx", [("C1", DAY, 1)])
        assert error(write(tmp_path / "b.xlsx", path.read_bytes()[:size])).code == "archive.broken"

    @pytest.mark.parametrize("size", [100, 600, 2000, 4608])
    def test_says_that_an_old_workbook_is_cut_off(self, tmp_path, size):
        path = write_xls(tmp_path / "a.xls", [("C1", DAY, 1)])
        assert error(write(tmp_path / "b.xls", path.read_bytes()[:size])).code == "file.broken_workbook"

    def test_says_that_an_old_workbook_makes_no_sense(self, tmp_path):
        path = write_xls(tmp_path / "a.xls", [("C1", DAY, 1)])
        assert (
            error(write(tmp_path / "b.xls", path.read_bytes()[:512] + bytes(4000))).code
            == "file.broken_workbook"
        )

    def test_says_that_a_sheet_is_damaged(self, tmp_path):
        path = write_xlsx(tmp_path / "a.xlsx", [("C1", DAY, 1)])
        content = bytearray(path.read_bytes())
        with zipfile.ZipFile(path) as archive:
            sheet = archive.getinfo("xl/worksheets/sheet1.xml")
        name, extra = struct.unpack("<HH", content[sheet.header_offset + 26 : sheet.header_offset + 30])
        content[sheet.header_offset + 30 + name + extra + sheet.compress_size // 2] ^= 0xFF
        assert error(write(tmp_path / "b.xlsx", bytes(content))).code in (
            "file.broken_workbook",
            "archive.broken",
            "sheet.empty",
        )

    def test_says_that_a_document_is_no_workbook(self, tmp_path):
        path = tmp_path / "a.docx"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("[Content_Types].xml", "<x/>")
            archive.writestr("word/document.xml", "<x/>")
        assert error(path).code == "file.broken_workbook"
