"""What tables are in an Excel workbook (xlsx, xls, xlsb, ods), and at which row does each begin?"""

import html
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import fastexcel

from keyaccount.ledger.raw import HEADER_SEARCH_ROWS, FileError, RawTable, unique_names
from keyaccount.ledger.text_files import FindHeader
from keyaccount.ledger.unpack import PlainFile

Rows = list[list[str | None]]
EVERY_SHEET = "*"

# Rows above the first filled one are looked for in so much of a sheet's XML.
_TOP_OF_SHEET = 1 << 20


def read_workbook(
    con: duckdb.DuckDBPyConnection,
    plain: PlainFile,
    *,
    view: str,
    sheets: Sequence[str],
    find_header: FindHeader,
    fits: Callable[[Rows], bool],
) -> list[RawTable]:
    """The sheets named, or the only one that `fits`, every cell as text (dates as ISO, numbers with a point).

    Raises FileError: `file.password`, `file.broken_workbook`, `sheet.missing`, `sheet.ambiguous`, `sheet.none_fits`,
    `sheet.empty`, `file.no_rows`.
    """
    workbook = open_workbook(plain)
    all_that_fit = list(sheets) == [EVERY_SHEET]
    sheets = () if all_that_fit else sheets
    for sheet in sheets:
        if sheet not in workbook.sheet_names:
            raise FileError("sheet.missing", file=plain.name, sheet=sheet, sheets=workbook.sheet_names)
    loaded = {name: _cells(workbook, name) for name in (sheets or workbook.sheet_names)}
    filled = {name: cells for name, cells in loaded.items() if cells is not None}
    empty = [name for name in loaded if name not in filled]
    if not filled or (sheets and empty):
        raise FileError("sheet.empty", file=plain.name, sheets=empty)
    fitting = list(filled)
    if not sheets and len(filled) > 1:
        fitting = [name for name, cells in filled.items() if fits(_first_rows(cells))]
    if not fitting:
        raise FileError("sheet.none_fits", file=plain.name, sheets=list(filled))
    if len(fitting) > 1 and not sheets and not all_that_fit:
        raise FileError("sheet.ambiguous", file=plain.name, sheets=fitting)
    return [
        _table(con, plain, name, filled[name], f"{view}_{number}", find_header)
        for number, name in enumerate(dict.fromkeys(fitting))
    ]


def _table(
    con: duckdb.DuckDBPyConnection,
    plain: PlainFile,
    sheet: str,
    cells: Any,
    view: str,
    find_header: FindHeader,
) -> RawTable:
    top = _first_rows(cells)
    header_at = find_header(top)
    columns = unique_names(top[header_at])
    rows = cells.slice(header_at + 1)
    if not rows.num_rows:
        raise FileError("file.no_rows", file=plain.name, columns=columns)
    arrow = f"{view}_arrow"
    con.register(arrow, rows)
    # Excel's own row numbers: the first filled row, the header's place below it, then the data.
    above = header_at + first_filled_row(plain, sheet)
    con.execute(f"CREATE VIEW {view} AS SELECT row_number() OVER () + {above} AS row, * FROM {arrow}")
    types = ("VARCHAR",) * len(columns)
    return RawTable(plain.name, sheet, columns, types, view, sha256=plain.sha256, keep_alive=rows)


def open_workbook(plain: PlainFile) -> fastexcel.ExcelReader:
    """Raises FileError `file.password`, `file.broken_workbook`."""
    try:
        # From memory, since the file name's ending may say xls where the content is xlsx.
        return fastexcel.read_excel(plain.path.read_bytes())
    except fastexcel.FastExcelError as error:
        reason = str(error).split("\n", 1)[0]
        if "password" in reason.lower() or "encrypt" in reason.lower():
            raise FileError("file.password", file=plain.name) from error
        raise FileError("file.broken_workbook", file=plain.name, reason=reason) from error
    except BaseException as error:
        # The reader of old xls files panics on some that are damaged, which is no Exception in Python.
        if type(error).__name__ != "PanicException":
            raise
        raise FileError("file.broken_workbook", file=plain.name, reason="xls") from error


def _cells(workbook: fastexcel.ExcelReader, sheet: str) -> Any | None:
    """A sheet's cells as an Arrow table of text c0, c1, …; None where it is empty or no sheet of cells."""
    try:
        table = workbook.load_sheet(sheet, header_row=None, dtypes="string").to_arrow()
    except fastexcel.FastExcelError:
        return None
    if not table.num_rows or not table.num_columns:
        return None
    return table.rename_columns([f"c{position}" for position in range(table.num_columns)])


def _first_rows(cells: Any) -> Rows:
    top = cells.slice(0, HEADER_SEARCH_ROWS).to_pydict()
    return [list(row) for row in zip(*top.values(), strict=True)]


def first_filled_row(plain: PlainFile, sheet: str) -> int:
    """The number of a sheet's first row with a value; 1 where the format does not tell (xls, xlsb, ods).

    Reads the sheet to its end, since the reader of cells does not notice damage. Raises FileError `file.broken_workbook`.
    """
    if not zipfile.is_zipfile(plain.path):
        return 1
    try:
        with zipfile.ZipFile(plain.path) as archive:
            part = _sheet_part(archive, sheet)
            if part is None:
                return 1
            with archive.open(part) as stream:
                top = stream.read(_TOP_OF_SHEET)
                while stream.read(_TOP_OF_SHEET):
                    pass
    except (zipfile.BadZipFile, zlib.error) as error:
        raise FileError("file.broken_workbook", file=plain.name, reason=str(error)) from error
    for row in re.finditer(rb'<row\b[^>]*?\br="(\d+)"[^>]*?(?:/>|>(.*?)</row>)', top, re.DOTALL):
        if row[2] and re.search(rb"<(?:v|is)>", row[2]):
            return int(row[1])
    return 1


def _sheet_part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The archive member that holds `sheet` of an xlsx."""
    try:
        workbook = archive.read("xl/workbook.xml").decode("utf-8")
        relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8")
    except KeyError:
        return None
    targets = {tag.get("Id"): tag["Target"] for tag in _tags("Relationship", relations)}
    for tag in _tags("sheet", workbook):
        if html.unescape(tag.get("name", "")) == sheet and tag.get("r:id") in targets:
            part = "xl/" + targets[tag["r:id"]].removeprefix("/").removeprefix("xl/")
            return part if part in archive.namelist() else None
    return None


def _tags(name: str, xml: str) -> list[dict[str, str]]:
    return [
        dict(re.findall(r'([\w:]+)="([^"]*)"', tag)) for tag in re.findall(rf"<(?:\w+:)?{name}\b[^>]*>", xml)
    ]
