"""What do the pages of this chapter share?"""

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.http import url_has_allowed_host_and_scheme

from keyaccount_web.access.requests import Request
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.know.models import Account
from keyaccount_web.know.tabs import with_head


def account_seen(request: Request, pk: int) -> Account:
    """An account that may be seen, with what its head shows; 404 for one that may not as for none."""
    accounts: QuerySet[Account] = with_head(visible_accounts(request.user))
    return get_object_or_404(accounts, pk=pk)


def back_to(request: Request, otherwise: str) -> HttpResponse:
    """Where the form came from, if it says so and that is within the app."""
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, None):
        target = otherwise
    return HttpResponseRedirect(target)
