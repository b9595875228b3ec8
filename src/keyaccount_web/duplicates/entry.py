"""A new account, and what is like it while it is typed; the same when one is changed (K9)."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import current_posts, may, visible_accounts
from keyaccount_web.duplicates.models import KnownSimilar
from keyaccount_web.duplicates.similar import SimilarAccount, similar_accounts
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.shell.templatetags.pages import lang

CHECKED = ("name", "tax_number", "phone", "address")
PREFIX = "C"


class NewAccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is asked of a new account; only the name is compulsory."""

    contact_name = forms.CharField(max_length=60, required=False)
    phone = forms.CharField(max_length=30, required=False)
    reason = forms.CharField(max_length=200, required=False)

    class Meta:
        model = Account
        fields = ("name", "code", "tax_number", "region", "industry", "address")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].required = False
        for name, field in self.fields.items():
            field.label = message(f"field.{name}", lang())
            field.widget.attrs["class"] = "form-control"

    def clean_code(self) -> str:
        """Merged accounts keep their codes."""
        code = (self.cleaned_data["code"] or "").strip() or next_code()
        if Account.with_merged.filter(code=code).exists():
            raise forms.ValidationError(message("account.code_taken", lang(), code=code))
        return code


def next_code() -> str:
    """A code that no account has: C and the next number."""
    numbers = [
        int(code[len(PREFIX) :])
        for code in Account.with_merged.filter(code__startswith=PREFIX).values_list("code", flat=True)
        if re.fullmatch(rf"{PREFIX}\d{{1,9}}", code)
    ]
    return f"{PREFIX}{max(numbers, default=0) + 1:06}"


def similar_to(values: Mapping[str, Any], user: User, account_id: int | None = None) -> list[SimilarAccount]:
    """The accounts that one with these `values` may be; nothing given: none."""
    told = {name: (values.get(name) or "").strip() or None for name in CHECKED}
    told["account_name"] = told.pop("name")
    if not any(told.values()):
        return []
    return similar_accounts(told, user=user, account_id=account_id)


@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    """Make an account; where one like it is there, only with a reason, which is kept."""
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied
    found: list[SimilarAccount] = []
    asks_reason = False
    if request.method == "POST":
        form = NewAccountForm(request.POST)
        if form.is_valid():
            found = similar_to(form.cleaned_data, request.user)
            if not found or form.cleaned_data["reason"].strip():
                account = make_account(form, found, request.user)
                messages.success(request, message("account.made", lang(), name=account.name))
                return redirect("account", account.pk)
            asks_reason = True
    else:
        form = NewAccountForm()
    return render(
        request,
        "duplicates/new.html",
        {"form": form, "similar": _told(found), "asks_reason": asks_reason},
        status=409 if asks_reason else 200,
    )


def make_account(form: NewAccountForm, found: list[SimilarAccount], user: User) -> Account:
    """The maker owns it, in the unit of their first post, so that they see it."""
    told = form.cleaned_data
    with transaction.atomic():
        account: Account = form.save(commit=False)
        account.owner, account.unit = user, current_posts(user)[0].unit
        account.save()
        if told["contact_name"] or told["phone"]:
            Contact.objects.create(
                account=account, name=told["contact_name"] or account.name[:60], phone=told["phone"]
            )
        KnownSimilar.objects.bulk_create(
            KnownSimilar(account=account, similar=one.account, reason=told["reason"], said_by=user)
            for one in found
        )
    return account


@require_GET
def similar(request: Request) -> HttpResponse:
    """What is like the account being typed, as a part of its page."""
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied
    asked = request.GET.get("account", "")
    own = int(asked) if asked.isdecimal() and len(asked) < 15 else None
    values = request.GET.dict()
    if own is not None:
        account = visible_accounts(request.user).filter(pk=own).first()
        own = account.pk if account else None
    return render(
        request, "duplicates/similar.html", {"similar": _told(similar_to(values, request.user, own))}
    )


def _told(found: list[SimilarAccount]) -> list[dict[str, Any]]:
    return [
        {
            "account": one.account,
            "is_visible": one.is_visible,
            "score": one.score,
            "reasons": [reason.text(lang()) for reason in one.reasons],
        }
        for one in found
    ]
