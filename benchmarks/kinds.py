"""How long do kinds and roles take on a large ledger, beside a bare scan of the columns that they need?

    .venv/bin/python benchmarks/kinds.py --rows 10000000

Makes a ledger of three years as parquet (100,000 accounts, 20,000 products in 40 categories, list price, discount, quantity), tells kind and
role of every account and prints medians of wall and CPU time, their ratio to the scan, and peak memory. CPU time says more where others use the machine.
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import ibis
import pyarrow as pa

from keyaccount.find.kind_evidence import kind_evidence
from keyaccount.find.kind_settings import KindSettings
from keyaccount.find.kinds import kinds
from keyaccount.find.roles import roles

ACCOUNTS, PRODUCTS, CATEGORIES, DAYS = 100_000, 20_000, 40, 1096
COLUMNS = "account_id, date, product_id, category, quantity, list_amount, net_amount"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--times", type=int, default=3)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.parquet"
        _make(path, told.rows)
        print(f"{told.rows:,} lines, {path.stat().st_size / 1e6:.0f} MB of parquet")
        scan, _ = _timed(lambda: _scan(path), told.times)
        wall, cpu = _timed(lambda: _kinds(path), told.times)
        print(
            f"bare scan {scan:.2f} s; kinds and roles {wall:.2f} s ({cpu:.2f} s of CPU), {wall / scan:.1f} × the scan"
        )
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def _make(path: Path, rows: int) -> None:
    """A few accounts buy most; lines in the order of their dates; discounts of 10%, at times 25%."""
    query = f"""
        SELECT 'K' || CAST(floor({ACCOUNTS} * power(random(), 3)) AS INTEGER) AS account_id,
               DATE '2023-01-01' + CAST(i * {DAYS} // {rows} AS INTEGER) AS date,
               'P' || p AS product_id, 'C' || p % {CATEGORIES} AS category, 'EA' AS unit,
               CAST(q AS DECIMAL(18, 6)) AS quantity, CAST(q * (10 + p % 90) AS DECIMAL(18, 4)) AS list_amount,
               CAST(q * (10 + p % 90) * CASE WHEN random() < 0.1 THEN 0.75 ELSE 0.9 END AS DECIMAL(18, 4)) AS net_amount
        FROM (SELECT i, CAST(floor({PRODUCTS} * random()) AS INTEGER) AS p, 1 + CAST(floor(20 * random()) AS INTEGER) AS q
              FROM range({rows}) AS t(i))"""
    with duckdb.connect() as con:
        con.execute("SELECT setseed(0.42)")
        con.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


def _scan(path: Path) -> None:
    with duckdb.connect() as con:
        columns = ", ".join(f"max({name})" for name in COLUMNS.split(", "))
        con.execute(f"SELECT {columns} FROM read_parquet('{path}')").fetchone()


def _kinds(path: Path) -> None:
    settings = KindSettings(service_categories=("C1", "C2"), advice_categories=("C3",))
    con = ibis.duckdb.connect()
    evidence = kind_evidence(con.read_parquet(str(path)), settings=settings)
    found = kinds(evidence, settings=settings)
    money = pa.nulls(len(found), pa.decimal128(38, 4))
    asked = found.set_column(found.column_names.index("purchases"), "purchases", money)
    roles(asked.append_column("cost_to_serve", money).append_column("in_set", pa.array([True] * len(found))))
    con.disconnect()


def _timed(run: Callable[[], None], times: int) -> tuple[float, float]:
    """Medians of wall and CPU seconds."""
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus)


if __name__ == "__main__":
    main()
