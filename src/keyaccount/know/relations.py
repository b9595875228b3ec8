"""How well do we stand with the people at a customer's, and what is missing? (K2)

Worked by hand in docs/en/calculations/relations.md.
"""

import datetime as dt
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from keyaccount.reasons import Reason

ROLES = ("decision_maker", "approver", "buyer", "user", "influencer", "gatekeeper")
"""What somebody does when their company buys; one person may do several."""
STANCES = ("mentor", "supporter", "neutral", "critic", "enemy")
"""Towards us. Mentor: sells for us when we are absent. Unknown is no stance."""
FOR_US, AGAINST_US = ("mentor", "supporter"), ("critic", "enemy")
POLITICAL = ("inner_circle", "political_structure", "outside")
"""Key players are those of the inner circle or the political structure."""
LIGHTS = ("red", "amber", "green")
LEAST_RELATIONS = 2
STALE_DAYS = 90
TOUCHES_TO_JUDGE = 3
"""Fewer touches in a year do not say that all goes through one person."""


@dataclass(frozen=True)
class PersonState:
    """One person at the customer's."""

    key: Hashable
    name: str
    roles: frozenset[str] = field(default_factory=frozenset)
    stance: str = ""
    """Of `STANCES`; empty: not known."""
    political: str = ""
    """Of `POLITICAL`; empty: not known."""
    touches: int = 0
    """With our people in the twelve months to the day asked for."""
    last_touch: dt.date | None = None

    @property
    def is_key_player(self) -> bool:
        return self.political in ("inner_circle", "political_structure")

    @property
    def is_for_us(self) -> bool:
        return self.stance in FOR_US


@dataclass(frozen=True)
class Relations:
    """What the map of a customer says."""

    light: str
    """green: a key player for us who decides or approves; amber: a key player for us; red: none."""
    warnings: tuple[Reason, ...]
    """What is missing, the worst first; each says what to do."""
    supporters: int
    opponents: int


def relations(
    people: Iterable[PersonState], *, until: dt.date, single_needs: int = 0, stale_days: int = STALE_DAYS
) -> Relations:
    """Judge the map of one customer.

    Parameters
    ----------
    people : those known there. single_needs : open needs that nobody else confirmed.
    until : the day as of which touches are old. stale_days : after so many days without a touch a key player, decision maker or
        approver counts as not seen lately.

    Returns
    -------
    warnings, those that apply, in this order: people.none (then nothing else is asked); people.no_decision_maker;
    people.no_sponsor (nobody for us); people.outnumbered (those for us are not more than those against us; only where somebody is
    either); people.few_relations (in touch with fewer than two within the year); people.single_voice (three touches or more within
    the year, all with one person); people.single_needs; people.stale (names); people.no_opponent (nobody known to be against us:
    find who supports the competition).

    References
    ----------
    Row K2; practice, "KNOW": the checks of relationship maps that sellers know. A spokesman may serve his own interest.
    """
    known = list(people)
    if not known:
        return Relations("red", (Reason("people.none", {}),), 0, 0)
    supporters = [one for one in known if one.is_for_us]
    opponents = [one for one in known if one.stance in AGAINST_US]
    for_us = [one for one in supporters if one.is_key_player]
    deciding = [one for one in for_us if one.roles & {"decision_maker", "approver"}]
    found: list[Reason] = []
    if not any("decision_maker" in one.roles for one in known):
        found.append(Reason("people.no_decision_maker", {"n": len(known)}))
    if not supporters:
        found.append(Reason("people.no_sponsor", {"n": len(known)}))
    if (supporters or opponents) and len(supporters) <= len(opponents):
        found.append(
            Reason("people.outnumbered", {"supporters": len(supporters), "opponents": len(opponents)})
        )
    in_touch = [one for one in known if one.touches]
    if len(in_touch) < LEAST_RELATIONS:
        found.append(Reason("people.few_relations", {"n": len(in_touch), "least": LEAST_RELATIONS}))
    total = sum(one.touches for one in known)
    if total >= TOUCHES_TO_JUDGE and len(in_touch) == 1:
        found.append(Reason("people.single_voice", {"name": in_touch[0].name, "n": total}))
    if single_needs:
        found.append(Reason("people.single_needs", {"n": single_needs}))
    oldest = until - dt.timedelta(days=stale_days)
    stale = [
        one.name
        for one in known
        if (one.is_key_player or one.roles & {"decision_maker", "approver"})
        and (one.last_touch is None or one.last_touch < oldest)
    ]
    if stale:
        found.append(Reason("people.stale", {"names": stale, "days": stale_days}))
    if not opponents:
        found.append(Reason("people.no_opponent", {}))
    light = "green" if deciding else "amber" if for_us else "red"
    return Relations(light, tuple(found), len(supporters), len(opponents))


def circle(reports_to: dict[Hashable, Hashable], person: Hashable, above: Hashable | None) -> bool:
    """Whether `person` would, with `above` over them, be their own superior."""
    seen = {person}
    while above is not None:
        if above in seen:
            return True
        seen.add(above)
        above = reports_to.get(above)
    return False
