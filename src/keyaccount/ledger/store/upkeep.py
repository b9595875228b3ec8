"""How does a store stay small and quick? Small files are merged; what nobody can ask for any more goes. (K9)"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import duckdb

from keyaccount.ledger.store.records import published, snapshots
from keyaccount.ledger.store.tables import reason_of

# So many files of one table, and reading them costs more than merging them.
FILES_TO_MERGE = 12
KEEP_DAYS = 90
"""A snapshot that no published result names can be asked for this long."""
# A reader that has begun before a merge goes on reading the files of before.
READERS_LAST_HOURS = 24

TABLES = ("lines", "rollup", "account_names", "displaced_lines", "imports", "touches", "published")


@dataclass(frozen=True)
class Upkeep:
    """What was done after a change."""

    merged: int = 0
    """Files that are parts of larger ones now."""
    expired: int = 0
    """Snapshots given up."""
    trouble: str | None = None
    """Why it could not be done; the change itself stands."""


def keep_up(
    con: duckdb.DuckDBPyConnection,
    progress: Callable[[str, str], None],
    *,
    now: dt.datetime | None = None,
    files_to_merge: int = FILES_TO_MERGE,
) -> Upkeep:
    """Merge and expire where it is worth it; the right to write is held. A failure is told, never raised."""
    merged = expired = 0
    try:
        if any(_files(con, table) >= files_to_merge for table in TABLES):
            progress("step.merge", "")
            merged = merge(con)
            progress("step.expire", "")
        expired = expire(con, now=now or dt.datetime.now(tz=dt.UTC))
    except (duckdb.Error, OSError) as error:
        return Upkeep(merged, expired, reason_of(error))
    return Upkeep(merged, expired)


def merge(con: duckdb.DuckDBPyConnection) -> int:
    """Merge small files of each table; every snapshot can still be seen. Gives how many files there are fewer."""
    before = sum(_files(con, table) for table in TABLES)
    for table in TABLES:
        if _files(con, table) > 1:
            con.execute(f"CALL ducklake_merge_adjacent_files('lake', '{table}')")
    return before - sum(_files(con, table) for table in TABLES)


def expire(con: duckdb.DuckDBPyConnection, *, now: dt.datetime, keep_days: int = KEEP_DAYS) -> int:
    """Give up old snapshots that no published result names, and remove files that no snapshot needs.

    One that was the latest a moment ago, however old, may be what somebody is reading.
    """
    named = {one.snapshot for one in published(con)}
    oldest, read = (
        (now - ago).strftime("%Y-%m-%d %H:%M:%S")
        for ago in (dt.timedelta(days=keep_days), dt.timedelta(hours=READERS_LAST_HOURS))
    )
    old = [
        one.snapshot
        for one, later in pairwise(snapshots(con))
        if one.at < oldest and later.at < read and one.snapshot not in named
    ]
    if old:
        con.execute("CALL ducklake_expire_snapshots('lake', versions => ?)", [old])
    con.execute(
        f"CALL ducklake_cleanup_old_files('lake', older_than => now() - INTERVAL {READERS_LAST_HOURS} HOUR)"
    )
    return len(old)


def _files(con: duckdb.DuckDBPyConnection, table: str) -> int:
    (count,) = con.execute(f"SELECT count(*) FROM ducklake_list_files('lake', '{table}')").fetchone() or (0,)
    return int(count)
