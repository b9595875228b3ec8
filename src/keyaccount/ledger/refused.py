"""How do refused rows go back to the people who can mend them? As a csv that Excel opens and that we read again."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from keyaccount.files import safe_cell
from keyaccount.language import message
from keyaccount.ledger.check import RefusedRow
from keyaccount.ledger.raw import REFUSED_MARK
from keyaccount.ledger.sources import Source

# In front of the source's own columns, and so named that none of those is meant.
_SPOILT = re.compile(r"0\d+|\d{12,}")
NOTES = ("file", "row", "field", "value", "reason")


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


def _as_it_is(cell: str | None) -> str | None:
    """A cell that a spreadsheet keeps as it is: not run as a formula, and a code not stripped of its zeros or digits."""
    return f'="{cell}"' if cell and _SPOILT.fullmatch(cell) else safe_cell(cell)


def _conventions(source: Source) -> list[str]:
    told = source.conventions
    typed = ["typed"] if source.tables[0].typed_cells else []
    order = [told.date_order] if told.date_order else []
    return [*order, told.decimal_mark or "point", *typed, *sorted(set(told.currencies.values()))]
