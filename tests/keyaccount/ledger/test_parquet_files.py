"""Is a parquet file read whatever types its columns have?"""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .files import accounts, amounts, dates, error, lines, read, refusals, write, write_packed, write_parquet

DAYS = [dt.date(2025, 1, 31), dt.date(2025, 2, 1)]
LINES = {"account_id": ["C1", "C2"], "date": DAYS, "net_amount": [1.5, 2.5]}
TWO_DAYS = ["2025-01-31", "2025-02-01"]


class TestReadParquet:
    def test_numbers_rows_from_one(self, tmp_path):
        assert lines(read(write_parquet(tmp_path / "a.parquet", **LINES)), "account_id", "row") == [
            ("C1", 1),
            ("C2", 2),
        ]

    @pytest.mark.parametrize(
        "days",
        [
            DAYS,
            TWO_DAYS,
            ["31.01.2025", "01.02.2025"],
            ["2025年1月31日", "2025年2月1日"],
            [20250131, 20250201],
            [20250131.0, 20250201.0],
            [45688.0, 45689.5],
            pa.array([dt.datetime(2025, 1, 31, 23, 59), dt.datetime(2025, 2, 1)], pa.timestamp("ns")),  # noqa: DTZ001
            pa.array(DAYS, pa.date64()),
        ],
        ids=["date", "iso", "dotted", "chinese", "int", "float", "serial", "timestamp", "date64"],
    )
    def test_reads_days_of_every_type(self, tmp_path, days):
        assert dates(read(write_parquet(tmp_path / "a.parquet", **{**LINES, "date": days}))) == TWO_DAYS

    @pytest.mark.parametrize(
        "money",
        [
            [1.5, 2.25],
            ["1.50", "¥2.25"],
            [Decimal("1.5"), Decimal("2.25")],
            pa.array([Decimal("1.5"), Decimal("2.25")], pa.decimal128(38, 10)),
            pa.array([1.5, 2.25], pa.float32()),
        ],
        ids=["float", "text", "decimal", "wide decimal", "float32"],
    )
    def test_reads_money_of_every_type(self, tmp_path, money):
        ledger = read(write_parquet(tmp_path / "a.parquet", **{**LINES, "net_amount": money}))
        assert amounts(ledger) == [Decimal("1.5"), Decimal("2.25")]

    @pytest.mark.parametrize(
        "ids",
        [
            [17850, 2],
            [17850.0, 2.0],
            ["17850", "2"],
            ["17850.0", "2"],
            pa.array([17850, 2], pa.uint64()),
            pa.array([Decimal("17850.00"), Decimal(2)], pa.decimal128(10, 2)),
            pa.array(["17850", "2"]).dictionary_encode(),
            pa.array([b"17850", b"2"], pa.binary()),
        ],
        ids=["int", "float", "text", "text of floats", "unsigned", "decimal", "category", "bytes"],
    )
    def test_reads_ids_of_every_type(self, tmp_path, ids):
        assert accounts(read(write_parquet(tmp_path / "a.parquet", **{**LINES, "account_id": ids}))) == [
            "17850",
            "2",
        ]

    def test_reads_chinese_text_kept_as_bytes(self, tmp_path):
        ids = pa.array(["北京".encode(), b"C2"], pa.binary())
        assert accounts(read(write_parquet(tmp_path / "a.parquet", **{**LINES, "account_id": ids}))) == [
            "北京",
            "C2",
        ]

    def test_drops_the_zeros_of_names_that_are_the_key(self, tmp_path):
        path = write_parquet(
            tmp_path / "a.parquet", account_name=[17850.0, 2.0], date=DAYS, net_amount=[1, 2]
        )
        assert accounts(read(path)) == ["17850", "2"]

    @pytest.mark.parametrize(
        "column", ["file_row_number", "filename", "row", "file", "", "c0", "problems", "DATE "]
    )
    def test_reads_files_whose_columns_have_names_of_ours(self, tmp_path, column):
        assert accounts(read(write_parquet(tmp_path / "a.parquet", **LINES, **{column: [7, 8]}))) == [
            "C1",
            "C2",
        ]

    def test_knows_columns_without_values(self, tmp_path):
        ledger = read(write_parquet(tmp_path / "a.parquet", **LINES, cost=pa.nulls(2)))
        assert lines(ledger, "cost") == [(None,), (None,)]

    @pytest.mark.parametrize(
        ("name", "other"), [("a[1].parquet", "a1.parquet"), ("a?.parquet", "a2.parquet")]
    )
    def test_reads_the_file_named_and_no_other(self, tmp_path, name, other):
        write_parquet(tmp_path / other, **{**LINES, "account_id": ["WRONG", "WRONG"]})
        assert accounts(read(write_parquet(tmp_path / name, **LINES))) == ["C1", "C2"]

    def test_keeps_the_lines_when_only_they_are_kept(self, tmp_path):
        path = write_parquet(tmp_path / "a.parquet", **LINES)
        kept = read(write_packed(tmp_path / "a.parquet.gz", path.read_bytes())).lines
        assert kept.count().execute() == 2


class TestRefuseRows:
    def test_refuses_a_line_whose_account_is_not_a_number(self, tmp_path):
        ledger = read(
            write_parquet(
                tmp_path / "a.parquet", **{**LINES, "account_id": pa.array([17850.0, float("nan")])}
            )
        )
        assert accounts(ledger) == ["17850"]
        assert refusals(ledger) == [(2, ["account.missing"])]

    @pytest.mark.parametrize("amount", [float("nan"), float("inf"), 1e15])
    def test_refuses_money_that_is_none(self, tmp_path, amount):
        ledger = read(
            write_parquet(tmp_path / "a.parquet", **{**LINES, "net_amount": pa.array([1.0, amount])})
        )
        assert amounts(ledger) == [Decimal(1)]
        assert [row.row for row in ledger.refused] == [2]

    def test_takes_a_cost_that_is_not_a_number_for_unknown(self, tmp_path):
        ledger = read(write_parquet(tmp_path / "a.parquet", **LINES, cost=pa.array([1.0, float("nan")])))
        assert lines(ledger, "cost") == [(Decimal(1),), (None,)]

    def test_refuses_days_of_other_ages(self, tmp_path):
        days = [dt.date(9999, 12, 31), DAYS[0]]
        ledger = read(write_parquet(tmp_path / "a.parquet", **{**LINES, "date": days}))
        assert refusals(ledger) == [(1, ["date.outside"])]


class TestRefuseParquet:
    def test_refuses_a_file_without_rows(self, tmp_path):
        empty = {name: pa.array(values)[:0] for name, values in LINES.items()}
        assert error(write_parquet(tmp_path / "a.parquet", **empty)).code == "file.no_rows"

    def test_refuses_a_file_cut_off(self, tmp_path):
        content = write_parquet(tmp_path / "a.parquet", **LINES).read_bytes()
        assert error(write(tmp_path / "b.parquet", content[:-20])).code in (
            "file.broken_parquet",
            "file.unreadable",
        )
        assert error(write(tmp_path / "c.parquet", b"PAR1" + bytes(100))).code in (
            "file.broken_parquet",
            "file.unreadable",
        )

    def test_refuses_a_file_with_damage_inside(self, tmp_path):
        content = bytearray(write_parquet(tmp_path / "a.parquet", **LINES).read_bytes())
        content[10:60] = b"\xff" * 50
        assert error(write(tmp_path / "b.parquet", bytes(content))).code in (
            "file.broken_parquet",
            "file.unreadable",
        )

    @pytest.mark.parametrize("column", ["days", "lists", "times"])
    def test_refuses_columns_that_hold_no_money(self, tmp_path, column):
        others = {"days": DAYS, "lists": [[1], [2]], "times": [dt.time(1), dt.time(2)]}
        path = write_parquet(tmp_path / "a.parquet", **LINES, **{column: others[column]})
        assert error(path, columns={"net_amount": column}).code == "file.no_good_rows"

    def test_reads_a_file_of_several_row_groups_in_order(self, tmp_path):
        table = pa.table(
            {
                "account_id": [f"C{at}" for at in range(1, 5001)],
                "date": [DAYS[0]] * 5000,
                "net_amount": [1] * 5000,
            }
        )
        pq.write_table(table, tmp_path / "a.parquet", row_group_size=700)
        ledger = read(tmp_path / "a.parquet")
        assert (
            ledger.lines.filter(ledger.lines.account_id != "C" + ledger.lines.row.cast("string"))
            .count()
            .execute()
            == 0
        )
