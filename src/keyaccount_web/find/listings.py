"""The list of potential, declared (F8)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html

from keyaccount.find.potential import SUREST
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, of_visible
from keyaccount_web.find.models import CultivationPlan, Potential
from keyaccount_web.find.potential import is_judged, reasons_for
from keyaccount_web.know.models import Account
from keyaccount_web.lists.kit import Choice, Column, Least, Listing, Scene, Search, add_listing
from keyaccount_web.runs.services import current_run
from keyaccount_web.search.services import accounts_matching
from keyaccount_web.shell.templatetags import pages

HALF_YEARS = (6, 12, 18, 24)
_OPEN = CultivationPlan.objects.filter(account=OuterRef("account_id"), state=CultivationPlan.State.OPEN)


def _rows(request: Request) -> QuerySet[Potential]:
    seen = of_visible(Potential.objects.all(), request.user)
    return seen.select_related("account", "account__owner")


def _link(one: Potential, _context: Mapping[str, Any]) -> str:
    account = one.account
    url = reverse("account_potential", args=[account.pk])
    return format_html('<a href="{}">{}</a><span class="code">{}</span>', url, account.name, account.code)


def _soon(one: Potential) -> str:
    return message("potential.within", pages.lang(), months=one.within)


def _growth(one: Potential) -> float | None:
    now, before = getattr(one, one.measure), getattr(one, f"{one.measure}_year_before")
    return float(now / before) - 1 if now is not None and before is not None and before > 0 else None


def _measure(one: Potential) -> str:
    return message(f"potential.measure.{one.measure}", pages.lang())


def _plan(one: Potential, context: Mapping[str, Any]) -> str:
    plan = getattr(one, "plan", None)
    if plan is not None:
        label = message("plan.until", pages.lang(), due=plan.due_date)
        return format_html('<a href="{}">{}</a>', reverse("plan", args=[plan.pk]), label)
    if not context.get("may_edit"):
        return "—"
    label = message("plan.begin", pages.lang())
    return format_html('<a class="btn btn-sm" href="{}">{}</a>', reverse("plan_new", args=[one.pk]), label)


def _with_plans(rows: list[Any], request: Request) -> None:
    """The open plans and the reasons of the rows of one page: one query."""
    ids = [one.pk for one in rows]
    plans = CultivationPlan.objects.filter(account__in=ids, state=CultivationPlan.State.OPEN)
    by_account = {plan.account_id: plan for plan in plans}
    for one in rows:
        one.plan = by_account.get(one.pk)
        why = [reason.text(pages.lang()) for reason in reasons_for(request.user, one)]
        one.why = ("；" if pages.lang() == "zh" else "; ").join(why)


def _context(request: Request) -> dict[str, Any]:
    run = current_run()
    may_edit = may(request.user, Right.EDIT_ACCOUNTS)
    return {"may_edit": may_edit, "run": run, "not_judged": run is not None and not is_judged(run)}


def _search(rows: QuerySet[Potential], text: str) -> QuerySet[Potential]:
    return rows.filter(account__in=Account.objects.filter(accounts_matching(text)).order_by())


POTENTIAL = add_listing(
    Listing(
        name="potential",
        url_name="potential",
        export_url_name="potential_export",
        title="potential.title",
        empty="potential.none",
        found="potential.count",
        search_hint="accounts.search",
        template="find/potential.html",
        rows=_rows,
        sort="soon",
        columns=(
            Column("name", "field.name", "account__name", html=_link),
            Column("code", "field.code", "account__code", is_shown=False, is_low=True, is_key=True),
            Column("soon", "potential.soon", "within", value=_soon, html=lambda one, _context: _soon(one)),
            Column(
                "months_to_line",
                "potential.months_to_line",
                "months_to_line",
                show="count",
                is_low=True,
                is_shown=False,
                right=Right.COMPANY_FIGURES,
            ),
            Column("trend", "potential.trend_column", "trend", show="money"),
            Column("sales", "field.sales", "sales", show="money"),
            Column(
                "sales_year_before", "field.sales_year_before", "sales_year_before", show="money", is_low=True,
                is_shown=False,
            ),
            Column("profit", "field.profit", "profit", show="money", is_low=True, is_shown=False),
            Column(
                "profit_year_before", "field.profit_year_before", "profit_year_before", show="money", is_low=True,
                is_shown=False,
            ),
            Column("measure", "potential.measure", "measure", value=_measure, html=lambda one, _context: _measure(one)),
            Column("change", "column.change", value=_growth, show="change"),
            Column("expected_sales", "potential.expected_sales", "expected_sales", show="money", is_low=True),
            Column("sure", "potential.sure", "trend_p", value=lambda one: min(1 - one.trend_p, SUREST), show="percent", is_low=True, is_shown=False),
            Column("why", "column.reasons", value=lambda one: one.why, is_low=True, width=60),
            Column("owner", "field.owner", "account__owner__name", is_low=True),
            Column("plan", "plan.column", value=lambda one: one.plan and one.plan.due_date, show="day", html=_plan),
        ),
        filters=(
            Search("q", "action.search", find=_search),
            Choice(
                "within",
                "potential.soon",
                among=lambda _request: [
                    (str(months), message("potential.within", pages.lang(), months=months)) for months in HALF_YEARS
                ],
                query=lambda asked: Q(within__lte=int(asked)) if asked.isdecimal() and len(asked) < 4 else Q(),
            ),
            Choice(
                "region", "field.region", path="account__region", rows=_rows
            ),
            Least("least", "field.sales", path="sales"),
        ),
        scenes=(
            Scene("all", "view.all"),
            Scene("mine", "view.mine", lambda rows, request: rows.filter(account__owner=request.user)),
            Scene("without", "potential.without_plan", lambda rows, _request: rows.exclude(Exists(_OPEN))),
            Scene("planned", "potential.with_plan", lambda rows, _request: rows.filter(Exists(_OPEN))),
        ),
        context=_context,
        decorate=_with_plans,
    )
)  # fmt: skip
