"""Does Spark say of a ledger what DuckDB says, row for row and to the last digit?"""

import shutil

import ibis
import pyarrow as pa
import pytest

from keyaccount.find.key_accounts import find_key_accounts
from keyaccount.ledger.rollup import MEASURES, ROLLUP_KEYS, rollup
from keyaccount.ledger.spark import SparkError, on_spark, spark_condensed, spark_lines
from keyaccount.ledger.store.place import StorePlace
from keyaccount.ledger.store.reading import open_store

from .conftest import IMPORTS

pytestmark = [
    # Spark's own clients; none of it is ours to mend.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


def rows(table):
    """What an Ibis table holds, in an order of its own."""
    told = table.select(*sorted(table.columns)).to_pyarrow()
    return told.sort_by([(name, "ascending") for name in told.column_names])


def assert_same_list(ours, theirs):
    assert ours.accounts.num_rows > 500
    assert ours.accounts.equals(theirs.accounts)
    assert ours.summary == theirs.summary
    assert ours.years == theirs.years
    assert ours.losses.equals(theirs.losses)
    assert ours.segments["region"].equals(theirs.segments["region"])
    assert ours.sales_curve.equals(theirs.sales_curve)
    assert ours.profit_curve.equals(theirs.profit_curve)
    assert ours.notes == theirs.notes


class TestTheTables:
    def test_hold_the_same_rows_as_of_every_import(self, spark, small_store):
        for import_id in range(1, IMPORTS + 1):
            store = open_store(small_store, as_of_import=import_id)
            here, there = store.lines(keep_unassigned=True), spark_lines(store, keep_unassigned=True)
            assert here.schema() == there.schema()
            assert rows(here).equals(rows(there)), import_id
            store.close()

    @pytest.mark.parametrize("import_id", [3, IMPORTS])
    def test_hold_the_same_sums(self, spark, small_store, import_id):
        store = open_store(small_store, as_of_import=import_id)
        here, there = store.condensed(keep_unassigned=True), spark_condensed(store, keep_unassigned=True)
        assert rows(here.rollup).equals(rows(there.rollup))
        assert rows(here.names).equals(rows(there.names))
        assert here.fields == there.fields

    def test_hold_no_line_without_account_unless_told(self, spark, small_store):
        store = open_store(small_store)
        assert rows(spark_lines(store)).equals(rows(store.lines()))

    def test_are_those_of_a_store_that_was_moved(self, spark, small_store, tmp_path):
        shutil.copytree(small_store.folder, tmp_path / "moved")
        store = open_store(StorePlace(tmp_path / "moved"))
        assert rows(spark_lines(store)).equals(rows(open_store(small_store).lines()))

    def test_are_read_where_the_cluster_sees_them(self, spark, small_store, tmp_path, monkeypatch):
        store = open_store(small_store)
        shutil.copytree(small_store.data, tmp_path / "bucket")
        monkeypatch.setenv("KEYACCOUNT_SPARK_DATA", f"file://{tmp_path}/bucket/")
        lines = spark_lines(store)
        files = spark.session.sql(ibis.to_sql(lines, dialect="pyspark")).inputFiles()
        assert files
        assert all(file.startswith(f"file://{tmp_path}/bucket/") for file in files)
        assert rows(lines).equals(rows(store.lines()))


class TestData:
    def test_that_the_cluster_does_not_see_are_an_error(self, spark, small_store, tmp_path):
        with pytest.raises(SparkError) as error:
            spark_lines(open_store(small_store), data=f"file://{tmp_path}/nowhere")
        assert error.value.code == "spark.data_missing"
        assert "KEYACCOUNT_SPARK_DATA" in error.value.text("en")

    def test_that_lack_a_file_or_a_part_of_one_are_an_error(self, spark, small_store, tmp_path):
        shutil.copytree(small_store.data, tmp_path / "copy")
        store = open_store(small_store)
        told = on_spark(store, data=f"file://{tmp_path}/copy")
        deletions = next(file.deletions for file in told._files("lines") if file.deletions)
        copy = tmp_path / "copy" / "main" / "lines" / deletions.name
        copy.write_bytes(copy.read_bytes()[:-1])
        with pytest.raises(SparkError) as error:
            told.lines()
        assert error.value.code == "spark.data_differs"
        assert error.value.values["file"] == deletions.name
        copy.unlink()
        with pytest.raises(SparkError) as error:
            told.lines()
        assert error.value.code == "spark.data_missing"

    def test_that_go_while_spark_reads_are_an_error(self, spark, small_store, tmp_path):
        shutil.copytree(small_store.data, tmp_path / "copy")
        lines = spark_lines(open_store(small_store), data=f"file://{tmp_path}/copy")
        shutil.rmtree(tmp_path / "copy")
        with pytest.raises(SparkError) as error:
            lines.net_amount.sum().to_pyarrow()
        assert error.value.code == "spark.failed"


class TestFind:
    def test_gives_the_same_list_with_groups_and_cost_to_serve(self, spark, demo_store):
        store, demo = open_store(demo_store.place), demo_store.demo
        tables = {"groups": demo.groups, "cost_to_serve": demo.cost_to_serve}
        assert_same_list(
            find_key_accounts(spark_condensed(store), **tables),
            find_key_accounts(store.condensed(), **tables),
        )

    def test_gives_the_same_list_as_of_an_earlier_import(self, spark, demo_store):
        store = open_store(demo_store.place, as_of_import=3)
        assert_same_list(find_key_accounts(spark_condensed(store)), find_key_accounts(store.condensed()))

    def test_gives_the_same_list_of_a_bare_ledger(self, spark, bare_store):
        store = open_store(bare_store)
        ours, theirs = find_key_accounts(spark_condensed(store)), find_key_accounts(store.condensed())
        assert ours.accounts["account_name"].null_count == ours.accounts.num_rows == 7
        assert ours.accounts.equals(theirs.accounts)

    def test_gives_the_same_list_with_unassigned_lines(self, spark, small_store):
        store = open_store(small_store)
        ours = find_key_accounts(on_spark(store).condensed(keep_unassigned=True), unassigned="散客")
        theirs = find_key_accounts(store.condensed(keep_unassigned=True), unassigned="散客")
        assert ours.accounts.equals(theirs.accounts)
        assert ours.summary == theirs.summary


class TestACalculation:
    def test_of_the_rollup_gives_what_the_store_holds(self, spark, demo_store):
        store = open_store(demo_store.place)
        ours = rollup(spark_lines(store, None), within=("import_id",))
        theirs = store.con.table("lake.rollup").filter("account_id IS NOT NULL")
        columns = ("import_id", *ROLLUP_KEYS, *MEASURES)
        held = pa.table(theirs.select(*columns).to_arrow_table())
        told = ours.select(*columns).to_pyarrow().cast(held.schema)
        keys = [(name, "ascending") for name in ("import_id", *ROLLUP_KEYS)]
        assert held.num_rows > 30_000
        assert told.sort_by(keys).equals(held.sort_by(keys))

    def test_over_a_window_gives_the_same(self, spark, demo_store):
        store = open_store(demo_store.place)
        ours, theirs = (
            rows(_running(condensed.rollup)).to_pydict()
            for condensed in (spark_condensed(store), store.condensed())
        )
        assert len(ours["account_id"]) > 500
        assert ours.pop("share") == pytest.approx(theirs.pop("share"), rel=0, abs=1e-12)
        assert ours == theirs


def _running(rollup):
    """Accounts by sales, with the running sum and share of it."""
    sums = rollup.group_by("account_id").agg(sales=rollup.net_amount.sum())
    largest_first = ibis.window(order_by=[sums.sales.desc(), sums.account_id], rows=(None, 0))
    placed = sums.mutate(
        rank=ibis.row_number().over(largest_first),
        running=sums.sales.sum().over(largest_first),
        total=sums.sales.sum().over(ibis.window()),
    )
    return placed.mutate(share=placed.running.cast("float64") / placed.total.cast("float64").nullif(0))


class TestSparkConnect:
    def test_gives_the_same_list(self, spark, demo_store):
        store, demo = open_store(demo_store.place), demo_store.demo
        with_groups = {"groups": demo.groups}
        told = on_spark(store, spark.url)
        assert told.spark._session is not spark.session
        assert_same_list(
            find_key_accounts(told.condensed(), **with_groups),
            find_key_accounts(store.condensed(), **with_groups),
        )
        told.close()
        assert spark.session.range(3).count() == 3  # others go on

    def test_tells_of_data_that_the_cluster_does_not_see(self, spark, small_store, tmp_path):
        told = on_spark(open_store(small_store), spark.url, data=f"file://{tmp_path}/nowhere")
        with pytest.raises(SparkError) as error:
            told.lines()
        assert error.value.code == "spark.data_missing"
        told.close()
