"""How does a list stand later? At mid-year, beside the year before, and recomputed from its snapshot (F7)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
from django.db import transaction
from django.db.models.fields.json import KT

from keyaccount.find.exact import TOTAL_TYPE
from keyaccount.find.mid_year import MidYear, mid_year
from keyaccount.find.year_on_year import year_on_year
from keyaccount_web.access.models import User
from keyaccount_web.find.lists.prices import effects, prices
from keyaccount_web.find.lists.proposing import FIGURES, basis_of, figures_of, proposal_of, standing_of
from keyaccount_web.find.lists.publishing import frozen
from keyaccount_web.find.lists.reading import Member, members, money
from keyaccount_web.find.models import KeyAccountList
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.options import options_of
from keyaccount_web.runs.services import FIND, new_find, result, settings_of, start
from keyaccount_web.tables.ledger import VisibleLedger

RUNS_LOOKED_AT = 200


def start_mid_year(user: User, told: KeyAccountList, until: dt.date | None) -> Run:
    """A run by the list's own settings over the twelve months to a later day; None: the ledger's last."""
    with transaction.atomic():
        return start(new_mid_year(user, told, until))


def new_mid_year(user: User, told: KeyAccountList, until: dt.date | None) -> Run:
    """The same, not begun."""
    settings = replace(settings_of(told.run), until=until)
    return new_find(user, settings, more=options_of(told.run).as_json())


def mid_year_runs(told: KeyAccountList) -> list[Run]:
    """The runs that the list can be held against, newest first: by its own settings, over later months."""
    done = Run.objects.filter(kind=FIND, state=Run.State.DONE).order_by("-pk").defer("imports", "summary")
    done = done.annotate(looked_until=KT("summary__settings__until"))
    own = _made_with(told.run)
    return [
        run
        for run in done[:RUNS_LOOKED_AT]
        if run.looked_until
        and dt.date.fromisoformat(run.looked_until) > told.until
        and _made_with(run) == own
    ]


def _made_with(run: Run) -> tuple[Any, Any]:
    """All that a run was made with but its day."""
    return replace(settings_of(run), until=None), options_of(run)


def mid_year_of(told: KeyAccountList, run: Run) -> MidYear:
    """Who would rise onto the list or fall off it by a later run; exceptions count as on it or off."""
    now = proposal_of(run, basis_of(told), standing=standing_of(told))
    # Who was not on the list had sales in its year, too.
    then = result(told.run, None).select(["account_id", "sales"])
    return mid_year(_table(members(told)), now, then=then)


def years_of(before: KeyAccountList, after: KeyAccountList) -> pa.Table:
    """The rows of `year_on_year` between two lists, prices and volumes judged."""
    on_lists = [_table(members(one)) for one in (before, after)]
    proposals = [
        proposal_of(one.run, basis_of(one), standing=standing_of(one)).accounts for one in (before, after)
    ]
    return year_on_year(
        *on_lists,
        accounts_before=proposals[0],
        accounts_after=proposals[1],
        effects=effects(before, after),
    )


def products_behind(
    ledger: VisibleLedger, before: KeyAccountList, after: KeyAccountList, code: str
) -> list[dict[str, Any]]:
    """What an account's, or group's, price and volume effects are made of; the largest first."""
    rows = prices(ledger.as_kept, [code], before, after).to_pylist()
    return sorted(
        rows, key=lambda row: (-abs(row["price_effect"]) - abs(row["volume_effect"]), row["product"])
    )


def _table(on_list: Sequence[Member]) -> pa.Table:
    rows = sorted(on_list, key=lambda one: one.code)
    return pa.table(
        {
            "account_id": pa.array([one.code for one in rows], pa.string()),
            "account_name": pa.array([one.name for one in rows], pa.string()),
            "sales": pa.array([money(one.entry, "sales") if one.entry else None for one in rows], TOTAL_TYPE),
        }
    )


@dataclass(frozen=True)
class Difference:
    """A figure that a recomputation gives otherwise."""

    code: str
    name: str
    column: str
    kept: Any
    recomputed: Any


@dataclass(frozen=True)
class Proof:
    """A list held against a run made again from its snapshot and inputs."""

    rows: int
    """Rows of the result compared."""
    entries: int
    """Entries of the frozen document (or of the draft) compared."""
    figures: int
    """How many figures that is."""
    differences: list[Difference]

    @property
    def holds(self) -> bool:
        return not self.differences


def prove(told: KeyAccountList, again: Run) -> Proof:
    """Compare, figure by figure, to the last decimal: the results of both runs, and what the list says with the newer one.

    Raises YearlyListError of `frozen`; RunError `run.no_result`.
    """
    kept, anew = (
        {row["account_id"]: row for row in result(run, None).to_pylist()} for run in (told.run, again)
    )
    found, compared = [], 0
    for code in sorted(kept.keys() | anew.keys()):
        old, new = kept.get(code), anew.get(code)
        for column in (old or new or {}).keys() - {"account_id"}:
            compared += 1
            was, now = (old or {}).get(column), (new or {}).get(column)
            if was != now:
                found.append(Difference(code, (old or new or {})["account_name"] or code, column, was, now))
    proposed = proposal_of(again, basis_of(told), standing=standing_of(told)).accounts
    ids = proposed["account_id"].to_pylist()
    place = {code: at for at, code in enumerate(ids)}
    entries = _entries_told(told)
    for entry in entries:
        at = place.get(entry["code"])
        row = {} if at is None else proposed.slice(at, 1).to_pylist()[0]
        now = {**figures_of(row), "proposed": row.get("proposed", False)}
        # What was added by hand has no monthly spend of its own.
        names = [name for name in (*FIGURES, "proposed") if name in entry["told"]]
        for name in names:
            if name == "monthly_spend" and entry["told"][name] is None:
                continue
            compared += 1
            if entry["told"][name] != now[name]:
                found.append(Difference(entry["code"], entry["name"], name, entry["told"][name], now[name]))
    return Proof(len(kept), len(entries), compared, found)


def _entries_told(told: KeyAccountList) -> list[dict[str, Any]]:
    """What the document says, where there is one; else the entries."""
    if told.was_published:
        rows = frozen(told)["entries"]
        return [
            {
                "code": row["code"],
                "name": row["name"],
                "told": {**row["figures"], "proposed": row["proposed"]},
            }
            for row in rows
        ]
    return [
        {"code": one.code, "name": one.name, "told": {**one.figures, "proposed": one.proposed}}
        for one in told.entries.all()
    ]
