"""What does the ledger of a whole, invented company look like? 启明实业, three years to 31 December 2025."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.demo.accounts import Account
from keyaccount.demo.company import Company, company
from keyaccount.demo.days import FIRST_DATE, day, years_and_months
from keyaccount.demo.draws import Draws, Flags, Integers
from keyaccount.demo.lines import Lines, invoice_lines
from keyaccount.demo.names import SUCCESSORS
from keyaccount.demo.products import CATEGORIES

MONEY, QUANTITY = pa.decimal128(18, 4), pa.decimal128(18, 6)

_WITHOUT_ORDER_ID_PERCENT = 5
_HANDED_OVER = day(2024, 7, 1)
"""From that day on customers of those who left are with their successors."""


@dataclass(frozen=True)
class DemoLedger:
    """The demo company's tables. Amounts in yuan before tax, whole cents."""

    lines: pa.Table
    """One row per invoice line, by date: account_id; account_name, as it was on that day; date; order_id,
    null on 5% of lines; product_id, product_name, category; quantity [unit], unit; unit_price, after
    discounts; list_amount = quantity × list price; net_amount = quantity × unit_price, returns negative;
    cost; freight; channel, region, industry, salesperson."""
    groups: pa.Table
    """One row per company with a parent: account_id; parent_id. Up to four levels."""
    cost_to_serve: pa.Table
    """One row per amount: account_id; amount; date, null: for the year."""
    accounts: pa.Table
    """One row per account: account_id; account_name, the latest; region, industry, channel; trap, or null."""
    traps: pa.Table
    """One row per planted account: account_id; trap; verdict, which F1-F4 give it for 2025 (basis sales,
    share 0.8, presets, groups and cost to serve applied); note: of a duplicate its original's account_id, of
    an inversion "product_id quarter account_id" with the key account that pays more, else a remark."""


def demo_ledger(seed: int = 20251231) -> DemoLedger:
    """The demo company's ledger: the same seed gives the same bytes on every machine.

    2,000 accounts, about 400,000 lines, in two seconds or so. With any seed the planted accounts are meant to
    have their verdicts, and nobody else to be `big_ticket`, `one_time`, `profitless` or `rising`; the tests
    see to it for the preset and for one other.
    """
    customers = company(seed)
    accounts = customers.accounts
    return DemoLedger(
        lines=_lines_table(seed, customers),
        groups=_text_table(
            account_id=[one.account_id for one in accounts if one.parent],
            parent_id=[one.parent.account_id for one in accounts if one.parent],
        ),
        cost_to_serve=_cost_to_serve(Draws(seed, "cost to serve"), accounts),
        accounts=_text_table(
            account_id=[one.account_id for one in accounts],
            account_name=[one.name for one in accounts],
            region=[one.profile.region for one in accounts],
            industry=[one.profile.industry for one in accounts],
            channel=[one.profile.channel for one in accounts],
            trap=[one.trap for one in accounts],
        ),
        traps=_traps(accounts),
    )


def _lines_table(seed: int, customers: Company) -> pa.Table:
    accounts, catalogue = customers.accounts, customers.products
    lines = invoice_lines(seed, customers)

    # Within a day in the order of the documents, numbered as they came in, whoever they are for.
    arrival = Draws(seed, "arrival").order(int(lines.order.max()) + 1)
    lines = lines.taken(np.lexsort((arrival[lines.order], lines.returned, lines.day)))
    document_starts = np.concatenate(([True], lines.order[1:] != lines.order[:-1]))
    without_id = _without_id(Draws(seed, "order ids"), accounts, lines, document_starts)

    former = np.array([one.renamed for one in accounts])[lines.account] > lines.day
    account_names = [one.name for one in accounts] + [one.former_name or one.name for one in accounts]
    left = lines.day >= _HANDED_OVER
    salespeople = [one.profile.salesperson for one in accounts]
    salespeople += [SUCCESSORS.get(person, person) for person in salespeople]
    account, count = lines.account, len(accounts)
    return pa.table(
        {
            "account_id": _taken([one.account_id for one in accounts], account),
            "account_name": _taken(account_names, account + count * former),
            "date": _dates(lines.day),
            "order_id": _order_ids(lines, document_starts, without_id),
            "product_id": _taken(catalogue.product_id, lines.product),
            "product_name": _taken(catalogue.name, lines.product),
            "category": _taken(CATEGORIES, catalogue.category[lines.product]),
            "quantity": _decimals(lines.quantity * 1_000_000, QUANTITY),
            "unit": _taken(catalogue.unit, lines.product),
            "unit_price": _money(lines.unit_price),
            "list_amount": _money(lines.list_amount),
            "net_amount": _money(lines.net_amount),
            "cost": _money(lines.cost),
            "freight": _money(lines.freight),
            "channel": _taken([one.profile.channel for one in accounts], account),
            "region": _taken([one.profile.region for one in accounts], account),
            "industry": _taken([one.profile.industry for one in accounts], account),
            "salesperson": _taken(salespeople, account + count * left),
        }
    )


def _without_id(draws: Draws, accounts: list[Account], lines: Lines, starts: Flags) -> Flags:
    """Orders that nobody gave a number, all lines of each: 5% of lines, none of a planted account."""
    document = np.cumsum(starts) - 1
    sizes = np.diff(np.append(np.flatnonzero(starts), len(lines)))
    planted = np.array([one.trap is not None for one in accounts])[lines.account[starts]]
    shuffled = draws.order(len(sizes))
    shuffled = shuffled[~(planted | lines.returned[starts])[shuffled]]
    enough = np.cumsum(sizes[shuffled]) <= len(lines) * _WITHOUT_ORDER_ID_PERCENT // 100
    chosen = np.zeros(len(sizes), dtype=np.bool_)
    chosen[shuffled[enough]] = True
    without_id: Flags = chosen[document]
    return without_id


def _order_ids(lines: Lines, starts: Flags, without_id: Flags) -> pa.Array:
    """SO2025010300123: the day and the order's number on it; credit notes SR…."""
    _, _, written = years_and_months()
    document = np.cumsum(starts)
    new_kind = np.concatenate(
        ([True], (lines.day[1:] != lines.day[:-1]) | (lines.returned[1:] != lines.returned[:-1]))
    )
    before = np.maximum.accumulate(np.where(new_kind, document - 1, 0))
    number = written[lines.day] * 100_000 + document - before
    kind = _taken(("SO", "SR"), lines.returned.astype(np.int64))
    ids = pc.binary_join_element_wise(kind, pa.array(number).cast(pa.string()), "")
    return pc.if_else(pa.array(without_id), pa.scalar(None, pa.string()), ids)


def _cost_to_serve(draws: Draws, accounts: list[Account]) -> pa.Table:
    """Visits, service and complaints of every account that buys for more than 200,000 yuan a year.

    Half of it by the day on which it arose, 2024 included: for 2025 that must not count, or one in eight of
    these accounts would seem to leave no profit.
    """
    rows: list[tuple[str, int, int | None]] = []
    for account in accounts:
        if account.size < 200_000:
            continue
        cents = account.size * 100 * (account.cost_to_serve or draws.one(5, 35)) // 1000
        if draws.one(0, 1) == 0:
            rows.append((account.account_id, cents, None))
            continue
        much = draws.one(1, 8) == 1
        last_year = account.size * 100 * 45 // 100 if much else cents * draws.one(800, 1300) // 1000
        rows.append((account.account_id, last_year, day(2024, draws.one(2, 12), 15)))
        days = [day(2025, month, draws.one(1, 28)) for month in (3, 6, 9, 12)]
        rows += [(account.account_id, cents // 4, number) for number in days]
    dates = [None if number is None else FIRST_DATE + dt.timedelta(days=number) for _, _, number in rows]
    return pa.table(
        {
            "account_id": pa.array([account_id for account_id, _, _ in rows], pa.string()),
            "amount": _money(np.array([cents for _, cents, _ in rows], dtype=np.int64)),
            "date": pa.array(dates, pa.date32()),
        }
    )


def _traps(accounts: list[Account]) -> pa.Table:
    planted = sorted((one for one in accounts if one.trap), key=lambda one: (one.trap or "", one.number))
    return _text_table(
        account_id=[one.account_id for one in planted],
        trap=[one.trap for one in planted],
        verdict=[one.verdict for one in planted],
        note=[one.note for one in planted],
    )


def _text_table(**columns: Sequence[str | None]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _taken(texts: Sequence[str], places: Integers) -> pa.Array:
    return pa.array(texts, pa.string()).take(pa.array(places))


def _dates(days: Integers) -> pa.Array:
    epoch = (FIRST_DATE - dt.date(1970, 1, 1)).days
    return pa.array((days + epoch).astype(np.int32)).cast(pa.date32())


def _money(cents: Integers) -> pa.Array:
    return _decimals(cents * 100, MONEY)


def _decimals(unscaled: Integers, kind: pa.DataType) -> pa.Array:
    """Decimals from their digits, 128 bits each: the lower 64, then the sign 64 times."""
    words = np.empty((len(unscaled), 2), dtype="<i8")
    words[:, 0], words[:, 1] = unscaled, unscaled >> 63
    return pa.Array.from_buffers(kind, len(unscaled), [None, pa.py_buffer(words)])
