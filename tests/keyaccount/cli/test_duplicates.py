"""`keyaccount duplicates`, as somebody at a shell would use it."""

import csv
import json

import click
import openpyxl
import pytest

from keyaccount import cli
from keyaccount.cli.duplicates import duplicates_command

ACCOUNTS = """客户编号,客户名称,统一社会信用代码,联系电话
K1,温州瀚璞机械有限公司,,0571-87654321
K2,瀚璞机械有限公司,,+86 571 87654321
K3,煜宸电器有限公司,,
"""


@pytest.fixture(autouse=True)
def _with_the_command(monkeypatch):
    """Entry points are those of the installed distribution, which may be older than this source."""

    def commands(lang, _server=None):
        group = click.Group("keyaccount")
        group.add_command(duplicates_command(lang))
        return group

    monkeypatch.setattr(cli, "commands", commands)


@pytest.fixture
def accounts(tmp_path):
    file = tmp_path / "客户.csv"
    file.write_text(ACCOUNTS, encoding="utf-8")
    return file


def run(capsys, *words):
    code = cli.main(["duplicates", *(str(word) for word in words)])
    told = capsys.readouterr()
    return code, told.out, told.err


class TestDuplicates:
    def test_tells_how_many_and_why(self, accounts, capsys):
        code, out, _ = run(capsys, accounts, "--lang", "zh")
        assert code == 0
        assert "3 家客户中，有 1 对可能是同一家。" in out
        assert "0.91" in out  # 1 − 0.15 × 0.6
        assert "电话相同" in out

    def test_gives_json(self, accounts, capsys):
        code, out, _ = run(capsys, accounts, "--json", "--lang", "en")
        (pair,) = json.loads(out)["pairs"]
        assert (code, pair["account_id"], pair["other_id"]) == (0, "K1", "K2")
        assert pair["reasons"].startswith("one of the names has no place")

    def test_leaves_out_what_is_below_least(self, accounts, capsys):
        _, out, _ = run(capsys, accounts, "--json", "--least", "0.95")
        assert json.loads(out)["pairs"] == []

    def test_writes_csv_and_xlsx_alike(self, accounts, tmp_path, capsys):
        for name in ("对.csv", "对.xlsx"):
            assert run(capsys, accounts, "--out", tmp_path / name, "--lang", "zh")[0] == 0
        with (tmp_path / "对.csv").open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream))
        sheet = openpyxl.load_workbook(tmp_path / "对.xlsx").active
        assert [[str(cell) for cell in row] for row in sheet.values] == rows
        assert rows[1][:2] == ["0.91", "K1"]

    def test_takes_columns_named_by_hand(self, tmp_path, capsys):
        file = tmp_path / "other.csv"
        file.write_text("no,who\n1,瀚璞机械\n2,瀚璞 机械\n", encoding="utf-8")
        code, out, _ = run(capsys, file, "--map", "account_id=no", "--map", "account_name=who", "--json")
        assert (code, len(json.loads(out)["pairs"])) == (0, 1)

    def test_finds_those_of_the_demo(self, capsys):
        code, out, _ = run(capsys, "--demo", "--json")
        assert (code, len(json.loads(out)["pairs"])) == (0, 25)


class TestErrors:
    @pytest.mark.parametrize(
        "words",
        [
            (),
            ("x.csv", "--demo"),
            ("missing.csv",),
            ("--demo", "--least", "much"),
            ("--demo", "--least", "0.1"),
            ("--demo", "--out", "x.pdf"),
        ],
    )
    def test_are_told_and_nothing_is_done(self, words, capsys):
        code, out, err = run(capsys, *words)
        assert (code, out) == (2, "")
        assert err

    def test_of_rows_without_a_name_are_counted(self, tmp_path, capsys):
        file = tmp_path / "a.csv"
        file.write_text("客户编号,客户名称\n1,瀚璞机械\n2,\n", encoding="utf-8")
        code, out, _ = run(capsys, file, "--lang", "zh")
        assert code == 1
        assert "有 1 行没有读入，例如第 3 行" in out
