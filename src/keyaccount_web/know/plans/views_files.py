"""The business review as a file, and the customer's logo on it (K8)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.know.models import Account
from keyaccount_web.know.plans import printing
from keyaccount_web.know.plans.approving import PlanError
from keyaccount_web.know.plans.models import AccountLogo
from keyaccount_web.know.plans.reading import plan_url, plans_by_year, year_asked
from keyaccount_web.know.record_kit import account_of
from keyaccount_web.know.tabs import account_context
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work.file_kinds import KINDS


@require_GET
def plan_file(request: Request, pk: int) -> HttpResponse:
    """The file as the answer; the audit log keeps who took which edition."""
    account = account_of(request, pk)
    plan = plans_by_year(account).get(year_asked(request.GET.get("year", "")) or 0)
    if plan is None:
        raise Http404
    edition, ending = request.GET.get("edition", ""), request.GET.get("format", "")
    try:
        content = printing.plan_file(plan, request.user, edition=edition, ending=ending, lang=lang())
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
        return redirect(plan_url(plan))
    code = f"account_plan.file.name_{edition}"
    name = message(code, lang(), account=account.name, year=plan.year)
    response = HttpResponse(content, content_type=KINDS[ending].media_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.{ending}") or ""
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "POST"])
def logo(request: Request, pk: int) -> HttpResponse:
    """The logo there is, another one, or none."""
    account = account_of(request, pk, to_edit=True)
    problem = ""
    if request.method == "POST":
        try:
            _change(request, account)
        except KeyAccountError as error:
            problem = error.text(lang())
        else:
            return redirect("account_plan", pk)
    held = AccountLogo.objects.filter(account=account).select_related("picture").first()
    context = {**account_context(request, account, "account_plan"), "held": held, "problem": problem}
    return render(request, "account_plans/logo.html", context, status=422 if problem else 200)


def _change(request: Request, account: Account) -> None:
    if request.POST.get("deed") == "remove":
        printing.remove_logo(account)
        messages.success(request, message("account_plan.logo_removed", lang()))
        return
    file = request.FILES.get("logo")
    if file is None:
        raise PlanError("account_plan.logo_missing")
    printing.keep_logo(account, by=request.user, name=(file.name or "")[:200], chunks=file.chunks())
    messages.success(request, message("account_plan.logo_kept", lang()))
