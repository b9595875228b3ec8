"""How are inversions computed along with a run, kept, and shown as records? (C4)"""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction

from keyaccount.cover.discounts import discounts_by_tier
from keyaccount.cover.inversions import InversionSettings, inversion_pairs, inversions, price_picture
from keyaccount.cover.tiers import TIERS, TierSettings
from keyaccount.find.groups import top_parents
from keyaccount.find.key_accounts import KeyAccountList
from keyaccount.ledger.merged import merged_groups, survivors
from keyaccount.ledger.store.reading import LedgerStore
from keyaccount.ledger.store.tables import StoreError
from keyaccount.periods import Period, year_ending
from keyaccount_web.company.kinds import Preset, Share, Whole
from keyaccount_web.company.presets import settings_of
from keyaccount_web.cover.terms.models import Inversion
from keyaccount_web.cover.tiered import tiered_accounts
from keyaccount_web.find.lists.reading import members, published_list
from keyaccount_web.know.models import Account
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import (
    current_run,
    inputs_for,
    keep_table,
    kept_inputs,
    kept_table,
    result,
    run_folder,
)
from keyaccount_web.tables.ledger import whole_store

ROWS, PLACES, DISCOUNTS = "inversions", "inversion_places", "discounts_by_tier"
"""Under which names a run keeps its tables."""
LIST, VERDICT = "list", "verdict"
"""Who is a key account: those on the year's published list; where there is none, those with the verdict `key`."""
PRESETS: tuple[Preset, ...] = (
    Share("inversions.least_gap", InversionSettings.least_gap, least=Decimal("0.001"), most=Decimal("0.99")),
    Whole("inversions.least_lines", InversionSettings.least_lines, least=1, most=1000),
    Share("inversions.least_share", InversionSettings.least_share),
)
BATCH = 1000
_TOLD = b"keyaccount.inversions"
_KEY_TIERS = TierSettings().of("key_account")
_LEVELS = {tier.name: at for at, tier in enumerate(_KEY_TIERS, start=1)}
_CHANNELS = {tier.name: tier.channel for tier in TIERS}
_PLACES = pa.schema(
    [("account_id", pa.string()), ("level", pa.int64()), ("since", pa.date32()), ("until", pa.date32())]
)


@dataclass(frozen=True)
class Told:
    """What a run says of inversions beside the rows."""

    period: Period
    basis: str
    """`list` or `verdict`."""
    compared: int
    """Key account, product, unit and quarter with prices on both sides."""
    left_out: Mapping[str, int]
    """Lines without a price, by why."""
    units_differ: tuple[str, ...]
    settings: InversionSettings


def compute_inversions(run: Run, store: LedgerStore, found: KeyAccountList) -> None:
    """Keep beside a run what the library finds, by whom and with which settings; a run that repeats another takes that one's."""
    until = found.settings.until
    assert until is not None, "a run has said its day"  # noqa: S101
    period, tier_of = year_ending(until), _tier_of_codes(found.accounts)
    before = told_of(run.repeats)
    places = kept_table(run.repeats, PLACES) if run.repeats and before else None
    if before is None or places is None:
        _keep_inversions(run, store, period, tier_of, _by_now(run, found.accounts, period, tier_of))
    else:
        _keep_inversions(run, store, period, tier_of, By(places, before.basis, before.settings))


def refresh_inversions() -> None:
    """Those of the current run anew, by who is a key account now and by today's settings. Raises StoreError."""
    run = current_run()
    told = told_of(run)
    store = _store(run) if run is not None and told is not None else None
    if run is None or told is None or store is None:
        return
    accounts = result(run, None)
    tier_of = _tier_of_codes(accounts)
    _keep_inversions(run, store, told.period, tier_of, _by_now(run, accounts, told.period, tier_of))
    write = prepare_inversions(run)
    with transaction.atomic():
        write()


@dataclass(frozen=True)
class By:
    """By what inversions are found."""

    places: pa.Table
    basis: str
    settings: InversionSettings


def _by_now(run: Run, accounts: pa.Table, period: Period, tier_of: Mapping[str, str]) -> By:
    tops, _ = _groups_of(run)
    return By(*_places(period, accounts, tops, tier_of), InversionSettings(**settings_of("inversions.")))


def _keep_inversions(
    run: Run, store: LedgerStore, period: Period, tier_of: Mapping[str, str], by: By
) -> None:
    tops, into = _groups_of(run)
    lines = store.lines()
    told = inversions(lines, by.places, period=period, groups=tops, merged=into, settings=by.settings)
    facts = {
        "begin": period.begin,
        "until": period.until,
        "basis": by.basis,
        "compared": told.compared,
        "left_out": dict(told.left_out),
        "units_differ": list(told.units_differ),
        "settings": asdict(by.settings),
    }
    rows = _with_names(told.rows, lines, period)
    rows = rows.replace_schema_metadata({_TOLD: json.dumps(facts, default=str).encode()})
    keep_table(run, ROWS, rows)
    keep_table(run, PLACES, by.places)
    tiered = pa.table(
        {
            "account_id": pa.array(list(tier_of), pa.string()),
            "channel": pa.array([_CHANNELS.get(tier) for tier in tier_of.values()], pa.string()),
            "tier": pa.array(list(tier_of.values()), pa.string()),
        }
    )
    keep_table(run, DISCOUNTS, discounts_by_tier(lines, tiered, period=period, groups=tops, merged=into))


def told_of(run: Run | None) -> Told | None:
    """None: there is no run, or it is from before inversions were computed."""
    path = run_folder(run) / f"{ROWS}.parquet" if run is not None else None
    if path is None or not path.exists():
        return None
    told = json.loads((pq.read_schema(path).metadata or {})[_TOLD])
    kinds = {one.name: one.default for one in fields(InversionSettings)}
    settings: dict[str, Any] = {
        name: Decimal(value) if isinstance(kinds[name], Decimal) else value
        for name, value in told["settings"].items()
        if name in kinds
    }
    return Told(
        Period(dt.date.fromisoformat(told["begin"]), dt.date.fromisoformat(told["until"])),
        told["basis"],
        told["compared"],
        told["left_out"],
        tuple(told["units_differ"]),
        InversionSettings(**settings),
    )


def discounts_of(run: Run | None) -> list[dict[str, Any]]:
    """The rows of `discounts_by_tier`; none where the run, or its ledger, has no discounts."""
    table = kept_table(run, DISCOUNTS) if run is not None else None
    return [] if table is None else table.to_pylist()


def prepare_inversions(run: Run) -> Callable[[], None]:
    """Make ready the records that pages show of a run; calling it writes them."""
    table = kept_table(run, ROWS)
    rows = [] if table is None else table.to_pylist()
    codes = {row["account_id"] for row in rows} | {row["lowest_account"] for row in rows}
    ids = dict(Account.objects.filter(code__in=codes).values_list("code", "pk"))
    same = ("level", "product", "product_name", "quarter", "lines", "quantity", "amount", "price")
    more = ("lowest_price", "gap", "gap_share", "pairs", "money")
    told = [
        Inversion(
            account_id=ids[row["account_id"]],
            run=run,
            unit=row["unit"] or "",
            lowest_id=ids.get(row["lowest_account"]),
            **{name: row[name] for name in (*same, *more)},
        )
        for row in rows
        # What was merged since has other figures than the run found.
        if row["account_id"] in ids
    ]

    def write() -> None:
        Inversion.objects.all().delete()
        Inversion.objects.bulk_create(told, batch_size=BATCH)

    return write


@dataclass(frozen=True)
class Behind:
    """Who below bought cheaper, and what everybody paid; of all customers."""

    pairs: list[dict[str, Any]]
    picture: list[dict[str, Any]]


def behind(one: Inversion) -> Behind:
    """What is behind one inversion, by the settings, places and lines of its run, of everybody: veil it. Raises StoreError."""
    told, places = told_of(one.run), kept_table(one.run, PLACES)
    store = _store(one.run)
    if told is None or places is None or store is None:
        return Behind([], [])
    tops, into = _groups_of(one.run)
    quarter = quarter_of(one.quarter, told.period)
    lines = store.lines()
    asked = (one.product, one.unit or None, one.quarter)
    more: dict[str, Any] = {"period": quarter, "groups": tops, "merged": into}
    pairs = inversion_pairs(lines, places, one.account.code, *asked, settings=told.settings, **more)
    return Behind(pairs.to_pylist(), price_picture(lines, places, *asked, **more).to_pylist())


def quarter_of(begin: dt.date, period: Period) -> Period:
    """The days of a quarter that the run's year has."""
    year, month0 = divmod(begin.year * 12 + begin.month + 2, 12)
    after = dt.date(year, month0 + 1, 1)
    return Period(max(begin, period.begin), min(after - dt.timedelta(days=1), period.until))


def _store(run: Run) -> LedgerStore | None:
    try:
        return whole_store(run.snapshot)
    except StoreError as error:
        if error.code != "snapshot.gone":
            raise
        return whole_store()


def _groups_of(run: Run) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Account → top parent; merged account → the one that it counts as."""
    inputs = kept_inputs(run) or inputs_for(run)
    into = survivors(inputs.merged)
    return top_parents(merged_groups(inputs.groups, into)), into


def _tier_of_codes(accounts: pa.Table) -> dict[str, str]:
    """Code → tier, as records have it; of key accounts of this run that have none yet, by a twelfth of their sales."""
    rows = tiered_accounts().select(["account_id", "tier"]).to_pylist()
    codes = dict(Account.objects.values_list("pk", "code"))
    told = {
        row["account_id"]: tier_of_sales(row["sales"])
        for row in accounts.select(["account_id", "verdict", "sales"]).to_pylist()
        if row["verdict"] == "key"
    }
    return told | {codes[int(row["account_id"])]: row["tier"] for row in rows if row["tier"]}


def tier_of_sales(sales: Decimal) -> str:
    """Of a key account that is in no tier by its records; below every line the last one."""
    return next((tier.name for tier in reversed(_KEY_TIERS) if sales / 12 >= tier.line), _KEY_TIERS[0].name)


def _places(
    period: Period, accounts: pa.Table, tops: Mapping[str, str], tier_of: Mapping[str, str]
) -> tuple[pa.Table, str]:
    """Who is a key account when, with the level of the tier; and by what."""
    rows: list[dict[str, Any]] = []
    basis = VERDICT
    for year in range(period.begin.year, period.until.year + 1):
        told = published_list(year)
        if told is not None:
            codes = [one.code for one in members(told)]
            basis = LIST
        else:
            verdicts = zip(accounts["account_id"].to_pylist(), accounts["verdict"].to_pylist(), strict=True)
            codes = [code for code, verdict in verdicts if verdict == "key"]
        rows += [
            {
                "account_id": tops.get(code, code),
                "level": _LEVELS.get(tier_of.get(code, ""), 1),
                "since": dt.date(year, 1, 1),
                "until": dt.date(year, 12, 31),
            }
            for code in codes
        ]
    return pa.Table.from_pylist(rows, schema=_PLACES), basis


def _with_names(rows: pa.Table, lines: Any, period: Period) -> pa.Table:
    """With what the ledger calls each product last."""
    products = sorted(set(rows["product"].to_pylist()))
    names: dict[str, str] = {}
    if products and {"product_id", "product_name"} <= set(lines.columns):
        own = lines.filter(
            lines.date.between(period.begin, period.until)
            & lines.product_id.isin(products)
            & lines.product_name.notnull()
        )
        told = own.group_by("product_id").agg(name=own.product_name.argmax(own.date)).to_pyarrow()
        names = dict(zip(told["product_id"].to_pylist(), told["name"].to_pylist(), strict=True))
    shown = [names.get(one, one) for one in rows["product"].to_pylist()]
    return rows.append_column("product_name", pa.array(shown, pa.string()))
