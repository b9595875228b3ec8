"""Who changed which field of an account, when, and what stood there before? (K1)"""

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from keyaccount_web.know.models import Account
from keyaccount_web.know.services import EDITABLE

SHOWN = (*EDITABLE, "owner", "unit")


@dataclass(frozen=True)
class Version:
    """An account as it was from some moment on."""

    entry: Any
    """Its row of the history: history_id, history_date, history_user, history_type."""
    changes: list[tuple[str, Any, Any]]
    """field, before, after; none of the first version."""
    older: Any
    """The row before; None: it is the first that is shown."""


def versions_of(account: Account, *, most: int = 100) -> list[Version]:
    """The newest first."""
    rows = list(account.history.select_related("history_user")[:most])
    return [
        Version(newer, [] if older is None else _changes(newer, older), older)
        for newer, older in zip_longest(rows, rows[1:])
    ]


def _changes(newer: Any, older: Any) -> list[tuple[str, Any, Any]]:
    told = newer.diff_against(older, included_fields=list(SHOWN), foreign_keys_are_objs=True)
    return [(one.field, one.old, one.new) for one in told.changes]
