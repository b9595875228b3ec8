"""Are the rows of a csv told apart rightly, and is no row lost where they cannot be?"""

from decimal import Decimal

import pytest

from .files import HEADER, accounts, amounts, error, lines, read, refusals, table_text, write, write_csv

TOP = ",".join(HEADER) + "\n"
WIDE = "客户编号,品名,日期,金额\n"


class TestReadCsv:
    @pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
    def test_finds_the_delimiter(self, tmp_path, delimiter):
        path = write_csv(
            tmp_path / "a.csv", [("C1", "2025-01-31", "100"), ("C2", "2025-02-01", "2")], delimiter=delimiter
        )
        ledger = read(path)
        assert ledger.report.files[0].delimiter == delimiter
        assert amounts(ledger) == [Decimal(100), Decimal(2)]

    def test_is_not_misled_by_commas_in_names(self, tmp_path):
        header = ("客户编号", "客户名称", "日期", "金额")
        rows = [("C1", "A, Inc", "2025-01-01", "1,963"), ("C2", "B, Inc", "2025-01-01", "2,963")]
        ledger = read(write_csv(tmp_path / "a.txt", rows, header=header, delimiter="\t"))
        assert amounts(ledger) == [Decimal(1963), Decimal(2963)]

    @pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
    def test_reads_every_kind_of_line_end(self, tmp_path, line_end):
        path = write_csv(
            tmp_path / "a.csv", [("C1", "2025-01-31", "1"), ("C2", "2025-02-01", "2")], line_end=line_end
        )
        assert lines(read(path), "account_id", "row") == [("C1", 2), ("C2", 3)]

    def test_reads_a_last_row_without_line_end(self, tmp_path):
        assert accounts(read(write(tmp_path / "a.csv", TOP + "C1,2025-01-01,5"))) == ["C1"]

    def test_reads_a_single_row(self, tmp_path):
        assert amounts(read(write(tmp_path / "a.csv", TOP + "C1,2025-01-01,5\n"))) == [Decimal(5)]

    def test_reads_cells_with_line_breaks_as_excel_does(self, tmp_path):
        ledger = read(write(tmp_path / "a.csv", TOP + '"C1\nx",2025-01-01,1\nC2,bad,2\nC3,2025-01-03,4\n'))
        assert lines(ledger, "account_id", "row") == [("C1\nx", 2), ("C3", 4)]
        assert refusals(ledger) == [(3, ["date.unreadable"])]

    def test_counts_rows_as_excel_does_where_lines_are_blank(self, tmp_path):
        ledger = read(
            write(tmp_path / "a.csv", TOP + '"C1\nx",2025-01-01,1\n\nC2,bad,2\n,,\nC3,2025-01-03,4\n')
        )
        assert lines(ledger, "account_id", "row") == [("C1\nx", 2), ("C3", 6)]
        assert refusals(ledger) == [(4, ["date.unreadable"])]
        assert ledger.report.blank == 2

    def test_finds_the_header_below_titles(self, tmp_path):
        text = "销售明细表,,\n制表人：张三,,\n" + TOP + "C1,2025-01-31,100\nC3,bad,1\n"
        ledger = read(write(tmp_path / "a.csv", text))
        assert lines(ledger, "account_id", "row") == [("C1", 4)]
        assert refusals(ledger) == [(5, ["date.unreadable"])]

    def test_reads_an_export_of_300_columns(self, tmp_path):
        header = [*HEADER, *(f"列{number}" for number in range(297))]
        ledger = read(write_csv(tmp_path / "a.csv", [["C1", "2025-01-01", "1", *["x"] * 297]], header=header))
        assert amounts(ledger) == [Decimal(1)]
        assert len(ledger.report.files[0].unused) == 297

    def test_numbers_rows_rightly_in_a_file_of_many_chunks(self, tmp_path):
        days = ("2025-01-01", "x")
        rows = [(f"C{row}", days[row % 20_000 == 0], "1") for row in range(2, 80_002)]
        ledger = read(write_csv(tmp_path / "a.csv", rows))
        table = ledger.lines
        assert table.filter(table.account_id != "C" + table.row.cast("string")).count().execute() == 0
        assert [(one.row, one.cells[0]) for one in ledger.refused] == [
            (row, f"C{row}") for row in range(20_000, 80_001, 20_000)
        ]

    @pytest.mark.parametrize("above", ["", "\n"])
    def test_reads_a_very_long_cell(self, tmp_path, above):
        long = "备注" * 100_000
        ledger = read(
            write(tmp_path / "a.csv", WIDE + above + f"C1,{long},2025-01-01,1\nC2,x,2025-01-02,2\n")
        )
        assert lines(ledger, "product_name", "net_amount") == [(long, Decimal(1)), ("x", Decimal(2))]

    @pytest.mark.parametrize(
        ("name", "other"),
        [("账本[1].csv", "账本1.csv"), ("账本?.csv", "账本2.csv"), ("账本*.csv", "账本3.csv")],
    )
    def test_reads_the_file_named_and_no_other(self, tmp_path, name, other):
        write(tmp_path / other, TOP + "WRONG,2025-01-01,1\n")
        assert accounts(read(write(tmp_path / name, TOP + "RIGHT,2025-01-01,1\n"))) == ["RIGHT"]

    def test_reads_a_file_with_a_quote_in_its_name(self, tmp_path):
        assert accounts(read(write(tmp_path / "it's.csv", TOP + "C1,2025-01-01,1\n"))) == ["C1"]


class TestRefuseMalformedRows:
    def test_refuses_rows_with_too_many_and_too_few_cells(self, tmp_path):
        text = TOP + "C1,2025-01-01,1,9\nC2,2025-01-01\nC3,2025-01-01,4\n"
        ledger = read(write(tmp_path / "a.csv", text))
        assert refusals(ledger) == [(2, ["row.columns"]), (3, ["row.columns"])]
        assert lines(ledger, "account_id", "row") == [("C3", 4)]

    def test_takes_empty_cells_beyond_the_header_for_nothing(self, tmp_path):
        ledger = read(write(tmp_path / "a.csv", TOP + "C1,2025-01-01,1,,\nC2,2025-01-01,2\n"))
        assert accounts(ledger) == ["C1", "C2"]

    def test_refuses_a_last_row_cut_off(self, tmp_path):
        ledger = read(write(tmp_path / "a.csv", TOP + "C1,2025-01-01,1\nC2,2025-0"))
        assert accounts(ledger) == ["C1"]
        assert refusals(ledger) == [(3, ["row.columns"])]

    def test_loses_only_the_row_whose_quote_never_closes(self, tmp_path):
        text = (
            TOP + 'C0,2025-01-01,64\n"C1,2025-01-01,1\nC2,2025-01-01,2\n"C4",2025-01-01,8\nC6,2025-01-01,32\n'
        )
        ledger = read(write(tmp_path / "a.csv", text))
        assert refusals(ledger) == [(3, ["row.quote"])]
        assert lines(ledger, "account_id", "row") == [("C0", 2), ("C2", 4), ("C4", 5), ("C6", 6)]

    def test_swallows_no_rows_between_two_quotes_that_never_close(self, tmp_path):
        text = TOP + '"C1,2025-01-01,1\nC2,2025-01-01,2\nC3,2025-01-01,4\n'
        text += '"C4",2025-01-01,8\n"C5,2025-01-01,16\nC6,2025-01-01,32\n'
        ledger = read(write(tmp_path / "a.csv", text))
        assert refusals(ledger) == [(2, ["row.quote"]), (6, ["row.quote"])]
        assert lines(ledger, "account_id", "row") == [("C2", 3), ("C3", 4), ("C4", 5), ("C6", 7)]

    def test_swallows_no_rows_between_quotes_in_the_last_column(self, tmp_path):
        text = '日期,金额,客户编号\n2025-01-01,1,"C1\n2025-01-01,2,C2\n2025-01-01,4,"C3\n2025-01-01,8,C4\n'
        ledger = read(write(tmp_path / "a.csv", text))
        assert refusals(ledger) == [(2, ["row.quote"]), (4, ["row.quote"])]
        assert lines(ledger, "account_id", "row") == [("C2", 3), ("C4", 5)]

    def test_refuses_an_open_quote_above_many_rows(self, tmp_path):
        ledger = read(write(tmp_path / "a.csv", TOP + '"C1,2025-01-01,1\n' + "C2,2025-01-01,2\n" * 60))
        assert refusals(ledger) == [(2, ["row.quote"])]
        assert ledger.report.accepted == 60

    @pytest.mark.parametrize("above", ["", "\n"])
    def test_takes_inch_marks_for_what_they_are(self, tmp_path, above):
        rows = [
            'C1,5" 管,2025-01-01,1',
            "C2,x,2025-01-01,2",
            "C3,x,2025-01-01,4",
            'C4,6" 管,2025-01-01,8',
            "C5,x,2025-01-01,16",
        ]
        ledger = read(write(tmp_path / "a.csv", WIDE + above + "\n".join(rows) + "\n"))
        first = 2 + len(above)
        assert lines(ledger, "account_id", "row") == [
            (f"C{number}", first + number - 1) for number in range(1, 6)
        ]

    def test_takes_a_single_inch_mark_for_what_it_is(self, tmp_path):
        ledger = read(write(tmp_path / "a.csv", WIDE + '\nC1,5" 管,2025-01-01,1\nC2,x,2025-01-01,2\n'))
        assert lines(ledger, "account_id", "product_name") == [("C1", '5" 管'), ("C2", "x")]

    def test_neither_loses_nor_invents_a_row_whatever_is_broken(self, tmp_path):
        rows = [
            "C1,2025-01-01,1",
            "C2,2025-01-01",
            "",
            'C"3,2025-01-01,3',
            "C4,2025-01-01,4,x",
            "C5,x,5",
            '"C6",2025-01-01,"6"',
            "C7,2025",
        ]
        ledger = read(write(tmp_path / "a.csv", TOP + "\n".join(rows)))
        seen = [row for (row,) in lines(ledger, "row")] + [row.row for row in ledger.refused]
        assert sorted(seen) == [2, 3, 5, 6, 7, 8, 9]
        assert ledger.report.blank == 1


class TestRefuseFile:
    def test_refuses_a_header_without_rows(self, tmp_path):
        assert error(write(tmp_path / "a.csv", TOP)).code == "file.no_rows"

    @pytest.mark.parametrize("rows", ["\n\n", ",,\n,,\n", ' , ,"\u00a0"\n'])
    def test_refuses_a_header_with_blank_rows_only(self, tmp_path, rows):
        assert error(write(tmp_path / "a.csv", TOP + rows)).code == "file.no_rows"

    def test_says_what_is_wrong_with_a_row_where_none_is_good(self, tmp_path):
        problem = error(write(tmp_path / "a.csv", TOP + "C1,x,1\nC2,x,2\n"))
        assert problem.code == "file.no_good_rows"
        assert "“x”" in problem.text("en")

    def test_refuses_a_line_that_never_ends(self, tmp_path):
        assert error(write(tmp_path / "a.csv", b"0" * (6 << 20))).code == "file.line_too_long"

    @pytest.mark.parametrize(
        "page",
        ["<html><table>", " \n<HTML>", "<!DOCTYPE html>", "<!-- --><table>", "<div><table>", "<head></head>"],
    )
    def test_knows_a_web_page_in_disguise(self, tmp_path, page):
        assert error(write(tmp_path / "a.xls", page + "<tr><td>客户</td></tr>", "gbk")).code == "file.markup"

    def test_knows_a_web_page_in_utf16(self, tmp_path):
        assert (
            error(write(tmp_path / "a.xls", "<html><table>客户</table></html>", "utf-16")).code
            == "file.markup"
        )

    def test_refuses_no_files_at_all(self):
        error()


class TestSpreadsheetTricks:
    def test_takes_a_formula_for_the_text_that_it_makes(self, tmp_path):
        # How other programs keep the zeros of an id when Excel opens their csv.
        assert accounts(read(write(tmp_path / "a.csv", TOP + '="00123",2025-01-01,1\n'))) == ["00123"]

    def test_keeps_names_that_begin_like_formulas(self, tmp_path):
        ledger = read(
            write_csv(
                tmp_path / "a.csv",
                [("=1+1", "2025-01-01", "1"), ("'=x", "2025-01-01", "2"), ("@y", "2025-01-01", "3")],
            )
        )
        assert accounts(ledger) == ["=1+1", "=x", "@y"]

    def test_keeps_the_zeros_of_ids_and_drops_those_of_floats(self, tmp_path):
        ids = ["17850.0", "00123", "17850", "1.5", "-3.0", "A.0"]
        ledger = read(write(tmp_path / "a.csv", table_text([(one, "2025-01-01", "1") for one in ids])))
        assert accounts(ledger) == ["17850", "00123", "17850", "1.5", "-3", "A.0"]

    def test_drops_the_zeros_of_floats_from_names_that_are_the_key(self, tmp_path):
        path = write_csv(
            tmp_path / "a.csv",
            [("17850.0", "2025-01-01", "1"), ("17850", "2025-01-01", "2")],
            header=("客户名称", "日期", "金额"),
        )
        assert accounts(read(path)) == ["17850", "17850"]
