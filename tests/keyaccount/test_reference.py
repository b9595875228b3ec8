"""Is the reference itself right? Cases by hand, with the sums written out."""

import datetime as dt
from decimal import Decimal

import pytest

from .reference import Found, find, gini, months_ending


def day(text):
    return dt.date.fromisoformat(text)


def line(account_id, date, net_amount, **more):
    """One invoice line; amounts as text, other fields only where the test maps them."""
    amounts = {
        name: value if value is None else Decimal(value)
        for name, value in more.items()
        if name in ("cost", "freight")
    }
    return {
        "account_id": account_id,
        "date": day(date),
        "net_amount": Decimal(net_amount),
        **more,
        **amounts,
    }


def quarterly(account_id, net_amount, **more):
    """Four orders in 2024, two of them in the last six months."""
    dates = ("2024-02-01", "2024-05-01", "2024-08-01", "2024-11-01")
    return [line(account_id, date, net_amount, **more) for date in dates]


def account(found: Found, account_id):
    (row,) = [row for row in found.accounts if row["account_id"] == account_id]
    return row


def order_of(found: Found):
    return [row["account_id"] for row in found.accounts]


class TestTheYear:
    @pytest.mark.parametrize(
        ("until", "begin"),
        [
            ("2024-12-31", "2024-01-01"),
            ("2025-02-28", "2024-03-01"),  # not on 29 February 2024
            ("2024-02-29", "2023-03-01"),
            ("2025-04-30", "2024-05-01"),
        ],
    )
    def test_begins_on_the_first_where_until_ends_its_month(self, until, begin):
        assert months_ending(day(until), 12) == (day(begin), day(until))

    @pytest.mark.parametrize(
        ("until", "begin"),
        [
            ("2024-12-30", "2023-12-31"),
            ("2024-06-15", "2023-06-16"),
            ("2024-02-28", "2023-03-01"),  # a leap year: the 28th does not end its month
            ("2025-02-27", "2024-02-28"),
        ],
    )
    def test_begins_the_day_after_the_namesake_of_until_elsewhere(self, until, begin):
        assert months_ending(day(until), 12) == (day(begin), day(until))

    def test_follows_the_year_before_without_a_gap(self):
        found = find([line("A", "2024-02-29", "1")])
        assert found.year == (day("2023-03-01"), day("2024-02-29"))
        assert found.year_before == (day("2022-03-01"), day("2023-02-28"))

    def test_ends_on_the_last_date_of_the_ledger_if_not_told(self):
        found = find([line("A", "2024-05-05", "1"), line("B", "2024-03-01", "1")])
        assert found.year.until == day("2024-05-05")


class TestTheLastSixMonths:
    @pytest.mark.parametrize(
        ("until", "begin"),
        [
            ("2024-12-31", "2024-07-01"),
            ("2024-08-31", "2024-03-01"),
            ("2024-06-30", "2024-01-01"),
            ("2024-06-15", "2023-12-16"),
            ("2024-08-29", "2024-03-01"),  # namesake 29 February 2024
            ("2023-08-29", "2023-03-01"),  # no 29 February 2023: the 28th stands in
            ("2024-08-30", "2024-03-01"),
        ],
    )
    def test_follow_the_rule_of_the_year(self, until, begin):
        assert months_ending(day(until), 6) == (day(begin), day(until))


TEN_LINES = [
    line("A", "2024-01-10", "40", account_name="Alder", order_id="o1", cost="20", freight="1"),
    line("A", "2024-01-10", "20", account_name="Alder", order_id="o1", cost="10", freight=None),
    line("A", "2024-03-05", "-10", account_name="Alder", order_id="o2", cost="-5", freight=None),
    line("A", "2024-07-01", "10", account_name="Alder AG", order_id=None, cost="6", freight=None),
    line("B", "2024-02-01", "20", account_name="Birch", order_id="o1", cost="15", freight=None),
    line("B", "2024-02-01", "5", account_name="Beech", order_id=None, cost="5", freight=None),
    line("B", "2024-02-01", "5", account_name="Birch", order_id=None, cost="5", freight=None),
    line("C", "2024-11-30", "10", account_name="Cedar", order_id="o9", cost=None, freight="2"),
    line("C", "2023-12-31", "50", account_name="Cedar", order_id="o8", cost="1", freight=None),
    line("C", "2025-01-01", "70", account_name="Cedar", order_id="o10", cost="1", freight=None),
]


class TestTenLines:
    @pytest.fixture
    def found(self):
        return find(TEN_LINES, until=day("2024-12-31"))

    def test_make_these_totals(self, found):
        assert found.n_accounts == 3
        assert found.total_sales == 100  # 60 + 30 + 10; the lines of 2023 and 2025 stay out
        assert found.total_profit == 33  # 28 + 5; C is not judged

    def test_make_this_concentration(self, found):
        assert found.top_share == 0.6  # the first ceil(0.2 x 3) = 1 of 3 holds 60 of 100
        # x = 10, 30, 60: (2-4) x 10 + (4-4) x 30 + (6-4) x 60 = 100; 3 x 100 = 300
        assert found.gini == pytest.approx(1 / 3)

    def test_rank_by_sales(self, found):
        assert order_of(found) == ["A", "B", "C"]
        assert [row["sales"] for row in found.accounts] == [60, 30, 10]  # A: 40 + 20 - 10 + 10
        assert [row["sales_rank"] for row in found.accounts] == [1, 2, 3]
        assert [row["sales_share"] for row in found.accounts] == [0.6, 0.3, 0.1]
        assert [row["sales_running_share"] for row in found.accounts] == [0.6, 0.9, 1]

    def test_rank_by_profit_where_it_is_judged(self, found):
        # A: (40-20-1) + (20-10) + (-10+5) + (10-6) = 19 + 10 - 5 + 4; B: 5 + 0 + 0
        assert [row["profit"] for row in found.accounts] == [28, 5, None]
        assert [row["profit_judged"] for row in found.accounts] == [True, True, False]
        assert [row["profit_rank"] for row in found.accounts] == [1, 2, None]
        assert [row["profit_running_share"] for row in found.accounts] == [28 / 33, 1, None]

    def test_count_orders_days_and_months(self, found):
        # A: o1 60, o2 -10, 1 July 10: two above 0. B: o1 20 (not A's o1), 1 February 5 + 5.
        assert [row["orders"] for row in found.accounts] == [2, 2, 1]
        assert [row["order_days"] for row in found.accounts] == [2, 1, 1]
        assert [row["active_months"] for row in found.accounts] == [2, 1, 1]
        assert [row["largest_order_share"] for row in found.accounts] == [1, 2 / 3, 1]

    def test_put_those_who_cross_the_line_in_the_set(self, found):
        # before A 0 < 80; before B 60 < 80; before C 90
        assert [row["in_set"] for row in found.accounts] == [True, True, False]
        assert found.set_size == 2

    def test_show_the_latest_name_and_of_two_the_smaller(self, found):
        assert [row["account_name"] for row in found.accounts] == ["Alder AG", "Beech", "Cedar"]

    def test_say_that_the_history_is_short(self, found):
        assert found.history_short  # first line on 31 December 2023
        assert account(found, "A")["verdict"] == "big_ticket"
        assert account(found, "A")["reasons"] == {"set.in", "big_ticket", "history.short"}
        assert account(found, "C")["reasons"] == {"set.out", "cost.incomplete"}

    def test_give_the_same_in_any_order(self, found):
        assert find(TEN_LINES[::-1], until=day("2024-12-31")) == found


class TestTheVerdict:
    """Sales of 2024: 400 + 200 + 150 + 100 + 90 + 60 = 1000, so the line to cross is 800."""

    @pytest.fixture
    def found(self):
        return find(
            [
                line("Key", "2023-01-15", "10", cost="1"),  # the ledger reaches back
                *quarterly("Key", "100", cost="50"),  # before it 0
                line("Ticket", "2024-03-01", "160", cost="1"),  # 160 of 200 at once; before it 400
                line("Ticket", "2024-03-02", "20", cost="1"),
                line("Ticket", "2024-03-03", "20", cost="1"),
                line("Once", "2024-04-01", "150", cost="1"),  # before it 600
                *quarterly("Loss", "25", cost="25"),  # profit 0; before it 750
                *quarterly("Riser", "10", cost="5"),  # 10 + 10 + 50 of 90 lately: 2 x 70 >= 100
                line("Riser", "2024-12-01", "50", cost="10"),
                *quarterly("Small", "15", cost="1"),  # 2 x 30 < 100
            ],
            until=day("2024-12-31"),
        )

    @pytest.mark.parametrize(
        ("account_id", "verdict", "reasons"),
        [
            ("Key", "key", {"set.in"}),
            ("Ticket", "big_ticket", {"set.in", "big_ticket"}),
            ("Once", "one_time", {"set.in", "one_time", "big_ticket"}),
            ("Loss", "profitless", {"set.in", "profitless"}),
            ("Riser", "rising", {"set.out", "rising"}),
            ("Small", "ordinary", {"set.out"}),
        ],
    )
    def test_is_the_first_rule_that_applies(self, found, account_id, verdict, reasons):
        assert account(found, account_id)["verdict"] == verdict
        assert account(found, account_id)["reasons"] == reasons

    def test_lists_every_reason_of_a_large_single_loss(self):
        lines = [line("A", "2022-12-01", "9"), line("A", "2024-04-01", "150", cost="150")]
        found = find(lines, until=day("2024-12-31"))
        assert account(found, "A")["verdict"] == "profitless"
        assert account(found, "A")["reasons"] == {"set.in", "profitless", "one_time", "big_ticket"}

    def test_adds_to_a_riser_that_it_makes_no_profit(self):
        lines = [*quarterly("A", "30", cost="1"), *quarterly("B", "20", cost="20")]
        lines.append(line("B", "2024-12-01", "20", cost="20"))  # 2 x (20 + 20 + 20) >= 120
        found = find(lines, until=day("2024-12-31"), share=Decimal("0.5"))  # before B 120 of 220
        assert account(found, "B")["verdict"] == "rising"
        assert account(found, "B")["reasons"] == {"set.out", "rising", "rising.profitless"}

    def test_is_not_rising_for_one_large_order(self):
        lines = [*quarterly("A", "30"), line("B", "2024-12-01", "100")]  # 2 x 100 >= 120
        found = find(lines, until=day("2024-12-31"), share=Decimal("0.5"))
        assert account(found, "B")["verdict"] == "ordinary"


class TestABigTicket:
    def test_is_let_off_where_half_of_it_was_bought_the_year_before(self):
        lines = [line("A", "2023-02-01", "50"), line("A", "2024-03-01", "100")]  # 50 >= 0.5 x 100
        row = account(find(lines, until=day("2024-12-31")), "A")
        assert row["verdict"] == "key"
        assert row["reasons"] == {"set.in", "big_ticket.returns"}

    def test_stays_one_where_a_little_less_was_bought(self):
        lines = [line("A", "2023-02-01", "49.9999"), line("A", "2024-03-01", "100")]
        assert account(find(lines, until=day("2024-12-31")), "A")["verdict"] == "big_ticket"

    def test_is_not_let_off_where_the_ledger_begins_32_days_into_the_year_before(self):
        lines = [line("A", "2023-02-02", "50"), line("A", "2024-03-01", "100")]
        row = account(find(lines, until=day("2024-12-31")), "A")
        assert row["verdict"] == "big_ticket"
        assert row["reasons"] == {"set.in", "big_ticket", "history.short"}

    def test_needs_half_of_the_sales_in_one_order(self):
        days = ("2024-03-01", "2024-03-02", "2024-03-03")
        lines = [line("A", date, "10") for date in days]  # 10 of 30
        assert account(find(lines), "A")["verdict"] == "key"
        lines.append(line("A", days[0], "10"))  # the same order: 20 of 40
        assert account(find(lines), "A")["verdict"] == "big_ticket"

    def test_has_at_most_three_order_days(self):
        days = ("2024-03-01", "2024-03-02", "2024-03-03")
        lines = [line("A", "2024-04-01", "90"), *(line("A", date, "1") for date in days)]
        assert account(find(lines), "A")["verdict"] == "key"
        assert account(find(lines[:-1]), "A")["verdict"] == "big_ticket"


class TestTheSet:
    def test_leaves_out_the_account_that_begins_exactly_at_the_line(self):
        lines = [line("A", "2024-01-01", "80"), line("B", "2024-01-01", "20")]
        assert find(lines).set_size == 1  # before B 80, not below 0.8 x 100

    def test_counts_returns_in_the_total(self):
        lines = [
            line("A", "2024-01-01", "80"),
            line("B", "2024-01-01", "30"),
            line("C", "2024-01-01", "-10"),
        ]
        found = find(lines)  # 80 + 30 - 10 = 100: before B 80
        assert found.set_size == 1
        assert [row["sales_running_share"] for row in found.accounts] == [0.8, 1.1, 1]
        assert account(found, "C")["largest_order_share"] is None

    def test_breaks_ties_by_account_id(self):
        lines = [line(name, "2024-01-01", "10") for name in ("b", "a", "B", "中", "10", "9")]
        assert order_of(find(lines)) == ["10", "9", "B", "a", "b", "中"]

    def test_leaves_out_those_without_a_judged_profit_where_profit_is_the_basis(self):
        lines = [
            line("A", "2024-01-01", "100", cost="90"),
            line("B", "2024-01-01", "50", cost="10"),
            line("C", "2024-01-01", "500", cost=None),
        ]
        found = find(lines, basis="profit")
        assert order_of(found) == ["B", "A", "C"]
        assert [row["profit_running_share"] for row in found.accounts] == [0.8, 1, None]
        assert [row["in_set"] for row in found.accounts] == [True, False, False]  # before A 40 of 50


class TestProfit:
    def test_is_judged_from_95_percent_on(self):
        lines = [line("A", "2024-01-01", "95", cost="1"), line("A", "2024-01-02", "-5", cost=None)]
        assert account(find(lines), "A")["profit"] == 94  # |95| of |95| + |-5|
        lines = [line("A", "2024-01-01", "94", cost="1"), line("A", "2024-01-02", "6", cost=None)]
        row = account(find(lines), "A")
        assert row["profit"] is None
        assert "cost.incomplete" in row["reasons"]

    def test_gives_no_reason_where_no_cost_is_mapped(self):
        row = account(find([line("A", "2024-01-01", "94")]), "A")
        assert not row["profit_judged"]
        assert "cost.incomplete" not in row["reasons"]

    def test_is_less_the_cost_to_serve_of_the_year(self):
        cost_to_serve = [
            ("A", Decimal(3), None),
            ("A", Decimal(4), day("2024-01-01")),
            ("A", Decimal(5), day("2023-12-31")),  # the year before
        ]
        lines = quarterly("A", "10", cost="8")
        found = find(lines, until=day("2024-12-31"), cost_to_serve=cost_to_serve)
        assert account(found, "A")["cost_to_serve"] == 7
        assert account(found, "A")["profit"] == 1  # 4 x 2 - 3 - 4
        assert found.total_profit == 1

    @pytest.mark.parametrize(("undated", "verdict"), [("40", "rising"), ("40.01", "ordinary")])
    def test_of_six_months_bears_half_of_what_has_no_date(self, undated, verdict):
        lines = [*quarterly("A", "20", cost="10"), *quarterly("B", "30", cost="10")]
        cost_to_serve = [
            ("B", Decimal(undated), None),
            ("B", Decimal("0.5"), day("2024-06-30")),  # before the six months
        ]
        # profit of A 40; of B 80 - 40 - 0.5 = 39.5; last six months of B 2 x (40 - 20) >= 40
        found = find(
            lines,
            until=day("2024-12-31"),
            basis="profit",
            share=Decimal("0.5"),
            cost_to_serve=cost_to_serve,
        )
        assert order_of(found) == ["A", "B"]
        assert account(found, "B")["verdict"] == verdict


GROUPS = {"Leaf": "Branch", "Branch": "Top"}


class TestAGroup:
    def test_is_ranked_as_its_top_parent(self):
        lines = [
            line("Leaf", "2024-01-01", "30", order_id="o1", account_name="A leaf"),
            line("Branch", "2024-01-01", "40", order_id="o1"),
            line("Other", "2024-01-01", "50", order_id="o1"),
        ]
        found = find(lines, groups=GROUPS, cost_to_serve=[("Leaf", Decimal(2), None)])
        assert order_of(found) == ["Top", "Other"]
        row = found.accounts[0]
        assert row["sales"] == 70
        assert row["account_name"] == "Top"  # it has no line of its own
        assert row["orders"] == 2  # orders stay the member's
        assert row["largest_order_share"] == 40 / 70
        assert row["order_days"] == 1
        assert row["cost_to_serve"] == 2

    def test_bears_the_name_on_its_parents_lines(self):
        lines = [
            line("Leaf", "2024-06-01", "30", account_name="A leaf"),
            line("Top", "2022-01-01", "1", account_name="The top"),
        ]
        assert find(lines, groups=GROUPS).accounts[0]["account_name"] == "The top"

    @pytest.mark.parametrize("groups", [{"A": "A"}, {"A": "B", "B": "C", "C": "A"}])
    def test_may_not_be_a_circle(self, groups):
        with pytest.raises(ValueError, match=r"^groups\.circle$"):
            find([line("Z", "2024-01-01", "1")], groups=groups)


class TestLinesWithoutAnAccount:
    LINES = (
        line("A", "2024-01-01", "60", cost="10"),
        line("B", "2024-01-01", "40", cost="10"),
        line(None, "2024-01-01", "100", cost="30"),
    )

    def test_are_refused(self):
        with pytest.raises(ValueError, match=r"^account\.missing$"):
            find(self.LINES)

    def test_count_in_the_totals_unranked_where_they_are_kept(self):
        found = find(self.LINES, unassigned="Counter")
        assert order_of(found) == ["A", "B"]
        assert found.n_accounts == 2
        assert found.total_sales == 200
        assert found.total_profit == 150  # 50 + 30 + 70
        assert [row["sales_running_share"] for row in found.accounts] == [0.3, 0.5]
        assert found.set_size == 2  # before B 60 < 0.8 x 200
        assert found.top_share == 0.3

    def test_do_not_lift_an_account_without_sales_into_the_set(self):
        lines = [
            line("A", "2024-01-01", "10"),
            line("B", "2024-01-01", "0"),
            line(None, "2024-01-01", "90"),
        ]
        found = find(lines, unassigned="Counter")  # before B 10 < 0.8 x 100
        assert [row["in_set"] for row in found.accounts] == [True, False]


class TestNothingToRank:
    @pytest.mark.parametrize(
        "lines",
        [
            [],
            [line("A", "2020-01-01", "1")],  # not in the year
            [line("A", "2024-01-01", "1"), line("B", "2024-01-01", "-1")],
        ],
    )
    def test_is_an_error(self, lines):
        with pytest.raises(ValueError, match=r"^find\.nothing_to_rank$"):
            find(lines, until=day("2024-12-31"))

    def test_is_an_error_where_no_profit_is_judged(self):
        with pytest.raises(ValueError, match=r"^find\.nothing_to_rank$"):
            find([line("A", "2024-01-01", "1")], basis="profit")


class TestGini:
    def test_is_0_for_equals_and_near_1_for_one_who_has_all(self):
        assert gini([Decimal(5)] * 4) == 0
        assert gini([Decimal(1)] * 99 + [Decimal(10**9)]) == pytest.approx(0.99, abs=1e-6)
