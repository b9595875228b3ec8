"""`keyaccount ledger`, and `find` on the store, as somebody at a shell would use them."""

import json
import sqlite3

import pytest

from keyaccount.cli import main

from .test_find import BROKEN, LEDGER, run

CORRECTED = LEDGER.replace("K3,丙公司,2025-02-01,9,50,40", "K3,丙公司,2025-02-01,9,55,40")


@pytest.fixture
def ledger(tmp_path):
    file = tmp_path / "账本.csv"
    file.write_text(LEDGER, encoding="utf-8")
    return file


@pytest.fixture
def corrected(tmp_path):
    file = tmp_path / "更正.csv"
    file.write_text(CORRECTED, encoding="utf-8")
    return file


class TestImport:
    def test_tells_what_came_in(self, ledger, capsys):
        code, out, err = run(capsys, "ledger", "import", ledger)
        assert code == 0
        assert "第 1 次导入：9 行，5,030.50 元，来自 账本" in out
        assert err.splitlines()[-1] == "提交"

    def test_recognises_the_same_file(self, ledger, capsys):
        run(capsys, "ledger", "import", ledger)
        code, out, _ = run(capsys, "ledger", "import", ledger)
        assert code == 0
        assert f"{ledger} 已在第 1 次导入中，没有重复导入。" in out

    def test_exits_with_1_and_keeps_what_was_refused(self, tmp_path, capsys):
        file = tmp_path / "broken.csv"
        file.write_text(BROKEN, encoding="utf-8")
        code, out, _ = run(capsys, "ledger", "import", file)
        assert code == 1
        assert "被拒绝 3 行：" in out
        kept = tmp_path / "home" / "ledger" / "refused" / "1-broken-refused.csv"
        assert f"全部写在 {kept}" in out
        assert "2025-02-30" in kept.read_text(encoding="utf-8-sig")

    def test_shows_the_difference_of_a_resent_period_and_writes_nothing(self, ledger, corrected, capsys):
        run(capsys, "ledger", "import", ledger)
        code, _, err = run(capsys, "ledger", "import", corrected)
        assert code == 2
        assert "1 行、50.00 元 只在账本库中，1 行、55.00 元 只在这次送来的，1 家客户有变化（K3）" in err
        assert "--on-overlap replace" in err

    def test_replaces_when_told(self, ledger, corrected, capsys):
        run(capsys, "ledger", "import", ledger)
        code, out, _ = run(capsys, "ledger", "import", corrected, "--on-overlap", "replace", "--lang", "en")
        assert code == 0
        assert "Import 2: 9 lines, ¥5,035.50, from 账本" in out
        assert "They were replaced with what was sent." in out

    def test_speaks_json(self, ledger, corrected, capsys):
        run(capsys, "ledger", "import", ledger)
        _, out, _ = run(capsys, "ledger", "import", corrected, "--on-overlap", "replace", "--json")
        told = json.loads(out)
        (one,) = told["sources"]
        assert (one["import_id"], one["lines"], one["net_amount"]) == (2, 9, 5035.5)
        assert one["difference"]["accounts"] == ["K3"]
        assert told["read"]["reconciles"] is True

    def test_tells_errors_in_json_too(self, ledger, corrected, capsys):
        run(capsys, "ledger", "import", ledger)
        _, out, _ = run(capsys, "ledger", "import", corrected, "--json")
        assert json.loads(out)["error"]["code"] == "overlap.undecided"

    def test_takes_a_database_table_and_goes_on_where_it_ended(self, tmp_path, capsys):
        file = tmp_path / "erp.db"
        con = sqlite3.connect(file)
        con.execute("CREATE TABLE 销售 (客户编号 TEXT, 日期 TEXT, 金额 NUMERIC)")
        con.execute("INSERT INTO 销售 VALUES ('K1', '2025-01-05', 100.1), ('K2', '2025-01-06', 200)")
        con.commit()
        job = ("ledger", "import", "--from", f"sqlite:///{file}", "--table", "销售")
        code, out, _ = run(capsys, *job)
        assert code == 0
        assert "第 1 次导入：2 行，300.10 元" in out
        con.execute("INSERT INTO 销售 VALUES ('K1', '2025-01-06', 5), ('K1', '2025-01-07', 1)")
        con.execute("UPDATE 销售 SET 金额 = 201 WHERE 客户编号 = 'K2'")
        con.commit()
        code, out, _ = run(capsys, *job)
        assert code == 0
        assert "第 2 次导入：3 行，207.00 元" in out
        _, out, _ = run(capsys, *job)
        assert "没有新的行" in out
        con.close()
        _, out, _ = run(capsys, "ledger", "list", "--json")
        told = json.loads(out)
        assert [(one["state"], one["current_lines"]) for one in told["imports"]] == [
            ("current", 1),
            ("current", 3),
        ]
        code, out, _ = run(capsys, "find", "--json")
        assert json.loads(out)["summary"]["sales"] == 307.1


class TestList:
    def test_tells_when_by_whom_what_and_the_state(self, ledger, corrected, capsys):
        run(capsys, "ledger", "import", ledger, "--by", "陈")
        run(capsys, "ledger", "import", corrected, "--on-overlap", "replace", "--by", "李")
        code, out, _ = run(capsys, "ledger", "list")
        assert code == 0
        first, second = (line for line in out.splitlines() if "账本.csv" in line or "更正.csv" in line)
        for told in ("陈", "2025-01-15 – 2025-12-31", "9", "5,030.50 元", "已被第 2 次导入替换（9 行）"):
            assert told in first
        assert "李" in second
        assert "有效" in second
        assert "现有 9 行，5,035.50 元。" in out

    def test_says_how_to_begin(self, capsys):
        code, _, err = run(capsys, "ledger", "list")
        assert code == 2
        assert "keyaccount ledger import" in err


class TestUndo:
    def test_takes_an_import_back(self, ledger, corrected, capsys):
        run(capsys, "ledger", "import", ledger)
        run(capsys, "ledger", "import", corrected, "--on-overlap", "replace")
        code, out, _ = run(capsys, "ledger", "undo", "2")
        assert code == 0
        assert out.strip() == "已撤销第 2 次导入（账本，9 行），恢复 9 行。"

    def test_names_the_import_that_stands_on_it(self, ledger, corrected, capsys):
        run(capsys, "ledger", "import", ledger)
        run(capsys, "ledger", "import", corrected, "--on-overlap", "replace")
        code, _, err = run(capsys, "ledger", "undo", "1")
        assert code == 2
        assert "第 2 (账本) 次" in err


class TestCheck:
    def test_says_that_all_is_well(self, ledger, capsys):
        run(capsys, "ledger", "import", ledger)
        code, out, _ = run(capsys, "ledger", "check")
        assert code == 0
        assert "1 次导入，9 行，5,030.50 元。" in out
        assert "账本库完好" in out

    def test_removes_what_nothing_needs(self, ledger, tmp_path, capsys):
        run(capsys, "ledger", "import", ledger)
        (tmp_path / "home" / "ledger" / "refused" / "7-x-refused.csv").write_text("x")
        code, out, _ = run(capsys, "ledger", "check")
        assert code == 0
        assert "加 --clean 删除" in out
        _, out, _ = run(capsys, "ledger", "check", "--clean", "--json")
        told = json.loads(out)
        assert (told["sound"], len(told["removed"]), told["left_over"]) == (True, 1, [])


class TestFindOnTheStore:
    def test_equals_find_on_the_file(self, ledger, capsys):
        run(capsys, "ledger", "import", ledger)
        _, of_store, _ = run(capsys, "find", "--json")
        _, of_file, _ = run(capsys, "find", ledger, "--json")
        store, file = json.loads(of_store), json.loads(of_file)
        for part in (
            "sentences",
            "settings",
            "summary",
            "years",
            "losses",
            "notes",
            "accounts",
            "curve",
            "segments",
            "whale",
        ):
            assert store[part] == file[part]
        assert store["run"]["imports"] == [1]

    def test_says_how_to_have_the_same_again(self, ledger, corrected, capsys):
        run(capsys, "ledger", "import", ledger)
        _, out, _ = run(capsys, "find")
        assert "账本库：1 次导入（最近第 1 次），9 行，5,030.50 元；快照 2。" in out
        run(capsys, "ledger", "import", corrected, "--on-overlap", "replace")
        then = {}
        for words in (("--snapshot", "2"), ("--as-of-import", "1")):
            _, out, _ = run(capsys, "find", *words, "--json")
            then[words] = json.loads(out)
        first, second = then.values()
        assert first == second
        assert first["summary"]["sales"] == 5030.5

    def test_opens_an_account(self, ledger, capsys):
        run(capsys, "ledger", "import", ledger)
        code, out, _ = run(capsys, "find", "--explain", "K1")
        assert code == 0
        assert "以上数字来自 4 行账本。" in out

    def test_publishes_a_result(self, ledger, capsys):
        run(capsys, "ledger", "import", ledger)
        assert run(capsys, "find", "--publish", "2025 年名单")[0] == 0
        _, out, _ = run(capsys, "ledger", "list")
        assert "已发布：2025 年名单（快照 2" in out
        code, _, err = run(capsys, "find", "--publish", "2025 年名单")
        assert (code, "已经用过" in err) == (2, True)

    def test_says_what_is_wrong_with_a_damaged_store(self, ledger, tmp_path, capsys):
        run(capsys, "ledger", "import", ledger)
        next((tmp_path / "home" / "ledger" / "data").rglob("rollup/*.parquet")).unlink()
        code, _, err = run(capsys, "find")
        assert (code, "keyaccount ledger check" in err) == (2, True)

    def test_writes_the_imports_into_the_workbook(self, ledger, tmp_path, capsys):
        run(capsys, "ledger", "import", ledger)
        code, _, _ = run(capsys, "find", "--out", tmp_path / "名单.xlsx")
        assert code == 0


class TestBadUse:
    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (["ledger", "import"], "需要写出要导入的账本文件"),
            (["ledger", "import", "LEDGER", "--from", "sqlite:///x.db", "--table", "t"], "分两次导入"),
            (["ledger", "import", "--from", "sqlite:///x.db"], "--from 和 --table"),
            (["ledger", "import", "LEDGER", "--since", "2025-01-01"], "--since"),
            (["ledger", "import", "LEDGER", "--on-overlap", "mix"], "replace、add、refuse"),
            (["ledger", "undo", "x"], "N"),
            (["ledger", "undo", "1"], "账本库"),
            (["ledger", "undo"], "keyaccount ledger"),
            (["ledger", "forget"], "没有命令 forget"),
            (["find", "LEDGER", "--snapshot", "2"], "--snapshot"),
            (["find", "--demo", "--as-of-import", "2"], "--as-of-import"),
            (["find", "--sheet", "x"], "--sheet"),
            (["find", "--snapshot", "1", "--as-of-import", "1"], "只用一个"),
        ],
    )
    def test_exits_with_2_and_says_what_to_do(self, ledger, capsys, tmp_path, words, told):
        before = sorted(tmp_path.rglob("*"))
        code, out, err = run(capsys, *(ledger if word == "LEDGER" else word for word in words))
        assert (code, out) == (2, "")
        assert told in err
        assert sorted(tmp_path.rglob("*")) == before


class TestHelp:
    @pytest.mark.parametrize("command", [[], ["import"], ["list"], ["undo"], ["check"]])
    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_speaks_the_language(self, command, lang, capsys):
        assert main(["ledger", *command, "--help", "--lang", lang]) == 0
        out = capsys.readouterr().out
        assert ("用法" in out) == (lang == "zh")
