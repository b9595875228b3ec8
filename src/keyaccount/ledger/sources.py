"""Which tables are in the given files, which of them are one source, and how is each source to be read?"""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from keyaccount.ledger.amounts import MARKS, DecimalMark
from keyaccount.ledger.conventions import Conventions, decide_conventions, one_currency
from keyaccount.ledger.dates import ORDERS, DateOrder
from keyaccount.ledger.mapping import ColumnMapping, TableKind, fits, map_columns, recognised
from keyaccount.ledger.parquet_files import read_parquet
from keyaccount.ledger.profiles import Profile
from keyaccount.ledger.raw import FileError, RawTable
from keyaccount.ledger.text_files import read_text
from keyaccount.ledger.unpack import PlainFile, plain_files
from keyaccount.ledger.workbooks import read_workbook

# An order may be dated ahead; a date further ahead than this is a slip of the pen.
DAYS_AHEAD = 366

Progress = Callable[[str, str], None]
"""Told what begins: the code of a step and the file it concerns."""


def no_progress(_step: str, _file: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class ReadOptions:
    """What the reader of files is told beforehand; all of it may be left out."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Field → column for fields that are not to be guessed; an empty column leaves the field out."""
    sheets: tuple[str, ...] = ()
    """Sheets of a workbook to read; none: the only one that fits is found."""
    date_order: DateOrder | None = None
    decimal_mark: DecimalMark | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    """File → name to show for it, where it stands for something else (a database's table)."""
    latest: dt.date | None = None
    """Last date that can be right; preset: a year from today."""
    progress: Progress = no_progress

    def with_profile(self, profile: Profile | None) -> "ReadOptions":
        """These options, and what `profile` knows besides."""
        if profile is None:
            return self
        return ReadOptions(
            columns={**profile.columns, **self.columns},
            sheets=self.sheets or profile.sheets,
            date_order=self.date_order or profile.date_order,
            decimal_mark=self.decimal_mark or profile.decimal_mark,
            names=self.names,
            latest=self.latest,
            progress=self.progress,
        )

    @property
    def latest_date(self) -> dt.date:
        # Reading is the edge of the library: calculations have no clock, but a file of 2090 is refused today.
        return self.latest or dt.datetime.now(tz=dt.UTC).date() + dt.timedelta(days=DAYS_AHEAD)


@dataclass(frozen=True)
class Source:
    """The tables that share one header, how their columns are mapped and how they write dates and amounts."""

    tables: tuple[RawTable, ...]
    mapping: ColumnMapping
    conventions: Conventions

    @property
    def profile(self) -> Profile:
        """All that is needed to read such files again without a guess."""
        return Profile(
            columns={**dict.fromkeys(self.mapping.not_wanted, ""), **self.mapping.columns},
            sheets=tuple(table.sheet for table in self.tables if table.sheet),
            date_order=self.conventions.date_order,
            decimal_mark=self.conventions.decimal_mark,
        )


def open_sources(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[str | Path],
    kind: TableKind,
    options: ReadOptions,
    workdir: Path,
) -> list[Source]:
    """The sources in `files`, mapped, with their conventions decided.

    Raises FileError (also `file.twice`), MappingError, DateOrderError: see `ledger.read`.
    """
    tables: list[RawTable] = []
    seen: dict[str, str] = {}
    for file in files:
        shown = options.names.get(str(file), str(file))
        options.progress("step.open", shown)
        for found in plain_files(Path(file), workdir):
            plain = replace(found, name=shown) if found.name == str(file) else found
            if plain.sha256 in seen:
                raise FileError("file.twice", file=plain.name, other=seen[plain.sha256])
            seen[plain.sha256] = plain.name
            tables += _raw_tables(con, plain, kind, options, workdir, view=f"{kind.name}_raw_{len(tables)}")
    tables = _with_own_places(tables)
    by_header: dict[tuple[str, ...], list[RawTable]] = {}
    for table in tables:
        by_header.setdefault(table.columns, []).append(table)
    sources = []
    for columns, group in by_header.items():
        mapping = map_columns(
            columns, kind, by_hand=_meant_for(columns, options, by_header), place=group[0].place
        )
        # Refused rows come back as their source writes them, which their file says.
        recorded = group[0].recorded
        decided = decide_conventions(
            con,
            group,
            mapping,
            kind,
            latest=options.latest_date,
            date_order=next((one for one in ORDERS if one in recorded), options.date_order),
            decimal_mark=next((one for one in MARKS if one in recorded), options.decimal_mark),
        )
        sources.append(Source(tuple(group), mapping, decided))
    one_currency([one.conventions for one in sources], [one.tables[0].place for one in sources])
    return sources


def _meant_for(
    columns: tuple[str, ...], options: ReadOptions, headers: Collection[tuple[str, ...]]
) -> dict[str, str]:
    """The columns named by hand, less those that only files with another header have."""
    return {
        field: column
        for field, column in options.columns.items()
        if not column or column in columns or not any(column in header for header in headers)
    }


def _with_own_places(tables: list[RawTable]) -> list[RawTable]:
    """An archive may hold two members of one name; rows must tell which they are of."""
    places: dict[str, int] = {}
    told = []
    for table in tables:
        places[table.place] = copies = places.get(table.place, 0) + 1
        told.append(table if copies == 1 else replace(table, file=f"{table.file} ({copies})"))
    return told


def _raw_tables(
    con: duckdb.DuckDBPyConnection,
    plain: PlainFile,
    kind: TableKind,
    options: ReadOptions,
    workdir: Path,
    *,
    view: str,
) -> list[RawTable]:
    def find_header(rows: Sequence[Sequence[Any]]) -> int:
        """The row that looks most like a header; where none does, the first row with anything in it."""
        scores = [recognised(row, kind, options.columns) for row in rows]
        if any(scores):
            return scores.index(max(scores))
        return next((at for at, row in enumerate(rows) if any(row)), 0)

    def has_header(rows: Sequence[Sequence[Any]]) -> bool:
        return any(fits(row, kind, options.columns) for row in rows)

    if plain.kind == "parquet":
        return [read_parquet(con, plain, view=view)]
    if plain.kind == "workbook":
        return read_workbook(
            con, plain, view=view, sheets=options.sheets, find_header=find_header, fits=has_header
        )
    return [read_text(con, plain, view=view, workdir=workdir, find_header=find_header)]
