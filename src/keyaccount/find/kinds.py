"""What does an account value: price, advice, or working together? Transactional, value-added, strategic (F5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.find.exact import money_of, rates, with_columns
from keyaccount.find.kind_evidence import KindEvidence
from keyaccount.find.kind_settings import KindSettings
from keyaccount.reasons import Reason
from keyaccount.tables import KIND_RECORDS

PARTS: Mapping[str, tuple[str, ...]] = {
    "transactional": ("discounted", "price_driven", "narrow", "no_services", "few_touches"),
    "value_added": ("services", "broad", "expert_visits", "proposals", "advice"),
    "strategic": ("commitments", "joint_projects", "two_way", "executives", "length", "regular"),
}
"""The parts of each kind's score, each from 0 to 1."""
KINDS = tuple(PARTS)
OPEN = "open"
WHY_OPEN = ("nothing", "confidence", "low", "close")
LEDGER_TOLERANCE = 31
"""Days after the ledger's first within which an account's first line may not be its first purchase."""
_DAYS_A_MONTH = 365.25 / 12


def kinds(
    evidence: KindEvidence, *, records: pa.Table | None = None, settings: KindSettings | None = None
) -> pa.Table:
    """Score each account as each kind, by the parts that can be judged.

    Parameters
    ----------
    evidence : what the ledger says (`kind_evidence`).
    records : Arrow table, one row per account (`tables.KIND_RECORDS`); a column that is missing was not asked for, and an account
        that is missing has no records. Accounts without a line in the ledger are judged by their records.

    Returns
    -------
    one row per account, by account_id: the evidence; `part_<name>` for every part in `PARTS` [0 to 1; null: cannot be judged]; for every
    kind `<kind>_score` [0 to 1: mean of its judged parts by weight; null: none judged] and `<kind>_confidence` [judged weight ÷ weight];
    kind [transactional, value_added, strategic or open], leader [the kind with the highest score among those judged enough, or,
    where none is, among all; null: none judged], score and confidence of the leader, why_open [null; nothing, confidence, low, close].

    A kind is judged enough where its confidence is at least `open_below`. The leader is the kind, unless it is not judged enough
    (`confidence`), scores below `least_score` (`low`), or the next one judged enough is less than `lead` behind (`close`). It
    misleads where few parts can be judged: see the page of the calculation.

    References
    ----------
    Row F5; Rackham & De Vincentis (1999) for the three kinds. The parts, their bounds and edges: docs, calculations, kinds.
    """
    settings = settings or KindSettings()
    accounts = _with_records(evidence.accounts, records)
    values = _values(accounts, evidence, settings)
    told = {f"part_{name}": rates(value) for name, value in values.items()}
    scores, confidences = [], []
    for kind, parts in PARTS.items():
        score, confidence = _score(
            [values[part] for part in parts], [settings.weight(part) for part in parts]
        )
        told |= {f"{kind}_score": rates(score), f"{kind}_confidence": pa.array(confidence)}
        scores.append(score)
        confidences.append(confidence)
    return with_columns(accounts, told | _decided(np.array(scores), np.array(confidences), settings))


def _with_records(accounts: pa.Table, records: pa.Table | None) -> pa.Table:
    """Every account of ledger and records, each column of the contract there, null where nothing is known."""
    ids = {"account_id": pa.string()}
    if records is None:
        records = pa.table({name: pa.array([], kind) for name, kind in ids.items()})
    joined = accounts.join(records, "account_id", join_type="full outer").sort_by("account_id")
    missing = [name for name in KIND_RECORDS.columns if name not in joined.column_names]
    return with_columns(joined, {name: pa.nulls(len(joined), pa.float64()) for name in missing})


def _values(accounts: pa.Table, evidence: KindEvidence, settings: KindSettings) -> dict[str, Any]:
    """Each part's value; not a number where it cannot be judged."""
    bought = _number(accounts["bought"])
    bought[~(bought > 0)] = np.nan

    def share(name: str, full: float = 1.0) -> Any:
        return np.minimum(1, _number(accounts[name]) / (full * bought))

    def covered(name: str) -> Any:
        return _number(accounts[name]) >= float(settings.coverage) * bought

    with_list = _number(accounts["with_list"])
    discounted = np.where(
        covered("with_list") & (with_list > 0),
        _number(accounts["special"]) / np.maximum(with_list, 1e-9),
        np.nan,
    )
    price = np.where(
        (_number(accounts["price_months"]) >= settings.price_months)
        & (_number(accounts["price_spread"]) >= float(settings.price_moves)),
        np.maximum(0, -_number(accounts["price_correlation"])),
        np.nan,
    )
    wide = settings.wide_categories if evidence.range_by == "category" else settings.wide_products
    wide = min(wide, evidence.range_sold)
    broad = np.full(len(accounts), np.nan)
    if wide >= 2:
        steps = (_number(accounts["range"]) - 1) / (wide - 1)
        broad = np.where(covered("with_range"), np.clip(steps, 0, 1), np.nan)
    nothing = np.full(len(accounts), np.nan)
    services = share("services", float(settings.service_full)) if evidence.sells_services else nothing
    advice = share("advice", float(settings.advice_full)) if evidence.sells_advice else nothing

    def counted(name: str, full: int) -> Any:
        return np.minimum(1, _in_use(_number(accounts[name]), bought > 0, settings) / full)

    made, accepted = _number(accounts["proposals"]), _number(accounts["proposals_accepted"])
    sales = _number(accounts["sales"])
    sales[~(sales > 0)] = np.nan
    contacts, sponsors = _number(accounts["contacts"]), _number(accounts["sponsors"])
    known = np.nan_to_num(contacts) + np.nan_to_num(sponsors) > 0
    executives = np.minimum(
        1, np.nan_to_num(_number(accounts["executive_contacts"])) / settings.executives_full
    )
    return {
        "discounted": discounted,
        "price_driven": price,
        "narrow": 1 - broad,
        "no_services": 1 - services,
        "few_touches": 1 - counted("touches", settings.touches_full),
        "services": services,
        "broad": broad,
        "expert_visits": counted("expert_visits", settings.experts_full),
        "proposals": np.where(made > 0, np.minimum(1, np.nan_to_num(accepted) / np.maximum(made, 1)), np.nan),
        "advice": advice,
        "commitments": counted("commitments", settings.commitments_full),
        "joint_projects": counted("joint_projects", settings.projects_full),
        "two_way": np.clip(_number(accounts["purchases"]) / (float(settings.two_way_full) * sales), 0, 1),
        "executives": np.where(known, ((np.nan_to_num(sponsors) > 0) + executives) / 2, np.nan),
        "length": _length(accounts, evidence, settings),
        "regular": np.minimum(1, np.where(bought > 0, _number(accounts["active_months"]), np.nan) / 12),
    }


def _in_use(counts: Any, bought: Any, settings: KindSettings) -> Any:
    """Counts of records; none recorded means none only where the company keeps such records at all."""
    has = counts > 0
    buyers = int(bought.sum())
    if buyers and (has & bought).sum() >= float(settings.in_use_from) * buyers and has.any():
        return np.nan_to_num(counts)
    return np.where(has, counts, np.nan)


def _length(accounts: pa.Table, evidence: KindEvidence, settings: KindSettings) -> Any:
    """Months since the first line ÷ those that are full; not judged where the ledger itself does not reach back far enough."""
    firsts = accounts["first_date"]
    days = _number(pc.days_between(firsts, pa.scalar(evidence.until, pa.date32())))
    into = _number(pc.days_between(pa.scalar(evidence.first_day, pa.date32()), firsts))
    full = settings.length_months * _DAYS_A_MONTH
    # What begins with the ledger may be any older: enough only where the ledger itself is as long.
    length = np.minimum(1, days / full)
    at_start = into <= LEDGER_TOLERANCE
    return np.where(at_start, np.where(days + LEDGER_TOLERANCE >= full, 1.0, np.nan), length)


def _score(values: list[Any], weights: list[Any]) -> tuple[Any, Any]:
    """The judged parts' mean by weight, and the judged share of the weight."""
    told = np.array(values)
    weight = np.array([float(one) for one in weights])[:, None]
    judged = ~np.isnan(told) * weight
    of = judged.sum(axis=0)
    score = np.where(of > 0, (np.nan_to_num(told) * judged).sum(axis=0) / np.where(of > 0, of, 1), np.nan)
    total = weight.sum()
    # Rounded, since thirds and fifths added in floating point miss the line by a hair.
    return np.round(score, 9), np.round(of / total, 9) if total else np.zeros(told.shape[1])


def _decided(scores: Any, confidences: Any, settings: KindSettings) -> dict[str, Any]:
    told = np.where(np.isnan(scores), -1, scores)
    is_sure = (confidences >= float(settings.open_below)) & (told >= 0)
    any_sure = is_sure.any(axis=0)
    # Among the kinds judged enough, where there is one; else among all, to say what it looks like.
    told = np.where(any_sure & ~is_sure, -1, told)
    leader = np.argmax(told, axis=0)
    in_order = np.sort(told, axis=0)
    best, next_best = in_order[-1], in_order[-2]
    confidence = confidences[leader, np.arange(told.shape[1])]
    none = best < 0
    unsure = ~any_sure
    low = best < float(settings.least_score)
    close = (next_best >= 0) & (np.round(best - next_best, 9) < float(settings.lead))
    why = np.select([none, unsure, low, close], range(4), default=4)
    return {
        "kind": pa.array([*KINDS, OPEN]).take(pa.array(np.where(why < 4, len(KINDS), leader))),
        "leader": pa.array(KINDS).take(pa.array(leader, mask=none)),
        "score": rates(np.where(none, np.nan, best)),
        "confidence": pa.array(np.where(none, 0.0, confidence)),
        "why_open": pa.array(WHY_OPEN).take(pa.array(why, mask=why == 4)),
    }


def _number(column: Any) -> Any:
    """A column as float64, not a number where unknown."""
    if pa.types.is_decimal(column.type):
        money = money_of(column)
        return np.where(money.known, money.units.astype(np.float64) / 10_000, np.nan)
    return np.array(pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False), np.float64)


@dataclass(frozen=True)
class PartScore:
    """One line of an account's scorecard."""

    kind: str
    part: str
    value: float | None
    """None: cannot be judged."""
    weight: float
    reason: Reason
    """What it was made of, or what is missing."""


def scorecard(row: Mapping[str, Any], settings: KindSettings | None = None) -> list[PartScore]:
    """The parts of one row of `kinds`, each with what it is made of."""
    settings = settings or KindSettings()
    values = {
        **row,
        "service_names": list(settings.service_categories),
        "advice_names": list(settings.advice_categories),
    }
    for name in ("special", "with_list", "services", "advice", "with_range", "purchases"):
        whole = (
            row.get("sales")
            if name == "purchases"
            else row.get("with_list" if name == "special" else "bought")
        )
        part = row.get(name)
        values[f"{name}_share"] = (
            float(part) / float(whole) if part is not None and whole and whole > 0 else None
        )
    told = []
    for kind, parts in PARTS.items():
        for part in parts:
            value = row[f"part_{part}"]
            code = f"kind.part.{part}.{'unknown' if value is None else 'made_of'}"
            told.append(PartScore(kind, part, value, float(settings.weight(part)), Reason(code, values)))
    return told
