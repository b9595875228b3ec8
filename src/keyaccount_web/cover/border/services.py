"""How are both sides of the line served, and what did a trial do? (C4)"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from keyaccount.cover.border import (
    GROUPS,
    BorderSettings,
    Effect,
    GroupServed,
    Served,
    Unit,
    border_group,
    served_by_group,
    trial_effect,
)
from keyaccount.cover.discounts import account_discounts
from keyaccount.find.groups import top_parents
from keyaccount.ledger.merged import merged_groups, survivors
from keyaccount.ledger.store.reading import LedgerStore
from keyaccount.periods import year_ending
from keyaccount_web.access.models import OrgUnit, User
from keyaccount_web.access.scope import of_visible, units_below, visible_accounts
from keyaccount_web.company.presets import setting
from keyaccount_web.cover.border.models import BorderTrial
from keyaccount_web.cover.models import Touch
from keyaccount_web.cover.tiers.models import AccountTier
from keyaccount_web.cover.tiers.presets import tier_settings
from keyaccount_web.know.models import Account
from keyaccount_web.know.record_kit import RecordError
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import (
    current_run,
    inputs_for,
    keep_table,
    kept_inputs,
    kept_table,
    of_summary,
)
from keyaccount_web.tables.ledger import whole_ledger

LEAST_MONTHS, MOST_MONTHS = 3, 12
"""Months after a trial's start that are looked at, and as many before it."""
YEAR = 365
DISCOUNTS = "account_discounts"
"""Under which name a run keeps what each account paid against list prices."""


def border_settings() -> BorderSettings:
    return BorderSettings(setting("border.width"))


def compute_discounts(run: Run, store: LedgerStore) -> None:
    """Keep beside a run's result what each account, or group, paid against list prices in its year."""
    inputs = kept_inputs(run) or inputs_for(run)
    into = survivors(inputs.merged)
    until = of_summary(run).until if run.summary else None
    last = until or store.lines().date.max().to_pyarrow().as_py()
    told = account_discounts(
        store.lines(), period=year_ending(last), groups=top_parents(merged_groups(inputs.groups, into)), merged=into
    )  # fmt: skip
    keep_table(run, DISCOUNTS, told)


def in_group(group: str) -> Q:
    """The customers of one group of `GROUPS`, by their monthly spend; of any other word nobody."""
    if group not in GROUPS:
        return Q(pk__in=[])
    tiers, width = tier_settings(), border_settings().width
    line = tiers.key_account_line
    low, high = line * (1 - width), line * (1 + width)
    spend = "monthly_spend"
    if group == "band_above":
        found = Q(**{f"{spend}__gte": line, f"{spend}__lte": high})
    elif group == "band_below":
        found = Q(**{f"{spend}__gte": low, f"{spend}__lt": line})
    elif group == "tier_above":
        above = [one.line for one in tiers.of("key_account") if one.line > high]
        found = Q(**{f"{spend}__gt": high}) & (Q(**{f"{spend}__lt": min(above)}) if above else Q())
    else:
        below = [one.line for one in tiers.of("business") if one.line < low]
        found = Q(**{f"{spend}__lt": low}) & (Q(**{f"{spend}__gte": max(below)}) if below else Q())
    return found & Q(channel__in=("key_account", "business"))


def near_the_line(rows: QuerySet[AccountTier]) -> QuerySet[AccountTier]:
    found = Q()
    for group in GROUPS:
        found |= in_group(group)
    return rows.filter(found)


def served(user: User) -> list[GroupServed]:
    """How the customers that `user` sees are served on either side of the line, and further away from it."""
    seen = of_visible(AccountTier.objects.all(), user)
    names = (
        "account",
        "account__code",
        "monthly_spend",
        "account__figures__sales",
        "account__figures__sales_year_before",
    )
    rows = list(near_the_line(seen).order_by().values_list(*names))
    since = timezone.now() - dt.timedelta(days=YEAR)
    touched = Touch.objects.filter(removed_at=None, began_at__gte=since, account__in=[row[0] for row in rows])
    touches = dict(touched.order_by().values_list("account").annotate(n=Count("pk")))
    prices = _prices([row[1] for row in rows])
    tiers, settings = tier_settings(), border_settings()
    told = []
    for pk, code, spend, sales, before in rows:
        group = border_group(spend, tiers, settings)
        if group is not None:
            listed, net = prices.get(code, (None, None))
            told.append(
                Served(group, touches.get(pk, 0), sales or Decimal(0), before or Decimal(0), listed, net)
            )
    return served_by_group(told)


def _prices(codes: Sequence[str]) -> dict[str, tuple[Decimal, Decimal]]:
    run = current_run()
    told = kept_table(run, DISCOUNTS, codes=codes) if run is not None and codes else None
    rows = [] if told is None else told.to_pylist()
    return {row["account_id"]: (row["list_amount"], row["net_amount"]) for row in rows}


def keep_trial(
    *,
    by: User,
    name: str,
    policy: str,
    starts_on: dt.date,
    team: str = "",
    unit: OrgUnit | None = None,
    codes: Iterable[str] = (),
) -> BorderTrial:
    """Begin a trial: with the customers named by code, else with all on both sides of the line, of a unit and those below it.

    Raises RecordError `border.unknown_codes`, `border.nobody`.
    """
    seen = visible_accounts(by)
    wanted = list(dict.fromkeys(codes))
    if wanted:
        accounts = list(seen.filter(code__in=wanted))
        if missing := sorted(set(wanted) - {one.code for one in accounts}):
            raise RecordError("border.unknown_codes", codes=missing)
    else:
        band = AccountTier.objects.filter(in_group("band_above") | in_group("band_below"), account__in=seen)
        if unit is not None:
            band = band.filter(account__unit__in=units_below(unit))
        accounts = list(Account.objects.filter(pk__in=band.values("account")))
    if not accounts:
        raise RecordError("border.nobody")
    with transaction.atomic():
        trial = BorderTrial.objects.create(
            name=name.strip(), policy=policy.strip(), team=team.strip(), starts_on=starts_on, made_by=by
        )
        trial.accounts.set(accounts)
    return trial


@dataclass(frozen=True)
class Window:
    """What a trial is measured over: as many full months after its start as before it."""

    before: dt.date
    start: dt.date
    """The first day of the first full month."""
    after: dt.date
    """The day after the last full month."""
    months: int


def window_of(starts_on: dt.date, until: dt.date) -> Window | None:
    """None: fewer than three full months are over."""
    start = starts_on if starts_on.day == 1 else _plus(starts_on.replace(day=1), 1)
    end = _plus(until.replace(day=1), 1) if (until + dt.timedelta(days=1)).day == 1 else until.replace(day=1)
    months = min((end.year - start.year) * 12 + end.month - start.month, MOST_MONTHS)
    if months < LEAST_MONTHS:
        return None
    return Window(_plus(start, -months), start, _plus(start, months), months)


def _plus(month: dt.date, months: int) -> dt.date:
    at = month.year * 12 + month.month - 1 + months
    return dt.date(at // 12, at % 12 + 1, 1)


def measure(trial: BorderTrial) -> tuple[Effect, Window] | None:
    """What a trial did against like customers near the line that were in no trial; None: it is too early, or there is no ledger.

    Raises BorderError `border.too_few`.
    """
    run = current_run()
    until = of_summary(run).until if run else None
    window = window_of(trial.starts_on, until) if until else None
    ledger = whole_ledger(snapshot=run.snapshot) if run and window else None
    if window is None or ledger is None or run is None:
        return None
    treated = set(trial.accounts.values_list("code", flat=True))
    others = near_the_line(AccountTier.objects.exclude(account__border_trials__isnull=False))
    codes = treated | set(others.values_list("account__code", flat=True))
    inputs = kept_inputs(run) or inputs_for(run)
    groups = top_parents(merged_groups(inputs.groups, survivors(inputs.merged)))
    monthly = _monthly(ledger.lines, codes, groups, _plus(window.start, -24), window.after)
    touches = _touches(codes, window)
    units = [
        unit
        for code in sorted(codes)
        if (unit := _unit(code, code in treated, monthly[code], window, touches.get(code, (0, 0))))
    ]
    return trial_effect(units), window


def _monthly(
    lines: Any, codes: set[str], groups: Any, first: dt.date, end: dt.date
) -> defaultdict[str, dict[dt.date, float]]:
    """Net amount by account, or group, and month."""
    wanted = pa.table({"account_id": [one for one, top in groups.items() if top in codes]}, schema=pa.schema([("account_id", pa.string())]))  # fmt: skip
    own = pa.table({"account_id": sorted(codes)}, schema=wanted.schema)
    ids = ibis.memtable(pa.concat_tables([wanted, own]))
    found = lines.filter((lines.date >= first) & (lines.date < end)).semi_join(ids, "account_id")
    found = found.mutate(month=found.date.truncate("M").cast("date"))
    rows = found.group_by(["account_id", "month"]).agg(amount=found.net_amount.sum()).to_pyarrow().to_pylist()
    told: defaultdict[str, dict[dt.date, float]] = defaultdict(dict)
    for row in rows:
        of = told[groups.get(row["account_id"], row["account_id"])]
        of[row["month"]] = of.get(row["month"], 0.0) + float(row["amount"])
    return told


def _touches(codes: set[str], window: Window) -> dict[str, tuple[int, int]]:
    """Visits, calls, videos and mails by account: before the start, and after it."""
    within = Touch.objects.filter(
        removed_at=None,
        account__code__in=codes,
        began_at__date__gte=window.before,
        began_at__date__lt=window.after,
    ).order_by()
    after = Q(began_at__date__gte=window.start)
    rows = within.values_list("account__code").annotate(
        before=Count("pk", filter=~after), after=Count("pk", filter=after)
    )
    return {code: (before, later) for code, before, later in rows}


def _unit(
    code: str, is_treated: bool, monthly: dict[dt.date, float], window: Window, touches: tuple[int, int]
) -> Unit | None:
    def total(first: dt.date, months: int) -> float:
        return sum(monthly.get(_plus(first, n), 0.0) for n in range(months))

    year, year_before = total(_plus(window.start, -12), 12), total(_plus(window.start, -24), 12)
    side = border_group(Decimal(str(year / 12)), tier_settings(), border_settings())
    if side is None and not is_treated:
        return None
    return Unit(
        code,
        is_treated,
        spend=year / 12,
        growth=year / year_before - 1 if year_before > 0 else 0.0,
        stratum=side or "far",
        before=total(window.before, window.months) / window.months,
        after=total(window.start, window.months) / window.months,
        left=total(_plus(window.after, -LEAST_MONTHS), LEAST_MONTHS) <= 0,
        had_left=total(_plus(window.start, -LEAST_MONTHS), LEAST_MONTHS) <= 0,
        touches_before=touches[0] / window.months,
        touches_after=touches[1] / window.months,
    )


def nothing_to_show(_run: Run) -> Callable[[], None]:
    return lambda: None
