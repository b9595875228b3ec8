"""Fields that ask to be confirmed: still right, or put right, in place."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.services import edit_account
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work import freshness as services
from keyaccount_web.work.templatetags.work import freshness_context
from keyaccount_web.work.views.common import account_seen


def _asked(request: Request, pk: int) -> tuple[Account, Contact | None, str]:
    """The account, the contact, and the field that a form names."""
    account = account_seen(request, pk)
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied
    field, contact_id = request.POST.get("field", ""), request.POST.get("contact", "")
    if not contact_id:
        if field not in (*services.ACCOUNT_FIELDS, *services.dated_fields()):
            raise Http404
        return account, None, field
    if field not in services.CONTACT_FIELDS or not contact_id.isdecimal() or len(contact_id) > 18:
        raise Http404
    return account, get_object_or_404(Contact, pk=int(contact_id), account=account), field


@require_POST
def confirm(request: Request, pk: int) -> HttpResponse:
    """It is still right."""
    account, contact, field = _asked(request, pk)
    services.confirm(contact or account, [field], request.user)
    return _answer(request, account)


@require_POST
def edit(request: Request, pk: int) -> HttpResponse:
    """It is something else."""
    account, contact, field = _asked(request, pk)
    if field in services.dated_fields():
        raise Http404
    typed = request.POST.get("value", "").strip()
    if field == "website" and typed and "://" not in typed:
        typed = f"https://{typed}"
    record = contact or account
    try:
        kept: Any = record._meta.get_field(field)
        value = kept.clean(typed, record)
        if value == getattr(record, field):
            services.confirm(record, [field], request.user)
        elif contact is not None:
            setattr(contact, field, value)
            contact.save()
        else:
            version = request.POST.get("version", "")
            number = int(version) if version.isdecimal() and len(version) < 10 else 0
            edit_account(account.pk, {field: value}, version=number, user=request.user)
    except ValidationError as error:
        return _answer(request, account, contact, field, typed, " ".join(error.messages))
    except KeyAccountError as error:
        return _answer(request, account_seen(request, pk), contact, field, typed, error.text(lang()))
    return _answer(request, account_seen(request, pk))


def _answer(
    request: Request,
    account: Account,
    contact: Contact | None = None,
    field: str = "",
    typed: str = "",
    problem: str = "",
) -> HttpResponse:
    if request.htmx:
        context = freshness_context(request.user, account)
        context |= {"wrong": field, "wrong_contact": contact, "typed": typed, "problem": problem}
        return render(request, "work/freshness_box.html", context)
    if problem:
        messages.error(request, problem)
    return redirect("account", account.pk)
