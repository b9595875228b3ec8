"""Compares our list with the independent reference, account by account and figure by figure."""

import pytest

from ..reference import find as reference_find

REASONS = {
    "set.in": ("reason.in_set.sales", "reason.in_set.profit"),
    "set.out": ("reason.out_of_set.sales", "reason.out_of_set.profit"),
    "profitless": ("reason.profitless", "reason.profitless.after_service"),
    "one_time": ("reason.one_time",),
    "big_ticket": ("reason.big_ticket",),
    "big_ticket.returns": ("reason.comes_back",),
    "history.short": ("reason.history_short",),
    "rising": ("reason.rising.sales", "reason.rising.profit"),
    "rising.profitless": ("reason.rising_profitless",),
    "cost.incomplete": ("reason.cost_incomplete",),
}
EXACT = (
    "account_id", "account_name", "sales", "profit", "cost_to_serve", "orders", "order_days", "active_months",
    "sales_rank", "profit_rank", "in_set", "verdict",
)  # fmt: skip
RATES = ("largest_order_share", "sales_share", "sales_running_share", "profit_running_share")


def assert_close(ours, theirs):
    assert (ours is None) == (theirs is None), (ours, theirs)
    assert theirs is None or ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def assert_same(result, lines, **arguments):
    """`result` says of every account what the reference says of `lines`."""
    expected = reference_find(lines, **arguments)
    summary = result.summary
    assert (summary.periods.year.begin, summary.periods.year.until) == tuple(expected.year)
    assert summary.accounts == expected.n_accounts
    assert summary.sales == expected.total_sales
    assert summary.profit == expected.total_profit
    assert summary.set_size == expected.set_size
    assert_close(summary.top_amount_share, expected.top_share)
    assert_close(summary.gini, expected.gini)
    rows = [row for row in result.accounts.to_pylist() if not row["is_unassigned"]]
    assert [row["account_id"] for row in rows] == [row["account_id"] for row in expected.accounts]
    for ours, theirs in zip(rows, expected.accounts, strict=True):
        assert {name: ours[name] for name in EXACT} == {name: theirs[name] for name in EXACT}
        for name in RATES:
            assert (ours[name] is None) == (theirs[name] is None), (
                ours["account_id"],
                name,
                ours[name],
                theirs[name],
            )
            assert theirs[name] is None or ours[name] == pytest.approx(theirs[name], rel=1e-12), (
                ours["account_id"],
                name,
            )
        codes = {reason.code for reason in result.reasons(ours)}
        for code, names in REASONS.items():
            told = bool(codes & set(names))
            # We leave "out of the set" unsaid where "rising" says it already.
            if not (code == "set.out" and "rising" in theirs["reasons"]):
                assert told == (code in theirs["reasons"]), (ours["account_id"], code, codes)
    return expected
