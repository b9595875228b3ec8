"""What is read of a few accounts by SQL of our own is what Ibis reads; counted and summed over all, whatever page is asked for."""

import datetime as dt
from decimal import Decimal

import pytest

from keyaccount.know.buying import BUYING_COLUMNS, buying, buying_begins, buying_of
from keyaccount.ledger.merged import merged_lines
from keyaccount.ledger.store.few import FewLines, few_lines, page_of_lines
from keyaccount.ledger.store.reading import open_store

COLUMNS = ("date", "account_id", "order_id", "net_amount", "cost", "file", "row", "import_id")
ROWS = [
    # account, day, order, product, amount, cost
    ("A", "2025-01-05", "1", "P", "10.00", "7.00"),
    ("A", "2025-01-05", "1", "Q", "5.50", "4.00"),
    ("A", "2025-03-01", "", "P", "-2.00", ""),
    ("B", "2025-02-02", "1", "P", "100.00", "90.00"),
    ("C", "2024-06-30", "9", "P", "3.00", "1.00"),
    ("它's", "2025-05-05", "7", "Q", "8.00", "6.00"),
]


@pytest.fixture
def store(desk):
    header = ("客户编号", "日期", "订单号", "产品名称", "金额", "成本")
    desk.take(desk.file("lines.csv", [list(row) for row in ROWS], header=header))
    return open_store(desk.place)


def rows(table):
    return sorted(table.to_pylist(), key=lambda row: (row["file"], row["row"]))


class TestFewLines:
    @pytest.mark.parametrize(
        ("accounts", "first", "last"),
        [
            (["A"], dt.date.min, dt.date.max),
            (["A", "B"], dt.date(2025, 1, 5), dt.date(2025, 2, 2)),
            (["它's"], dt.date(2025, 1, 1), dt.date(2025, 12, 31)),
            (["nobody"], dt.date.min, dt.date.max),
            ([], dt.date.min, dt.date.max),
        ],
    )
    def test_are_those_that_ibis_reads(self, store, accounts, first, last):
        lines = store.lines()
        told = lines.filter(lines.account_id.isin(accounts) & lines.date.between(first, last))
        found = few_lines(store, FewLines({one: one for one in accounts}, first, last), COLUMNS)
        assert rows(found) == rows(told.select(*COLUMNS).to_pyarrow())

    def test_count_as_what_an_account_was_merged_into(self, store):
        into = {"A": "A", "B": "A"}
        lines = store.lines()
        as_one = merged_lines(lines.filter(lines.account_id.isin(["A", "B"])), {"B": "A"})
        found = few_lines(store, FewLines(into), COLUMNS)
        assert rows(found) == rows(as_one.select(*COLUMNS, "ledger_account_id").to_pyarrow())

    def test_leave_out_columns_that_the_ledger_has_not(self, store):
        assert few_lines(store, FewLines({"A": "A"}), ["date", "freight", "file; DROP"]).column_names == [
            "date"
        ]

    def test_take_what_stands_in_a_column_or_that_nothing_does(self, store):
        def amounts(**equal):
            return few_lines(store, FewLines({"A": "A"}, equal=equal), ["net_amount"])[
                "net_amount"
            ].to_pylist()

        assert sorted(amounts(order_id="1")) == [Decimal("5.50"), Decimal("10.00")]
        assert amounts(order_id=None) == [Decimal("-2.00")]
        assert amounts(order_id="' OR true --") == []
        assert len(amounts(region="North")) == 3  # there is no such column

    def test_give_the_figures_that_ibis_gives(self, store):
        until = dt.date(2025, 12, 31)
        wanted = FewLines({"A": "A", "B": "B"}, buying_begins(until), until)
        told = buying_of(few_lines(store, wanted, BUYING_COLUMNS), until)
        assert told == buying(store.lines(), ["A", "B"], until)
        assert told.lines == 4


class TestPageOfLines:
    def test_newest_first_with_the_sums_of_all(self, store):
        wanted = FewLines({"A": "A", "B": "B"})
        first, second = (page_of_lines(store, wanted, COLUMNS, limit=2, offset=at) for at in (0, 2))
        days = [line["date"].isoformat() for page in (first, second) for line in page.lines.to_pylist()]
        assert days == ["2025-03-01", "2025-02-02", "2025-01-05", "2025-01-05"]
        # 10 + 5.50 − 2 + 100
        assert {(page.count, page.net_amount) for page in (first, second)} == {(4, Decimal("113.50"))}

    def test_past_the_end_the_sums_alone(self, store):
        page = page_of_lines(store, FewLines({"A": "A"}), COLUMNS, limit=5, offset=50)
        assert (page.lines.num_rows, page.count, page.net_amount) == (0, 3, Decimal("13.50"))

    def test_of_nobody_nothing(self, store):
        page = page_of_lines(store, FewLines({"nobody": "nobody"}), COLUMNS, limit=5)
        assert (page.lines.num_rows, page.count, page.net_amount) == (0, 0, Decimal(0))
