"""How long does `find` take on a ledger file, beside a bare scan, hand-written DuckDB SQL and pandas?

    .venv/bin/python benchmarks/find.py --rows 10000000

Makes a ledger of three years (100,000 accounts, 20,000 products; about 20% of the accounts with 80% of the sales) as
parquet, lets every contender name the key accounts of the last year, checks that they agree, and prints medians, ratios
to a bare scan of the needed columns, and peak memory. Each contender runs in its own process, timed after its imports;
its first call is printed apart from the median of the others.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

CONTENDERS = ("bare_scan", "keyaccount", "duckdb_sql", "pandas")
UNTIL = "2025-12-31"


def make_ledger(path: Path, rows: int) -> None:
    import duckdb

    con = duckdb.connect()
    con.execute("SELECT setseed(0.42)")
    # Sizes fall off as a power of the rank, steep enough that a fifth of the accounts makes four fifths of the sales.
    con.execute(f"""
        COPY (
            SELECT 'K' || lpad(account::VARCHAR, 6, '0') AS account_id, 'S' || (i // 3)::VARCHAR AS order_id,
                   DATE '2023-01-01' + (i * 1096 // {rows})::INTEGER AS date,
                   'P' || lpad((random() * 20000)::INTEGER::VARCHAR, 5, '0') AS product_id,
                   (CASE WHEN random() < 0.02 THEN -1 ELSE 1 END * size * (0.5 + random()))::DECIMAL(18, 4) AS net_amount,
                   (size * 0.7 * (0.5 + random()))::DECIMAL(18, 4) AS cost
            FROM (SELECT i, (100000 * random() ** 2)::INTEGER AS account FROM range({rows}) t(i)),
                 LATERAL (SELECT 2000 / (20 + account / 300.0) AS size)
        ) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 500000)""")


def bare_scan(path: str) -> object:
    import duckdb

    query = (
        "SELECT min(account_id), min(order_id), min(date), sum(net_amount), sum(cost) FROM read_parquet(?)"
    )
    return duckdb.execute(query, [path]).fetchone() and None


def keyaccount(path: str) -> object:
    from keyaccount.find.key_accounts import find_key_accounts
    from keyaccount.ledger.read import read_ledger

    found = find_key_accounts(read_ledger(path).lines).accounts.select(["account_id", "verdict"]).to_pydict()
    return sorted(zip(found["account_id"], found["verdict"], strict=True))


def duckdb_sql(path: str) -> object:
    """The same verdicts written by hand for one file, without checks, reasons, names, groups or three years."""
    import duckdb

    return sorted(duckdb.execute(_SQL, {"path": path}).fetchall())


_SQL = """
WITH lines AS (SELECT * FROM read_parquet($path) WHERE date >= DATE '2024-01-01'),
years AS (
    SELECT account_id, sum(net_amount) FILTER (date >= DATE '2025-01-01') AS sales,
           sum(net_amount - cost) FILTER (date >= DATE '2025-01-01') AS profit,
           sum(net_amount) FILTER (date >= DATE '2025-07-01') AS recent,
           sum(net_amount) FILTER (date < DATE '2025-01-01') AS before,
           count(*) FILTER (date < DATE '2025-01-01' AND net_amount > 0) AS bought_before,
           count(DISTINCT date) FILTER (date >= DATE '2025-01-01' AND net_amount > 0) AS order_days
    FROM lines GROUP BY 1 HAVING count(*) FILTER (date >= DATE '2025-01-01') > 0),
orders AS (
    SELECT account_id, max(amount) AS largest FROM (
        SELECT account_id, order_id, sum(net_amount) AS amount FROM lines WHERE date >= DATE '2025-01-01' GROUP BY 1, 2)
    GROUP BY 1),
ranked AS (
    SELECT *, sales > 0 AND (sum(sales) OVER (ORDER BY sales DESC, account_id ROWS UNBOUNDED PRECEDING) - sales) * 5
              < sum(sales) OVER () * 4 AS in_set
    FROM years LEFT JOIN orders USING (account_id)),
judged AS (
    SELECT *, min(sales) FILTER (in_set) OVER () AS line,
           coalesce(order_days <= 3 AND sales > 0 AND largest * 2 >= sales AND NOT coalesce(before, 0) * 2 >= sales, false) AS big
    FROM ranked)
SELECT account_id, CASE WHEN in_set AND profit <= 0 THEN 'profitless'
    WHEN in_set AND order_days <= 2 AND bought_before = 0 THEN 'one_time' WHEN in_set AND big THEN 'big_ticket'
    WHEN in_set THEN 'key' WHEN coalesce(recent, 0) * 2 >= line AND NOT big THEN 'rising' ELSE 'ordinary' END
FROM judged
"""


def pandas(path: str) -> object:
    """The same with data frames, in floats as such scripts are written; amounts are rounded, so ties may differ."""
    import pandas as pd
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["account_id", "order_id", "date", "net_amount", "cost"])
    frame = table.set_column(3, "net_amount", table["net_amount"].cast("double")).set_column(
        4, "cost", table["cost"].cast("double")
    )
    lines = frame.to_pandas(date_as_object=False)
    year = lines[lines.date >= "2025-01-01"]
    before = lines[(lines.date >= "2024-01-01") & (lines.date < "2025-01-01")]
    told = year.groupby("account_id").agg(sales=("net_amount", "sum"), cost=("cost", "sum"))
    told["profit"] = told.sales - told.cost
    bought = year[year.net_amount > 0]
    told["order_days"] = bought.groupby("account_id").date.nunique()
    told["largest"] = year.groupby(["account_id", "order_id"]).net_amount.sum().groupby(level=0).max()
    told["recent"] = year[year.date >= "2025-07-01"].groupby("account_id").net_amount.sum()
    told["before"] = before.groupby("account_id").net_amount.sum()
    told["bought_before"] = before[before.net_amount > 0].groupby("account_id").size()
    told = told.fillna(0).reset_index().sort_values(["sales", "account_id"], ascending=[False, True])
    in_set = (told.sales > 0) & (told.sales.cumsum() - told.sales < 0.8 * told.sales.sum())
    big = (
        (told.order_days <= 3)
        & (told.sales > 0)
        & (told.largest >= 0.5 * told.sales)
        & ~(told.before >= 0.5 * told.sales)
    )
    verdict = pd.Series("ordinary", index=told.index)
    verdict[~in_set & (2 * told.recent >= told.sales[in_set].min()) & ~big] = "rising"
    verdict[in_set] = "key"
    verdict[in_set & big] = "big_ticket"
    verdict[in_set & (told.order_days <= 2) & (told.bought_before == 0)] = "one_time"
    verdict[in_set & (told.profit <= 0)] = "profitless"
    return sorted(zip(told.account_id, verdict, strict=True))


def run_one(name: str, path: str, calls: int) -> None:
    """Time one contender in this process and print what came of it as JSON."""
    contender: Callable[[str], object] = globals()[name]
    if name == "keyaccount":
        import keyaccount.find.key_accounts
        import keyaccount.ledger.read  # noqa: F401 - imported before the clock starts
    elif name == "pandas":
        import pandas  # noqa: F401
    times = []
    for _ in range(calls):
        begin = time.perf_counter()
        result = contender(path)
        times.append(time.perf_counter() - begin)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"times": times, "peak": peak, "result": result}))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--calls", type=int, default=4)
    parser.add_argument("--only", nargs="*", choices=CONTENDERS, default=CONTENDERS)
    parser.add_argument("--run", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--ledger", help="a ledger made before, to save the time")
    words = parser.parse_args()
    if words.run:
        run_one(words.run, words.ledger, words.calls)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = words.ledger or str(Path(folder) / "ledger.parquet")
        if not words.ledger:
            make_ledger(Path(path), words.rows)
        told = {}
        for name in dict.fromkeys(["bare_scan", *words.only]):
            command = [sys.executable, __file__, "--run", name, "--ledger", path, "--calls", str(words.calls)]
            told[name] = json.loads(subprocess.check_output(command))
    print(f"{words.rows:,} lines" if not words.ledger else words.ledger)
    base = statistics.median(told["bare_scan"]["times"][1:])
    for name, one in told.items():
        median = statistics.median(one["times"][1:])
        print(
            f"{name:12} {median:8.2f} s  {median / base:7.1f} × bare scan  first call {one['times'][0]:6.2f} s  peak {one['peak']:7,.0f} MiB"
        )
    results = {name: one["result"] for name, one in told.items() if one["result"]}
    if len(results) > 1:
        first, *others = results
        for other in others:
            differing = sum(a != b for a, b in zip(results[first], results[other], strict=False))
            differing += abs(len(results[first]) - len(results[other]))
            print(f"{first} and {other}: {differing} of {len(results[first]):,} accounts differ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
