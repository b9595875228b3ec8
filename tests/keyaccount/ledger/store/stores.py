"""Small stores for tests, filled from files written on the spot."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from keyaccount import ReadOptions
from keyaccount.ledger.store.check import check_store
from keyaccount.ledger.store.imports import ImportOptions, ImportOutcome, import_ledger
from keyaccount.ledger.store.place import StorePlace, store_place
from keyaccount.ledger.store.reading import history, open_store
from keyaccount.ledger.store.tables import StoreError

from ..files import LATEST, write_csv

HEADER = ("客户编号", "日期", "金额")
KEYED = ("明细编号", *HEADER)

JANUARY = [["K1", "2025-01-05", "100.5"], ["K2", "2025-01-06", "200"]]
FEBRUARY = [["K1", "2025-02-05", "10"], ["K2", "2025-02-06", "20"]]


class Desk:
    """One store and a folder for files to import."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place: StorePlace = store_place(folder / "store")
        self.steps: list[tuple[str, str]] = []

    def file(self, name: str, rows: list[list[Any]], *, header: tuple[str, ...] = HEADER) -> Path:
        return write_csv(self.folder / name, rows, header=header)

    def take(
        self, *files: Path, latest: dt.date = LATEST, columns: dict[str, str] | None = None, **options: Any
    ) -> ImportOutcome:
        read = ReadOptions(
            latest=latest,
            columns=columns or {},
            progress=lambda code, what: self.steps.append((code, what)),
        )
        return import_ledger(self.place, *files, read=read, options=ImportOptions(by="test", **options))

    def refused(self, *files: Path, **options: Any) -> StoreError:
        """The error of an import that must leave the store as it was."""
        before = history(self.place).snapshots[-1]
        with pytest.raises(StoreError) as caught:
            self.take(*files, **options)
        assert history(self.place).snapshots[-1] == before
        return caught.value

    def lines(self, **at: Any) -> list[tuple[Any, ...]]:
        """Account, day and amount of each line, in order."""
        store = open_store(self.place, **at)
        rows = store.con.execute(
            "SELECT account_id, date, net_amount FROM lake.lines ORDER BY ALL"
        ).fetchall()
        store.close()
        return rows

    def money(self, **at: Any) -> Decimal:
        return sum((amount for *_, amount in self.lines(**at)), Decimal(0))

    def states(self) -> list[str]:
        return [record.state for record in history(self.place).imports]

    def import_of(self, file: Path) -> int:
        """The import that brought `file` and counts."""
        return next(
            record.import_id
            for record in history(self.place).imports
            if record.undone_at is None and str(file) in {one.file for one in record.files}
        )

    def assert_sound(self) -> None:
        report = check_store(self.place)
        assert report.findings == ()
        assert report.left_over == ()
