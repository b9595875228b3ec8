"""Change the selected accounts at once: the dialog, what came of it, undo."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keyaccount.language import message
from keyaccount_web.access.models import OrgUnit, User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts, visible_units
from keyaccount_web.know.bulk import BulkError, bulk_edit, undo_bulk
from keyaccount_web.know.models import BulkChange
from keyaccount_web.lists.exports import ids_of
from keyaccount_web.shell.templatetags.pages import lang


class Named(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Choices by their names alone."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class BulkForm(forms.Form):
    """What is left empty stays as it is."""

    owner = Named(User.objects.none(), required=False)
    unit = Named(OrgUnit.objects.none(), required=False)
    region = forms.CharField(max_length=60, required=False)
    industry = forms.CharField(max_length=60, required=False)
    channel = forms.CharField(max_length=60, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if may(user, Right.ASSIGN):
            units = visible_units(user)
            colleagues = (
                User.objects.filter(posts__unit__in=units, is_active=True).distinct().order_by("name")
            )
            self.fields["owner"].queryset = colleagues  # type: ignore[attr-defined]
            self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        else:
            del self.fields["owner"], self.fields["unit"]
        for name, field in self.fields.items():
            field.label = message(f"field.{name}", lang())
            is_choice = isinstance(field, forms.ModelChoiceField)
            field.widget.attrs["class"] = "form-select" if is_choice else "form-control"
            if isinstance(field, forms.ModelChoiceField):
                field.empty_label = message("bulk.as_it_is", lang())

    def changes(self) -> dict[str, Any]:
        """New values by the record's field."""
        told: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            if value:
                told[f"{name}_id" if name in ("owner", "unit") else name] = (
                    value.pk if name in ("owner", "unit") else value
                )
        return told


@require_http_methods(["GET", "POST"])
def bulk(request: Request) -> HttpResponse:
    """The dialog for the selected accounts, and doing it."""
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied
    told = request.POST if request.method == "POST" else request.GET
    ids = ids_of(told.getlist("ids"))
    accounts = visible_accounts(request.user).filter(pk__in=ids)
    form = BulkForm(request.POST if request.method == "POST" else None, user=request.user)
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("bulk_change", bulk_edit(accounts, form.changes(), request.user).pk)
        except BulkError as error:
            problem = error.text(lang())
    return render(
        request,
        "know/bulk.html",
        {
            "in_dialog": bool(request.htmx),
            "form": form,
            "ids": ids,
            "n": accounts.count(),
            "problem": problem,
        },
        status=409 if problem else 200,
    )


@require_GET
def bulk_change(request: Request, pk: int) -> HttpResponse:
    """What a change did, and the way back."""
    change = get_object_or_404(BulkChange, pk=pk, user=request.user)
    ids = [entry["id"] for entry in change.rows]
    accounts = visible_accounts(request.user).filter(pk__in=ids)
    return render(
        request,
        "know/bulk_change.html",
        {
            "change": change,
            "n": len(ids),
            "accounts": accounts.order_by("name")[:200],
            "changes": [
                (message(f"field.{name.removesuffix('_id')}", lang()), _shown(name, value))
                for name, value in change.changes.items()
            ],
        },
    )


def _shown(name: str, value: Any) -> str:
    if name == "owner_id":
        return str(User.objects.filter(pk=value).values_list("name", flat=True).first() or "—")
    if name == "unit_id":
        return str(OrgUnit.objects.filter(pk=value).values_list("name", flat=True).first() or "—")
    return str(value)


@require_POST
def bulk_undo(request: Request, pk: int) -> HttpResponse:
    """Bring it all back."""
    change = get_object_or_404(BulkChange, pk=pk, user=request.user)
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied
    try:
        undone = undo_bulk(change, request.user)
    except BulkError as error:
        messages.error(request, error.text(lang()))
        return redirect("bulk_change", pk)
    messages.success(request, message("bulk.undo_done", lang(), n=undone.restored))
    if undone.changed_since:
        names = [account.name for account in undone.changed_since[:10]]
        messages.warning(request, message("bulk.changed_since", lang(), names=names))
    return redirect("accounts")
