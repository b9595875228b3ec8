"""How does a draft of the yearly list come about? From a finished run, on the basis that the company sets (F7)."""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import pyarrow as pa
from django.db import IntegrityError, transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from keyaccount.errors import KeyAccountError
from keyaccount.find.groups import top_parents
from keyaccount.find.list_basis import ListBasis, Proposal, propose
from keyaccount.find.monthly_spend import average_monthly_spend
from keyaccount.ledger.merged import merged_groups, survivors
from keyaccount.reasons import Reason
from keyaccount_web.access.models import User
from keyaccount_web.find.models import KeyAccountList, ListEntry
from keyaccount_web.know.models import Account
from keyaccount_web.know.services import BATCH, accounts_from_ledger
from keyaccount_web.operate.queue import enqueue_with_records
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import FIND, accounts_in, inputs_for, kept_inputs, result, settings_of
from keyaccount_web.tables.ledger import whole_store

FIGURES = (
    "sales", "profit", "sales_rank", "profit_rank", "sales_share", "sales_running_share", "cost_to_serve", "orders",
    "order_days", "active_months", "largest_order_share", "sales_year_before", "monthly_spend", "members",
)  # fmt: skip
"""What an entry keeps of its row of the run."""
LONGEST = 2000
MOST_AT_ONCE = 50_000
"""Accounts of a run that are judged while somebody waits for the page; more are left to a worker."""


class YearlyListError(KeyAccountError):
    """The yearly list cannot be changed or published as asked."""


def basis_as_json(basis: ListBasis, standing: pa.Table | None = None) -> dict[str, Any]:
    """A basis as a list keeps it, with who had special standing at that time."""
    told: dict[str, Any] = json.loads(json.dumps(asdict(basis), default=str))
    if standing is not None:
        told["standings"] = standing.to_pylist()
    return told


def basis_of(told: KeyAccountList) -> ListBasis:
    spend = told.basis.get("monthly_spend_from")
    return ListBasis(
        in_set=told.basis["in_set"],
        monthly_spend_from=None if spend is None else Decimal(spend),
        standing=told.basis["standing"],
        mixed=told.basis["mixed"],
        guards_apply=told.basis["guards_apply"],
    )


def standing_of(told: KeyAccountList) -> pa.Table | None:
    """Who had special standing when the list was proposed."""
    rows = told.basis.get("standings")
    names = ("account_id", "account_name", "standing")
    schema = pa.schema([(name, pa.string()) for name in names])
    return None if rows is None else pa.Table.from_pylist(rows, schema=schema)


def until_of(run: Run) -> dt.date:
    """The last day of the year that a finished run has looked at."""
    until: str | None = run.until
    if until is None:
        raise YearlyListError("yearly.no_run", run=run.pk)
    return dt.date.fromisoformat(until)


def proposal_of(run: Run, basis: ListBasis, *, standing: pa.Table | None = None) -> Proposal:
    """Every account of a finished run judged for the list, from what the run was made of.

    Raises YearlyListError `yearly.old_run`; RunError `run.no_result`; ListError of `propose`; StoreError.
    """
    accounts, inputs = result(run, None), kept_inputs(run) or inputs_for(run)
    if "guard" not in accounts.column_names:
        raise YearlyListError("yearly.old_run", run=run.pk)
    spend = None
    if basis.monthly_spend_from is not None:
        store = whole_store(run.snapshot)
        if store is None:
            raise YearlyListError("yearly.no_run", run=run.pk)
        day = until_of(run) + dt.timedelta(days=1)
        spend = average_monthly_spend(store.condensed(), day, groups=inputs.groups, merged=inputs.merged)
    tops = top_parents(merged_groups(inputs.groups, survivors(inputs.merged)))
    return propose(
        accounts, basis, settings=settings_of(run), monthly_spend=spend, standing=standing, tops=tops
    )


def propose_list(
    user: User,
    run: Run,
    basis: ListBasis,
    *,
    year: int | None = None,
    standing: pa.Table | None = None,
    correction: str = "",
) -> KeyAccountList:
    """A draft of the list of `year` (preset: the one that begins after the run's) with an entry for every account in question.

    `correction`: why, where the year has a published list already, which stays in force until this one is published.

    Raises YearlyListError `yearly.no_run`, `yearly.year_far`, `yearly.open`, `yearly.published`, and those of `proposal_of`.
    """
    with transaction.atomic():
        told = _begun(user, run, basis, year, standing, correction)
        fill(told)
    return told


def begin_list(
    user: User,
    run: Run,
    basis: ListBasis,
    *,
    year: int | None = None,
    standing: pa.Table | None = None,
    correction: str = "",
) -> KeyAccountList:
    """The same, by a worker where the run has more than `MOST_AT_ONCE` accounts: its state is `proposing` until that is done.

    Raises YearlyListError as `propose_list`; what a worker meets stands in the list's `problem`.
    """
    if run.state != Run.State.DONE or accounts_in(run) <= MOST_AT_ONCE:
        return propose_list(user, run, basis, year=year, standing=standing, correction=correction)
    from keyaccount_web.find.tasks import fill_key_list

    with transaction.atomic():
        told = _begun(user, run, basis, year, standing, correction)
        enqueue_with_records(fill_key_list, told.pk)
    return told


def fill(told: KeyAccountList, say: Callable[[int], None] = lambda _percent: None) -> None:
    """Judge the run's accounts and make the list a draft with its entries; `say` is told how far it is [per cent]."""
    say(10)
    proposal = proposal_of(told.run, basis_of(told), standing=standing_of(told))
    say(50)
    rows = _rows_in_question(proposal)
    accounts_from_ledger((row["account_id"], row["account_name"]) for row in rows)
    told.entries.all().delete()  # of a worker that was killed
    entries = _entries(told, proposal, rows)
    for at in range(0, len(entries), BATCH):
        say(70 + 29 * at // len(entries))
        # Some at a time, so that others get their turn to write; nobody sees them yet.
        bulk_create_with_history(entries[at : at + BATCH], ListEntry, default_user=told.made_by)
    told.state, told.progress = KeyAccountList.State.DRAFT, 100
    told.save(update_fields=["state", "progress"])


def give_up(told: KeyAccountList, error: KeyAccountError) -> None:
    """It cannot be proposed: why stands on its page, and another may be begun."""
    told.state, told.problem = KeyAccountList.State.DROPPED, {"zh": error.text("zh"), "en": error.text("en")}
    told.save(update_fields=["state", "problem"])


def _begun(
    user: User,
    run: Run,
    basis: ListBasis,
    year: int | None,
    standing: pa.Table | None,
    correction: str,
) -> KeyAccountList:
    """The list without entries, if one may be begun."""
    if run.kind != FIND or run.state != Run.State.DONE:
        raise YearlyListError("yearly.no_run", run=run.pk)
    until = until_of(run)
    year = year or (until + dt.timedelta(days=1)).year
    if until.year not in (year - 1, year):
        raise YearlyListError("yearly.year_far", year=year, until=until)
    published = KeyAccountList.objects.filter(year=year, state=KeyAccountList.State.PUBLISHED).first()
    correction = correction.strip()[:LONGEST]
    if published is not None and not correction:
        raise YearlyListError("yearly.published", year=year)
    _check_none_open(year)
    try:
        with transaction.atomic():
            return KeyAccountList.objects.create(
                year=year,
                state=KeyAccountList.State.PROPOSING,
                run=run,
                until=until,
                basis=basis_as_json(basis, standing),
                corrects=published,
                correction=correction if published else "",
                made_by=user,
                made_at=timezone.now(),
            )
    except IntegrityError as error:  # somebody was faster
        raise YearlyListError("yearly.open", year=year) from error


def _check_none_open(year: int) -> None:
    states = (KeyAccountList.State.PROPOSING, KeyAccountList.State.DRAFT, KeyAccountList.State.IN_REVIEW)
    if KeyAccountList.objects.filter(year=year, state__in=states).exists():
        raise YearlyListError("yearly.open", year=year)


def _rows_in_question(proposal: Proposal) -> list[dict[str, Any]]:
    """The rows that a person may want to decide about: proposed, kept off by a guard, or rising; each with its `place`."""
    rows: list[dict[str, Any]] = []
    accounts = proposal.accounts
    for batch in accounts.append_column("place", pa.array(range(1, len(accounts) + 1))).to_batches(10_000):
        rows += [row for row in batch.to_pylist() if _is_in_question(row)]
    return rows


def _is_in_question(row: Mapping[str, Any]) -> bool:
    return bool(
        row["proposed"]
        or row["in_set"]
        or row["verdict"] == "rising"
        or (row["barred_by"] and row["spends_enough"])
    )


def _entries(told: KeyAccountList, proposal: Proposal, rows: Iterable[Mapping[str, Any]]) -> list[ListEntry]:
    """One for each account; of rows that were merged into one account since the run, the largest."""
    ids = {
        code: into or pk for code, pk, into in Account.with_merged.values_list("code", "pk", "merged_into")
    }
    entries: dict[int, ListEntry] = {}
    for row in rows:
        account_id = ids[row["account_id"]]
        if account_id in entries:
            entries[account_id].proposed |= row["proposed"]
            continue
        entries[account_id] = ListEntry(
            key_list=told,
            account_id=account_id,
            code=row["account_id"],
            name=row["account_name"] or row["account_id"],
            proposed=row["proposed"],
            verdict=row["verdict"] or "",
            place=row["place"],
            ways=row["ways"],
            reasons=reasons_as_json(proposal.why(row)),
            figures=figures_of(row),
        )
    return list(entries.values())


def figures_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a row of a run as an entry keeps them: money as text, to the last decimal."""
    kept: dict[str, Any] = {}
    for name in FIGURES:
        value = row.get(name)
        kept[name] = str(value) if isinstance(value, Decimal) else value
    return kept


def reasons_as_json(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(
        json.dumps([{"code": one.code, "values": dict(one.values)} for one in reasons], default=str)
    )
    return told
