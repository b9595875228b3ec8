"""How long does `find` take on a ledger file, beside a bare scan and the same verdicts in polars, DuckDB SQL and pandas?

    .venv/bin/python benchmarks/find.py --rows 10000000

Makes a ledger of three years as parquet (100,000 accounts, 20,000 products, lines in the order of their dates; an order
is of one account and one day and has one to nine lines; some fifth of the accounts has four fifths of the sales), lets
every contender name the key accounts of the last year and prints how many it judges otherwise than keyaccount, and
medians, ratios to a bare scan of the needed columns, and peak memory. Each contender runs in its own process, one after
the other; its imports and its first call are printed apart from the median of the calls that follow. The ratio of CPU time says more
where others use the machine.

A contender is one function that gives a call to be timed: what stands before its `return` are the imports, and what a
store has ready.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ACCOUNTS, PRODUCTS, DAYS = 100_000, 20_000, 1096
LINES_PER_ORDER = 5
UNTIL = "2025-12-31"
COLUMNS = ("account_id", "order_id", "date", "net_amount", "cost")

Verdicts = list[tuple[str, str]]
# Gives a table of account_id and verdict, of whatever library; None for the bare scan.
Call = Callable[[], Any]
CONTENDERS: dict[str, Callable[[str], Call]] = {}


def contender(prepare: Callable[[str], Call]) -> Callable[[str], Call]:
    """Let the function take part, under its name."""
    CONTENDERS[prepare.__name__] = prepare
    return prepare


@contender
def bare_scan(path: str) -> Call:
    import duckdb

    columns = "min(account_id), min(order_id), min(date), sum(net_amount), sum(cost)"
    return lambda: duckdb.execute(f"SELECT {columns} FROM read_parquet(?)", [path]).fetchone() and None


@contender
def keyaccount(path: str) -> Call:
    from keyaccount.find.key_accounts import find_key_accounts
    from keyaccount.ledger.read import read_ledger

    return lambda: find_key_accounts(read_ledger(path).lines).accounts


@contender
def keyaccount_other_settings(path: str) -> Call:
    """The facts of the ledger are there; only what depends on the settings is timed, of which nothing is kept."""
    from keyaccount.find.facts import account_facts
    from keyaccount.find.key_accounts import key_accounts_of
    from keyaccount.find.settings import FindSettings
    from keyaccount.ledger.read import read_ledger

    facts = account_facts(read_ledger(path).lines)
    return lambda: key_accounts_of(facts, settings=FindSettings()).accounts


@contender
def keyaccount_store(path: str) -> Call:
    """On the store, from its rollup; opening it included."""
    from keyaccount.find.key_accounts import find_key_accounts
    from keyaccount.ledger.store.reading import open_store

    place = _store_of(path)
    return lambda: find_key_accounts(open_store(place).condensed()).accounts


@contender
def keyaccount_store_other_settings(path: str) -> Call:
    """On the store, whose facts are kept by those who serve many people."""
    from keyaccount.find.facts import account_facts
    from keyaccount.find.key_accounts import key_accounts_of
    from keyaccount.find.settings import FindSettings
    from keyaccount.ledger.store.reading import open_store

    facts = account_facts(open_store(_store_of(path)).condensed())
    return lambda: key_accounts_of(facts, settings=FindSettings()).accounts


@contender
def keyaccount_next_day(path: str) -> Call:
    """The ledger and one more day as two files: what the store after that day is measured against."""
    from keyaccount.find.key_accounts import find_key_accounts
    from keyaccount.ledger.read import read_ledger

    files = (path, _next_day(path))
    return lambda: find_key_accounts(read_ledger(*files).lines).accounts


@contender
def keyaccount_store_next_day(path: str) -> Call:
    """Current again after one more day has been imported: found anew from the rollup."""
    from keyaccount.find.key_accounts import find_key_accounts
    from keyaccount.ledger.store.reading import open_store

    place = _store_of(path, with_next_day=True)
    return lambda: find_key_accounts(open_store(place).condensed()).accounts


def _store_of(path: str, *, with_next_day: bool = False) -> Any:
    """A store with the ledger in it, made once beside the file; and one with a day more."""
    import time
    from dataclasses import replace

    from keyaccount.ledger.store.imports import import_ledger
    from keyaccount.ledger.store.place import store_place

    folder = Path(f"{path}.store")
    place = store_place(folder)
    if not folder.exists():
        begin = time.perf_counter()
        import_ledger(place, path)
        print(f"import of the whole: {time.perf_counter() - begin:.1f} s", file=sys.stderr)
    if not with_next_day:
        return place
    grown = Path(f"{path}.grown")
    if not grown.exists():
        import shutil

        shutil.copytree(folder, grown)
        begin = time.perf_counter()
        import_ledger(replace(place, folder=grown), _next_day(path), options=_same_source())
        print(f"import of one more day: {time.perf_counter() - begin:.1f} s", file=sys.stderr)
    return replace(place, folder=grown)


def _same_source() -> Any:
    from keyaccount.ledger.store.imports import ImportOptions

    return ImportOptions(on_overlap="add")


def _next_day(path: str) -> str:
    """The lines of the ledger's last day once more, a day later."""
    import duckdb

    target = f"{path}.next.parquet"
    if not Path(target).exists():
        day = "(date + INTERVAL 1 DAY)::DATE AS date"
        duckdb.execute(
            f"COPY (SELECT * REPLACE ({day}, 'N' || order_id AS order_id) FROM read_parquet('{path}') "
            f"WHERE date = DATE '{UNTIL}') TO '{target}' (FORMAT parquet)"
        )
    return target


@contender
def duckdb_sql(path: str) -> Call:
    """The same verdicts written by hand for one file, without checks, reasons, names, groups or three years."""
    import duckdb

    return lambda: duckdb.execute(_SQL, {"path": path}).to_arrow_table()


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
    WHEN in_set THEN 'key' WHEN coalesce(recent, 0) * 2 >= line AND NOT big THEN 'rising' ELSE 'ordinary' END AS verdict
FROM judged
"""


@contender
def polars_streaming(path: str) -> Call:
    """The same with lazy frames on polars's streaming engine, money in decimals and so compared as whole numbers."""
    import polars as pl

    day = pl.date
    amount, profit = pl.col("net_amount"), pl.col("net_amount") - pl.col("cost")
    year, recent = pl.col("date") >= day(2025, 1, 1), pl.col("date") >= day(2025, 7, 1)

    def call() -> Any:
        lines = pl.scan_parquet(path).select(COLUMNS).filter(pl.col("date") >= day(2024, 1, 1))
        sums = lines.group_by("account_id").agg(
            sales=amount.filter(year).sum(),
            profit=profit.filter(year).sum(),
            recent=amount.filter(recent).sum(),
            before=amount.filter(~year).sum(),
            bought_before=(~year & (amount > 0)).sum(),
            lines=year.sum(),
        )
        in_year = lines.filter(year)
        days = (
            in_year.filter(amount > 0)
            .select("account_id", "date")
            .unique()
            .group_by("account_id")
            .len("days")
        )
        orders = in_year.group_by("account_id", "order_id").agg(amount.sum().alias("amount"))
        largest = orders.group_by("account_id").agg(largest=pl.col("amount").max())
        told = (
            sums.filter(pl.col("lines") > 0)
            .join(days, "account_id", "left")
            .join(largest, "account_id", "left")
        )
        frame = told.collect(engine="streaming")
        money = ("sales", "profit", "recent", "before", "largest")
        frame = frame.with_columns((pl.col(name) * 10_000).cast(pl.Int64) for name in money)
        frame = frame.sort(["sales", "account_id"], descending=[True, False])
        sales = pl.col("sales")
        before = sales.cum_sum() - sales
        frame = frame.with_columns(
            in_set=(sales > 0) & (before * 5 < sales.sum() * 4), days=pl.col("days").fill_null(0)
        )
        big = (
            (pl.col("days") <= 3)
            & (sales > 0)
            & (pl.col("largest") * 2 >= sales)
            & ~(pl.col("before") * 2 >= sales)
        )
        line = sales.filter(pl.col("in_set")).min()
        verdict = (
            pl.when(pl.col("in_set") & (pl.col("profit") <= 0)).then(pl.lit("profitless"))
            .when(pl.col("in_set") & (pl.col("days") <= 2) & (pl.col("bought_before") == 0)).then(pl.lit("one_time"))
            .when(pl.col("in_set") & big).then(pl.lit("big_ticket"))
            .when(pl.col("in_set")).then(pl.lit("key"))
            .when((pl.col("recent") * 2 >= line) & ~big).then(pl.lit("rising"))
            .otherwise(pl.lit("ordinary"))
        )  # fmt: skip
        return frame.select("account_id", verdict.alias("verdict"))

    return call


@contender
def pandas(path: str) -> Call:
    """The same with data frames, money in whole ten-thousandths, which int64 sums exactly."""
    import pandas as pd
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    def whole(column: Any) -> Any:
        return pc.round(pc.multiply(column.cast("double"), 10_000.0)).cast("int64")

    def call() -> Any:
        table = pq.read_table(
            path, columns=list(COLUMNS), filters=[("date", ">=", pd.Timestamp("2024-01-01").date())]
        )
        for name in ("net_amount", "cost"):
            table = table.set_column(table.column_names.index(name), name, whole(table[name]))
        lines = table.to_pandas(date_as_object=False)
        year, before = lines[lines.date >= "2025-01-01"], lines[lines.date < "2025-01-01"]
        told = year.groupby("account_id").agg(sales=("net_amount", "sum"), cost=("cost", "sum"))
        told["profit"] = told.sales - told.cost
        told["order_days"] = year[year.net_amount > 0].groupby("account_id").date.nunique()
        told["largest"] = year.groupby(["account_id", "order_id"]).net_amount.sum().groupby(level=0).max()
        told["recent"] = year[year.date >= "2025-07-01"].groupby("account_id").net_amount.sum()
        told["before"] = before.groupby("account_id").net_amount.sum()
        told["bought_before"] = before[before.net_amount > 0].groupby("account_id").size()
        told = told.fillna(0).astype("int64").reset_index()
        told = told.sort_values(["sales", "account_id"], ascending=[False, True])
        in_set = (told.sales > 0) & ((told.sales.cumsum() - told.sales) * 5 < told.sales.sum() * 4)
        big = (told.order_days <= 3) & (told.sales > 0) & (told.largest * 2 >= told.sales)
        big &= ~(told.before * 2 >= told.sales)
        verdict = pd.Series("ordinary", index=told.index)
        verdict[~in_set & (told.recent * 2 >= told.sales[in_set].min()) & ~big] = "rising"
        verdict[in_set] = "key"
        verdict[in_set & big] = "big_ticket"
        verdict[in_set & (told.order_days <= 2) & (told.bought_before == 0)] = "one_time"
        verdict[in_set & (told.profit <= 0)] = "profitless"
        return told[["account_id"]].assign(verdict=verdict)

    return call


def verdicts_of(result: Any) -> Verdicts:
    """The verdicts in a table of Arrow, polars or pandas; asked for when the clock has stopped."""
    accounts, verdicts = (
        result[name].to_pylist() if hasattr(result[name], "to_pylist") else result[name].to_list()
        for name in ("account_id", "verdict")
    )
    return sorted(zip(accounts, verdicts, strict=True))


def make_ledger(path: Path, rows: int) -> None:
    """Write a ledger of about `rows` lines, the same one for the same number."""
    import duckdb

    con = duckdb.connect(config={"threads": 1})
    con.execute("SELECT setseed(0.42)")
    # Orders thin out, and shrink, as a power of an account's rank, so that a fifth of the accounts makes four fifths of
    # the sales; 2,000 further accounts buy once only.
    con.execute(f"""
        CREATE TABLE orders AS
        SELECT 'S' || lpad((row_number() OVER (ORDER BY day, lot))::VARCHAR, 9, '0') AS order_id, * FROM (
            SELECT random() AS lot, floor(random() * {DAYS})::INTEGER AS day, account,
                   120 * ((account + 0.5) / {ACCOUNTS}) ** -0.40 AS size, 1 + floor(random() * 9)::INTEGER AS lines
            FROM (SELECT least(floor({ACCOUNTS} * random() ** 2), {ACCOUNTS} - 1)::INTEGER AS account
                  FROM range({rows} // {LINES_PER_ORDER}))
            UNION ALL
            SELECT random(), floor(random() * {DAYS})::INTEGER, {ACCOUNTS} + account, 20000 * random(), 5
            FROM range({ACCOUNTS} // 50) t(account))""")
    con.execute(f"""
        COPY (
            SELECT account_id, '客户' || account_id || CASE WHEN account % 50 = 0 AND day < 500 THEN '厂' ELSE '公司' END
                       AS account_name,
                   order_id, DATE '2023-01-01' + day AS date,
                   'P' || lpad(floor(random() * {PRODUCTS})::INTEGER::VARCHAR, 5, '0') AS product_id,
                   quantity::DECIMAL(18, 3) AS quantity, round(quantity * price, 2)::DECIMAL(18, 4) AS net_amount,
                   round(abs(quantity) * price * (0.5 + 0.4 * random()), 2)::DECIMAL(18, 4) AS cost
            FROM (SELECT *, 'K' || lpad((account * 7919 % 102001)::VARCHAR, 6, '0') AS account_id,
                         CASE WHEN random() < 0.02 THEN -1 ELSE 1 END * (1 + floor(random() * 20)) AS quantity,
                         size * (0.5 + random()) / 10 AS price, unnest(range(lines))
                  FROM orders)
        ) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 500000)""")


def describe(path: str) -> str:
    """What the ledger holds, in words."""
    import duckdb

    lines, accounts, share = duckdb.execute(
        """SELECT sum(lines)::BIGINT, count(*), sum(sales) FILTER (place <= 0.2 * n) / sum(sales) FROM (
               SELECT *, row_number() OVER (ORDER BY sales DESC) AS place, count(*) OVER () AS n FROM (
                   SELECT sum(net_amount) AS sales, count(*) AS lines FROM read_parquet(?) GROUP BY account_id))""",
        [path],
    ).fetchone() or (0, 0, 0.0)
    size = Path(path).stat().st_size / 2**20
    return f"{lines:,} lines, {accounts:,} accounts, a fifth of which has {share:.1%} of the sales; {size:,.0f} MiB"


def run_one(name: str, path: str, calls: int) -> None:
    """Time one contender in this process and print what came of it as JSON."""
    begin = time.perf_counter()
    call = CONTENDERS[name](path)
    start = time.perf_counter() - begin
    times, cpu = [], []
    result = None
    for _ in range(calls + 1):
        begin, worked = time.perf_counter(), time.process_time()
        result = call()
        times.append(time.perf_counter() - begin)
        cpu.append(time.process_time() - worked)
    peak = peak_memory()
    verdicts = None if result is None else verdicts_of(result)
    print(json.dumps({"start": start, "times": times, "cpu": cpu, "peak": peak, "result": verdicts}))


def peak_memory() -> float:
    """The most memory that this process ever held [MiB]."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # Not ru_maxrss, which on Linux a process inherits from the one that started it.
    lines = status.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def show(told: dict[str, Any]) -> Iterable[str]:
    """A line for each contender; differences are counted against keyaccount, or else the first with verdicts."""
    base, base_cpu = (statistics.median(told["bare_scan"][name][1:]) for name in ("times", "cpu"))
    verdicts = {name: dict(one["result"]) for name, one in told.items() if one["result"]}
    first = next(iter(verdicts.values()), {})
    yield f"{'':26} {'median':>9} {'ratio':>7} {'of CPU':>7} {'imports':>8} {'first':>8} {'peak MiB':>9}  differing accounts"
    for name, one in told.items():
        median, cpu = (statistics.median(one[name][1:]) for name in ("times", "cpu"))
        differing = "–"
        measure = verdicts.get("keyaccount_next_day" if name.endswith("next_day") else "keyaccount", first)
        if name in verdicts:
            names = measure.keys() | verdicts[name].keys()
            count = sum(measure.get(account) != verdicts[name].get(account) for account in names)
            differing = f"{count:,} of {len(measure):,}"
        yield (
            f"{name:26} {median:7.3f} s {median / base:6.2f}× {cpu / base_cpu:6.2f}× {one['start']:6.2f} s {one['times'][0]:6.2f} s "
            f"{one['peak']:9,.0f}  {differing}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--calls", type=int, default=3, help="timed calls, after the first; at least 3")
    parser.add_argument("--only", nargs="*", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--run", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument(
        "--ledger", type=Path, help="where the ledger is, to save the time; made there if it is not"
    )
    words = parser.parse_args()
    if words.run:
        run_one(words.run, str(words.ledger), words.calls)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = words.ledger or Path(folder) / "ledger.parquet"
        if not path.exists():
            make_ledger(path, words.rows)
        print(describe(str(path)), flush=True)
        told = {}
        for name in dict.fromkeys(["bare_scan", *words.only]):
            command = [
                sys.executable,
                __file__,
                "--run",
                name,
                "--ledger",
                str(path),
                "--calls",
                str(words.calls),
            ]
            told[name] = json.loads(subprocess.check_output(command))
        print("\n".join(show(told)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
