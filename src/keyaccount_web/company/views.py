"""The company's settings beside the presets, what they were before, and back to the preset."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.company.kinds import Preset
from keyaccount_web.company.models import Setting
from keyaccount_web.company.presets import PRESETS, change_settings, chapters, own_values
from keyaccount_web.shell.templatetags.pages import lang

SHOWN_CHANGES = 50


@dataclass(frozen=True)
class Row:
    """One setting on the page."""

    name: str
    label: str
    preset: str
    """As it is shown."""
    value: str
    """In the field: what was typed where that was refused."""
    seen: str
    """What is kept."""
    options: list[tuple[str, str]]
    is_number: bool
    is_own: bool
    unit: str
    error: str


@dataclass(frozen=True)
class Chapter:
    name: str
    rows: list[Row]


def _managers_only(request: Request) -> None:
    if not may(request.user, Right.MANAGE_SETTINGS):
        raise PermissionDenied


@require_http_methods(["GET", "POST"])
def settings(request: Request) -> HttpResponse:
    """All settings by chapter; a form keeps one chapter."""
    _managers_only(request)
    errors: dict[str, str] = {}
    if request.method == "POST":
        typed = {name: request.POST[name] for name in PRESETS if name in request.POST}
        seen = {name: request.POST.get(f"seen:{name}", "") for name in typed}
        errors = {name: _told(error) for name, error in change_settings(typed, seen=seen).items()}
        if not errors:
            messages.success(request, message("settings.kept", lang()))
            chapter = request.POST.get("chapter", "")
            return redirect(f"{reverse('settings')}#{chapter}" if chapter in chapters() else "settings")
    own = own_values()
    told = [
        Chapter(name, [_row(preset, own, request, errors) for preset in presets])
        for name, presets in chapters().items()
    ]
    return render(
        request,
        "company/settings.html",
        {"parts": told, "changed": len(own), "wrong": len(errors)},
        status=422 if errors else 200,
    )


def _told(error: KeyAccountError) -> str:
    """With the setting's name as the page has it; what is wrong with several names none."""
    preset = PRESETS.get(str(error.values.get("name")))
    values = {**error.values, "name": preset.title(lang())} if preset else error.values
    return type(error)(error.code, **values).text(lang())


def _row(preset: Preset, own: dict[str, object], request: Request, errors: dict[str, str]) -> Row:
    name = preset.name
    kept = preset.kept(own.get(name, preset.value))
    shown = preset.shown(preset.value, lang())
    return Row(
        name=name,
        label=preset.title(lang()),
        preset=shown or message("settings.empty", lang()),
        value=request.POST.get(name, "") if name in errors else kept,
        seen=kept,
        options=preset.options(lang()),
        is_number=preset.is_number,
        is_own=name in own,
        unit="%" if shown.endswith("%") else "",
        error=errors.get(name, ""),
    )


@require_POST
def back(request: Request) -> HttpResponse:
    """One setting back to its preset."""
    _managers_only(request)
    preset = PRESETS.get(request.POST.get("name", ""))
    if preset is None:
        raise Http404
    change_settings({preset.name: preset.kept(preset.value)})
    messages.success(request, message("settings.is_preset", lang(), name=preset.title(lang())))
    return redirect("settings")


@require_GET
def history(request: Request) -> HttpResponse:
    """Who set what, newest first."""
    _managers_only(request)
    asked = request.GET.get("name", "")
    entries = Setting.history.select_related("history_user").order_by("-history_date", "-history_id")
    if asked:
        entries = entries.filter(name=asked)
    return render(
        request,
        "company/history.html",
        {
            "in_dialog": bool(request.htmx),
            "entries": [_change(entry) for entry in entries[:SHOWN_CHANGES] if entry.name in PRESETS],
            "name": PRESETS[asked].title(lang()) if asked in PRESETS else "",
        },
    )


def _change(entry: Setting) -> dict[str, object]:
    preset = PRESETS[entry.name]
    is_preset = entry.history_type == "-"  # type: ignore[attr-defined]
    try:
        value = preset.shown(preset.value if is_preset else preset.read(entry.value), lang())
    except KeyAccountError:
        value = entry.value
    return {"entry": entry, "name": preset.title(lang()), "value": value, "is_preset": is_preset}
