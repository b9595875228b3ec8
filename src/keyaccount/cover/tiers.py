"""Which channel serves each customer, and in which tier is it? (C1, C2)

Worked by hand in the docs, "Channels and tiers".
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.errors import SettingError
from keyaccount.find.exact import TOTAL_TYPE, decimals, money_of
from keyaccount.find.monthly_spend import MOST_MONTHS
from keyaccount.reasons import Reason
from keyaccount.tables import TableError

CHANNELS = ("key_account", "business", "community", "floating")
"""Every customer is in exactly one. The shared hotline and the business halls serve all four, and are none."""
BY_KIND = ("community", "floating")
"""Kinds of customer that have a channel of their own; all others are companies."""
MOVES = ("channel", "up", "down", "new", "gone")


@dataclass(frozen=True)
class Tier:
    """A level of a channel, from an average monthly spend on; the bound belongs to it."""

    name: str
    channel: str
    line: Decimal
    """Average monthly spend [company currency]."""


def _tiers(channel: str, **lines: int) -> tuple[Tier, ...]:
    return tuple(Tier(name, channel, Decimal(line)) for name, line in lines.items())


TIERS = (
    # Crystal and A/A+ come from our source; the others are examples to begin with.
    *_tiers(
        "key_account",
        diamond=100_000,
        platinum=50_000,
        gold=30_000,
        silver=20_000,
        jade=10_000,
        crystal=3_000,
    ),
    *_tiers("business", business_a=1_500, business_b=800, business_c=300, business_d=0),
)


@dataclass(frozen=True)
class TierSettings:
    """What a company says of channels and tiers. The presets are those of design, "Cover, exactly"."""

    tiers: tuple[Tier, ...] = TIERS
    key_account_line: Decimal = Decimal(3_000)
    """Average monthly spend from which one is a key account, before there is a published list."""
    hold_share: Decimal = Decimal("0.9")
    """Down only below this share of the tier's line …"""
    hold_months: int = 2
    """… at so many month-ends in a row."""

    def __post_init__(self) -> None:
        if not 0 < self.hold_share <= 1:
            raise SettingError(
                "setting.range", name="tiers.hold_share", allowed="(0, 1]", value=self.hold_share
            )
        if self.hold_months < 1:
            raise SettingError(
                "setting.range", name="tiers.hold_months", allowed="≥ 1", value=self.hold_months
            )
        if strange := sorted({tier.channel for tier in self.tiers} - set(CHANNELS)):
            raise SettingError(
                "setting.range", name="tiers.channel", allowed=list(CHANNELS), value=strange[0]
            )
        if twice := [
            name for name, number in Counter(tier.name for tier in self.tiers).items() if number > 1
        ]:
            raise SettingError("tiers.overlap", names=twice)
        lines_of = Counter((tier.channel, tier.line) for tier in self.tiers)
        if twice := [tier.name for tier in self.tiers if lines_of[tier.channel, tier.line] > 1]:
            raise SettingError("tiers.overlap", names=twice)
        for channel in ("key_account", "business"):
            lines = [tier.line for tier in self.tiers if tier.channel == channel]
            if not lines:
                raise SettingError("tiers.missing", channel=channel)
            if channel == "business" and min(lines) > 0:
                raise SettingError("tiers.gap", channel=channel, line=min(lines))

    def of(self, channel: str) -> list[Tier]:
        """The tiers of a channel, lowest line first."""
        return sorted((tier for tier in self.tiers if tier.channel == channel), key=lambda tier: tier.line)


def tiers(
    accounts: pa.Table,
    spends: pa.Table,
    *,
    listed: Iterable[str] | None = None,
    fixed: pa.Table | None = None,
    before: pa.Table | None = None,
    placed: pa.Table | None = None,
    settings: TierSettings | None = None,
) -> pa.Table:
    """Put every customer into exactly one channel and, where that has tiers, one tier.

    Parameters
    ----------
    accounts : one row per account: account_id; customer_kind [community, floating; all else, and null: a company].
    spends : `average_monthly_spend` at the month-end; who is not in it has spent nothing.
    listed : the accounts of the published list that is in force; None: there is none yet.
    fixed : one row per key account: account_id; tier, as fixed for the year.
    before : the result at the month-end before; None: this is the first, so nobody is held.
    placed : one row per account placed by hand: account_id; channel; tier [null: by its spend]; reason.

    Returns
    -------
    one row per account, by account_id
        account_id; channel [of `CHANNELS`]; channel_rule, the first that applies: placed [by hand], listed, spend [there is no
        list and the average monthly spend reaches the line], kind [of customer], rest; tier [null: the channel has none];
        tier_rule, the first that applies: placed, fixed [for the year], held [below its line, but not below hold_share of
        it, or not yet at hold_months month-ends in a row], spend, lowest [below every line], none [the channel has no tiers];
        spend, monthly_spend [company currency], months; tier_by_spend [what the spend alone says; null: none]; below
        [month-ends in a row below hold_share of the line of its tier, with this one]; reason [of who was placed by hand].

    Raises
    ------
    TableError `column.missing`, `tiers.twice` [accounts or placements that come twice], `tiers.unknown` [placements or fixed
    tiers that name an unknown channel or tier, or a tier of another channel]; SettingError `tiers.overlap`, `tiers.missing`,
    `tiers.gap`, `setting.range`.

    References
    ----------
    Rows C1, C2; design, "Cover, exactly". Spend is compared exactly: spend ≥ line × months.
    """
    settings = settings or TierSettings()
    _require("accounts", accounts, "account_id", "customer_kind")
    _require("spends", spends, "account_id", "spend", "months", "monthly_spend")
    ordered = accounts.select(["account_id", "customer_kind"]).sort_by("account_id")
    ids = ordered["account_id"].combine_chunks()
    _once("accounts", ids)
    hand = _by_hand(placed, settings)
    spend, months = _spent(spends, ids)
    channel, channel_rule = _channels(ordered, spend, months, listed, hand, settings)
    tier, tier_rule, by_spend, below = _levels(ids, channel, spend, months, fixed, before, hand, settings)
    reasons = _told_by(hand, ids, "reason")
    return pa.table(
        {
            "account_id": ids,
            "channel": pa.array(channel, pa.string()),
            "channel_rule": pa.array(channel_rule, pa.string()),
            "tier": pa.array(tier, pa.string()),
            "tier_rule": pa.array(tier_rule, pa.string()),
            "spend": decimals(spend),
            "months": pa.array(months.astype(np.int64)),
            "monthly_spend": _taken(spends, ids, "monthly_spend", Decimal("0.0000")),
            "tier_by_spend": pa.array(by_spend, pa.string()),
            "below": pa.array(below.astype(np.int64)),
            "reason": pa.array(reasons, pa.string()),
        }
    )


def moves(before: pa.Table, after: pa.Table, settings: TierSettings | None = None) -> pa.Table:
    """Who moved between two results of `tiers`: channel changes first, then up, down, new, gone; each by account_id.

    Returns
    -------
    one row per account whose channel or tier is another
        account_id; move [of `MOVES`]; channel_before, tier_before [null: new, or none]; channel_after, tier_after; rule [of the
        later tier, of the later channel where that changed; null: gone].
    """
    settings = settings or TierSettings()
    lines = {tier.name: tier.line for tier in settings.tiers}
    was, now = ({row["account_id"]: row for row in table.to_pylist()} for table in _unlike(before, after))
    rows = []
    for one in sorted(was.keys() | now.keys()):
        old, new = was.get(one), now.get(one)
        if old is None or new is None:
            move = "new" if old is None else "gone"
        elif old["channel"] != new["channel"]:
            move = "channel"
        else:
            up = lines.get(new["tier"], Decimal(0)) > lines.get(old["tier"], Decimal(0))
            move = "up" if up else "down"
        rule = None if new is None else new["channel_rule" if move == "channel" else "tier_rule"]
        rows.append(
            {
                "account_id": one,
                "move": move,
                **{f"{name}_before": old and old[name] for name in ("channel", "tier")},
                **{f"{name}_after": new and new[name] for name in ("channel", "tier")},
                "rule": rule,
            }
        )
    rows.sort(key=lambda row: (MOVES.index(str(row["move"])), row["account_id"]))
    return pa.Table.from_pylist(rows, schema=_MOVED)


def month_ends(first: dt.date, until: dt.date) -> list[dt.date]:
    """The days after each month-end from `first` to `until`: on each of them the 12 full months before are counted."""
    months = range(first.year * 12 + first.month, until.year * 12 + until.month + 1)
    found = [dt.date(month // 12, month % 12 + 1, 1) for month in months]
    return [day for day in found if day - dt.timedelta(days=1) <= until]


def tier_reason(row: Mapping[str, Any], settings: TierSettings | None = None) -> Reason:
    """Why an account is in its tier; `row` of `tiers`."""
    settings = settings or TierSettings()
    lines = {tier.name: tier.line for tier in settings.tiers}
    values: dict[str, Any] = {"monthly_spend": row["monthly_spend"]}
    if row["tier_rule"] == "placed":
        values = {"reason": row["reason"] or ""}
    elif row["tier"]:
        values |= {"line": lines.get(row["tier"], Decimal(0)), "below": row["below"]}
    if row["tier_rule"] == "held":
        values |= {"hold_share": settings.hold_share, "hold_months": settings.hold_months}
    return Reason(f"tier.{row['tier_rule']}", values)


def channel_reason(row: Mapping[str, Any], settings: TierSettings | None = None) -> Reason:
    """Why an account is in its channel; `row` of `tiers`."""
    settings = settings or TierSettings()
    values: dict[str, Any] = {}
    if row["channel_rule"] == "placed":
        values = {"reason": row["reason"] or ""}
    elif row["channel_rule"] == "spend":
        values = {"monthly_spend": row["monthly_spend"], "line": settings.key_account_line}
    return Reason(f"channel.{row['channel_rule']}", values)


_PLACE = ["account_id", "channel", "channel_rule", "tier", "tier_rule"]
_MOVED = pa.schema(
    [
        (name, pa.string())
        for name in (
            "account_id",
            "move",
            "channel_before",
            "tier_before",
            "channel_after",
            "tier_after",
            "rule",
        )
    ]
)


def _unlike(before: pa.Table, after: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The few rows of either that are another in the other, or not there: of a million accounts some hundreds move in a month."""
    before, after = (table.select(_PLACE).combine_chunks() for table in (before, after))
    place = pc.index_in(after["account_id"], value_set=before["account_id"].combine_chunks())
    same = pc.is_valid(place)
    for name in ("channel", "tier"):
        old, new = before[name].combine_chunks().take(place), after[name]
        both_null = pc.and_(pc.is_null(old), pc.is_null(new))
        same = pc.and_(same, pc.or_(both_null, pc.fill_null(pc.equal(old, new), fill_value=False)))
    unlike = after.filter(pc.invert(same))
    stays = pc.is_in(before["account_id"], value_set=after.filter(same)["account_id"].combine_chunks())
    return before.filter(pc.invert(stays)), unlike


def _channels(
    accounts: pa.Table,
    spend: Any,
    months: Any,
    listed: Iterable[str] | None,
    hand: Mapping[str, Mapping[str, Any]],
    settings: TierSettings,
) -> tuple[Any, Any]:
    ids = accounts["account_id"].combine_chunks()
    by_hand = _told_by(hand, ids, "channel")
    kind = np.asarray(
        pc.fill_null(accounts["customer_kind"].combine_chunks(), "").to_numpy(zero_copy_only=False)
    )
    if listed is None:
        is_key, rule = _reaches(spend, months, settings.key_account_line), "spend"
    else:
        members = pa.array(sorted(set(listed)), pa.string())
        is_key, rule = np.asarray(pc.is_in(ids, value_set=members).to_numpy(zero_copy_only=False)), "listed"
    own = np.isin(kind, BY_KIND)
    marks = [by_hand != None, is_key, own]  # noqa: E711  # each element
    channel = np.select(marks, [by_hand, "key_account", kind], default="business")
    return channel, np.select(marks, ["placed", rule, "kind"], default="rest")


def _levels(
    ids: pa.Array,
    channel: Any,
    spend: Any,
    months: Any,
    fixed: pa.Table | None,
    before: pa.Table | None,
    hand: Mapping[str, Mapping[str, Any]],
    settings: TierSettings,
) -> tuple[Any, Any, Any, Any]:
    """Tier, its rule, the tier by spend alone, and the month-ends in a row below the line that it is held to."""
    size = len(ids)
    tier, rule = np.full(size, None, object), np.full(size, "none", object)
    by_spend, below = np.full(size, None, object), np.zeros(size, np.int64)
    was, was_below = _stood(before, ids, channel)
    set_for_year = _fixed(fixed, ids, settings)
    by_hand = _told_by(hand, ids, "tier")
    for name in CHANNELS:
        levels = settings.of(name)
        here = np.flatnonzero(channel == name)
        if not levels or not len(here):
            continue
        names = np.array([level.name for level in levels], object)
        reached = np.sum([_reaches(spend[here], months[here], level.line) for level in levels], axis=0)
        place = np.maximum(reached - 1, 0)
        by_spend[here] = np.where(reached > 0, names[place], None)
        # Held: in a higher tier at the month-end before, and not below its line for long enough.
        held_at = _indices(names, was[here])
        under = np.zeros(len(here), bool)
        for at, level in enumerate(levels):
            in_it = held_at == at
            kept = settings.hold_share * level.line
            under[in_it] = ~_reaches(spend[here][in_it], months[here][in_it], kept)
        count = np.where(under, was_below[here] + 1, 0)
        is_held = (held_at > place) & (count < settings.hold_months)
        final = np.where(is_held, held_at, place)
        below[here] = np.where(is_held, count, 0)
        tier[here] = names[final]
        rule[here] = np.where(is_held, "held", np.where(reached > 0, "spend", "lowest"))
        if name == "key_account":
            told = set_for_year[here]
            tier[here] = np.where(told != None, told, tier[here])  # noqa: E711  # each element
            rule[here] = np.where(told != None, "fixed", rule[here])  # noqa: E711
            below[here] = np.where(told != None, 0, below[here])  # noqa: E711
    is_placed = by_hand != None  # noqa: E711
    return (
        np.where(is_placed, by_hand, tier),
        np.where(is_placed, "placed", rule),
        by_spend,
        np.where(is_placed, 0, below),
    )


def _reaches(spend: Any, months: Any, line: Decimal) -> Any:
    """Whether spend ÷ months ≥ line, exactly."""
    numerator, denominator = (line * 10_000).as_integer_ratio()
    return (spend * denominator >= months * numerator).astype(bool)


def _spent(spends: pa.Table, ids: pa.Array) -> tuple[Any, Any]:
    place = pc.index_in(ids, value_set=spends["account_id"].combine_chunks())
    money = money_of(spends["spend"].combine_chunks().take(place))
    months = pc.fill_null(spends["months"].combine_chunks().take(place), MOST_MONTHS)
    return money.units, np.asarray(months)


def _stood(before: pa.Table | None, ids: pa.Array, channel: Any) -> tuple[Any, Any]:
    """Tier and month-ends below at the month-end before; nothing of who was in another channel or placed by hand."""
    if before is None or not len(before):
        return np.full(len(ids), None, object), np.zeros(len(ids), np.int64)
    place = pc.index_in(ids, value_set=before["account_id"].combine_chunks())
    told = {
        name: before[name].combine_chunks().take(place).to_numpy(zero_copy_only=False)
        for name in ("channel", "tier", "tier_rule")
    }
    counts = np.asarray(pc.fill_null(before["below"].combine_chunks().take(place), 0))
    same = (told["channel"] == channel) & (told["tier_rule"] != "placed")
    return np.where(same, told["tier"], None), np.where(same, counts, 0)


def _fixed(fixed: pa.Table | None, ids: pa.Array, settings: TierSettings) -> Any:
    if fixed is None:
        return np.full(len(ids), None, object)
    _require("fixed", fixed, "account_id", "tier")
    _once("fixed", fixed["account_id"].combine_chunks())
    names = {tier.name for tier in settings.of("key_account")}
    if strange := sorted({one for one in fixed["tier"].to_pylist() if one is not None} - names):
        raise TableError("tiers.unknown", table="fixed", names=strange)
    place = pc.index_in(ids, value_set=fixed["account_id"].combine_chunks())
    return fixed["tier"].combine_chunks().take(place).to_numpy(zero_copy_only=False)


def _by_hand(placed: pa.Table | None, settings: TierSettings) -> dict[str, dict[str, Any]]:
    if placed is None:
        return {}
    _require("placed", placed, "account_id", "channel", "tier", "reason")
    _once("placed", placed["account_id"].combine_chunks())
    channels = {tier.name: tier.channel for tier in settings.tiers}
    rows = placed.select(["account_id", "channel", "tier", "reason"]).to_pylist()
    strange = [
        f"{row['account_id']}: {row['channel']} {row['tier'] or ''}".strip()
        for row in rows
        if row["channel"] not in CHANNELS
        or (row["tier"] is not None and channels.get(row["tier"]) != row["channel"])
    ]
    if strange:
        raise TableError("tiers.unknown", table="placed", names=strange)
    return {row["account_id"]: row for row in rows}


def _told_by(hand: Mapping[str, Mapping[str, Any]], ids: pa.Array, name: str) -> Any:
    """What placements say of each account; None of the others."""
    found = np.full(len(ids), None, object)
    if hand:
        places = pc.index_in(ids, value_set=pa.array(list(hand), pa.string())).to_numpy(zero_copy_only=False)
        values = np.array([row[name] for row in hand.values()], object)
        known = ~np.isnan(places.astype(float))
        found[known] = values[places[known].astype(int)]
    return found


def _indices(names: Any, told: Any) -> Any:
    """The place of each among the names; -1 of those that are not."""
    found = pc.index_in(pa.array(told, pa.string()), value_set=pa.array(names, pa.string()))
    return np.asarray(pc.fill_null(found, -1))


def _taken(table: pa.Table, ids: pa.Array, name: str, otherwise: Decimal) -> pa.Array:
    place = pc.index_in(ids, value_set=table["account_id"].combine_chunks())
    return pc.fill_null(
        table[name].combine_chunks().cast(TOTAL_TYPE).take(place), pa.scalar(otherwise, TOTAL_TYPE)
    )


def _once(name: str, ids: pa.Array) -> None:
    counts = pc.value_counts(ids)
    if len(counts) < len(ids):
        twice = [one["values"] for one in counts.to_pylist() if one["counts"] > 1]
        raise TableError("tiers.twice", table=name, names=sorted(map(str, twice)))


def _require(name: str, table: pa.Table, *columns: str) -> None:
    missing = [column for column in columns if column not in table.column_names]
    if missing:
        raise TableError("column.missing", table=name, columns=missing, there=table.column_names)
