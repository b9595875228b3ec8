"""Which two or three fields of an account are most worth confirming today? (K1, K9)

Worked by hand in docs/en/work.md, "Freshness".
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SHELF_LIVES: Mapping[str, int] = {
    "address": 365,
    "industry": 730,
    "channel": 730,
    "tax_number": 1095,
    "website": 730,
    "contact.phone": 180,
    "contact.email": 365,
    "contact.title": 365,
    "contact.department": 365,
    "profile.size": 730,
    "profile.production": 365,
    "profile.finances": 365,
    "profile.credit": 180,
}
"""Days after which a field asks to be confirmed; presets of the settings `freshness.*`."""

WEIGHTS: Mapping[str, float] = {
    "address": 3,
    "industry": 2,
    "channel": 1,
    "tax_number": 2,
    "website": 1,
    "contact.phone": 4,
    "contact.email": 2,
    "contact.title": 2,
    "contact.department": 1,
    "profile.size": 1,
    "profile.production": 2,
    "profile.finances": 2,
    "profile.credit": 3,
}
"""How much it costs when the field is wrong, against the others."""

UNCONFIRMED = 1.0
"""Shelf lives that a filled field counts as old while nobody has confirmed it."""
EMPTY = 2.0
"""The same for an empty field."""
ASKED = 3


@dataclass(frozen=True)
class FieldState:
    """One field of an account or of one of its contacts."""

    key: str
    """Tells it from the others, such as `contact.phone/12`."""
    field: str
    """A name of `SHELF_LIVES`."""
    is_empty: bool
    confirmed_date: dt.date | None
    """When it was last edited, imported or confirmed; None: not known."""


@dataclass(frozen=True)
class FieldToConfirm:
    """A field past its shelf life."""

    state: FieldState
    worth: float
    """Weight × age ÷ shelf life."""
    age_days: int | None
    """None: never confirmed."""


def fields_to_confirm(
    states: Iterable[FieldState],
    *,
    until: dt.date,
    is_key: bool,
    shelf_lives: Mapping[str, int] = SHELF_LIVES,
    weights: Mapping[str, float] = WEIGHTS,
    most: int | None = ASKED,
) -> list[FieldToConfirm]:
    """The fields past their shelf life, the most worth confirming first.

    Parameters
    ----------
    states : the fields; names outside `shelf_lives` are left out.
    until : today.
    is_key : empty fields of a key account stand before all others.
    shelf_lives : days, at least 1.
    weights : above 0; a field without one weighs 1.
    most : how many are asked for at once; None: all.

    Returns
    -------
    worth = weight × age ÷ shelf life, age and shelf life in days. Never confirmed: age = shelf life where it is filled, twice the
    shelf life where it is empty; a date after `until`: age 0. An empty field that was confirmed is known to have nothing in it.
    Asked for from age ÷ shelf life ≥ 1 on. Ties break by key.
    """
    found = []
    for state in states:
        shelf_life = shelf_lives.get(state.field)
        if shelf_life is None:
            continue
        age_days = None
        if state.confirmed_date is None:
            ratio = EMPTY if state.is_empty else UNCONFIRMED
        else:
            age_days = max(0, (until - state.confirmed_date).days)
            ratio = age_days / shelf_life
        if ratio >= 1:
            found.append(FieldToConfirm(state, weights.get(state.field, 1.0) * ratio, age_days))
    found.sort(key=lambda one: (not (is_key and one.state.is_empty), -one.worth, one.state.key))
    return found[:most]
