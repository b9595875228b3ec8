"""How is a calculation started, kept, repeated, made current, compared?"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings as django_settings
from django.db import transaction
from django.utils import timezone

from keyaccount import __version__
from keyaccount.errors import KeyAccountError
from keyaccount.find.facts import AccountFacts
from keyaccount.find.profit import cost_at_rate
from keyaccount.find.reasons import reasons_of
from keyaccount.find.settings import FindSettings
from keyaccount.ledger.merged import survivors
from keyaccount.reasons import Reason
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.api.events import tell
from keyaccount_web.operate.disk import in_words
from keyaccount_web.operate.per_request import once_a_request
from keyaccount_web.operate.queue import enqueue_with_records
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.options import options_of
from keyaccount_web.tables.records import cost_to_serve_table, groups_table, merged_table

FIND = "find"
FEW_CODES = 20
GROUP_ROWS = 2000


class RunError(KeyAccountError):
    """A run cannot be started or used as asked."""


def new_find(
    user: User,
    settings: FindSettings,
    *,
    snapshot: int | None = None,
    repeats: Run | None = None,
    more: Mapping[str, Any] | None = None,
) -> Run:
    """A run of `find` over the ledger, as it stands or at `snapshot`, not begun yet.

    `more` is kept among its settings: `RunOptions.as_json()`, and what other chapters want to find again with the run.
    """
    return Run.objects.create(
        kind=FIND,
        settings={**settings_as_json(settings), **(more or {})},
        started_by=user,
        snapshot=snapshot,
        version=__version__,
        repeats=repeats,
    )


def start(run: Run) -> Run:
    """Queue a run, in the transaction that made it; a worker takes it from there."""
    from keyaccount_web.runs.tasks import run_find

    enqueue_with_records(run_find, run.pk)
    return run


def begin_find(user: User, settings: FindSettings, *, more: Mapping[str, Any] | None = None) -> Run:
    """A new run, queued."""
    with transaction.atomic():
        return start(new_find(user, settings, more=more))


@once_a_request
def current_run() -> Run | None:
    """The run of `find` whose figures lists and pages show. Its summary, a thousand points of a curve, is read when asked."""
    return Run.objects.defer("summary", "imports").filter(kind=FIND, is_current=True).first()


def repeat(run: Run, user: User) -> Run:
    """The same calculation from the same snapshot and the same inputs again."""
    with transaction.atomic():
        return start(new_repeat(run, user))


def new_repeat(run: Run, user: User) -> Run:
    """The same, not begun."""
    return new_find(user, settings_of(run), snapshot=run.snapshot, repeats=run, more=run.settings)


def settings_as_json(settings: FindSettings) -> dict[str, Any]:
    """Settings as a run keeps them."""
    kept: dict[str, Any] = json.loads(json.dumps(asdict(settings), default=str))
    return kept


def settings_of(run: Run) -> FindSettings:
    """The settings that a run was made with."""
    kinds = {field.name: field.type for field in fields(FindSettings)}
    values: dict[str, Any] = {}
    for name, value in run.settings.items():
        if name not in kinds:
            continue
        if name == "until":
            values[name] = dt.date.fromisoformat(value) if value else None
        else:
            values[name] = Decimal(value) if "Decimal" in str(kinds[name]) else value
    return FindSettings(**values)


@dataclass(frozen=True)
class RunInputs:
    """The records that a run is made of, beside the ledger."""

    groups: pa.Table
    cost_to_serve: pa.Table | None
    merged: pa.Table


def inputs_for(run: Run) -> RunInputs:
    """What a run is to be made of: for one that repeats another what that one was made of, else the records as they stand.

    A run from before inputs were kept is repeated with the records as they stand.
    """
    kept = kept_inputs(run.repeats) if run.repeats else None
    if kept is not None:
        return kept
    options = options_of(run)
    return RunInputs(
        groups_table() if options.groups else groups_table().slice(0, 0),
        cost_to_serve_table() if options.service == "entered" else None,
        merged_table(),
    )


def with_rated_service(run: Run, inputs: RunInputs, facts: AccountFacts) -> RunInputs:
    """The inputs with a cost to serve by rate, where the run asks for one and does not repeat another that had it."""
    options = options_of(run)
    if options.service != "rate" or inputs.cost_to_serve is not None:
        return inputs
    return replace(inputs, cost_to_serve=cost_at_rate(facts.years, options.service_rate))


def keep_inputs(run: Run, inputs: RunInputs) -> None:
    """Write them beside the result, so that the run can be made again when the records have changed."""
    folder = run_folder(run)
    folder.mkdir(parents=True, exist_ok=True)
    for field in fields(RunInputs):
        table = getattr(inputs, field.name)
        if table is not None:
            pq.write_table(table, folder / f"{field.name}.parquet")


def kept_inputs(run: Run) -> RunInputs | None:
    """What a run was made of; None: it is from before that was kept, or has not begun."""
    folder = run_folder(run)
    tables = {
        field.name: pq.read_table(folder / f"{field.name}.parquet")
        for field in fields(RunInputs)
        if (folder / f"{field.name}.parquet").exists()
    }
    return RunInputs(**{"cost_to_serve": None, **tables}) if {"groups", "merged"} <= tables.keys() else None


def merged_otherwise(run: Run) -> frozenset[str]:
    """The accounts that have been merged, or taken apart again, since a run was made: their figures are not quite its own."""
    then, now = _merged_then(run_folder(run) / "merged.parquet"), survivors(merged_table())
    return frozenset(into for _, into in set(then.items()) ^ set(now.items()))


def _merged_then(path: Path) -> Mapping[str, str]:
    try:
        return _merged_in(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return {}


@lru_cache(maxsize=64)
def _merged_in(path: Path, _written_at: int) -> Mapping[str, str]:
    return survivors(pq.read_table(path))


def result_path(run: Run) -> Path:
    """Where the rows of a run's result lie."""
    return run_folder(run) / "accounts.parquet"


def run_folder(run: Run) -> Path:
    """Where all that is kept of a run lies."""
    return Path(django_settings.HOME) / "runs" / str(run.pk)


def keep_table(run: Run, name: str, table: pa.Table) -> None:
    """Write what else was found, beside the result."""
    folder = run_folder(run)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / f"{name}.parquet")


def kept_table(run: Run, name: str, *, codes: Iterable[str] | None = None) -> pa.Table | None:
    """What `keep_table` wrote, all of it or of these accounts; None: it was not found, or the run is from before it was looked for."""
    path = run_folder(run) / f"{name}.parquet"
    if not path.exists():
        return None
    return pq.read_table(path, filters=None if codes is None else [("account_id", "in", list(codes))])


def keep_result(run: Run, accounts: pa.Table) -> None:
    """Write the rows of the result, and once more by account in small groups, so that one account's row is found at once."""
    path = result_path(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(accounts, path)
    pq.write_table(accounts.sort_by("account_id"), _by_account(path), row_group_size=GROUP_ROWS)


def _by_account(path: Path) -> Path:
    return path.with_name("by_account.parquet")


def result(run: Run, codes: list[str] | None) -> pa.Table:
    """The rows of a run's result, cut to the accounts in `codes` (None: all of them may be seen).

    Raises RunError `run.no_result`.
    """
    path = result_path(run)
    if run.state != Run.State.DONE or not path.exists():
        raise RunError("run.no_result", run=run.pk)
    if codes is None:
        return pq.read_table(path)
    if len(codes) <= FEW_CODES and _by_account(path).exists():
        return _few_rows(_by_account(path), codes)
    return pq.read_table(path, filters=[("account_id", "in", codes)])


def accounts_in(run: Run) -> int:
    """How many accounts a finished run has judged. Raises RunError `run.no_result`."""
    if run.state != Run.State.DONE or not result_path(run).exists():
        raise RunError("run.no_result", run=run.pk)
    return int(pq.read_metadata(result_path(run)).num_rows)


def _few_rows(path: Path, codes: list[str]) -> pa.Table:
    """Only the groups of rows are read in which the accounts can be."""
    told, ranges = _groups_in(path, path.stat().st_mtime_ns)
    at = [i for i, (low, high) in enumerate(ranges) if any(low <= code <= high for code in codes)]
    with pq.ParquetFile(path, metadata=told) as file:
        found = file.read_row_groups(at)
    return found.filter(pc.is_in(found["account_id"], pa.array(codes, pa.string())))


@lru_cache(maxsize=8)
def _groups_in(path: Path, _written_at: int) -> tuple[pq.FileMetaData, list[tuple[str, str]]]:
    told = pq.read_metadata(path)
    column = told.schema.names.index("account_id")
    # By code points as in the file, whose order is that of Python.
    sides = [told.row_group(i).column(column).statistics for i in range(told.num_row_groups)]
    return told, [(one.min, one.max) for one in sides]


def reasons_for(user: User, run: Run, row: Mapping[str, Any]) -> list[Reason]:
    """Why a row of the result has its verdict; shares and thresholds of the whole only for those who may see them."""
    reasons = reasons_of_run(run, row)
    return reasons if may(user, Right.COMPANY_FIGURES) else [without_the_whole(reason) for reason in reasons]


def reasons_of_run(run: Run, row: Mapping[str, Any]) -> list[Reason]:
    """The same with all that is said, not to be shown to everybody."""
    return reasons_of(row, settings=settings_of(run), smallest_in_set=of_summary(run).smallest_in_set)


@dataclass(frozen=True)
class OfSummary:
    """What pages of single accounts need of a summary."""

    until: dt.date | None
    smallest_in_set: Decimal | None
    """Sales of the smallest account in the set [company currency]."""


def of_summary(run: Run) -> OfSummary:
    """Asked of the database by itself, since the summary has a thousand points of a curve; and once, since what has ended stays."""
    return _of_summary(run.pk, run.ended_at)


@lru_cache(maxsize=256)
def _of_summary(run_id: int, _ended_at: dt.datetime | None) -> OfSummary:
    until, smallest = (
        Run.objects.filter(pk=run_id)
        .values_list("summary__settings__until", "summary__summary__smallest_in_set")
        .get()
    )
    return OfSummary(
        dt.date.fromisoformat(until) if until else None,
        None if smallest is None else Decimal(str(smallest)),
    )


def without_the_whole(reason: Reason) -> Reason:
    """Rank and share together would give the company's total away."""
    kind = reason.code.rpartition(".")[0]
    if kind in ("reason.in_set", "reason.out_of_set", "reason.rising"):
        return Reason(kind.replace("reason", "scoped"), reason.values)
    return reason


@dataclass(frozen=True)
class Change:
    """How an account stands in two runs."""

    account_id: str
    account_name: str | None
    before: str | None
    """Verdict; None: not in that run."""
    after: str | None
    sales_before: Decimal | None
    sales_after: Decimal | None


def compare(before: Run, after: Run, codes: list[str] | None) -> list[Change]:
    """The visible accounts whose verdict differs between two runs, largest first."""
    old = {row["account_id"]: row for row in _rows(before, codes)}
    new = {row["account_id"]: row for row in _rows(after, codes)}
    changes = [
        Change(
            account_id=account_id,
            account_name=(new.get(account_id) or old[account_id])["account_name"],
            before=old[account_id]["verdict"] if account_id in old else None,
            after=new[account_id]["verdict"] if account_id in new else None,
            sales_before=old[account_id]["sales"] if account_id in old else None,
            sales_after=new[account_id]["sales"] if account_id in new else None,
        )
        for account_id in old.keys() | new.keys()
        if (old.get(account_id) or {}).get("verdict") != (new.get(account_id) or {}).get("verdict")
    ]
    return sorted(
        changes, key=lambda one: (-(one.sales_after or one.sales_before or Decimal(0)), one.account_id)
    )


def _rows(run: Run, codes: list[str] | None) -> list[dict[str, Any]]:
    table = result(run, codes).select(["account_id", "account_name", "verdict", "sales"])
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


@contextmanager
def told_to(run: Run) -> Iterator[None]:
    """Keep what goes wrong with a run in words for its reader."""
    try:
        yield
    except Exception as error:
        # Whatever it was, nobody should wait for this run any longer.
        told = (
            error
            if isinstance(error, KeyAccountError)
            else in_words(error) or RunError("run.broken", error=type(error).__name__)
        )
        failed(run, told)
        if told is not error:
            raise


@transaction.atomic
def failed(run: Run, error: KeyAccountError) -> None:
    """It has ended without a result; why is kept, and told."""
    run.state, run.error = Run.State.FAILED, {"zh": error.text("zh"), "en": error.text("en")}
    run.ended_at = timezone.now()
    run.save(update_fields=["state", "error", "ended_at"])
    tell("run.done", {"run": {"id": run.pk, "kind": run.kind, "state": run.state}})
