"""How does one get from ledger files to checked invoice lines?

ledger = read_ledger("ledger.xlsx")
ledger.lines      # an Ibis table: one row per invoice line that is right
ledger.refused    # the other rows, each with all its reasons
"""

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from keyaccount.language import message
from keyaccount.ledger import amounts, texts
from keyaccount.ledger.check import RefusedRow, check, refused_rows
from keyaccount.ledger.fields import Field
from keyaccount.ledger.lines import CheckedSource, lines_sql, repeated_lines, understood
from keyaccount.ledger.mapping import ACCOUNTS, COST_TO_SERVE, GROUPS, LEDGER, MERGED, TableKind
from keyaccount.ledger.raw import FileError
from keyaccount.ledger.report import ReadReport, read_report
from keyaccount.ledger.sources import ReadOptions, Source, open_sources


class NoGoodRowsError(FileError):
    """Not one row of the files is right: the columns are mapped wrongly, most likely."""

    def __init__(self, file: str, rows: int, refused: list[RefusedRow]) -> None:
        super().__init__("file.no_good_rows", file=file, rows=rows, refused=refused)

    def found(self, lang: str) -> str:
        first: RefusedRow = self.values["refused"][0]
        return message(
            "file.no_good_rows.found", lang, **self.values, row=first.row, reason=first.reason(lang)
        )


@dataclass(frozen=True)
class Ledger:
    """A ledger as read: the lines that are right, the rows refused, and the report on both."""

    lines: Any
    """Ibis table, one row per invoice line (`tables.INVOICE_LINES`, the fields that were mapped)."""
    refused: tuple[RefusedRow, ...]
    sources: tuple[Source, ...]
    report: ReadReport


@dataclass(frozen=True)
class SmallTable:
    """A small table as read: an Arrow table of its good rows, and the rows refused."""

    rows: pa.Table
    refused: tuple[RefusedRow, ...]
    sources: tuple[Source, ...]
    numbers: tuple[int, ...] = ()
    """Of the good rows: where each stands in its file, as a spreadsheet counts."""


def read_ledger(
    *files: str | Path, options: ReadOptions | None = None, keep_unassigned: bool = False
) -> Ledger:
    """Read ledger files (csv, xlsx, xls, parquet; packed as gz, xz, bz2, zip) into one table of invoice lines.

    Parameters
    ----------
    files : one or more; files with the same header are one source and agree on how dates and amounts are written.
    options : what need not be guessed: columns by hand, sheet, order of dates, decimal mark.
    keep_unassigned : keep lines without an account, with account_id null, instead of refusing them.

    Raises
    ------
    FileError, MappingError, DateOrderError: files cannot be read as a ledger; nothing is guessed. FileError
    `file.no_good_rows` where not one row is right. Rows that cannot be right are no error: they are in `refused`.

    References
    ----------
    Row R1; design, "The ledger's fields".
    """
    if not files:
        raise FileError("ledger.none")
    options = options or ReadOptions()
    con, workdir = _desk()
    try:
        ledger = _read_ledger(con, workdir, files, options, keep_unassigned=keep_unassigned)
    except BaseException:
        con.close()
        shutil.rmtree(workdir, ignore_errors=True)
        raise
    # What is unpacked lasts as long as the tables that read it.
    weakref.finalize(ledger.lines.get_backend(), shutil.rmtree, workdir, ignore_errors=True)
    return ledger


def _read_ledger(
    con: duckdb.DuckDBPyConnection,
    workdir: Path,
    files: Sequence[str | Path],
    options: ReadOptions,
    *,
    keep_unassigned: bool,
) -> Ledger:
    sources = open_sources(con, files, LEDGER, options, workdir)
    try:
        return _checked_ledger(con, sources, options, keep_unassigned=keep_unassigned)
    except duckdb.Error as error:
        # A parquet file may be damaged where its rows are, which shows only when they are read.
        reason = str(error).split("\n", 1)[0]
        places = ", ".join(table.place for source in sources for table in source.tables)
        raise FileError("file.unreadable", file=places, reason=reason) from error


def _checked_ledger(
    con: duckdb.DuckDBPyConnection, sources: list[Source], options: ReadOptions, *, keep_unassigned: bool
) -> Ledger:
    checked: list[CheckedSource] = []
    refused: list[RefusedRow] = []
    blank: dict[str, int] = {}
    for source_number, source in enumerate(sources):
        for raw in source.tables:
            options.progress("step.check", raw.place)
            table = check(
                con,
                raw,
                source.mapping,
                LEDGER,
                source.conventions,
                view=f"checked_{len(checked)}",
                latest=options.latest_date,
                needed=_needed(source, keep_unassigned=keep_unassigned),
            )
            one = understood(con, table, source, source_number)
            refusals = refused_rows(con, one.table, source.mapping, amount="money")
            refused += refusals.rows
            blank[raw.place] = refusals.blank
            checked.append(replace(one, all_good=refusals.all_good))
    con.execute(f"CREATE VIEW all_lines AS {lines_sql(checked)}")
    repeated = repeated_lines(con, checked, "all_lines")
    if repeated:
        places = pa.table({"file": [one.place for one in repeated], "row": [one.row for one in repeated]})
        con.register("repeated", places)
        con.execute("CREATE TABLE repeated_lines AS SELECT * FROM repeated")
        con.unregister("repeated")
        refused += repeated
        con.execute("CREATE VIEW lines AS SELECT * FROM all_lines ANTI JOIN repeated_lines USING (file, row)")
    else:
        con.execute("CREATE VIEW lines AS SELECT * FROM all_lines")
    options.progress("step.reconcile", "")
    report = read_report(con, checked, refused, blank, lines="lines")
    if not report.accepted and not refused:
        first = sources[0].tables[0]
        raise FileError("file.no_rows", file=first.place, columns=list(first.columns))
    if not report.accepted:
        raise NoGoodRowsError(report.files[0].place, report.rows, refused)
    return Ledger(ibis.duckdb.from_connection(con).table("lines"), tuple(refused), tuple(sources), report)


def read_groups(file: str | Path, options: ReadOptions | None = None) -> SmallTable:
    """Which account belongs to which: rows of account_id, parent_id (`tables.GROUPS`)."""
    return _read_small(file, GROUPS, options or ReadOptions())


def read_merged(file: str | Path, options: ReadOptions | None = None) -> SmallTable:
    """Which account was merged into which: rows of account_id, into_id (`tables.MERGED`)."""
    return _read_small(file, MERGED, options or ReadOptions())


def read_cost_to_serve(file: str | Path, options: ReadOptions | None = None) -> SmallTable:
    """What serving each account costs: rows of account_id, amount, date (`tables.COST_TO_SERVE`)."""
    return _read_small(file, COST_TO_SERVE, options or ReadOptions())


def read_accounts(file: str | Path, options: ReadOptions | None = None) -> SmallTable:
    """Who the accounts are: rows of account_id, account_name, and tax_number, phone, address, parent_id, null where not mapped."""
    return _read_small(file, ACCOUNTS, options or ReadOptions())


def _read_small(file: str | Path, kind: TableKind, options: ReadOptions) -> SmallTable:
    con, workdir = _desk()
    try:
        sources = open_sources(con, [file], kind, options, workdir)
        refused: list[RefusedRow] = []
        parts: list[str] = []
        for source in sources:
            needed = [name for need in kind.needed for name in need[0]]
            for raw in source.tables:
                view = f"checked_{len(parts)}"
                table = check(
                    con,
                    raw,
                    source.mapping,
                    kind,
                    source.conventions,
                    view=view,
                    latest=options.latest_date,
                    needed=needed,
                )
                refused += refused_rows(con, table, source.mapping, amount=None).rows
                fields = [
                    field.name if field.name in source.mapping else f"NULL::{_type_of(field)} AS {field.name}"
                    for field in kind.fields
                ]
                parts.append(f"SELECT {', '.join(fields)}, row AS at FROM {view} WHERE NOT is_bad")
        rows = con.execute(" UNION ALL ".join(parts)).to_arrow_table()
    finally:
        shutil.rmtree(workdir, ignore_errors=True)
    return SmallTable(
        rows.drop_columns(["at"]), tuple(refused), tuple(sources), tuple(rows["at"].to_pylist())
    )


def _type_of(field: Field) -> str:
    return "DATE" if field.kind == "date" else "VARCHAR"


def _desk() -> tuple[duckdb.DuckDBPyConnection, Path]:
    """A connection of our own, and a folder for what has to be unpacked or spilled."""
    workdir = Path(tempfile.mkdtemp(prefix="keyaccount-"))
    con = duckdb.connect(config={"temp_directory": str(workdir / "spill")})
    _leave_room(con)
    amounts.define_macros(con)
    texts.define_macros(con)
    return con, workdir


def _leave_room(con: duckdb.DuckDBPyConnection) -> None:
    """Half of the machine's memory instead of DuckDB's four fifths: others work on it, too, and what does not fit is spilled."""
    (preset,) = con.execute("SELECT current_setting('memory_limit')").fetchone() or ("0 GiB",)
    size, unit = str(preset).split()
    con.execute(f"SET memory_limit = '{float(size) * 5 / 8:.3f} {unit}'")


def _needed(source: Source, *, keep_unassigned: bool) -> list[str]:
    mapping = source.mapping
    account = "account_id" if "account_id" in mapping else "account_name"
    amount = ["net_amount"] if "net_amount" in mapping else ["quantity", "unit_price"]
    return [*([] if keep_unassigned else [account]), "date", *amount]
