"""How does a page get at the ledger? Through `ledger_for(user)`, and through nothing else."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from keyaccount.ledger.merged import codes_of, merged_lines, survivors
from keyaccount.ledger.store.place import StorePlace, store_place
from keyaccount.ledger.store.publish import publish
from keyaccount.ledger.store.reading import LedgerStore, history, open_store, watch_store
from keyaccount.ledger.store.records import ImportRecord, latest_change, latest_snapshot
from keyaccount.ledger.store.tables import StoreError
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_codes
from keyaccount_web.tables.records import merged_table

_lock = threading.Lock()
_open: dict[tuple[str, int], LedgerStore] = {}
_watched: dict[str, duckdb.DuckDBPyConnection] = {}
_changed: dict[str, tuple[tuple[str, int], int]] = {}
_lay: dict[str, tuple[tuple[tuple[int, int], ...], int]] = {}
"""Place → how its catalog lay on the disk when it was last asked, and the answer."""
_described = threading.local()


@dataclass(frozen=True)
class VisibleLedger:
    """The invoice lines that a user may see, at one snapshot."""

    store: LedgerStore
    user: User | None
    """None: all of them, for calculations whose results are cut before they are shown."""

    @cached_property
    def merged(self) -> Mapping[str, str]:
        """Merged account → the account that it counts as."""
        return survivors(merged_table())

    @property
    def snapshot(self) -> int:
        return self.store.snapshot

    @property
    def fields(self) -> frozenset[str]:
        """The ledger's fields that any of its lines may have."""
        return self.store.fields

    def of_whom(self, codes: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """The accounts of the ledger that `of` reads for `codes`, and as what each counts: two users to whom it is the same
        read the same."""
        wanted = codes_of(codes, self.merged)
        visible = None if self.user is None else visible_codes(self.user, among=wanted)
        return tuple(
            (code, self.merged.get(code, code)) for code in sorted(wanted if visible is None else visible)
        )

    @property
    def as_kept(self) -> Any:
        """Ibis table (`tables.INVOICE_LINES` and `import_id`) with the account ids that the ledger has."""
        lines = _lines(self.store)
        codes = None if self.user is None else visible_codes(self.user)
        if codes is None:
            return lines
        visible = ibis.memtable(pa.table({"account_id": pa.array(codes, pa.string())}))
        return lines.semi_join(visible, "account_id")

    @property
    def lines(self) -> Any:
        """The lines with merged accounts as one (`ledger_account_id`: the code that the ledger has, where any was merged)."""
        return merged_lines(self.as_kept, self.merged) if self.merged else self.as_kept

    def of(self, codes: Sequence[str]) -> Any:
        """The same of a few accounts, which are looked up in the files; an account merged into one of them counts as that."""
        into = dict(self.of_whom(codes))
        own = _lines(self.store)
        own = own.filter(own.account_id.isin(list(into)))
        merged = {account: other for account, other in into.items() if account != other}
        return merged_lines(own, merged) if merged else own


def ledger_for(user: User, *, snapshot: int | None = None) -> VisibleLedger | None:
    """The ledger cut to the accounts that `user` may see, and to what was merged into them; None: nothing is imported yet.

    Raises StoreError where the store cannot be read.
    """
    store = _store(snapshot)
    return VisibleLedger(store, user) if store is not None else None


def whole_ledger(*, snapshot: int | None = None) -> VisibleLedger | None:
    """All of it, for calculations over all accounts, whose results are cut before they are shown; whoever began them.

    The latest where that snapshot is gone. Raises StoreError where the store cannot be read.
    """
    try:
        store = _store(snapshot)
    except StoreError as error:
        if error.code != "snapshot.gone":
            raise
        store = _store(None)
    return VisibleLedger(store, None) if store is not None else None


def newest_snapshot() -> int | None:
    """The state that the ledger is in; None: nothing is imported yet."""
    place = store_place()
    lies = place.catalog_as_it_lies()
    if lies is not None and (known := _lay.get(place.name)) is not None and known[0] == lies:
        return known[1]
    newest = _newest_snapshot(place)
    if lies is not None and newest is not None:
        _lay[place.name] = (lies, newest)
    return newest


def _newest_snapshot(place: StorePlace) -> int | None:
    with _lock:
        try:
            if place.name not in _watched:
                # Attaching takes a while, asking for the number does not.
                _watched[place.name] = watch_store(place)
            con = _watched[place.name]
            # Its number is told at once; which of the states changed lines is looked up for each number once.
            state = (place.name, latest_snapshot(con))
            if _changed.get(place.name, (None, 0))[0] != state:
                _changed[place.name] = (state, latest_change(con))
            return _changed[place.name][1]
        except StoreError as error:
            if error.code in ("store.none", "store.empty"):
                return None
            raise
        except duckdb.Error:
            # The store was moved or its server restarted: look again the next time.
            _watched.pop(place.name, None)
            _changed.pop(place.name, None)
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


def _lines(store: LedgerStore) -> Any:
    """The lines of a store, described once to a thread: asking for their columns takes as long as reading an account's."""
    if not hasattr(_described, "told"):
        _described.told = {}
    told: dict[tuple[str, int], Any] = _described.told
    key = (store.place.name, store.snapshot)
    if key not in told:
        for old in list(told)[:-3]:
            told.pop(old)
        told[key] = store.lines()
    return told[key]
