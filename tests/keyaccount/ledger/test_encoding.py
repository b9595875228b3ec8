"""Is the text of a csv read in the encoding that it was written in, and garbled text never taken?"""

import pytest

from .files import HEADER, accounts, error, lines, read, table_text, write, write_csv

ROWS = [("北京华联", "2025-01-31", "1963.10"), ("上海百联", "2025-02-28", "50.5")]


class TestReadCsv:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
    def test_reads_what_office_programs_write(self, tmp_path, encoding):
        ledger = read(write_csv(tmp_path / "a.csv", ROWS, encoding=encoding))
        assert accounts(ledger) == ["北京华联", "上海百联"]

    def test_says_in_which_encoding_it_was_read(self, tmp_path):
        ledger = read(write_csv(tmp_path / "a.csv", ROWS, encoding="gbk"))
        assert ledger.report.files[0].encoding == "gb18030"

    def test_reads_big_endian_utf16(self, tmp_path):
        text = table_text(ROWS)
        ledger = read(write(tmp_path / "a.csv", b"\xfe\xff" + text.encode("utf-16-be")))
        assert accounts(ledger) == ["北京华联", "上海百联"]

    def test_reads_the_word_that_fools_notepad(self, tmp_path):
        # 联通 in GBK looks like UTF-8 to a lenient reader.
        ledger = read(write_csv(tmp_path / "a.csv", [("联通", "2025-01-01", "1")], encoding="gbk"))
        assert accounts(ledger) == ["联通"]

    def test_reads_characters_of_four_bytes(self, tmp_path):
        ledger = read(write_csv(tmp_path / "a.csv", [("𠮷野家😀", "2025-01-01", "1")], encoding="gb18030"))
        assert accounts(ledger) == ["𠮷野家😀"]

    def test_keeps_apart_gbk_files_of_one_name_in_two_folders(self, tmp_path):
        one = write_csv(tmp_path / "1月" / "账本.csv", [("甲", "2025-01-01", "1")], encoding="gbk")
        two = write_csv(tmp_path / "2月" / "账本.csv", [("乙", "2025-02-01", "20")], encoding="gbk")
        assert accounts(read(one, two)) == ["甲", "乙"]

    def test_keeps_a_character_that_stands_on_a_chunk_border(self, tmp_path):
        rows = [(f"北京公司{number:05}", "2025-01-01", "1") for number in range(60_000)]
        ledger = read(write_csv(tmp_path / "a.csv", rows, encoding="gbk"))
        assert ledger.lines.account_id.nunique().execute() == 60_000
        assert ledger.lines.filter(ledger.lines.account_id.startswith("北京公司")).count().execute() == 60_000


class TestRefuseEncoding:
    def test_does_not_take_a_western_file_for_chinese(self, tmp_path):
        rows = [("Müller GmbH", "2025-01-31", "1"), ("Köln Öl", "2025-01-31", "2")]
        path = write_csv(tmp_path / "a.csv", rows, header=("customer", "date", "amount"), encoding="cp1252")
        assert error(path).code == "encoding.unknown"

    def test_refuses_a_gbk_file_cut_in_mid_character(self, tmp_path):
        problem = error(write(tmp_path / "a.csv", (table_text(ROWS) + "北京").encode("gbk")[:-1]))
        assert problem.code == "encoding.cut"
        assert problem.values["line"] == 4

    def test_does_not_call_a_cut_utf8_file_two_files_in_one(self, tmp_path):
        problem = error(write(tmp_path / "a.csv", (table_text(ROWS) + "北京").encode()[:-1]))
        assert problem.code == "encoding.cut"
        assert problem.values["line"] == 4

    def test_refuses_utf16_cut_in_mid_character(self, tmp_path):
        assert (
            error(write(tmp_path / "a.csv", table_text(ROWS).encode("utf-16")[:-1])).code
            == "encoding.unknown"
        )

    def test_refuses_utf16_without_its_mark(self, tmp_path):
        assert error(write(tmp_path / "a.csv", table_text(ROWS), "utf-16-le")).code == "file.binary"

    def test_names_the_lines_of_a_file_in_two_encodings(self, tmp_path):
        gbk, utf8 = table_text(ROWS[:1]).encode("gbk"), "广州友谊商店,2025-01-01,1\n".encode()
        problem = error(write(tmp_path / "a.csv", gbk + utf8))
        assert problem.code == "encoding.mixed"
        assert problem.values["utf8_line"] == 3

    @pytest.mark.parametrize("name", ["北京", "广州", "友谊"])
    def test_never_takes_garbled_names_for_names(self, tmp_path, name):
        # Two characters of UTF-8 are three pairs of bytes, which GBK takes without complaint.
        gbk, utf8 = table_text(ROWS[:1]).encode("gbk"), f"{name},2025-01-01,1\n".encode()
        assert error(write(tmp_path / "a.csv", gbk + utf8)).code == "encoding.mixed"

    def test_refuses_gbk_rows_behind_a_mark_of_utf8(self, tmp_path):
        header, row = b"\xef\xbb\xbfcustomer_id,date,amount\n", "北京华联,2025-01-01,1\n".encode("gbk")
        assert error(write(tmp_path / "a.csv", header + row)).code in ("encoding.mixed", "encoding.unknown")

    def test_refuses_zero_bytes_at_the_start_and_far_below(self, tmp_path):
        top, rows = ",".join(HEADER) + "\n", "C1,2025-01-01,5\n" * 1000
        assert error(write(tmp_path / "a.csv", top + "C\0,2025-01-01,5\n")).code == "file.binary"
        assert error(write(tmp_path / "b.csv", top + rows + "C\0,2025-01-01,5\n")).code == "file.binary"

    @pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n", b"\xff\xfe", b"\xfe\xff", b" \r\n\t"])
    def test_calls_a_file_of_nothing_empty(self, tmp_path, content):
        assert error(write(tmp_path / "a.csv", content)).code == "file.empty"


class TestHiddenCharacters:
    def test_passes_over_a_byte_order_mark_in_the_middle(self, tmp_path):
        text = table_text([("C1", "2025-01-01", "1"), ("\ufeffC2", "2025-01-02", "2")])
        assert lines(read(write(tmp_path / "a.csv", "\ufeff" + text)), "account_id", "row") == [
            ("C1", 2),
            ("C2", 3),
        ]

    def test_refuses_the_header_of_a_second_file_in_the_middle(self, tmp_path):
        text = table_text([("C1", "2025-01-01", "1")])
        ledger = read(write(tmp_path / "a.csv", "\ufeff" + text + "\ufeff" + text.replace("C1", "C2")))
        assert accounts(ledger) == ["C1", "C2"]
        assert [row.row for row in ledger.refused] == [3]

    @pytest.mark.parametrize("mark", ["\u200b", "\u200e", "\ufeff", "\u00a0"])
    def test_knows_a_column_in_spite_of_invisible_characters(self, tmp_path, mark):
        text = table_text([("C1", "2025-01-01", "1")], header=(f"客户{mark}编号", "日期", f"金额{mark}"))
        assert accounts(read(write(tmp_path / "a.csv", text))) == ["C1"]
