"""How many orders had each account month by month? Kept with every run, for the bursts of service. (C5)"""

from collections.abc import Callable

import ibis

from keyaccount.find.groups import rolled_up, top_parents
from keyaccount.find.key_accounts import KeyAccountList
from keyaccount.ledger.merged import merged_groups, merged_lines, survivors
from keyaccount.ledger.store.reading import LedgerStore
from keyaccount.periods import year_ending
from keyaccount_web.cover.staffing.work import MONTHS
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import inputs_for, keep_table, kept_inputs


def compute_months(run: Run, store: LedgerStore, found: KeyAccountList) -> None:
    """account_id (the top parent), month, orders: order ids of the month; lines without one count by day."""
    inputs = kept_inputs(run) or inputs_for(run)
    into = survivors(inputs.merged)
    until = found.settings.until
    assert until is not None, "a run has said its day"  # noqa: S101
    year = year_ending(until)
    rows = store.condensed().rollup
    rows = rows.filter(rows.date.between(year.begin, year.until) & rows.account_id.notnull())
    told = rolled_up(
        merged_lines(rows, into) if into else rows, top_parents(merged_groups(inputs.groups, into))
    )
    order = ibis.coalesce(told.order_id, told.date.cast("string"))
    months = told.group_by(account_id=told.group_id, month=told.date.truncate("M").cast("date")).agg(
        orders=order.nunique()
    )
    keep_table(run, MONTHS, months.order_by(["account_id", "month"]).to_pyarrow())


def nothing_to_show(_run: Run) -> Callable[[], None]:
    return lambda: None
