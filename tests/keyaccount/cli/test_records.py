"""`keyaccount records`, as somebody at a shell would use it."""

import json

import click
import openpyxl
import pytest

from keyaccount import cli
from keyaccount.cli.records import records_command
from keyaccount.know.workbook import KINDS, read_book

SHEETS = {
    "客户": [
        ("客户编号", "客户名称", "税号"),
        ("K1", "长风轴承", None),
        ("K1", "长风集团", None),
        ("K3", "远山", "12"),
    ],
    "联系人": [("客户编号", "联系人姓名", "电话"), ("K1", "陶然", "0571-88001234")],
    "随手记": [("甲", "乙"), ("1", "2")],
}


@pytest.fixture(autouse=True)
def _with_the_command(monkeypatch):
    """Entry points are those of the installed distribution, which may be older than this source."""

    def commands(lang, _server=None):
        group = click.Group("keyaccount")
        group.add_command(records_command(lang))
        return group

    monkeypatch.setattr(cli, "commands", commands)


@pytest.fixture
def book(tmp_path):
    told = openpyxl.Workbook()
    told.remove(told.active)
    for name, rows in SHEETS.items():
        sheet = told.create_sheet(name)
        for row in rows:
            sheet.append(row)
    told.save(tmp_path / "客户资料.xlsx")
    return tmp_path / "客户资料.xlsx"


def run(capsys, *words, lang="zh"):
    code = cli.main(["records", *(str(word) for word in words), "--lang", lang])
    said = capsys.readouterr()
    return code, said.out + said.err


class TestCheck:
    def test_tells_each_row_that_cannot_come_in(self, capsys, book):
        code, said = run(capsys, "check", book)
        assert code == 1
        assert "“客户”：客户，3 行，其中 2 行有误。" in said
        assert "“联系人”：联系人，1 行，其中 0 行有误。" in said
        assert "“随手记”没有核对" in said
        assert "“客户”第 3 行：" in said
        assert "“客户”第 4 行：" in said

    def test_writes_them_to_mend_and_reads_that_again(self, capsys, book, tmp_path):
        code, _ = run(capsys, "check", book, "--out", tmp_path / "待修改.xlsx", lang="en")
        assert code == 1
        (sheet,) = read_book(tmp_path / "待修改.xlsx").sheets
        assert sheet.own_columns == SHEETS["客户"][0]
        told = openpyxl.load_workbook(tmp_path / "待修改.xlsx")
        rows = list(told["客户"].iter_rows(values_only=True))
        assert [row[0] for row in rows[1:]] == [3, 4]
        told["客户"].cell(2, 3).value, told["客户"].cell(3, 5).value = "K2", None
        told.save(tmp_path / "改好.xlsx")
        assert run(capsys, "check", tmp_path / "改好.xlsx")[0] == 0

    def test_gives_the_same_as_json(self, capsys, book):
        code, said = run(capsys, "check", book, "--json")
        told = json.loads(said)
        assert code == 1
        assert [(one["sheet"], one["kind"], one["rows"], one["refused"]) for one in told["sheets"]] == [
            ("客户", "accounts", 3, 2),
            ("联系人", "contacts", 1, 0),
        ]
        assert [(one["sheet"], one["row"]) for one in told["refused"]] == [("客户", 3), ("客户", 4)]
        assert [one["sheet"] for one in told["left_out"]] == ["随手记"]

    def test_says_what_is_wrong_with_its_words(self, capsys, book, tmp_path):
        assert run(capsys, "check", tmp_path / "none.xlsx")[0] == 2
        assert run(capsys, "check", book, "--out", tmp_path / "x.csv")[0] == 2
        assert run(capsys, "check", book, "--out", book)[0] == 2


class TestTemplate:
    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_is_a_workbook_without_fault(self, capsys, tmp_path, lang):
        assert run(capsys, "template", tmp_path / "t.xlsx", lang=lang)[0] == 0
        code, said = run(capsys, "check", tmp_path / "t.xlsx", "--json", lang=lang)
        told = json.loads(said)
        assert code == 0
        assert [one["kind"] for one in told["sheets"]] == list(KINDS)
        assert not any(one["rows"] for one in told["sheets"])
