"""Pages ask for the state of the ledger all the time: from memory, until somebody has written."""

import os

from keyaccount.ledger.store.imports import import_ledger
from keyaccount.ledger.store.reading import history
from keyaccount_web.tables import ledger as module
from keyaccount_web.tables.ledger import newest_snapshot


def long_ago(place):
    for file in place.folder.glob("catalog.sqlite*"):
        os.utime(file, (1_700_000_000, 1_700_000_000))


def test_is_remembered_until_the_next_import(own_ledger, tmp_path, monkeypatch):
    newest_snapshot()  # opens it, which makes a file beside it
    long_ago(own_ledger)
    first = newest_snapshot()
    with monkeypatch.context() as patched:
        patched.setattr(module, "_newest_snapshot", lambda _place: 1 / 0)  # nobody asks
        assert newest_snapshot() == first
    file = tmp_path / "more.csv"
    file.write_text("客户编号,日期,金额\nK0001,2025-12-30,5\n", encoding="utf-8")
    import_ledger(own_ledger, file)
    assert newest_snapshot() == history(own_ledger).snapshots[-1].snapshot != first
    long_ago(own_ledger)
    assert newest_snapshot() == history(own_ledger).snapshots[-1].snapshot
