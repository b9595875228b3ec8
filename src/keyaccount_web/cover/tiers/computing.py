"""How do channels and tiers of every customer come out of the ledger, and into the records? (C1, C2)"""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pyarrow as pa
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from keyaccount.cover.month_by_month import Course, course_of, each_month_end
from keyaccount.ledger.store.reading import LedgerStore
from keyaccount_web.cover.tiers.models import AccountTier, Placement, TierMove
from keyaccount_web.cover.tiers.presets import kinds_by_word, tier_settings
from keyaccount_web.find.lists.reading import members
from keyaccount_web.find.models import KeyAccountList
from keyaccount_web.know.models import Account
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.parts import add_segments
from keyaccount_web.runs.services import (
    current_run,
    inputs_for,
    keep_table,
    kept_inputs,
    kept_table,
    of_summary,
)
from keyaccount_web.tables.ledger import ledger_for

BATCH = 1000
TIERS, TIER_MOVES = "tiers", "tier_moves"
"""Under which names a run keeps them."""
_PLACES = (
    "channel",
    "channel_rule",
    "tier",
    "tier_rule",
    "tier_by_spend",
    "monthly_spend",
    "below",
    "reason",
)
_MOVES = ("move", "channel_before", "tier_before", "channel_after", "tier_after", "rule")


def compute_tiers(run: Run, store: LedgerStore) -> Course:
    """Go through the month-ends of the year up to the run's, and keep what came out beside its result."""
    inputs = kept_inputs(run) or inputs_for(run)
    until = of_summary(run).until if run.summary else None
    settings = tier_settings()
    told = course_of(
        each_month_end(
            store.condensed(),
            until or _last_day(store),
            known=_customers(),
            listed=_listed(),
            placed=_placed(),
            groups=inputs.groups,
            merged=inputs.merged,
            settings=settings,
        ),
        settings,
    )
    last = told.last.tiers
    since = [told.since[one] for one in last["account_id"].to_pylist()]
    day = pa.array([told.last.day] * last.num_rows, pa.date32())
    kept = last.append_column("since", pa.array(since, pa.date32())).append_column("day", day)
    keep_table(run, TIERS, kept)
    schema = pa.schema([("day", pa.date32()), *((name, pa.string()) for name in ("account_id", *_MOVES))])
    keep_table(run, TIER_MOVES, pa.Table.from_pylist(told.moves, schema=schema))
    return told


def compute_of_run(run: Run, store: LedgerStore) -> None:
    """Along with a new run, whose business is parted by tier, too."""
    told = compute_tiers(run, store).last.tiers
    tier_of = dict(zip(told["account_id"].to_pylist(), told["tier"].to_pylist(), strict=True))
    add_segments(run, "tier", tier_of)


def prepare_tiers(run: Run) -> Callable[[], None]:
    """What was kept with a run, made ready; what it gives writes it."""
    kept, moved = kept_table(run, TIERS), kept_table(run, TIER_MOVES)
    if kept is None or moved is None:
        return lambda: None
    ids = dict(Account.objects.values_list("code", "pk"))
    places = [
        AccountTier(
            account_id=ids[row["account_id"]],
            day=row["day"],
            since=row["since"],
            **{name: "" if row[name] is None else row[name] for name in _PLACES},
        )
        for row in kept.to_pylist()
        if row["account_id"] in ids
    ]
    moves = [
        TierMove(
            account_id=ids[row["account_id"]], day=row["day"], **{name: row[name] or "" for name in _MOVES}
        )
        for row in moved.to_pylist()
        if row["account_id"] in ids
    ]
    return partial(_write, places, moves)


def _write(places: list[AccountTier], moves: list[TierMove]) -> None:
    AccountTier.objects.all().delete()
    AccountTier.objects.bulk_create(places, batch_size=BATCH)
    if places:
        # The month-ends gone through are told anew; older moves stay as they were.
        TierMove.objects.filter(day__gte=_year_before(places[0].day)).delete()
        TierMove.objects.bulk_create(moves, batch_size=BATCH)


def refresh_tiers() -> int:
    """Work out anew where everybody is, by the current run's ledger. Gives how many customers have a place."""
    run = current_run()
    if run is None:
        return 0
    store = ledger_for(run.started_by, snapshot=run.snapshot)
    if store is None:
        return 0
    compute_tiers(run, store.store)
    write = prepare_tiers(run)
    with transaction.atomic():
        write()
    return AccountTier.objects.count()


def refresh_soon() -> None:
    """Once what is being changed is kept, however often it is asked for."""
    if not any(_enqueue is entry[1] for entry in connection.run_on_commit):
        transaction.on_commit(_enqueue)


def _enqueue() -> None:
    from keyaccount_web.cover.tiers.tasks import refresh_all_tiers

    refresh_all_tiers.enqueue()


def _customers() -> dict[str, str | None]:
    """Every customer that is not part of a group → its kind."""
    words = kinds_by_word()
    rows = Account.objects.filter(parent=None).order_by().values_list("code", "channel")
    return {code: words.get(channel.strip().casefold()) for code, channel in rows}


def _listed() -> Callable[[int, dt.date | None], list[str] | None]:
    """The list in force in a year, its own or else the last published before it, with the exceptions granted by a day (None: by now)."""
    published = KeyAccountList.objects.filter(state=KeyAccountList.State.PUBLISHED).order_by("-year")
    lists = {one.year: one for one in published}
    codes: dict[tuple[int, dt.date | None], list[str]] = {}

    def of_year(year: int, day: dt.date | None) -> list[str] | None:
        in_force = max((one for one in lists if one <= year), default=None)
        if in_force is None:
            return None
        if (in_force, day) not in codes:
            codes[in_force, day] = [one.code for one in members(lists[in_force], until=day)]
        return codes[in_force, day]

    return of_year


def _placed() -> Callable[[dt.date | None], pa.Table]:
    """Who was placed by hand by a day and still is; None: who is placed today."""
    today = timezone.localdate()
    rows = Placement.objects.filter(Q(until=None) | Q(until__gte=today), account__merged_into=None)
    names = ("account__code", "channel", "tier", "reason", "placed_at")
    told = list(rows.filter(account__parent=None).values_list(*names))
    columns = ("account_id", "channel", "tier", "reason")

    def by_day(day: dt.date | None) -> pa.Table:
        those = [row for row in told if day is None or timezone.localdate(row[-1]) <= day]
        return pa.table(
            {
                name: pa.array([row[at] or None for row in those], pa.string())
                for at, name in enumerate(columns)
            }
        )

    return by_day


def _last_day(store: LedgerStore) -> dt.date:
    day: dt.date = store.lines().date.max().to_pyarrow().as_py()
    return day


def _year_before(day: dt.date) -> dt.date:
    return day.replace(year=day.year - 1, day=1)


def by_rule(place: AccountTier) -> dict[str, Any]:
    """As `tiers.channel_reason` and `tiers.tier_reason` take it."""
    return {name: getattr(place, name) for name in _PLACES} | {"monthly_spend": Decimal(place.monthly_spend)}
