"""Who entered the list, stayed on it, left it, from one year to the next, and was it price or volume? (F7)"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.find.exact import TOTAL_TYPE, decimals, money_of
from keyaccount.find.groups import rolled_up
from keyaccount.find.reasons import GUARDS
from keyaccount.ledger.merged import codes_of, merged_lines
from keyaccount.periods import Period
from keyaccount.reasons import Reason
from keyaccount.tables import TableError, require

CAUSES = ("guard", "price", "more", "less", "same")


def year_on_year(
    before: pa.Table,
    after: pa.Table,
    *,
    accounts_before: pa.Table,
    accounts_after: pa.Table,
    effects: pa.Table | None = None,
) -> pa.Table:
    """Compare the lists of two years.

    Parameters
    ----------
    before, after : one row per account on each list: account_id, account_name.
    accounts_before, accounts_after : one row per account of the year that each list rests on: account_id, sales
        [company currency a year], verdict; barred_by, where both have it, is taken in its place (`Proposal.accounts`).
    effects : `price_and_volume` of the accounts; None: prices are not judged.

    Returns
    -------
    one row per account on either list: those who entered, then those who left, then those who stayed, largest sales first
        account_id, account_name; change [entered, left, stayed]; cause, the first of: guard [the guard that holds is
        another, or none], price [|price effect| > |volume effect|], more, less [sales], same; sales_before, sales_after
        [0 where it has no line]; guard_before, guard_after [null: none]; price_effect, volume_effect [company currency,
        over products bought in both years; null: not judged]; products [how many those are]; against [whether it entered
        though it buys less, or left though it buys more: the line moved].

    Raises
    ------
    TableError `column.missing`.

    References
    ----------
    Row F7; issue "Decide the key account list". Worked by hand in the docs, "Year on year".
    """
    for name, table, columns in (
        ("before", before, ("account_id", "account_name")),
        ("after", after, ("account_id", "account_name")),
        ("accounts_before", accounts_before, ("account_id", "sales", "verdict")),
        ("accounts_after", accounts_after, ("account_id", "sales", "verdict")),
    ):
        missing = [column for column in columns if column not in table.column_names]
        if missing:
            raise TableError("column.missing", table=name, columns=missing, there=table.column_names)
    was, now = (one["account_id"].combine_chunks() for one in (before, after))
    stayed = np.asarray(pc.is_in(now, value_set=was))
    left = was.filter(pc.invert(pc.is_in(was, value_set=now)))
    ids = pa.concat_arrays([now, left])
    change = np.concatenate([np.where(stayed, "stayed", "entered"), np.full(len(left), "left")])
    # By whose guard the list was made, where both say so; else by the verdict, which tells of the set only.
    column = (
        "barred_by"
        if all("barred_by" in one.column_names for one in (accounts_before, accounts_after))
        else "verdict"
    )
    sales = [_taken(one, ids, "sales") for one in (accounts_before, accounts_after)]
    guards = [_guards(_taken(one, ids, column)) for one in (accounts_before, accounts_after)]
    price, volume, products = _summed(effects, ids)
    units = [money_of(one).units for one in sales]
    judged = np.asarray(price.is_valid())
    marks = {
        "guard": np.asarray(
            pc.not_equal(pc.fill_null(guards[0], ""), pc.fill_null(guards[1], "")).to_numpy(
                zero_copy_only=False
            )
        ),
        "price": judged & (abs(money_of(price).units) > abs(money_of(volume).units)).astype(bool),
        "more": (units[1] > units[0]).astype(bool),
        "less": (units[1] < units[0]).astype(bool),
    }
    cause = np.select(list(marks.values()), range(len(marks)), default=len(marks))
    against = ((change == "entered") & marks["less"]) | ((change == "left") & marks["more"])
    names = [_taken(one, ids, "account_name") for one in (after, before)]
    rows = pa.table(
        {
            "account_id": ids,
            "account_name": pc.coalesce(*names),
            "change": pa.array(change),
            "cause": pa.array(CAUSES).take(pa.array(cause)),
            "sales_before": decimals(units[0]),
            "sales_after": decimals(units[1]),
            "guard_before": guards[0],
            "guard_after": guards[1],
            "price_effect": price,
            "volume_effect": volume,
            "products": products,
            "against": pa.array(against),
        }
    )
    size = pa.array(np.select([change == "entered", change == "left"], [0, 1], default=2))
    largest = pc.max_element_wise(rows["sales_before"], rows["sales_after"])
    keys = rows.append_column("place", size).append_column("largest", largest)
    order = [("place", "ascending"), ("largest", "descending"), ("account_id", "ascending")]
    return rows.take(pc.sort_indices(keys, sort_keys=order))


def year_reason(row: Mapping[str, Any]) -> Reason:
    """Why an account entered, left or stayed, with its figures; `row` of `year_on_year`."""
    cause = row["cause"]
    if cause == "guard":
        which = "now" if row["guard_after"] else "no_more"
        return Reason(f"year.guard.{which}.{row['guard_after'] or row['guard_before']}", {})
    values = {"before": row["sales_before"], "after": row["sales_after"]}
    if cause == "price":
        values |= {
            "price": row["price_effect"],
            "volume": row["volume_effect"],
            "products": row["products"],
        }
    moved = ".line_moved" if row["against"] and cause in ("more", "less") else ""
    return Reason(f"year.{cause}{moved}", values)


def price_and_volume(
    lines: Any,
    account_ids: Sequence[str],
    years: tuple[Period, Period],
    *,
    tops: Mapping[str, str] | None = None,
    merged: Mapping[str, str] | None = None,
) -> pa.Table:
    """How much of the change between two years is price, and how much volume, by account and product?

    Parameters
    ----------
    lines : Ibis table, one row per invoice line (`tables.INVOICE_LINES`); only the lines of the accounts are read.
    account_ids : the accounts, or groups, asked for.
    years : the year before, and the year.
    tops : account → top parent: a member's purchases are its group's. merged : merged account → the one that it counts as.

    Returns
    -------
    one row per account, product and unit bought in both years, by these
        account_id; product [its id, where there is one, else its name]; unit [null: none given]; quantity_before,
        quantity_after; amount_before, amount_after [company currency]; price_before, price_after [amount ÷ quantity,
        company currency a unit, for display]; price_effect = (price_after − price_before) × quantity_after, rounded to four places;
        volume_effect = (quantity_after − quantity_before) × price_before: the rest, so that both make the change.
        Lines with quantity ≤ 0 or net_amount ≤ 0, or without product, do not count. No rows where the ledger has no products or quantities.

    Raises
    ------
    TableError `column.missing`.

    References
    ----------
    Row F7. The year's prices are laid on the quantity bought at them, and the change of quantity is valued at the old price (a Paasche price effect
    and a Laspeyres volume effect), so that nothing is left over. Products new or dropped are neither, and not in it.
    """
    require(lines, "invoice_lines", "account_id", "date", "net_amount")
    product = _product(lines)
    if product is None or "quantity" not in lines.columns:
        return _EFFECTS.empty_table()
    told = _bought(lines, account_ids, years, tops or {}, merged or {})
    unit = told.unit if "unit" in lines.columns else ibis.null().cast("string")
    side = ibis.ifelse(told.date >= ibis.literal(years[1].begin), "after", "before")
    told = told.mutate(product=_product(told), unit_of=unit, side=side)
    counted = told.filter(told.product.notnull() & (told.quantity > 0) & (told.net_amount > 0))
    sums = {
        f"{name}_{side}": counted[column].sum(where=counted.side == side)
        for name, column in (("quantity", "quantity"), ("amount", "net_amount"))
        for side in ("before", "after")
    }
    by_product = counted.group_by(account_id=counted.group_id, product=counted.product, unit=counted.unit_of)
    both = by_product.agg(**sums)
    both = both.filter(both.quantity_before.notnull() & both.quantity_after.notnull())
    rows = both.order_by(["account_id", "product", "unit"]).to_pyarrow().to_pylist()
    return pa.Table.from_pylist([_effects(row) for row in rows], schema=_EFFECTS)


def price_lines(
    lines: Any,
    account_ids: Sequence[str],
    years: tuple[Period, Period],
    *,
    tops: Mapping[str, str] | None = None,
    merged: Mapping[str, str] | None = None,
) -> Any:
    """The invoice lines behind `price_and_volume`: those of both years with quantity and net_amount above 0."""
    told = _bought(lines, account_ids, years, tops or {}, merged or {})
    return told.filter((told.quantity > 0) & (told.net_amount > 0))


_QUANTITY = pa.decimal128(38, 6)
_EFFECTS = pa.schema(
    {
        "account_id": pa.string(),
        "product": pa.string(),
        "unit": pa.string(),
        "quantity_before": _QUANTITY,
        "quantity_after": _QUANTITY,
        "amount_before": TOTAL_TYPE,
        "amount_after": TOTAL_TYPE,
        "price_before": pa.float64(),
        "price_after": pa.float64(),
        "price_effect": TOTAL_TYPE,
        "volume_effect": TOTAL_TYPE,
    }
)


def _product(lines: Any) -> Any | None:
    names = [name for name in ("product_id", "product_name") if name in lines.columns]
    return ibis.coalesce(*(lines[name] for name in names)) if names else None


def _bought(
    lines: Any,
    account_ids: Sequence[str],
    years: tuple[Period, Period],
    tops: Mapping[str, str],
    merged: Mapping[str, str],
) -> Any:
    wanted = set(account_ids)
    members = [*wanted, *(one for one, top in tops.items() if top in wanted and one not in wanted)]
    codes = pa.array(sorted(codes_of(members, merged)), pa.string())
    asked = ibis.memtable(pa.table({"asked_id": codes}))
    own = lines.semi_join(asked, lines.account_id == asked.asked_id)
    inside = own.date.between(years[0].begin, years[0].until) | own.date.between(
        years[1].begin, years[1].until
    )
    own = own.filter(inside)
    rolled = rolled_up(merged_lines(own, merged) if merged else own, tops)
    # A member that counts for another group than the one asked for is not asked for.
    return rolled.filter(rolled.group_id.isin(sorted(wanted)))


def _effects(row: dict[str, Any]) -> dict[str, Any]:
    quantities = row["quantity_before"], row["quantity_after"]
    amounts = row["amount_before"], row["amount_after"]
    at_old_price = amounts[0] * quantities[1] / quantities[0]
    price = (amounts[1] - at_old_price).quantize(Decimal("0.0001"))
    return {
        **row,
        "price_before": float(amounts[0] / quantities[0]),
        "price_after": float(amounts[1] / quantities[1]),
        "price_effect": price,
        "volume_effect": amounts[1] - amounts[0] - price,
    }


def _taken(table: pa.Table, ids: pa.Array, name: str) -> Any:
    place = pc.index_in(ids, value_set=table["account_id"].combine_chunks())
    return table[name].combine_chunks().take(place)


def _guards(verdicts: Any) -> Any:
    return pc.if_else(pc.is_in(verdicts, value_set=pa.array(GUARDS)), verdicts, pa.scalar(None, pa.string()))


def _summed(effects: pa.Table | None, ids: pa.Array) -> tuple[Any, Any, Any]:
    if effects is None or not len(effects):
        return (
            pa.nulls(len(ids), TOTAL_TYPE),
            pa.nulls(len(ids), TOTAL_TYPE),
            pa.array(np.zeros(len(ids), np.int64)),
        )
    encoded = effects["account_id"].combine_chunks().dictionary_encode()
    place = pc.index_in(ids, value_set=encoded.dictionary)
    sums = []
    for name in ("price_effect", "volume_effect"):
        units = money_of(effects[name]).units
        told = np.zeros(len(encoded.dictionary), units.dtype)
        np.add.at(told, encoded.indices.to_numpy(), units)
        sums.append(decimals(told).take(place))
    count = np.bincount(encoded.indices.to_numpy(), minlength=len(encoded.dictionary))
    return *sums, pc.fill_null(pa.array(count.astype(np.int64)).take(place), 0)
