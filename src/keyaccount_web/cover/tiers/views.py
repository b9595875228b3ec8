"""Pages of channels and tiers: how many are where, who moved, and placing by hand (C1, C2)."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from keyaccount.cover.tiers import CHANNELS, MOVES, TIERS
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, of_visible, sees_all
from keyaccount_web.cover.tiers import placing
from keyaccount_web.cover.tiers.listings import NO_TIER, why
from keyaccount_web.cover.tiers.models import AccountTier, Placement, TierMove
from keyaccount_web.cover.tiers.presets import tier_settings
from keyaccount_web.know.record_kit import RecordForm, account_of, day_field, form_page, history_of
from keyaccount_web.shell.templatetags.pages import lang

SHOWN_MONTHS = 12
KEPT_SECONDS = 60


@require_GET
def tiers(request: Request) -> HttpResponse:
    """How many customers are in each channel and tier, what they spend, who moved in the last months; as far as the reader sees."""
    seen = of_visible(AccountTier.objects.all(), request.user)
    day = AccountTier.objects.values_list("day", flat=True).first()
    held, moves = _whole_for_a_minute(request, day, lambda: (_held(seen), _moves(request)))
    lines = {one.name: one.line for one in tier_settings().tiers}
    return render(
        request,
        "tiers/tiers.html",
        {
            "day": day,
            "channels": [_channel(channel, held, lines) for channel in CHANNELS],
            "total": sum(n for n, _ in held.values()),
            "moves": moves,
            "move_kinds": MOVES,
            "may_set": may(request.user, Right.MANAGE_SETTINGS),
            "placed": seen.filter(channel_rule="placed").count(),
        },
    )


Held = dict[tuple[str, str], tuple[int, Any]]
"""Channel, tier → how many, what they spend a month together."""
Counted = tuple[Held, list[dict[str, Any]]]


def _whole_for_a_minute(request: Request, day: Any, count: Callable[[], Counted]) -> Counted:
    """Counts over the whole company are kept for a minute; of part of it they are few."""
    if not sees_all(request.user):
        return count()
    return cache.get_or_set(f"tiers:{day}", count, KEPT_SECONDS) or count()


def _held(seen: QuerySet[AccountTier]) -> Held:
    counts = (
        seen.order_by().values_list("channel", "tier").annotate(n=Count("pk"), spend=Sum("monthly_spend"))
    )
    return {(channel, tier): (n, spend) for channel, tier, n, spend in counts}


def _channel(channel: str, held: Held, lines: dict[str, Any]) -> dict[str, Any]:
    names = [one.name for one in TIERS if one.channel == channel]
    names = sorted(names, key=lambda name: -lines[name]) + (
        [""] if (channel, "") in held or not names else []
    )
    rows = [
        {
            "tier": name,
            "asked": name or NO_TIER,
            "line": lines.get(name),
            "n": held.get((channel, name), (0, 0))[0],
            "spend": held.get((channel, name), (0, 0))[1],
        }
        for name in names
    ]
    return {
        "name": channel,
        "rows": rows,
        "n": sum(row["n"] for row in rows),
        "spend": sum(row["spend"] for row in rows),
    }


def _moves(request: Request) -> list[dict[str, Any]]:
    """By month-end, the newest first: how many moved which way."""
    seen = of_visible(TierMove.objects.all(), request.user).order_by()
    by_day: defaultdict[Any, dict[str, int]] = defaultdict(dict)
    for day, move, n in seen.values_list("day", "move").annotate(n=Count("pk")):
        by_day[day][move] = n
    days = sorted(by_day, reverse=True)[:SHOWN_MONTHS]
    return [{"day": day, "counts": [(move, by_day[day].get(move, 0)) for move in MOVES]} for day in days]


class PlacementForm(RecordForm):
    """Where a customer is to be, and why."""

    labels = "placement"
    channel = forms.ChoiceField()
    tier = forms.ChoiceField(required=False)
    reason = forms.CharField(max_length=300)
    until = day_field(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("channel", [(one, message(f"channel.{one}", lang())) for one in CHANNELS])
        self.choose(
            "tier",
            [(one.name, message(f"tier.{one.name}", lang())) for one in TIERS],
            empty="placement.by_spend",
        )


def place(request: Request, pk: int) -> HttpResponse:
    """A form to place a customer by hand, or otherwise than it is placed."""
    if not placing.may_place(request.user):
        raise PermissionDenied
    account = account_of(request, pk)
    held = Placement.objects.filter(account=account).first()
    now = AccountTier.objects.filter(account=account).first()
    initial = (
        {name: getattr(held, name) for name in ("channel", "tier", "reason", "until", "version")}
        if held
        else {"channel": now.channel if now else "key_account"}
    )
    back = reverse("account", args=[pk])

    def keep(told: dict[str, Any]) -> str:
        placing.place(by=request.user, account=account, **told)
        return back

    names = ("channel", "tier", "reason", "until")
    shown = {
        "channel": lambda value: message(f"channel.{value}", lang()),
        "tier": lambda value: (
            message(f"tier.{value}", lang()) if value else message("placement.by_spend", lang())
        ),
    }
    return form_page(
        request,
        PlacementForm(request.POST or None, initial=initial),
        account=account,
        title="placement.title",
        sentence=why(now) if now else "",
        back=back,
        save=keep,
        done="placement.kept",
        record=held,
        remove=reverse("tier_take_back", args=[pk]) if held else "",
        more={"history": history_of(held, names, "placement", **shown)} if held else {},
    )


@require_POST
def take_back(request: Request, pk: int) -> HttpResponse:
    """The rules decide again."""
    if not placing.may_place(request.user):
        raise PermissionDenied
    account = account_of(request, pk)
    placing.take_back(account)
    messages.success(request, message("placement.taken_back", lang()))
    return redirect("account", pk)
