"""What of a run do the pages of Find need beyond its rows? It lies beside the result, so that they open at once.

The accounts of the three years, the parts of the business and their figures, and what is to be known of the ledger. A run
from before they were kept gets them the first time that somebody asks.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from keyaccount.files import written_whole
from keyaccount.find.account_years import YEARS
from keyaccount.find.export import json_value
from keyaccount.find.facts import AccountFacts, account_facts
from keyaccount.find.key_accounts import KeyAccountList, key_accounts_of
from keyaccount.find.segments import SEGMENT_FIELDS, account_segments, segments
from keyaccount.find.three_years import year_curve
from keyaccount.ledger.store.reading import LedgerStore
from keyaccount.ledger.store.tables import StoreError
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import (
    RunError,
    RunInputs,
    kept_inputs,
    result_path,
    settings_of,
)
from keyaccount_web.tables.records import (
    account_fields,
    cost_to_serve_table,
    groups_table,
    merged_table,
)

_YEARS, _ROWS, _FIGURES, _LEDGER = (
    "years.parquet",
    "segments.parquet",
    "segment_figures.parquet",
    "ledger.json",
)
MOST_POINTS = 240
_making = threading.Lock()


@dataclass(frozen=True)
class Parts:
    """Read from the files of one run."""

    run: Run

    def year_accounts(self, *columns: str) -> pa.Table:
        """One row per account with a line in any of the three years (`KeyAccountList.year_accounts`)."""
        return pq.read_table(_path(self.run, _YEARS), columns=list(columns) or None)

    def segment_rows(self, field: str) -> pa.Table:
        """One row per segment and account of a field (`segments.SEGMENT_ROWS`)."""
        rows = pq.read_table(_path(self.run, _ROWS), filters=[("field", "==", field)])
        return rows.drop_columns(["field"])

    def segment_figures(self) -> dict[str, list[dict[str, Any]]]:
        """Field → the rows of `segments`, largest first."""
        told: dict[str, list[dict[str, Any]]] = {}
        for row in pq.read_table(_path(self.run, _FIGURES)).to_pylist():
            told.setdefault(row.pop("field"), []).append(row)
        return told

    @cached_property
    def ledger(self) -> Mapping[str, Any]:
        """currency, refused (rows), refused_amount, of_lines (fields by which the lines part the business),
        has_service_costs, years (`YearFigures`)."""
        told: dict[str, Any] = json.loads(_path(self.run, _LEDGER).read_text(encoding="utf-8"))
        return told

    def earlier_curves(self, value: Literal["sales", "profit"]) -> dict[int, list[list[float]]]:
        """Year before (1, 2) → points of its curve: part of the accounts, running share; years without one are left out."""
        kept = self.ledger.get("curves")
        if kept is None:  # a run from before they were kept
            kept = _curves(self.year_accounts())
        return {int(number): points for number, points in kept[value].items()}


def _curves(accounts: pa.Table) -> dict[str, dict[str, list[list[float]]]]:
    told: dict[str, dict[str, list[list[float]]]] = {}
    for value in ("sales", "profit"):
        told[value] = {}
        for number in range(1, YEARS):
            points = year_curve(accounts, number, value)
            if points is not None:
                # As many as the eye can tell apart.
                step = len(points) // MOST_POINTS + 1
                rows = [[row["accounts_share"], row["running_share"]] for row in points.to_pylist()]
                told[value][str(number)] = [[0.0, 0.0], *rows[:-1:step], rows[-1]]
    return told


def facts_in(store: LedgerStore, run: Run, inputs: RunInputs) -> AccountFacts:
    """What the ledger says of its accounts for a run, with the parts of the business."""
    settings = settings_of(run)
    return account_facts(
        store.condensed(),
        groups=inputs.groups,
        merged=inputs.merged,
        until=settings.until,
        segments=SEGMENT_FIELDS,
        cost_coverage=settings.cost_coverage,
    )


def parts_of(run: Run) -> Parts:
    """Raises RunError `run.no_result`, `run.ledger_gone`."""
    if run.state != Run.State.DONE or not result_path(run).exists():
        raise RunError("run.no_result", run=run.pk)
    with _making:
        if not _path(run, _LEDGER).exists():
            _make(run)
    return Parts(run)


def keep_parts(run: Run, found: KeyAccountList, store: LedgerStore, inputs: RunInputs) -> None:
    """Write them beside the result; the file on the ledger last, so that it stands for all of them."""
    rows = dict(found.segment_rows)
    missing = [field for field in SEGMENT_FIELDS if field not in rows]
    records = account_fields() if missing else {}
    for field in missing:
        by_account = account_segments(found.year_accounts, records[field])
        if by_account["segment"].null_count < len(by_account):
            rows[field] = by_account
    figures = {
        field: found.segments[field] if field in found.segments else segments(told, found.settings)
        for field, told in rows.items()
    }
    imports = store.current_imports
    ledger = {
        "currency": store.currency,
        "refused": sum(one.refused for one in imports),
        "refused_amount": sum(one.refused_amount for one in imports),
        "of_lines": sorted(found.segments),
        "has_service_costs": inputs.cost_to_serve is not None,
        "years": [asdict(year) for year in found.years],
        "curves": _curves(found.year_accounts),
    }
    targets = [_path(run, name) for name in (_YEARS, _ROWS, _FIGURES, _LEDGER)]
    targets[0].parent.mkdir(parents=True, exist_ok=True)
    with written_whole(*targets) as drafts:
        pq.write_table(found.year_accounts, drafts[0])
        pq.write_table(_with_field(rows), drafts[1])
        pq.write_table(_with_field(figures), drafts[2])
        drafts[3].write_text(json.dumps(ledger, default=json_value), encoding="utf-8")


def add_segments(run: Run, field: str, of_account: Mapping[str, str | None]) -> None:
    """Part the business of a run, whose parts are kept, by what else is known of its accounts: account_id → segment."""
    parts, paths = Parts(run), [_path(run, name) for name in (_ROWS, _FIGURES)]
    rows = account_segments(parts.year_accounts(), of_account)
    added = (rows, segments(rows, settings_of(run)))
    with written_whole(*paths) as drafts:
        for path, draft, table in zip(paths, drafts, added, strict=True):
            kept = pq.read_table(path)
            others = kept.filter(pc.not_equal(kept["field"], field))
            both = [one for one in (others, _with_field({field: table})) if len(one)]
            pq.write_table(pa.concat_tables(both, promote_options="default") if both else others, draft)


def _make(run: Run) -> None:
    from keyaccount_web.tables.ledger import whole_store

    try:
        store = whole_store(run.snapshot)
    except StoreError as error:
        if error.code != "snapshot.gone":
            raise
        store = None
    if store is None:
        raise RunError("run.ledger_gone", run=run.pk)
    inputs = kept_inputs(run) or RunInputs(groups_table(), cost_to_serve_table(), merged_table())
    found = key_accounts_of(
        facts_in(store, run, inputs), cost_to_serve=inputs.cost_to_serve, settings=settings_of(run)
    )
    keep_parts(run, found, store, inputs)


def _with_field(tables: Mapping[str, pa.Table]) -> pa.Table:
    parts = [
        table.add_column(0, "field", pa.repeat(pa.scalar(field), len(table)))
        for field, table in tables.items()
    ]
    if not parts:
        return pa.table({"field": pa.array([], pa.string())})
    told = pa.concat_tables(parts)
    return told.set_column(0, "field", pc.cast(told["field"], pa.string()))


def _path(run: Run, name: str) -> Path:
    return result_path(run).with_name(name)
