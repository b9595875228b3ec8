"""What does one delivery bring? Its checked lines, kept aside as Parquet until it is this import's turn to write."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from keyaccount.ledger.raw import REFUSED_MARK, duckdb_path
from keyaccount.ledger.read import Ledger
from keyaccount.ledger.sources import Source
from keyaccount.ledger.store.tables import LINE_COLUMNS, line_types


@dataclass(frozen=True)
class Delivery:
    """What one run of the import brings from one source."""

    number: int
    source: Source
    header: tuple[str, ...]
    """The source's own columns; those that refused rows come back with are left off."""
    files: tuple[tuple[str, str, str], ...]
    """Place of the rows, file, SHA-256."""
    fields: tuple[str, ...]
    """Those of the ledger's fields that it has."""
    mended: bool
    """Whether these are refused rows that come back."""


@contextmanager
def staged(ledger: Ledger, con: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[list[Delivery]]:
    """The lines of `ledger` as the view `staged` (`delivery` and the columns of `tables.INVOICE_LINES`)."""
    own = folder / f"{socket.gethostname()}-{os.getpid()}-{id(ledger)}"
    own.mkdir(parents=True)
    try:
        deliveries = [_delivery(number, source, ledger) for number, source in enumerate(ledger.sources)]
        target = own / "lines.parquet"
        places = [
            (place, one.number)
            for one in deliveries
            for place in dict.fromkeys(file[0] for file in one.files)
        ]
        con.execute(
            "CREATE TEMP TABLE places AS SELECT unnest(?) AS file, unnest(?) AS delivery",
            [[place for place, _ in places], [number for _, number in places]],
        )
        columns = ", ".join(
            name if name in ledger.lines.columns else f"NULL::{kind} AS {name}"
            for name, kind in line_types().items()
        )
        con.execute(
            f"COPY (SELECT delivery, {columns} FROM lines JOIN places USING (file)) "
            f"TO '{str(target).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)"
        )
        con.execute(f"CREATE TEMP VIEW staged AS SELECT * FROM read_parquet({duckdb_path(target)})")
        yield deliveries
    finally:
        shutil.rmtree(own, ignore_errors=True)


def left_over(folder: Path) -> list[Path]:
    """What imports of this machine that were broken off have left in `folder`."""
    if not folder.is_dir():
        return []
    return [one for one in sorted(folder.iterdir()) if not _alive(one.name)]


def _alive(name: str) -> bool:
    host, pid, _ = [*name.rsplit("-", 2), "", ""][:3]
    if host != socket.gethostname() or not pid.isdecimal():
        return host != socket.gethostname()
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # it lives, and is somebody else's
    return True


def _delivery(number: int, source: Source, ledger: Ledger) -> Delivery:
    mapped = set(source.mapping.columns) | ({"cost"} if "profit" in source.mapping else set())
    always = ("account_id", "account_name", "date", "net_amount")
    recorded = source.tables[0].columns[0].startswith(REFUSED_MARK)
    return Delivery(
        number=number,
        source=source,
        header=tuple(name for name in source.tables[0].columns if not name.startswith(REFUSED_MARK)),
        files=tuple((table.place, table.file, table.sha256) for table in source.tables),
        fields=tuple(
            name
            for name in LINE_COLUMNS
            if name in ledger.lines.columns and (name in mapped or name in always)
        ),
        mended=recorded,
    )
