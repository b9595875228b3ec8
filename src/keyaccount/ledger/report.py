"""What came of reading: how many rows, how much money, taken or refused, and does it add up to the file? (R1)"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from keyaccount.ledger.check import RefusedRow
from keyaccount.ledger.lines import CheckedSource


@dataclass(frozen=True)
class FileReport:
    """What came of one table. Rows and money [company currency] before checking and after."""

    place: str
    encoding: str | None
    delimiter: str | None
    columns: dict[str, str]
    """Field → column."""
    left_out: dict[str, tuple[str, ...]]
    """Fields with several candidate columns that no figure depends on: not read."""
    unused: tuple[str, ...]
    date_order: str | None
    """None: every date has one reading only."""
    decimal_mark: str | None
    notes: tuple[tuple[str, dict[str, Any]], ...]
    rows: int
    accepted: int
    refused: int
    blank: int
    money: Decimal
    """Of every row whose amount can be read."""
    money_accepted: Decimal
    money_refused: Decimal
    money_in_totals: Decimal
    """Of rows of totals, which are no lines."""

    @property
    def reconciles(self) -> bool:
        """Whether every row and every yuan of the file is accounted for."""
        rows = self.accepted + self.refused + self.blank == self.rows
        return rows and self.money_accepted + self.money_refused + self.money_in_totals == self.money


@dataclass(frozen=True)
class ReadReport:
    """What came of reading a ledger, file by file."""

    files: tuple[FileReport, ...]

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.files)

    @property
    def accepted(self) -> int:
        return sum(one.accepted for one in self.files)

    @property
    def refused(self) -> int:
        return sum(one.refused for one in self.files)

    @property
    def blank(self) -> int:
        return sum(one.blank for one in self.files)

    @property
    def money(self) -> Decimal:
        return sum((one.money for one in self.files), Decimal(0))

    @property
    def money_accepted(self) -> Decimal:
        return sum((one.money_accepted for one in self.files), Decimal(0))

    @property
    def money_refused(self) -> Decimal:
        return sum((one.money_refused for one in self.files), Decimal(0))

    @property
    def money_in_totals(self) -> Decimal:
        return sum((one.money_in_totals for one in self.files), Decimal(0))

    @property
    def reconciles(self) -> bool:
        return all(one.reconciles for one in self.files)


def read_report(
    con: duckdb.DuckDBPyConnection,
    checked: Sequence[CheckedSource],
    refused: Sequence[RefusedRow],
    blank: dict[str, int],
    *,
    lines: str,
) -> ReadReport:
    """Count the raw rows, the view `lines` and the refused rows, each by itself, so that a loss would show."""
    accepted = _accepted(con, checked, lines)
    reports = []
    for one in checked:
        raw, source = one.table.raw, one.source
        (rows,) = con.execute(f"SELECT count(*) FROM {raw.view}").fetchone() or (0,)
        own = [row for row in refused if row.place == raw.place]
        count, money_accepted = accepted.get(raw.place, (0, None))
        if one.table.all_good and not own:
            # Raw rows and lines are the same column of the file, known to be good: a second sum could not differ.
            money = money_accepted
        else:
            (money,) = con.execute(f"SELECT sum(money) FROM {one.table.view}").fetchone() or (None,)
        reports.append(
            FileReport(
                place=raw.place,
                encoding=raw.encoding,
                delimiter=raw.delimiter,
                columns=dict(source.mapping.columns),
                left_out=dict(source.mapping.left_out),
                unused=source.mapping.unused,
                date_order=source.conventions.date_order,
                decimal_mark=source.conventions.decimal_mark,
                notes=one.notes,
                rows=rows + len(raw.malformed) + raw.blank_rows,
                accepted=count,
                refused=len(own),
                blank=blank[raw.place],
                money=money or Decimal(0),
                money_accepted=money_accepted or Decimal(0),
                money_refused=sum(
                    (row.amount for row in own if row.amount is not None and not row.is_total), Decimal(0)
                ),
                money_in_totals=sum(
                    (row.amount for row in own if row.amount is not None and row.is_total), Decimal(0)
                ),
            )
        )
    return ReadReport(tuple(reports))


def _accepted(
    con: duckdb.DuckDBPyConnection, checked: Sequence[CheckedSource], lines: str
) -> dict[str, tuple[int, Decimal | None]]:
    """Number and money of the lines of each file."""
    if len(checked) == 1:
        # Without groups a parquet file is counted without being read.
        (count,) = con.execute(f"SELECT count(*) FROM {lines}").fetchone() or (0,)
        (money,) = con.execute(f"SELECT sum(net_amount) FROM {lines}").fetchone() or (None,)
        return {checked[0].table.raw.place: (count, money)}
    query = f"SELECT file, count(*), sum(net_amount) FROM {lines} GROUP BY file"
    return {file: (count, money) for file, count, money in con.execute(query).fetchall()}
