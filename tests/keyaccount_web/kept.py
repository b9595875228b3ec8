"""Records that many tests begin with are made once a process, and put back as rows: a tenth of the time of making them anew."""

import shutil
from collections.abc import Callable
from pathlib import Path

from django.db import connection, transaction

ROWS = 200
"""So many are put back by one statement."""


class Kept:
    """What some work has left in the database and in the data folder, to be put back in other tests' transactions."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._inserts: list[str] | None = None

    def again(self, make: Callable[[], object], home: Path) -> None:
        """Do `make` the first time, and whenever the tables that it fills are not empty; else put back what it left."""
        if connection.vendor != "sqlite":
            make()
            return
        if self._inserts is None:
            empty = [table for table in connection.introspection.table_names() if not _has_rows(table)]
            make()
            self._inserts = [text for table in empty for text in _inserts(table)]
            if home.exists():
                shutil.copytree(home, self._folder / "home", dirs_exist_ok=True)
            return
        # In one transaction, since rows may point to such as come later.
        with transaction.atomic(), connection.cursor() as cursor:
            for text in self._inserts:
                cursor.execute(text)
        if (self._folder / "home").exists():
            shutil.copytree(self._folder / "home", home, dirs_exist_ok=True)


def _has_rows(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT 1 FROM "{table}" LIMIT 1')
        return cursor.fetchone() is not None


def _inserts(table: str) -> list[str]:
    """The rows of a table as SQL, each value as SQLite writes it."""
    with connection.cursor() as cursor:
        columns = [one.name for one in connection.introspection.get_table_description(cursor, table)]
        values = " || ',' || ".join(f'quote("{name}")' for name in columns)
        cursor.execute(f'SELECT {values} FROM "{table}"')
        rows = [f"({row[0]})" for row in cursor.fetchall()]
    names = ", ".join(f'"{name}"' for name in columns)
    return [
        f'INSERT INTO "{table}" ({names}) VALUES {", ".join(rows[at : at + ROWS])}'
        for at in range(0, len(rows), ROWS)
    ]
