"""What do the accounts that lose money cost? (F1)"""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from keyaccount.find.exact import TOTAL_TYPE
from keyaccount.find.key_accounts import find_key_accounts
from keyaccount.find.sentences import whale_sentence
from keyaccount.find.settings import FindSettings
from keyaccount.find.whale import whale, whale_accounts, whale_curve

from .ledgers import line, table

UNTIL = dt.date(2025, 12, 31)


def listed(*profits):
    """Rows of a list with these profits (None: not judged), each account's sales 10 times its place."""
    known = sorted((one for one in profits if one is not None), reverse=True)
    return pa.table(
        {
            "account_id": [f"a{at}" for at in range(len(profits))],
            "sales": pa.array([Decimal(10 * at) for at in range(len(profits))], TOTAL_TYPE),
            "profit": pa.array([None if one is None else Decimal(str(one)) for one in profits], TOTAL_TYPE),
            "profit_rank": pa.array(
                [None if one is None else known.index(one) + 1 for one in profits], pa.int64()
            ),
            "is_unassigned": pa.array([False] * len(profits), pa.bool_()),
        }
    )


class TestTheWhale:
    def test_counts_peak_tail_and_what_is_not_judged(self):
        told = whale(listed(30, -5, 0, 60, None, -25.5))
        assert (told.accounts, told.unjudged_accounts, told.unjudged_sales) == (5, 1, 40)
        assert (told.peak, told.peak_accounts, told.even_accounts) == (90, 2, 1)
        assert (told.tail, told.tail_accounts, told.profit) == (Decimal("30.5"), 2, Decimal("59.5"))
        assert told.peak_share == pytest.approx(90 / 59.5)

    def test_is_none_where_no_profit_is_judged(self):
        assert whale(listed(None, None)) is None
        assert whale(listed()) is None

    def test_of_accounts_that_all_lose_has_no_share(self):
        told = whale(listed(-1, -2))
        assert (told.peak, told.tail, told.profit, told.peak_share) == (0, 3, -3, None)
        assert "亏" in whale_sentence(told, "zh")

    def test_of_one_account_with_everything_has_no_tail(self):
        told = whale(listed(7))
        assert (told.peak, told.tail, told.tail_accounts) == (7, 0, 0)
        assert "no account is at a loss" in whale_sentence(told, "en")

    def test_leaves_lines_without_account_out(self):
        lines = [line("a", "2025-02-01", 50, cost=20), line(None, "2025-02-01", 9, cost=1)]
        result = find_key_accounts(table(lines), settings=FindSettings(until=UNTIL), unassigned="散户")
        assert (result.whale.accounts, result.whale.profit, result.whale.unjudged_accounts) == (1, 30, 0)
        assert result.summary.profit == 38

    def test_is_exact_beyond_int64(self):
        large = Decimal(2) ** 62
        told = whale(listed(large, large - 1, -large))
        assert (told.peak, told.tail, told.profit) == (2 * large - 1, large, large - 1)


class TestTheCurve:
    def test_rises_to_the_peak_and_ends_at_the_total(self):
        told = whale_curve(listed(30, -5, 0, 60, None, -25)).to_pylist()
        assert [row["running"] for row in told] == [60, 90, 90, 85, 60]
        assert [row["accounts_share"] for row in told] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1])
        assert told[-1]["running_share"] == 1

    def test_of_many_accounts_keeps_peak_and_end(self):
        rows = listed(*range(2600, -401, -1))
        points, told = whale_curve(rows).to_pylist(), whale(rows)
        assert len(points) <= 1003
        assert max(point["running"] for point in points) == told.peak
        assert points[-1]["running"] == told.profit
        assert points[-1]["rank"] == told.accounts == 3001


class TestTheAccountsBehind:
    ROWS = listed(30, -5, 0, 60, None, -25, None)

    @pytest.mark.parametrize(
        ("part", "ids"),
        [
            ("peak", ["a3", "a0"]),
            ("even", ["a2"]),
            ("tail", ["a1", "a5"]),
            ("judged", ["a3", "a0", "a2", "a1", "a5"]),
            ("unjudged", ["a6", "a4"]),
        ],
    )
    def test_are_those_counted(self, part, ids):
        assert whale_accounts(self.ROWS, part)["account_id"].to_pylist() == ids

    def test_sum_to_the_figures(self):
        told = whale(self.ROWS)
        for part, amount in (("peak", told.peak), ("tail", -told.tail), ("judged", told.profit)):
            assert pc.sum(whale_accounts(self.ROWS, part)["profit"]).as_py() == amount
        assert pc.sum(whale_accounts(self.ROWS, "unjudged")["sales"]).as_py() == told.unjudged_sales
