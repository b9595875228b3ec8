"""Which accounts are behind a point, a bar or a figure of the chapter's pages, and why is each among them?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from keyaccount.periods import Period
from keyaccount_web.access.requests import Request
from keyaccount_web.access.scope import sees_all, visible_accounts, visible_codes
from keyaccount_web.find.shown import ShownRun

ROWS = 100


@dataclass(frozen=True)
class Behind:
    """The accounts behind one figure, in their order."""

    title: str
    rows: pa.Table
    """account_id, account_name, sales, profit, and what `why` asks for."""
    why: Callable[[Mapping[str, Any]], str]
    period: Period
    """The days of the lines behind a row."""
    lines: Mapping[str, str] = field(default_factory=dict)
    """What narrows those lines down further (a region, say)."""
    money: str = "column.sales"
    """What `sales` is here."""
    earned: str = "column.profit"
    """What `profit` is here."""


def behind_page(request: Request, shown: ShownRun, here: str, told: Behind) -> HttpResponse:
    """A page of the list, cut to what the reader may see, each account with its reason and the way to its lines."""
    rows = visible_rows(request, told.rows)
    page = _page(request, rows)
    names = [row["account_id"] for row in page]
    ids = record_ids(request, names)
    verdicts = _verdicts(shown, names)
    query = {
        "from": told.period.begin.isoformat(),
        "to": told.period.until.isoformat(),
        "run": str(shown.run.pk),
        **told.lines,
    }
    page.object_list = [
        {
            **row,
            "verdict": verdicts.get(row["account_id"]),
            "why": told.why(row),
            "pk": ids.get(row["account_id"]),
            "lines": f"{reverse('account_lines', args=[ids[row['account_id']]])}?{urlencode(query)}"
            if row["account_id"] in ids
            else "",
        }
        for row in page
    ]
    return render(
        request,
        "find/accounts.html",
        {
            "here": here,
            "run": shown.run,
            "told": told,
            "page": page,
            "count": len(told.rows),
            "visible": len(rows),
            "sees_all": sees_all(request.user),
            "back": f"{reverse(here)}?run={shown.run.pk}",
        },
    )


def visible_rows(request: Request, rows: pa.Table) -> pa.Table:
    """The rows of accounts that the reader may see."""
    codes = visible_codes(request.user)
    if codes is None:
        return rows
    return rows.filter(pc.is_in(rows["account_id"], value_set=pa.array(codes, pa.string())))


def record_ids(request: Request, codes: list[str]) -> dict[str, int]:
    """Code → key of the account's record, of those that the reader may see."""
    return dict(visible_accounts(request.user).filter(code__in=codes).values_list("code", "pk"))


class _Slices:
    """A table as the paginator takes it: only the rows of the page become Python's."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, part: slice) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.rows.slice(part.start, part.stop - part.start).to_pylist()
        return rows


def _page(request: Request, rows: pa.Table) -> Page[dict[str, Any]]:
    paginator: Paginator[dict[str, Any]] = Paginator(_Slices(rows), ROWS)  # type: ignore[arg-type]
    return paginator.get_page(request.GET.get("page"))


def _verdicts(shown: ShownRun, names: list[str]) -> dict[str, str]:
    rows = shown.accounts("account_id", "verdict")
    chosen = rows.filter(pc.is_in(rows["account_id"], value_set=pa.array(names, pa.string())))
    return dict(zip(chosen["account_id"].to_pylist(), chosen["verdict"].to_pylist(), strict=True))
