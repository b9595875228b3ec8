"""Small ledgers as files of every kind, and what came of reading them."""

import bz2
import csv
import datetime as dt
import gzip
import io
import lzma
import warnings
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlwt

from keyaccount import KeyAccountError, ReadOptions, read_ledger

# Tests have no clock: what is too far ahead is said.
LATEST = dt.date(2026, 12, 31)
HEADER = ("客户编号", "日期", "金额")


def table_text(rows: Sequence[Sequence[Any]], *, header: Sequence[str] = HEADER, delimiter: str = ",") -> str:
    """The rows as csv, quoted where they must be."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerows([header, *rows])
    return stream.getvalue()


def write(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def write_csv(
    path: Path,
    rows: Sequence[Sequence[Any]],
    *,
    header: Sequence[str] = HEADER,
    encoding: str = "utf-8",
    delimiter: str = ",",
    line_end: str = "\n",
) -> Path:
    text = table_text(rows, header=header, delimiter=delimiter)
    return write(path, text.replace("\n", line_end), encoding)


def write_xlsx(
    path: Path,
    rows: Sequence[Sequence[Any]],
    *,
    header: Sequence[Any] | None = HEADER,
    sheet: str = "账本",
    **more: Any,
) -> Path:
    """A workbook with the rows on `sheet`; `more`: other sheets, name → rows."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in [header, *rows] if header else rows:
        page.append(list(row))
    for name, other in more.items():
        page = book.create_sheet(name)
        for row in other:
            page.append(list(row))
    book.save(path)
    return path


def write_xls(path: Path, rows: Sequence[Sequence[Any]], *, header: Sequence[Any] | None = HEADER) -> Path:
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet("账本")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for row, cells in enumerate([header, *rows] if header else rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, dt.date):
                page.write(row, column, cell, day)
            elif cell is not None:
                page.write(row, column, cell)
    book.save(str(path))
    return path


def write_parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def write_packed(path: Path, content: bytes) -> Path:
    """Packed as the name's ending says."""
    pack = {".gz": gzip.compress, ".xz": lzma.compress, ".bz2": bz2.compress}[path.suffix]
    return write(path, pack(content))


def write_zip(path: Path, *members: tuple[str, str | bytes]) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # a name given twice
        for name, content in members:
            archive.writestr(name, content)
    return path


def read(*files: Path, keep_unassigned: bool = False, **options: Any) -> Any:
    """Read, and make sure that every row and every yuan is accounted for."""
    ledger = read_ledger(
        *files, options=ReadOptions(**{"latest": LATEST, **options}), keep_unassigned=keep_unassigned
    )
    assert ledger.report.reconciles
    assert ledger.report.rows == ledger.report.accepted + ledger.report.refused + ledger.report.blank
    counted = ledger.lines.get_backend().raw_sql("SELECT count(*), sum(net_amount) FROM lines").fetchone()
    assert counted == (ledger.report.accepted, ledger.report.money_accepted)
    return ledger


def lines(ledger: Any, *columns: str) -> list[tuple[Any, ...]]:
    """The invoice lines in the order of the files."""
    # Asked of DuckDB itself, which takes a tenth of the time.
    names = ", ".join(columns)
    found = ledger.lines.get_backend().raw_sql(f"SELECT {names} FROM lines ORDER BY file, row")
    return found.fetchall()


def amounts(ledger: Any) -> list[Decimal]:
    return [amount for (amount,) in lines(ledger, "net_amount")]


def accounts(ledger: Any) -> list[str]:
    return [account for (account,) in lines(ledger, "account_id")]


def dates(ledger: Any) -> list[str]:
    return [day.isoformat() for (day,) in lines(ledger, "date")]


def refusals(ledger: Any) -> list[tuple[int, list[str]]]:
    """Row and codes of each refused row."""
    return [(row.row, [problem.code for problem in row.problems]) for row in ledger.refused]


def error(*files: Path, **options: Any) -> KeyAccountError:
    """The error that reading gives; it must say all three things in both languages."""
    with pytest.raises(KeyAccountError) as caught:
        read_ledger(*files, options=ReadOptions(**{"latest": LATEST, **options}))
    assert_says_everything(caught.value)
    return caught.value


def assert_says_everything(problem: KeyAccountError) -> None:
    for lang in ("zh", "en"):
        for part in (problem.expected(lang), problem.found(lang), problem.to_do(lang)):
            assert part.strip()
            assert "{" not in part
    assert problem.text("zh") != problem.text("en")
