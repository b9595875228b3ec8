"""What an account buys: months, products, orders, rhythm; worked by hand, against plain Python, at the edges."""

import datetime as dt
from decimal import Decimal
from itertools import pairwise
from statistics import median

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyaccount.know.buying import buying, buying_lines
from keyaccount.tables import TableError

from ..find.ledgers import AMOUNT, line

UNTIL = dt.date(2025, 12, 31)


def table(lines):
    present = [
        name
        for name in ("account_id", "date", "net_amount", "order_id", "cost", "product_name")
        if any(name in one for one in lines)
    ]
    kinds = {"account_id": pa.string(), "date": pa.date32(), "net_amount": AMOUNT, "cost": AMOUNT}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in present])
    return ibis.memtable(pa.Table.from_pylist(lines, schema=schema))


# By hand: in 2025 A buys 100 + 50 on 10 January (one order), returns 30 of it on 3 March, buys 80 on 11 March.
A = [
    line("A", "2024-01-15", 60, order_id="1", cost=40, product_name="pump"),
    line("A", "2025-01-10", 100, order_id="2", cost=70, product_name="pump"),
    line("A", "2025-01-10", 50, order_id="2", cost=20, product_name="hose"),
    line("A", "2025-03-03", -30, order_id="2", cost=-20, product_name="hose"),
    line("A", "2025-03-11", 80, order_id="3", cost=60, product_name="valve"),
]
B = [line("B", "2025-03-20", 7, order_id="9", cost=1, product_name="pump")]


class TestAYearByHand:
    def test_has_each_month_beside_that_of_the_year_before(self):
        told = buying(table([*A, *B]), ["A"], UNTIL)
        assert [month.month.month for month in told.months] == list(range(1, 13))
        january, _, march, *_ = told.months
        assert (january.sales, january.sales_year_before) == (Decimal(150), Decimal(60))
        assert (january.profit, january.profit_year_before) == (Decimal(60), Decimal(20))
        assert (march.sales, march.profit) == (Decimal(50), Decimal(10))
        assert sum(month.sales for month in told.months) == Decimal(200)

    def test_has_the_products_by_sales(self):
        products = buying(table(A), ["A"], UNTIL).products
        assert [(one.product, one.sales, one.sales_year_before) for one in products] == [
            ("pump", Decimal(100), Decimal(60)),
            ("valve", Decimal(80), Decimal(0)),
            ("hose", Decimal(20), Decimal(0)),
        ]
        assert products[2].last_date == dt.date(2025, 3, 3)

    def test_has_the_last_orders_with_their_returns(self):
        orders = buying(table(A), ["A"], UNTIL).orders
        assert [(one.order_id, one.date, one.net_amount, one.lines) for one in orders] == [
            ("3", dt.date(2025, 3, 11), Decimal(80), 1),
            ("2", dt.date(2025, 1, 10), Decimal(120), 3),
            ("1", dt.date(2024, 1, 15), Decimal(60), 1),
        ]

    def test_has_the_rhythm_of_days_with_a_purchase(self):
        # Purchases within 365 days to the year's end: 10 January and 11 March; a return is none.
        rhythm = buying(table(A), ["A"], UNTIL).rhythm
        assert (rhythm.order_days, rhythm.median_gap) == (2, None)
        assert (rhythm.last_date, rhythm.days_since) == (dt.date(2025, 3, 11), 295)

    def test_counts_the_lines_of_the_year(self):
        assert buying(table([*A, *B]), ["A"], UNTIL).lines == 4

    def test_puts_members_of_a_group_together(self):
        assert buying(table([*A, *B]), ["A", "B"], UNTIL).months[2].sales == Decimal(57)


class TestTheLinesBehind:
    def test_a_month_sum_to_it(self):
        lines = table([*A, *B])
        told = buying(lines, ["A"], UNTIL)
        behind = buying_lines(lines, ["A"], dt.date(2025, 3, 1), dt.date(2025, 3, 31))
        assert behind.net_amount.sum().to_pyarrow().as_py() == told.months[2].sales


class TestEdges:
    def test_of_an_account_that_never_bought(self):
        told = buying(table(A), ["Z"], UNTIL)
        assert (told.lines, told.orders, told.products) == (0, (), ())
        assert told.rhythm.last_date is None
        assert all(month.sales == 0 for month in told.months)

    def test_without_costs_orders_and_products(self):
        told = buying(table([line("A", "2025-05-05", 5), line("A", "2025-05-05", 6)]), ["A"], UNTIL)
        assert told.products is None
        assert told.months[4].profit is None
        assert [(one.order_id, one.net_amount, one.lines) for one in told.orders] == [(None, Decimal(11), 2)]

    def test_of_a_year_that_ends_in_mid_month_has_thirteen_months_each_in_part(self):
        lines = [
            line("A", "2025-06-10", 1),
            line("A", "2024-06-20", 2),
            line("A", "2024-06-15", 4),
            line("A", "2025-06-16", 8),
        ]
        told = buying(table(lines), ["A"], dt.date(2025, 6, 15))
        assert len(told.months) == 13
        assert (told.months[0].sales, told.months[-1].sales) == (Decimal(2), Decimal(1))
        assert told.months[-1].sales_year_before == Decimal(4)

    def test_later_lines_do_not_count(self):
        assert buying(table(A), ["A"], dt.date(2025, 1, 31)).orders[0].net_amount == Decimal(150)

    def test_says_which_column_is_missing(self):
        with pytest.raises(TableError):
            buying(table([{"account_id": "A", "net_amount": Decimal(1)}]), ["A"], UNTIL)


@given(
    st.lists(
        st.tuples(st.integers(0, 730), st.integers(-50, 200), st.sampled_from(["1", "2", None])),
        min_size=1,
        max_size=25,
    )
)
@settings(max_examples=25, deadline=None)
def test_agrees_with_plain_python(rows):
    lines = [
        line("A", (dt.date(2024, 1, 1) + dt.timedelta(days=day)).isoformat(), amount, order_id=order)
        for day, amount, order in rows
    ]
    told = buying(table(lines), ["A"], UNTIL)
    in_year = [one for one in lines if one["date"].year == 2025]
    assert sum(month.sales for month in told.months) == sum(one["net_amount"] for one in in_year)
    assert sum(month.sales_year_before for month in told.months) == sum(
        one["net_amount"] for one in lines if one["date"].year == 2024
    )
    days = sorted({one["date"] for one in in_year if one["net_amount"] > 0})
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    assert told.rhythm.order_days == len(days)
    assert told.rhythm.median_gap == (float(median(gaps)) if len(days) >= 3 else None)
