"""The page that shows how concentrated the business is, and the accounts behind each of its points and bars (F1)."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from keyaccount.find.segments import SEGMENT_FIELDS, segment_accounts
from keyaccount.find.sentences import concentration_told, verdict_name, whale_sentence
from keyaccount.find.three_years import year_accounts
from keyaccount.find.verdicts import VERDICTS
from keyaccount.find.whale import whale, whale_accounts, whale_curve
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.find.behind import Behind, behind_page
from keyaccount_web.find.shown import (
    ShownRun,
    company_figures_only,
    least_told,
    segment_name,
    shown_run,
    veiled,
)
from keyaccount_web.runs.services import reasons_for
from keyaccount_web.shell.templatetags.pages import lang

TABLE_POINTS = 20
BARS = 12
_SOURCES = {"tier": "shape.of_tiers"}
_ROW = ("account_id", "account_name", "sales", "profit")
_WHALE = (*_ROW, "profit_rank")
_PARTS = ("peak", "even", "tail", "judged", "unjudged")


@require_GET
def concentration(request: Request) -> HttpResponse:
    """The curve, the whale curve, the parts of the business and three years, with one sentence on top."""
    company_figures_only(request)
    shown = shown_run(request)
    if isinstance(shown, HttpResponse):
        return shown
    least, summary = least_told(request), shown.summary
    base = f"{reverse('concentration_accounts')}?run={shown.run.pk}"
    sentence = concentration_told(
        lang(),
        accounts=summary["accounts"],
        top_share=shown.settings.top_share,
        top_accounts=summary["top_accounts"],
        top_amount_share=summary["top_amount_share"],
        gini=summary["gini"],
    )
    return render(
        request,
        "find/concentration.html",
        {
            "run": shown.run,
            "summary": summary,
            "settings": shown.settings,
            "sentence": sentence,
            "base": base,
            "curve": _curve(shown, base),
            "points": _twentieths(_kept_curve(shown)),
            "whale": _whale(shown, base, least),
            "segments": [*_segments(shown, base, least), _verdict_bars(shown, base, least)],
            "has_tiers": "tier" in shown.parts.segment_figures(),
            "missing": [field for field in SEGMENT_FIELDS if field not in shown.parts.segment_figures()],
            "years": shown.years,
            "notes": shown.notes,
        },
    )


@require_GET
def concentration_accounts(request: Request) -> HttpResponse:
    """The accounts behind one point, bar or figure of the page."""
    company_figures_only(request)
    shown = shown_run(request)
    if isinstance(shown, HttpResponse):
        return shown
    asked = request.GET
    if "whale" in asked or "profit_within" in asked:
        told = _behind_whale(shown, asked.get("whale", ""), _number(asked.get("profit_within", "")))
    elif "field" in asked:
        told = _behind_segment(shown, asked["field"], asked.get("segment", ""))
    elif "verdict" in asked:
        told = _behind_verdict(request, shown, asked["verdict"])
    elif "year" in asked:
        told = _behind_year(shown, _number(asked["year"]), asked.get("of", "all"))
    else:
        told = _behind_curve(shown, _number(asked.get("within", "")), asked.get("of", "all"))
    return behind_page(request, shown, "concentration", told)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 9 else None


def _kept_curve(shown: ShownRun) -> list[dict[str, Any]]:
    """The curve on the run's basis."""
    name = "curve" if shown.settings.basis == "sales" else "profit_curve"
    points = (shown.run.summary or {}).get(name) or []
    return [point for point in points if point["running_share"] is not None]


def _twentieths(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The points at each twentieth of the accounts, for the table behind a chart."""
    told: list[dict[str, Any]] = []
    for point in points:
        if point["accounts_share"] >= (len(told) + 1) / TABLE_POINTS:
            told.append(point)
    return told


def _curve(shown: ShownRun, base: str) -> dict[str, Any] | None:
    points = _kept_curve(shown)
    if not points:
        return None
    basis, summary = shown.settings.basis, shown.summary
    top = None
    if summary["top_amount_share"] is not None and summary["top_accounts"]:
        share = summary["top_accounts"] / summary["accounts"]
        label = message(
            "shape.top_line", lang(), top=shown.settings.top_share, amount=summary["top_amount_share"]
        )
        top = {"x": share, "y": summary["top_amount_share"], "label": label}
    return {
        "kind": "concentration",
        "points": [[0, 0], *([point["accounts_share"], point["running_share"]] for point in points)],
        "keys": [points[0]["rank"], *(point["rank"] for point in points)],
        "link": f"{base}&within=",
        "line": float(shown.settings.share),
        "top": top,
        "names": [message("chart.accounts_share", lang()), message(f"shape.running.{basis}", lang())],
        **_earlier(shown, basis),
    }


def _earlier(shown: ShownRun, value: Literal["sales", "profit"]) -> dict[str, Any]:
    """The same curve of the years before, as far as the ledger holds them whole, and what each is called."""
    curves = shown.parts.earlier_curves(value)
    return {
        "year": shown.years[0]["name"],
        "earlier": [
            {"name": year["name"], "points": curves[number]}
            for number, year in enumerate(shown.years)
            if number in curves and year["complete"]
        ],
    }


def _whale(shown: ShownRun, base: str, least: int) -> dict[str, Any] | None:
    """Figures, sentence, chart and table of the whale curve; None: no profit is judged."""
    rows = shown.accounts(*_WHALE)
    found = whale(rows)
    if found is None:
        return None
    points = whale_curve(rows).to_pylist()
    whole = found.profit if found.profit > 0 else found.peak
    shares = [float(point["running"]) / float(whole) if whole > 0 else None for point in points]
    for point, share in zip(points, shares, strict=True):
        point["running_share"] = share
    is_veiled = 0 < found.tail_accounts < least or 0 < found.peak_accounts < least
    of = "profit" if found.profit > 0 else "peak"
    chart = {
        "kind": "whale",
        "points": [[0, 0], *([point["accounts_share"], point["running_share"]] for point in points)],
        "keys": [points[0]["rank"], *(point["rank"] for point in points)],
        "link": f"{base}&profit_within=",
        "peak": [found.peak_accounts / found.accounts, float(found.peak) / float(whole)]
        if whole > 0
        else None,
        "names": [message("chart.accounts_share", lang()), message(f"shape.whale_of.{of}", lang())],
        "labels": [message("shape.peak", lang()), message("shape.end", lang())],
        **(_earlier(shown, "profit") if found.profit > 0 else {}),
    }
    return {
        "told": asdict(found),
        "sentence": message("shape.whale_veiled", lang(), n=found.tail_accounts)
        if is_veiled
        else whale_sentence(found, lang()),
        "is_veiled": is_veiled,
        "tail_shown": -found.tail,
        "chart": chart if whole > 0 else None,
        "points": _twentieths(points) if whole > 0 else [],
    }


def _segments(shown: ShownRun, base: str, least: int) -> list[dict[str, Any]]:
    """The parts by each field, as bars and as rows."""
    of_lines = shown.parts.ledger["of_lines"]
    told = []
    for field, rows in shown.parts.segment_figures().items():
        source = message(
            _SOURCES.get(field, "shape.of_lines" if field in of_lines else "shape.of_records"), lang()
        )
        named = [
            {
                **row,
                "name": segment_name(field, row["segment"]),
                "url": f"{base}&{urlencode({'field': field, 'segment': row['segment'] or ''})}",
            }
            for row in rows
            # A part of few accounts would give away what one of them is, and buys.
            if row["accounts"] >= least
        ]
        if named:
            told.append(_bars(f"shape.by.{field}", source, named, profit="column.profit_before_service"))
    return told


def _verdict_bars(shown: ShownRun, base: str, least: int) -> dict[str, Any]:
    """The same by verdict, from the figures of the whole."""
    summary = shown.summary
    rows = [
        {
            "name": verdict_name(verdict, lang()),
            "url": f"{base}&verdict={verdict}",
            "accounts": summary["verdicts"][verdict],
            "sales": _money(summary["verdict_sales"][verdict]),
            "profit": _money(summary["verdict_profit"][verdict]),
            "sales_share": _share(summary["verdict_sales"][verdict], summary["sales"]),
            "profit_share": _share(summary["verdict_profit"][verdict], summary["profit"]),
        }
        for verdict in VERDICTS
        if summary["verdicts"][verdict]
    ]
    rows = veiled(rows, least, "sales", "profit", "sales_share", "profit_share")
    return _bars("shape.by.verdict", message("shape.of_run", lang()), rows, profit="column.profit")


def _money(amount: Any) -> Decimal | None:
    return None if amount is None else Decimal(str(amount))


def _share(part: Any, whole: Any) -> float | None:
    return part / whole if part is not None and whole is not None and whole > 0 else None


def _bars(title: str, source: str, rows: list[dict[str, Any]], *, profit: str) -> dict[str, Any]:
    """A part of the page: bars of the largest, a table of all."""
    drawn = [row for row in rows if row["sales_share"] is not None][:BARS]
    chart = {
        "kind": "bars",
        "names": [message("chart.sales_share_of", lang()), message("chart.profit_share_of", lang())],
        "labels": [row["name"] for row in drawn],
        "values": [
            [row["sales_share"] for row in drawn],
            [row["profit_share"] for row in drawn],
        ],
        "links": [row["url"] for row in drawn],
    }
    return {
        "id": title.rpartition(".")[2],
        "data_id": f"{title.rpartition('.')[2]}-data",
        "title": message(title, lang()),
        "source": source,
        "rows": rows,
        "chart": chart if len(drawn) > 1 else None,
        "is_tall": len(drawn) > BARS // 2,
        "profit": profit,
        "has_own": any("gini" in row for row in rows),
        "more": max(0, len(rows) - BARS),
    }


def _behind_curve(shown: ShownRun, within: int | None, of: str) -> Behind:
    """Accounts up to a rank, in the set, or all of the year."""
    basis = shown.settings.basis
    rank, running = f"{basis}_rank", f"{basis}_running_share"
    rows = shown.accounts(*_ROW, rank, running, "in_set").sort_by(
        [(rank, "ascending"), ("account_id", "ascending")]
    )
    if within is not None:
        rows = rows.filter(pc.less_equal(rows[rank], within))
        title = message("behind.within", lang(), n=within)
    elif of == "set":
        rows = rows.filter(rows["in_set"])
        title = message("behind.set", lang(), share=shown.settings.share)
    else:
        title = message("behind.all", lang())
    return Behind(title, rows, lambda row: _ranked(row[rank], row[running], basis), shown.year)


def _ranked(rank: int | None, running: float | None, basis: str) -> str:
    if rank is None:
        return message("behind.why.unranked", lang())
    return message(f"behind.why.{basis}", lang(), rank=rank, running=running)


def _behind_whale(shown: ShownRun, part: str, within: int | None) -> Behind:
    rows = shown.accounts(*_WHALE)
    if within is not None:
        ranked = whale_accounts(rows, "judged")
        ranked = ranked.filter(pc.less_equal(ranked["profit_rank"], within))
        title, why = message("behind.profit_within", lang(), n=within), "behind.why.profit_rank"
    elif part in _PARTS:
        ranked = whale_accounts(rows, part)
        title = message(f"whale.{'end' if part == 'judged' else part}", lang())
        why = {"tail": "behind.why.tail", "unjudged": "behind.why.unjudged"}.get(
            part, "behind.why.profit_rank"
        )
    else:
        raise Http404

    def told(row: Mapping[str, Any]) -> str:
        return message(why, lang(), rank=row["profit_rank"], profit=row["profit"])

    return Behind(title, ranked, told, shown.year)


def _behind_segment(shown: ShownRun, field: str, segment: str) -> Behind:
    if field not in shown.parts.segment_figures():
        raise Http404
    rows = segment_accounts(shown.parts.segment_rows(field), segment or None)
    whole = pc.sum(rows["sales"]).as_py() or Decimal(0)
    rows = with_names(shown, rows)
    name = segment_name(field, segment)

    def why(row: Mapping[str, Any]) -> str:
        share = float(row["sales"]) / float(whole) if whole > 0 else None
        return message("behind.why.segment", lang(), segment=name, sales=row["sales"], share=share)

    of_lines = field in shown.parts.ledger["of_lines"]
    return Behind(
        f"{message(f'column.{field}', lang())} · {name}",
        rows,
        why,
        shown.year,
        lines={field: segment} if of_lines else {},
        money="shape.sales_here",
        earned="column.profit_before_service",
    )


def _behind_verdict(request: Request, shown: ShownRun, verdict: str) -> Behind:
    if verdict not in VERDICTS:
        raise Http404
    rows = shown.accounts()
    rows = rows.filter(pc.equal(rows["verdict"], verdict))

    def why(row: Mapping[str, Any]) -> str:
        reasons = [reason.text(lang()) for reason in reasons_for(request.user, shown.run, row)]
        return ("；" if lang() == "zh" else "; ").join(reasons[:2])

    return Behind(verdict_name(verdict, lang()), rows, why, shown.year)


def _behind_year(shown: ShownRun, number: int | None, of: str) -> Behind:
    if number is None or number >= len(shown.years):
        raise Http404
    year = shown.years[number]
    rows = year_accounts(shown.parts.year_accounts(), number)
    if of == "set":
        rows = rows.filter(rows[f"in_set_{number}"])
    elif of == "top":
        rows = rows.filter(pc.less_equal(rows[f"rank_{number}"], year["top_accounts"] or 0))
    columns = {"account_id": "account_id", "account_name": "account_name", f"sales_{number}": "sales",
               f"profit_{number}": "profit", f"rank_{number}": "rank"}  # fmt: skip
    rows = pa.table({name: rows[column] for column, name in columns.items()})
    basis = shown.settings.basis

    def why(row: Mapping[str, Any]) -> str:
        if row["rank"] is None:
            return message("behind.why.unranked", lang())
        return message(f"behind.why.year.{basis}", lang(), rank=row["rank"], year=year["name"])

    title = message(f"behind.year.{of if of in ('set', 'top') else 'all'}", lang(), year=year["name"])
    return Behind(title, rows, why, year["period"])


def with_names(shown: ShownRun, rows: pa.Table) -> pa.Table:
    """Rows of segments with the accounts' names."""
    names = shown.parts.year_accounts("account_id", "account_name")
    place = pc.index_in(rows["account_id"], value_set=names["account_id"].combine_chunks())
    return rows.append_column(
        "account_name", names["account_name"].combine_chunks().take(place.combine_chunks())
    )
