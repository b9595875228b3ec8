"""`keyaccount find`, as somebody at a shell would use it."""

import csv
import json
import subprocess
import sys
import zipfile

import openpyxl
import pyarrow.parquet as pq
import pytest

from keyaccount.cli import main

LEDGER = """客户编号,客户名称,订单日期,订单号,销售额,成本
K1,甲公司,2025-01-15,1,600.00,400
K1,甲公司,2025-04-15,2,"1,200.50",900
K1,甲公司,2025-07-15,3,600,400
K1,甲公司,2025-12-31,4,600,400
K2,乙公司,2025-03-01,5,900,950
K2,乙公司,2025-05-01,6,900,950
K2,乙公司,2025-08-01,7,90,95
K2,乙公司,2025-09-01,8,90,95
K3,丙公司,2025-02-01,9,50,40
"""
BROKEN = (
    LEDGER + "K4,丁公司,2025-02-30,10,70,50\n,无名,2025-02-01,11,80,50\nK5,戊公司,2025-02-01,12,面议,50\n"
)


@pytest.fixture
def ledger(tmp_path):
    file = tmp_path / "账本.csv"
    file.write_text(LEDGER, encoding="utf-8")
    return file


@pytest.fixture
def broken(tmp_path):
    file = tmp_path / "broken.csv"
    file.write_text(BROKEN, encoding="utf-8")
    return file


def run(capsys, *words):
    code = main([str(word) for word in words])
    told = capsys.readouterr()
    return code, told.out, told.err


def rows_of(file):
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


class TestFind:
    def test_tells_the_answer_first(self, ledger, capsys):
        code, out, err = run(capsys, "find", ledger)
        assert code == 0
        # 3000.50 + 1980 + 50 = 5030.50; before K2 3000.50 < 4024.40, before K3 not.
        assert (
            out.splitlines()[0]
            == "2025 年的 3 家客户中，2 家带来 80% 的销售额；其中 1 家是大客户，1 家不赚钱。"
        )
        assert "与文件完全一致" in out
        assert "读取" in err

    def test_speaks_english(self, ledger, capsys):
        _, out, _ = run(capsys, "find", ledger, "--lang", "en")
        assert out.splitlines()[0] == "Of 3 accounts in 2025, 2 bring 80% of the sales: 1 key, 1 profitless."

    def test_says_how_the_columns_were_understood(self, ledger, capsys):
        _, out, _ = run(capsys, "find", ledger)
        assert "net_amount=销售额" in out

    def test_writes_a_csv_that_excel_opens(self, ledger, tmp_path, capsys):
        out = tmp_path / "list.csv"
        assert run(capsys, "find", ledger, "--out", out)[0] == 0
        assert out.read_bytes().startswith(b"\xef\xbb\xbf")
        rows = rows_of(out)
        wanted = (
            "account_id account_name sales profit cost_to_serve orders order_days active_months largest_order_share sales_rank "
            "sales_share sales_running_share profit_rank profit_running_share in_set verdict reasons"
        )
        assert list(rows[0])[:17] == wanted.split()
        assert [(row["account_id"], row["sales"], row["profit"], row["verdict"]) for row in rows] == [
            ("K1", "3000.5000", "900.5000", "key"),
            ("K2", "1980.0000", "-110.0000", "profitless"),
            ("K3", "50.0000", "10.0000", "ordinary"),
        ]
        assert not (tmp_path / "list-refused.csv").exists()

    def test_prints_a_pdf_by_its_ending(self, ledger, tmp_path, capsys):
        code, out, _ = run(capsys, "find", ledger, "--out", tmp_path / "名单.PDF")
        assert code == 0
        assert "名单.PDF" in out
        assert (tmp_path / "名单.PDF").read_bytes().startswith(b"%PDF-")

    def test_gives_the_same_figures_in_every_format(self, ledger, tmp_path, capsys):
        for ending in ("csv", "xlsx", "json", "parquet"):
            assert run(capsys, "find", ledger, "--out", tmp_path / f"list.{ending}")[0] == 0
        from_csv = [
            (row["account_id"], float(row["sales"]), row["verdict"], row["reasons"])
            for row in rows_of(tmp_path / "list.csv")
        ]
        parquet = pq.read_table(tmp_path / "list.parquet").to_pylist()
        assert [
            (row["account_id"], float(row["sales"]), row["verdict"], row["reasons"]) for row in parquet
        ] == from_csv
        told = json.loads((tmp_path / "list.json").read_text(encoding="utf-8"))
        texts = ["；".join(reason["text"] for reason in row["reasons"]) for row in told["accounts"]]
        assert [
            (row["account_id"], row["sales"], row["verdict"], text)
            for row, text in zip(told["accounts"], texts, strict=True)
        ] == from_csv
        sheet = openpyxl.load_workbook(tmp_path / "list.xlsx")["accounts"]
        head, *rows = sheet.iter_rows(values_only=True)
        workbook = [dict(zip(head, row, strict=True)) for row in rows]
        assert [
            (row["account_id"], row["sales"], row["verdict"], row["reasons"]) for row in workbook
        ] == from_csv

    def test_prints_json(self, ledger, capsys):
        code, out, _ = run(capsys, "find", ledger, "--json")
        told = json.loads(out)
        assert code == 0
        assert told["summary"]["sales"] == 5030.5
        assert told["summary"]["verdicts"] == {
            "key": 1,
            "profitless": 1,
            "one_time": 0,
            "big_ticket": 0,
            "rising": 0,
            "ordinary": 1,
        }
        assert told["read"]["reconciles"] is True
        assert [file["file"] for file in told["run"]["files"]] == [str(ledger)]
        assert told["accounts"][1]["reasons"][0]["code"] == "reason.profitless"

    def test_explains_an_account_by_id_or_name(self, ledger, capsys):
        by_id = run(capsys, "find", ledger, "--explain", "K1")[1]
        assert by_id == run(capsys, "find", ledger, "--explain", "甲公司")[1]
        assert "3,000.50 元" in by_id
        assert "2025-04" in by_id
        assert "这些" not in by_id.splitlines()[0]
        assert "4 行账本" in by_id

    def test_names_near_accounts_for_one_that_is_not_there(self, ledger, capsys):
        code, _, err = run(capsys, "find", ledger, "--explain", "甲")
        assert code == 2
        assert "甲公司" in err

    def test_runs_on_the_demo(self, capsys, tmp_path):
        code, out, _ = run(capsys, "find", "--demo", "--out", tmp_path / "demo.xlsx")
        assert code == 0
        assert out.splitlines()[1].startswith(
            "2025 年的 1,849 家客户中，377 家带来 80% 的销售额；其中 328 家是大客户，25 家不赚钱"
        )
        book = openpyxl.load_workbook(tmp_path / "demo.xlsx")
        assert book.sheetnames == [
            "摘要",
            "名单",
            "集中度",
            "不赚钱",
            "大单",
            "一次性团购",
            "上升",
            "三年对比",
            "失去最大的十家",
            "利润曲线",
            "区域",
            "行业",
            "渠道",
            "被拒绝的行",
            "设置",
            "accounts",
        ]
        assert [book[name].max_row - 1 for name in ("名单", "不赚钱", "大单", "一次性团购", "上升")] == [
            377,
            25,
            9,
            15,
            40,
        ]
        with zipfile.ZipFile(tmp_path / "demo.xlsx") as archive:
            charts = [name for name in archive.namelist() if name.startswith("xl/charts/chart")]
        # The curve, the years, and the shares by region, industry and channel.
        assert len(charts) == 5

    def test_takes_groups_and_cost_to_serve(self, ledger, tmp_path, capsys):
        (tmp_path / "groups.csv").write_text("客户编号,上级编号\nK1,G\nK2,G\n", encoding="utf-8")
        (tmp_path / "service.csv").write_text("客户编号,金额\nK1,100\nK9,5\n", encoding="utf-8")
        code, out, _ = run(
            capsys,
            "find",
            ledger,
            "--groups",
            tmp_path / "groups.csv",
            "--cost-to-serve",
            tmp_path / "service.csv",
            "--json",
        )
        rows = {row["account_id"]: row for row in json.loads(out)["accounts"]}
        assert code == 0
        assert (rows["G"]["sales"], rows["G"]["profit"]) == (4980.5, 690.5)  # 900.5 − 110 − 100
        shown = run(capsys, "find", ledger, "--cost-to-serve", tmp_path / "service.csv")[1]
        assert "K9" in shown  # a cost without a line in the year is said, not lost

    def test_counts_merged_accounts_as_one(self, ledger, tmp_path, capsys):
        (tmp_path / "merged.csv").write_text("客户编号,合并到\nK2,K1\n", encoding="utf-8")
        apart = {
            row["account_id"]: row for row in json.loads(run(capsys, "find", ledger, "--json")[1])["accounts"]
        }
        code, out, _ = run(capsys, "find", ledger, "--merged", tmp_path / "merged.csv", "--json")
        told = json.loads(out)
        rows = {row["account_id"]: row for row in told["accounts"]}
        assert code == 0
        assert "K2" not in rows
        assert rows["K1"]["sales"] == apart["K1"]["sales"] + apart["K2"]["sales"]
        assert any("merged.csv" in file["file"] for file in told["run"]["files"])
        shown = run(capsys, "find", ledger, "--merged", tmp_path / "merged.csv", "--explain", "K2")[1]
        assert "K1" in shown


class TestRefusedRows:
    def test_go_beside_the_list_with_their_reasons(self, broken, tmp_path, capsys):
        out = tmp_path / "list.csv"
        code, shown, _ = run(capsys, "find", broken, "--out", out)
        assert code == 1
        rows = rows_of(tmp_path / "list-refused.csv")
        assert [(row["※行号"], row["※原因"]) for row in rows] == [
            ("11", "“订单日期”应是日期，写的是“2025-02-30”"),
            ("12", "“客户编号”是空的：不知道是哪家客户"),
            ("13", "“销售额”应是金额，写的是“面议”"),
        ]
        assert len(rows_of(out)) == 3
        assert str(tmp_path / "list-refused.csv") in shown

    def test_can_be_mended_and_read_again(self, broken, tmp_path, capsys):
        run(capsys, "find", broken, "--out", tmp_path / "list.csv")
        refused = tmp_path / "list-refused.csv"
        mended = (
            refused.read_text(encoding="utf-8-sig")
            .replace("2025-02-30,10", "2025-02-28,10")
            .replace("面议", "30")
        )
        refused.write_text(mended, encoding="utf-8-sig")
        code, _, _ = run(capsys, "find", broken, refused, "--out", tmp_path / "list.csv")
        rows = {row["account_id"]: row["sales"] for row in rows_of(tmp_path / "list.csv")}
        assert code == 1  # the original's rows are refused again
        assert (rows["K4"], rows["K5"]) == ("70.0000", "30.0000")
        # The mended file was among those read, so it was not written over.
        assert refused.read_text(encoding="utf-8-sig") == mended


class TestBadUse:
    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (["find"], "需要一个账本库"),
            (["find", "--demo", "x.csv"], "--demo"),
            (["find", "missing.csv"], "没有找到 missing.csv"),
            (["find", "LEDGER", "--until", "03/04/2025"], "2025-12-31"),
            (["find", "LEDGER", "--share", "x"], "0.8"),
            (["find", "LEDGER", "--top", "0"], "--top"),
            (["find", "LEDGER", "--out", f"{'x' * 240}.xlsx"], "写不进去"),
            (["find", "LEDGER", "--groups", "LEDGER"], "parent_id"),
            (["find", "LEDGER", "--merged", "LEDGER"], "into_id"),
            (["find", "LEDGER", "--share", "80"], "(0, 1]"),
            (["find", "LEDGER", "--basis", "turnover"], "sales、profit"),
            (["find", "LEDGER", "--engine", "abacus"], "duckdb"),
            (["find", "LEDGER", "--map", "销售额"], "字段=列名"),
            (["find", "LEDGER", "--map", "turnover=销售额"], "没有字段“turnover”"),
            (["find", "LEDGER", "--map", "net_amount=销售"], "客户编号"),
            (["find", "LEDGER", "--out", "list.doc"], ".xlsx"),
            (["find", "LEDGER", "--profile", "none"], "配置"),
            (["find", "LEDGER", "--until", "2024-12-31"], "2025-01-15"),
            (["find", "LEDGER", "--out", "no/such/folder/list.csv"], "写不进去"),
            (["find", "LEDGER", "--lang", "fr"], "zh、en"),
            (["find", "LEDGER", "--nope"], "--nope"),
            (["find", "LEDGER", "--share"], "--share"),
            (["fnd"], "没有命令 fnd"),
        ],
    )
    def test_exits_with_2_and_says_what_to_do(self, ledger, capsys, tmp_path, monkeypatch, words, told):
        monkeypatch.chdir(tmp_path)
        before = sorted(tmp_path.rglob("*"))
        code, out, err = run(capsys, *(ledger if word == "LEDGER" else word for word in words))
        assert code == 2
        assert told in err
        assert out == ""
        assert sorted(tmp_path.rglob("*")) == before

    def test_gives_errors_as_json_too(self, capsys):
        code, out, _ = run(capsys, "find", "missing.csv", "--json", "--lang", "en")
        assert code == 2
        assert json.loads(out)["error"]["code"] == "file.missing"

    def test_never_writes_over_the_ledger(self, ledger, capsys):
        assert run(capsys, "find", ledger, "--out", ledger)[0] == 2
        assert ledger.read_text(encoding="utf-8") == LEDGER


class TestWhatANewcomerTries:
    def test_keeps_leading_zeros_of_codes_that_are_mended_in_a_spreadsheet(self, tmp_path, capsys):
        ledger = tmp_path / "a.csv"
        ledger.write_text(
            "客户编号,日期,金额\n000004,bad,5\n000004,2025-01-02,7\n123456789012,bad,5\n", encoding="utf-8"
        )
        run(capsys, "find", ledger, "--out", tmp_path / "list.csv")
        refused = tmp_path / "list-refused.csv"
        # Excel takes a formula's text for text, and strips 000004 to 4 otherwise.
        assert '"=""000004"""' in refused.read_text(encoding="utf-8-sig")
        mended = refused.read_text(encoding="utf-8-sig").replace(",bad,5", ",2025-01-03,5")
        refused.write_text(mended, encoding="utf-8-sig")
        _, out, _ = run(capsys, "find", ledger, refused, "--json")
        assert {row["account_id"]: row["sales"] for row in json.loads(out)["accounts"]} == {
            "000004": 12,
            "123456789012": 5,
        }

    def test_shows_money_in_the_ledgers_own_currency(self, tmp_path, capsys):
        ledger = tmp_path / "a.csv"
        ledger.write_text("customer,date,amount\nA,2025-01-02,12.50 €\n", encoding="utf-8")
        assert "€12.5" in run(capsys, "find", ledger, "--lang", "en")[1]
        assert "欧元" in run(capsys, "find", ledger)[1]
        assert "¥" in run(capsys, "find", "--demo", "--lang", "en")[1]  # and only for that run

    def test_says_that_costs_of_unknown_accounts_are_not_counted(self, ledger, tmp_path, capsys):
        (tmp_path / "service.csv").write_text("客户编号,金额\nK9,5\n", encoding="utf-8")
        _, out, _ = run(capsys, "find", ledger, "--cost-to-serve", tmp_path / "service.csv", "--json")
        note = next(note for note in json.loads(out)["notes"] if note["code"] == "note.served_outside")
        assert note["values"]["accounts"] == ["K9"]

    def test_says_how_to_look_at_whole_months(self, tmp_path, capsys):
        ledger = tmp_path / "a.csv"
        ledger.write_text("客户编号,日期,金额\nA,2025-12-28,5\n", encoding="utf-8")
        assert "--until 2025-12-31" in run(capsys, "find", ledger)[1]
        assert "--until 2025-12-31" not in run(capsys, "find", ledger, "--until", "2025/12/31")[1]

    def test_says_that_an_amount_is_with_tax(self, tmp_path, capsys):
        ledger = tmp_path / "a.csv"
        ledger.write_text("客户编号,日期,价税合计\nA,2025-12-31,5\n", encoding="utf-8")
        assert "含税" in run(capsys, "find", ledger, "--map", "net_amount=价税合计")[1]

    def test_gets_help_for_no_words_at_all(self, capsys):
        for words in ([], ["--lang", "en"]):
            code, out, err = run(capsys, *words)
            assert (code, err) == (0, "")
            assert "find" in out


class TestProfiles:
    def test_keep_a_mapping_for_next_month(self, tmp_path, capsys):
        file = tmp_path / "erp.csv"
        file.write_text("谁,哪天,多少\nK1,03/04/2025,5\nK2,05/06/2025,6\n", encoding="utf-8")
        by_hand = [
            "--map",
            "account_id=谁",
            "--map",
            "date=哪天",
            "--map",
            "net_amount=多少",
            "--date-order",
            "dmy",
        ]
        assert run(capsys, "find", file)[0] == 2
        assert run(capsys, "find", file, *by_hand, "--save-profile", "erp")[0] == 0
        code, out, _ = run(capsys, "find", file, "--profile", "erp", "--json")
        assert code == 0
        assert json.loads(out)["summary"]["periods"]["years"][0]["until"] == "2025-06-05"


class TestHelp:
    def test_is_in_the_readers_language(self, capsys):
        assert "用法：" in run(capsys, "find", "--help")[1]
        assert "Usage:" in run(capsys, "find", "--help", "--lang", "en")[1]

    def test_shows_the_version(self):
        told = subprocess.check_output([sys.executable, "-m", "keyaccount", "--version"], text=True)
        assert told.startswith("keyaccount 0.")
