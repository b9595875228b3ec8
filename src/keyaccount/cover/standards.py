"""How often is each account to be seen, who is due, and were the standards kept? (C3)

Worked by hand in the docs, "Standards".
"""

import datetime as dt
import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import pyarrow as pa

from keyaccount.errors import SettingError
from keyaccount.periods import Period, months_ending
from keyaccount.tables import TableError

TOUCHES = ("visit", "call", "executive")
"""What a standard may ask for; an executive visit is a visit, too."""
PERIODS: Mapping[str, int] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
"""Period → its months."""
YEAR_DAYS = 365
STATES = ("early", "due", "overdue")
KINDS_OF = {"visit": ("visit",), "call": ("call", "video")}
"""Which recorded kinds count for a standard, before a company says otherwise. A mail counts for none."""


@dataclass(frozen=True)
class Standard:
    """So many touches of one kind in each period, for the accounts of a tier."""

    tier: str
    touch: str
    """One of `TOUCHES`."""
    times: int
    """0: none is asked for."""
    period: str
    """One of `PERIODS`."""

    def __post_init__(self) -> None:
        if self.touch not in TOUCHES:
            raise SettingError(
                "setting.range", name="standards.touch", allowed=list(TOUCHES), value=self.touch
            )
        if self.period not in PERIODS:
            raise SettingError(
                "setting.range", name="standards.period", allowed=list(PERIODS), value=self.period
            )
        if self.times < 0:
            raise SettingError("setting.range", name="standards.times", allowed="≥ 0", value=self.times)


STANDARDS = (
    # The two of our source: crystal, and A/A+ of business customers. The others are examples to begin with.
    Standard("diamond", "visit", 2, "month"),
    Standard("diamond", "call", 2, "month"),
    Standard("diamond", "executive", 1, "quarter"),
    Standard("platinum", "visit", 1, "month"),
    Standard("platinum", "call", 2, "month"),
    Standard("platinum", "executive", 1, "half_year"),
    Standard("gold", "visit", 1, "month"),
    Standard("gold", "call", 1, "month"),
    Standard("gold", "executive", 1, "year"),
    Standard("silver", "visit", 2, "quarter"),
    Standard("silver", "call", 1, "month"),
    Standard("jade", "visit", 2, "quarter"),
    Standard("jade", "call", 1, "month"),
    Standard("crystal", "visit", 2, "quarter"),
    Standard("crystal", "call", 1, "month"),
    Standard("business_a", "visit", 1, "quarter"),
    Standard("business_a", "call", 1, "month"),
    Standard("business_b", "visit", 1, "half_year"),
    Standard("business_b", "call", 1, "quarter"),
    Standard("business_c", "call", 1, "half_year"),
)


@dataclass(frozen=True)
class StandardSettings:
    """What a company says of its standards."""

    standards: tuple[Standard, ...] = STANDARDS
    early_share: Decimal = Decimal("0.70")
    """Before this share of an interval a touch is too early."""
    kind_shares: Mapping[str, Decimal] = field(default_factory=lambda: {"transactional": Decimal("0.5")})
    """Kind of account → share of the visits of its tier; others get all. Calls stay."""
    answer_days: int = 7
    """Within so many days of a sign (business change, churn) the account is to be seen."""
    stretch: Fraction = Fraction(1)
    """All intervals are multiplied by it while capacity is short; at least 1."""
    tier_weights: Mapping[str, Decimal] = field(default_factory=dict)
    """Tier → how much of the stretching it takes part in; preset 1, 0 leaves its intervals as they are."""

    def __post_init__(self) -> None:
        if not 0 < self.early_share <= 1:
            raise SettingError(
                "setting.range", name="standards.early_share", allowed="(0, 1]", value=self.early_share
            )
        if self.stretch < 1:
            raise SettingError("setting.range", name="standards.stretch", allowed="≥ 1", value=self.stretch)
        for name, told in (("kind_shares", self.kind_shares), ("tier_weights", self.tier_weights)):
            for value in told.values():
                if not 0 <= value <= 1:
                    raise SettingError(
                        "setting.range", name=f"standards.{name}", allowed="[0, 1]", value=value
                    )


def interval(standard: Standard, settings: StandardSettings, *, kind: str = "") -> Fraction | None:
    """Days from one touch to the next: period ÷ times, stretched; the year has 365 days, a month 1/12 of them. None: none is asked for."""
    times = times_of(standard, settings, kind)
    if times == 0:
        return None
    days = Fraction(YEAR_DAYS * PERIODS[standard.period], 12) / times
    return days * stretch_of(standard.tier, settings)


def due(
    accounts: pa.Table,
    last: pa.Table,
    *,
    day: dt.date,
    settings: StandardSettings | None = None,
    signs: pa.Table | None = None,
) -> pa.Table:
    """Who is due, who would be seen too early, who is overdue on a day.

    Parameters
    ----------
    accounts : one row per account
        account_id; tier [null or without a standard: in no row]; kind [null: not known]; since [date from which the
        standard holds for it, null: not known].
    last : one row per account and touch
        account_id; touch [of `TOUCHES`]; date [the latest].
    signs : one row per sign that an account's business changes or that it may leave
        account_id; sign [`change`, `churn`]; date. Those on the day of the last visit or before are answered. They ask for visits only.

    Returns
    -------
    one row per account and touch asked for, overdue ones first
        account_id; tier; touch; interval_days; last_date [null: never]; due_from [the first day that is not too early];
        due_until [the last day that is not overdue; both null: never seen, and since when it is to be is not known]; state
        [of `STATES`]; days_over [after due_until; null where not overdue or due_until is null]; sign [why sooner, null: none].
        Too early: before early_share of the interval; overdue: after all of it. Never seen: the interval runs from `since`,
        and it is not too early from there on. Ties break by account_id, touch.

    Raises
    ------
    TableError `column.missing`; SettingError `setting.range`.

    References
    ----------
    Row C3; design, "Cover, exactly". Days are whole: an interval of 91.25 days is over after 91.
    """
    settings = settings or StandardSettings()
    require_columns(accounts, "accounts", "account_id", "tier", "kind", "since")
    require_columns(last, "last", "account_id", "touch", "date")
    latest = _latest(last, day)
    signed = _signs(signs, day)
    intervals_of = cache(lambda tier, kind: _intervals(tier, kind or "", settings))
    rows: list[dict[str, Any]] = []
    for account in accounts.select(["account_id", "tier", "kind", "since"]).to_pylist():
        for asked in intervals_of(account["tier"], account["kind"]):
            last_date = latest.get((account["account_id"], asked.standard.touch))
            rows.append(_due_row(account, asked, last_date, signed, settings, day))
    rows.sort(
        key=lambda row: (
            -STATES.index(row["state"]),
            row["due_until"] or dt.date.min,
            row["account_id"],
            row["touch"],
        )
    )
    return pa.Table.from_pylist(rows, schema=_DUE)


def compliance(
    accounts: pa.Table, touches: pa.Table, *, until: dt.date, settings: StandardSettings | None = None
) -> pa.Table:
    """Planned against done: each standard over its own period that ends on `until`.

    Parameters
    ----------
    accounts : as for `due`. An account whose `since` lies within the period is not judged yet.
    touches : one row per touch and standard that it counts for (`counted`)
        account_id; touch; date.
    until : the period of a standard ends on it: the 3 months of one by the quarter.

    Returns
    -------
    one row per account and touch asked for, by account_id and touch
        account_id; tier; touch; begin [first day of the period]; asked [touches, above 0]; done [touches]; kept
        [min(done, asked)]; compliance [kept ÷ asked, in [0, 1]]; is_judged. The compliance of many is
        Σ kept ÷ Σ asked over those judged: what is done too much for one makes up for no other.

    Raises
    ------
    TableError `column.missing`; SettingError `setting.range`.

    References
    ----------
    Row C3; design, "Cover, exactly". The touches behind it: `compliance_touches`.
    """
    return compliances(accounts, touches, untils=[until], settings=settings)[0]


def compliances(
    accounts: pa.Table,
    touches: pa.Table,
    *,
    untils: Sequence[dt.date],
    settings: StandardSettings | None = None,
) -> list[pa.Table]:
    """`compliance` on several days, in their order: what it is made of is read once."""
    settings = settings or StandardSettings()
    require_columns(accounts, "accounts", "account_id", "tier", "kind", "since")
    require_columns(touches, "touches", "account_id", "touch", "date")
    dates: defaultdict[tuple[str, str], list[dt.date]] = defaultdict(list)
    names = (touches[name].to_pylist() for name in ("account_id", "touch", "date"))
    for account_id, touch, date in zip(*names, strict=True):
        dates[account_id, touch].append(date)
    for told in dates.values():
        told.sort()
    asked_of = cache(lambda tier, kind: _asked(tier, kind or "", settings))
    judged = [
        (account["account_id"], account["since"], standard, asked)
        for account in accounts.select(["account_id", "tier", "kind", "since"]).to_pylist()
        for standard, asked in asked_of(account["tier"], account["kind"])
    ]
    judged.sort(key=lambda one: (one[0], one[2].touch))
    return [_complied(judged, dates, until) for until in untils]


def compliance_touches(touches: pa.Table, standard: Standard, *, until: dt.date) -> pa.Table:
    """The touches that count for a standard in its period that ends on `until`."""
    period = period_of(standard, until)
    chosen = [
        row["touch"] == standard.touch and row["date"] in period
        for row in touches.select(["touch", "date"]).to_pylist()
    ]
    return touches.filter(pa.array(chosen, pa.bool_()))


def period_of(standard: Standard, until: dt.date) -> Period:
    """The days over which a standard is judged on `until`."""
    return months_ending(until, months=PERIODS[standard.period])


def counted(
    touches: pa.Table, *, kinds: Mapping[str, Sequence[str]] = KINDS_OF, proof: Iterable[str] = ()
) -> pa.Table:
    """What recorded touches count for.

    Parameters
    ----------
    touches : one row per touch
        account_id; kind [visit, call, video, mail]; is_executive; done_how [told, place, photo, place_and_photo]; date. Other
        columns are carried along.
    kinds : standard → recorded kinds that count for it.
    proof : what a visit must be shown by to count, of the values of done_how; empty: whatever it is told by.

    Returns
    -------
    one row per touch and standard that it counts for
        the columns given; touch. A visit with an executive counts as a visit and as an executive visit.
    """
    require_columns(touches, "touches", "account_id", "kind", "is_executive", "done_how", "date")
    shown = frozenset(proof)
    places: list[int] = []
    told: list[str] = []
    rows = touches.select(["kind", "is_executive", "done_how"]).to_pylist()
    for at, row in enumerate(rows):
        for touch in ("visit", "call"):
            if row["kind"] not in kinds[touch]:
                continue
            if touch == "visit" and shown and row["done_how"] not in shown:
                continue
            for one in ("visit", "executive") if touch == "visit" and row["is_executive"] else (touch,):
                places.append(at)
                told.append(one)
    return touches.take(pa.array(places, pa.int64())).append_column("touch", pa.array(told, pa.string()))


# --- helpers

_DUE = pa.schema(
    {
        "account_id": pa.string(),
        "tier": pa.string(),
        "touch": pa.string(),
        "interval_days": pa.float64(),
        "last_date": pa.date32(),
        "due_from": pa.date32(),
        "due_until": pa.date32(),
        "state": pa.string(),
        "days_over": pa.int64(),
        "sign": pa.string(),
    }
)
_COMPLIANCE = pa.schema(
    {
        "account_id": pa.string(),
        "tier": pa.string(),
        "touch": pa.string(),
        "begin": pa.date32(),
        "asked": pa.float64(),
        "done": pa.int64(),
        "kept": pa.float64(),
        "compliance": pa.float64(),
        "is_judged": pa.bool_(),
    }
)


def require_columns(table: pa.Table, name: str, *columns: str) -> None:
    missing = [column for column in columns if column not in table.column_names]
    if missing:
        raise TableError("column.missing", table=name, columns=missing, there=table.column_names)


def times_of(standard: Standard, settings: StandardSettings, kind: str) -> Fraction:
    """Touches in the period before any stretching."""
    share = settings.kind_shares.get(kind) if standard.touch == "visit" else None
    return standard.times * Fraction(share if share is not None else 1)


def stretch_of(tier: str, settings: StandardSettings) -> Fraction:
    weight = Fraction(settings.tier_weights.get(tier, Decimal(1)))
    return 1 + (settings.stretch - 1) * weight


def by_tier(settings: StandardSettings) -> dict[str | None, list[Standard]]:
    found: dict[str | None, list[Standard]] = {}
    for standard in settings.standards:
        others = found.setdefault(standard.tier, [])
        if any(one.touch == standard.touch for one in others):
            raise SettingError("standard.twice", name="standards", tier=standard.tier, touch=standard.touch)
        others.append(standard)
    return found


def _latest(last: pa.Table, day: dt.date) -> dict[tuple[str, str], dt.date]:
    """What was done after `day` is not known on it."""
    found: dict[tuple[str, str], dt.date] = {}
    for row in last.select(["account_id", "touch", "date"]).to_pylist():
        key = (row["account_id"], row["touch"])
        if row["date"] <= day:
            found[key] = max(row["date"], found.get(key, dt.date.min))
    return found


def _signs(signs: pa.Table | None, day: dt.date) -> dict[str, list[tuple[dt.date, str]]]:
    found: defaultdict[str, list[tuple[dt.date, str]]] = defaultdict(list)
    if signs is not None:
        require_columns(signs, "signs", "account_id", "sign", "date")
        for row in signs.select(["account_id", "sign", "date"]).to_pylist():
            if row["date"] <= day:
                found[row["account_id"]].append((row["date"], row["sign"]))
    return found


@dataclass(frozen=True)
class _Interval:
    """A standard as it holds for accounts of a kind."""

    standard: Standard
    days: float
    early: dt.timedelta
    """From the last touch to the first day that is not too early."""
    whole: dt.timedelta
    """To the last day that is not overdue."""


def _intervals(tier: str | None, kind: str, settings: StandardSettings) -> list[_Interval]:
    found = []
    for one in by_tier(settings).get(tier, ()):
        days = interval(one, settings, kind=kind)
        if days is not None:
            early = dt.timedelta(math.ceil(days * Fraction(settings.early_share)))
            found.append(_Interval(one, float(days), early, dt.timedelta(math.floor(days))))
    return found


def _due_row(
    account: Mapping[str, Any],
    asked: "_Interval",
    last: dt.date | None,
    signs: Mapping[str, list[tuple[dt.date, str]]],
    settings: StandardSettings,
    day: dt.date,
) -> dict[str, Any]:
    due_from = due_until = None
    if last is not None:
        due_from = last + asked.early
        due_until = last + asked.whole
    elif account["since"] is not None:
        due_from = account["since"]
        due_until = due_from + asked.whole
    sign = None
    if asked.standard.touch == "visit":
        open_ones = [one for one in signs.get(account["account_id"], ()) if last is None or one[0] > last]
        if open_ones:
            noted, told = min(open_ones)
            answer = noted + dt.timedelta(settings.answer_days)
            if due_until is not None and due_from is not None and answer < due_until:
                sign, due_from, due_until = told, min(due_from, noted), answer
    # An interval shorter than a day has its first day not too early after its last one.
    if due_from is not None and due_until is not None:
        due_from = min(due_from, due_until)
    if due_from is None or due_until is None or day > due_until:
        state = "overdue"
    else:
        state = "due" if day >= due_from else "early"
    is_over = state == "overdue" and due_until is not None
    return {
        "account_id": account["account_id"],
        "tier": asked.standard.tier,
        "touch": asked.standard.touch,
        "interval_days": asked.days,
        "last_date": last,
        "due_from": due_from,
        "due_until": due_until,
        "state": state,
        "days_over": (day - due_until).days if is_over and due_until else None,
        "sign": sign,
    }


def _asked(tier: str | None, kind: str, settings: StandardSettings) -> list[tuple[Standard, Fraction]]:
    """The standards of a tier for a kind of account, with what each asks for in its period."""
    told = ((one, times_of(one, settings, kind)) for one in by_tier(settings).get(tier, ()))
    return [(one, times / stretch_of(one.tier, settings)) for one, times in told if times]


def _complied(
    judged: Sequence[tuple[str, dt.date | None, Standard, Fraction]],
    dates: Mapping[tuple[str, str], list[dt.date]],
    until: dt.date,
) -> pa.Table:
    columns: dict[str, list[Any]] = {name: [] for name in _COMPLIANCE.names}
    periods = {months: months_ending(until, months=months) for months in PERIODS.values()}
    for account_id, since, standard, asked in judged:
        period = periods[PERIODS[standard.period]]
        at = dates.get((account_id, standard.touch), [])
        done = bisect_right(at, period.until) - bisect_left(at, period.begin)
        share = 1.0 if done >= asked else float(done / asked)
        row = (
            *(account_id, standard.tier, standard.touch, period.begin, float(asked), done),
            *(min(float(done), float(asked)), share, since is None or since <= period.begin),
        )
        for name, value in zip(columns, row, strict=True):
            columns[name].append(value)
    return pa.table(columns, schema=_COMPLIANCE)
