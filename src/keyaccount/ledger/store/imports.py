"""How does a file become part of the ledger, whole or not at all? (R1, K9)

place = store_place()
done = import_ledger(place, "sales-2025.xlsx")
done.sources      # what came of each source in the files
"""

import getpass
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import duckdb

from keyaccount.ledger.check import RefusedRow
from keyaccount.ledger.read import Ledger, read_ledger
from keyaccount.ledger.refused import write_refused
from keyaccount.ledger.sources import ReadOptions
from keyaccount.ledger.store import changes
from keyaccount.ledger.store.overlap import Difference, Overlap, look_alike, overlap_of
from keyaccount.ledger.store.place import NO_ROOM, StorePlace, damaged, opened_to_write
from keyaccount.ledger.store.records import (
    ImportRecord,
    imports,
    latest_snapshot,
    now,
    own_version,
    say_change,
)
from keyaccount.ledger.store.staging import Delivery, left_over, staged
from keyaccount.ledger.store.tables import StoreError
from keyaccount.ledger.store.upkeep import Upkeep, keep_up
from keyaccount.money import own_currency

OnOverlap = Literal["replace", "add", "refuse"]


class OverlapError(StoreError):
    """A delivery brings again what is there, differently, and nobody has said what to do."""

    def __init__(self, code: str, /, difference: Difference) -> None:
        super().__init__(code, **_values(difference))
        self.difference = difference


@dataclass(frozen=True)
class ImportOptions:
    """What an import is told beforehand; all of it may be left out."""

    on_overlap: OnOverlap | None = None
    """What to do where a delivery differs from what is there; None: `ask`, else refuse."""
    source: str | None = None
    """Name of the source; preset: that of earlier imports with the same header, else by the file."""
    by: str | None = None
    """Who imports; preset: the user of the machine."""
    keep_unassigned: bool = False
    """Keep lines without an account."""
    ask: Callable[[Difference], OnOverlap] | None = None
    lang: str = "zh"
    """Of the reasons in the files of refused rows."""
    since: Any = None
    """A date: the delivery is all that its source has from that day on."""
    only_compare: bool = False
    """Tell what would come of it, write nothing, and ask nothing of what comes again."""


@dataclass(frozen=True)
class SourceOutcome:
    """What came of one source. Money [company currency]."""

    source: str
    import_id: int | None
    """None: nothing of it was new."""
    files: tuple[str, ...]
    """Those imported."""
    known: tuple[tuple[str, int], ...]
    """Files that an earlier import brought, and which."""
    lines: int
    net_amount: Decimal
    difference: Difference | None
    on_overlap: OnOverlap | None
    """What was done about it."""


@dataclass(frozen=True)
class ImportOutcome:
    """What came of one import."""

    sources: tuple[SourceOutcome, ...]
    ledger: Ledger
    """As read: its lines can be read no more, its report and sources can."""
    refused: tuple[RefusedRow, ...]
    refused_files: tuple[Path, ...]
    snapshot: int | None
    """None: nothing was written."""
    upkeep: Upkeep

    @property
    def currencies(self) -> tuple[str, ...]:
        """Signs of the currencies that the files show."""
        return tuple(
            sorted({sign for one in self.ledger.sources for sign in one.conventions.currencies.values()})
        )


@dataclass(frozen=True)
class _Plan:
    """One delivery and what is to be done with it."""

    delivery: Delivery
    source: str
    files: tuple[tuple[str, str], ...]
    known: tuple[tuple[str, int], ...]
    view: str
    overlap: Overlap | None
    on_overlap: OnOverlap | None
    lines: int
    net_amount: Decimal


def import_ledger(
    place: StorePlace,
    *files: str | Path,
    read: ReadOptions | None = None,
    options: ImportOptions | None = None,
) -> ImportOutcome:
    """Check ledger files as `find` does, and take their good rows into the store in one transaction.

    A file that is there already is recognised by its content. What comes again with differences is replaced, added or
    refused as `options` say; nothing is written then. Rows that cannot be right are kept beside the store as csv.

    Raises
    ------
    What `read_ledger` raises; OverlapError `overlap.undecided`, `overlap.refused`; StoreError `source.look_alike`,
    `store.read_only`, `store.full`, `store.damaged`, `store.newer`.

    References
    ----------
    Rows R1, K9; design, "The ledger's fields".
    """
    read, options = read or ReadOptions(), options or ImportOptions()
    ledger = read_ledger(*files, options=read, keep_unassigned=options.keep_unassigned)
    con: duckdb.DuckDBPyConnection = ledger.lines.get_backend().con
    what = f"import {' '.join(Path(file).name for file in files)} ({user_name(options.by)})"
    read.progress("step.stage", "")
    try:
        with staged(ledger, con, _staging(place)) as deliveries:
            read.progress("step.lock", "")
            waiting = _waiting(read)
            with opened_to_write(con, place, what, waiting, create=True):
                return _import(con, place, ledger, deliveries, read, options)
    except duckdb.Error as error:
        raise damaged(place, error) from error
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StoreError("store.full", place=place.name) from error
        raise StoreError("store.read_only", place=place.name, reason=error.strerror or str(error)) from error


def _import(
    con: duckdb.DuckDBPyConnection,
    place: StorePlace,
    ledger: Ledger,
    deliveries: Sequence[Delivery],
    read: ReadOptions,
    options: ImportOptions,
) -> ImportOutcome:
    read.progress("step.compare", "")
    records = imports(con)
    plans = [_plan(con, one, records, options) for one in deliveries]
    places = [{file[0] for file in plan.files} for plan in plans]
    refused = [
        tuple(row for row in ledger.refused if row.place in own) for own in places
    ]  # those of files known before were told then
    first = max((record.import_id for record in records), default=0) + 1
    to_write = [at for at, plan in enumerate(plans) if not _is_unchanged(plan, refused[at])]
    ids = {at: first + number for number, at in enumerate(to_write)}
    written: list[Path] = []
    snapshot, upkeep = None, Upkeep()
    if ids and not options.only_compare:
        con.execute("BEGIN")
        for at, import_id in ids.items():
            kept = _keep_refused(place, import_id, plans[at], refused[at], options.lang)
            written += kept
            _write(con, import_id, plans[at], refused[at], kept, read, options)
        say_change(con, user_name(options.by), "import", list(ids.values()))
        read.progress("step.commit", "")
        con.commit()
        # From here on it is done, whatever becomes of the rest.
        snapshot = latest_snapshot(con)
        upkeep = keep_up(con, read.progress)
    return ImportOutcome(
        sources=tuple(_outcome(plan, ids.get(at)) for at, plan in enumerate(plans)),
        ledger=ledger,
        refused=tuple(row for rows in refused for row in rows),
        refused_files=tuple(written),
        snapshot=snapshot,
        upkeep=upkeep,
    )


def _plan(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    records: Sequence[ImportRecord],
    options: ImportOptions,
) -> _Plan:
    current = [record for record in records if record.undone_at is None]
    same_header = [record.source for record in records if record.header == delivery.header]
    source = options.source or (same_header[-1] if same_header else _new_name(delivery, records))
    own = [record for record in current if record.source == source]
    brought = {file.sha256: record.import_id for record in own for file in record.files}
    known = {file: brought[sha256] for _, file, sha256 in delivery.files if sha256 in brought}
    fresh = [(place, sha256) for place, _, sha256 in delivery.files if sha256 not in brought]
    view = f"new_{delivery.number}"
    names = ", ".join(_quoted(place) for place, _ in fresh) or "NULL"
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT * EXCLUDE delivery FROM staged "
        f"WHERE delivery = {delivery.number} AND file IN ({names})"
    )
    if fresh and not same_header and not options.source and options.on_overlap != "add":
        like = look_alike(con, {record.import_id: record.source for record in current}, new=view)
        if like is not None:
            raise StoreError("source.look_alike", place=fresh[0][0], source=like)
    _check_currency(delivery, current)
    overlap = overlap_of(con, source, [record.import_id for record in own], new=view, since=options.since)
    choice = _choice(overlap.difference, delivery, options) if overlap else None
    if overlap and choice == "add":
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW {view}_besides AS SELECT * FROM {view} WHERE line_id IS NULL OR line_id NOT IN "
            f"(SELECT line_id FROM lake.lines WHERE line_id IS NOT NULL AND {overlap.there})"
        )
        view = f"{view}_besides"
    lines, amount = con.execute(f"SELECT count(*), coalesce(sum(net_amount), 0) FROM {view}").fetchone() or (
        0,
        0,
    )
    return _Plan(
        delivery, source, tuple(fresh), tuple(known.items()), view, overlap, choice, lines, Decimal(amount)
    )


def _check_currency(delivery: Delivery, current: Sequence[ImportRecord]) -> None:
    """One company, one currency, as among files that are read together."""
    own = _currency(delivery)
    other = next((record for record in current if record.currency != own), None)
    if other is not None:
        place = delivery.files[0][0]
        raise StoreError(
            "currency.other", place=place, sign=own, held=other.currency, import_id=other.import_id
        )


def _currency(delivery: Delivery) -> str:
    """The sign that its amounts bear; those without are in the company's own."""
    signs = set(delivery.source.conventions.currencies.values())
    return signs.pop() if signs else own_currency.get()


def _new_name(delivery: Delivery, records: Sequence[ImportRecord]) -> str:
    """A source never seen goes by its first file's name."""
    stem = Path(delivery.files[0][1]).name.split(".")[0]
    names, copy, name = {record.source for record in records}, 2, stem
    while name in names:
        name, copy = f"{stem} ({copy})", copy + 1
    return name


def _choice(difference: Difference, delivery: Delivery, options: ImportOptions) -> OnOverlap:
    if options.on_overlap in ("replace", "add"):
        return options.on_overlap
    if delivery.mended:
        return "add"  # they were refused when the rest of their days came
    if difference.is_none or options.only_compare:
        return "replace"
    if options.on_overlap == "refuse":
        raise OverlapError("overlap.refused", difference)
    chosen = options.ask(difference) if options.ask else "refuse"
    if chosen == "refuse":
        raise OverlapError("overlap.undecided", difference)
    return chosen


def _is_unchanged(plan: _Plan, refused: Sequence[RefusedRow]) -> bool:
    if not plan.files:
        return True
    if plan.overlap is None or refused:
        return False
    if plan.on_overlap == "add":
        return plan.lines == 0
    return plan.overlap.difference.is_none and not plan.overlap.difference.lines_besides


def _keep_refused(
    place: StorePlace, import_id: int, plan: _Plan, rows: Sequence[RefusedRow], lang: str
) -> list[Path]:
    if not rows:
        return []
    place.refused.mkdir(parents=True, exist_ok=True)
    path = place.refused / f"{import_id}-{plan.source.replace('/', '_')}-refused.csv"
    write_refused(path, rows, plan.delivery.source, lang)
    return [path]


def _write(
    con: duckdb.DuckDBPyConnection,
    import_id: int,
    plan: _Plan,
    refused: Sequence[RefusedRow],
    refused_files: Sequence[Path],
    read: ReadOptions,
    options: ImportOptions,
) -> None:
    if plan.overlap is not None and plan.on_overlap == "replace":
        read.progress("step.displace", plan.source)
        changes.displace(con, import_id, plan.overlap.there)
    elif plan.overlap is not None and plan.overlap.difference.by_line_id:
        changes.leave_in_place(con, import_id, f"({plan.overlap.there}) AND line_id IS NOT NULL")
    read.progress("step.lines", plan.source)
    changes.add_lines(con, import_id, plan.view)
    read.progress("step.sums", plan.source)
    changes.add_sums(con, import_id, plan.view)
    source = plan.delivery.source
    first, last = con.execute(f"SELECT min(date), max(date) FROM {plan.view}").fetchone() or (None, None)
    row = {
        "import_id": import_id,
        "source": plan.source,
        "header": list(plan.delivery.header),
        "files": [{"file": file, "sha256": sha256} for file, sha256 in _by_file(plan)],
        "fields": list(plan.delivery.fields),
        "columns": json.dumps(dict(source.mapping.columns), ensure_ascii=False),
        "date_order": source.conventions.date_order,
        "decimal_mark": source.conventions.decimal_mark,
        "currency": _currency(plan.delivery),
        "imported_at": now(),
        "imported_by": user_name(options.by),
        "version": own_version(),
        "on_overlap": plan.on_overlap,
        "lines": plan.lines,
        "net_amount": plan.net_amount,
        "first_date": first,
        "last_date": last,
        "refused": len(refused),
        "refused_amount": sum(
            (one.amount for one in refused if one.amount is not None and not one.is_total), Decimal(0)
        ),
        "refused_files": [path.name for path in refused_files],
        "undone_at": None,
        "undone_by": None,
    }
    marks = ", ".join("?" * len(row))
    con.execute(f"INSERT INTO lake.imports ({', '.join(row)}) VALUES ({marks})", list(row.values()))


def _by_file(plan: _Plan) -> list[tuple[str, str]]:
    """The files whose rows come in; a workbook is one file, however many sheets are read."""
    shown = {place: file for place, file, _ in plan.delivery.files}
    return list(dict.fromkeys((shown[place], sha256) for place, sha256 in plan.files))


def _outcome(plan: _Plan, import_id: int | None) -> SourceOutcome:
    return SourceOutcome(
        source=plan.source,
        import_id=import_id,
        files=tuple(file for file, _ in _by_file(plan)) if import_id is not None else (),
        known=plan.known,
        lines=plan.lines if import_id is not None else 0,
        net_amount=plan.net_amount if import_id is not None else Decimal(0),
        difference=plan.overlap.difference if plan.overlap else None,
        on_overlap=plan.on_overlap,
    )


def _values(difference: Difference) -> dict[str, Any]:
    """What the texts on a difference name."""
    return {name: getattr(difference, name) for name in difference.__dataclass_fields__}


def _waiting(read: ReadOptions) -> Callable[[str], None]:
    return lambda holder: read.progress("step.waits", holder)


def user_name(by: str | None) -> str:
    """Who does it: `by`, else the user of the machine."""
    return by or getpass.getuser()


def _staging(place: StorePlace) -> Path:
    place.staging.mkdir(parents=True, exist_ok=True)
    for rest in left_over(place.staging):
        shutil.rmtree(rest, ignore_errors=True)
    return place.staging


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
