"""The lists of customers by channel and tier, and of who moved, declared (C1, C2)."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html

from keyaccount.cover.tiers import CHANNELS, MOVES, TIERS, channel_reason, tier_reason
from keyaccount.language import message
from keyaccount_web.access.models import OrgUnit, User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.scope import of_visible, visible_accounts
from keyaccount_web.cover.tiers.computing import by_rule
from keyaccount_web.cover.tiers.models import AccountTier, TierMove
from keyaccount_web.cover.tiers.placing import may_place
from keyaccount_web.cover.tiers.presets import tier_settings
from keyaccount_web.know.models import Account
from keyaccount_web.lists.kit import Choice, Column, Day, Listing, Scene, Search, add_listing
from keyaccount_web.search.services import accounts_matching
from keyaccount_web.shell.templatetags import pages

CHANNEL_RULES = ("placed", "listed", "spend", "kind", "rest")
TIER_RULES = ("placed", "fixed", "held", "spend", "lowest", "none")
NO_TIER = "-"


def tier_name(tier: str) -> str:
    return message(f"tier.{tier}", pages.lang()) if tier else ""


def channel_name(channel: str) -> str:
    return message(f"channel.{channel}", pages.lang()) if channel else ""


def why_channel(place: AccountTier) -> str:
    return channel_reason(by_rule(place), tier_settings()).text(pages.lang())


def why_tier(place: AccountTier) -> str:
    return tier_reason(by_rule(place), tier_settings()).text(pages.lang())


def why(place: AccountTier) -> str:
    """Both in one sentence."""
    parts = [why_channel(place), *([why_tier(place)] if place.tier and place.tier_rule != "placed" else [])]
    return message("tiers.why", pages.lang(), parts=parts)


def _account(row: Any, _context: Mapping[str, Any]) -> str:
    url = reverse("account", args=[row.account_id])
    return format_html(
        '<a href="{}">{}</a><span class="code">{}</span>', url, row.account.name, row.account.code
    )


def _search(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    return rows.filter(account__in=Account.objects.filter(accounts_matching(text)).order_by())


def named(prefix: str, values: Any) -> Callable[[Request], list[tuple[str, str]]]:
    return lambda _request: [(one, message(f"{prefix}.{one}", pages.lang())) for one in values]


def _tiers(_request: Request) -> list[tuple[str, str]]:
    told = [(one.name, tier_name(one.name)) for one in TIERS]
    return [*told, (NO_TIER, message("tiers.no_tier", pages.lang()))]


def _units(request: Request) -> list[tuple[str, str]]:
    rows = OrgUnit.objects.filter(pk__in=visible_accounts(request.user).order_by().values("unit"))
    return [(str(pk), name) for pk, name in rows.order_by("path").values_list("pk", "name")]


def _owners(request: Request) -> list[tuple[str, str]]:
    rows = User.objects.filter(pk__in=visible_accounts(request.user).order_by().values("owner"))
    return [(str(pk), name) for pk, name in rows.order_by("name").values_list("pk", "name")[:500]]


def _owner(asked: str) -> Q:
    return Q(account__owner=int(asked)) if asked.isdecimal() and len(asked) < 19 else Q(pk__in=[])


def _unit(asked: str) -> Q:
    return Q(account__unit=int(asked)) if asked.isdecimal() and len(asked) < 19 else Q(pk__in=[])


ACCOUNT_TIERS = add_listing(
    Listing(
        name="account_tiers",
        url_name="account_tiers",
        export_url_name="account_tiers_export",
        title="tiers.list",
        found="tiers.found",
        empty="tiers.nobody",
        search_hint="accounts.search",
        template="tiers/list.html",
        rows=lambda request: of_visible(AccountTier.objects.all(), request.user),
        sort="-monthly_spend",
        columns=(
            Column("account", "column.account", "account__name", html=_account, needs="account"),
            Column("account_id", "cost.column.account_id", "account__code", is_shown=False, is_key=True),
            Column("channel", "tiers.channel", "channel", value=lambda one: channel_name(one.channel), coded=lambda one: one.channel),
            Column("tier", "tiers.tier", "tier", value=lambda one: tier_name(one.tier), coded=lambda one: one.tier),
            Column("monthly_spend", "tiers.monthly_spend", "monthly_spend", show="money"),
            Column("why", "tiers.column_why", value=why, is_sorted=False, width=60),
            Column("channel_rule", "tiers.channel_rule", "channel_rule", value=lambda one: message(f"tiers.channel_rule.{one.channel_rule}", pages.lang()), coded=lambda one: one.channel_rule, is_low=True, is_shown=False),
            Column("tier_rule", "tiers.tier_rule", "tier_rule", value=lambda one: message(f"tiers.tier_rule.{one.tier_rule}", pages.lang()), coded=lambda one: one.tier_rule, is_low=True, is_shown=False),
            Column("tier_by_spend", "tiers.tier_by_spend", "tier_by_spend", value=lambda one: tier_name(one.tier_by_spend), coded=lambda one: one.tier_by_spend, is_low=True, is_shown=False),
            Column("since", "tiers.since", "since", show="day", is_low=True),
            Column("owner", "field.owner", "account__owner__name", is_low=True),
            Column("unit", "field.unit", "account__unit__name", is_low=True, is_shown=False),
            Column("day", "tiers.day", "day", show="day", is_low=True, is_shown=False),
        ),
        filters=(
            Search("q", "action.search", find=_search),
            Choice("channel", "tiers.channel", path="channel", among=named("channel", CHANNELS)),
            Choice("tier", "tiers.tier", among=_tiers, query=lambda asked: Q(tier="" if asked == NO_TIER else asked)),
            Choice("tier_rule", "tiers.tier_rule", path="tier_rule", among=named("tiers.tier_rule", TIER_RULES)),
            Choice("channel_rule", "tiers.channel_rule", path="channel_rule", among=named("tiers.channel_rule", CHANNEL_RULES)),
            Choice("owner", "field.owner", among=_owners, query=_owner),
            Choice("unit", "field.unit", among=_units, query=_unit),
        ),
        scenes=(
            Scene("all", "view.all"),
            Scene("mine", "view.mine", lambda rows, request: rows.filter(account__owner=request.user)),
            Scene("placed", "tiers.placed", lambda rows, _request: rows.filter(channel_rule="placed")),
            Scene("held", "tiers.held", lambda rows, _request: rows.filter(tier_rule="held")),
        ),
        context=lambda request: {"may_place": may_place(request.user)},
    )
)  # fmt: skip


def _place_text(channel: str, tier: str) -> str:
    return tier_name(tier) or channel_name(channel) or "—"


TIER_MOVES = add_listing(
    Listing(
        name="tier_moves",
        url_name="tier_moves",
        export_url_name="tier_moves_export",
        title="tiers.moves",
        found="tiers.moves_found",
        empty="tiers.no_moves",
        search_hint="accounts.search",
        template="tiers/list.html",
        rows=lambda request: of_visible(TierMove.objects.all(), request.user),
        sort="-day",
        columns=(
            Column("day", "tiers.day", "day", show="day"),
            Column("account", "column.account", "account__name", html=_account, needs="account"),
            Column("account_id", "cost.column.account_id", "account__code", is_shown=False, is_key=True),
            Column("move", "tiers.move", "move", value=lambda one: message(f"tier.move.{one.move}", pages.lang()), coded=lambda one: one.move),
            Column("before", "tiers.before", value=lambda one: _place_text(one.channel_before, one.tier_before), coded=lambda one: f"{one.channel_before}/{one.tier_before}", is_sorted=False),
            Column("after", "tiers.after", value=lambda one: _place_text(one.channel_after, one.tier_after), coded=lambda one: f"{one.channel_after}/{one.tier_after}", is_sorted=False),
            Column("owner", "field.owner", "account__owner__name", is_low=True),
        ),
        filters=(
            Search("q", "action.search", find=_search),
            Choice("move", "tiers.move", path="move", among=named("tier.move", MOVES)),
            Day("since", "touch.since", path="day"),
            Day("until", "touch.until", path="day", is_until=True),
            Choice("unit", "field.unit", among=_units, query=_unit),
        ),
        scenes=(
            Scene("all", "view.all"),
            Scene("mine", "view.mine", lambda rows, request: rows.filter(account__owner=request.user)),
        ),
    )
)  # fmt: skip
