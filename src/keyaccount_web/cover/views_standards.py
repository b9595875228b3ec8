"""Pages of standards: planned against done by group and month, what lies behind, what the standards are; signs (C3)."""

import datetime as dt
import io
from fractions import Fraction
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from keyaccount.cover.standards import TOUCHES, interval
from keyaccount.cover.stretching import impossible
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts
from keyaccount_web.cover.due import current_stretch, refresh_due
from keyaccount_web.cover.kept import GROUPS, Behind, Line, behind, kept_by, whole
from keyaccount_web.cover.models import Sign
from keyaccount_web.cover.presets import TIERS, effort, standard_settings
from keyaccount_web.cover.recording import may_record
from keyaccount_web.lists.exports import csv_lines, write_xlsx
from keyaccount_web.lists.kit import Column
from keyaccount_web.shell.templatetags.pages import lang


@require_GET
def standards(request: Request) -> HttpResponse:
    """Planned against done: groups down, months across."""
    group, touch = _group(request), _touch(request)
    stretch = current_stretch()
    settings = standard_settings(stretch.factor or Fraction(1))
    lines, ends = kept_by(request.user, group, settings=settings, touch=touch)
    if request.GET.get("format") in ("csv", "xlsx"):
        return _file(request, lines, ends)
    everything = whole(lines, len(ends))
    return render(
        request,
        "cover/standards.html",
        {
            "group": group,
            "groups": GROUPS,
            "touch": touch,
            "touches": TOUCHES,
            "lines": lines,
            "whole": everything,
            "now": everything.cells[0],
            "ends": ends,
            "base": f"{reverse('standards_behind')}?{urlencode({'group': group, 'touch': touch})}",
            "stretch": stretch,
            "factor": float(stretch.factor or 1),
            "rules": [
                (
                    tier,
                    [
                        next(
                            (
                                (one, interval(one, settings))
                                for one in settings.standards
                                if (one.tier, one.touch) == (tier, touch)
                            ),
                            None,
                        )
                        for touch in TOUCHES
                    ],
                )
                for tier in TIERS
            ],
            "impossible": [
                message(one.code, lang(), **_named(one.values))
                for one in impossible(settings, effort=effort())
            ],
            "may_set": may(request.user, Right.MANAGE_SETTINGS),
        },
    )


@require_GET
def standards_behind(request: Request) -> HttpResponse:
    """The accounts behind one figure; the touches of each are one press further."""
    group, touch = _group(request), _touch(request)
    try:
        until = dt.date.fromisoformat(request.GET.get("until", ""))
    except ValueError as error:
        raise Http404 from error
    if not abs(until - timezone.localdate()) < dt.timedelta(days=800):
        raise Http404
    rows = behind(request.user, group, request.GET.get("key", ""), until, touch=touch)
    return render(
        request,
        "cover/standards_behind.html",
        {
            "rows": [(one, _touches_url(one)) for one in rows],
            "until": until,
            "group": group,
            "asked": sum(one.asked for one in rows),
            "kept": sum(min(one.done, one.asked) for one in rows),
        },
    )


class SignForm(forms.Form):
    """What says that an account is to be seen sooner."""

    kind = forms.ChoiceField(choices=[(one, one) for one in Sign.Kind])
    what = forms.CharField(max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, one in self.fields.items():
            one.label = message(f"sign.{name}", lang())
            is_list = isinstance(one.widget, forms.Select)
            one.widget.attrs["class"] = "form-select" if is_list else "form-control"
        kinds: Any = [(one, message(f"sign.kind.{one}", lang())) for one in Sign.Kind]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]


def sign_new(request: Request, pk: int) -> HttpResponse:
    """Somebody notes that a business changes, or that a customer may leave: a visit is due from today."""
    account = get_object_or_404(visible_accounts(request.user), pk=pk)
    if not may_record(request.user):
        raise PermissionDenied
    form = SignForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        Sign.objects.create(
            account=account, by=request.user, noted_date=timezone.localdate(), **form.cleaned_data
        )
        refresh_due([account.pk])
        messages.success(request, message("sign.noted", lang(), name=account.name))
        return redirect("due_touches")
    status = 422 if form.errors else 200
    return render(
        request,
        "cover/sign_form.html",
        {"form": form, "account": account, "signs": account.signs.select_related("by")[:10]},
        status=status,
    )


@require_POST
def sign_remove(request: Request, pk: int) -> HttpResponse:
    """It was none."""
    sign = get_object_or_404(
        Sign.objects.filter(account__in=visible_accounts(request.user)).select_related("account"), pk=pk
    )
    if not (sign.by_id == request.user.pk or may(request.user, Right.ASSIGN)):
        raise PermissionDenied
    account_id = sign.account_id
    sign.delete()
    refresh_due([account_id])
    messages.success(request, message("sign.removed", lang()))
    return redirect("sign_new", account_id)


def _named(values: Any) -> dict[str, Any]:
    """Codes of a reason as a reader's words."""
    told = dict(values)
    for name, prefix in (("tier", "tier"), ("touch", "standard.touch"), ("period", "standard.period")):
        told[name] = message(f"{prefix}.{told[name]}", lang())
    return told


def _touches_url(one: Behind) -> str:
    asked: dict[str, str] = {
        "account": str(one.account.pk),
        "counts": one.touch,
        "since": one.begin.isoformat(),
        "until": one.until.isoformat(),
    }
    return f"{reverse('touches')}?{urlencode(asked)}"


def _group(request: Request) -> str:
    asked = request.GET.get("group", GROUPS[0])
    return asked if asked in GROUPS else GROUPS[0]


def _touch(request: Request) -> str:
    asked = request.GET.get("touch", "")
    return asked if asked in TOUCHES else ""


def _file(request: Request, lines: list[Line], ends: list[dt.date]) -> HttpResponse:
    """One row per group and month."""
    rows = [(line, end, cell) for line in lines for end, cell in zip(ends, line.cells, strict=True)]
    columns = (
        Column("group", "standards.group", value=lambda row: row[0].name),
        Column("until", "standards.until", value=lambda row: row[1], show="day"),
        Column("asked", "standards.asked", value=lambda row: row[2].asked, show="text"),
        Column("done", "standards.done", value=lambda row: row[2].done, show="count"),
        Column("kept", "standards.kept", value=lambda row: row[2].kept, show="text"),
        Column("compliance", "standards.compliance", value=lambda row: row[2].share, show="percent"),
    )
    if request.GET["format"] == "csv":
        response = HttpResponse("".join(csv_lines(columns, rows)), content_type="text/csv; charset=utf-8")
    else:
        file = io.BytesIO()
        write_xlsx(file, message("standards.title", lang()), columns, rows)
        response = HttpResponse(
            file.getvalue(),
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
    name = f"standards-{timezone.localdate()}.{request.GET['format']}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
