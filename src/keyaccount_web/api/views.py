"""Pages on the API: one's tokens, one's webhooks and what they were sent, what every endpoint takes and gives."""

import json
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.access.sign_in import client_address
from keyaccount_web.api import tokens as services
from keyaccount_web.api import webhooks as hooks
from keyaccount_web.api.events import EVENTS
from keyaccount_web.api.models import Token, TokenEvent, Webhook, WebhookDelivery
from keyaccount_web.shell.templatetags.pages import lang

SHOWN = 50
DAYS = (7, 30, services.PRESET_DAYS, 180, services.MOST_DAYS)


def _choices(form: forms.Form, name: str, choices: list[tuple[Any, str]]) -> None:
    field: Any = form.fields[name]
    field.choices = choices


class TokenForm(forms.Form):
    """Which program it is for, what it may, how long."""

    name = forms.CharField(max_length=60)
    scopes = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)
    days = forms.TypedChoiceField(coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "scopes", [(one, message(f"token.scope.{one}", lang())) for one in services.SCOPES])
        _choices(self, "days", [(one, message("token.days_n", lang(), n=one)) for one in DAYS])
        _label(self, "token.field")


class WebhookForm(forms.Form):
    """Where it is, what it is told."""

    name = forms.CharField(max_length=60)
    address = forms.CharField(max_length=500, widget=forms.PasswordInput(attrs={"autocomplete": "off"}))
    events = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "events", [(one, message(f"event.{one}", lang())) for one in EVENTS])
        _label(self, "webhook.field")


def _label(form: forms.Form, prefix: str) -> None:
    for name, field in form.fields.items():
        field.label = message(f"{prefix}.{name}", lang())
        if not isinstance(field, forms.MultipleChoiceField):
            is_choice = isinstance(field, forms.ChoiceField)
            field.widget.attrs["class"] = "form-select" if is_choice else "form-control"


def _in_own_name(request: Request) -> None:
    """Who acts for a colleague makes nothing that stays when the consent has ended."""
    if request.acting is not None:
        raise PermissionDenied


@never_cache
@require_http_methods(["GET", "POST"])
def tokens(request: Request) -> HttpResponse:
    """One's own tokens; a new one is shown once."""
    form = TokenForm(request.POST or None, initial={"days": services.PRESET_DAYS, "scopes": ["read"]})
    made, text = None, ""
    if request.method == "POST":
        _in_own_name(request)
        if form.is_valid():
            try:
                told = form.cleaned_data
                made, text = services.make_token(
                    request.user,
                    name=told["name"],
                    scopes=told["scopes"],
                    days=told["days"],
                    address=client_address(request) or "",
                )
                form = TokenForm(initial={"days": services.PRESET_DAYS, "scopes": ["read"]})
            except KeyAccountError as error:
                form.add_error(None, error.text(lang()))
    context = {**_shown(request.user), "form": form, "made": made, "text": text, "is_own": True}
    return render(request, "api/tokens.html", context, status=422 if form.is_bound else 200)


@require_GET
def tokens_of(request: Request, pk: int) -> HttpResponse:
    """A colleague's tokens, for administrators: to be revoked, never to be used."""
    if not may(request.user, Right.MANAGE_USERS):
        raise PermissionDenied
    return render(request, "api/tokens.html", _shown(get_object_or_404(User, pk=pk)))


def _shown(user: User) -> dict[str, Any]:
    rows = Token.objects.filter(user=user)[:SHOWN]
    return {
        "person": user,
        "tokens": rows,
        "now": timezone.now(),
        "events": TokenEvent.objects.filter(token__user=user).select_related("token", "by")[:SHOWN],
    }


@require_POST
def revoke_token(request: Request, pk: int) -> HttpResponse:
    """Worth nothing from now on: by its user, or by an administrator."""
    rows = (
        Token.objects.all()
        if may(request.user, Right.MANAGE_USERS)
        else Token.objects.filter(user=request.user)
    )
    token = get_object_or_404(rows, pk=pk)
    services.revoke(token, request.user, address=client_address(request) or "")
    return redirect("tokens") if token.user_id == request.user.pk else redirect("tokens_of", token.user_id)


# --- webhooks


def _own(request: Request, pk: int) -> Webhook:
    return get_object_or_404(Webhook, pk=pk, user=request.user)


@never_cache
@require_http_methods(["GET", "POST"])
def webhooks(request: Request) -> HttpResponse:
    """One's own webhooks; a new one's secret is shown once."""
    form = WebhookForm(request.POST or None)
    made, secret = None, ""
    if request.method == "POST":
        _in_own_name(request)
        if form.is_valid():
            try:
                made, secret = hooks.add_webhook(request.user, **form.cleaned_data)
                form = WebhookForm()
            except KeyAccountError as error:
                form.add_error("address", error.text(lang()))
    context = {
        "webhooks": Webhook.objects.filter(user=request.user),
        "form": form,
        "made": made,
        "secret": secret,
    }
    return render(request, "api/webhooks.html", context, status=422 if form.is_bound else 200)


@require_GET
def webhook(request: Request, pk: int) -> HttpResponse:
    """What it was sent, and what became of it."""
    told = _own(request, pk)
    deliveries = list(WebhookDelivery.objects.filter(webhook=told)[:SHOWN])
    bodies = {one.pk: json.dumps(one.body, ensure_ascii=False, indent=1) for one in deliveries}
    context = {"webhook": told, "deliveries": deliveries, "bodies": bodies}
    return render(request, "api/webhook.html", context)


@require_POST
def ping_webhook(request: Request, pk: int) -> HttpResponse:
    """Have it told that it works."""
    hooks.ping(_own(request, pk))
    return redirect("webhook", pk)


@require_POST
def switch_webhook(request: Request, pk: int) -> HttpResponse:
    """Off, or on again."""
    told = _own(request, pk)
    hooks.change_webhook(told, is_active=not told.is_active)
    return redirect("webhook", pk)


@require_POST
def remove_webhook(request: Request, pk: int) -> HttpResponse:
    """With all that it was sent."""
    _own(request, pk).delete()
    return redirect("webhooks")


@require_POST
def send_again(request: Request, pk: int) -> HttpResponse:
    """Once more what has failed."""
    delivery = get_object_or_404(WebhookDelivery, pk=pk, webhook__user=request.user)
    hooks.try_again(delivery)
    return redirect("webhook", delivery.webhook_id)


@require_GET
def docs(request: Request) -> HttpResponse:
    """Every endpoint, to be read and tried."""
    return render(request, "api/docs.html")
