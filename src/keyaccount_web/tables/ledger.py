"""How does a page get at the ledger? Through `ledger_for(user)`, and through nothing else."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from keyaccount.ledger.merged import codes_of, merged_lines, survivors
from keyaccount.ledger.store.place import store_place
from keyaccount.ledger.store.publish import publish
from keyaccount.ledger.store.reading import LedgerStore, history, open_store, watch_store
from keyaccount.ledger.store.records import ImportRecord, latest_change
from keyaccount.ledger.store.tables import StoreError
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_codes
from keyaccount_web.tables.records import merged_table

_lock = threading.Lock()
_open: dict[tuple[str, int], LedgerStore] = {}
_watched: dict[str, duckdb.DuckDBPyConnection] = {}


@dataclass(frozen=True)
class VisibleLedger:
    """The invoice lines that a user may see, at one snapshot."""

    as_kept: Any
    """Ibis table (`tables.INVOICE_LINES` and `import_id`) with the account ids that the ledger has."""
    snapshot: int
    fields: frozenset[str]
    merged: Mapping[str, str]
    """Merged account → the account that it counts as."""

    @property
    def lines(self) -> Any:
        """The lines with merged accounts as one (`ledger_account_id`: the code that the ledger has, where any was merged)."""
        return merged_lines(self.as_kept, self.merged) if self.merged else self.as_kept

    def of(self, codes: Sequence[str]) -> Any:
        """The same of a few accounts, which are looked up in the files."""
        own = self.as_kept.filter(self.as_kept.account_id.isin(codes_of(codes, self.merged)))
        return merged_lines(own, self.merged) if self.merged else own


def ledger_for(user: User, *, snapshot: int | None = None) -> VisibleLedger | None:
    """The ledger cut to the accounts that `user` may see, and to what was merged into them; None: nothing is imported yet.

    Raises StoreError where the store cannot be read.
    """
    store = _store(snapshot)
    if store is None:
        return None
    lines = store.lines()
    codes = visible_codes(user)
    if codes is not None:
        visible = ibis.memtable(pa.table({"account_id": pa.array(codes, pa.string())}))
        lines = lines.semi_join(visible, "account_id")
    return VisibleLedger(lines, store.snapshot, store.fields, survivors(merged_table()))


def newest_snapshot() -> int | None:
    """The state that the ledger is in; None: nothing is imported yet."""
    place = store_place()
    with _lock:
        try:
            if place.name not in _watched:
                # Attaching takes a while, asking for the number does not.
                _watched[place.name] = watch_store(place)
            return latest_change(_watched[place.name])
        except StoreError as error:
            if error.code in ("store.none", "store.empty"):
                return None
            raise
        except duckdb.Error:
            # The store was moved or its server restarted: look again the next time.
            _watched.pop(place.name, None)
            raise


def whole_store(snapshot: int | None = None) -> LedgerStore | None:
    """The store for calculations over all accounts, whose results are cut before they are shown."""
    return _store(snapshot)


def keep_snapshot(name: str, snapshot: int, facts: dict[str, Any]) -> None:
    """See to it that a state of the ledger can be had again for ever: figures that are shown are made of it."""
    store = _store(snapshot)
    if store is not None and name not in {one.name for one in history(store.place).published}:
        publish(store, name, facts)


def imports_of_all() -> tuple[ImportRecord, ...]:
    """Every import, oldest first; only for pages of those who see all accounts."""
    try:
        return history(store_place()).imports
    except StoreError as error:
        if error.code in ("store.none", "store.empty"):
            return ()
        raise


def refused_rows(import_id: int, name: str) -> Path | None:
    """The file of an import's refused rows; None: it has no such file."""
    names = [
        one for record in imports_of_all() if record.import_id == import_id for one in record.refused_files
    ]
    path = store_place().refused / name
    return path if name in names and path.is_file() else None


def _store(snapshot: int | None) -> LedgerStore | None:
    """Kept open by snapshot, since opening takes a while; each call gets a cursor of its own."""
    place = store_place()
    wanted = snapshot if snapshot is not None else newest_snapshot()
    if wanted is None:
        return None
    with _lock:
        key = (place.name, wanted)
        if key not in _open:
            for old in [other for other in _open if other[0] == place.name][:-3]:
                _open.pop(old)
            try:
                _open[key] = open_store(place, snapshot=wanted)
            except StoreError as error:
                if error.code in ("store.none", "store.empty"):
                    return None
                raise
        held = _open[key]
    return replace(held, con=held.con.cursor())
