"""Does a key account list say all it knows, on screen, on paper and years later?"""

import datetime as dt
import importlib.util
import json
from dataclasses import replace
from decimal import Decimal

import openpyxl
import pytest

from keyaccount import paper
from keyaccount.find.board import board_data, board_pdf
from keyaccount.find.document import (
    Changes,
    ImportedFile,
    Known,
    Made,
    Move,
    Signature,
    document_of,
    list_document,
    without_the_whole,
)
from keyaccount.find.key_accounts import find_key_accounts
from keyaccount.find.settings import FindSettings
from keyaccount.find.workbook import write_workbook
from keyaccount.money import table_unit
from keyaccount.paper import PaperError, breakable
from keyaccount.plain import to_plain
from keyaccount.reasons import Reason

from .ledgers import line, table

LONG = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def lines_of(account, amount, cost, days=12, year=2025):
    return [
        line(account, f"{year}-{month:02d}-10", amount, cost=cost, order_id=f"{account}-{year}-{month}", account_name=f"{account}公司", region="浙江")
        for month in range(1, days + 1)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def result():
    """甲 60, 乙 24, 丙 12 earns nothing, 丁 one order of 36, 戊 6 a year… each in thousands and each month but 丁."""
    rows = []
    for year in (2024, 2025):
        rows += lines_of("甲", "5000", "3000", year=year)  # 60,000 a year, 24,000 of profit
        rows += lines_of("乙", "2000", "1500", year=year)  # 24,000, 6,000
        rows += lines_of("丙", "1000", "1100", year=year)  # 12,000, −1,200
        rows += lines_of("戊", "100", "50", year=year)  # 1,200, 600
    rows += lines_of("丁", "36000", "30000", days=1)  # 36,000, 6,000, once
    return find_key_accounts(table(rows), settings=FindSettings(until=dt.date(2025, 12, 31)))


@pytest.fixture(scope="module")
def document(result):
    """Decided upon and published, with all that a document can say."""
    known = {
        "甲": Known("accepted", kind="strategic", role="economic", owner="葛文斌"),
        "乙": Known("refused", "明年停产"),
        "戊": Known("added", "集团总部"),
    }
    moves = (
        Move("甲", "甲公司", "stayed", (), Decimal(60_000), Decimal(60_000)),
        Move(
            "乙", "乙公司", "left", (Reason("reason.profitless", {"sales": Decimal("1.5"), "profit": None}),)
        ),
    )
    return list_document(
        result,
        known=known,
        made=Made(snapshot=7, imports=(ImportedFile("账本.xlsx", "ab" * 32, "用友"),), run=3),
        status="published",
        changes=Changes(dt.date(2024, 12, 31), moves),
        signatures=[Signature("published", "薛敏芝", dt.datetime(2026, 1, 9, 8, 30, tzinfo=dt.UTC), "同意")],
    )


class TestListDocument:
    def test_comes_back_from_json_as_it_was(self, document):
        assert document_of(json.loads(json.dumps(to_plain(document)))) == document

    def test_of_a_result_alone_lists_its_key_accounts(self, result):
        told = list_document(result)
        # 60 + 36 + 24 = 120 of 133.2 crosses 80%; the line before 乙 is 96 of 133.2 = 72%.
        assert [one.account_id for one in told.listed] == ["甲", "乙"]
        assert [one.account_id for one in told.beside("one_time")] == ["丁"]
        assert told.status == "calculated"
        assert told.changes is None
        assert told.listed[0].reasons == tuple(result.reasons(result.accounts.to_pylist()[0]))

    def test_lists_whom_people_have_put_on_it(self, document):
        assert [one.account_id for one in document.listed] == ["甲", "戊"]
        assert [(one.account_id, one.decision_reason) for one in document.refused] == [("乙", "明年停产")]

    def test_leaves_nobody_out_whom_nobody_has_decided_upon(self, result, tmp_path):
        told = list_document(result, known={"甲": Known("accepted")}, status="proposed")
        assert [one.account_id for one in told.listed] == ["甲"]
        assert [one.account_id for one in told.undecided] == ["乙"]
        data = board_data(told, "zh")
        assert any("尚未决定的还有 1 家" in one for one in data["findings"])
        part = next(part for part in data["parts"] if part["title"] == "尚未决定（1 家）")
        assert part["table"]["rows"][0][1]["main"] == "乙公司"
        write_workbook(tmp_path / "list.xlsx", told, "zh")
        book = openpyxl.load_workbook(tmp_path / "list.xlsx")
        # Charts that a reader can edit: the curve, and the years.
        assert [len(book[name]._charts) for name in ("集中度", "三年对比")] == [1, 1]
        assert [row[1].value for row in book["尚未决定"].iter_rows(min_row=2)] == ["乙"]

    def test_of_a_yearly_list_proposes_by_its_own_basis(self, result):
        told = list_document(result)
        by_spend = replace(
            told, entries=tuple(replace(one, proposed=one.account_id != "乙") for one in told.entries)
        )
        assert "乙" not in {one.account_id for one in by_spend.listed}
        assert by_spend.undecided == ()

    def test_reads_what_an_older_version_kept(self, document):
        kept = to_plain(document)
        del kept["signatures"], kept["run"]
        kept["of_a_later_version"] = 1
        assert document_of(kept) == replace(document, signatures=(), run=None)

    def test_without_the_whole_names_no_figure_of_the_company(self, document):
        own = without_the_whole(document)
        assert own.summary is None
        assert "sales_running_share" not in own.entries[0].figures
        assert own.entries[0].figures["sales"] == 60_000
        said = json.dumps(board_data(own, "zh"), ensure_ascii=False)
        assert "133" not in said  # the total of 133,200
        assert "80/20" not in said

    def test_whale_is_what_those_behind_the_peak_lose(self, document):
        # 24 + 6 + 6 + 0.6 = 36.6 thousand, then 丙 takes 1.2 away: 35.4.
        assert (document.whale.peak, document.whale.profit) == (36_600, 35_400)
        assert (document.whale.peak_accounts, document.whale.tail) == (4, 1200)


class TestBoardPdf:
    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_is_the_same_pdf_for_the_same_document(self, document, lang):
        first = board_pdf(document, lang)
        assert first.startswith(b"%PDF-")
        assert first == board_pdf(document, lang)

    def test_says_findings_list_guards_changes_settings_and_signatures(self, document):
        data = board_data(document, "zh")
        assert data["title"] == "2025 年大客户名单"
        assert data["status"] == "已发布"
        assert any("同意的 1 家，另加 1 家；不同意 1 家" in one for one in data["findings"])
        titles = [part["title"] for part in data["parts"]]
        assert titles == [
            "名单（2 家）", "不同意列入（1 家）", "不列入的客户", "一次性团购（1 家）", "与上年对比", "退出（1 家）", "保留（1 家）",
        ]  # fmt: skip
        first = data["parts"][0]["table"]["rows"][0]
        assert first[1]["main"] == "甲公司"
        assert first[2:6] == ["60,000", "+0.0%", "24,000", "45.0%"]  # 60 ÷ 133.2
        assert first[-1]["beside"] == "同意"
        assert data["signatures"]["rows"] == [["发布", "薛敏芝", "2026-01-09 08:30", "同意"]]
        sources = data["appendix"]["parts"][-1]["table"]["rows"]
        assert ["账本快照", "7"] in sources
        assert [row[0] for row in sources].count("文件") == 1

    def test_leaves_out_rules_that_could_not_be_judged(self):
        result = find_key_accounts(table([line("甲", "2025-01-10", "10"), line("乙", "2025-12-31", "1")]))
        data = board_data(list_document(result), "en")
        verdicts = {row[0]: row[1] for row in data["first_page"][1]["rows"]}
        assert verdicts["profitless"] == "—"
        assert list_document(result).whale is None
        assert board_pdf(list_document(result), "en").startswith(b"%PDF-")

    def test_prints_so_many_and_counts_the_rest(self, document, monkeypatch):
        monkeypatch.setattr("keyaccount.find.board.writing.MOST_ROWS", 1)
        told = board_data(document, "zh")["parts"][0]["table"]
        assert len(told["rows"]) == 1
        assert told["more"] == "另有 1 家没有印出，全部见工作簿。"

    def test_says_what_to_install(self, document, monkeypatch):
        there = importlib.util.find_spec
        monkeypatch.setattr(
            paper.importlib.util, "find_spec", lambda name: None if name == "typst" else there(name)
        )
        with pytest.raises(PaperError) as raised:
            board_pdf(document, "zh")
        assert raised.value.code == "document.no_typst"
        assert "typst" in raised.value.text("zh")


class TestBreakable:
    def test_lets_a_long_code_end_a_line(self):
        assert breakable(LONG).split("\u200b") == [LONG[:10], LONG[10:20], LONG[20:30], LONG[30:]]

    def test_leaves_short_words_and_chinese_as_they_are(self):
        assert breakable("K7104 常州翊正建筑装饰工程有限公司") == "K7104 常州翊正建筑装饰工程有限公司"


class TestTableUnit:
    @pytest.mark.parametrize(
        ("largest", "lang", "amount", "shown"),
        [
            ("27959600", "zh", "815250", "万元 81.5"),
            ("99999", "zh", "-0.4", "元 0"),
            ("27959600", "en", "-815250", "¥k −815.3"),  # halves away from zero
            ("9999", "en", "15.5", "¥ 16"),
        ],
    )
    def test_is_one_for_the_column(self, largest, lang, amount, shown):
        unit = table_unit(Decimal(largest), lang)
        assert f"{unit.name} {unit.shown(Decimal(amount))}" == shown

    def test_has_a_dash_for_what_is_not_known(self):
        assert table_unit(Decimal(1), "zh").shown(None) == "—"


class TestWorkbookOfADocument:
    def test_has_decisions_changes_and_signatures(self, document, tmp_path):
        write_workbook(tmp_path / "list.xlsx", document, "zh")
        book = openpyxl.load_workbook(tmp_path / "list.xlsx")
        assert {"不同意列入", "与上年对比", "签署"} <= set(book.sheetnames)
        head, *rows = book["名单"].iter_rows(values_only=True)
        told = [dict(zip(head, row, strict=True)) for row in rows]
        assert [(row["客户编号"], row["决定"], row["类型"], row["负责人"]) for row in told] == [
            ("甲", "同意", "战略型", "葛文斌"),
            ("戊", "加入", None, None),
        ]
        assert told[0]["销售额"] == 60_000
        assert [row[0].value for row in book["与上年对比"].iter_rows(min_row=2)] == ["保留", "退出"]
        assert book["签署"]["B2"].value == "薛敏芝"

    def test_without_the_whole_has_no_curve_and_no_share(self, document, tmp_path):
        write_workbook(tmp_path / "list.xlsx", without_the_whole(document), "zh")
        book = openpyxl.load_workbook(tmp_path / "list.xlsx")
        assert not {"集中度", "三年对比", "失去最大的十家", "区域"} & set(book.sheetnames)
        assert not {"占比", "累计"} & {cell.value for cell in book["名单"][1]}
