"""The page that sets the list against the open field, so that growth outside the list is not missed (F7)."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from keyaccount.find.department import department_accounts
from keyaccount.find.field import (
    Comparison,
    against_field,
    faster_accounts,
    faster_segments,
    field_segment_rows,
    side_accounts,
    yields,
)
from keyaccount.find.three_years import year_accounts
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.find.behind import Behind, behind_page, record_ids, visible_rows
from keyaccount_web.find.lists.reading import members, published_list
from keyaccount_web.find.shown import (
    ShownRun,
    company_figures_only,
    least_told,
    segment_name,
    shown_run,
    veiled,
)
from keyaccount_web.find.views_concentration import with_names
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.tables.touches import touch_minutes, touches_since

LISTS = ("published", "verdict", "before")
"""The list in force in the run's year; what may stand for one: the accounts with verdict `key` in the run, or the set of the
year before."""
SHOWN = 20
WHOLE_YEAR_FROM = 31
"""Days after a year begins by which its first visit must be recorded for the year to count as recorded."""
_PARTS = (
    "list",
    "field",
    "list_now",
    "field_now",
    "list_new",
    "field_new",
    "list_gone",
    "field_gone",
    "faster",
)


def listed_ids(shown: ShownRun, which: str) -> frozenset[str]:
    """The account ids on the list."""
    if which == "published":
        told = published_list(shown.year.until.year)
        return frozenset(one.code for one in members(told)) if told else frozenset()
    if which == "before":
        years = year_accounts(shown.parts.year_accounts("account_id", "lines_1", "rank_1", "in_set_1"), 1)
        return frozenset(years.filter(years["in_set_1"])["account_id"].to_pylist())
    return frozenset(department_accounts(shown.accounts("account_id", "verdict"))["account_id"].to_pylist())


def compared(shown: ShownRun, accounts: pa.Table, listed: frozenset[str]) -> Comparison:
    """List against field, as the run's ledger allows."""
    costs_known = bool(shown.parts.ledger["has_service_costs"])
    return against_field(accounts, listed, history=shown.history, costs_known=costs_known)


@require_GET
def field(request: Request) -> HttpResponse:
    """Both sides beside each other, and what grows faster than the list."""
    company_figures_only(request)
    shown = shown_run(request)
    if isinstance(shown, HttpResponse):
        return shown
    which = _which(request, shown)
    accounts, listed = shown.parts.year_accounts(), listed_ids(shown, which)
    told = compared(shown, accounts, listed)
    base = f"{reverse('field_accounts')}?{urlencode({'run': str(shown.run.pk), 'list': which})}"
    least = least_told(request)
    faster = faster_accounts(accounts, listed, told.listed)
    since = touches_since()
    # Sales of a year against the visits of some months would flatter both sides.
    covered = since is not None and (since - shown.year.begin).days <= WHOLE_YEAR_FROM
    return render(
        request,
        "find/field.html",
        {
            "run": shown.run,
            "which": which,
            "lists": _lists(shown),
            "sentence": _sentence(shown, told),
            "sides": veiled(
                [
                    {"part": part, **asdict(side), "all": side.accounts + side.gone_accounts}
                    for part, side in (("list", told.listed), ("field", told.field))
                ],
                least,
                *(
                    "sales",
                    "sales_year_before",
                    "growth",
                    "profit",
                    "profit_share",
                    "cost_to_serve",
                    "cost_share",
                ),
                count="all",
            ),
            "yields": yields(accounts, listed, told, touch_minutes(shown.year)) if covered else None,
            "touches": _touches_url(shown),
            "touches_since": since,
            "growth": told.listed.growth,
            "history": shown.history,
            "base": base,
            "segments": _faster_segments(shown, listed, told, base, least),
            "faster": _with_records(request, visible_rows(request, faster).slice(0, SHOWN)),
            "faster_count": len(faster),
            "year": shown.years[0]["name"],
            "year_before": shown.years[1]["name"],
        },
    )


@require_GET
def field_accounts(request: Request) -> HttpResponse:
    """The accounts of one side, those that are new or gone, and those behind what grows faster."""
    company_figures_only(request)
    shown = shown_run(request)
    if isinstance(shown, HttpResponse):
        return shown
    which, part = _which(request, shown), request.GET.get("part", "list")
    accounts, listed = shown.parts.year_accounts(), listed_ids(shown, which)
    if "field" in request.GET:
        return behind_page(request, shown, "field", _behind_segment(shown, request, listed))
    if part not in _PARTS:
        raise Http404
    told = compared(shown, accounts, listed)
    if part == "faster":
        rows = faster_accounts(accounts, listed, told.listed)
    else:
        side, _, among = part.partition("_")
        rows = side_accounts(accounts, listed, on_list=side == "list")
        buys, bought = pc.greater(rows["lines_0"], 0), pc.greater(rows["sales_1"], 0)
        if among == "now":
            rows = rows.filter(buys)
        elif among == "new":
            rows = rows.filter(pc.and_(buys, pc.invert(bought)))
        elif among == "gone":
            rows = rows.filter(pc.and_(pc.invert(buys), bought))
    rows = pa.table(
        {
            **{name: rows[name] for name in ("account_id", "account_name")},
            "sales": rows["sales_0"],
            "before": rows["sales_1"],
            "profit": rows["profit_0"],
        }
    )

    def why(row: Mapping[str, Any]) -> str:
        if not shown.history:
            return message("behind.why.no_history", lang())
        if row["before"] <= 0:
            return message("behind.why.new", lang(), sales=row["sales"])
        growth = float(row["sales"]) / float(row["before"]) - 1
        values = {"before": row["before"], "sales": row["sales"], "growth": _signed(growth)}
        if part == "faster" and told.listed.growth is not None:
            return message("behind.why.faster", lang(), **values, listed=_signed(told.listed.growth))
        return message("behind.why.grew", lang(), **values)

    return behind_page(
        request, shown, "field", Behind(message(f"field.part.{part}", lang()), rows, why, shown.year)
    )


def _touches_url(shown: ShownRun) -> str:
    days = {"since": shown.year.begin.isoformat(), "until": shown.year.until.isoformat()}
    return f"{reverse('touches')}?{urlencode(days)}"


def _lists(shown: ShownRun) -> tuple[str, ...]:
    """Those that there are."""
    return LISTS if published_list(shown.year.until.year) else LISTS[1:]


def _which(request: Request, shown: ShownRun) -> str:
    lists = _lists(shown)
    asked = request.GET.get("list", lists[0])
    return asked if asked in lists else lists[0]


def _signed(growth: float) -> str:
    return f"{'+' if growth >= 0 else '−'}{abs(growth):.1%}"


def _sentence(shown: ShownRun, told: Comparison) -> str:
    if not shown.history:
        return message("field.no_history", lang())
    if told.listed.growth is None or told.field.growth is None:
        return message("field.no_growth", lang())
    values = {"listed": _signed(told.listed.growth), "field": _signed(told.field.growth)}
    if values["listed"] == values["field"]:
        return message("field.alike", lang(), **values)
    slower = told.listed.growth < told.field.growth
    return message("field.slower" if slower else "field.faster", lang(), **values)


def _faster_segments(
    shown: ShownRun, listed: frozenset[str], told: Comparison, base: str, least: int
) -> list[dict[str, Any]]:
    """Field → the segments out there that grow faster than the list."""
    made = []
    for name in shown.parts.segment_figures():
        rows = faster_segments(shown.parts.segment_rows(name), listed, told.listed).to_pylist()
        made += [
            {
                **row,
                "field": name,
                "name": segment_name(name, row["segment"]),
                "url": f"{base}&{urlencode({'field': name, 'segment': row['segment'] or ''})}",
            }
            for row in rows
            if row["accounts"] >= least
        ]
    made.sort(key=lambda row: -row["gained"])
    return made[:SHOWN]


def _with_records(request: Request, rows: pa.Table) -> list[dict[str, Any]]:
    ids = record_ids(request, rows["account_id"].to_pylist())
    return [{**row, "pk": ids.get(row["account_id"])} for row in rows.to_pylist()]


def _behind_segment(shown: ShownRun, request: Request, listed: frozenset[str]) -> Behind:
    name, segment = request.GET["field"], request.GET.get("segment", "")
    if name not in shown.parts.segment_figures():
        raise Http404
    rows = field_segment_rows(shown.parts.segment_rows(name), listed)
    column = rows["segment"]
    rows = rows.filter(pc.equal(column, segment) if segment else column.is_null())
    if "now" in request.GET:
        rows = rows.filter(pc.greater(rows["lines"], 0))
    rows = with_names(shown, rows.sort_by([("sales", "descending"), ("account_id", "ascending")]))

    def why(row: Mapping[str, Any]) -> str:
        values = {"before": row["sales_year_before"], "sales": row["sales"]}
        return message("behind.why.segment_grew", lang(), **values)

    of_lines = name in shown.parts.ledger["of_lines"]
    title = f"{message(f'column.{name}', lang())} · {segment_name(name, segment)}"
    return Behind(
        message("field.outside", lang(), segment=title),
        rows,
        why,
        shown.year,
        lines={name: segment} if of_lines else {},
        money="shape.sales_here",
        earned="column.profit_before_service",
    )
