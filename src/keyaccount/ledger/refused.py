"""How do refused rows go back to the people who can mend them? As a csv or a workbook that we read again."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from keyaccount.files import safe_cell, written_whole
from keyaccount.language import message
from keyaccount.ledger.check import RefusedRow
from keyaccount.ledger.raw import REFUSED_MARK
from keyaccount.ledger.sources import Source

# In front of the source's own columns, and so named that none of those is meant.
_SPOILT = re.compile(r"0\d+|\d{12,}")
_KEPT_AS_IT_IS = re.compile(r'="(.*)"')
NOTES = ("file", "row", "field", "value", "reason")
_WIDTHS = (24, 8, 14, 14, 50)
_ROWS_OF_A_SHEET, _LETTERS_OF_A_CELL = 1_048_576, 32_767


def refused_files(out: Path, count: int) -> list[Path]:
    """Where refused rows go, beside `out`, one file a source: `list-refused.csv`, `list-refused-2.csv`, …"""
    return [out.with_name(f"{out.stem}-refused{'' if at == 0 else f'-{at + 1}'}.csv") for at in range(count)]


def rows_by_source(refused: Sequence[RefusedRow], sources: Sequence[Source]) -> list[list[RefusedRow]]:
    """The refused rows of each source, which share its header."""
    return [
        [row for row in refused if row.place in {table.place for table in source.tables}]
        for source in sources
    ]


def write_refused(path: Path, rows: Sequence[RefusedRow], source: Source, lang: str) -> None:
    """Write refused rows with the reasons in front and the source's own columns behind, UTF-8 with BOM.

    The cells stand as they stood, and the first header says how the source writes dates and amounts, so that the file
    is read as its source is. A row that was too long or too short stays so, and is refused until somebody mends it.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        titles = [REFUSED_MARK + message(f"column.{name}", lang) for name in NOTES]
        titles[0] += f"⟨{' '.join(_conventions(source))}⟩"
        writer.writerow([*titles, *source.tables[0].columns])
        for row in rows:
            fields = " ".join(problem.field or "" for problem in row.problems)
            values = " ".join(problem.value or "" for problem in row.problems)
            notes = [row.place, row.row, fields.strip(), safe_cell(values.strip()), row.reason(lang)]
            writer.writerow([*notes, *map(_as_it_is, row.cells)])


def refused_workbook(path: Path, target: Path) -> bool:
    """Write the csv of `write_refused` at `path` as a workbook to mend: the reasons marked, every cell text, so that codes
    keep their zeros and nothing is run. False: it does not fit into a sheet, and nothing is written.

    Raises OutputError `out.no_folder`, `out.unwritable`.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    if len(rows) > _ROWS_OF_A_SHEET or any(len(cell) > _LETTERS_OF_A_CELL for row in rows for cell in row):
        return False
    with written_whole(target) as (draft,):
        book = xlsxwriter.Workbook(
            str(draft), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        head = book.add_format({"bold": True, "bg_color": "#EEF2F3", "num_format": "@"})
        note = book.add_format(
            {"font_color": "#B3261E", "text_wrap": True, "valign": "top", "num_format": "@"}
        )
        as_text = book.add_format({"num_format": "@", "valign": "top"})
        page = book.add_worksheet()
        page.freeze_panes(1, len(NOTES))
        page.set_column(0, max(map(len, rows)), 16, as_text)
        for at, width in enumerate(_WIDTHS):
            page.set_column(at, at, width, note)
        for number, row in enumerate(rows):
            for at, cell in enumerate(row):
                kept = _KEPT_AS_IT_IS.fullmatch(cell)
                shape = head if number == 0 else note if at < len(NOTES) else as_text
                page.write_string(number, at, kept[1] if kept else cell, shape)
        book.close()
    return True


def _as_it_is(cell: str | None) -> str | None:
    """A cell that a spreadsheet keeps as it is: not run as a formula, and a code not stripped of its zeros or digits."""
    return f'="{cell}"' if cell and _SPOILT.fullmatch(cell) else safe_cell(cell)


def _conventions(source: Source) -> list[str]:
    told = source.conventions
    typed = ["typed"] if source.tables[0].typed_cells else []
    order = [told.date_order] if told.date_order else []
    return [*order, told.decimal_mark or "point", *typed, *sorted(set(told.currencies.values()))]
