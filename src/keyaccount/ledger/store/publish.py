"""Which results can be had again for ever? Those that are published: their snapshot never expires. (K9)"""

import json
from typing import Any

import duckdb

from keyaccount.ledger.sources import Progress, no_progress
from keyaccount.ledger.store.imports import user_name
from keyaccount.ledger.store.place import opened_to_write
from keyaccount.ledger.store.reading import LedgerStore
from keyaccount.ledger.store.records import now, own_version, published, say_change
from keyaccount.ledger.store.tables import StoreError


def publish(
    store: LedgerStore,
    name: str,
    facts: dict[str, Any],
    *,
    by: str | None = None,
    progress: Progress = no_progress,
) -> None:
    """Keep the snapshot of `store` under `name`, with all that is needed to make the result again.

    Raises StoreError `publish.taken`; `store.read_only`.
    """
    con = duckdb.connect()
    what = f"publish {name} ({user_name(by)})"
    with opened_to_write(con, store.place, what, lambda holder: progress("step.waits", holder)):
        if name in {one.name for one in published(con)}:
            raise StoreError("publish.taken", name=name)
        row = [
            name,
            store.snapshot,
            json.dumps(facts, ensure_ascii=False, default=str),
            own_version(),
            now(),
            user_name(by),
        ]
        con.execute("BEGIN")
        con.execute("INSERT INTO lake.published VALUES (?, ?, ?, ?, ?, ?)", row)
        say_change(con, user_name(by), "publish")
        con.commit()
    con.close()
