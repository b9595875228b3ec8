"""Which needs of a customer are waiting for us, since when, and which rest on a single voice? (K5)

Worked by hand in docs/en/calculations/needs.md.
"""

import datetime as dt
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from keyaccount.errors import SettingError
from keyaccount.reasons import Reason

STANDINGS = ("implicit", "explicit", "proposed", "answered", "dropped")
"""The way of a need. Implicit: a complaint, a doubt, something we noticed. Explicit: the customer says that it wants it.
Proposed: it has our proposal. Answered: it has taken or refused that. Dropped: given up, with the reason."""
NEXT: Mapping[str, tuple[str, ...]] = {
    "implicit": ("explicit", "dropped"),
    "explicit": ("proposed", "dropped"),
    "proposed": ("answered", "explicit", "dropped"),
    "answered": ("explicit",),
    "dropped": ("implicit", "explicit"),
}
"""Where a need may go from each standing. A proposal before the need is said by the customer comes too early."""
WAITING_DAYS: Mapping[str, int] = {"implicit": 14, "explicit": 21, "proposed": 30}
"""Days after which a need that has not moved reminds; presets of the settings `needs.*_days`."""
AGAIN_DAYS = 14
VOICES = 2
"""So many different people must have said it, else it is a single voice."""


@dataclass(frozen=True)
class NeedState:
    """One need as it stands."""

    key: Hashable
    standing: str
    """One of `STANDINGS`."""
    since: dt.date
    """When it last moved: came to its standing, or was said again by somebody."""


@dataclass(frozen=True)
class NeedDue:
    """A need that has waited too long."""

    state: NeedState
    waited_days: int
    round: int
    """1 when it first reminds, one more with each `again_days`."""
    reason: Reason


def needs_due(
    states: Iterable[NeedState],
    *,
    until: dt.date,
    waiting_days: Mapping[str, int] = WAITING_DAYS,
    again_days: int = AGAIN_DAYS,
) -> list[NeedDue]:
    """The open needs that have not moved for longer than allowed, the longest over its limit first.

    Parameters
    ----------
    states : one per need; answered and dropped ones wait for nothing.
    until : today.
    waiting_days : days by standing, at least 1; a standing without a limit never reminds.
    again_days : days until it reminds again, at least 1.

    Returns
    -------
    waited_days = until - since [days], due from waited_days ≥ limit on; round = 1 + (waited_days - limit) // again_days. A `since`
    after `until` waits 0 days. Ties break by the order given.

    Raises
    ------
    SettingError `setting.range` for a limit below 1.
    """
    for name, days in [*waiting_days.items(), ("again", again_days)]:
        if days < 1:
            raise SettingError("setting.range", name=f"needs.{name}_days", allowed="≥ 1", value=days)
    found = []
    for state in states:
        limit = waiting_days.get(state.standing)
        waited = max(0, (until - state.since).days)
        if limit is None or waited < limit:
            continue
        reason = Reason(f"need.due.{state.standing}", {"days": waited, "limit": limit})
        found.append((waited - limit, NeedDue(state, waited, 1 + (waited - limit) // again_days, reason)))
    found.sort(key=lambda one: -one[0])
    return [due for _, due in found]


def is_single_voice(voices: Iterable[Hashable | None]) -> bool:
    """Whether fewer than two different people have said it. A voice without a name (None) may be anybody's: it counts for none.

    A spokesman may serve his own interest (K2), so one person who says a thing three times is still one voice.
    """
    return len({voice for voice in voices if voice is not None}) < VOICES
