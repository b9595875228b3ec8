"""How does a table of a database keep the ledger current, night after night? (R1)

import_table(store_place(), "postgresql://host/erp", "sales.invoice_lines")
"""

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path

import duckdb

from keyaccount.ledger.connections import masked
from keyaccount.ledger.databases import extract
from keyaccount.ledger.sources import ReadOptions
from keyaccount.ledger.store.imports import ImportOptions, ImportOutcome, import_ledger
from keyaccount.ledger.store.place import StorePlace, attach
from keyaccount.ledger.store.records import imports


def import_table(
    place: StorePlace,
    address: str,
    table: str,
    *,
    since: dt.date | None = None,
    read: ReadOptions | None = None,
    options: ImportOptions | None = None,
) -> ImportOutcome:
    """Take the rows of a database's table from `since` on into the store, in place of what it has from that day on.

    `since`: preset: the last day that the store has of this table; the first time all of it. What is unchanged is left
    as it is, so a job may run as often as it likes. `--on-overlap refuse` looks without writing.

    Raises what `import_ledger` raises; DatabaseError `database.…`.
    """
    read, options = read or ReadOptions(), options or ImportOptions()
    source = options.source or f"{masked(address)} › {table}"
    begin = since or _last_day(place, source)
    with tempfile.TemporaryDirectory(prefix="keyaccount-") as folder:
        target = Path(folder) / "table.parquet"
        taken = extract(address, table, target, since=begin, options=read)
        return import_ledger(
            place,
            target,
            read=replace(read, names={str(target): taken.place}),
            options=replace(options, source=source, since=begin, on_overlap=options.on_overlap or "replace"),
        )


def _last_day(place: StorePlace, source: str) -> dt.date | None:
    if not place.exists():
        return None
    con = duckdb.connect()
    try:
        attach(con, place)
        days = [one.last_date for one in imports(con) if one.source == source and one.current_lines]
    finally:
        con.close()
    return max((day for day in days if day is not None), default=None)
