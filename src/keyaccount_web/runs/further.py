"""What is calculated along with every run of `find`, and what follows when one becomes current? Chapters add theirs from ready()."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keyaccount.find.key_accounts import KeyAccountList
from keyaccount.ledger.store.reading import LedgerStore
from keyaccount_web.runs.models import Run


@dataclass(frozen=True)
class Further:
    """One more calculation, which keeps its own result beside the run's."""

    name: str
    compute: Callable[[Run, LedgerStore, KeyAccountList], Any]
    """From the run, the store at its snapshot and what `find` gave."""
    prepare: Callable[[Run], Callable[[], None]]
    """Makes ready what lists are to show; what it gives is called in the transaction that makes the run current, which should be short."""


_further: dict[str, Further] = {}


def add_further(further: Further) -> None:
    """Adding it again replaces it."""
    _further[further.name] = further


def compute_further(run: Run, store: LedgerStore, found: KeyAccountList) -> None:
    for one in _further.values():
        one.compute(run, store, found)


def prepare_further(run: Run) -> list[Callable[[], None]]:
    return [one.prepare(run) for one in _further.values()]
