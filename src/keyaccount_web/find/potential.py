"""How does what a run found of potential reach the pages?"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from keyaccount.find.key_accounts import KeyAccountList
from keyaccount.find.potential import find_potential, potential_months, reasons_of
from keyaccount.ledger.rollup import measured
from keyaccount.ledger.store.reading import LedgerStore
from keyaccount.ledger.store.tables import StoreError
from keyaccount.reasons import Reason
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts
from keyaccount_web.find.models import Potential
from keyaccount_web.know.members import with_members
from keyaccount_web.know.models import Account
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import current_run, keep_table, kept_table, run_folder
from keyaccount_web.tables.ledger import ledger_for

KEPT = "potential"
"""Under which name a run keeps its table."""
HALF_YEAR = 6
BATCH = 1000
_SHOWN = ("sales", "sales_year_before", "trend", "trend_p", "expected_sales", "months_to_line", "line")


def compute_potential(run: Run, store: LedgerStore, found: KeyAccountList) -> None:
    """Keep beside a run who grows towards its line."""
    growing = find_potential(store.condensed(), found)
    if growing is not None:
        keep_table(run, KEPT, growing)


def is_judged(run: Run) -> bool:
    """Whether a run could tell who grows: its ledger holds two full years, and somebody is in the set."""
    return (run_folder(run) / f"{KEPT}.parquet").exists()


def prepare_potential(run: Run) -> Callable[[], None]:
    """Make ready what pages are to show of a run: nobody where it could not judge, or is from before it did."""
    table = kept_table(run, KEPT)
    rows = [] if table is None else table.to_pylist()
    ids = dict(Account.objects.values_list("code", "pk"))
    told = [
        Potential(
            account_id=ids[row["account_id"]],
            run=run,
            within=-(-row["months_to_line"] // HALF_YEAR) * HALF_YEAR,
            **{name: row[name] for name in _SHOWN},
            # What was kept before profit was a measure has none of these.
            measure=row.get("measure", "sales"),
            **{name: row.get(name) for name in ("profit", "profit_year_before")},
        )
        for row in rows
        # What was merged since has other figures than the run found.
        if row["account_id"] in ids
    ]

    def write() -> None:
        Potential.objects.all().delete()
        Potential.objects.bulk_create(told, batch_size=BATCH)

    return write


def reasons_for(user: User, one: Potential) -> list[Reason]:
    """Why an account is on the list; the line only for those who may see it."""
    names = ("measure", "sales", "sales_year_before", "profit", "profit_year_before")
    row = {name: getattr(one, name) for name in (*names, "trend", "trend_p", "months_to_line")}
    return reasons_of(row, line=one.line if may(user, Right.COMPANY_FIGURES) else None)


def months_of(user: User, account: Account) -> list[dict[str, Any]]:
    """The 24 months behind an account's trend, of the lines that `user` may see; none without a ledger or a current run."""
    run = current_run()
    # Asked by itself: the summary has a thousand points of a curve.
    until = (
        Run.objects.filter(pk=run.pk).values_list("summary__settings__until", flat=True).first()
        if run
        else None
    )
    if run is None or not until:
        return []
    try:
        ledger = ledger_for(user, snapshot=run.snapshot)
    except StoreError as error:
        if error.code != "snapshot.gone":
            raise
        ledger = ledger_for(user)
    if ledger is None:
        return []
    codes = [member.code for member in with_members(account, visible_accounts(user))]
    tops = dict.fromkeys(codes, account.code)
    return potential_months(
        measured(ledger.of(codes)), account.code, until=dt.date.fromisoformat(until), tops=tops
    )
