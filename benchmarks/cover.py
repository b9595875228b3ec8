"""How long do tiers, inversions and staffing take, beside a bare scan of the lines, and inversions beside hand-written SQL?

    .venv/bin/python benchmarks/cover.py --rows 10000000

Makes a ledger of three years (100,000 accounts, 2,000 products, few accounts buy most) as parquet and as a store; places every account
in channel and tier from the store's rollup; looks for the inversions of the 400 largest accounts in the last year; staffs 200 branches with 2,000
managers for 100,000 accounts. Prints medians, their ratio to the scan, and how many inversions keyaccount and the SQL find differently.
CPU time says more where others use the machine.
"""

import argparse
import datetime as dt
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from keyaccount.cover.inversions import inversions
from keyaccount.cover.staffing import staffing
from keyaccount.cover.standards import STANDARDS
from keyaccount.cover.tiers import tiers
from keyaccount.find.monthly_spend import average_monthly_spend
from keyaccount.ledger.store.imports import import_ledger
from keyaccount.ledger.store.place import store_place
from keyaccount.ledger.store.reading import open_store
from keyaccount.periods import Period

ACCOUNTS, PRODUCTS, DAYS, KEYS = 100_000, 2_000, 1096, 400
BRANCHES, MANAGERS = 200, 2_000
YEAR = Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31))
COLUMNS = ("account_id", "date", "product_id", "unit", "quantity", "net_amount")

SQL = """
    WITH cells AS (
        SELECT account_id, product_id, unit, date_trunc('quarter', date)::DATE AS quarter, count(*) AS lines,
               sum(quantity) AS quantity, sum(net_amount) AS amount
        FROM read_parquet('{path}')
        WHERE date BETWEEN DATE '2025-01-01' AND DATE '2025-12-31' AND quantity > 0 AND net_amount > 0
        GROUP BY ALL HAVING count(*) >= 3
    ), priced AS (SELECT *, amount::DOUBLE / quantity::DOUBLE AS price FROM cells)
    SELECT k.account_id, k.product_id, k.quarter, count(*) AS pairs, (k.price - min(l.price)) * k.quantity::DOUBLE AS money
    FROM priced k JOIN listed USING (account_id)
    JOIN priced l ON l.product_id = k.product_id AND l.unit = k.unit AND l.quarter = k.quarter
    WHERE l.account_id NOT IN (SELECT account_id FROM listed) AND l.quantity >= 0.05 * k.quantity
      AND (k.price - l.price) / k.price >= 0.01
    GROUP BY k.account_id, k.product_id, k.quarter, k.price, k.quantity"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--times", type=int, default=3)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "lines.parquet"
        _make(path, told.rows)
        place = store_place(folder / "store")
        import_ledger(place, path)
        listed = _largest(path)
        scan = _timed("bare scan", lambda: _scan(path), told.times)
        _timed("tiers from the store", lambda: _tiers(place), told.times, scan)
        ours = _timed("inversions", lambda: _inversions(path, listed), told.times, scan)
        theirs = _timed("inversions in SQL", lambda: _sql(path, listed), told.times, scan)
        _compare(ours[1], theirs[1])
        _timed("staffing", _staffing, told.times, scan)
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def _make(path: Path, rows: int) -> None:
    """Few accounts and few products have most lines; the largest accounts get 8% off, one in 50 others 15%."""
    query = f"""
        SELECT 'K' || a AS account_id, DATE '2023-01-01' + CAST(i * {DAYS} // {rows} AS INTEGER) AS date,
               'P' || p AS product_id, 'EA' AS unit, CAST(q AS DECIMAL(18, 6)) AS quantity,
               CAST(q * (10 + p % 90) * CASE WHEN a < {KEYS} THEN 0.92 WHEN a % 50 = 0 THEN 0.85 ELSE 1 END AS DECIMAL(18, 4)) AS net_amount
        FROM (SELECT i, CAST(floor({ACCOUNTS} * power(random(), 3)) AS INTEGER) AS a,
                     CAST(floor({PRODUCTS} * power(random(), 2)) AS INTEGER) AS p, 1 + CAST(floor(20 * random()) AS INTEGER) AS q
              FROM range({rows}) AS t(i))"""
    with duckdb.connect() as con:
        con.execute("SELECT setseed(0.42)")
        con.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


def _largest(path: Path) -> list[str]:
    with duckdb.connect() as con:
        rows = con.execute(
            f"SELECT account_id FROM read_parquet('{path}') WHERE date >= DATE '2025-01-01' "
            f"GROUP BY account_id ORDER BY sum(net_amount) DESC, account_id LIMIT {KEYS}"
        ).fetchall()
    return [row[0] for row in rows]


def _scan(path: Path) -> None:
    with duckdb.connect() as con:
        con.execute(
            f"SELECT {', '.join(f'max({one})' for one in COLUMNS)} FROM read_parquet('{path}')"
        ).fetchone()


def _tiers(place: Any) -> pa.Table:
    store = open_store(place)
    spends = average_monthly_spend(store.condensed(), dt.date(2026, 1, 1))
    ids = spends["account_id"]
    accounts = pa.table({"account_id": ids, "customer_kind": pa.nulls(len(ids), pa.string())})
    found = tiers(accounts, spends)
    store.close()
    return found


def _inversions(path: Path, listed: list[str]) -> dict[Any, Any]:
    con = ibis.duckdb.connect()
    dates = pa.nulls(len(listed), pa.date32())
    places = pa.table(
        {
            "account_id": listed,
            "level": pa.array([1] * len(listed), pa.int64()),
            "since": dates,
            "until": dates,
        }
    )
    found = inversions(con.read_parquet(str(path)), places, period=YEAR)
    con.disconnect()
    return {
        (row["account_id"], row["product"], row["quarter"]): (row["pairs"], round(float(row["money"]), 2))
        for row in found.rows.to_pylist()
    }


def _sql(path: Path, listed: list[str]) -> dict[Any, Any]:
    with duckdb.connect() as con:
        con.register("listed", pa.table({"account_id": listed}))
        rows = con.execute(SQL.format(path=path)).fetchall()
    return {(one, product, quarter): (pairs, round(money, 2)) for one, product, quarter, pairs, money in rows}


def _staffing() -> Any:
    names = sorted({one.tier for one in STANDARDS})
    accounts = pa.table(
        {
            "account_id": [f"K{at}" for at in range(ACCOUNTS)],
            "branch": [f"B{at % BRANCHES}" for at in range(ACCOUNTS)],
            "tier": [names[at % len(names)] for at in range(ACCOUNTS)],
            "kind": pa.nulls(ACCOUNTS, pa.string()),
        }
    )
    managers = pa.table(
        {
            "manager_id": [f"m{at}" for at in range(MANAGERS)],
            "branch": [f"B{at % BRANCHES}" for at in range(MANAGERS)],
            **{name: [Decimal("0.9")] * MANAGERS for name in ("employed", "skill", "support")},
        }
    )
    begun = time.perf_counter()
    staffing(accounts, managers)
    return time.perf_counter() - begun


def _compare(ours: dict[Any, Any], theirs: dict[Any, Any]) -> None:
    other = sum(
        one not in theirs or theirs[one][0] != told[0] or abs(theirs[one][1] - told[1]) > 0.02
        for one, told in ours.items()
    )
    print(
        f"{len(ours):,} inversions, {len(theirs):,} in SQL, {other + len(theirs.keys() - ours.keys())} otherwise"
    )


def _timed(name: str, run: Callable[[], Any], times: int, scan: Any = None) -> tuple[float, Any]:
    """Median wall seconds, and what the last run gave."""
    walls, cpus, given = [], [], None
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        given = run()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    middle = statistics.median(walls)
    ratio = "" if scan is None else f", {middle / scan[0]:.2f} × the scan"
    print(f"{name:22} {middle:7.2f} s ({statistics.median(cpus):.2f} s of CPU){ratio}", flush=True)
    return middle, given


if __name__ == "__main__":
    main()
