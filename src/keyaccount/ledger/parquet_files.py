"""What table is in a parquet file? Its columns keep their types; row numbers count from 1."""

import duckdb

from keyaccount.ledger.raw import FileError, RawTable
from keyaccount.ledger.unpack import PlainFile


def read_parquet(con: duckdb.DuckDBPyConnection, plain: PlainFile, *, view: str) -> RawTable:
    """The table of a parquet file, read in place. Raises FileError: `file.broken_parquet`, `file.no_rows`."""
    path = "'" + str(plain.path).replace("'", "''") + "'"
    try:
        described = con.execute(f"DESCRIBE SELECT * FROM read_parquet({path})").fetchall()
        rows = con.execute(f"SELECT count(*) FROM read_parquet({path})").fetchone()
    except duckdb.Error as error:
        reason = str(error).split("\n", 1)[0]
        raise FileError("file.broken_parquet", file=plain.name, reason=reason) from error
    columns = tuple(str(name) for name, *_ in described)
    if rows == (0,):
        raise FileError("file.no_rows", file=plain.name, columns=columns)
    cells = ", ".join(f'"{name.replace(chr(34), chr(34) * 2)}" AS c{at}' for at, name in enumerate(columns))
    con.execute(
        f"CREATE VIEW {view} AS SELECT file_row_number + 1 AS row, {cells} "
        f"FROM read_parquet({path}, file_row_number=true)"
    )
    return RawTable(
        plain.name, None, columns, tuple(str(kind) for _, kind, *_ in described), view, sha256=plain.sha256
    )
