"""Average monthly spend at many days in one look (F7, C2)."""

import datetime as dt
import random
from decimal import Decimal

import ibis
import pyarrow as pa

from keyaccount.find.monthly_spend import average_monthly_spend, average_monthly_spends


def test_many_days_in_one_look_say_what_each_says_alone():
    chance = random.Random(9)  # noqa: S311 - invented rows
    rows = [
        {
            "account_id": chance.choice("ABCDE"),
            "account_name": "甲",
            "date": dt.date(2023, 1, 1) + dt.timedelta(days=chance.randrange(900)),
            "net_amount": Decimal(chance.randrange(-9_000, 90_000)) / 100,
        }
        for _ in range(300)
    ]
    schema = pa.schema(
        [("account_id", pa.string()), ("account_name", pa.string()), ("date", pa.date32()), ("net_amount", pa.decimal128(18, 4))]
    )  # fmt: skip
    lines = ibis.memtable(pa.Table.from_pylist(rows, schema=schema))
    groups = pa.table({"account_id": ["B", "C"], "parent_id": ["A", "B"]})
    merged = pa.table({"account_id": ["E"], "into_id": ["D"]})
    days = [
        dt.date(2022, 12, 1),
        dt.date(2023, 3, 1),
        dt.date(2024, 6, 15),
        dt.date(2025, 1, 1),
        dt.date(2026, 9, 1),
    ]
    for more in ({}, {"groups": groups}, {"groups": groups, "merged": merged}):
        together = average_monthly_spends(lines, days, **more).to_pylist()
        alone = [
            {"day": day, **{name: row[name] for name in ("account_id", "spend", "months", "monthly_spend")}}
            for day in days
            for row in average_monthly_spend(lines, day, **more).to_pylist()
        ]
        assert together == alone
    assert average_monthly_spends(lines, []).num_rows == 0
