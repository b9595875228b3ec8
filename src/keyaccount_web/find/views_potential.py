"""An account's potential: the months that its trend comes from, why it is listed, its plans. A tab of the account."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.find.models import CultivationPlan, Potential
from keyaccount_web.find.plans import plans_seen_by
from keyaccount_web.find.potential import months_of, reasons_for
from keyaccount_web.know.merged import leads_on
from keyaccount_web.know.tabs import account_context
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work.views.common import account_seen

YEAR = 12


@require_GET
@leads_on
def account_potential(request: Request, pk: int) -> HttpResponse:
    account = account_seen(request, pk)
    found = Potential.objects.filter(account=account).first()
    months = months_of(request.user, account)
    plans = list(plans_seen_by(request.user).filter(account=account))
    return render(
        request,
        "find/account_potential.html",
        {
            **account_context(request, account, "account_potential"),
            "potential": found,
            "reasons": [one.text(lang()) for one in reasons_for(request.user, found)] if found else [],
            "months": list(zip(months[YEAR:], months[:YEAR], strict=True)) if months else [],
            "chart": _chart(months, reverse("account_lines", args=[account.pk])),
            "of_profit": found is not None and found.measure == "profit",
            "plans": plans,
            "has_open": any(plan.state == CultivationPlan.State.OPEN for plan in plans),
        },
    )


def _chart(months: list[dict[str, Any]], lines_url: str) -> dict[str, Any] | None:
    """The year's months beside those of the year before; each opens to its lines."""
    if not months:
        return None
    year, before = months[YEAR:], months[:YEAR]
    return {
        "kind": "months",
        "months": [one["last"].isoformat()[:7] for one in year],
        "sales": [float(one["sales"]) for one in year],
        "before": [float(one["sales"]) for one in before],
        "names": [message("chart.year", lang()), message("chart.year_before", lang())],
        "links": [f"{lines_url}?from={one['first']}&to={one['last']}" for one in year],
    }
