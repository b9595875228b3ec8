"""Is each column taken for the field that it holds, and never silently where that is in doubt?"""

from decimal import Decimal

import pytest

from keyaccount.ledger.mapping import LEDGER, MappingError, map_columns
from keyaccount.ledger.raw import unique_names

from .files import HEADER, accounts, amounts, error, lines, read, refusals, write, write_csv

ROW = [("C1", "2025-01-01", "1")]


class TestGuess:
    @pytest.mark.parametrize(
        "header",
        [
            ("客户编号", "订单日期", "销售额"),
            ("客户名称", "开票日期", "不含税金额"),
            ("购货单位", "单据日期", "金额（元）"),
            (" 客户  编号 ", "日 期", "订单 金额"),
            ("Customer ID", "Order Date", "Sales"),
            ("CUSTOMER_NO", "invoice-date", "Net Amount"),
            ("account_id", "date", "net_amount"),
        ],
    )
    def test_knows_columns_in_both_languages(self, tmp_path, header):
        assert accounts(read(write_csv(tmp_path / "a.csv", ROW, header=header))) == ["C1"]

    def test_shows_what_it_took_and_what_it_left(self, tmp_path):
        path = write_csv(
            tmp_path / "a.csv", [("C1", "2025-01-01", "1", "x", "y")], header=(*HEADER, "备注", "大类")
        )
        (file,) = read(path).report.files
        assert file.columns == {
            "account_id": "客户编号",
            "date": "日期",
            "net_amount": "金额",
            "category": "大类",
        }
        assert file.unused == ("备注",)

    @pytest.mark.parametrize(
        "column",
        [
            "含税金额",
            "价税合计",
            "金额(含税)",
            "金额（含税）",
            "含税销售额",
            "Amount (incl. VAT)",
            "Sales (with tax)",
        ],
    )
    def test_never_takes_an_amount_with_tax_for_the_net_amount(self, tmp_path, column):
        problem = error(write_csv(tmp_path / "a.csv", ROW, header=("客户编号", "日期", column)))
        assert problem.code == "mapping.missing"
        assert problem.values["fields"] == ["net_amount | quantity + unit_price"]

    def test_takes_the_amount_without_tax_beside_one_with_tax(self, tmp_path):
        header = ("客户编号", "日期", "金额(含税)", "金额(不含税)")
        assert amounts(
            read(write_csv(tmp_path / "a.csv", [("C1", "2025-01-01", "113", "100")], header=header))
        ) == [Decimal(100)]

    def test_names_two_dates_and_two_amounts(self, tmp_path):
        header = ("客户编号", "订单日期", "发货日期", "销售额", "金额")
        problem = error(
            write_csv(tmp_path / "a.csv", [("C1", "2025-01-01", "2025-01-02", "1", "2")], header=header)
        )
        assert problem.code == "mapping.ambiguous"
        assert problem.candidates == {"date": ("订单日期", "发货日期"), "net_amount": ("销售额", "金额")}
        assert "发货日期" in problem.text("zh")

    def test_leaves_out_what_no_figure_depends_on(self, tmp_path):
        header = (*HEADER, "产品", "商品")
        (file,) = read(write_csv(tmp_path / "a.csv", [(*ROW[0], "a", "b")], header=header)).report.files
        assert file.left_out == {"product_name": ("产品", "商品")}

    def test_says_all_that_is_missing_at_once(self, tmp_path):
        problem = error(write_csv(tmp_path / "a.csv", [("1", "2")], header=("a", "b")))
        assert problem.code == "mapping.missing"
        assert problem.values["fields"] == [
            "account_id | account_name",
            "date",
            "net_amount | quantity + unit_price",
        ]

    def test_refuses_a_file_without_header(self, tmp_path):
        assert (
            error(write(tmp_path / "a.csv", "C1,2025-01-01,1\nC2,2025-01-02,2\n")).code == "mapping.missing"
        )

    def test_goes_by_the_id_in_every_row_where_there_is_one(self, tmp_path):
        text = "客户编号,客户名称,日期,金额\n,北京,2025-01-01,1\nC1,,2025-01-01,2\n"
        ledger = read(write(tmp_path / "a.csv", text))
        assert accounts(ledger) == ["C1"]
        assert refusals(ledger) == [(2, ["account.missing"])]

    def test_never_guesses_freight(self, tmp_path):
        path = write_csv(tmp_path / "a.csv", [(*ROW[0], "3")], header=(*HEADER, "freight"))
        assert "freight" not in read(path).report.files[0].columns
        assert lines(read(path, columns={"freight": "freight"}), "freight") == [(Decimal(3),)]


class TestByHand:
    def test_prefers_the_column_named(self, tmp_path):
        path = write_csv(
            tmp_path / "a.csv",
            [("C1", "2025-01-01", "1", "2")],
            header=("客户编号", "日期", "金额", "销售额"),
        )
        assert amounts(read(path, columns={"net_amount": "销售额"})) == [Decimal(2)]

    def test_leaves_a_field_out(self, tmp_path):
        path = write_csv(tmp_path / "a.csv", [(*ROW[0], "1")], header=(*HEADER, "成本"))
        assert "cost" not in read(path, columns={"cost": ""}).lines.columns

    @pytest.mark.parametrize(
        ("by_hand", "code"),
        [
            ({"foo": "金额"}, "mapping.unknown_field"),
            ({"net_amount": "没有"}, "mapping.no_such_column"),
            ({"net_amount": ""}, "mapping.missing"),
        ],
    )
    def test_says_what_is_wrong(self, tmp_path, by_hand, code):
        assert error(write_csv(tmp_path / "a.csv", ROW), columns=by_hand).code == code

    def test_finds_the_header_by_the_columns_named(self, tmp_path):
        path = write(tmp_path / "a.csv", "报表,,\n甲,乙,丙\nC1,2025-01-01,1\n")
        assert accounts(read(path, columns={"account_id": "甲", "date": "乙", "net_amount": "丙"})) == ["C1"]


class TestColumnNames:
    def test_asks_which_of_two_columns_of_one_name(self, tmp_path):
        path = write_csv(tmp_path / "a.csv", [("C1", "2025-01-01", "1", "2")], header=(*HEADER, "金额"))
        problem = error(path)
        assert problem.candidates == {"net_amount": ("金额", "金额 (2)")}
        assert amounts(read(path, columns={"net_amount": "金额 (2)"})) == [Decimal(2)]

    def test_numbers_columns_without_a_name(self):
        assert unique_names(["a", "", None, "a"]) == ("a", "#2", "#3", "a (2)")

    @pytest.mark.parametrize(
        "header",
        [
            ["备注 (2)", "备注"],
            ["备注", "备注", "备注 (2)"],
            ["备注", "备注 (2)", "备注"],
            ["#2", ""],
            ["", "#1"],
            ["a", "a ", " a"],
        ],
    )
    def test_never_gives_two_columns_one_name(self, header):
        names = unique_names(list(header))
        assert len(set(names)) == len(header)

    def test_leaves_a_name_alone_that_only_begins_like_another(self):
        assert unique_names(["销售额 (万元)", "销售额"]) == ("销售额 (万元)", "销售额")

    def test_maps_the_same_columns_whatever_their_order(self):
        columns = ["客户编号", "日期", "金额", "成本", "产品"]
        assert map_columns(columns, LEDGER).columns == map_columns(columns[::-1], LEDGER).columns

    def test_reads_a_column_with_an_equals_sign_and_a_quote(self, tmp_path):
        path = write_csv(tmp_path / "a.csv", ROW, header=("客户编号", "日期", "a='\"b"))
        assert amounts(read(path, columns={"net_amount": "a='\"b"})) == [Decimal(1)]


class TestSeveralFiles:
    def test_reads_files_with_different_headers_together(self, tmp_path):
        one = write_csv(tmp_path / "1.csv", ROW)
        two = write_csv(
            tmp_path / "2.csv",
            [("北京", "2025-01-02", "2", "1")],
            header=("客户名称", "开票日期", "销售额", "成本"),
        )
        ledger = read(one, two)
        assert lines(ledger, "account_id", "net_amount", "cost") == [
            ("C1", Decimal(1), None),
            ("北京", Decimal(2), Decimal(1)),
        ]
        assert len(ledger.sources) == 2

    def test_takes_a_column_named_by_hand_in_the_files_that_have_it(self, tmp_path):
        one = write_csv(tmp_path / "1.csv", ROW)
        two = write_csv(
            tmp_path / "2.csv",
            [("C2", "2025-01-02", "2025-01-03", "3")],
            header=("客户编号", "订单日期", "发货日期", "销售额"),
        )
        assert sorted(accounts(read(one, two, columns={"date": "发货日期"}))) == ["C1", "C2"]
        with pytest.raises(MappingError) as caught:
            read(one, two, columns={"date": "收货日期"})  # none of them has it
        assert caught.value.code == "mapping.no_such_column"
