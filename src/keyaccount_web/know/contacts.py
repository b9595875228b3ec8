"""People at the customer's: added, changed, removed; who is late is told and loses nothing typed (K2)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts
from keyaccount_web.know.contact_services import (
    FIELDS,
    ContactConflictError,
    add_contact,
    edit_contact,
    remove_contact,
    version_of,
)
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.shell.templatetags.pages import lang


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is known of a contact."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Contact
        fields = FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name != "version":
                field.label = message(f"field.{name}", lang())
                field.widget.attrs["class"] = "form-control"


def _account(request: Request, pk: int) -> Account:
    account = get_object_or_404(visible_accounts(request.user), pk=pk)
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied
    return account


@require_http_methods(["GET", "POST"])
def new(request: Request, pk: int) -> HttpResponse:
    """Add a contact to an account."""
    account = _account(request, pk)
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        add_contact(account, form.cleaned_data)
        messages.success(request, message("edit.done", lang()))
        return redirect("account", pk)
    return render(request, "know/contact.html", {"account": account, "form": form})


@require_http_methods(["GET", "POST"])
def edit(request: Request, pk: int, contact_id: int) -> HttpResponse:
    """Change a contact."""
    account = _account(request, pk)
    contact = get_object_or_404(account.contacts, pk=contact_id)
    conflict = None
    if request.method == "POST":
        form = ContactForm(request.POST)
        if form.is_valid():
            conflict = _save(contact.pk, form)
            if conflict is None:
                messages.success(request, message("edit.done", lang()))
                return redirect("account", pk)
            # The next press of the button is made knowing what the other wrote.
            form.data = {**request.POST.dict(), "version": str(version_of(contact))}
    else:
        form = ContactForm(instance=contact, initial={"version": version_of(contact)})
    return render(
        request,
        "know/contact.html",
        {"account": account, "contact": contact, "form": form, "conflict": conflict},
        status=409 if conflict else 200,
    )


def _save(contact_id: int, form: ContactForm) -> dict[str, Any] | None:
    """Write what was typed; what a colleague wrote meanwhile instead, if anything."""
    try:
        edit_contact(
            contact_id,
            {name: form.cleaned_data[name] for name in FIELDS},
            version=form.cleaned_data["version"],
        )
    except ContactConflictError as error:
        return {
            "text": error.text(lang()),
            "theirs": [(message(f"field.{name}", lang()), value) for name, value in error.theirs.items()],
        }
    return None


@require_POST
def remove(request: Request, pk: int, contact_id: int) -> HttpResponse:
    """Remove a contact; its history stays."""
    account = _account(request, pk)
    contact = get_object_or_404(account.contacts, pk=contact_id)
    asked, name = request.POST.get("version", ""), contact.name
    try:
        remove_contact(contact, version=int(asked) if asked.isdecimal() and len(asked) < 18 else None)
    except ContactConflictError as error:
        messages.error(request, error.text(lang()))
        return redirect("contact", pk, contact_id)
    messages.success(request, message("contact.removed", lang(), name=name))
    return redirect("account", pk)
