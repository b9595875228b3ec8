"""Is the store sound? Counts, sums, rollup against lines, files. (K9)"""

import shutil
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from keyaccount.ledger.sources import Progress, no_progress
from keyaccount.ledger.store import changes
from keyaccount.ledger.store.place import StorePlace, attach, damaged, opened_to_write
from keyaccount.ledger.store.records import ImportRecord, imports
from keyaccount.ledger.store.staging import left_over
from keyaccount.ledger.store.tables import NAME_COLUMNS, ROLLUP_COLUMNS


@dataclass(frozen=True)
class Finding:
    """Something that is not as it must be: the code of a text, and its values."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckReport:
    """What a check found. Money [company currency]."""

    imports: int
    lines: int
    net_amount: Decimal
    findings: tuple[Finding, ...]
    """Empty: the store is sound."""
    left_over: tuple[Path, ...]
    """Files of runs that were broken off, which nothing needs."""


def check_store(place: StorePlace, *, progress: Progress = no_progress) -> CheckReport:
    """Count and sum the store's lines anew and compare them with what it says of them.

    Where files are missing nothing else is looked at. Raises StoreError as `open_store`.
    """
    con = duckdb.connect()
    try:
        attach(con, place)
        # One transaction sees one state, whoever writes meanwhile.
        con.execute("BEGIN")
        progress("step.check_store", "")
        missing = _missing_files(con, place)
        if missing:
            # Without them nothing can be counted.
            return CheckReport(0, 0, Decimal(0), tuple(missing), ())
        records = imports(con)
        findings = [*_lines(con, records), *_sums(con), *_touches(con)]
        lines, amount = con.execute(
            "SELECT count(*), coalesce(sum(net_amount), 0) FROM lake.lines"
        ).fetchone() or (0, 0)
        return CheckReport(
            imports=len([one for one in records if one.undone_at is None]),
            lines=lines,
            net_amount=Decimal(amount),
            findings=tuple(findings),
            left_over=tuple(_left_over(con, place, records)),
        )
    except duckdb.Error as error:
        raise damaged(place, error, reading=True) from error
    finally:
        con.close()


def clean_store(place: StorePlace, *, progress: Progress = no_progress) -> tuple[Path, ...]:
    """Remove the files that nothing needs. Gives those removed."""
    con = duckdb.connect()
    progress("step.lock", "")
    with opened_to_write(con, place, "check --clean", lambda holder: progress("step.waits", holder)):
        found = tuple(_left_over(con, place, imports(con)))
        progress("step.clean", "")
        # Nobody else writes now, so these are no files of an import under way.
        for path in found:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
    con.close()
    return found


def _missing_files(con: duckdb.DuckDBPyConnection, place: StorePlace) -> list[Finding]:
    """Whether the files of every snapshot that can be asked for are there."""
    there = {path.name for path in place.data.rglob("*.parquet")}
    missing = sorted(_names(con, "ducklake_data_file", "ducklake_delete_file") - there)
    return [Finding("check.missing", {"files": missing})] if missing else []


def _names(con: duckdb.DuckDBPyConnection, *tables: str) -> set[str]:
    """The files that the catalog knows of."""
    query = " UNION ALL ".join(f"SELECT path FROM __ducklake_metadata_lake.{table}" for table in tables)
    return {Path(path).name for (path,) in con.execute(query).fetchall()}


def _lines(con: duckdb.DuckDBPyConnection, records: list[ImportRecord]) -> list[Finding]:
    """Whether each import has the lines and the money that its record says."""
    held = _by_import(con, "SELECT import_id, count(*), sum(net_amount) FROM lake.lines GROUP BY 1")
    aside = _by_import(
        con, "SELECT import_id, count(*), sum(net_amount) FROM lake.displaced_lines GROUP BY 1"
    )
    findings = []
    for record in records:
        (lines, amount), (displaced, moved) = (
            held.pop(record.import_id, (0, 0)),
            aside.pop(record.import_id, (0, 0)),
        )
        wanted = (0, Decimal(0)) if record.undone_at is not None else (record.lines, record.net_amount)
        if (lines + displaced, amount + moved) != wanted:
            values = {
                "import_id": record.import_id,
                "lines": lines + displaced,
                "money": Decimal(amount + moved),
            }
            findings.append(Finding("check.lines", values | {"said": wanted[0], "said_money": wanted[1]}))
    if strangers := sorted({*held, *aside}):
        findings.append(Finding("check.strangers", {"ids": strangers}))
    (doubled,) = con.execute(
        "SELECT count(*) FROM (SELECT source, line_id FROM lake.lines JOIN lake.imports USING (import_id) "
        "WHERE line_id IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1)"
    ).fetchone() or (0,)
    return [*findings, *([Finding("check.doubled", {"n": doubled})] if doubled else [])]


def _sums(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Whether rollup and names are those of the lines."""
    findings = []
    for table, columns, query in (
        ("rollup", ROLLUP_COLUMNS, changes.rollup_sql(con, "lake.lines")),
        ("account_names", NAME_COLUMNS, changes.names_sql(con, "lake.lines")),
    ):
        names = f"import_id, {', '.join(columns)}"
        (differing,) = con.execute(
            f"SELECT count(*) FROM (SELECT {names}, sum(side) AS side FROM (SELECT {names}, 1 AS side FROM lake.{table} "
            f"UNION ALL SELECT {names}, -1 FROM ({query})) GROUP BY ALL HAVING sum(side) <> 0)"
        ).fetchone() or (0,)
        if differing:
            findings.append(Finding("check.sums", {"table": table, "n": differing}))
    return findings


def _touches(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Whether what was displaced by whom is as noted."""
    (differing,) = con.execute(
        "SELECT count(*) FROM (SELECT displaced_by, import_id, count(*) AS lines, sum(net_amount) AS net_amount "
        "FROM lake.displaced_lines GROUP BY 1, 2) AS held FULL JOIN (SELECT import_id AS displaced_by, touched AS import_id, "
        "lines, net_amount FROM lake.touches WHERE displaced) AS noted USING (displaced_by, import_id) "
        "WHERE held.lines IS DISTINCT FROM noted.lines OR held.net_amount IS DISTINCT FROM noted.net_amount"
    ).fetchone() or (0,)
    return [Finding("check.touches", {"n": differing})] if differing else []


def _left_over(con: duckdb.DuckDBPyConnection, place: StorePlace, records: list[ImportRecord]) -> list[Path]:
    """What runs that were broken off have left (or one that is under way just now)."""
    known = _names(con, "ducklake_data_file", "ducklake_delete_file", "ducklake_files_scheduled_for_deletion")
    kept = {name for record in records for name in record.refused_files}
    refused = sorted(place.refused.iterdir()) if place.refused.is_dir() else []
    return [
        *(path for path in sorted(place.data.rglob("*.parquet")) if path.name not in known),
        *left_over(place.staging),
        *(path for path in refused if path.name not in kept),
    ]


def _by_import(con: duckdb.DuckDBPyConnection, query: str) -> dict[int, tuple[int, Decimal]]:
    return {import_id: (lines, amount) for import_id, lines, amount in con.execute(query).fetchall()}
