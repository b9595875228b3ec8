"""What does a run of `find` start from: ledger files or the demo, with groups and cost to serve beside them?"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from keyaccount import __version__
from keyaccount.demo import DemoLedger
from keyaccount.files import written_whole
from keyaccount.find.export import ReadOutcome, write_list
from keyaccount.find.key_accounts import KeyAccountList
from keyaccount.ledger.read import Ledger, SmallTable, read_cost_to_serve, read_groups, read_merged
from keyaccount.ledger.refused import refused_files, rows_by_source, write_refused
from keyaccount.ledger.sources import ReadOptions
from keyaccount.ledger.store.place import damaged
from keyaccount.ledger.store.reading import LedgerStore


@dataclass(frozen=True)
class Inputs:
    """The tables of one run."""

    lines: Any
    tables: Any
    """What `find` takes: the lines, or what the store keeps of them condensed."""
    groups: pa.Table | None = None
    cost_to_serve: pa.Table | None = None
    merged: pa.Table | None = None
    ledger: Ledger | None = None
    """As read from files; None: the demo or the store."""
    store: LedgerStore | None = None
    small_tables: tuple[SmallTable, ...] = ()

    @classmethod
    def of(cls, ledger: Ledger) -> "Inputs":
        return cls(lines=ledger.lines, tables=ledger.lines, ledger=ledger)

    @classmethod
    def of_demo(cls, demo: DemoLedger) -> "Inputs":
        lines = ibis.duckdb.connect().create_table("lines", demo.lines)
        return cls(lines=lines, tables=lines, groups=demo.groups, cost_to_serve=demo.cost_to_serve)

    @classmethod
    def of_store(cls, store: LedgerStore, *, keep_unassigned: bool) -> "Inputs":
        return cls(
            lines=store.lines(keep_unassigned=keep_unassigned),
            tables=store.condensed(keep_unassigned=keep_unassigned),
            store=store,
        )

    @property
    def currency(self) -> str | None:
        """Sign of the ledger's currency; None: it does not say."""
        if self.store is not None:
            return self.store.currency
        sources = self.ledger.sources if self.ledger else ()
        return next((sign for one in sources for sign in one.conventions.currencies.values()), None)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A store's files are read only when figures are made of them; what is wrong with them shows then."""
        try:
            yield
        except duckdb.Error as error:
            if self.store is None:
                raise
            raise damaged(self.store.place, error, reading=True) from error

    def close(self) -> None:
        """Nothing is read any more."""
        if self.store is not None:
            self.store.close()

    def with_small_tables(
        self, groups: str | None, cost_to_serve: str | None, merged: str | None, options: ReadOptions
    ) -> "Inputs":
        """These inputs with the files of `--groups`, `--cost-to-serve` and `--merged` read, each by its own header."""
        own = ReadOptions(
            latest=options.latest,
            progress=options.progress,
            date_order=options.date_order,
            decimal_mark=options.decimal_mark,
        )
        changed = self
        if groups:
            read = read_groups(groups, own)
            changed = replace(changed, groups=read.rows, small_tables=(*changed.small_tables, read))
        if cost_to_serve:
            read = read_cost_to_serve(cost_to_serve, own)
            changed = replace(changed, cost_to_serve=read.rows, small_tables=(*changed.small_tables, read))
        if merged:
            read = read_merged(merged, own)
            changed = replace(changed, merged=read.rows, small_tables=(*changed.small_tables, read))
        return changed

    @property
    def outcome(self) -> ReadOutcome:
        """What came of reading: the ledger's report, and the refused rows of all files."""
        refused = [row for one in (self.ledger, *self.small_tables) if one is not None for row in one.refused]
        return ReadOutcome(self.ledger.report if self.ledger else None, tuple(refused))

    def run_facts(self, unassigned: str | None) -> dict[str, Any]:
        """What a reader must know to make the run again."""
        sources = [
            source for one in (self.ledger, *self.small_tables) if one is not None for source in one.sources
        ]
        tables = [(table, source) for source in sources for table in source.tables]
        told: dict[str, Any] = {"version": __version__, "unassigned": unassigned}
        if self.store is not None:
            told |= self.store.facts
        elif self.ledger is None:
            told["files"] = [{"file": "demo"}]
        files = [
            {
                "file": table.place,
                "sha256": table.sha256,
                "columns": dict(source.mapping.columns),
                "date_order": source.conventions.date_order,
                "decimal_mark": source.conventions.decimal_mark,
                "currencies": dict(source.conventions.currencies),
            }
            for table, source in tables
        ]
        return {**told, "files": [*told.get("files", []), *files]}

    def write(self, target: Path, result: KeyAccountList, lang: str, run: dict[str, Any]) -> list[Path]:
        """Write the list and, beside it, the refused rows; all of it or nothing. Gives the files written."""
        sources = [
            source for one in (self.ledger, *self.small_tables) if one is not None for source in one.sources
        ]
        refused = self.outcome.refused
        own_files = {
            Path(table.file.split(" › ")[0]).resolve() for source in sources for table in source.tables
        }
        by_source = [
            (source, rows)
            for source, rows in zip(sources, rows_by_source(refused, sources), strict=True)
            if rows
        ]
        # A mended file of refused rows may be among those just read: never write over it.
        free = [
            path
            for path in refused_files(target, len(by_source) + len(own_files))
            if path.resolve() not in own_files
        ]
        targets = [target, *free[: len(by_source)]]
        with written_whole(*targets) as drafts:
            write_list(drafts[0], result, self.outcome, lang, run)
            for draft, (source, rows) in zip(drafts[1:], by_source, strict=True):
                write_refused(draft, rows, source, lang)
        return targets
