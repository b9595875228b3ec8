"""How many managers does the work at key accounts ask for? The chapter that reckons it says so here (C5, F9).

add_workload(key_account_work)  # gives Workload, or None to whom nothing may be told
"""

from collections.abc import Callable
from dataclasses import dataclass

from keyaccount_web.access.models import User


@dataclass(frozen=True)
class Workload:
    """What the tiers of key accounts ask for, over the whole company."""

    accounts: int
    hours: float
    """[hours a year]"""
    managers: float
    """Hours ÷ what one manager does, not rounded."""
    url: str
    """What is behind it."""


_reckoned: list[Callable[[User], Workload | None]] = []


def add_workload(reckon: Callable[[User], Workload | None]) -> None:
    """Adding another one replaces it."""
    _reckoned[:] = [reckon]


def workload_for(user: User) -> Workload | None:
    return next((told for reckon in _reckoned if (told := reckon(user)) is not None), None)
