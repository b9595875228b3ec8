"""How long does it take to check and store a ledger, beside reading it bare?

    .venv/bin/python benchmarks/import.py --rows 1000000

Makes a ledger of three years with ten columns as csv and as xlsx and imports each into an empty store: every row checked,
lines, rollup and names written in one transaction. Beside it, in the same run: DuckDB copying the csv to Parquet and pandas
doing the same, and fastexcel copying the xlsx, none of which checks anything. Each in its own process, timed after its imports;
prints seconds, the ratio to the fastest rival, and peak memory.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HEADER = (
    "客户编号",
    "客户名称",
    "订单日期",
    "订单号",
    "产品编号",
    "产品名称",
    "数量",
    "单价",
    "金额",
    "成本",
)
XLSX_MOST_ROWS = 1_048_575


def make_csv(path: Path, rows: int) -> None:
    import duckdb

    con = duckdb.connect()
    con.execute("SELECT setseed(0.42)")
    con.execute(f"""
        COPY (
            SELECT 'K' || lpad(account::VARCHAR, 6, '0') AS "{HEADER[0]}", '客户' || account AS "{HEADER[1]}",
                   DATE '2023-01-01' + (i * 1096 // {rows})::INTEGER AS "{HEADER[2]}", 'S' || (i // 3) AS "{HEADER[3]}",
                   'P' || lpad((product * 20000)::INTEGER::VARCHAR, 5, '0') AS "{HEADER[4]}",
                   '产品' || (product * 20000)::INTEGER AS "{HEADER[5]}", quantity AS "{HEADER[6]}", price AS "{HEADER[7]}",
                   (quantity * price)::DECIMAL(18, 2) AS "{HEADER[8]}", (quantity * price * 0.7)::DECIMAL(18, 2) AS "{HEADER[9]}"
            FROM (SELECT i, (20000 * random() ** 2)::INTEGER AS account, random() AS product, 1 + (random() * 20)::INTEGER AS quantity,
                         (1 + random() * 500)::DECIMAL(18, 2) AS price FROM range({rows}) t(i))
        ) TO '{path}' (FORMAT csv, HEADER)""")


def make_xlsx(path: Path, source: Path) -> None:
    import duckdb
    import xlsxwriter

    found = duckdb.execute("SELECT * FROM read_csv(?)", [str(source)])
    with xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
    ) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        at = 1
        while rows := found.fetchmany(20_000):
            for row in rows:
                sheet.write_row(at, 0, row)
                at += 1


def keyaccount(path: str, folder: str) -> None:
    from keyaccount.ledger.store.imports import import_ledger
    from keyaccount.ledger.store.place import store_place

    done = import_ledger(store_place(Path(folder) / "store"), path)
    if done.refused or not done.ledger.report.reconciles:
        raise SystemExit("the benchmark's ledger should be without fault")


def duckdb_copy(path: str, folder: str) -> None:
    import duckdb

    duckdb.execute(f"COPY (FROM read_csv('{path}')) TO '{folder}/bare.parquet' (FORMAT parquet)")


def pandas_copy(path: str, folder: str) -> None:
    import pandas as pd

    pd.read_csv(path, parse_dates=[HEADER[2]]).to_parquet(f"{folder}/pandas.parquet")


def fastexcel_copy(path: str, folder: str) -> None:
    import fastexcel
    import pyarrow as pa
    import pyarrow.parquet as pq

    sheet = fastexcel.read_excel(path).load_sheet(0, dtypes="string")
    pq.write_table(pa.table(sheet.to_arrow()), f"{folder}/excel.parquet")


CONTENDERS: dict[str, dict[str, Callable[[str, str], None]]] = {
    "csv": {"keyaccount": keyaccount, "duckdb_copy": duckdb_copy, "pandas_copy": pandas_copy},
    "xlsx": {"keyaccount": keyaccount, "fastexcel_copy": fastexcel_copy},
}


def peak() -> float:
    """Most memory of this process [MiB]; `ru_maxrss` would count the parent's at the fork."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def run_one(kind: str, name: str, path: str) -> None:
    if name == "keyaccount":
        import keyaccount.ledger.store.imports
        import keyaccount.ledger.store.place  # noqa: F401 - imported before the clock starts
    elif name == "pandas_copy":
        import pandas  # noqa: F401
    with tempfile.TemporaryDirectory(dir=Path(path).parent) as folder:
        begin = time.perf_counter()
        CONTENDERS[kind][name](path, folder)
        seconds = time.perf_counter() - begin
    print(json.dumps({"seconds": seconds, "peak": peak()}))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kinds", nargs="*", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.run:
        run_one(*words.run)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        files = {"csv": Path(folder) / "ledger.csv", "xlsx": Path(folder) / "ledger.xlsx"}
        make_csv(files["csv"], words.rows)
        if "xlsx" in words.kinds:
            if words.rows > XLSX_MOST_ROWS:
                raise SystemExit(f"a sheet holds {XLSX_MOST_ROWS:,} rows at most")
            make_xlsx(files["xlsx"], files["csv"])
        for kind in words.kinds:
            size = files[kind].stat().st_size / 1e6
            print(f"{kind}: {words.rows:,} lines, {size:,.0f} MB")
            told = {}
            for name in CONTENDERS[kind]:
                command = [sys.executable, __file__, "--run", kind, name, str(files[kind])]
                told[name] = json.loads(subprocess.check_output(command).splitlines()[-1])
            best = min(one["seconds"] for name, one in told.items() if name != "keyaccount")
            for name, one in told.items():
                print(
                    f"  {name:15} {one['seconds']:7.2f} s  {one['seconds'] / best:5.1f} × the fastest rival  peak {one['peak']:7,.0f} MiB"
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
