"""Small ledgers typed in tests, and ledgers of the real data, in the shape that both implementations take."""

import datetime as dt
from decimal import Decimal

import ibis
import pyarrow as pa

AMOUNT = pa.decimal128(18, 4)
SCHEMA = {
    "account_id": pa.string(),
    "account_name": pa.string(),
    "date": pa.date32(),
    "order_id": pa.string(),
    "net_amount": AMOUNT,
    "cost": AMOUNT,
    "freight": AMOUNT,
    "region": pa.string(),
}


def line(account_id, date, net_amount, **more):
    """One invoice line; `cost` and `freight` as text or number."""
    money = {
        name: None if more[name] is None else Decimal(str(more[name]))
        for name in ("cost", "freight")
        if name in more
    }
    return (
        {
            "account_id": account_id,
            "date": dt.date.fromisoformat(date),
            "net_amount": Decimal(str(net_amount)),
        }
        | more
        | money
    )


def table(lines):
    """The lines as an Ibis table; a column that no line has is not there."""
    present = {name for one in lines for name in one}
    schema = pa.schema([(name, kind) for name, kind in SCHEMA.items() if name in present])
    return ibis.memtable(pa.Table.from_pylist(lines, schema=schema))


def accounts(result):
    """The rows of a result by account."""
    return {row["account_id"]: row for row in result.accounts.to_pylist()}


def monthly(account_id, year, amount, *, months=range(1, 13), **more):
    """One line a month, on the 15th."""
    return [line(account_id, f"{year}-{month:02}-15", amount, **more) for month in months]
