"""A real Spark on this machine, with a Connect server in it, and stores whose files have a history."""

import datetime as dt
import gc
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from keyaccount.demo import DemoLedger, demo_ledger
from keyaccount.ledger.store.imports import ImportOptions, import_ledger
from keyaccount.ledger.store.place import StorePlace, opened_to_write
from keyaccount.ledger.store.undo import undo_import
from keyaccount.ledger.store.upkeep import merge


@dataclass(frozen=True)
class Spark:
    session: object
    url: str
    """Of its Connect server."""


@pytest.fixture(scope="module")
def spark():
    """One Spark for the module; the thin client's way in leads to the same one."""
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    if shutil.which("java") is None:
        pytest.skip("Java is not installed")
    builder = sql.SparkSession.builder.master("local[2]").appName("keyaccount tests")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
        "spark.connect.grpc.binding.port": "0",
        # Small tables: what takes time is compiling.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    service = getattr(session._jvm, "org.apache.spark.sql.connect.service.SparkConnectService$")
    yield Spark(session, f"sc://127.0.0.1:{service.__getattr__('MODULE$').localPort()}")
    session.stop()
    gc.collect()  # its sockets, while their warnings are known


@dataclass(frozen=True)
class DemoStore:
    place: StorePlace
    demo: DemoLedger


@pytest.fixture(scope="module")
def demo_store(tmp_path_factory):
    """A third of the demo company, a year an import; one that brings autumn anew, one undone; merged; many row groups."""
    folder = tmp_path_factory.mktemp("demo")
    demo, place = demo_ledger(), StorePlace(folder / "store")
    lines = demo.lines.filter(pc.match_substring_regex(demo.lines["account_id"], "[147]$"))
    for year in (2023, 2024, 2025):
        _bring(place, folder, _between(lines, dt.date(year, 1, 1), dt.date(year + 1, 1, 1)))
        _cut_row_groups(place)
    _bring(place, folder, _between(lines, dt.date(2025, 9, 3), dt.date(2025, 12, 1)).slice(100))
    dates = pa.array([dt.date(2026, 1, 5)] * 5000)
    later = lines.slice(0, 5000).set_column(lines.column_names.index("date"), "date", dates)
    undo_import(place, _bring(place, folder, later))
    _merge(place)
    return DemoStore(place, demo)


IMPORTS = 7


@pytest.fixture(scope="module")
def small_store(tmp_path_factory):
    """A store whose files saw it all: merged, rows taken out of merged files, twice of one file, brought back, merged again."""
    folder = tmp_path_factory.mktemp("账 本 [1] {a}")
    place = StorePlace(folder / "store")
    _bring(place, folder, _days("2025-01-01", 60, times=1))
    _bring(place, folder, _days("2025-03-10", 30, times=1))
    _bring(place, folder, _days("2025-01-10", 2, times=2))
    _bring(place, folder, _days("2025-01-20", 2, times=3))  # takes from the same file again
    _merge(place)
    _bring(place, folder, _days("2025-03-12", 2, times=5))  # takes from a merged file
    undo_import(place, _bring(place, folder, _days("2025-03-20", 1, times=5)))
    _merge(place)
    _bring(place, folder, _days("2025-01-10", 1, times=9))
    return place


@pytest.fixture(scope="module")
def bare_store(tmp_path_factory):
    """A ledger of accounts, dates and amounts, and nothing else: its table of names has no file."""
    folder = tmp_path_factory.mktemp("bare")
    place = StorePlace(folder / "store")
    lines = _days("2025-03-01", 14, times=3).select(["customer", "date", "amount"])
    _bring(place, folder, lines.rename_columns(["account_id", "date", "amount"]))
    return place


def _days(first, days, *, times):
    """Three lines a day of seven customers, and one of nobody."""
    begin = dt.date.fromisoformat(first)
    rows = [
        {
            "customer": None if at % 4 == 3 else f"C{at % 7}",
            "name": None if at % 4 == 3 else f"客户{at % 7} {times % 2}",
            "date": begin + dt.timedelta(days=at // 4),
            "amount": times * (at + 1) / 4 if at % 5 else -times / 8,
            "cost": None if at % 3 == 0 else times / 16,
            "order": None if at % 6 == 0 else f"O{at // 2}",
        }
        for at in range(days * 4)
    ]
    return pa.Table.from_pylist(rows)


def _between(lines, begin, before):
    return lines.filter(pc.and_(pc.greater_equal(lines["date"], begin), pc.less(lines["date"], before)))


def _bring(place, folder: Path, lines) -> int:
    file = folder / f"{len(list(folder.glob('*.parquet')))}.parquet"
    pq.write_table(lines, file)
    options = ImportOptions(on_overlap="replace", source="ledger", keep_unassigned=True)
    return import_ledger(place, file, options=options).sources[0].import_id


def _cut_row_groups(place):
    """From now on of 4,096 rows, as a large ledger has many."""
    con = duckdb.connect()
    with opened_to_write(con, place, "option", lambda _: None):
        con.execute("CALL lake.set_option('parquet_row_group_size', 4096)")
    con.close()


def _merge(place):
    con = duckdb.connect()
    with opened_to_write(con, place, "merge", lambda _: None):
        assert merge(con) > 0
    con.close()
