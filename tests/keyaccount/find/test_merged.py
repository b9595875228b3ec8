"""Accounts that were merged count as one, as if their ids had been replaced in the ledger; the ledger itself stays (K9)."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from keyaccount.find.explain import explain
from keyaccount.find.groups import GroupError, top_parents
from keyaccount.find.key_accounts import find_key_accounts
from keyaccount.find.settings import FindSettings
from keyaccount.know.buying import buying, buying_lines
from keyaccount.ledger.merged import MergeError, merged_groups, survivors
from keyaccount.ledger.rollup import Condensed, account_names, rollup
from keyaccount.tables import TableError

from ..reference import _end, _merged_groups
from .comparison import assert_same
from .ledgers import AMOUNT, accounts, line, table
from .test_against_reference import CHECKS, PHASES, has_nothing_to_rank, runs

UNTIL = dt.date(2025, 12, 31)


def pairs(first, second, into):
    return pa.table(
        {first: pa.array(list(into), pa.string()), second: pa.array(list(into.values()), pa.string())}
    )


def merged(**into):
    return pairs("account_id", "into_id", into)


def found(lines, into, **told):
    return find_key_accounts(table(lines), merged=merged(**into), settings=FindSettings(until=UNTIL), **told)


# By hand: A buys 100 in March on order 1 and 40 in May; its double A2 buys 60 on order 1 and 30 in May; B buys 500.
LINES = [
    line("A", "2025-03-01", 100, order_id="1", account_name="甲公司"),
    line("A", "2025-05-01", 40, order_id="2", account_name="甲公司"),
    line("A2", "2025-03-02", 60, order_id="1", account_name="甲公司(新)"),
    line("A2", "2025-06-01", 30, order_id=None, account_name="甲公司(新)"),
    line("B", "2025-04-01", 500, order_id="9", account_name="乙公司"),
]


class TestMergedByHand:
    def test_sums_what_both_bought(self):
        told = accounts(found(LINES, {"A2": "A"}))
        assert set(told) == {"A", "B"}
        assert told["A"]["sales"] == Decimal(230)  # 100 + 40 + 60 + 30
        assert told["A"]["order_days"] == 4

    def test_makes_one_order_of_two_with_the_same_id(self):
        told = accounts(found(LINES, {"A2": "A"}))
        # Order 1 is 100 + 60 = 160 of 230; order 2; the line of 1 June without an id.
        assert told["A"]["orders"] == 3
        assert told["A"]["largest_order_share"] == pytest.approx(160 / 230)

    def test_goes_by_the_survivors_own_latest_name(self):
        assert accounts(found(LINES, {"A2": "A"}))["A"]["account_name"] == "甲公司"

    def test_goes_by_a_merged_name_where_the_survivor_has_no_line(self):
        told = accounts(found(LINES, {"A2": "NEW", "A": "NEW"}))
        assert told["NEW"]["account_name"] == "甲公司(新)"
        assert told["NEW"]["sales"] == Decimal(230)

    def test_follows_chains(self):
        told = accounts(found(LINES, {"A2": "B", "B": "A"}))
        assert told["A"]["sales"] == Decimal(730)

    def test_brings_its_cost_to_serve_along(self):
        lines = [one | {"cost": Decimal(1)} for one in LINES]
        costs = pa.table({"account_id": ["A2", "A"], "amount": pa.array([Decimal(7), Decimal(3)], AMOUNT)})
        told = accounts(found(lines, {"A2": "A"}, cost_to_serve=costs))
        assert told["A"]["cost_to_serve"] == Decimal(10)
        assert told["A"]["profit"] == Decimal(216)  # 230 − 4 lines at 1 − 10

    def test_is_opened_by_either_code(self):
        result = found(LINES, {"A2": "A"})
        for code in ("A", "A2"):
            told = explain(result, table(LINES), code)
            assert told.row["account_id"] == "A"
            assert told.lines == 4
            assert told.orders[0]["net_amount"] == Decimal(160)


class TestGroupTree:
    def parents(self, groups, into):
        told = merged_groups(pairs("account_id", "parent_id", groups), into)
        return dict(zip(told["account_id"].to_pylist(), told["parent_id"].to_pylist(), strict=True))

    def test_keeps_the_survivors_own_parent(self):
        assert self.parents({"A": "P", "A2": "Q"}, {"A2": "A"}) == {"A": "P"}

    def test_takes_a_merged_accounts_parent_where_the_survivor_has_none(self):
        assert self.parents({"A2": "Q", "C": "A2"}, {"A2": "A"}) == {"A": "Q", "C": "A"}

    def test_lets_a_member_that_its_parent_went_into_stand_where_the_parent_stood(self):
        groups = pairs("account_id", "parent_id", {"A": "A2", "A2": "Q"})
        result = find_key_accounts(table(LINES), groups=groups, merged=merged(A2="A"))
        assert result.groups == {"A": "Q"}

    def test_that_would_go_in_a_circle_is_an_error(self):
        groups = pairs("account_id", "parent_id", {"A": "X", "X": "A2"})
        with pytest.raises(GroupError) as caught:
            find_key_accounts(table(LINES), groups=groups, merged=merged(A2="A"))
        assert caught.value.code == "groups.circle"


class TestErrors:
    def test_of_two_merged_parents_for_one_without(self):
        groups = pairs("account_id", "parent_id", {"A2": "P", "A3": "Q"})
        with pytest.raises(GroupError) as caught:
            find_key_accounts(table(LINES), groups=groups, merged=merged(A2="A", A3="A"))
        assert caught.value.code == "groups.two_parents"

    def test_of_a_circle_name_it(self):
        with pytest.raises(MergeError) as caught:
            survivors(merged(A="B", B="C", C="A"))
        assert caught.value.code == "merged.circle"
        assert caught.value.values["path"] == "A → B → C → A"

    def test_of_an_account_merged_into_two_name_both(self):
        told = pa.table({"account_id": ["A", "A"], "into_id": ["B", "C"]})
        with pytest.raises(MergeError) as caught:
            survivors(told)
        assert (caught.value.code, caught.value.values["into"]) == ("merged.two_ways", ["B", "C"])

    def test_of_a_missing_column(self):
        with pytest.raises(TableError):
            survivors(pa.table({"account_id": ["A"]}))

    def test_a_row_into_itself_or_written_twice_says_nothing_new(self):
        told = pa.table({"account_id": ["A", "B", "B"], "into_id": ["A", "C", "C"]})
        assert survivors(told) == {"B": "C"}


@st.composite
def merges(draw, ids):
    """A later id goes into an earlier one, or into one that the ledger does not have; so there is no circle."""
    return {own: draw(st.sampled_from(["N", *ids[:at]])) for at, own in enumerate(ids) if draw(st.booleans())}


def replaced(lines, into):
    """The ledger as it would be had the ids been replaced; a line keeps its name only where it names the survivor."""
    own = {
        _end(one["account_id"], into) for one in lines if one["account_id"] == _end(one["account_id"], into)
    }
    named = {one["account_id"] for one in lines if one.get("account_name") is not None}
    told = []
    for one in lines:
        account = _end(one["account_id"], into)
        keeps = one["account_id"] == account or account not in (own & named)
        told.append(one | {"account_id": account} | ({} if keeps else {"account_name": None}))
    return told


def stored(lines):
    """As a store keeps it: summed by account, day, order, region."""
    return Condensed(rollup(lines), account_names(lines), frozenset(lines.columns))


def is_a_tree(groups, into):
    """Merged accounts with parents of their own may leave the survivor with two, or in a circle: errors, tested above."""
    try:
        top_parents(merged_groups(groups, survivors(pairs("account_id", "into_id", into))))
    except GroupError:
        return False
    return True


def costs_table(service):
    schema = pa.schema([("account_id", pa.string()), ("amount", AMOUNT), ("date", pa.date32())])
    return pa.Table.from_pylist([dict(zip(schema.names, one, strict=True)) for one in service], schema=schema)


class TestAnyLedger:
    @settings(max_examples=20, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
    @given(runs(), st.data())
    def test_gives_the_list_of_the_ledger_with_ids_replaced(self, run, data):
        lines, groups, service = run["lines"], run["groups"], run["cost_to_serve"]
        into = data.draw(merges(sorted({one["account_id"] for one in lines})))
        tree = None if groups is None else pairs("account_id", "parent_id", groups)
        assume(tree is None or is_a_tree(tree, into))
        assume(not has_nothing_to_rank(**run, merged=into))
        chosen = FindSettings(until=run["until"], share=run["share"], basis=run["basis"])
        costs = None if service is None else costs_table(service)
        a_ledger = data.draw(st.sampled_from([table, lambda told: stored(table(told))]))
        result = find_key_accounts(
            a_ledger(lines),
            groups=tree,
            cost_to_serve=costs,
            merged=pairs("account_id", "into_id", into),
            settings=chosen,
        )
        assert_same(result, **run, merged=into)
        as_if = find_key_accounts(
            table(replaced(lines, into)),
            groups=None if groups is None else pairs("account_id", "parent_id", _merged_groups(groups, into)),
            cost_to_serve=None
            if service is None
            else costs_table([(_end(one, into), amount, date) for one, amount, date in service]),
            settings=chosen,
        )
        assert result.accounts.equals(as_if.accounts)
        assert result.summary == as_if.summary
        assert result.losses.equals(as_if.losses)

    @settings(max_examples=12, deadline=None, suppress_health_check=CHECKS)
    @given(runs(), st.data())
    def test_shows_of_an_account_what_it_and_its_doubles_bought(self, run, data):
        lines = run["lines"]
        ids = sorted({one["account_id"] for one in lines})
        into = data.draw(merges(ids))
        account = data.draw(st.sampled_from([one for one in [*ids, "N"] if one not in into]))
        until = run["until"] or dt.date(2025, 3, 1)
        merged_table = pairs("account_id", "into_id", into)
        told = buying(table(lines), [account], until, merged=merged_table)
        as_if = buying(table(replaced(lines, into)), [account], until)
        assert told == as_if
        behind = buying_lines(table(lines), [account], told.year.begin, until, merged=merged_table)
        sales = sum((month.sales for month in told.months), Decimal(0))
        assert (behind.net_amount.sum().to_pyarrow().as_py() or Decimal(0)) == sales
        # Each line still says by which code the ledger has it.
        if into:
            codes = set(
                behind.select("ledger_account_id").distinct().to_pyarrow()["ledger_account_id"].to_pylist()
            )
            assert codes <= {one for one in [*ids, "N"] if _end(one, into) == account}
