"""Are the facts of a ledger enough for every list that can be made of it?"""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from keyaccount.find.facts import account_facts
from keyaccount.find.key_accounts import find_key_accounts, key_accounts_of
from keyaccount.find.settings import FindSettings

from .comparison import assert_same
from .ledgers import AMOUNT, accounts, line, monthly, table

LINES = [
    *monthly("a", 2025, 50, order_id=None, cost=20, region="东", account_name="甲"),
    *monthly("b", 2025, 30, order_id="1", cost=40, region="西", account_name="乙"),
    *monthly("c", 2024, 9, cost=1, region="东", account_name="丙"),
    line("c", "2025-11-30", 70, cost=10, region="西"),
    line("d", "2025-03-01", 400, cost=None, region="东", account_name="丁"),
    line(None, "2025-03-01", 20, cost=5, region="东"),
]
COSTS = pa.table(
    {
        "account_id": ["a", "a", "c", "nobody"],
        "amount": pa.array([Decimal(100), Decimal("7.0001"), Decimal(5), Decimal(1)], AMOUNT),
        "date": pa.array([dt.date(2025, 1, 5), None, dt.date(2024, 12, 31), None], pa.date32()),
    }
)
GROUPS = pa.table({"account_id": ["b", "d"], "parent_id": ["a", "z"]})
SETTINGS = [
    FindSettings(),
    FindSettings(basis="profit"),
    FindSettings(share=Decimal("0.5"), top_share=Decimal("0.6"), cost_coverage=Decimal(1)),
    FindSettings(one_time_days=0, big_ticket_days=1, big_ticket_share=Decimal("0.9"), history_days=0),
]


class TestKeyAccountsOf:
    @pytest.mark.parametrize("settings", SETTINGS, ids=range(len(SETTINGS)))
    @pytest.mark.parametrize("groups", [None, GROUPS], ids=["", "groups"])
    def test_facts_kept_is_the_list_made_anew(self, groups, settings):
        lines = table(LINES)
        facts = account_facts(lines, groups=groups, cost_coverage=settings.cost_coverage)
        for more in ({}, {"cost_to_serve": COSTS}, {"unassigned": "其他"}):
            kept = key_accounts_of(facts, settings=settings, **more)
            assert kept == find_key_accounts(lines, groups=groups, settings=settings, **more)

    def test_counts_the_year_of_the_facts(self):
        facts = account_facts(table(LINES), until=dt.date(2024, 12, 31))
        result = key_accounts_of(facts, settings=FindSettings(until=dt.date(2025, 12, 31)))
        assert result.settings.until == result.summary.periods.year.until == dt.date(2024, 12, 31)
        assert accounts(result)["c"]["sales"] == 12 * 9

    def test_finds_names_of_years_before_for_those_without_one_in_the_year(self):
        result = find_key_accounts(table(LINES))
        assert {row: told["account_name"] for row, told in accounts(result).items()} == {
            "a": "甲", "b": "乙", "c": "丙", "d": "丁"
        }  # fmt: skip

    def test_is_exact_beyond_64_bits(self):
        # 40 lines of 9 × 10^13 make 3.6 × 10^15, or 3.6 × 10^19 ten-thousandths: int64 ends at 9.2 × 10^18.
        large = 90_000_000_000_000
        lines = [
            *(line("a", f"2025-{1 + at % 12:02}-01", large, cost="0.0001") for at in range(40)),
            *(line("b", f"2025-{1 + at % 12:02}-01", f"{large}.0001", cost=1) for at in range(10)),
            *monthly("c", 2024, 5, cost=1),
            line("c", "2025-12-31", "0.0001", cost=0),
        ]
        assert_same(find_key_accounts(table(lines)), lines)
