"""What can be done from an account's page: take everything known of it along."""

from django.urls import reverse

from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.know.models import Account
from keyaccount_web.know.tabs import Deed
from keyaccount_web.shell.templatetags.pages import lang


def export_deed(request: Request, account: Account) -> Deed | None:
    """For who may change accounts: it comes back by the import."""
    if not may(request.user, Right.EDIT_ACCOUNTS):
        return None
    return Deed(
        message("imports.export_one", lang()), reverse("account_records", args=[account.pk]), "download"
    )
