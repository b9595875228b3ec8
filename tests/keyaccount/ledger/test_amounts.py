"""Is an amount read as it is meant, however it is written, and refused where that cannot be told?"""

from decimal import Decimal

import pytest

from .files import HEADER, accounts, amounts, error, lines, read, refusals, write, write_csv

PRICED = ("客户编号", "日期", "数量", "单价")


READABLE = {
    "1963.10": "1963.10",
    "1,963.10": "1963.10",
    "¥1,963.10": "1963.10",
    "￥1,963.10": "1963.10",
    "(1,963.10)": "-1963.10",
    "（1,963.10）": "-1963.10",
    "(¥1,963.10)": "-1963.10",
    "１，９６３．１０": "1963.10",
    "1963.10-": "-1963.10",
    "-¥5": "-5",
    "¥-5": "-5",
    "−5": "-5",
    "- 5": "-5",
    "+5": "5",
    "1e3": "1000",
    "1E+05": "100000",
    "1,963元": "1963",
    "人民币 5": "5",
    "\u00a01\u00a0963.10 ": "1963.10",
    ".5": "0.5",
    "5.": "5",
    "99999999999999.99": "99999999999999.99",
}
UNREADABLE = (
    *(
        "",
        " ",
        "\u00a0",
        "-",
        "#N/A",
        "NULL",
        "abc",
        "12万",
        "5%",
        "--5",
        "(-5)",
        "(5",
        "5(",
    ),
    *(
        "1,96",
        "1,2,3",
        "1.963.10",
        "1963,10",
        "inf",
        "nan",
        "0x1F",
        "TRUE",
        "壹佰",
        "¥",
        "()",
    ),
    *(
        "999999999999999",
        "1,963.1.0",
    ),
)
TWO_NUMBERS = ("10 20", "12元50", "5元6", "1_000")


@pytest.fixture(scope="module")
def amount_of(tmp_path_factory):
    """What each text is read as in a column of decimal points; those refused are missing."""
    texts = [*READABLE, *UNREADABLE, *TWO_NUMBERS]
    rows = [(f"C{at}", "2025-01-01", text) for at, text in enumerate(texts)]
    path = write_csv(tmp_path_factory.mktemp("amounts") / "a.txt", rows, delimiter="\t")
    ids = {f"C{at}": text for at, text in enumerate(texts)}
    return {ids[account]: money for account, money in lines(read(path), "account_id", "net_amount")}


class TestReadAmount:
    @pytest.mark.parametrize(("text", "expected"), READABLE.items())
    def test_reads_what_can_mean_one_thing(self, amount_of, text, expected):
        assert amount_of[text] == Decimal(expected)

    @pytest.mark.parametrize("text", UNREADABLE)
    def test_refuses_what_is_no_amount(self, amount_of, text):
        assert text not in amount_of

    @pytest.mark.parametrize("text", TWO_NUMBERS)
    def test_never_joins_two_numbers_into_one(self, amount_of, text):
        assert text not in amount_of

    def test_never_takes_dollars_for_yuan(self, tmp_path):
        rows = [
            ("C1", "2025-01-01", "¥100"),
            ("C2", "2025-01-01", "$100"),
            ("C3", "2025-01-01", "EUR 100"),
            ("C4", "2025-01-01", "100 USD"),
        ]
        ledger = read(write_csv(tmp_path / "a.csv", rows))
        assert accounts(ledger) == ["C1"]
        assert {code for _, codes in refusals(ledger) for code in codes} == {"amount.foreign"}
        assert "另一种货币（“$100”）" in ledger.refused[0].reason("zh")

    def test_says_what_stands_there(self, tmp_path):
        ledger = read(write_csv(tmp_path / "a.csv", [("C1", "2025-01-01", "abc"), ("C2", "2025-01-01", "1")]))
        assert refusals(ledger) == [(2, ["amount.unreadable"])]
        assert "abc" in ledger.refused[0].reason("zh")


class TestDecimalMark:
    def test_reads_decimal_commas_where_an_amount_proves_them(self, tmp_path):
        rows = [("C1", "31.01.2025", "1.963,10"), ("C2", "01.02.2025", "12,5"), ("C3", "01.02.2025", "1.000")]
        ledger = read(write_csv(tmp_path / "a.csv", rows, delimiter=";"))
        assert amounts(ledger) == [Decimal("1963.1"), Decimal("12.5"), Decimal(1000)]
        assert ledger.report.files[0].decimal_mark == "comma"

    def test_reads_thousands_where_nothing_says_otherwise(self, tmp_path):
        assert amounts(read(write_csv(tmp_path / "a.csv", [("C1", "2025-01-01", "1,963")]))) == [
            Decimal(1963)
        ]

    def test_refuses_to_guess_in_a_file_of_semicolons(self, tmp_path):
        path = write_csv(
            tmp_path / "a.csv", [("C1", "2025-01-01", "1.963"), ("C2", "2025-01-01", "12")], delimiter=";"
        )
        problem = error(path)
        assert problem.code == "amount.undecidable"
        assert problem.values["row"] == 2
        assert amounts(read(path, decimal_mark="comma")) == [Decimal(1963), Decimal(12)]
        assert amounts(read(path, decimal_mark="point")) == [Decimal("1.963"), Decimal(12)]

    def test_decides_from_all_files_of_a_source(self, tmp_path):
        one = write_csv(tmp_path / "a.csv", [("C1", "2025-01-01", "1.963")], delimiter=";")
        two = write_csv(tmp_path / "b.csv", [("C2", "2025-01-01", "1.963,10")], delimiter=";")
        assert amounts(read(one, two)) == [Decimal(1963), Decimal("1963.1")]

    def test_refuses_rows_that_contradict_the_column(self, tmp_path):
        rows = [("C1", "2025-01-01", "1,963.10"), ("C2", "2025-01-01", "12,5")]
        assert refusals(read(write_csv(tmp_path / "a.csv", rows))) == [(3, ["amount.unreadable"])]


class TestUnits:
    @pytest.mark.parametrize("column", ["销售额(万元)", "销售额（万元）", "销售额(万)", "销售额 [万元]"])
    def test_multiplies_what_is_given_in_ten_thousands(self, tmp_path, column):
        path = write_csv(
            tmp_path / "a.csv", [("C1", "2025-01-01", "1.23456789")], header=("客户编号", "日期", column)
        )
        ledger = read(path)
        assert amounts(ledger) == [Decimal("12345.6789")]
        assert [code for code, _ in ledger.report.files[0].notes] == ["note.unit"]

    def test_leaves_yuan_as_they_are(self, tmp_path):
        path = write_csv(
            tmp_path / "a.csv", [("C1", "2025-01-01", "5")], header=("客户编号", "日期", "销售额（元）")
        )
        assert amounts(read(path)) == [Decimal(5)]


class TestQuantityTimesPrice:
    def test_multiplies_where_there_is_no_amount(self, tmp_path):
        rows = [
            ("C1", "2025-01-01", "3", "2.50"),
            ("C2", "2025-01-01", "-1", "10"),
            ("C3", "2025-01-01", "x", ""),
        ]
        ledger = read(write_csv(tmp_path / "a.csv", rows, header=PRICED))
        assert amounts(ledger) == [Decimal("7.5"), Decimal(-10)]
        ((row, codes),) = refusals(ledger)
        assert row == 4
        assert "quantity.unreadable" in codes

    @pytest.mark.parametrize(
        ("quantity", "price", "product"), [("100000", "1000", 10**8), ("1000000", "50000", 5 * 10**10)]
    )
    def test_multiplies_large_orders(self, tmp_path, quantity, price, product):
        path = write_csv(
            tmp_path / "a.csv",
            [("C1", "2025-01-01", quantity, price), ("C2", "2025-01-01", "1", "1")],
            header=PRICED,
        )
        assert amounts(read(path)) == [Decimal(product), Decimal(1)]

    def test_refuses_a_product_too_large_to_hold(self, tmp_path):
        rows = [("C1", "2025-01-01", "99999999999", "99999999999999"), ("C2", "2025-01-01", "1", "1")]
        ledger = read(write_csv(tmp_path / "a.csv", rows, header=PRICED))
        assert amounts(ledger) == [Decimal(1)]
        assert [row.row for row in ledger.refused] == [2]

    def test_multiplies_the_price_as_it_is_written(self, tmp_path):
        # 1,000,000 × 0.00123 = 1,230; a price cut to four decimals would give 1,200.
        path = write_csv(tmp_path / "a.csv", [("C1", "2025-01-01", "1000000", "0.00123")], header=PRICED)
        assert amounts(read(path)) == [Decimal(1230)]


class TestDiscount:
    def test_takes_money_off(self, tmp_path):
        path = write_csv(
            tmp_path / "a.csv", [("C1", "2025-01-01", "2", "100", "30")], header=(*PRICED, "优惠金额")
        )
        assert amounts(read(path)) == [Decimal(170)]

    @pytest.mark.parametrize("discount", ["0.2", "20%"])
    def test_takes_a_share_off_and_says_so(self, tmp_path, discount):
        rows = [("C1", "2025-01-01", "2", "100", discount), ("C2", "2025-01-01", "1", "10", "0")]
        ledger = read(write_csv(tmp_path / "a.csv", rows, header=(*PRICED, "discount")))
        assert lines(ledger, "net_amount", "discount") == [
            (Decimal(160), Decimal(40)),
            (Decimal(10), Decimal(0)),
        ]
        assert [code for code, _ in ledger.report.files[0].notes] == ["note.discount_rate"]

    def test_asks_whether_0_8_is_to_pay_or_off(self, tmp_path):
        path = write_csv(
            tmp_path / "a.csv", [("C1", "2025-01-01", "2", "100", "0.8")], header=(*PRICED, "折扣")
        )
        assert error(path).code == "discount.undecidable"

    def test_never_takes_twenty_percent_for_twenty_fen(self, tmp_path):
        rows = [("C1", "2025-01-01", "2", "100", "20%"), ("C2", "2025-01-01", "1", "10", "5")]
        path = write_csv(tmp_path / "a.csv", rows, header=(*PRICED, "优惠金额"))
        assert error(path).code == "discount.mixed"

    @pytest.mark.parametrize("column", ["discount_rate", "discount_pct"])
    def test_never_takes_a_rate_of_20_for_2000_percent(self, tmp_path, column):
        rows = [("C1", "2025-01-01", "2", "100", "20"), ("C2", "2025-01-01", "1", "10", "0")]
        path = write_csv(tmp_path / "a.csv", rows, header=(*PRICED, column))
        # 2 × 100 less a fifth; 1 × 10 less nothing.
        assert amounts(read(path)) == [Decimal(160), Decimal(10)]


class TestCostAndProfit:
    def test_makes_cost_of_profit(self, tmp_path):
        rows = [
            ("C1", "2025-01-01", "10", "4"),
            ("C2", "2025-01-01", "10", ""),
            ("C3", "2025-01-01", "10", "x"),
        ]
        ledger = read(write_csv(tmp_path / "a.csv", rows, header=(*HEADER, "利润")))
        assert lines(ledger, "account_id", "cost") == [("C1", Decimal(6)), ("C2", None)]
        assert [row.row for row in ledger.refused] == [4]

    def test_says_where_cost_and_profit_differ(self, tmp_path):
        rows = [("C1", "2025-01-01", "10", "6", "4"), ("C2", "2025-01-01", "10", "6", "5")]
        ledger = read(write_csv(tmp_path / "a.csv", rows, header=(*HEADER, "成本", "利润")))
        ((code, values),) = ledger.report.files[0].notes
        assert (code, values["lines"]) == ("note.cost_and_profit", 1)
        assert lines(ledger, "cost") == [(Decimal(6),), (Decimal(6),)]

    def test_refuses_rows_whose_cost_is_no_money(self, tmp_path):
        ledger = read(
            write(tmp_path / "a.csv", "客户编号,日期,金额,成本\nC1,2025-01-01,1,x\nC2,2025-01-01,1,\n")
        )
        assert accounts(ledger) == ["C2"]
        assert [row.amount for row in ledger.refused] == [Decimal(1)]


class TestCurrency:
    def test_of_one_file_is_not_taken_for_that_of_another(self, tmp_path):
        one = write_csv(tmp_path / "1.csv", [("C1", "2025-01-01", "$70")])
        two = write_csv(tmp_path / "2.csv", [("C2", "2025-01-02", "¥1,000")])
        ledger = read(one, two)
        # One header, one source: not every amount bears `$`, so it is foreign.
        assert amounts(ledger) == [1000]

    def test_of_sources_read_together_must_be_one(self, tmp_path):
        one = write_csv(tmp_path / "1.csv", [("C1", "2025-01-01", "$70")])
        two = write_csv(
            tmp_path / "2.csv", [("C2", "2025-01-02", "¥9")], header=("客户编号", "日期", "销售额")
        )
        assert error(one, two).code == "currency.mixed"

    @pytest.mark.parametrize("header", ["币种", "Currency"])
    def test_of_a_column_must_be_one(self, tmp_path, header):
        """Nothing is summed over two currencies in silence; one that is not yuan is the ledger's."""
        head = ("客户编号", "日期", "金额", header)
        rows = [
            ("C1", "2025-01-01", "10", "CNY"),
            ("C2", "2025-01-02", "30", "人民币"),
            ("C3", "2025-01-02", "5", ""),
        ]
        assert amounts(read(write_csv(tmp_path / "a.csv", rows, header=head))) == [10, 30, 5]
        problem = error(write_csv(tmp_path / "b.csv", [*rows, ("C4", "2025-01-02", "7", "USD")], header=head))
        assert problem.code == "currency.mixed"
        assert problem.values["signs"] == ["¥", "$"]
        dollars = read(write_csv(tmp_path / "c.csv", [("C1", "2025-01-01", "10", "usd")], header=head))
        assert dollars.sources[0].conventions.currencies["net_amount"] == "$"

    def test_of_the_cost_is_none_of_the_amount(self, tmp_path):
        header = ("客户编号", "日期", "金额", "成本")
        rows = [("C1", "2025-01-01", "$10", "$1"), ("C2", "2025-01-02", "30", "$2")]
        # `$` is not on every amount, so it is foreign, in the costs as well.
        problem = error(write_csv(tmp_path / "a.csv", rows, header=header))
        assert problem.code == "file.no_good_rows"
