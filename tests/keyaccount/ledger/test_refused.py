"""Can refused rows be opened, mended and read again, and is nothing written by halves?"""

import csv
import datetime as dt
import io
from decimal import Decimal

import openpyxl
import pyarrow.parquet as pq
import pytest

from keyaccount.cli import main
from keyaccount.ledger.refused import refused_workbook, rows_by_source, write_refused

from .files import (
    HEADER,
    accounts,
    amounts,
    dates,
    error,
    lines,
    read,
    write,
    write_csv,
    write_parquet,
    write_zip,
)

TOP = ",".join(HEADER) + "\n"
GOOD_AND_BAD = TOP + "C1,2025-01-01,100\nC2,2025-02-01,50\nC3,bad,7\nC4,2025-03-01,\n"


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("KEYACCOUNT_HOME", str(tmp_path / "home"))


def find(*words, lang="en"):
    return main(["find", *map(str, words), "--lang", lang])


def refused_file(tmp_path, *files, lang="en", **options):
    """The refused rows of the first source, written as `find` writes them."""
    ledger = read(*files, **options)
    path = tmp_path / "out" / "list-refused.csv"
    write_refused(path, rows_by_source(ledger.refused, ledger.sources)[0], ledger.sources[0], lang)
    return path


def table(path):
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def mended(path, change):
    """The file with `change` made to each row, as a person would with a text editor."""
    rows = table(path)
    with path.with_name("mended.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([rows[0], *(change(row) for row in rows[1:])])
    return path.with_name("mended.csv")


def with_cell(column, value):
    return lambda row: [*row[:column], value, *row[column + 1 :]]


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


class TestWriteRefused:
    def test_opens_in_excel_and_says_what_is_wrong_where(self, tmp_path, out):
        ledger = write(tmp_path / "a.csv", GOOD_AND_BAD)
        path = refused_file(tmp_path, ledger)
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        header, bad, empty = table(path)
        assert header == ["※File⟨point⟩", "※Row", "※Field", "※Value", "※Reason", *HEADER]
        assert bad[:4] == [str(ledger), "4", "date", "bad"]
        assert bad[5:] == ["C3", "bad", "7"]
        assert empty[1:3] == ["5", "net_amount"]

    def test_speaks_the_reader_s_language(self, tmp_path, out):
        path = refused_file(tmp_path, write(tmp_path / "a.csv", GOOD_AND_BAD), lang="zh")
        assert table(path)[0][:5] == ["※文件⟨point⟩", "※行号", "※字段", "※值", "※原因"]

    def test_does_no_harm_in_a_spreadsheet(self, tmp_path, out):
        ledger = write_csv(
            tmp_path / "a.csv",
            [("=1+1", "bad", "5"), ("@x", "bad", "-5"), ("-5", "bad", "-¥5"), ("C1", "2025-01-01", "1")],
        )
        path = refused_file(tmp_path, ledger)
        assert [row[5:] for row in table(path)[1:]] == [
            ["'=1+1", "bad", "5"],
            ["'@x", "bad", "-5"],
            ["-5", "bad", "'-¥5"],
        ]
        again = read(mended(path, with_cell(6, "2025-01-02")))
        assert lines(again, "account_id", "net_amount") == [("=1+1", 5), ("@x", -5), ("-5", -5)]

    def test_writes_a_file_for_each_source(self, tmp_path, out):
        one = write(tmp_path / "1.csv", TOP + "C1,2025-01-01,1\nC9,,5\n")
        two = write(tmp_path / "2.csv", "客户名称,开票日期,销售额\n北京,2025-01-01,1\n上海,,5\n")
        assert find(one, two, "--out", out / "list.csv") == 1
        assert table(out / "list-refused.csv")[0][5:] == [*HEADER]
        assert table(out / "list-refused-2.csv")[0][5:] == ["客户名称", "开票日期", "销售额"]

    def test_never_writes_over_a_file_it_has_read(self, tmp_path, out):
        path = refused_file(tmp_path, write(tmp_path / "a.csv", GOOD_AND_BAD))
        before = path.read_bytes()
        assert find(tmp_path / "a.csv", path, "--out", out / "list.csv") == 1
        assert (out / "list-refused-2.csv").exists()
        assert path.read_bytes() == before


class TestMendAndReadAgain:
    def test_reads_mended_rows_alone(self, tmp_path, out):
        path = refused_file(tmp_path, write(tmp_path / "a.csv", TOP + "C1,2025-01-01,100\nC3,bad,7\n"))
        ledger = read(mended(path, with_cell(6, "2025-01-02")))
        assert lines(ledger, "account_id", "net_amount") == [("C3", 7)]
        assert ledger.refused == ()

    def test_reads_mended_rows_together_with_the_original(self, tmp_path, out):
        original = write(tmp_path / "a.csv", TOP + "C1,2025-01-01,100\nC3,bad,7\n")
        path = refused_file(tmp_path, original)
        ledger = read(original, mended(path, with_cell(6, "2025-01-02")))
        assert ledger.report.money_accepted == 107
        assert [row.row for row in ledger.refused] == [3]

    def test_reads_rows_as_they_are_refused_again(self, tmp_path, out):
        path = refused_file(tmp_path, write(tmp_path / "a.csv", GOOD_AND_BAD))
        assert error(path).code == "file.no_good_rows"

    def test_reads_mended_rows_beside_rows_that_were_too_long_or_short(self, tmp_path, out):
        text = TOP + "C1,2025-01-01,100\nC3,bad,7\nC4,2025-01-05,8,9\nC5,2025-01-01\n"
        path = refused_file(tmp_path, write(tmp_path / "a.csv", text))
        change = {
            "C3": with_cell(6, "2025-01-02"),
            "C4": lambda row: row[:8],
            "C5": lambda row: [*row[:7], "3"],
        }
        ledger = read(mended(path, lambda row: change[row[5]](row)))
        assert lines(ledger, "account_id", "net_amount") == [("C3", 7), ("C4", 8), ("C5", 3)]

    def test_keeps_the_order_of_day_and_month(self, tmp_path, out):
        # 01/02/2025 is 1 February in this file; alone it could be 2 January.
        ledger = write_csv(tmp_path / "a.csv", [("C1", "31/01/2025", "1"), ("C2", "01/02/2025", "x")])
        assert dates(read(mended(refused_file(tmp_path, ledger), with_cell(7, "5")))) == ["2025-02-01"]

    def test_keeps_it_also_where_a_time_of_day_follows(self, tmp_path, out):
        ledger = write_csv(
            tmp_path / "a.csv", [("C1", "31/01/2025 08:00", "1"), ("C2", "01/02/2025 08:26", "x")]
        )
        assert dates(read(mended(refused_file(tmp_path, ledger), with_cell(7, "5")))) == ["2025-02-01"]

    def test_keeps_decimal_commas(self, tmp_path, out):
        ledger = write_csv(
            tmp_path / "a.csv", [("C1", "2025-01-01", "1.963,10"), ("C2", "bad", "1.000")], delimiter=";"
        )
        assert amounts(read(mended(refused_file(tmp_path, ledger), with_cell(6, "2025-01-02")))) == [
            Decimal(1000)
        ]

    def test_keeps_thousands_beside_an_amount_that_was_refused(self, tmp_path, out):
        # Alone, 12,5 would prove decimal commas and make 1.963 of 1,963.
        rows = [("C1", "2025-01-01", "1,963.10"), ("C2", "2025-01-01", "12,5"), ("C3", "bad", "1,963")]
        path = refused_file(tmp_path, write_csv(tmp_path / "a.csv", rows))
        ledger = read(mended(path, lambda row: with_cell(6, "2025-01-01")(row)))
        assert dict(lines(ledger, "account_id", "net_amount")).get("C3") == Decimal(1963)

    def test_leaves_a_refused_amount_as_it_stood(self, tmp_path, out):
        # With decimal commas 12.50 makes no sense; it must not come back as 1250.
        rows = [("C1", "2025-01-01", "1.963,10"), ("C2", "2025-01-01", "12.50")]
        ledger = write_csv(tmp_path / "a.csv", rows, delimiter=";")
        path = refused_file(tmp_path, ledger, decimal_mark="comma")
        assert table(path)[1][7] == "12.50"

    def test_reads_a_second_round(self, tmp_path, out):
        path = refused_file(tmp_path, write(tmp_path / "a.csv", GOOD_AND_BAD))
        half = mended(path, lambda row: with_cell(6, "2025-01-02")(row) if row[5] == "C3" else row)
        last = mended(refused_file(tmp_path, half), lambda row: [*row[:-1], "9"])
        assert lines(read(last), "account_id", "net_amount") == [("C4", 9)]

    def test_keeps_apart_columns_that_have_names_of_ours(self, tmp_path, out):
        ledger = write(
            tmp_path / "a.csv", "File,Row,Value,客户编号,日期,金额\nf,o1,v,C1,2025-01-01,1\nf,o2,v,C2,bad,2\n"
        )
        path = refused_file(tmp_path, ledger, columns={"order_id": "Row"})
        again = read(mended(path, with_cell(9, "2025-01-02")), columns={"order_id": "Row"})
        assert lines(again, "account_id", "order_id") == [("C2", "o2")]


class TestExitCodes:
    def test_is_0_where_all_is_well(self, tmp_path, out, capsys):
        assert find(write(tmp_path / "a.csv", TOP + "C1,2025-01-01,1\n"), "--out", out / "list.csv") == 0
        assert [path.name for path in out.iterdir()] == ["list.csv"]

    def test_is_1_where_rows_are_refused(self, tmp_path, out, capsys):
        assert find(write(tmp_path / "a.csv", GOOD_AND_BAD), "--out", out / "list.csv") == 1
        assert sorted(path.name for path in out.iterdir()) == ["list-refused.csv", "list.csv"]
        assert "“date” should be a date" in capsys.readouterr().out.replace("日期", "date")

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\xef\xbb\xbf",
            TOP.encode(),
            (TOP + ",,\n").encode(),
            (TOP + "C1,x,y\n").encode(),
            b"a,b\n1,2\n",
            bytes(5000),
            b"0" * (6 << 20),
            (TOP + "C1,2025-01-01,-5\n").encode(),
            (TOP + "C1,2090-01-01,5\n").encode(),
            (TOP + "C1,2025-01-01,many\n").encode(),
            (TOP + "C1,03/04/2019,5\nC2,04/05/2019,5\n").encode(),
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000),
            b"PK\x03\x04broken",
            b"PAR1broken",
            b"\x1f\x8bbroken",
            b"<html>",
        ],
        ids=[
            "empty",
            "mark",
            "header",
            "blank",
            "broken",
            "other",
            "zeros",
            "endless",
            "negative",
            "2090",
            "text",
            "undecidable",
            "ole",
            "zip",
            "parquet",
            "gz",
            "html",
        ],
    )
    def test_is_2_and_nothing_is_written_where_a_file_cannot_be_used(self, tmp_path, out, capsys, content):
        assert find(write(tmp_path / "账本.csv", content), "--out", out / "list.xlsx") == 2
        assert list(out.iterdir()) == []
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        assert len(captured.err.strip().splitlines()[-1]) > 20

    @pytest.mark.parametrize("content", ["C1,2025-01-01,5\n", "C1,2025-01-01,5\nC2,2025-01-01,5\n"])
    def test_is_0_for_one_customer_and_for_equal_ones(self, tmp_path, capsys, content):
        assert find(write(tmp_path / "a.csv", TOP + content)) == 0

    @pytest.mark.parametrize(
        "words",
        [
            ("--share", "2"),
            ("--share", "nan"),
            ("--share", "x"),
            ("--until", "20251301"),
            ("--until", "1900-01-01"),
            ("--date-order", "x"),
            ("--decimal", "x"),
            ("--map", "x"),
            ("--map", "x=y"),
            ("--top", "0"),
            ("--profile", "none"),
            ("--explain", "nobody"),
            ("--groups", "none.csv"),
            ("--nonsense",),
        ],
    )
    def test_is_2_where_words_are_off(self, tmp_path, out, capsys, words):
        assert (
            find(write(tmp_path / "a.csv", TOP + "C1,2025-01-01,5\n"), "--out", out / "list.csv", *words) == 2
        )
        assert list(out.iterdir()) == []

    @pytest.mark.parametrize("ending", ["csv", "xlsx", "json", "parquet"])
    def test_is_2_where_the_list_cannot_be_written(self, tmp_path, capsys, ending):
        ledger = write(tmp_path / "a.csv", GOOD_AND_BAD)
        assert find(ledger, "--out", tmp_path / "none" / f"list.{ending}") == 2
        assert not (tmp_path / "none").exists()

    def test_writes_no_refused_rows_where_the_list_cannot_take_its_place(self, tmp_path, capsys):
        (tmp_path / "folder.csv").mkdir()
        assert find(write(tmp_path / "a.csv", GOOD_AND_BAD), "--out", tmp_path / "folder.csv") == 2
        assert not (tmp_path / "folder-refused.csv").exists()

    def test_is_2_where_the_list_would_take_the_ledger_s_place(self, tmp_path, capsys):
        ledger = write(tmp_path / "a.csv", GOOD_AND_BAD)
        assert find(ledger, "--out", ledger) == 2
        assert ledger.read_text(encoding="utf-8") == GOOD_AND_BAD

    def test_writes_nothing_where_the_profile_cannot_be_saved(self, tmp_path, out, capsys):
        ledger = write(tmp_path / "a.csv", TOP + "C1,2025-01-01,5\n")
        assert find(ledger, "--out", out / "list.csv", "--save-profile", "../x") == 2
        assert list(out.iterdir()) == []

    def test_gives_the_error_as_json(self, tmp_path, capsys):
        assert find(tmp_path / "none.csv", "--json") == 2
        assert '"code": "file.missing"' in capsys.readouterr().out


class TestSameList:
    def test_is_the_same_from_every_kind_of_file(self, tmp_path, out):
        rows = [("C1", "2025-01-01", 100.0), ("C2", "2025-02-01", 50.0), ("C2", "2025-03-01", 25.5)]
        files = [
            write_csv(tmp_path / "a.csv", rows),
            write_parquet(
                tmp_path / "c.parquet", **dict(zip(HEADER, map(list, zip(*rows, strict=True)), strict=True))
            ),
            write_zip(tmp_path / "d.zip", ("a.csv", (tmp_path / "a.csv").read_bytes())),
        ]
        for file in files:
            assert find(file, "--out", out / f"{file.stem}.parquet") == 0
        lists = [pq.read_table(out / f"{file.stem}.parquet").to_pylist() for file in files]
        assert all(one == lists[0] for one in lists)
        assert accounts(read(files[0])) == ["C1", "C2", "C2"]


class TestConventionsInAMendedFile:
    """A mended file is read as its source was, whatever is said of the ledger beside it."""

    def test_keeps_decimal_commas_of_repeated_lines(self, tmp_path, out):
        header = ("客户编号", "日期", "金额", "line_id")
        rows = [("C1", "2025-01-01", "12,50", "1"), ("C2", "2025-01-02", "1.963", "1")]
        path = refused_file(tmp_path, write_csv(tmp_path / "a.csv", rows, header=header, delimiter=";"))
        assert lines(read(mended(path, with_cell(8, "2"))), "account_id", "net_amount") == [("C2", 1963)]

    def test_keeps_units_of_ten_thousand(self, tmp_path, out):
        header = ("客户编号", "日期", "金额(万元)")
        rows = [("C1", "2025-01-01", "12,50"), ("C2", "bad", "1.963")]
        path = refused_file(tmp_path, write_csv(tmp_path / "a.csv", rows, header=header, delimiter=";"))
        assert lines(read(mended(path, with_cell(6, "2025-01-02"))), "net_amount") == [(19_630_000,)]

    def test_refuses_an_amount_again_that_nobody_mended(self, tmp_path, out):
        rows = [("C1", "2025-01-01", "12.5"), ("C2", "2025-01-02", "12,5"), ("C3", "bad", "1,963")]
        path = refused_file(tmp_path, write_csv(tmp_path / "a.csv", rows))
        ledger = read(mended(path, lambda cells: [*cells[:6], "2025-01-03", *cells[7:]]))
        assert lines(ledger, "account_id", "net_amount") == [("C3", 1963)]
        assert [row.problems[0].code for row in ledger.refused] == ["amount.unreadable"]


class TestRefusedWorkbook:
    def workbook(self, tmp_path, text, name="a.csv"):
        path = refused_file(tmp_path, write(tmp_path / name, text))
        assert refused_workbook(path, path.with_suffix(".xlsx"))
        return path.with_suffix(".xlsx")

    def mended(self, book, row, column, value):
        opened = openpyxl.load_workbook(book)
        opened.active.cell(row, column).value = value
        opened.save(book)
        return book

    def test_is_mended_and_read_again_as_its_source_is(self, tmp_path, out):
        # Decimal commas and the day first; 1.234 is a thousand and more, 0012 an account.
        text = (
            "客户编号;开票日期;销售额\n0012;31.01.2025;1.234,50\n0012;45.01.2025;1.234\n=1+1;01.02.2025;x\n"
        )
        book = self.mended(self.workbook(tmp_path, text), 2, 7, "25.01.2025")
        again = read(self.mended(book, 3, 8, "2,5"))
        assert again.refused == ()
        assert lines(again, "account_id", "date", "net_amount") == [
            ("0012", dt.date(2025, 1, 25), 1234),
            ("=1+1", dt.date(2025, 2, 1), Decimal("2.5")),
        ]

    def test_runs_no_formula(self, tmp_path, out):
        book = self.workbook(tmp_path, TOP + "=1+1,bad,5\nC1,2025-01-01,1\n")
        cells = [cell for row in openpyxl.load_workbook(book).active.iter_rows() for cell in row]
        assert {cell.data_type for cell in cells} <= {"s", "n"}  # "n": nothing in it

    def test_that_does_not_fit_a_sheet_is_not_written(self, tmp_path, out):
        path = refused_file(
            tmp_path, write(tmp_path / "a.csv", TOP + f"{'x' * 40_000},bad,5\nC1,2025-01-01,1\n")
        )
        assert not refused_workbook(path, path.with_suffix(".xlsx"))
        assert not path.with_suffix(".xlsx").exists()
