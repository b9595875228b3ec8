"""How are customers near the line between two channels served, and does one team for both help? (C4)

Worked by hand in the docs, "The border".
"""

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist, fmean, pstdev, variance

from keyaccount.cover.tiers import TierSettings
from keyaccount.errors import KeyAccountError, SettingError

GROUPS = ("tier_above", "band_above", "band_below", "tier_below")
"""From the largest spend to the smallest. The line belongs to the band above it."""
LEAST_ACCOUNTS = 5
"""Of fewer accounts, on either side, a trial says nothing."""
LIKE_ACCOUNTS = 3
"""So many like accounts stand beside each account of a trial."""


class BorderError(KeyAccountError):
    """A trial that cannot be measured."""


@dataclass(frozen=True)
class BorderSettings:
    """What counts as near the line."""

    width: Decimal = Decimal("0.2")
    """Within this share of the line, on either side, both ends included."""

    def __post_init__(self) -> None:
        if not 0 < self.width < 1:
            raise SettingError("setting.range", name="border.width", allowed="(0, 1)", value=self.width)


def border_group(
    monthly_spend: Decimal, tiers: TierSettings | None = None, settings: BorderSettings | None = None
) -> str | None:
    """Of `GROUPS`; None: far from the line between business and key accounts.

    tier_above reaches from the band to the next key account tier's line, tier_below from the band down to the line of the highest
    business tier below it; where there is no such line, without an end.
    """
    tiers, settings = tiers or TierSettings(), settings or BorderSettings()
    line = tiers.key_account_line
    low, high = line * (1 - settings.width), line * (1 + settings.width)
    if low <= monthly_spend <= high:
        return "band_above" if monthly_spend >= line else "band_below"
    if monthly_spend > high:
        above = [one.line for one in tiers.of("key_account") if one.line > high]
        return "tier_above" if not above or monthly_spend < min(above) else None
    below = [one.line for one in tiers.of("business") if one.line < low]
    return "tier_below" if not below or monthly_spend >= max(below) else None


@dataclass(frozen=True)
class Served:
    """How one account was served in twelve months. Money [company currency]."""

    group: str
    touches: int
    sales: Decimal
    sales_before: Decimal
    """In the twelve months before."""
    list_amount: Decimal | None = None
    """Of its lines whose list price is known; None: there are none."""
    net_amount: Decimal | None = None
    """Of the same lines."""
    complaints: int | None = None
    """None: complaints are not recorded."""


@dataclass(frozen=True)
class GroupServed:
    """How a group was served."""

    group: str
    accounts: int
    touches: float | None
    """An account."""
    with_discount: float | None
    """Share of the accounts with a known list price that paid less than it."""
    depth: float | None
    """(list − net) ÷ list over their lines."""
    complaints: float | None
    """An account."""
    growth: float | None
    """Σ sales ÷ Σ sales_before − 1; None: nothing was bought before."""


def served_by_group(accounts: Iterable[Served]) -> list[GroupServed]:
    """One row per group of `GROUPS`, in that order, also where it has no account."""
    rows: dict[str, list[Served]] = {group: [] for group in GROUPS}
    for one in accounts:
        rows[one.group].append(one)
    return [_group(group, those) for group, those in rows.items()]


def _group(group: str, rows: Sequence[Served]) -> GroupServed:
    priced = [
        (one.list_amount, one.net_amount)
        for one in rows
        if one.list_amount is not None and one.net_amount is not None
    ]
    listed = sum((amount for amount, _ in priced), Decimal(0))
    net = sum((amount for _, amount in priced), Decimal(0))
    before = sum((one.sales_before for one in rows), Decimal(0))
    after = sum((one.sales for one in rows), Decimal(0))
    known = [one.complaints for one in rows if one.complaints is not None]
    return GroupServed(
        group,
        len(rows),
        fmean(one.touches for one in rows) if rows else None,
        sum(paid < full for full, paid in priced) / len(priced) if priced else None,
        float((listed - net) / listed) if listed > 0 else None,
        fmean(known) if known else None,
        float(after / before - 1) if before > 0 else None,
    )


# --- trials


@dataclass(frozen=True)
class Unit:
    """One account of a trial, or one that might stand beside it. Money [company currency a month]."""

    key: Hashable
    is_treated: bool
    spend: float
    """Before the trial."""
    growth: float
    """Before the trial: change of its spend against a year earlier [rate]."""
    stratum: str
    """Only accounts of the same one are like: tier and branch, as far as known."""
    before: float
    after: float
    """Spend in as long a time after the start as before it."""
    left: bool
    """Bought nothing in the last months after the start."""
    had_left: bool = False
    """Bought nothing in the last months before the start."""
    touches_before: float = 0.0
    touches_after: float = 0.0
    """Visits, calls, videos and mails in the same times [a month]."""


@dataclass(frozen=True)
class Side:
    """How the accounts of a trial, or those like them, stood before the start and after it. Means over accounts."""

    spend_before: float
    spend_after: float
    """[company currency a month]"""
    left_before: float
    left_after: float
    """[share of accounts]"""
    touches_before: float
    touches_after: float
    """[a month]"""


@dataclass(frozen=True)
class Effect:
    """What a trial did, against like accounts."""

    treated: int
    controls: int
    """Accounts that stand beside, each counted once."""
    unlike: int
    """Of the trial that nobody is like: left out."""
    spend: float
    """Mean of (after − before) − (after − before of the like accounts) [company currency a month]."""
    spend_low: float
    spend_high: float
    churn: float
    """Mean of (left after − left before) − the same of the like accounts [share of accounts]; below 0: fewer left."""
    churn_low: float
    churn_high: float
    of_trial: Side
    of_like: Side
    """Of the like accounts, each counted as often as it stands beside one of the trial."""
    pairs: Mapping[Hashable, tuple[Hashable, ...]]
    """Account of the trial → the accounts it was held against."""

    @property
    def is_clear(self) -> bool:
        """Whether the interval of spend or of churn lies on one side of 0."""
        return self.spend_low > 0 or self.spend_high < 0 or self.churn_low > 0 or self.churn_high < 0


def trial_effect(units: Iterable[Unit]) -> Effect:
    """Measure a trial against like accounts, before and after.

    Each account of the trial is held against the `LIKE_ACCOUNTS` nearest others of its stratum, by log of spend and by growth, each
    divided by its spread over all units; an account may stand beside several. The interval is Student's of 95% over the differences,
    wider where the same accounts stand beside many.

    Raises
    ------
    BorderError `border.too_few` where fewer than 5 accounts of the trial have like accounts, or fewer than 5 stand beside them.

    References
    ----------
    Rows C4, T5: managers visit the healthy and the dying, so that a plain comparison of visited and unvisited says little.
    """
    known = list(units)
    treated = [one for one in known if one.is_treated]
    places = _places(known)
    pairs = _pairs(known, treated, places)
    told = [one for one in treated if pairs[one.key]]
    controls = {other.key: other for one in told for other in pairs[one.key]}
    if len(told) < LEAST_ACCOUNTS or len(controls) < LEAST_ACCOUNTS:
        raise BorderError("border.too_few", treated=len(told), controls=len(controls), least=LEAST_ACCOUNTS)
    matched = _Matched([(one, pairs[one.key]) for one in told], _neighbours(controls.values(), known, places))
    return Effect(
        len(told),
        len(controls),
        len(treated) - len(told),
        *matched.interval(lambda one: one.after - one.before),
        *matched.interval(lambda one: float(one.left) - float(one.had_left)),
        matched.side(lambda one, _beside: (one,)),
        matched.side(lambda _one, beside: beside),
        {one.key: tuple(other.key for other in pairs[one.key]) for one in told},
    )


@dataclass(frozen=True)
class _Matched:
    """Accounts of a trial with those beside them, and each of these with its own nearest like account."""

    rows: list[tuple[Unit, list[Unit]]]
    neighbours: list[tuple[Unit, Unit]]

    def side(self, of: Callable[[Unit, Sequence[Unit]], Sequence[Unit]]) -> Side:
        """Means of those that `of` gives for each row, every row counted once."""

        def mean(outcome: Callable[[Unit], float]) -> float:
            return fmean(fmean(outcome(unit) for unit in of(one, beside)) for one, beside in self.rows)

        return Side(
            mean(lambda one: one.before),
            mean(lambda one: one.after),
            mean(lambda one: float(one.had_left)),
            mean(lambda one: float(one.left)),
            mean(lambda one: one.touches_before),
            mean(lambda one: one.touches_after),
        )

    def interval(self, outcome: Callable[[Unit], float]) -> tuple[float, float, float]:
        """Mean difference, and Student's interval of 95% around it.

        Where an account stands beside several, its own chance comes in several times: to the variance of the differences comes its
        variance, told from its nearest neighbour, times (Σ weight² − what it would be without such reuse).
        """
        n = len(self.rows)
        told = [outcome(one) - fmean(outcome(other) for other in beside) for one, beside in self.rows]
        weights: dict[Hashable, float] = {}
        for _, beside in self.rows:
            for other in beside:
                weights[other.key] = weights.get(other.key, 0.0) + 1 / len(beside) / n
        reused = (
            sum(weight * weight for weight in weights.values())
            - sum(1 / len(beside) for _, beside in self.rows) / n**2
        )
        chance = fmean((outcome(one) - outcome(other)) ** 2 / 2 for one, other in self.neighbours)
        spread = math.sqrt(variance(told) / n + chance * max(reused, 0.0))
        mean, reach = fmean(told), _student(min(n, len(weights)) - 1) * spread
        return mean, mean - reach, mean + reach


def _neighbours(
    controls: Iterable[Unit], known: Sequence[Unit], places: Mapping[Hashable, tuple[float, float]]
) -> list[tuple[Unit, Unit]]:
    """Each with the nearest other of its stratum that is in no trial."""
    found = []
    for one in controls:
        others = [
            other
            for other in known
            if not other.is_treated and other.stratum == one.stratum and other is not one
        ]
        if others:
            found.append((one, min(others, key=lambda other: math.dist(places[other.key], places[one.key]))))
    return found


def _pairs(
    known: Sequence[Unit], treated: Sequence[Unit], places: Mapping[Hashable, tuple[float, float]]
) -> dict[Hashable, list[Unit]]:
    """The like accounts of each; among equally near ones those that stand beside fewest."""
    used: Counter[Hashable] = Counter()
    pairs: dict[Hashable, list[Unit]] = {}
    for one in treated:
        others = [other for other in known if not other.is_treated and other.stratum == one.stratum]
        near = {other.key: math.dist(places[other.key], places[one.key]) for other in others}
        others.sort(key=lambda other: (near[other.key], used[other.key], str(other.key)))
        pairs[one.key] = others[:LIKE_ACCOUNTS]
        used.update(other.key for other in pairs[one.key])
    return pairs


def _places(units: Sequence[Unit]) -> dict[Hashable, tuple[float, float]]:
    logs = [math.log1p(max(one.spend, 0.0)) for one in units]
    growths = [one.growth for one in units]
    wide, high = (pstdev(values) or 1.0 if len(values) > 1 else 1.0 for values in (logs, growths))
    return {
        one.key: (log / wide, growth / high) for one, log, growth in zip(units, logs, growths, strict=True)
    }


def _student(freedom: int) -> float:
    """The 97.5% point of Student's t by Cornish and Fisher's series: within 0.01 from 4 degrees of freedom on."""
    z = NormalDist().inv_cdf(0.975)
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
