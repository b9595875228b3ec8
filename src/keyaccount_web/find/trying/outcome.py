"""What would the list be with the settings tried, and who would enter and leave?"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import Count, Max, Sum
from django.utils import timezone

from keyaccount.find.key_accounts import KeyAccountList, key_accounts_of
from keyaccount.find.list_basis import Proposal, propose
from keyaccount.find.list_changes import ListChanges, list_changes
from keyaccount.find.profit import cost_at_rate
from keyaccount_web.find.trying.facts import HeldFacts, Waiting, facts_wanted, held_facts
from keyaccount_web.find.trying.settings import TrySettings
from keyaccount_web.know.models import CostToServe
from keyaccount_web.tables.records import cost_to_serve_table
from keyaccount_web.tables.standing import standing_table

TABS = ("on_list", "profitless", "one_time", "big_ticket", "rising", "entering", "leaving")
GUARDS = ("profitless", "one_time", "big_ticket")
MOST_SINGLES = 6
"""Of so many settings changed at once each is tried by itself; of more it would take too long."""
IN_MEMORY, ROWS_IN_MEMORY = 6, 1_500_000
"""What is kept of each process: so many lists, of so many accounts together; always the last two."""

_lock = threading.Lock()
_proposed: OrderedDict[Any, "Tried"] = OrderedDict()
_costs: OrderedDict[Any, pa.Table | None] = OrderedDict()


@dataclass(frozen=True)
class Tried:
    """One set of settings, worked out."""

    settings: TrySettings
    found: KeyAccountList
    proposal: Proposal


@dataclass(frozen=True)
class Outcome:
    """What was tried, beside what holds."""

    tried: Tried
    base: Tried
    changes: ListChanges
    differences: tuple[str, ...]
    """The settings that differ."""
    told_apart: bool
    """Whether each change is told which setting alone makes it."""

    def rows(self, tab: str) -> pa.Table:
        """The accounts of one tab."""
        if tab in ("entering", "leaving"):
            enters = self.changes.rows["enters"]
            return self.changes.rows.filter(enters if tab == "entering" else pc.invert(enters))
        return self.tried.proposal.accounts.filter(pa.array(self._marks(tab)))

    def counts(self) -> dict[str, int]:
        enters = int(pc.sum(self.changes.rows["enters"]).as_py() or 0)
        counted = {tab: int(self._marks(tab).sum()) for tab in TABS[:5]}
        return {**counted, "entering": enters, "leaving": len(self.changes.rows) - enters}

    def _marks(self, tab: str) -> Any:
        accounts = self.tried.proposal.accounts
        if tab == "on_list":
            return np.asarray(accounts["proposed"].combine_chunks())
        verdict = _equals(accounts["verdict"], tab)
        if tab not in GUARDS:
            return verdict
        # Those outside the set, too, whom their spend would bring on the list.
        return verdict | (_equals(accounts["barred_by"], tab) & np.asarray(accounts["spends_enough"]))


def outcome(asked: TrySettings, start: TrySettings) -> Outcome | Waiting:
    """The list with the settings `asked`, against the one with those of `start`.

    Raises what `key_accounts_of` and `propose` raise; RunError `run.no_ledger`; StoreError.
    """
    worked = _Worked()
    tried, base = worked.out(asked), worked.out(start)
    if isinstance(tried, Waiting):
        return tried
    if isinstance(base, Waiting):
        return base
    same_year = tried.found.settings.until == base.found.settings.until
    differences = tuple(name for name in start.differences(asked) if not (name == "until" and same_year))
    singles = _singles(worked, start, asked, differences) if 1 < len(differences) <= MOST_SINGLES else None
    changes = list_changes(base.proposal, tried.proposal, singles=singles)
    return Outcome(tried, base, changes, differences, singles is not None)


def _singles(
    worked: "_Worked", start: TrySettings, asked: TrySettings, differences: tuple[str, ...]
) -> dict[str, pa.Table] | None:
    """The candidates with each of the differing settings changed alone; None: one of them is still being read."""
    told = {}
    for name in differences:
        one = start.with_one(name, asked)
        if one is None:
            continue
        worked_out = worked.out(one)
        if isinstance(worked_out, Waiting):
            return None
        told[name] = worked_out.proposal.candidates
    return told


class _Worked:
    """Works settings out on the records as they stand at one moment."""

    def __init__(self) -> None:
        self.standing = standing_table(timezone.localdate())
        self.costs_key = _costs_key()
        self.facts: dict[Any, HeldFacts | Waiting] = {}

    def out(self, settings: TrySettings) -> Tried | Waiting:
        held = self._facts(settings)
        if isinstance(held, Waiting):
            return held
        standing = self.standing if settings.basis.standing else None
        key = (held.key, self.costs_key, settings, None if standing is None else str(standing.to_pydict()))
        found: Tried | None = _kept(_proposed, key)
        if found is None:
            found = self._worked(settings, held, standing)
            _keep(_proposed, key, found)
            _make_room()
        return found

    def _facts(self, settings: TrySettings) -> HeldFacts | Waiting:
        asked = (settings.find.until, settings.options.groups)
        if asked not in self.facts:
            wanted = facts_wanted(settings.find.until, groups=settings.options.groups)
            self.facts[asked] = held_facts(wanted)
        return self.facts[asked]

    def _worked(self, settings: TrySettings, held: HeldFacts, standing: pa.Table | None) -> Tried:
        found = key_accounts_of(
            held.facts, cost_to_serve=self._service(settings, held), settings=settings.find
        )
        proposal = propose(
            found.accounts,
            settings.basis,
            settings=found.settings,
            monthly_spend=held.monthly_spend,
            standing=standing,
            tops=found.groups,
        )
        return Tried(settings, found, proposal)

    def _service(self, settings: TrySettings, held: HeldFacts) -> pa.Table | None:
        if settings.options.service == "none":
            return None
        if settings.options.service == "rate":
            return cost_at_rate(held.facts.years, settings.options.service_rate)
        with _lock:
            if self.costs_key in _costs:
                return _costs[self.costs_key]
        costs = cost_to_serve_table()
        _keep(_costs, self.costs_key, costs, most=1)
        return costs


def _costs_key() -> Any:
    """Another one when anything entered has changed."""
    told = CostToServe.objects.aggregate(n=Count("pk"), last=Max("pk"), sum=Sum("amount"))
    changed = CostToServe.history.aggregate(last=Max("history_id"))
    return (*told.values(), changed["last"])


def _kept(kept: OrderedDict[Any, Any], key: Any) -> Any:
    with _lock:
        if key in kept:
            kept.move_to_end(key)
        return kept.get(key)


def _keep(kept: OrderedDict[Any, Any], key: Any, value: Any, *, most: int = IN_MEMORY) -> None:
    with _lock:
        kept[key] = value
        while len(kept) > most:
            kept.popitem(last=False)


def _make_room() -> None:
    with _lock:
        while len(_proposed) > 2 and _rows_held() > ROWS_IN_MEMORY:
            _proposed.popitem(last=False)


def _rows_held() -> int:
    return sum(len(one.proposal.accounts) for one in _proposed.values())


def _equals(column: Any, value: str) -> Any:
    return np.asarray(pc.fill_null(pc.equal(column, value), fill_value=False))
