"""The page of what is held about one person: to look at, to hand over, to erase (R4)."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.know.contact_services import ContactConflictError, version_of
from keyaccount_web.know.models import Contact
from keyaccount_web.know.person_data import OWN, copy_of, erase, held_on, mentions_of
from keyaccount_web.know.record_kit import account_of
from keyaccount_web.shell.templatetags.pages import lang


def _contact(request: Request, pk: int, contact_id: int) -> Contact:
    account = account_of(request, pk, to_edit=True)
    return get_object_or_404(account.contacts, pk=contact_id)


def may_erase(request: Request) -> bool:
    """Who merges accounts answers for what is lost."""
    return may(request.user, Right.MERGE)


@require_GET
def person_data(request: Request, pk: int, contact_id: int) -> HttpResponse:
    """Everything held about a person."""
    contact = _contact(request, pk, contact_id)
    return render(
        request,
        "know/person_data.html",
        {
            "account": contact.account,
            "contact": contact,
            "own": [(f"field.{name}", getattr(contact, name)) for name in OWN if getattr(contact, name)],
            "held": held_on(contact),
            "mentions": mentions_of(contact),
            "version": version_of(contact),
            "may_erase": may_erase(request),
        },
    )


@require_GET
def person_data_export(request: Request, pk: int, contact_id: int) -> HttpResponse:
    """The same as a file for the person."""
    contact = _contact(request, pk, contact_id)
    told = json.dumps(copy_of(contact), ensure_ascii=False, indent=2)
    response = HttpResponse(told, content_type="application/json; charset=utf-8")
    name = f"{message('person.file', lang(), name=contact.name)}.json"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


@require_POST
def person_erase(request: Request, pk: int, contact_id: int) -> HttpResponse:
    """Take a person out, for good."""
    contact = _contact(request, pk, contact_id)
    if not may_erase(request):
        raise PermissionDenied
    asked: Any = request.POST.get("version", "")
    if not asked.isdecimal() or int(asked) != version_of(contact):
        messages.error(request, ContactConflictError("contact.changed", contact, {}).text(lang()))
        return redirect("person_data", pk, contact_id)
    erase(contact)
    messages.success(request, message("person.erased", lang()))
    return redirect("account", pk)
