"""What of inversions stands on an account's pages?"""

from django.db.models import Count, Sum
from django.urls import reverse
from django.utils.http import urlencode

from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.cover.terms.models import Inversion
from keyaccount_web.know.models import Account
from keyaccount_web.know.tabs import Fact
from keyaccount_web.shell.templatetags.pages import lang


def inversion_fact(request: Request, account: Account) -> Fact | None:
    """How often somebody below got better terms than this key account; not on the timeline, which asks enough already."""
    if request.resolver_match is not None and request.resolver_match.url_name == "account_activity":
        return None
    told = Inversion.objects.filter(account=account).order_by().aggregate(n=Count("pk"), money=Sum("money"))
    if not told["n"]:
        return None
    url = f"{reverse('inversions')}?{urlencode({'account': account.pk})}"
    return Fact(message("terms.fact", lang(), n=told["n"], money=told["money"]), url)
