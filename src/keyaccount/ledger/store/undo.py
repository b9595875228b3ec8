"""How is an import taken back, with what it had displaced restored? (R1: an import can be undone)"""

from dataclasses import dataclass

import duckdb

from keyaccount.ledger.sources import Progress, no_progress
from keyaccount.ledger.store import changes
from keyaccount.ledger.store.imports import user_name
from keyaccount.ledger.store.place import StorePlace, opened_to_write
from keyaccount.ledger.store.records import ImportRecord, imports, now, say_change
from keyaccount.ledger.store.tables import StoreError
from keyaccount.ledger.store.upkeep import Upkeep, keep_up


@dataclass(frozen=True)
class Undone:
    """An import that was taken back."""

    record: ImportRecord
    """As it was before."""
    brought_back: int
    """Lines that it had displaced and that count again."""
    upkeep: Upkeep


def undo_import(
    place: StorePlace, import_id: int, *, by: str | None = None, progress: Progress = no_progress
) -> Undone:
    """Take the lines of an import out of the store and restore those that it displaced, in one transaction.

    The file of its refused rows stays where it is.

    Raises
    ------
    StoreError `undo.unknown`, `undo.done`; `undo.touched`, naming the later imports that stand on this one.
    """
    con = duckdb.connect()
    what = f"undo {import_id} ({user_name(by)})"
    progress("step.lock", "")
    with opened_to_write(con, place, what, lambda holder: progress("step.waits", holder)):
        record = _to_undo(con, import_id)
        progress("step.undo", str(import_id))
        (back,) = con.execute(
            "SELECT count(*) FROM lake.displaced_lines WHERE displaced_by = ?", [import_id]
        ).fetchone() or (0,)
        con.execute("BEGIN")
        changes.remove(con, import_id)
        con.execute(
            "UPDATE lake.imports SET undone_at = ?, undone_by = ? WHERE import_id = ?",
            [now(), user_name(by), import_id],
        )
        say_change(con, user_name(by), "undo", [import_id])
        progress("step.commit", "")
        con.commit()
        upkeep = keep_up(con, progress)
    con.close()
    return Undone(record, back, upkeep)


def _to_undo(con: duckdb.DuckDBPyConnection, import_id: int) -> ImportRecord:
    records = {record.import_id: record for record in imports(con)}
    if import_id not in records:
        raise StoreError("undo.unknown", import_id=import_id, ids=list(records))
    if records[import_id].undone_at is not None:
        raise StoreError("undo.done", import_id=import_id, by=records[import_id].undone_by)
    later = con.execute(
        "SELECT DISTINCT import_id FROM lake.touches WHERE touched = ? ORDER BY 1", [import_id]
    ).fetchall()
    if later:
        names = [f"{number} ({records[number].source})" for (number,) in later]
        raise StoreError("undo.touched", import_id=import_id, later=names)
    return records[import_id]
