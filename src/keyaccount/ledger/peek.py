"""What tables are in a ledger file, before anybody has said how they are to be read? For a page that asks."""

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from keyaccount.ledger.mapping import LEDGER, recognised
from keyaccount.ledger.parquet_files import read_parquet
from keyaccount.ledger.text_files import read_text
from keyaccount.ledger.unpack import plain_files
from keyaccount.ledger.workbooks import EVERY_SHEET, read_workbook


@dataclass(frozen=True)
class Peek:
    """One table of a file: its header and some of its rows."""

    sheet: str | None
    columns: tuple[str, ...]
    samples: list[list[str]]
    rows: int


def peek(path: Path, *, name: str, rows: int) -> list[Peek]:
    """The tables of a file, every sheet of a workbook. Raises FileError: see `ledger.read`."""
    workdir = Path(tempfile.mkdtemp(prefix="keyaccount-"))
    con = duckdb.connect()
    try:
        found = []
        for at, one in enumerate(plain_files(path, workdir)):
            plain = replace(one, name=one.name.replace(str(path), name))
            view = f"peek_{at}"
            if plain.kind == "parquet":
                tables = [read_parquet(con, plain, view=view)]
            elif plain.kind == "workbook":
                tables = read_workbook(
                    con,
                    plain,
                    view=view,
                    sheets=(EVERY_SHEET,),
                    find_header=_header_at,
                    fits=lambda _rows: True,
                )
            else:
                tables = [read_text(con, plain, view=view, workdir=workdir, find_header=_header_at)]
            for table in tables:
                cells = ", ".join(f"c{column}" for column in range(len(table.columns)))
                some = con.execute(f"SELECT {cells} FROM {table.view} LIMIT {int(rows)}").fetchall()
                (count,) = con.execute(f"SELECT count(*) FROM {table.view}").fetchone() or (0,)
                samples = [["" if cell is None else str(cell) for cell in row] for row in some]
                found.append(Peek(table.sheet, table.columns, samples, count))
        return found
    finally:
        con.close()
        shutil.rmtree(workdir, ignore_errors=True)


def _header_at(rows: list[list[Any]]) -> int:
    scores = [recognised(row, LEDGER) for row in rows]
    if any(scores):
        return scores.index(max(scores))
    return next((at for at, row in enumerate(rows) if any(row)), 0)
