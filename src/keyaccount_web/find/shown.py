"""Of which run does a page of the chapter tell, and how much of it may its reader be told?"""

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from keyaccount.errors import KeyAccountError
from keyaccount.find.department import Department, department
from keyaccount.find.sentences import year_name
from keyaccount.find.settings import FindSettings
from keyaccount.language import message
from keyaccount.periods import Period
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, sees_all
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.parts import Parts, parts_of
from keyaccount_web.runs.services import FIND, result_path, settings_of
from keyaccount_web.shell.templatetags.pages import lang

EQUAL_BELOW = 0.05
"""Gini below this: all buy nearly the same."""
FEW = 5
"""Money of fewer accounts than these would tell somebody who may not see them what one of them buys."""


def shape_notes(whole: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Where 80/20 says little: one account has it all, or all buy the same. Code and values each; `whole`: figures of a run."""
    accounts = whole.get("accounts", 0)
    code = ""
    if accounts == 1:
        code = "yearly.note.only_one"
    elif whole.get("set_size") == 1 and accounts > 1:
        code = "yearly.note.one_has_all"
    elif whole.get("gini") is not None and whole["gini"] < EQUAL_BELOW and accounts > 1:
        code = "yearly.note.all_equal"
    return [{"code": code, "values": {"accounts": accounts}}] if code else []


@dataclass(frozen=True)
class ShownRun:
    """A finished run, for a reader who may see the figures of the whole."""

    run: Run
    parts: Parts

    @cached_property
    def settings(self) -> FindSettings:
        return settings_of(self.run)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The figures of the whole (`key_accounts.Summary`)."""
        told: dict[str, Any] = (self.run.summary or {})["summary"]
        return told

    @cached_property
    def years(self) -> list[dict[str, Any]]:
        """The year and the two before it, newest first (`YearFigures`), with `period` as days, `name`, and the year `before`."""
        told = []
        for year in self.parts.ledger["years"]:
            period = Period(*(dt.date.fromisoformat(year["period"][name]) for name in ("begin", "until")))
            told.append({**year, "period": period, "name": year_name(period, lang())})
        for year, before in itertools.pairwise(told):
            year["before"] = before if before["complete"] else None
        return told

    @property
    def year(self) -> Period:
        period: Period = self.years[0]["period"]
        return period

    @property
    def history(self) -> bool:
        """Whether the ledger holds the year before."""
        return bool(self.years[1]["complete"])

    def accounts(self, *columns: str) -> pa.Table:
        """The rows of the result, those columns of them; without the row of lines that have no account."""
        wanted = dict.fromkeys([*columns, "is_unassigned"]) if columns else None
        rows = pq.read_table(result_path(self.run), columns=list(wanted) if wanted else None)
        return rows.filter(pc.invert(rows["is_unassigned"]))

    @cached_property
    def department(self) -> Department:
        rows = self.accounts("verdict", "sales", "profit")
        profit = self.summary["profit"]
        return department(
            rows,
            self.settings,
            sales=Decimal(str(self.summary["sales"])),
            profit=None if profit is None else Decimal(str(profit)),
        )

    @property
    def notes(self) -> list[str]:
        """What could not be judged, and what to keep in mind; what the ledger's reading left out first."""
        told = []
        ledger = self.parts.ledger
        if ledger["refused"]:
            values = {"rows": ledger["refused"], "amount": Decimal(str(ledger["refused_amount"]))}
            told.append(message("shape.refused", lang(), **values))
        summary = self.run.summary or {}
        for note in [*shape_notes(summary.get("summary", {})), *summary["notes"]]:
            values = {name: _value(value) for name, value in note["values"].items()}
            told.append(message(note["code"], lang(), **values))
        return told


def company_figures_only(request: Request) -> None:
    """Raises PermissionDenied for who may not see the figures of the whole."""
    if not may(request.user, Right.COMPANY_FIGURES):
        raise PermissionDenied


def shown_run(request: Request) -> ShownRun | HttpResponse:
    """The run asked for (`?run=`), else the current one; or the page that says why there is none to show."""
    asked = request.GET.get("run", "")
    if asked.isdecimal() and len(asked) < 19:
        run: Run | None = get_object_or_404(Run, pk=asked, kind=FIND)
    else:
        run = Run.objects.filter(kind=FIND, is_current=True).first()
    if run is None:
        # What went wrong with the newest is the reason why there is none.
        newest = Run.objects.filter(kind=FIND).first()
        return _nothing(request, newest if newest and newest.state == Run.State.FAILED else None, "")
    if run.state != Run.State.DONE:
        return _nothing(request, run, "")
    try:
        return ShownRun(run, parts_of(run))
    except KeyAccountError as error:
        return _nothing(request, run, error.text(lang()))


def _nothing(request: Request, run: Run | None, error: str) -> HttpResponse:
    here = request.resolver_match.view_name if request.resolver_match else ""
    return render(
        request,
        "find/nothing.html",
        {
            "run": run,
            "error": error or ((run.error or {}).get(lang(), "") if run and sees_all(request.user) else ""),
            "here": here.removesuffix("_accounts"),
            "may_run": may(request.user, Right.RUN),
        },
    )


def least_told(request: Request) -> int:
    """Of how many accounts money must be to be shown to this reader."""
    return 0 if sees_all(request.user) else FEW


def veiled(
    rows: Iterable[Mapping[str, Any]], least: int, *money: str, count: str = "accounts"
) -> list[dict[str, Any]]:
    """The rows, without the money of those that tell of too few accounts."""
    return [{**row, **dict.fromkeys(money)} if 0 < row[count] < least else dict(row) for row in rows]


def _value(value: Any) -> Any:
    """A value of a note as it was kept; amounts and shares are decimals."""
    return Decimal(str(value)) if isinstance(value, float) else value


def segment_name(field: str, segment: str | None) -> str:
    """Of a part of the business, as readers call it."""
    if not segment:
        return message("shape.no_segment", lang())
    return message(f"tier.{segment}", lang()) if field == "tier" else segment
