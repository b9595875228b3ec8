"""How do lines come into the store and leave it, with all that is summed of them? Each within a transaction under way."""

from collections.abc import Sequence

import duckdb
import ibis

from keyaccount.ledger.rollup import ROLLUP_KEYS, account_names, rollup
from keyaccount.ledger.store.tables import LINE_COLUMNS, NAME_COLUMNS, ROLLUP_COLUMNS

_LINES = ", ".join(LINE_COLUMNS)
# One row per row of the rollup that lines were taken from or brought back to.
_TOUCHED = ", ".join(("import_id", *ROLLUP_KEYS))


def add_lines(con: duckdb.DuckDBPyConnection, import_id: int, lines: str) -> None:
    """Take the rows of the view `lines` as those of `import_id`."""
    con.execute(f"INSERT INTO lake.lines SELECT {import_id}, {_LINES} FROM {lines}")


def add_sums(con: duckdb.DuckDBPyConnection, import_id: int, lines: str) -> None:
    """Add what is summed of them."""
    con.execute(f"CREATE OR REPLACE TEMP VIEW summed AS SELECT {import_id} AS import_id, * FROM {lines}")
    _insert_sums(con, "summed")


def displace(con: duckdb.DuckDBPyConnection, import_id: int, there: str) -> None:
    """Put the lines for which `there` holds aside, displaced by `import_id`."""
    con.execute(
        f"INSERT INTO lake.touches SELECT {import_id}, import_id, true, count(*), sum(net_amount) "
        f"FROM lake.lines WHERE {there} GROUP BY import_id"
    )
    con.execute(
        f"INSERT INTO lake.displaced_lines SELECT {import_id}, import_id, {_LINES} FROM lake.lines WHERE {there}"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT {_TOUCHED} FROM lake.lines WHERE {there}"
    )
    con.execute(f"DELETE FROM lake.lines WHERE {there}")
    _sum_anew(con)


def leave_in_place(con: duckdb.DuckDBPyConnection, import_id: int, there: str) -> None:
    """Note that `import_id` brought lines again that stay as earlier imports brought them."""
    con.execute(
        f"INSERT INTO lake.touches SELECT {import_id}, import_id, false, count(*), sum(net_amount) "
        f"FROM lake.lines WHERE {there} GROUP BY import_id"
    )


def remove(con: duckdb.DuckDBPyConnection, import_id: int) -> None:
    """Take the lines of an import away, and bring those back that it displaced."""
    for table in ("lines", "rollup", "account_names"):
        con.execute(f"DELETE FROM lake.{table} WHERE import_id = {import_id}")
    back = f"lake.displaced_lines WHERE displaced_by = {import_id}"
    con.execute(f"CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT {_TOUCHED} FROM {back}")
    con.execute(f"INSERT INTO lake.lines SELECT import_id, {_LINES} FROM {back}")
    con.execute(f"DELETE FROM {back}")
    con.execute(f"DELETE FROM lake.touches WHERE import_id = {import_id}")
    _sum_anew(con)


def _sum_anew(con: duckdb.DuckDBPyConnection) -> None:
    """Bring rollup and names up to date for the keys in `touched`."""
    if con.execute("SELECT count(*) FROM touched").fetchone() == (0,):
        return
    con.execute(f"DELETE FROM lake.rollup AS held USING touched WHERE {_same(('import_id', *ROLLUP_KEYS))}")
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW summed AS SELECT held.* FROM lake.lines AS held "
        f"SEMI JOIN touched ON {_same(('import_id', *ROLLUP_KEYS))}"
    )
    con.execute(f"INSERT INTO lake.rollup {rollup_sql(con, 'summed')}")
    accounts = ("import_id", "account_id")
    con.execute("CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT import_id, account_id FROM touched")
    con.execute(f"DELETE FROM lake.account_names AS held USING touched WHERE {_same(accounts)}")
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW summed AS SELECT held.* FROM lake.lines AS held SEMI JOIN touched ON {_same(accounts)}"
    )
    con.execute(f"INSERT INTO lake.account_names {names_sql(con, 'summed')}")


def _insert_sums(con: duckdb.DuckDBPyConnection, lines: str) -> None:
    con.execute(f"INSERT INTO lake.rollup {rollup_sql(con, lines)}")
    con.execute(f"INSERT INTO lake.account_names {names_sql(con, lines)}")


def rollup_sql(con: duckdb.DuckDBPyConnection, lines: str) -> str:
    """SQL for what the table `rollup` holds of the table or view `lines`."""
    # By date, so that a few days are read without the rest.
    return (
        f"{_sql(rollup(_table(con, lines), within=('import_id',)), ROLLUP_COLUMNS)} ORDER BY date, account_id"
    )


def names_sql(con: duckdb.DuckDBPyConnection, lines: str) -> str:
    """SQL for what the table `account_names` holds of the table or view `lines`."""
    return _sql(account_names(_table(con, lines), within=("import_id",)), NAME_COLUMNS)


def _table(con: duckdb.DuckDBPyConnection, lines: str) -> ibis.Table:
    backend = ibis.duckdb.from_connection(con)
    return backend.sql(f"SELECT * FROM {lines}", dialect="duckdb")


def _sql(table: ibis.Table, columns: Sequence[str]) -> str:
    return f"SELECT import_id, {', '.join(columns)} FROM ({ibis.to_sql(table, dialect='duckdb')})"


def _same(columns: Sequence[str]) -> str:
    return " AND ".join(f"held.{name} IS NOT DISTINCT FROM touched.{name}" for name in columns)
