"""The home page: what to do first, by what one may do."""

from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from keyaccount.find.verdicts import VERDICTS
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import current_posts, may, sees_all, visible_accounts
from keyaccount_web.access.services import count_open_invitations
from keyaccount_web.know.models import Account
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import current_run, merged_otherwise
from keyaccount_web.shell.first import first_things
from keyaccount_web.tables.ledger import newest_snapshot

TO_LOOK_AT = 8
KEPT_SECONDS = 60


@require_GET
def home(request: Request) -> HttpResponse:
    """What needs somebody, then how the visible accounts stand."""
    user = request.user
    accounts = visible_accounts(user)
    figures = accounts.filter(figures__isnull=False)
    current = current_run()
    by_verdict = _by_verdict(figures, current, is_whole=sees_all(user))
    snapshot = newest_snapshot() if may(user, Right.RUN) else None
    return render(
        request,
        "shell/home.html",
        {
            "posts": current_posts(user),
            "verdicts": [(code, by_verdict[code]) for code in VERDICTS if code in by_verdict],
            "total": {
                "n": sum(row["n"] for row in by_verdict.values()),
                "sales": sum((row["sales"] for row in by_verdict.values()), Decimal(0)),
            },
            "is_company": sees_all(user) and may(user, Right.COMPANY_FIGURES),
            "run": current,
            "is_stale": bool(snapshot and current and current.snapshot != snapshot),
            "merged_since": len(merged_otherwise(current)) if current and may(user, Right.RUN) else 0,
            "may_run": may(user, Right.RUN),
            "has_ledger": snapshot is not None,
            "first": first_things(user),
            "profitless_count": by_verdict.get("profitless", {}).get("n", 0),
            **_shown(figures, current, is_whole=sees_all(user)),
            "may_manage": may(user, Right.MANAGE_USERS),
            "open_invitations": count_open_invitations() if may(user, Right.MANAGE_USERS) else 0,
        },
    )


def _by_verdict(figures: QuerySet[Account], run: Run | None, *, is_whole: bool) -> dict[str, dict[str, Any]]:
    """How many accounts have each verdict, and their money; those of the whole company are kept for a minute."""
    key = f"home:{run.pk}" if run else ""
    if is_whole and run and (kept := cache.get(key)) is not None:
        return dict(kept)
    rows = figures.values("figures__verdict").annotate(
        n=Count("pk"), sales=Sum("figures__sales"), profit=Sum("figures__profit")
    )
    found: dict[str, dict[str, Any]] = {row["figures__verdict"]: dict(row) for row in rows}
    if is_whole and run:
        cache.set(key, found, KEPT_SECONDS)
    return found


def _shown(figures: QuerySet[Account], run: Run | None, *, is_whole: bool) -> dict[str, list[Account]]:
    """The accounts that home names, by list, in one query; which, of the whole company, is kept for a minute."""
    key = f"shown:{run.pk}" if run else ""
    pks: dict[str, list[int]] | None = cache.get(key) if is_whole and run else None
    if pks is None:
        pks = {
            name: list(of(figures).values_list("pk", flat=True)[:TO_LOOK_AT]) for name, of in _LISTS.items()
        }
        if is_whole and run:
            cache.set(key, pks, KEPT_SECONDS)
    named = figures.filter(pk__in={pk for some in pks.values() for pk in some}).select_related("figures")
    accounts = {one.pk: one for one in named.only("name", *(f"figures__{name}" for name in _FIGURES))}
    return {name: [accounts[pk] for pk in some if pk in accounts] for name, some in pks.items()}


def _profitless(figures: QuerySet[Account]) -> QuerySet[Account]:
    return figures.filter(figures__verdict="profitless").order_by("figures__profit")


def _fallen(figures: QuerySet[Account]) -> QuerySet[Account]:
    """In the set, and the most sales lost against the year before."""
    fallen = figures.filter(figures__in_set=True, figures__sales__lt=F("figures__sales_year_before"))
    return fallen.order_by((F("figures__sales_year_before") - F("figures__sales")).desc())


def _rising(figures: QuerySet[Account]) -> QuerySet[Account]:
    return figures.filter(figures__verdict="rising").order_by("-figures__sales")


_LISTS = {"profitless": _profitless, "fallen": _fallen, "rising": _rising}
_FIGURES = ("sales", "sales_year_before", "profit")
