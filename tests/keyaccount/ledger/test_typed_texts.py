"""Are the texts of a file that keeps types and minima read with the same care as those of a text file?"""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from .files import lines, read, refusals, write_csv, write_parquet

ODD = [
    " K1", "K1 ", "K1\t", "K1\u3000", "\u3000K1", "K1\u00a0", "\ufeffK1", "K1\u200b", '="K1"', "'=K1", "'+1", "null", "NULL",
    "N/A", "n/a", "-", "—", r"\N", "nan", "", " ", "合计", " 合计 ", "本页合计：", "会计公司", "设计 ", "17850.0", "北京", "0", "=", "~",
]  # fmt: skip
FIELDS = ("account_id", "account_name", "order_id", "product_id")


class TestTypedTexts:
    @pytest.mark.parametrize("field", FIELDS)
    @pytest.mark.parametrize("odd", ODD, ids=[ascii(one) for one in ODD])
    def test_are_read_like_those_of_a_text_file(self, tmp_path, odd, field):
        columns = {name: [f"{name}1", odd if name == field else f"{name}2", f"{name}3"] for name in FIELDS}
        days = [dt.date(2025, 1, 1), dt.date(2025, 1, 2), dt.date(2025, 1, 3)]
        amounts = [Decimal("1.50"), Decimal("2.25"), Decimal(3)]
        typed = pa.array(amounts, pa.decimal128(18, 4))
        parquet = read(write_parquet(tmp_path / "a.parquet", **columns, date=days, net_amount=typed))
        rows = list(zip(*columns.values(), map(str, days), map(str, amounts), strict=True))
        csv = read(write_csv(tmp_path / "a.csv", rows, header=(*FIELDS, "date", "net_amount")))
        assert lines(parquet, *FIELDS) == lines(csv, *FIELDS)
        assert [codes for _, codes in refusals(parquet)] == [codes for _, codes in refusals(csv)]
        assert parquet.report.reconciles
        assert parquet.report.money == csv.report.money


class TestTypedNumbers:
    @pytest.mark.parametrize(
        ("kind", "amount"),
        [
            (pa.decimal128(18, 4), "99999999999999.9999"),
            (pa.decimal128(18, 2), "9999999999999999.99"),
            (pa.decimal128(20, 6), "99999999999999.999999"),
            (pa.decimal128(10, 6), "1.000001"),
            (pa.int64(), 100_000_000_000_000),
            (pa.int64(), 99_999_999_999_999),
            (pa.uint8(), 7),
            (pa.float64(), 1e14),
        ],
    )
    def test_are_taken_where_there_is_room_for_them_and_refused_where_not(self, tmp_path, kind, amount):
        value = Decimal(amount) if isinstance(amount, str) else amount
        days = [dt.date(2025, 1, 1), dt.date(2025, 1, 2)]
        cells = pa.array([type(value)(1), value], kind)
        ledger = read(
            write_parquet(tmp_path / "a.parquet", account_id=["a", "b"], date=days, net_amount=cells)
        )
        rounded = Decimal(value).quantize(Decimal("0.0001"))
        fits = rounded < 10**14
        assert [row.row for row in ledger.refused] == ([] if fits else [2])
        assert ledger.report.reconciles
        assert lines(ledger, "net_amount")[-1] == ((rounded if fits else Decimal(1)),)
