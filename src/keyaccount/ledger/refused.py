"""How do refused rows go back to the people who can mend them? As a csv that Excel opens and that we read again."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from keyaccount.files import safe_cell
from keyaccount.language import message
from keyaccount.ledger.amounts import DecimalMark
from keyaccount.ledger.check import RefusedRow
from keyaccount.ledger.dates import DateOrder, readings
from keyaccount.ledger.sources import Source

# In front of the source's own columns; `mapping` knows none of these names.
NOTES = ("file", "row", "field", "value", "reason")
REST = "…"


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

    Dates and amounts that were understood are written so that they cannot be misread when the file is read by itself.
    """
    columns = source.tables[0].columns
    titles = [message(f"column.{name}", lang) for name in NOTES]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        longest = max((len(row.cells) for row in rows), default=0)
        writer.writerow([*titles, *columns, *[REST] * max(0, longest - len(columns))])
        for row in rows:
            fields = " ".join(problem.field or "" for problem in row.problems)
            values = " ".join(problem.value or "" for problem in row.problems)
            cells = _plain_cells(row, columns, source)
            writer.writerow(
                [
                    row.place,
                    row.row,
                    fields.strip(),
                    safe_cell(values.strip()),
                    row.reason(lang),
                    *map(safe_cell, cells),
                ]
            )


def _plain_cells(row: RefusedRow, columns: Sequence[str], source: Source) -> list[str | None]:
    cells = list(row.cells)
    for field, column in source.mapping.columns.items():
        at = columns.index(column)
        if at < len(cells) and cells[at]:
            cells[at] = _unmistakable(
                field, cells[at] or "", source.conventions.date_order, source.conventions.decimal_mark
            )
    return cells


_AMOUNTS = frozenset(
    ("net_amount", "quantity", "unit_price", "list_amount", "discount", "cost", "profit", "freight")
)


def _unmistakable(field: str, text: str, order: DateOrder, mark: DecimalMark) -> str:
    if field == "date":
        days: Mapping[DateOrder, object] = readings(text.strip())
        return str(days[order]) if order in days else text
    if field in _AMOUNTS and mark == "comma" and all(one in "0123456789.,-" for one in text):
        return text.replace(".", "").replace(",", ".")
    return text
