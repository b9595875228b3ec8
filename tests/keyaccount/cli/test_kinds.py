"""`keyaccount kinds`: a ledger in, kinds and scorecards out; what cannot be meant is told."""

import csv
import json

import pytest

from keyaccount.cli.kinds import kinds_command
from keyaccount.cli.words import WordsError

LEDGER = """客户编号,订单日期,产品编号,品类,数量,牌价金额,销售额
A,2025-01-10,P,水泵,10,1000,1000
A,2025-02-10,P,水泵,30,3000,2400
B,2025-06-05,V,阀门,5,1000,900
B,2025-12-31,S,服务,1,700,700
"""


@pytest.fixture
def ledger(tmp_path):
    file = tmp_path / "账本.csv"
    file.write_text(LEDGER, encoding="utf-8")
    return str(file)


def run(*words, lang="zh"):
    return kinds_command(lang).main([*words], standalone_mode=False)


class TestKinds:
    def test_gives_every_account_with_its_parts_as_json(self, ledger, capsys):
        assert run(ledger, "--services", "服务", "--json") == 0
        told = json.loads(capsys.readouterr().out)
        assert told["until"] == "2025-12-31"
        rows = {row["account_id"]: row for row in told["accounts"]}
        # B: 700 of 1600 are services, more than the 20% that are full.
        assert (rows["B"]["kind"], rows["B"]["part_services"], rows["A"]["part_services"]) == (
            "value_added",
            1,
            0,
        )

    def test_shows_and_explains_in_the_readers_language(self, ledger, capsys):
        assert run(ledger, "--services", "服务") == 0
        assert "附加价值型" in capsys.readouterr().out
        assert run(ledger, "--services", "服务", "--explain", "B", lang="en") == 0
        assert "Services are 43.8% of what it bought (服务)" in capsys.readouterr().out

    def test_writes_a_csv_that_spreadsheets_open(self, ledger, tmp_path, capsys):
        out = tmp_path / "kinds.csv"
        assert run(ledger, "--out", str(out)) == 0
        with out.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream))
        assert [row[0] for row in rows] == ["客户", "A", "B"]

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            (["--demo", "x.csv"], "demo.with_files"),
            (["x.csv", "--store", "y"], "files.with_store"),
            (["--demo", "--out", "x.xls"], "kinds.out_kind"),
        ],
    )
    def test_refuses_words_that_do_not_go_together(self, words, code):
        with pytest.raises(WordsError) as refused:
            run(*words)
        assert refused.value.code == code

    def test_names_an_account_that_is_not_there(self, ledger):
        with pytest.raises(WordsError) as refused:
            run(ledger, "--explain", "Z")
        assert refused.value.code == "kinds.no_account"
