"""Which few accounts carry the business? The 80/20 rule over a year of sales or profit (F1)."""

import itertools
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.find.exact import (
    TOTAL_TYPE,
    UNITS,
    as_rate,
    at_least,
    decimal_of,
    decimals,
    money_of,
    rates,
    total,
    units_of,
    with_columns,
)

CURVE_POINTS = 1000


def ranked(
    accounts: pa.Table,
    value: str,
    *,
    share: Decimal,
    within: Sequence[str] = (),
    total_of: Decimal | None = None,
) -> pa.Table:
    """Rank accounts by `value` and mark those who together make `share` of the total.

    Parameters
    ----------
    accounts : one row per account (and `within`): account_id; `value` [company currency; null: unknown].
    share : in (0, 1].
    within : columns that part the accounts, each part ranked by itself (regions, say).
    total_of : total to measure against; preset: the sum over the accounts.

    Returns
    -------
    the same rows, by `within` and account_id, with
        rank (from 1, largest first, ties by account_id; null where the value is), running [value so far, the account
        included], total, share_of_total, running_share [above 1 where negatives follow; null where the total ≤ 0],
        in_set: value > 0 and the accounts before it make less than `share` of the total, so the account that
        crosses the line is in.

    References
    ----------
    Row F1; design, "What key means, exactly". Worked by hand in the docs, "Concentration".
    """
    accounts = by_account(accounts, within)
    parts = [_placed(part, value, share, total_of) for part in parts_of(accounts, within)]
    return pa.concat_tables(parts)


def concentration(
    placed: pa.Table, value: str, *, top_share: Decimal, within: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """How far does 80/20 hold? One row (or one per part in `within`) from the rows of `ranked`.

    Returns
    -------
    accounts; total [company currency]; set_size; set_amount [company currency]; top_accounts: the first
        ceil(top_share × accounts); top_amount, top_amount_share: theirs, and its share of the total [null where that
        is ≤ 0]; gini: over accounts with value > 0 [0: all equal, near 1: one has all]; positive_accounts: how many
        those are.
    """
    return [
        {name: part[name][0].as_py() for name in within} | _concentration(part, value, top_share)
        for part in parts_of(placed, within)
    ]


def curve(placed: pa.Table, value: str) -> pa.Table:
    """The concentration curve (of profit: the whale curve): some 1,000 points at the most, largest account first.

    It is drawn against the accounts' own total, from the rows of `ranked`. Returns accounts_share and running_share, both from 0 to (about) 1; the first point is the largest account.
    """
    counted = placed.filter(placed["rank"].is_valid())
    rank, n = counted["rank"].to_numpy(), len(counted)
    step = (n + CURVE_POINTS - 1) // CURVE_POINTS or 1
    shown = np.flatnonzero(((rank - 1) % step == 0) | (rank == n))
    shown = shown[np.argsort(rank[shown])]
    points = rank[shown]
    running = money_of(counted["running"].take(pa.array(shown))).units
    whole = total(money_of(placed[value]).units)
    return pa.table(
        {
            "rank": points,
            "accounts_share": points.astype(np.float64) / max(n, 1),
            "running_share": rates(as_rate(running, whole)),
        }
    )


def concentration_accounts(placed: pa.Table) -> pa.Table:
    """The accounts behind `concentration`: those in the set, largest first."""
    return placed.filter(placed["in_set"]).sort_by("rank")


def by_account(accounts: pa.Table, within: Sequence[str] = ()) -> pa.Table:
    """The rows by `within` and account_id, nulls last; as they are where they stand so already."""
    ids = accounts["account_id"].combine_chunks()
    if not within and (
        len(ids) < 2
        or (not ids.null_count and pc.all(pc.less_equal(ids[:-1], ids[1:]), skip_nulls=False).as_py())
    ):
        return accounts
    keys = [(name, "ascending") for name in (*within, "account_id")]
    return accounts.take(pc.sort_indices(accounts, sort_keys=keys))


def parts_of(table: pa.Table, within: Sequence[str]) -> Iterator[pa.Table]:
    """The rows of each part, which stand together."""
    if not within:
        yield table
        return
    starts = np.zeros(len(table), bool)
    starts[:1] = True
    for name in within:
        codes = table[name].combine_chunks().dictionary_encode(null_encoding="encode").indices.to_numpy()
        starts[1:] |= codes[1:] != codes[:-1]
    begins = [*np.flatnonzero(starts).tolist(), len(table)]
    for begin, end in itertools.pairwise(begins):
        yield table.slice(begin, end - begin)


def _placed(accounts: pa.Table, value: str, share: Decimal, total_of: Decimal | None) -> pa.Table:
    amount = money_of(accounts[value])
    whole = total(amount.units) if total_of is None else units_of(total_of)
    order = _largest_first(amount.units)
    order = order[amount.known[order]]
    rank = np.zeros(len(accounts), np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    # What is unknown stands behind all others, with what they make together.
    running = np.full(len(accounts), total(amount.units), amount.units.dtype)
    running[order] = np.cumsum(amount.units[order])
    reached = at_least(running - amount.units, share, whole)
    nobody = None if amount.known.all() else ~amount.known
    shares = np.where(amount.known, as_rate(running, whole), np.nan)
    new = {
        "rank": pa.array(rank, mask=nobody),
        "running": decimals(running),
        "total": pa.repeat(pa.scalar(decimal_of(whole), TOTAL_TYPE), len(accounts)),
        "share_of_total": rates(np.where(amount.known, as_rate(amount.units, whole), np.nan)),
        "running_share": rates(shares),
        "in_set": pa.array((amount.units > 0).astype(bool) & ~reached.astype(bool)),
    }
    return with_columns(accounts, new)


def _largest_first(units: Any) -> Any:
    """Where the rows go by size. Ties keep their order, by account_id, so that the same ledger gives the same list."""
    if units.dtype == object:
        return np.argsort(-units, kind="stable")
    # Numpy's stable sort takes several times as long as the other, which leaves only equal amounts to be put right.
    order = np.argsort(-units)
    ordered = units[order]
    tied = np.zeros(len(units) + 1, bool)
    tied[1:-1] = ordered[1:] == ordered[:-1]
    tied = np.flatnonzero(tied[1:] | tied[:-1])
    among = order[tied]
    order[tied] = among[np.lexsort((among, -units[among]))]
    return order


def _concentration(placed: pa.Table, value: str, top_share: Decimal) -> dict[str, Any]:
    amount = money_of(placed[value])
    whole = money_of(placed["total"][:1]).units
    in_set = placed["in_set"].to_numpy()
    rank = placed["rank"].fill_null(0).to_numpy()
    numerator, denominator = top_share.as_integer_ratio()
    # ceil(n × top_share) in whole numbers: 0.2 × 15 is not 3 in floating point.
    top_n = -(-len(placed) * numerator // denominator)
    is_top = (rank > 0) & (rank <= top_n)
    positive = (amount.units > 0).astype(bool)
    n = int(positive.sum())
    sizes = amount.units[positive].astype(np.float64)
    # With x ascending Gini = Σ (2i − n − 1) x ÷ (n Σ x); the place from below is i = n − rank + 1.
    weights = (n + 1 - 2 * rank[positive]).astype(np.float64)
    top_amount = total(amount.units[is_top])
    return {
        "accounts": len(placed),
        "positive_accounts": n,
        "total": decimal_of(whole[0]) if len(whole) else None,
        "set_size": int(in_set.sum()),
        "set_amount": decimal_of(total(amount.units[in_set])) if in_set.any() else None,
        "top_accounts": top_n if len(placed) else None,
        "top_amount": decimal_of(top_amount) if is_top.any() else None,
        "top_amount_share": top_amount / UNITS / (int(whole[0]) / UNITS)
        if is_top.any() and whole[0] > 0
        else None,
        "gini": float((weights * sizes).sum() / (n * sizes.sum())) if n else None,
    }
