"""`keyaccount tiers`, `inversions`, `staffing`: files in, what the library says out; what cannot be meant is told."""

import csv
import json

import pytest

from keyaccount.cli.inversions import inversions_command
from keyaccount.cli.staffing import staffing_command
from keyaccount.cli.tiers import tiers_command
from keyaccount.cli.words import WordsError
from keyaccount.errors import SettingError

MONTHS = range(1, 13)


@pytest.fixture
def ledger(tmp_path):
    """K spends 10,000 a month and L 800, except that L stops in November; L pays 90 for what K pays 100 for."""
    rows = ["客户编号,订单日期,产品编号,计量单位,数量,销售额"]
    rows += [f"K,2025-{month:02}-10,P,箱,100,10000" for month in MONTHS]
    rows += [f"L,2025-{month:02}-10,P,箱,10,900" for month in range(1, 11)]
    rows += ["L,2025-12-31,P,箱,-1,-90"]
    file = tmp_path / "账本.csv"
    file.write_text("\n".join(rows), encoding="utf-8")
    return str(file)


@pytest.fixture
def small(tmp_path):
    def write(name, text):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8-sig")
        return str(file)

    return write


def run(command, *words, lang="zh"):
    return command(lang).main([*words], standalone_mode=False)


class TestTiers:
    def test_gives_every_account_its_place_as_json(self, ledger, capsys):
        assert run(tiers_command, ledger, "--json") == 0
        told = json.loads(capsys.readouterr().out)
        rows = {row["account_id"]: row for row in told["accounts"]}
        assert told["until"] == "2025-12-31"
        assert (rows["K"]["channel"], rows["K"]["tier"], rows["K"]["tier_rule"]) == (
            "key_account",
            "jade",
            "spend",
        )
        # L: (10 × 900 − 90) ÷ 12 = 742.50, below 800 but not below 720: held in B
        assert (rows["L"]["tier"], rows["L"]["tier_rule"], rows["L"]["tier_by_spend"]) == (
            "business_b",
            "held",
            "business_c",
        )

    def test_shows_why_in_the_readers_language(self, ledger, capsys):
        assert run(tiers_command, ledger) == 0
        assert "保级" in capsys.readouterr().out
        assert run(tiers_command, ledger, lang="en") == 0
        assert "At the month-end of 2025-12-31, 2 accounts" in capsys.readouterr().out

    def test_takes_a_list_placements_and_kinds(self, ledger, small, capsys):
        listed = small("l.csv", "account_id\nL\nX\n")
        placed = small("p.csv", "account_id,channel,tier,reason\nK,business,business_a,试点\n")
        kinds = small("k.csv", "account_id,customer_kind\nY,community\n")
        assert (
            run(
                tiers_command,
                ledger,
                "--listed",
                listed,
                "--placed",
                placed,
                "--customer-kinds",
                kinds,
                "--json",
            )
            == 0
        )
        rows = {row["account_id"]: row for row in json.loads(capsys.readouterr().out)["accounts"]}
        assert {one: (row["channel"], row["tier"]) for one, row in rows.items()} == {
            "K": ("business", "business_a"),
            "L": ("key_account", "crystal"),
            "X": ("key_account", "crystal"),
            "Y": ("community", None),
        }
        assert rows["K"]["reason"] == "试点"

    def test_lists_moves_and_writes_them(self, ledger, tmp_path, capsys):
        out = tmp_path / "moves.csv"
        assert run(tiers_command, ledger, "--until", "2025-11-30", "--moves", "--out", str(out)) == 0
        with out.open(encoding="utf-8-sig") as stream:
            assert list(csv.DictReader(stream)) == []
        assert "moves.csv" in capsys.readouterr().out

    def test_says_which_column_a_file_lacks(self, ledger, small):
        with pytest.raises(WordsError) as error:
            run(tiers_command, ledger, "--listed", small("l.csv", "name\nK\n"))
        assert error.value.code == "small.columns"
        with pytest.raises(WordsError) as error:
            run(tiers_command, ledger, "--listed", "nowhere.csv")
        assert error.value.code == "small.unreadable"


class TestInversions:
    def test_gives_rows_money_and_what_was_left_out_as_json(self, ledger, capsys):
        assert run(inversions_command, ledger, "--json") == 0
        told = json.loads(capsys.readouterr().out)
        # L buys in three lines of the first three quarters only; 10 a unit × 300
        assert [(row["account_id"], row["quarter"], row["money"]) for row in told["inversions"]] == [
            ("K", f"2025-{month:02}-01", row["money"])
            for month, row in zip((1, 4, 7), told["inversions"], strict=True)
        ]
        assert float(told["money"]) == 9000
        assert (told["compared"], told["left_out"]["no_quantity"]) == (3, 1)

    def test_shows_and_explains_each_pair(self, ledger, small, capsys):
        listed = small("l.csv", "account_id,tier\nK,gold\n")
        assert run(inversions_command, ledger, "--listed", listed) == 0
        assert "1 家大客户有 3 处倒挂" in capsys.readouterr().out
        assert run(inversions_command, ledger, "--listed", listed, "--explain", "K", lang="en") == 0
        assert "L: ¥90.00 a unit, 10.0% less (3 lines" in capsys.readouterr().out

    def test_refuses_who_has_none_and_tiers_that_are_none(self, ledger, small):
        with pytest.raises(WordsError) as error:
            run(inversions_command, ledger, "--explain", "L")
        assert error.value.code == "inversions.no_account"
        with pytest.raises(WordsError) as error:
            run(inversions_command, ledger, "--listed", small("l.csv", "account_id,tier\nK,best\n"))
        assert error.value.code == "inversions.tier"

    def test_says_that_there_is_none(self, ledger, small, capsys):
        assert run(inversions_command, ledger, "--listed", small("l.csv", "account_id\nL\n")) == 0
        assert "没有倒挂" in capsys.readouterr().out


ACCOUNTS = "account_id,branch,tier,kind\nA,杭州,crystal,\nB,杭州,business_a,\nC,,gold,\n"
MANAGERS = "manager_id,branch,employed,skill,support\nm1,杭州,1,,0.05\nm2,杭州,,,\n"


class TestStaffing:
    def test_puts_need_and_those_there_side_by_side(self, small, capsys):
        files = small("a.csv", ACCOUNTS), small("m.csv", MANAGERS)
        quotas = small("q.csv", "branch,quota\n杭州,2\n")
        service = small("s.csv", "account_id,complaints,orders\nA,2,60\n")
        months = small("n.csv", "branch,month,hours\n杭州,2025-01,10\n杭州,2025-02,12\n")
        words = ("--quotas", quotas, "--service", service, "--months", months, "--json")
        assert run(staffing_command, *files, *words) == 0
        told = json.loads(capsys.readouterr().out)
        # A 8 × 2.5 + 4 + 16 = 40, B 14, burst 11.9 − 11; capacity 1,200 × 0.05 = 60
        (row,) = told["branches"]
        assert (round(row["hours"], 6), row["capacity"], row["needed"], row["quota"], row["actual"]) == (
            54.9,
            60,
            1,
            2,
            1,
        )
        assert len(told["problems"]) == 2

    def test_tries_more_accounts(self, small, tmp_path, capsys):
        files = small("a.csv", ACCOUNTS), small("m.csv", MANAGERS)
        out = tmp_path / "staff.csv"
        assert (
            run(
                staffing_command,
                *files,
                "--more",
                "30",
                "--tier",
                "business_a",
                "--cost",
                "150000",
                "--out",
                str(out),
            )
            == 0
        )
        said = capsys.readouterr().out
        # 24 + 31 × 14 = 458 ÷ 60
        assert "需要 8 位客户经理，实有 1 位" in said
        assert "120.0 万元" in said
        assert "客户 C 没有支局" in said
        with out.open(encoding="utf-8-sig") as stream:
            assert next(csv.DictReader(stream))["needed"] == "8"

    def test_names_the_cell_that_is_no_number(self, small):
        files = (
            small("a.csv", ACCOUNTS),
            small("m.csv", "manager_id,branch,employed,skill,support\nm1,杭州,viel,,\n"),
        )
        with pytest.raises(WordsError) as error:
            run(staffing_command, *files)
        assert error.value.values["row"] == 2
        with pytest.raises(SettingError):
            run(staffing_command, files[0], files[0], "--cost", "x")
