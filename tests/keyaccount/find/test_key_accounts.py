"""Which customers are key accounts? By hand, at the borders, and with what is missing."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from keyaccount.errors import KeyAccountError
from keyaccount.find.account_years import account_years_rollup, periods_ending
from keyaccount.find.groups import top_parents
from keyaccount.find.key_accounts import find_key_accounts
from keyaccount.find.profit import profit_lines
from keyaccount.find.segments import segment_lines
from keyaccount.find.settings import FindSettings
from keyaccount.find.verdicts import verdict_orders
from keyaccount.ledger.rollup import rollup, rollup_lines

from .ledgers import AMOUNT, accounts, line, monthly, table

UNTIL = dt.date(2025, 12, 31)


def found(lines, **arguments):
    settings = {
        name: arguments.pop(name) for name in list(arguments) if name in FindSettings.__dataclass_fields__
    }
    return find_key_accounts(table(lines), settings=FindSettings(until=UNTIL, **settings), **arguments)


def codes(result, account_id):
    return {reason.code for reason in result.reasons(accounts(result)[account_id])}


def group_table(**parents):
    return pa.table({"account_id": list(parents), "parent_id": list(parents.values())})


def service(*rows):
    schema = pa.schema([("account_id", pa.string()), ("amount", AMOUNT), ("date", pa.date32())])
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


# A customer that is key beyond doubt, so that others can be looked at beside it; the ledger reaches back with it.
STEADY = monthly("steady", 2024, 100, cost=50) + monthly("steady", 2025, 100, cost=50)


def test_says_who_is_as_large_as_the_smallest_in_the_set():
    """Of five equal ones four make 80%; of the fifth nothing but its id tells."""
    lines = [one for code in "ABCDE" for one in monthly(code, 2025, 100)]
    notes = {note.code: note for note in found(lines).notes}
    assert notes["note.tied_at_line"].values == {"accounts": 1}
    assert "note.tied_at_line" not in {note.code for note in found(lines, share=Decimal(1)).notes}


class TestOneTime:
    def test_is_two_order_days_and_nothing_the_year_before(self):
        lines = [*STEADY, line("gb", "2025-03-01", 500, cost=1), line("gb", "2025-03-02", 500, cost=1)]
        assert accounts(found(lines))["gb"]["verdict"] == "one_time"

    def test_is_not_three_order_days(self):
        lines = [*STEADY, *(line("gb", f"2025-03-0{day}", 300, cost=1) for day in (1, 2, 3))]
        assert accounts(found(lines))["gb"]["verdict"] == "key"

    def test_is_not_for_who_bought_the_year_before(self):
        lines = [
            *STEADY,
            line("gb", "2024-12-31", "0.01", cost=0),
            line("gb", "2025-03-01", 400, cost=1),
            line("gb", "2025-03-02", 400, cost=1),
            line("gb", "2025-03-03", 200, cost=1),
        ]
        assert accounts(found(lines))["gb"]["verdict"] == "key"

    def test_counts_a_pure_return_of_the_year_before_as_nothing_bought(self):
        lines = [*STEADY, line("gb", "2024-06-01", -5, cost=0), line("gb", "2025-03-01", 1000, cost=1)]
        assert accounts(found(lines))["gb"]["verdict"] == "one_time"

    def test_is_not_judged_without_the_year_before(self):
        # First line 32 days after 2024-01-01: too late. 31 days: early enough.
        late = [line("old", "2024-02-02", 1), *monthly("steady", 2025, 100), line("gb", "2025-03-01", 1000)]
        result = found(late)
        assert accounts(result)["gb"]["verdict"] == "big_ticket"
        assert "reason.history_short" in codes(result, "gb")
        assert "note.history_short" in {note.code for note in result.notes}
        in_time = [line("old", "2024-02-01", 1), *late[1:]]
        assert accounts(found(in_time))["gb"]["verdict"] == "one_time"


class TestBigTicket:
    def big(self, largest, rest, before=1):
        return [
            *STEADY,
            line("bt", "2024-05-01", before, cost=0),
            line("bt", "2025-02-01", largest, order_id="1", cost=0),
            line("bt", "2025-05-01", rest, order_id="2", cost=0),
            line("bt", "2025-07-01", 1, order_id="3", cost=0),
        ]

    def test_is_half_of_the_sales_in_one_order(self):
        # 500 ÷ (500 + 499 + 1) = 0.5 exactly; 499.9999 ÷ 1000.0001 is less.
        assert accounts(found(self.big(500, 499)))["bt"]["verdict"] == "big_ticket"
        assert accounts(found(self.big("499.9999", "499.0002")))["bt"]["verdict"] == "key"

    def test_comes_back_with_half_as_much_the_year_before(self):
        # Sales 1000: 500 the year before is enough, 499.9999 is not.
        back = found(self.big(900, 99, before=500))
        assert accounts(back)["bt"]["verdict"] == "key"
        assert "reason.comes_back" in codes(back, "bt")
        assert accounts(found(self.big(900, 99, before="499.9999")))["bt"]["verdict"] == "big_ticket"

    def test_takes_lines_of_one_day_for_one_order_without_order_ids(self):
        lines = [
            *STEADY,
            line("bt", "2024-05-01", 1, cost=0),
            line("bt", "2025-02-01", 600, cost=0),
            line("bt", "2025-02-01", 300, cost=0),
            line("bt", "2025-05-01", 100, cost=0),
        ]
        row = accounts(found(lines))["bt"]
        assert (row["verdict"], row["orders"], row["order_days"], row["largest_order_share"]) == (
            "big_ticket",
            2,
            2,
            0.9,
        )

    def test_sees_an_order_shared_by_two_customers_as_two(self):
        lines = [line("a", "2025-02-01", 70, order_id="X"), line("b", "2025-02-01", 30, order_id="X")]
        rows = accounts(found(lines, share=Decimal(1)))
        assert (rows["a"]["orders"], rows["b"]["orders"], rows["a"]["largest_order_share"]) == (1, 1, 1.0)

    def test_may_exceed_one_where_returns_follow(self):
        lines = [line("a", "2025-02-01", 100, order_id="1"), line("a", "2025-03-01", -20, order_id="2")]
        row = accounts(found(lines))["a"]
        # 100 ÷ 80; the return is no order and no order day.
        assert (row["largest_order_share"], row["orders"], row["order_days"], row["active_months"]) == (
            1.25,
            1,
            1,
            1,
        )


class TestProfitless:
    def test_is_a_profit_of_zero_or_less(self):
        lines = [*STEADY, *monthly("p", 2024, 90, cost=1), *monthly("p", 2025, 90, cost=90)]
        row = accounts(found(lines))["p"]
        assert (row["verdict"], row["profit"]) == ("profitless", 0)

    def test_counts_freight(self):
        lines = [*STEADY, *monthly("p", 2025, 90, cost=80, freight=11)]
        assert accounts(found(lines))["p"]["profit"] == 12 * (90 - 80 - 11)

    def test_may_come_from_the_cost_to_serve_alone(self):
        lines = [*STEADY, *monthly("p", 2025, 90, cost=80)]  # 12 × 10 = 120 before service
        result = found(
            lines,
            cost_to_serve=service(
                ("p", Decimal(100), None),
                ("p", Decimal(20), dt.date(2025, 6, 1)),
                ("p", Decimal(999), dt.date(2024, 6, 1)),
            ),
        )
        row = accounts(result)["p"]
        assert (row["cost_to_serve"], row["profit"], row["verdict"]) == (120, 0, "profitless")
        assert "reason.profitless.after_service" in codes(result, "p")

    def test_is_not_judged_below_95_percent_of_known_costs(self):
        # Known: 95 of 100 is enough, 94.9999 is not.
        def known(part):
            return [
                *STEADY,
                line("p", "2025-01-01", part, cost=200),
                line("p", "2025-05-01", 100 - Decimal(part), cost=None),
                *monthly("p", 2024, 1),
            ]

        enough = found(known("95"), share=Decimal(1))
        assert accounts(enough)["p"]["profit"] == 95 - 200
        too_few = found(known("94.9999"), share=Decimal(1))
        assert accounts(too_few)["p"]["profit"] is None
        assert accounts(too_few)["p"]["profit_rank"] is None
        assert "reason.cost_incomplete" in codes(too_few, "p")
        assert "note.cost_incomplete" in {note.code for note in too_few.notes}

    def test_weighs_returns_by_their_size(self):
        # |100| with cost of |100| + |−10| = 90.9%.
        lines = [*STEADY, line("p", "2025-01-01", 100, cost=200), line("p", "2025-05-01", -10, cost=None)]
        assert accounts(found(lines, share=Decimal(1)))["p"]["profit"] is None

    def test_is_not_judged_without_any_cost(self):
        result = found([line("a", "2025-01-01", 10)])
        assert accounts(result)["a"]["profit"] is None
        assert result.summary.profit is None
        assert result.profit_curve is None
        assert {note.code for note in result.notes} >= {
            "note.no_cost",
            "note.no_orders",
            "note.history_short",
        }
        assert "reason.cost_incomplete" not in codes(result, "a")


class TestRising:
    def test_is_twice_the_last_six_months_at_the_line(self):
        # In the set: steady (1200) alone, its basis is the line. 2 × 600 = 1200 reaches it, 2 × 599.9999 does not.
        lines = [*STEADY, *monthly("r", 2025, 150, months=range(9, 13), cost=0)]
        result = found(lines, share=Decimal("0.5"))
        assert accounts(result)["r"]["verdict"] == "rising"
        below = [
            *STEADY,
            *monthly("r", 2025, 150, months=range(9, 12), cost=0),
            line("r", "2025-12-15", "149.9999", cost=0),
        ]
        assert accounts(found(below, share=Decimal("0.5")))["r"]["verdict"] == "ordinary"

    def test_is_not_one_big_ticket(self):
        lines = [*STEADY, line("r", "2025-11-01", 700, cost=0)]
        assert accounts(found(lines, share=Decimal("0.5")))["r"]["verdict"] == "ordinary"

    def test_without_profit_is_said(self):
        lines = [*STEADY, *monthly("r", 2025, 150, months=range(8, 13), cost=151)]
        assert "reason.rising_profitless" in codes(found(lines, share=Decimal("0.5")), "r")

    def test_says_that_there_is_no_seasonal_correction(self):
        lines = [*STEADY, *monthly("r", 2025, 150, months=range(8, 13), cost=0)]
        assert "note.no_season" in {note.code for note in found(lines, share=Decimal("0.5")).notes}


class TestGroups:
    def test_count_as_one_at_any_depth(self):
        lines = [*monthly("sub", 2025, 10), *monthly("subsub", 2025, 20), *monthly("other", 2025, 25)]
        result = found(lines, groups=group_table(sub="top", subsub="sub"))
        rows = accounts(result)
        assert (rows["top"]["sales"], rows["top"]["sales_rank"], rows["top"]["members"]) == (360, 1, 2)
        assert set(rows) == {"top", "other"}

    def test_keep_orders_with_the_member(self):
        lines = [line("a", "2025-02-01", 60, order_id="1"), line("b", "2025-02-01", 40, order_id="1")]
        row = accounts(found(lines, groups=group_table(a="g", b="g")))["g"]
        assert (row["orders"], row["order_days"], row["largest_order_share"]) == (2, 1, 0.6)

    def test_serve_the_group_with_its_members_costs(self):
        lines = monthly("a", 2025, 10, cost=5)
        row = accounts(
            found(
                lines,
                groups=group_table(a="g"),
                cost_to_serve=service(("a", Decimal(7), None), ("g", Decimal(3), None)),
            )
        )["g"]
        assert (row["cost_to_serve"], row["profit"]) == (10, 50)

    def test_with_a_row_for_themselves_are_their_own_group(self):
        groups = pa.table({"account_id": ["a", "b"], "parent_id": ["a", "a"]})
        assert top_parents(groups) == {"b": "a"}

    def test_in_a_circle_are_an_error_that_names_it(self):
        with pytest.raises(KeyAccountError) as caught:
            top_parents(group_table(a="b", b="c", c="a"))
        assert caught.value.code == "groups.circle"
        assert "a → b → c → a" in caught.value.text("zh")

    def test_with_two_parents_are_an_error(self):
        with pytest.raises(KeyAccountError) as caught:
            top_parents(pa.table({"account_id": ["a", "a"], "parent_id": ["b", "c"]}))
        assert caught.value.code == "groups.two_parents"


class TestTheYear:
    def test_ends_on_the_ledgers_last_day_by_preset(self):
        result = find_key_accounts(table([line("a", "2024-06-30", 1), line("a", "2025-06-30", 1)]))
        assert result.summary.periods.year.begin == dt.date(2024, 7, 1)
        assert result.summary.sales == 1

    def test_leaves_out_what_comes_after_and_says_so(self):
        result = found([line("a", "2025-06-30", 1), line("a", "2026-01-01", 5)])
        assert result.summary.sales == 1
        assert "note.later_lines" in {note.code for note in result.notes}

    def test_counts_a_leap_day(self):
        lines = [line("a", "2024-02-29", 5), line("a", "2023-03-01", 1), line("a", "2023-02-28", 7)]
        result = find_key_accounts(table(lines), settings=FindSettings(until=dt.date(2024, 2, 29)))
        assert result.summary.sales == 6

    def test_stands_beside_the_two_before(self):
        lines = [
            *monthly("a", 2023, 1),
            *monthly("a", 2024, 2),
            *monthly("a", 2025, 3),
            *monthly("b", 2023, 5),
        ]
        years = found(lines).years
        assert [(year.period.begin.year, year.sales, year.accounts, year.complete) for year in years] == [
            (2025, 36, 1, True),
            (2024, 24, 1, True),
            (2023, 72, 2, True),
        ]

    def test_of_incomplete_history_is_marked(self):
        assert [year.complete for year in found(monthly("a", 2025, 3)).years] == [True, False, False]


class TestLosingTheLargest:
    def test_leaves_the_rest_of_sales_and_profit(self):
        lines = [*monthly("a", 2025, 10, cost=4), *monthly("b", 2025, 5, cost=6)]  # profits 72 and −12
        losses = found(lines).losses.to_pylist()
        assert [(row["account_id"], row["sales_left"], row["profit_left"]) for row in losses] == [
            ("a", 60, -12),
            ("b", 120, 72),
        ]
        assert losses[0]["sales_lost_share"] == pytest.approx(120 / 180)

    def test_is_shown_for_ten_at_most(self):
        assert found([line(f"a{at:02}", "2025-01-01", 100 - at) for at in range(12)]).losses.num_rows == 10


class TestTheDepartment:
    def test_pays_from_twenty_key_accounts_on(self):
        def key(count):
            return [one for at in range(count) for one in monthly(f"a{at:02}", 2025, 10)]

        nineteen, twenty = found(key(19), share=Decimal(1)).summary, found(key(20), share=Decimal(1)).summary
        assert (nineteen.verdicts["key"], nineteen.department_pays, nineteen.managers) == (19, False, 2)
        assert (twenty.verdicts["key"], twenty.department_pays, twenty.managers) == (20, True, 2)


class TestNothingToRank:
    @pytest.mark.parametrize(
        "lines",
        [
            [line("a", "2025-01-01", -5)],
            [line("a", "2025-01-01", 5), line("b", "2025-01-01", -5)],
            [line("a", "2023-01-01", 5)],
        ],
    )
    def test_is_an_error_that_says_what_there_is(self, lines):
        with pytest.raises(KeyAccountError) as caught:
            found(lines)
        assert caught.value.code == "find.nothing_to_rank"
        assert "2025-01-01" in caught.value.text("zh")

    def test_is_an_error_for_no_lines_at_all(self):
        with pytest.raises(KeyAccountError) as caught:
            find_key_accounts(table([line("a", "2025-01-01", 5)]).limit(0))
        assert caught.value.code == "find.no_lines"

    def test_names_the_columns_that_are_missing(self):
        with pytest.raises(KeyAccountError) as caught:
            find_key_accounts(table([line("a", "2025-01-01", 5)]).drop("net_amount"))
        assert caught.value.code == "column.missing"
        assert "net_amount" in caught.value.text("en")


class TestUnassigned:
    def test_counts_in_totals_without_a_rank(self):
        lines = [line("a", "2025-01-01", 70), line("b", "2025-01-01", 10), line(None, "2025-01-01", 20)]
        result = found(lines, unassigned="散客")
        row = accounts(result)["散客"]
        assert (row["sales"], row["sales_rank"], row["in_set"]) == (20, None, False)
        assert (result.summary.sales, result.summary.accounts, result.summary.unassigned_sales) == (
            100,
            2,
            20,
        )
        # Before b: 70 < 0.8 × 100, so b is in; without the 20 it would be 70 ≥ 0.8 × 80.
        assert accounts(result)["b"]["in_set"]
        assert [reason.code for reason in result.reasons(row)] == ["reason.unassigned"]

    def test_may_not_take_an_accounts_name(self):
        with pytest.raises(KeyAccountError) as caught:
            found([line("a", "2025-01-01", 70), line(None, "2025-01-01", 20)], unassigned="a")
        assert caught.value.code == "find.name_taken"


class TestNames:
    def test_are_the_latest(self):
        lines = [
            line("a", "2025-01-01", 1, account_name="旧名"),
            line("a", "2025-05-01", 1, account_name="新名"),
            line("a", "2025-06-01", 1, account_name=None),
        ]
        assert accounts(found(lines))["a"]["account_name"] == "新名"


class TestTheRecordsBehind:
    """Each figure has a sibling that returns what it was made of."""

    LINES = (
        *STEADY,
        line("x", "2025-02-01", 70, order_id="1", cost=9),
        line("x", "2025-02-01", 5, order_id="1", cost=9),
        line("x", "2025-03-01", -4, order_id="2", cost=1),
    )

    def test_of_sales_sum_to_it(self):
        lines = table(list(self.LINES))
        result = found(list(self.LINES))
        periods = periods_ending(UNTIL)
        behind = account_years_rollup(rollup(lines), "x", periods).to_pyarrow().to_pylist()
        assert sum(row["net_amount"] for row in behind) == accounts(result)["x"]["sales"] == 71
        assert (
            rollup_lines(lines, "x").count().to_pyarrow().as_py() == sum(row["lines"] for row in behind) == 3
        )

    def test_of_profit_sum_to_it(self):
        behind = (
            profit_lines(table(list(self.LINES)), "x", periods_ending(UNTIL).year).to_pyarrow().to_pylist()
        )
        assert (
            sum(row["net_amount"] - row["cost"] for row in behind)
            == accounts(found(list(self.LINES)))["x"]["profit"]
            == 52
        )

    def test_of_a_region_sum_to_it(self):
        lines = table(
            [
                line("a", "2025-02-01", 7, region="东"),
                line("b", "2025-03-01", 2, region="东"),
                line("a", "2025-03-01", 5, region="西"),
            ]
        )
        result = find_key_accounts(lines, settings=FindSettings(until=UNTIL))
        told = {row["segment"]: row for row in result.segments["region"].to_pylist()}
        behind = segment_lines(lines, "region", "东", periods_ending(UNTIL).year).to_pyarrow().to_pylist()
        assert sum(row["net_amount"] for row in behind) == told["东"]["sales"] == 9
        assert (told["东"]["accounts"], told["西"]["sales"]) == (2, 5)

    def test_of_a_verdict_are_its_orders(self):
        orders = (
            verdict_orders(rollup(table(list(self.LINES))), ["x"], periods_ending(UNTIL))
            .to_pyarrow()
            .to_pylist()
        )
        assert [(row["order_id"], row["net_amount"], row["lines"]) for row in orders] == [
            ("1", 75, 2),
            ("2", -4, 1),
        ]


class TestInANotebook:
    def test_shows_the_sentence_and_the_list(self):
        html = found([line("<a>", "2025-01-01", 5, account_name="<b>甲</b>")])._repr_html_()
        assert "家客户中" in html
        assert "&lt;b&gt;甲&lt;/b&gt;" in html
        assert "<b>甲" not in html
