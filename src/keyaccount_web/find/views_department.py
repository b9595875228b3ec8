"""The page that says whether a key account department pays, and who holds the accounts (F9)."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keyaccount.find.department import department_accounts
from keyaccount.find.losses import losses
from keyaccount_web.access.requests import Request
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.find.behind import visible_rows
from keyaccount_web.find.shown import ShownRun, company_figures_only, least_told, shown_run, veiled
from keyaccount_web.find.workload import workload_for
from keyaccount_web.know.models import TeamMember

SHOWN = 20


@require_GET
def department(request: Request) -> HttpResponse:
    """Whether it pays, its size, what is at stake, and the key accounts with the people who hold them."""
    company_figures_only(request)
    shown = shown_run(request)
    if isinstance(shown, HttpResponse):
        return shown
    told = shown.department
    (figures,) = veiled([asdict(told)], least_told(request), "sales", "sales_share", "profit", "profit_share")
    rows = visible_rows(request, department_accounts(shown.accounts()))
    return render(
        request,
        "find/department.html",
        {
            "run": shown.run,
            "told": figures,
            "settings": shown.settings,
            "rows": _held(request, rows.slice(0, SHOWN).to_pylist()),
            "more": max(0, len(rows) - SHOWN),
            "visible": len(rows),
            "workload": workload_for(request.user),
            "losses": _losses(request, shown),
            "base": f"{reverse('concentration_accounts')}?run={shown.run.pk}",
        },
    )


def _losses(request: Request, shown: ShownRun) -> list[dict[str, Any]]:
    """What losing each of the ten largest would leave, of those that the reader may see."""
    basis, profit = shown.settings.basis, shown.summary["profit"]
    rows = losses(
        shown.accounts("account_id", "account_name", "sales", "profit", f"{basis}_rank"),
        basis=basis,
        sales=Decimal(str(shown.summary["sales"])),
        profit=None if profit is None else Decimal(str(profit)),
    )
    return _held(request, visible_rows(request, rows).to_pylist())


def _held(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with the account's record, its owner and the executives who stand for it."""
    accounts = {
        account.code: account
        for account in visible_accounts(request.user)
        .filter(code__in=[row["account_id"] for row in rows])
        .select_related("owner")
    }
    day = timezone.localdate()
    sponsors = (
        TeamMember.objects.filter(account__in=accounts.values(), part=TeamMember.Part.EXECUTIVE_SPONSOR)
        .filter(Q(until=None) | Q(until__gte=day), since__lte=day)
        .select_related("user")
        .order_by("pk")
    )
    of_account: dict[int, list[str]] = {}
    for sponsor in sponsors:
        of_account.setdefault(sponsor.account_id, []).append(sponsor.user.name)
    told = []
    for row in rows:
        account = accounts.get(row["account_id"])
        told.append(
            {
                **row,
                "pk": account.pk if account else None,
                "owner": account.owner.name if account and account.owner else "",
                "sponsors": of_account.get(account.pk, []) if account else [],
            }
        )
    return told
