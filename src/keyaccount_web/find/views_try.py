"""Try other settings of the list and see who enters and leaves, before anything is kept (F7)."""

from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError, SettingError
from keyaccount.language import knows, message, shown_names
from keyaccount.reasons import Reason
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, sees_all, visible_accounts
from keyaccount_web.find.trying.facts import Waiting
from keyaccount_web.find.trying.outcome import TABS, Outcome, outcome
from keyaccount_web.find.trying.settings import TrySettings, as_query, name_of, tried, tried_of
from keyaccount_web.runs.options import SERVICES
from keyaccount_web.runs.services import begin_find, current_run
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.tables.standing import standing_table

ROWS = 50
CURVE_POINTS = 200


def may_try(user: User) -> bool:
    """Who may see ranks and shares of the whole and sees every account."""
    return sees_all(user) and may(user, Right.COMPANY_FIGURES)


@dataclass(frozen=True)
class Row:
    """One account of a tab."""

    row: dict[str, Any]
    name: str
    rank: int | None
    """By the basis tried; of one who leaves, too."""
    pk: int | None
    """Of its record; None: there is none yet."""
    reasons: list[str]
    by: list[str]
    """Names of the settings that alone bring the change."""


@dataclass(frozen=True)
class TryPage:
    """What the page shows of an outcome."""

    outcome: Outcome
    counts: dict[str, int]
    """By tab."""
    sentence: str
    """Code of the sentence at the head."""
    others: int
    """In the set, bought once or in one big order."""
    curve_title: str
    tab: str
    is_change: bool
    """Whether the tab shows who enters or leaves."""
    nobody: str
    """Code of what an empty tab says."""
    tabs: list[tuple[str, int, str]]
    """Code, how many, query of its address."""
    page: Page[int]
    rows: list[Row]
    until: str
    begin: str
    query: str
    """The settings as an address."""
    chart: dict[str, Any]
    notes: list[str]
    differences: list[str]
    """Names of the settings changed."""
    changed: str
    within: int | None
    """Only the first so many by rank are shown."""


@require_GET
def try_settings(request: Request) -> HttpResponse:
    """The settings at the side, and the list that they make."""
    if not may_try(request.user):
        raise PermissionDenied
    held = current_run()
    base = tried_of(held)
    shown: dict[str, Any] = {
        "held": held,
        "asked": base,
        "presets": TrySettings(),
        "knows_standing": len(standing_table(timezone.localdate())) > 0,
        "may_keep": may(request.user, Right.RUN),
        "may_enter_costs": may(request.user, Right.EDIT_ACCOUNTS),
        "services": SERVICES,
    }
    try:
        shown["asked"] = tried(request.GET, base)
        found = outcome(shown["asked"], base)
    except KeyAccountError as error:
        shown["problem"] = _said(error)
        shown["query"] = request.GET.urlencode()
    else:
        shown |= {"waiting": found} if isinstance(found, Waiting) else {"told": _page(request, found)}
        shown["query"] = urlencode(as_query(shown["asked"]))
    shown["fields"] = as_query(shown["asked"])
    is_part = request.htmx and not request.htmx.history_restore_request
    return render(
        request, "find/try_answer.html" if is_part else "find/try.html", {**shown, "is_part": is_part}
    )


@require_POST
def keep(request: Request) -> HttpResponse:
    """Calculate with the settings tried, and keep it as a run."""
    if not (may_try(request.user) and may(request.user, Right.RUN)):
        raise PermissionDenied
    try:
        asked = tried(request.POST, tried_of(current_run()))
        run = begin_find(request.user, asked.find, more=asked.kept())
    except KeyAccountError as error:
        messages.error(request, _said(error))
        return redirect("find_try")
    return redirect("run", run.pk)


def _said(error: KeyAccountError) -> str:
    """An error in the reader's words: a setting goes by the name that it has on the page."""
    name = str(error.values.get("name", "")).rpartition(".")[2]
    if isinstance(error, SettingError) and knows(f"try.setting.{name}"):
        error.values["name"] = name_of(name)
    return error.text(lang())


def _note(note: Reason) -> str:
    """A note without the options of the command line."""
    code = f"page.{note.code}"
    return message(code, lang(), **note.values) if knows(code) else note.text(lang())


def _page(request: Request, told: Outcome) -> TryPage:
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "on_list"
    within = request.GET.get("within", "")
    first = int(within) if within.isdecimal() and len(within) < 9 else None
    rows = told.rows(tab)
    if first is not None and tab not in ("entering", "leaving"):
        rows = rows.filter(pc.fill_null(pc.less_equal(rows[_rank(told)], first), fill_value=False))
    # Only the page shown becomes Python's rows.
    page = Paginator(range(len(rows)), ROWS).get_page(request.GET.get("page"))
    shown = rows.slice(max(page.start_index() - 1, 0), len(page.object_list)).to_pylist()
    year = told.tried.found.summary.periods.year
    query = as_query(told.tried.settings)
    basis, counts = told.tried.settings.find.basis, told.counts()
    names = [name_of(name) for name in told.differences]
    return TryPage(
        outcome=told,
        counts=counts,
        sentence=f"try.sentence.{basis}",
        others=counts["one_time"] + counts["big_ticket"],
        curve_title=f"try.curve.{basis}",
        tab=tab,
        is_change=tab in ("entering", "leaving"),
        nobody="try.nobody_changes" if tab in ("entering", "leaving") else "try.nobody",
        tabs=[(code, n, urlencode({**query, "tab": code})) for code, n in counts.items()],
        page=page,
        rows=_rows(request.user, told, tab, shown),
        until=year.until.isoformat(),
        begin=year.begin.isoformat(),
        query=urlencode(query),
        chart=_chart(told, query),
        notes=[_note(note) for note in told.tried.found.notes],
        differences=names,
        changed=shown_names(names, lang()),
        within=first,
    )


def _rank(told: Outcome) -> str:
    return f"{told.tried.settings.find.basis}_rank"


def _rows(user: User, told: Outcome, tab: str, rows: list[dict[str, Any]]) -> list[Row]:
    codes = [row["account_id"] for row in rows]
    ids = dict(visible_accounts(user).filter(code__in=codes).values_list("code", "pk"))
    is_change = tab in ("entering", "leaving")
    shown = []
    for row in rows:
        side = "after" if row.get("sales_after") is not None else "before"
        figures = (
            {name: row[f"{name}_{side}"] for name in ("sales", "profit", "monthly_spend")}
            if is_change
            else row
        )
        reasons = [told.changes.why(row)] if is_change else told.tried.proposal.why(row)
        shown.append(
            Row(
                row={**row, **figures},
                name=row["account_name"] or row["account_id"],
                rank=_known(row["rank_after"], row["rank_before"]) if is_change else row[_rank(told)],
                pk=ids.get(row["account_id"]),
                reasons=[reason.text(lang()) for reason in reasons],
                by=[name_of(name) for name in row["by"] or []] if is_change else [],
            )
        )
    return shown


def _known(first: Any, other: Any) -> Any:
    return first if first is not None else other


def _chart(told: Outcome, query: Any) -> dict[str, Any]:
    """The curve by the basis tried; a point opens the accounts up to it."""
    found, basis = told.tried.found, told.tried.settings.find.basis
    curve = found.sales_curve if basis == "sales" or found.profit_curve is None else found.profit_curve
    rows = curve.to_pylist()
    points = rows[:: max(1, len(rows) // CURVE_POINTS)]
    if points[-1] != rows[-1]:
        points.append(rows[-1])
    address = urlencode(query)
    return {
        "kind": "concentration",
        "points": [[point["accounts_share"], point["running_share"]] for point in points],
        "links": [f"?{address}&within={point['rank']}#rows" for point in points],
        "line": float(told.tried.settings.find.share),
        "names": [message("chart.accounts_share", lang()), message(f"chart.{basis}_share", lang())],
    }
