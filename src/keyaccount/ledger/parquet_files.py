"""What table is in a parquet file? Its columns keep their types; row numbers count from 1."""

import duckdb

from keyaccount.ledger.raw import FileError, RawTable, duckdb_path
from keyaccount.ledger.unpack import PlainFile


def read_parquet(con: duckdb.DuckDBPyConnection, plain: PlainFile, *, view: str) -> RawTable:
    """The table of a parquet file, read in place. Raises FileError: `file.broken_parquet`, `file.no_rows`."""
    path = duckdb_path(plain.path)
    try:
        described = con.execute(f"DESCRIBE SELECT * FROM read_parquet({path})").fetchall()
        rows = con.execute(f"SELECT count(*) FROM read_parquet({path})").fetchone()
    except duckdb.Error as error:
        reason = str(error).split("\n", 1)[0]
        raise FileError("file.broken_parquet", file=plain.name, reason=reason) from error
    columns = tuple(str(name) for name, *_ in described)
    if rows == (0,):
        raise FileError("file.no_rows", file=plain.name, columns=columns)
    types = [str(kind) for _, kind, *_ in described]
    cells = ", ".join(
        _cell(name, kind, at) for at, (name, kind) in enumerate(zip(columns, types, strict=True))
    )
    if "file_row_number" in (name.lower() for name in columns):
        rows_of_file = f"row_number() OVER () AS row, {cells} FROM read_parquet({path})"
    else:
        rows_of_file = f"file_row_number + 1 AS row, {cells} FROM read_parquet({path}, file_row_number=true)"
    con.execute(f"CREATE VIEW {view} AS SELECT {rows_of_file}")
    types = ["VARCHAR" if kind == "BLOB" else kind for kind in types]
    return RawTable(plain.name, None, columns, tuple(types), view, sha256=plain.sha256)


def _cell(name: str, kind: str, at: int) -> str:
    column = f'"{name.replace(chr(34), chr(34) * 2)}"'
    if kind == "BLOB":  # text that was written as bytes; a picture becomes nothing
        column = f"try(decode({column}))"
    elif kind in ("DOUBLE", "FLOAT"):  # not a number is nothing
        column = f"CASE WHEN isfinite({column}) THEN {column} END"
    return f"{column} AS c{at}"
