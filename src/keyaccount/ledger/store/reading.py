"""How is the ledger read from its store, as it stands or as it stood? (R1, T2)

store = open_store(store_place())
find_key_accounts(store.condensed())
"""

from dataclasses import dataclass
from typing import Any

import duckdb
import ibis

from keyaccount.ledger.rollup import Condensed
from keyaccount.ledger.store.place import StorePlace, attach, damaged
from keyaccount.ledger.store.records import (
    ImportRecord,
    Published,
    Snapshot,
    imports,
    latest_snapshot,
    published,
    snapshots,
)
from keyaccount.ledger.store.tables import NAME_COLUMNS, ROLLUP_COLUMNS, StoreError
from keyaccount.tables import INVOICE_LINES


@dataclass(frozen=True)
class LedgerStore:
    """A store opened to be read at one snapshot, whatever is written meanwhile."""

    place: StorePlace
    con: duckdb.DuckDBPyConnection
    snapshot: int
    imports: tuple[ImportRecord, ...]
    """All up to the snapshot, oldest first, the undone ones too."""

    @property
    def current_imports(self) -> tuple[ImportRecord, ...]:
        """Those whose lines count, at least some of them."""
        return tuple(record for record in self.imports if record.state == "current")

    @property
    def fields(self) -> frozenset[str]:
        """The ledger's fields that any of its lines may have."""
        return frozenset({"account_id", "account_name", "date", "net_amount"}).union(
            *(record.fields for record in self.current_imports)
        )

    @property
    def currency(self) -> str:
        """Sign of the ledger's currency."""
        return self.current_imports[0].currency

    @property
    def facts(self) -> dict[str, Any]:
        """What a reader of a result must know to make it again."""
        return {
            "snapshot": self.snapshot,
            "imports": [record.import_id for record in self.current_imports],
            "files": [
                {
                    "import": record.import_id,
                    "source": record.source,
                    "file": file.file,
                    "sha256": file.sha256,
                }
                for record in self.current_imports
                for file in record.files
            ],
        }

    def lines(self, *, keep_unassigned: bool = False) -> Any:
        """Ibis table, one row per invoice line (`tables.INVOICE_LINES`, the fields that are there, and `import_id`)."""
        there = {"file", "row", *self.fields}
        lines = self._table("lines").select(
            "import_id", *(name for name in INVOICE_LINES.columns if name in there)
        )
        return lines if keep_unassigned else lines.filter(lines.account_id.notnull())

    def condensed(self, *, keep_unassigned: bool = False) -> Condensed:
        """What `find` needs of the ledger."""
        rollup = self._table("rollup").select(*ROLLUP_COLUMNS)
        if not keep_unassigned:
            rollup = rollup.filter(rollup.account_id.notnull())
        return Condensed(
            rollup,
            self._table("account_names").select(*NAME_COLUMNS),
            self.fields,
            all_lines=lambda: self.lines(keep_unassigned=keep_unassigned),
        )

    def close(self) -> None:
        self.con.close()

    def _table(self, name: str) -> Any:
        return ibis.duckdb.from_connection(self.con).table(name, database="lake.main")


@dataclass(frozen=True)
class History:
    """What happened to a store."""

    place: StorePlace
    imports: tuple[ImportRecord, ...]
    published: tuple[Published, ...]
    snapshots: tuple[Snapshot, ...]
    """Those that can still be seen."""


def history(place: StorePlace) -> History:
    """All imports, published results and snapshots of a store, oldest first. Raises StoreError as `open_store`."""
    con = duckdb.connect()
    try:
        attach(con, place)
        con.execute("BEGIN")
        return History(place, tuple(imports(con)), tuple(published(con)), tuple(snapshots(con)))
    except duckdb.Error as error:
        raise damaged(place, error, reading=True) from error
    finally:
        con.close()


def watch_store(place: StorePlace) -> duckdb.DuckDBPyConnection:
    """A connection for `records.latest_snapshot`, which sees what others write. Raises StoreError as `open_store`."""
    con = duckdb.connect()
    attach(con, place, live=True)
    return con


def open_store(
    place: StorePlace, *, snapshot: int | None = None, as_of_import: int | None = None
) -> LedgerStore:
    """Open the store as it stands, as it stood at `snapshot`, or right after the import `as_of_import`.

    Raises StoreError `store.none`, `store.empty`, `snapshot.gone`, `import.unknown`, `store.older`, `store.newer`,
    `store.damaged`.
    """
    con = duckdb.connect()
    try:
        attach(con, place)
        chosen = _snapshot(con, snapshot, as_of_import)
        con.execute("DETACH lake")
        attach(con, place, snapshot=chosen)
        records = tuple(imports(con))
        if not any(record.current_lines for record in records):
            raise StoreError("store.empty", place=place.name)
    except duckdb.Error as error:
        con.close()
        raise damaged(place, error, reading=True) from error
    except BaseException:
        con.close()
        raise
    return LedgerStore(place, con, chosen, records)


def _snapshot(con: duckdb.DuckDBPyConnection, snapshot: int | None, as_of_import: int | None) -> int:
    if snapshot is None and as_of_import is None:
        return latest_snapshot(con)
    there = snapshots(con)
    if as_of_import is not None:
        known = [record.import_id for record in imports(con)]
        if as_of_import not in known:
            raise StoreError("import.unknown", import_id=as_of_import, ids=known)
        found = [one.snapshot for one in there if one.change == "import" and as_of_import in one.imports]
    else:
        found = [one.snapshot for one in there if one.snapshot == snapshot]
    if not found:
        raise StoreError(
            "snapshot.gone",
            wanted=snapshot if as_of_import is None else as_of_import,
            first=there[0].snapshot,
            last=there[-1].snapshot,
        )
    return found[0]
