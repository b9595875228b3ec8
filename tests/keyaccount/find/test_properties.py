"""What must hold for any ledger, in whatever order, pieces, encoding and file it comes?"""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from keyaccount.find.key_accounts import find_key_accounts
from keyaccount.ledger.read import read_ledger

from ..ledger.files import write_csv, write_parquet, write_xls, write_xlsx
from .ledgers import line, monthly, table

HEADER = ("客户编号", "客户名称", "订单日期", "订单号", "销售额", "成本")
QUICK = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@st.composite
def rows(draw):
    """Rows of a year and the one before, amounts with commas and signs as people write them."""
    names = ["北京一公司", "上海二公司", "广州三公司", "深圳四公司", "Fünf GmbH"]
    told = []
    for at in range(draw(st.integers(3, 25))):
        account = draw(st.integers(0, 4))
        cents = draw(st.integers(-50_000, 5_000_000))
        day = f"{draw(st.sampled_from([2024, 2025]))}-{draw(st.integers(1, 12)):02}-{draw(st.integers(1, 28)):02}"
        cost = draw(st.one_of(st.just(""), st.integers(0, 400_000).map(lambda one: f"{one / 100:.2f}")))
        told.append((f"K{account}", names[account], day, f"S{at // 2}", f"{cents / 100:,.2f}", cost))
    # Somebody must have bought something, or there is nothing to rank.
    return [*told, ("K0", names[0], "2025-12-31", "S99", "900,000.00", "1")]


def result_of(*files):
    found = find_key_accounts(read_ledger(*files).lines)
    return found.accounts.to_pylist()


class TestTheSameList:
    @QUICK
    @given(rows(), st.randoms(use_true_random=False))
    def test_comes_of_shuffled_rows_split_files_and_every_file_type(self, tmp_path_factory, told, shuffle):
        folder = tmp_path_factory.mktemp("ledger")
        expected = result_of(write_csv(folder / "a.csv", told, header=HEADER))
        shuffled = shuffle.sample(told, len(told))
        cut = shuffle.randrange(1, len(told))
        # GBK has no ü: that file goes as GB18030, which has.
        ways = {
            "shuffled": [write_csv(folder / "b.csv", shuffled, header=HEADER)],
            "split": [
                write_csv(folder / "c1.csv", told[:cut], header=HEADER),
                write_csv(folder / "c2.csv", told[cut:], header=HEADER, encoding="gb18030"),
            ],
            "gb18030 and tabs": [
                write_csv(folder / "d.csv", told, header=HEADER, encoding="gb18030", delimiter="\t")
            ],
            "xlsx": [write_xlsx(folder / "e.xlsx", told, header=HEADER)],
            "xls": [write_xls(folder / "f.xls", told, header=HEADER)],
            "parquet": [
                write_parquet(folder / "g.parquet", **dict(zip(HEADER, zip(*told, strict=True), strict=True)))
            ],
        }
        for way, files in ways.items():
            assert result_of(*files) == expected, way


class TestShares:
    @QUICK
    @given(
        st.lists(st.integers(0, 10_000), min_size=1, max_size=30).filter(any),
        st.sampled_from(["0.5", "0.8", "1"]),
    )
    def test_end_at_one_where_nothing_is_negative(self, amounts, share):
        from keyaccount.find.settings import FindSettings

        lines = [line(f"K{at:02}", "2025-06-01", amount) for at, amount in enumerate(amounts)]
        result = find_key_accounts(table(lines), settings=FindSettings(share=Decimal(share)))
        told = result.accounts.to_pylist()
        running = [row["sales_running_share"] for row in told]
        assert running == sorted(running)
        assert running[-1] == pytest.approx(1)
        assert sum(row["sales_share"] for row in told) == pytest.approx(1)
        # The set makes the share, and would not without its smallest account.
        inside = [row["sales"] for row in told if row["in_set"]]
        assert sum(inside) >= Decimal(share) * sum(amounts) > sum(inside[:-1])


class TestOneCustomer:
    def test_alone_is_the_set(self):
        result = find_key_accounts(table(monthly("a", 2025, 5)))
        assert (result.summary.set_size, result.summary.top_accounts, result.summary.gini) == (1, 1, 0)
        assert result.accounts["verdict"].to_pylist() == ["key"]


class TestAllEqual:
    def test_are_in_by_id_until_the_share_is_reached(self):
        # Ten of 60 each: before the 8th 420 < 480, before the 9th 480 is not.
        lines = [one for at in (3, 9, 0, 7, 2, 8, 1, 6, 5, 4) for one in monthly(f"a{at}", 2025, 5)]
        told = find_key_accounts(table(lines)).accounts.to_pylist()
        assert [row["account_id"] for row in told if row["in_set"]] == [f"a{at}" for at in range(8)]
