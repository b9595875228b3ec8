"""The list of this year's plans, declared: key accounts, and whoever else has one, each with why it is to be looked at (K8)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from keyaccount.know.plans import look_due
from keyaccount.language import message
from keyaccount.reasons import Reason
from keyaccount_web.access.requests import Request
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.company.presets import setting
from keyaccount_web.know.models import Account
from keyaccount_web.know.plans.models import AccountPlan
from keyaccount_web.know.plans.reading import plan_url
from keyaccount_web.know.plans.shown import standing_shown
from keyaccount_web.know.provenance import choices_of
from keyaccount_web.lists.kit import Choice, Column, Listing, Scene, Search, add_listing
from keyaccount_web.search.services import accounts_matching
from keyaccount_web.shell.templatetags import pages

STANDINGS = ("behind", "on", "reached", "empty")


def plans_of(year: int, **more: Any) -> QuerySet[AccountPlan]:
    """This year's plan of the outer account."""
    return AccountPlan.objects.filter(account=OuterRef("pk"), year=year, **more)


def _year() -> int:
    return timezone.localdate().year


def _rows(request: Request) -> QuerySet[Account]:
    """Key accounts by the current figures, and accounts with a plan."""
    seen = visible_accounts(request.user)
    return seen.filter(Q(figures__verdict="key") | Exists(plans_of(_year()))).select_related("figures")


def _not_looked() -> Exists:
    since = timezone.localdate() - dt.timedelta(days=setting("plans.look_days"))
    return Exists(plans_of(_year()).filter(Q(looked_on=None) | Q(looked_on__lte=since)))


def _without(year: int) -> Q:
    return Q(~Exists(plans_of(year)), figures__verdict="key")


def _to_look(rows: QuerySet[Account], _request: Request) -> QuerySet[Account]:
    wrong = Exists(plans_of(_year(), standing__in=("behind", "empty")))
    return rows.filter(_without(_year()) | Q(wrong) | Q(_not_looked()))


def _decorate(rows: list[Any], _request: Request) -> None:
    """Each account's plan of this year, and why it is to be looked at."""
    today, days = timezone.localdate(), setting("plans.look_days")
    plans = {
        one.account_id: one
        for one in AccountPlan.objects.filter(
            account__in=[row.pk for row in rows], year=today.year
        ).select_related("owner")
    }
    for row in rows:
        row.plan = plans.get(row.pk)
        row.why = "；".join(reason.text(pages.lang()) for reason in _reasons(row.plan, today, days))


def _reasons(plan: AccountPlan | None, today: dt.date, days: int) -> list[Reason]:
    if plan is None:
        return [Reason("plan_why.none", {})]
    kept = [Reason(one["code"], one["values"]) for one in plan.why if "looked" not in one["code"]]
    return [*kept, *look_due(today, plan.looked_on, days)]


def _account(one: Any, _context: Mapping[str, Any]) -> str:
    url = plan_url(one.plan) if one.plan else reverse("account_plan", args=[one.pk])
    return format_html('<a href="{}">{}</a>', url, one.name)


def _standing(one: Any) -> str:
    return one.plan.standing if one.plan else "none"


def _of_plan(name: str) -> Any:
    return lambda one: getattr(one.plan, name) if one.plan else None


def _state(one: Any) -> str:
    return message(f"account_plan.state.{one.plan.state}", pages.lang()) if one.plan else "—"


PLANS = add_listing(
    Listing(
        name="account_plans",
        url_name="account_plans",
        export_url_name="account_plans_export",
        title="account_plans.title",
        found="account_plans.found",
        empty="account_plans.none",
        search_hint="account_plans.search",
        template="account_plans/plans.html",
        rows=_rows,
        sort="-sales",
        columns=(
            Column("account", "column.account", "name", html=_account),
            Column("code", "field.code", "code", is_shown=False, is_low=True, is_key=True),
            Column("standing", "account_plan.standing", value=lambda one: message(f"plan_standing.{_standing(one)}", pages.lang()), coded=_standing, html=lambda one, _context: standing_shown(_standing(one))),
            Column("why", "account_plans.why", value=lambda one: one.why, width=50),
            Column("progress", "account_plan.progress", value=_of_plan("progress"), show="percent"),
            Column("state", "account_plan.state", value=_state, coded=_of_plan("state"), is_low=True),
            Column("looked_on", "account_plan.looked_on", value=_of_plan("looked_on"), show="day", is_low=True),
            Column("sales", "column.sales", "figures__sales", show="money", is_low=True),
            Column("owner", "field.owner", "owner__name", is_low=True),
        ),
        filters=(
            Search("q", "action.search", find=lambda rows, text: rows.filter(accounts_matching(text))),
            Choice("standing", "account_plan.standing", query=lambda asked: Q(Exists(plans_of(_year(), standing=asked))), among=lambda _request: choices_of("plan_standing", list(STANDINGS))),
        ),
        scenes=(
            Scene("look", "account_plans.look", _to_look),
            Scene("behind", "account_plans.behind", lambda rows, _request: rows.filter(Exists(plans_of(_year(), standing="behind")))),
            Scene("stale", "account_plans.stale", lambda rows, _request: rows.filter(_not_looked())),
            Scene("missing", "account_plans.missing", lambda rows, _request: rows.filter(_without(_year()))),
            Scene("next", "account_plans.next", lambda rows, _request: rows.filter(_without(_year() + 1))),
            Scene("mine", "view.mine", lambda rows, request: rows.filter(owner=request.user)),
            Scene("all", "view.all"),
        ),
        decorate=_decorate,
    )
)  # fmt: skip
