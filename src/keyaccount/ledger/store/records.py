"""What happened to the store: imports, what displaced what, snapshots, published results?"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import version
from typing import Any, Literal

import duckdb

State = Literal["current", "displaced", "undone"]


@dataclass(frozen=True)
class ImportedFile:
    file: str
    sha256: str


@dataclass(frozen=True)
class ImportRecord:
    """One import: what one command brought from one source. Money [company currency]."""

    import_id: int
    source: str
    header: tuple[str, ...]
    files: tuple[ImportedFile, ...]
    fields: frozenset[str]
    columns: dict[str, str]
    """Field → column of the files."""
    date_order: str | None
    decimal_mark: str | None
    currency: str
    """Its sign."""
    imported_at: dt.datetime
    """UTC."""
    imported_by: str
    version: str
    on_overlap: str | None
    lines: int
    """As it came; some may have been displaced since."""
    net_amount: Decimal
    first_date: dt.date | None
    last_date: dt.date | None
    refused: int
    refused_amount: Decimal
    refused_files: tuple[str, ...]
    undone_at: dt.datetime | None
    undone_by: str | None
    displaced_by: tuple[int, ...]
    displaced_lines: int
    displaced_amount: Decimal

    @property
    def state(self) -> State:
        """`displaced`: none of its lines counts any more, since later imports brought them anew."""
        if self.undone_at is not None:
            return "undone"
        return "displaced" if self.lines and self.displaced_lines == self.lines else "current"

    @property
    def current_lines(self) -> int:
        """Lines that count now."""
        return 0 if self.undone_at is not None else self.lines - self.displaced_lines

    @property
    def current_amount(self) -> Decimal:
        """Their money [company currency]."""
        return Decimal(0) if self.undone_at is not None else self.net_amount - self.displaced_amount


@dataclass(frozen=True)
class Snapshot:
    """A state that the store was in."""

    snapshot: int
    at: str
    change: str
    """create, import, undo, merge, publish; blank: not told."""
    imports: tuple[int, ...]
    """Those that the change was about."""


@dataclass(frozen=True)
class Published:
    """A result that can be had again for ever."""

    name: str
    snapshot: int
    settings: dict[str, Any]
    version: str
    published_at: dt.datetime
    published_by: str


def imports(con: duckdb.DuckDBPyConnection) -> list[ImportRecord]:
    """All imports of the store attached as `lake`, oldest first, the undone ones too."""
    rows = _rows(con, "SELECT * FROM lake.imports ORDER BY import_id")
    displaced: dict[int, list[dict[str, Any]]] = {}
    for touch in _rows(con, "SELECT * FROM lake.touches WHERE displaced ORDER BY import_id"):
        displaced.setdefault(touch["touched"], []).append(touch)
    return [_record(row, displaced.get(row["import_id"], [])) for row in rows]


def _record(row: dict[str, Any], displaced: Sequence[dict[str, Any]]) -> ImportRecord:
    return ImportRecord(
        **{
            **row,
            "header": tuple(row["header"]),
            "files": tuple(ImportedFile(**file) for file in row["files"]),
            "fields": frozenset(row["fields"]),
            "columns": json.loads(row["columns"]),
            "refused_files": tuple(row["refused_files"]),
        },
        displaced_by=tuple(touch["import_id"] for touch in displaced),
        displaced_lines=sum(touch["lines"] for touch in displaced),
        displaced_amount=sum((touch["net_amount"] for touch in displaced), Decimal(0)),
    )


def snapshots(con: duckdb.DuckDBPyConnection) -> list[Snapshot]:
    """The states of the store that can still be seen, oldest first."""
    rows = con.execute(
        "SELECT snapshot_id, strftime(snapshot_time, '%Y-%m-%d %H:%M:%S'), commit_extra_info "
        "FROM ducklake_snapshots('lake') ORDER BY snapshot_id"
    ).fetchall()
    told = [(number, at, json.loads(info) if info else {}) for number, at, info in rows]
    return [
        Snapshot(number, at, info.get("change", ""), tuple(info.get("imports", ())))
        for number, at, info in told
    ]


def latest_snapshot(con: duckdb.DuckDBPyConnection) -> int:
    """The number of the state that the store is in."""
    (number,) = con.execute("FROM ducklake_current_snapshot('lake')").fetchone() or (0,)
    return int(number)


def latest_change(con: duckdb.DuckDBPyConnection) -> int:
    """The number of the newest state with other lines than the one before; merging and publishing change none."""
    of_lines = [one.snapshot for one in snapshots(con) if one.change in ("import", "undo")]
    return of_lines[-1] if of_lines else latest_snapshot(con)


def published(con: duckdb.DuckDBPyConnection) -> list[Published]:
    """The published results, oldest first."""
    rows = _rows(con, "SELECT * FROM lake.published ORDER BY published_at, name")
    return [Published(**{**row, "settings": json.loads(row["settings"])}) for row in rows]


def say_change(con: duckdb.DuckDBPyConnection, by: str, change: str, imports: Sequence[int] = ()) -> None:
    """Note with the transaction under way what it is about."""
    con.execute(
        "CALL lake.set_commit_message(?, ?, extra_info => ?)",
        [by, change, json.dumps({"change": change, "imports": list(imports)})],
    )


def own_version() -> str:
    """The version of keyaccount that writes."""
    return version("keyaccount")


def now() -> dt.datetime:
    """UTC, as the store keeps moments."""
    return dt.datetime.now(tz=dt.UTC).replace(tzinfo=None)


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = con.execute(query)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
