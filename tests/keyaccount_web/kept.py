"""Records that many tests begin with are made once a process, and put back as rows: a tenth of the time of making them anew."""

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.db import connection, transaction

ROWS = 200
"""So many are put back by one statement."""
Rows = dict[str, dict[int, str]]
"""Table → rowid → the row as SQLite writes it."""


class Kept:
    """What some work does to the database and to the data folder, to be done again as rows in other tests' transactions.

    The work begins with the same rows each time; where it does not (a test has changed something first), it is done anew.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._begun_with: Rows = {}
        self._statements: list[str] | None = None

    def again(self, make: Callable[[], object], home: Path) -> None:
        """Do `make` the first time, later what it did."""
        if connection.vendor != "sqlite":
            make()
            return
        before = _rows()
        if self._statements is None:
            make()
            self._begun_with, self._statements = before, _changes(before, _rows())
            if home.exists():
                shutil.copytree(home, self._folder / "home", dirs_exist_ok=True)
            return
        if before != self._begun_with:
            make()
            return
        # In one transaction, since rows may point to such as come later.
        with transaction.atomic(), connection.cursor() as cursor:
            for text in self._statements:
                cursor.execute(text)
        if (self._folder / "home").exists():
            shutil.copytree(self._folder / "home", home, dirs_exist_ok=True)


def _rows() -> Rows:
    told: Rows = {}
    with connection.cursor() as cursor:
        for table, query in _queries().items():
            cursor.execute(query)
            told[table] = dict(cursor.fetchall())
    return told


@cache
def _queries() -> dict[str, str]:
    """Table → what asks for its rows; the tables are the same in all tests of a process."""
    told = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'PRAGMA table_info("{table}")')
            values = " || ',' || ".join(f'quote("{column[1]}")' for column in cursor.fetchall())
            told[table] = f'SELECT rowid, {values} FROM "{table}"'
    return told


def _changes(before: Rows, after: Rows) -> list[str]:
    """As statements: what is gone or otherwise is taken out, what is new or otherwise comes in."""
    told = []
    for table, rows in after.items():
        there = before.get(table, {})
        gone = [str(rowid) for rowid, row in there.items() if rows.get(rowid) != row]
        if gone:
            told.append(f'DELETE FROM "{table}" WHERE rowid IN ({", ".join(gone)})')
        new = [f"({row})" for rowid, row in rows.items() if there.get(rowid) != row]
        told += [
            f'INSERT INTO "{table}" VALUES {", ".join(new[at : at + ROWS])}'
            for at in range(0, len(new), ROWS)
        ]
    return told
