"""Are packed files unpacked, traps for the disk stopped, and no rubbish left behind?"""

import datetime as dt
import gzip
import tempfile
import zipfile
from decimal import Decimal

import pytest

from keyaccount.ledger import unpack

from .files import (
    accounts,
    amounts,
    error,
    lines,
    read,
    table_text,
    write,
    write_packed,
    write_parquet,
    write_xls,
    write_xlsx,
    write_zip,
)

ROWS = [("北京", "2025-01-31", "1,963.10")]
TEXT = table_text(ROWS)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """The folder in which temporary folders are made."""
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


class TestUnpack:
    @pytest.mark.parametrize("ending", ["gz", "xz", "bz2"])
    @pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16"])
    def test_reads_packed_text(self, tmp_path, ending, encoding):
        assert accounts(read(write_packed(tmp_path / f"a.csv.{ending}", TEXT.encode(encoding)))) == ["北京"]

    def test_reads_packed_workbooks_and_parquet(self, tmp_path):
        day = dt.date(2025, 1, 31)
        book = write_xlsx(tmp_path / "a.xlsx", [("C1", day, 1)])
        table = write_parquet(tmp_path / "a.parquet", account_id=["C2"], date=[day], net_amount=[2])
        assert accounts(read(write_packed(tmp_path / "a.xlsx.gz", book.read_bytes()))) == ["C1"]
        assert accounts(read(write_packed(tmp_path / "a.parquet.xz", table.read_bytes()))) == ["C2"]

    def test_reads_all_files_of_a_zip(self, tmp_path):
        day = dt.date(2025, 1, 31)
        old = write_xls(tmp_path / "a.xls", [("C2", day, 2)])
        path = write_zip(
            tmp_path / "a.zip",
            ("2025/1月.csv", TEXT.encode("gbk")),
            ("2025/2月.csv", table_text([("C1", "2025-02-01", "1")])),
            ("旧.xls", old.read_bytes()),
            ("__MACOSX/._x.csv", b"\0\1"),
            (".DS_Store", b"\0\1"),
            ("空文件夹/", b""),
        )
        ledger = read(path)
        assert lines(ledger, "account_id", "row") == [("北京", 2), ("C1", 2), ("C2", 2)]
        assert [file.place.split(" › ")[1] for file in ledger.report.files] == [
            "2025/1月.csv",
            "2025/2月.csv",
            "旧.xls [账本]",
        ]

    def test_reads_names_that_chinese_windows_wrote(self, tmp_path):
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(zipfile.ZipInfo("xxxx.csv"), TEXT)
        name = "账本".encode("gbk")
        path.write_bytes(path.read_bytes().replace(b"xxxx.csv", name + b".csv"))
        assert read(path).report.files[0].place.endswith(" › 账本.csv")

    def test_keeps_apart_two_files_of_one_name_in_a_zip(self, tmp_path):
        one, two = table_text([("C1", "2025-01-01", "1")]), table_text([("C2", "2025-01-01", "2")])
        ledger = read(write_zip(tmp_path / "a.zip", ("a.csv", one), ("a.csv", two)))
        assert amounts(ledger) == [Decimal(1), Decimal(2)]

    def test_refuses_the_same_file_twice_in_a_zip(self, tmp_path):
        assert (
            error(write_zip(tmp_path / "a.zip", ("a.csv", TEXT), ("副本/a.csv", TEXT))).code == "file.twice"
        )


class TestRefuseArchive:
    def test_refuses_a_zip_of_nothing(self, tmp_path):
        assert error(write_zip(tmp_path / "a.zip")).code == "archive.empty"
        assert error(write_zip(tmp_path / "b.zip", ("folder/", b""))).code == "archive.empty"

    @pytest.mark.parametrize("ending", ["gz", "xz", "bz2"])
    def test_refuses_a_packed_file_cut_off(self, tmp_path, ending):
        whole = write_packed(tmp_path / f"a.csv.{ending}", table_text(ROWS * 500).encode()).read_bytes()
        assert error(write(tmp_path / f"b.csv.{ending}", whole[:-12])).code == "archive.broken"

    @pytest.mark.parametrize("cut", [30, 60])
    def test_refuses_a_zip_cut_off(self, tmp_path, cut):
        whole = write_zip(tmp_path / "a.zip", ("a.csv", TEXT * 50)).read_bytes()
        assert error(write(tmp_path / "b.zip", whole[:-cut])).code == "archive.broken"

    def test_refuses_a_zip_with_a_password(self, tmp_path):
        whole = bytearray(write_zip(tmp_path / "a.zip", ("a.csv", TEXT)).read_bytes())
        # The flag that says so, in the member's header and in the directory.
        whole[6] |= 1
        whole[whole.index(b"PK\x01\x02") + 8] |= 1
        assert error(write(tmp_path / "b.zip", bytes(whole))).code == "archive.password"

    def test_refuses_zeros_however_they_are_packed(self, tmp_path):
        assert error(write_zip(tmp_path / "a.zip", ("a.csv", bytes(1 << 20)))).code == "file.binary"
        assert error(write_packed(tmp_path / "a.csv.gz", bytes(1 << 20))).code == "file.binary"

    def test_stops_unpacking_what_grows_beyond_measure(self, tmp_path, monkeypatch, desk):
        # 64 MB in reality; the same with less writing here.
        monkeypatch.setattr(unpack, "GROWTH_COUNTED_FROM", 1 << 20)
        assert error(write_zip(tmp_path / "a.zip", ("a.csv", b"0" * (8 << 20)))).code == "archive.growth"
        assert error(write_packed(tmp_path / "a.csv.gz", b"0" * (8 << 20))).code == "archive.growth"

    def test_says_which_file_of_a_zip_is_no_ledger(self, tmp_path):
        problem = error(write_zip(tmp_path / "a.zip", ("a.csv", TEXT), ("readme.txt", "hello")))
        assert "readme.txt" in problem.text("en")

    @pytest.mark.parametrize("inner", ["zip", "gz"])
    def test_says_that_an_archive_is_in_an_archive(self, tmp_path, inner):
        packed = (
            write_zip(tmp_path / "in.zip", ("a.csv", TEXT)).read_bytes()
            if inner == "zip"
            else gzip.compress(TEXT.encode())
        )
        problem = error(write_zip(tmp_path / "a.zip", (f"in.{inner}", packed)))
        assert problem.code in ("archive.nested", "file.binary")

    def test_refuses_a_folder_and_what_is_not_there(self, tmp_path):
        assert error(tmp_path).code == "file.folder"
        assert error(tmp_path / "none.csv").code == "file.missing"


class TestLeaveNothingBehind:
    @pytest.mark.parametrize(
        "content", [TEXT.encode("gbk").replace(b",", b"|"), b"", b"a,b\n1,2\n", TEXT.encode() + b"\xff\xff"]
    )
    def test_clears_its_desk_after_an_error(self, tmp_path, desk, content):
        error(write_packed(tmp_path / "a.csv.gz", content + b"\n\0"))
        assert list(desk.iterdir()) == []

    def test_clears_its_desk_after_a_bomb(self, tmp_path, desk, monkeypatch):
        monkeypatch.setattr(unpack, "GROWTH_COUNTED_FROM", 1 << 20)
        error(write_zip(tmp_path / "a.zip", ("a.csv", b"0" * (8 << 20))))
        assert list(desk.iterdir()) == []

    def test_clears_its_desk_after_use(self, tmp_path, desk):
        ledger = read(write_packed(tmp_path / "a.csv.gz", TEXT.encode("gbk")))
        assert accounts(ledger) == ["北京"]
        del ledger
        assert list(desk.iterdir()) == []
