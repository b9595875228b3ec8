"""Which part of what a customer buys is ours, and when is that not said?"""

import csv
import datetime as dt
import io
import tomllib
from decimal import Decimal
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyaccount.know.wallet import line_sales, wallet_by_region, wallet_shares
from keyaccount.tables import TableError

WORKED = tomllib.loads((Path(__file__).parents[3] / "docs/worked/wallet.toml").read_text(encoding="utf-8"))
MONEY = pa.decimal128(38, 4)


def table(rows, value):
    rows = [dict(zip(("account_id", "business_line", "year", value), row, strict=True)) for row in rows]
    schema = pa.schema(
        [("account_id", pa.string()), ("business_line", pa.string()), ("year", pa.int32()), (value, MONEY)]
    )
    return pa.Table.from_pylist([row | {value: Decimal(str(row[value]))} for row in rows], schema=schema)


def read(text):
    return list(csv.DictReader(io.StringIO(text.strip())))


def plain(value):
    if value is None:
        return ""
    return (
        f"{value.normalize():f}"
        if isinstance(value, Decimal)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


class TestWalletShares:
    def test_the_worked_example(self):
        sales = table(
            [
                (r["account_id"], r["business_line"], int(r["year"]), r["sales"])
                for r in read(WORKED["our_sales"])
            ],
            "sales",
        )
        purchases = table(
            [
                (r["account_id"], r["business_line"], int(r["year"]), r["amount"])
                for r in read(WORKED["purchases"])
            ],
            "amount",
        )
        told = wallet_shares(sales, purchases)
        assert told.column_names == WORKED["columns"]
        lines = "\n".join(",".join(plain(value) for value in row.values()) for row in told.to_pylist())
        assert lines == WORKED["expected"].strip()

    def test_a_source_below_our_sales_beside_one_above_gives_at_most_the_whole(self):
        told = wallet_shares(
            table([("A", "", 2025, 100)], "sales"),
            table([("A", "", 2025, 80), ("A", "", 2025, 200)], "amount"),
        )
        (row,) = told.to_pylist()
        assert (row["share_low"], row["share_high"], row["standing"]) == (0.5, 1.0, "range")

    def test_returns_that_outweigh_sales_count_as_none(self):
        (row,) = wallet_shares(
            table([("A", "", 2025, -5)], "sales"), table([("A", "", 2025, 80)], "amount")
        ).to_pylist()
        assert (row["sales"], row["share_low"]) == (0, 0.0)

    def test_of_nothing_is_nothing(self):
        assert wallet_shares(table([], "sales"), table([], "amount")).num_rows == 0

    def test_refuses_purchases_of_nothing_and_tables_without_columns(self):
        with pytest.raises(TableError) as refused:
            wallet_shares(table([], "sales"), table([("A", "", 2025, 0)], "amount"))
        assert refused.value.code == "wallet.amount"
        with pytest.raises(TableError) as refused:
            wallet_shares(table([], "sales").drop_columns("year"), table([], "amount"))
        assert refused.value.code == "column.missing"

    @given(st.integers(0, 1000), st.lists(st.integers(1, 1000), min_size=1, max_size=5))
    def test_shares_lie_between_none_and_all_and_in_order(self, sold, told):
        (row,) = wallet_shares(
            table([("A", "", 1, sold)], "sales"), table([("A", "", 1, one) for one in told], "amount")
        ).to_pylist()
        if row["standing"] == "too_low":
            assert sold > max(told)
        else:
            assert 0 <= row["share_low"] <= row["share_high"] <= 1
            assert (row["standing"] == "known") == (len(set(told)) == 1)


class TestWalletByRegion:
    def test_never_tells_of_fewer_than_five(self):
        names = "ABCDEFGHI"
        sales = table([(name, "", 2025, 10) for name in names], "sales")
        bought = table([(name, "", 2025, 40) for name in names], "amount")
        regions = {name: "东" if name in "ABCDE" else "西" for name in names}
        east, west = wallet_by_region(wallet_shares(sales, bought), regions, year=2025).to_pylist()
        # 5 × 10 of 5 × 40
        assert (east["region"], east["accounts"], east["share_low"], east["share_high"]) == (
            "东",
            5,
            0.25,
            0.25,
        )
        assert (west["accounts"], west["sales"], west["share_low"]) == (4, None, None)


class TestLineSales:
    LINES = pa.table(
        {
            "account_id": ["A", "A", "B", "C"],
            "date": [dt.date(2025, 1, 5), dt.date(2025, 3, 5), dt.date(2024, 3, 5), dt.date(2025, 1, 1)],
            "net_amount": pa.array(
                [Decimal(60), Decimal(-10), Decimal(7), Decimal(99)], pa.decimal128(18, 4)
            ),
            "category": ["泵", None, "泵", "泵"],
        }
    )

    def sums(self, lines):
        told = line_sales(
            ibis.memtable(lines), ["A", "B"], dt.date(2024, 1, 1), dt.date(2025, 12, 31), as_id="A"
        )
        return {(row["year"], row["business_line"]): row["sales"] for row in told.to_pylist()}

    def test_sums_a_group_by_year_and_line_and_over_all_lines(self):
        # 2025: 60 of pumps and 10 returned of no line known
        assert self.sums(self.LINES) == {(2024, ""): 7, (2024, "泵"): 7, (2025, ""): 50, (2025, "泵"): 60}

    def test_without_lines_in_the_ledger_there_is_the_whole_only(self):
        assert self.sums(self.LINES.drop_columns("category")) == {(2024, ""): 7, (2025, ""): 50}
