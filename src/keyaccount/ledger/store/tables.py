"""Which tables does a store hold, and is it of a version that we can use?

All tables live in one DuckLake, so that a snapshot of it is the whole ledger as it stood: lines, what is summed of them,
and the list of imports with it.
"""

from collections.abc import Mapping

import duckdb

from keyaccount.errors import KeyAccountError
from keyaccount.tables import ACCOUNT_NAMES, INVOICE_LINES, ROLLUP, Contract

VERSION = 1
UPGRADES: Mapping[int, tuple[str, ...]] = {}
"""Version → statements that make of a store of that version one of the next."""

LINE_COLUMNS = tuple(INVOICE_LINES.columns)
ROLLUP_COLUMNS = tuple(ROLLUP.columns)
NAME_COLUMNS = tuple(ACCOUNT_NAMES.columns)

_IMPORTS = """
    import_id BIGINT, source VARCHAR, header VARCHAR[], files STRUCT(file VARCHAR, sha256 VARCHAR)[],
    fields VARCHAR[], columns VARCHAR, date_order VARCHAR, decimal_mark VARCHAR, currency VARCHAR,
    imported_at TIMESTAMP, imported_by VARCHAR, version VARCHAR, on_overlap VARCHAR,
    lines BIGINT, net_amount DECIMAL(38, 4), first_date DATE, last_date DATE,
    refused BIGINT, refused_amount DECIMAL(38, 4), refused_files VARCHAR[], undone_at TIMESTAMP, undone_by VARCHAR
"""
# One row per import and an earlier one whose lines it displaced, or left in place although it brought them again.
_TOUCHES = "import_id BIGINT, touched BIGINT, displaced BOOLEAN, lines BIGINT, net_amount DECIMAL(38, 4)"
_PUBLISHED = "name VARCHAR, snapshot BIGINT, settings VARCHAR, version VARCHAR, published_at TIMESTAMP, published_by VARCHAR"


class StoreError(KeyAccountError):
    """The store cannot do what was asked; it is as it was."""


def reason_of(error: Exception) -> str:
    """What went wrong, in one line: the first, but DuckLake names the cause of a failed commit in the last."""
    first, *others = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return next((line for line in reversed(others) if line.startswith("Failed to")), first)


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """The tables of a new store, in one transaction."""
    lines = _columns_sql(INVOICE_LINES)
    con.execute("BEGIN")
    for table, columns in {
        "store": "version INTEGER",
        "imports": _IMPORTS,
        "touches": _TOUCHES,
        "published": _PUBLISHED,
        "lines": f"import_id BIGINT, {lines}",
        "displaced_lines": f"displaced_by BIGINT, import_id BIGINT, {lines}",
        "rollup": f"import_id BIGINT, {_columns_sql(ROLLUP)}",
        "account_names": f"import_id BIGINT, {_columns_sql(ACCOUNT_NAMES)}",
    }.items():
        con.execute(f"CREATE TABLE lake.{table} ({columns})")
    # One account's lines lie together, in new files and in merged ones, so that a page on it reads only them.
    con.execute("ALTER TABLE lake.lines SET SORTED BY (account_id ASC, date ASC)")
    con.execute("INSERT INTO lake.store VALUES (?)", [VERSION])
    con.execute("CALL lake.set_commit_message('keyaccount', 'create', extra_info => '{}')")
    con.execute("COMMIT")


def has_tables(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the lake holds a store, or is a bare one that its maker did not get to fill."""
    query = "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'lake' AND table_name = 'store'"
    return con.execute(query).fetchone() == (1,)


def check_version(con: duckdb.DuckDBPyConnection, place: str, *, upgrade: bool = False) -> None:
    """Bring an older store up to date where `upgrade`.

    Raises StoreError `store.newer`, `store.older` (which says how to upgrade).
    """
    (version,) = con.execute("SELECT version FROM lake.store").fetchone() or (0,)
    if version > VERSION:
        raise StoreError("store.newer", place=place, version=version, known=VERSION)
    while version < VERSION:
        if not upgrade or version not in UPGRADES:
            raise StoreError("store.older", place=place, version=version, known=VERSION)
        con.execute("BEGIN")
        for statement in UPGRADES[version]:
            con.execute(statement)
        version += 1
        con.execute("UPDATE lake.store SET version = ?", [version])
        con.execute("COMMIT")


def line_types() -> dict[str, str]:
    """The columns of invoice lines with DuckDB's names of their types."""
    return _sql_types(INVOICE_LINES)


def _columns_sql(contract: Contract) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in _sql_types(contract).items())


def _sql_types(contract: Contract) -> dict[str, str]:
    names = {"string": "VARCHAR", "int64": "BIGINT", "date": "DATE"}
    return {name: names.get(kind, kind.upper()) for name, (kind, _) in contract.columns.items()}
