"""Where does a smaller customer get better terms than a key account, on the same goods, and for how much money? (C4)

Worked by hand in the docs, "Discount inversion".
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import ibis
import pyarrow as pa

from keyaccount.cover.price_cells import level_table, levels_of, priced_cells, priced_lines, without_price
from keyaccount.errors import SettingError
from keyaccount.find.exact import TOTAL_TYPE
from keyaccount.periods import Period
from keyaccount.reasons import Reason

_QUANTITY = pa.decimal128(38, 6)
# Prices are compared in floating point first, and exactly where they come within this share of the line.
_CLOSE = 1e-9


@dataclass(frozen=True)
class InversionSettings:
    """What counts as an inversion. The presets are those of design, "Cover, exactly"."""

    least_gap: Decimal = Decimal("0.01")
    """(key account's price − lower price) ÷ key account's price, from which it is one."""
    least_lines: int = 3
    """On either side."""
    least_share: Decimal = Decimal("0.05")
    """Of the key account's quantity, that the other side must have bought."""

    def __post_init__(self) -> None:
        if not 0 < self.least_gap < 1:
            raise SettingError(
                "setting.range", name="inversions.least_gap", allowed="(0, 1)", value=self.least_gap
            )
        if self.least_lines < 1:
            raise SettingError(
                "setting.range", name="inversions.least_lines", allowed="≥ 1", value=self.least_lines
            )
        if not 0 <= self.least_share <= 1:
            raise SettingError(
                "setting.range", name="inversions.least_share", allowed="[0, 1]", value=self.least_share
            )


@dataclass(frozen=True)
class Inversions:
    """What was found, and what could not be compared."""

    rows: pa.Table
    """One row per key account, product, unit and quarter in which somebody below bought cheaper."""
    compared: int
    """Key account, product, unit and quarter with prices on both sides."""
    left_out: Mapping[str, int]
    """Lines of the period that have no price, by why: no_account, no_product, no_quantity [null or ≤ 0], no_amount [≤ 0]."""
    units_differ: tuple[str, ...]
    """Products sold in several units, which are not compared with each other."""

    @property
    def money(self) -> Decimal:
        """What it would cost to give each key account the best price of those below: each row once [company currency]."""
        return sum(self.rows["money"].to_pylist(), Decimal(0))


def inversions(
    lines: Any,
    places: pa.Table,
    *,
    period: Period,
    groups: Mapping[str, str] | None = None,
    merged: Mapping[str, str] | None = None,
    rebates: pa.Table | None = None,
    settings: InversionSettings | None = None,
) -> Inversions:
    """Find each key account's product whose price somebody below undercuts.

    Parameters
    ----------
    lines : Ibis table, one row per invoice line (`tables.INVOICE_LINES`); without products or quantities nothing is found.
    places : one row per key account and time on the published list: account_id; level [1 the lowest tier, higher is higher; who is
        not on the list has 0]; since, until [dates, both counted; null: open]. The place on a quarter's last day within the period counts
        for all of that quarter.
    period : its calendar quarters are compared; the first and the last may be cut short.
    groups : account → top parent, on which prices and places are. merged : merged account → the one that it counts as.
    rebates : one row per rebate paid: account_id; product [null: on all it bought that quarter, by amount]; date; amount [company
        currency, > 0]. Freight that we paid, where the ledger has it, and rebates come off the price.

    Returns
    -------
    rows, largest money first
        account_id; level; product [id, else name]; unit [null: none given]; quarter [its first day]; lines; quantity; amount [company
        currency, net of freight and rebates]; price [amount ÷ quantity]; pairs [customers below with a better price];
        lowest_account [who has the lowest price, ties by account_id]; lowest_price; gap [price − lowest_price, a unit];
        gap_share [gap ÷ price, ≥ least_gap]; money [gap × quantity, rounded to four places: what the lowest price would have saved it].
        Rows may be summed, pairs never.

    Raises
    ------
    TableError `column.missing`; SettingError `setting.range`.

    References
    ----------
    Row C4; design, "Cover, exactly". Both sides need least_lines lines with net_amount and quantity above 0, and the lower one
    least_share of the key account's quantity, in the same unit. Behind it: `inversion_pairs`, `inversion_lines`.
    """
    settings = settings or InversionSettings()
    cells = priced_cells(lines, period, groups or {}, merged or {}, rebates, least_lines=settings.least_lines)
    left_out, differing = without_price(lines, period)
    if cells is None:
        return Inversions(_ROWS.empty_table(), 0, left_out, ())
    # Few have lines enough: read once, since they are asked three times.
    cells = ibis.memtable(cells.to_pyarrow())
    keys = _key_cells(cells, places, period)
    if not len(keys):
        return Inversions(_ROWS.empty_table(), 0, left_out, differing)
    pairs = _pairs(cells, keys, places, period, settings)
    best = (
        pairs.group_by("key_id", "product", "unit", "quarter")
        .agg(
            compared=pairs.count(),
            pairs=(pairs.gap_share >= float(settings.least_gap) - _CLOSE).sum(),
            lowest_price=pairs.price.min(),
        )
        .order_by(["key_id", "product", "unit", "quarter"])
        .to_pyarrow()
    )
    found = _exact(keys, best, pairs, settings)
    return Inversions(found, len(best), left_out, differing)


def inversion_pairs(
    lines: Any,
    places: pa.Table,
    key_id: str,
    product: str,
    unit: str | None,
    quarter: dt.date,
    *,
    period: Period,
    groups: Mapping[str, str] | None = None,
    merged: Mapping[str, str] | None = None,
    rebates: pa.Table | None = None,
    settings: InversionSettings | None = None,
) -> pa.Table:
    """Who below bought a product of a key account cheaper in a quarter; the rows behind one of `inversions`.

    Returns
    -------
    one row per customer, lowest price first
        account_id; level [0: not on the list]; lines; quantity; amount; price; gap [key account's price − price]; gap_share. Each beside the
        key account only: they overlap, and are not summed.
    """
    settings = settings or InversionSettings()
    cells = priced_cells(lines, period, groups or {}, merged or {}, rebates)
    if cells is None:
        return _PAIRS.empty_table()
    of_product = cells.filter(
        (cells["product"] == product)
        & (cells["unit"].isnull() if unit is None else cells["unit"] == unit)
        & (cells.quarter == ibis.literal(quarter))
    )
    levels = {
        row["account_id"]: row["level"] for row in levels_of(places, period) if row["quarter"] == quarter
    }
    rows = of_product.to_pyarrow().to_pylist()
    own_level = levels.get(key_id, 0)
    key = next((row for row in rows if row["account_id"] == key_id), None)
    if key is None or own_level <= 0 or key["lines"] < settings.least_lines:
        return _PAIRS.empty_table()
    found = []
    for row in rows:
        level = levels.get(row["account_id"], 0)
        is_other = row["account_id"] != key_id and level < own_level
        gap, share = _gap(key, row)
        if is_other and _counts(row, key, settings) and share >= settings.least_gap:
            kept = {name: row[name] for name in ("account_id", "lines", "quantity", "amount")}
            found.append(
                {**kept, "level": level, "price": _price(row), "gap": gap, "gap_share": float(share)}
            )
    found.sort(key=lambda row: (row["price"], row["account_id"]))
    return pa.Table.from_pylist(found, schema=_PAIRS)


def inversion_lines(
    lines: Any,
    account_ids: list[str],
    product: str,
    unit: str | None,
    quarter: dt.date,
    *,
    period: Period,
    groups: Mapping[str, str] | None = None,
    merged: Mapping[str, str] | None = None,
) -> Any:
    """The invoice lines behind the price of accounts (or groups) for a product in a quarter: an Ibis table."""
    told = priced_lines(lines, period, groups or {}, merged or {})
    if told is None:
        return lines.limit(0)
    same_unit = told["unit_of"].isnull() if unit is None else told["unit_of"] == unit
    return told.filter(
        told.group_id.isin(account_ids)
        & (told.product_of == product)
        & same_unit
        & (told.date.truncate("Q") == ibis.literal(quarter))
    )


def price_picture(
    lines: Any,
    places: pa.Table,
    product: str,
    unit: str | None,
    quarter: dt.date,
    *,
    period: Period,
    groups: Mapping[str, str] | None = None,
    merged: Mapping[str, str] | None = None,
    rebates: pa.Table | None = None,
) -> pa.Table:
    """Price against volume: what each customer paid for a product in a quarter, and how much it bought.

    Returns
    -------
    one row per customer, largest quantity first: account_id; level [0: not on the list]; lines; quantity; amount; price.
    """
    cells = priced_cells(lines, period, groups or {}, merged or {}, rebates)
    if cells is None:
        return _PICTURE.empty_table()
    unit_is = cells["unit"].isnull() if unit is None else cells["unit"] == unit
    told = cells.filter((cells["product"] == product) & unit_is & (cells.quarter == ibis.literal(quarter)))
    levels = {
        row["account_id"]: row["level"] for row in levels_of(places, period) if row["quarter"] == quarter
    }
    rows = [
        {
            **{name: row[name] for name in ("account_id", "lines", "quantity", "amount")},
            "level": levels.get(row["account_id"], 0),
            "price": _price(row),
        }
        for row in told.to_pyarrow().to_pylist()
    ]
    rows.sort(key=lambda row: (-row["quantity"], row["account_id"]))
    return pa.Table.from_pylist(rows, schema=_PICTURE)


def inversion_reason(row: Mapping[str, Any]) -> Reason:
    """Why a row is an inversion; `row` of `inversions`."""
    names = ("price", "lowest_price", "lowest_account", "gap_share", "quantity", "money", "pairs")
    return Reason("inversion.found", {name: row[name] for name in names})


_CELL = [("lines", pa.int64()), ("quantity", _QUANTITY), ("amount", TOTAL_TYPE), ("price", TOTAL_TYPE)]
_ROWS = pa.schema(
    [
        ("account_id", pa.string()),
        ("level", pa.int64()),
        ("product", pa.string()),
        ("unit", pa.string()),
        ("quarter", pa.date32()),
        *_CELL,
        ("pairs", pa.int64()),
        ("lowest_account", pa.string()),
        ("lowest_price", TOTAL_TYPE),
        ("gap", TOTAL_TYPE),
        ("gap_share", pa.float64()),
        ("money", TOTAL_TYPE),
    ]
)
_PAIRS = pa.schema(
    [
        ("account_id", pa.string()),
        ("level", pa.int64()),
        *_CELL,
        ("gap", TOTAL_TYPE),
        ("gap_share", pa.float64()),
    ]
)
_PICTURE = pa.schema([("account_id", pa.string()), ("level", pa.int64()), *_CELL])


def _key_cells(cells: Any, places: pa.Table, period: Period) -> pa.Table:
    levels = level_table(places, period)
    told = cells.left_join(
        levels, (cells.account_id == levels.level_id) & (cells.quarter == levels.level_quarter)
    )
    told = told.mutate(level=told.level.fill_null(0))
    # Only where somebody below bought it, too.
    lowest = told.level.min().over(ibis.window(group_by=["product", "unit", "quarter"]))
    told = told.mutate(lowest=lowest).filter(lambda one: one.level > one.lowest)
    told = told.select(
        "level", "product", "unit", "quarter", "lines", "quantity", "amount", key_id=told.account_id
    )
    return told.order_by(["key_id", "product", "unit", "quarter"]).to_pyarrow()


def _pairs(cells: Any, keys: pa.Table, places: pa.Table, period: Period, settings: InversionSettings) -> Any:
    """Key account's cell × the cells below it that may be compared."""
    told = keys.select(["key_id", "product", "unit", "quarter", "level"])
    sizes = keys["quantity"].to_pylist()
    with localcontext() as exact:
        exact.prec = 60
        least = [(one * settings.least_share).quantize(Decimal("0.00000001")) for one in sizes]
        prices = [float(row["amount"]) / float(row["quantity"]) for row in keys.to_pylist()]
    told = told.rename_columns(["key_id", "key_product", "key_unit", "key_quarter", "key_level"])
    asked = ibis.memtable(
        told.append_column("least_quantity", pa.array(least, pa.decimal128(38, 8))).append_column(
            "key_price", pa.array(prices, pa.float64())
        )
    )
    levels = level_table(places, period)
    low = cells.mutate(price=cells.amount.cast("float64") / cells.quantity.cast("float64"))
    low = low.left_join(levels, (low.account_id == levels.level_id) & (low.quarter == levels.level_quarter))
    low = low.mutate(own_level=low.level.fill_null(0)).drop("level_id", "level_quarter", "level")
    both = low.join(
        asked,
        [
            low["product"] == asked.key_product,
            low["unit"].identical_to(asked.key_unit),
            low.quarter == asked.key_quarter,
        ],
    )
    both = both.filter(
        (both.own_level < both.key_level)
        & (both.account_id != both.key_id)
        & (both.quantity.cast("decimal(38, 8)") >= both.least_quantity)
    )
    return both.mutate(gap_share=(both.key_price - both.price) / both.key_price)


def _exact(keys: pa.Table, best: pa.Table, pairs: Any, settings: InversionSettings) -> pa.Table:
    """Of the cells with a gap, or nearly: who has the lowest price, and is the gap one, exactly?"""
    likely = [row for row in best.to_pylist() if row["pairs"]]
    if not likely:
        return _ROWS.empty_table()
    asked = ibis.memtable(
        pa.table(
            {
                "best_id": pa.array([row["key_id"] for row in likely], pa.string()),
                "best_product": pa.array([row["product"] for row in likely], pa.string()),
                "best_unit": pa.array([row["unit"] for row in likely], pa.string()),
                "best_quarter": pa.array([row["quarter"] for row in likely], pa.date32()),
                "best_price": pa.array([row["lowest_price"] * (1 + _CLOSE) for row in likely], pa.float64()),
            }
        )
    )
    # The lowest, and those that floating point cannot tell from it; and all that are as close to the line.
    near = pairs.join(
        asked,
        [
            pairs.key_id == asked.best_id,
            pairs["product"] == asked.best_product,
            pairs["unit"].identical_to(asked.best_unit),
            pairs.quarter == asked.best_quarter,
        ],
    )
    on_the_line = (near.gap_share - float(settings.least_gap)).abs() <= 2 * _CLOSE
    near = near.mutate(on_the_line=on_the_line)
    near = near.filter((near.price <= near.best_price) | near.on_the_line)
    place = {_key(row): row for row in keys.to_pylist()}
    candidates: dict[Any, list[dict[str, Any]]] = {}
    for row in (
        near.select("key_id", "product", "unit", "quarter", "account_id", "quantity", "amount", "on_the_line")
        .to_pyarrow()
        .to_pylist()
    ):
        candidates.setdefault(_key(row), []).append(row)
    found = []
    for row in likely:
        key = place[_key(row)]
        told = candidates[_key(row)]
        lowest = min(told, key=lambda one: (one["amount"] / one["quantity"], one["account_id"]))
        gap, gap_share = _gap(key, lowest)
        if gap_share < settings.least_gap:
            continue
        # Those that floating point took for inverted and are not.
        wrong = sum(
            float(settings.least_gap) - float(share) <= _CLOSE and share < settings.least_gap
            for share in (_gap(key, one)[1] for one in told if one["on_the_line"])
        )
        with localcontext() as exact:
            exact.prec = 60
            money = (key["amount"] - lowest["amount"] * key["quantity"] / lowest["quantity"]).quantize(
                Decimal("0.0001"), ROUND_HALF_UP
            )
        found.append(
            {
                **{
                    name: key[name]
                    for name in ("level", "product", "unit", "quarter", "lines", "quantity", "amount")
                },
                "account_id": key["key_id"],
                "price": _price(key),
                "pairs": int(row["pairs"]) - wrong,
                "lowest_account": lowest["account_id"],
                "lowest_price": _price(lowest),
                "gap": gap,
                "gap_share": float(gap_share),
                "money": money,
            }
        )
    found.sort(
        key=lambda one: (-one["money"], one["account_id"], one["product"], one["unit"] or "", one["quarter"])
    )
    return pa.Table.from_pylist(found, schema=_ROWS)


def _counts(row: Mapping[str, Any], key: Mapping[str, Any], settings: InversionSettings) -> bool:
    with localcontext() as exact:
        exact.prec = 60
        enough = row["quantity"] >= key["quantity"] * settings.least_share
    return bool(row["lines"] >= settings.least_lines and enough)


def _gap(key: Mapping[str, Any], low: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    """The gap a unit, for display, and its share of the key account's price."""
    with localcontext() as exact:
        exact.prec = 60
        price, other = key["amount"] / key["quantity"], low["amount"] / low["quantity"]
        share = 1 - low["amount"] * key["quantity"] / (key["amount"] * low["quantity"])
        return (price - other).quantize(Decimal("0.0001"), ROUND_HALF_UP), share


def _price(row: Mapping[str, Any]) -> Decimal:
    with localcontext() as exact:
        exact.prec = 60
        return Decimal(row["amount"] / row["quantity"]).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["key_id"], row["product"], row["unit"], row["quarter"]
