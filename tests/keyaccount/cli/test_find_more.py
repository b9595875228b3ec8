"""`keyaccount potential` and `keyaccount roles`: a ledger in, the library's figures out; what cannot be meant is told."""

import csv
import json

import pytest

from keyaccount.cli.potential import potential_command
from keyaccount.cli.roles import roles_command
from keyaccount.cli.words import WordsError
from keyaccount.errors import SettingError

COLUMNS = "客户编号,客户名称,订单日期,销售额,成本"


@pytest.fixture
def ledger(tmp_path):
    """R sells 200 a month and earns 10, 11, … 33; S earns 40 a month of 60, H 300 of 5000; T is bought from."""
    rows = ["H,老客户,2023-12-20,1,1"]
    for at in range(24):
        day = f"{2024 + at // 12}-{at % 12 + 1:02}-15"
        rows += [f"R,河东厂,{day},200,{190 - at}", f"S,城西厂,{day},60,20", f"H,老客户,{day},5000,4700"]
    file = tmp_path / "账本.csv"
    file.write_text("\n".join([COLUMNS, *rows]), encoding="utf-8")
    return str(file)


def potential(*words, lang="zh"):
    return potential_command(lang).main([*words], standalone_mode=False)


def roles(*words, lang="zh"):
    return roles_command(lang).main([*words], standalone_mode=False)


class TestPotential:
    def test_by_profit_gives_who_grows_with_the_line_as_json(self, ledger, capsys):
        assert potential(ledger, "--basis", "profit", "--share", "0.92", "--json") == 0
        told = json.loads(capsys.readouterr().out)
        (row,) = told["accounts"]
        assert (told["basis"], row["account_id"], row["measure"]) == ("profit", "R", "profit")
        assert [float(row[name]) for name in ("profit", "profit_year_before", "sales", "line")] == [
            330,
            186,
            2400,
            480,
        ]

    def test_is_said_in_the_readers_language_and_written(self, ledger, tmp_path, capsys):
        out = tmp_path / "p.csv"
        assert potential(ledger, "--basis", "profit", "--share", "0.92", "--out", str(out), lang="en") == 0
        assert "1 account below the line (profit of ¥480)" in capsys.readouterr().out
        with out.open(encoding="utf-8-sig", newline="") as stream:
            assert [row["account_name"] for row in csv.DictReader(stream)] == ["河东厂"]
        assert potential(ledger) == 0
        assert "没有客户在往入围线上长" in capsys.readouterr().out

    def test_tells_what_it_cannot_do(self, ledger):
        with pytest.raises(WordsError) as refused:
            potential(ledger, "--until", "2024-12-31")
        assert refused.value.code == "potential.cannot"
        for words in (["--basis", "turnover"], ["--share", "x"]):
            with pytest.raises(SettingError):
                potential(ledger, *words)


class TestRoles:
    def test_go_by_standing_purchases_and_the_set(self, ledger, tmp_path, capsys):
        files = {
            "standing": "account_id,standing\nS,government\n",
            "purchases": "account_id,amount\nR,100\nR,20\n",
            "cost-to-serve": "account_id,amount\nS,72\n",
        }
        words = []
        for name, text in files.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
            words += [f"--{name}", str(tmp_path / f"{name}.csv")]
        assert roles(ledger, *words, "--json") == 0
        rows = {row["account_id"]: row for row in json.loads(capsys.readouterr().out)["accounts"]}
        assert {code: row["role"] for code, row in rows.items()} == {
            "H": "economic",
            "R": "group",
            "S": "important",
        }
        # 120 bought from R; 72 to serve S, of 720 sold, more than the 2% of its class.
        assert float(rows["R"]["purchases"]) == 120
        assert (rows["S"]["effort"], rows["S"]["is_over_ceiling"]) == (0.1, True)
        out = tmp_path / "roles.csv"
        assert roles(ledger, *words, "--out", str(out)) == 0
        assert ",government" in out.read_text(encoding="utf-8-sig")
        assert (
            "3 家客户：战略客户 0、重要客户 1、集团客户 1、经济客户 1、一般客户 0。"
            in capsys.readouterr().out
        )

    def test_name_what_is_wrong_in_their_files(self, ledger, tmp_path):
        wrong = tmp_path / "x.csv"
        wrong.write_text("account_id,amount,standing\nR,viel,king\n", encoding="utf-8")
        with pytest.raises(WordsError) as refused:
            roles(ledger, "--purchases", str(wrong))
        assert refused.value.code == "roles.purchases"
        with pytest.raises(SettingError):
            roles(ledger, "--standing", str(wrong))
