"""The company's numbers for daily work, beside the presets."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work.presets import PRESETS, change_setting, settings_of


@dataclass(frozen=True)
class Row:
    """One setting on the page."""

    name: str
    label: str
    preset: int
    value: str
    error: str


def settings(request: Request) -> HttpResponse:
    """Good values are kept even where others are not."""
    if not may(request.user, Right.MANAGE_USERS):
        raise PermissionDenied
    errors: dict[str, str] = {}
    if request.method == "POST":
        for name in PRESETS:
            typed = request.POST.get(name, "").strip()
            try:
                change_setting(name, int(typed) if typed.isdecimal() and len(typed) < 9 else -1)
            except KeyAccountError as error:
                errors[name] = error.text(lang())
        if not errors:
            messages.success(request, message("settings.kept", lang()))
            return redirect("work_settings")
    kept = settings_of("")
    rows = [
        Row(
            name,
            _label(name),
            preset.value,
            request.POST.get(name, "") if name in errors else str(kept[name]),
            errors.get(name, ""),
        )
        for name, preset in PRESETS.items()
    ]
    return render(request, "work/settings.html", {"rows": rows}, status=422 if errors else 200)


def _label(name: str) -> str:
    if not name.startswith("freshness."):
        return message(f"setting.{name}", lang())
    field = name.rpartition(".")[2]
    whose = "contact" if ".contact." in name else "account"
    return message(f"setting.freshness_{whose}", lang(), field=message(f"field.{field}", lang()))
