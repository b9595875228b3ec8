"""The list of needs, declared (K5)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html

from keyaccount.know.needs import VOICES
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.know.models import Account
from keyaccount_web.know.needs import services
from keyaccount_web.know.needs.models import Need
from keyaccount_web.know.provenance import beyond_the_account, choices_of
from keyaccount_web.know.record_kit import days_since
from keyaccount_web.lists.kit import Choice, Column, Listing, Scene, Search, add_listing
from keyaccount_web.search.services import accounts_matching
from keyaccount_web.shell.templatetags import pages


def _text(one: Need, _context: Mapping[str, Any]) -> str:
    return format_html('<a href="{}">{}</a>', services.need_url(one), one.text)


def _account(one: Need, _context: Mapping[str, Any]) -> str:
    url = reverse("account_needs", args=[one.account_id])
    return format_html('<a href="{}">{}</a>', url, one.account.name)


def _standing(one: Need, _context: Mapping[str, Any]) -> str:
    return standing_shown(one.standing)


def standing_shown(standing: str) -> str:
    """In word, icon and colour."""
    kind, icon = {
        "implicit": ("watch", "eye"),
        "explicit": ("rise", "message"),
        "proposed": ("rise", "file"),
        "answered": ("good", "check"),
    }.get(standing, ("plain", "x"))
    text = message(f"need.standing.{standing}", pages.lang())
    return format_html('<span class="state state-{}">{}{}</span>', kind, pages.icon(icon), text)


def _search(rows: QuerySet[Need], text: str) -> QuerySet[Need]:
    of_accounts = Account.objects.filter(accounts_matching(text)).order_by()
    return rows.filter(text__icontains=text) | rows.filter(account__in=of_accounts)


def _why(rows: list[Any], _request: Request) -> None:
    """Why a row waits, where it does."""
    due = services.waiting(rows)
    for one in rows:
        one.why = due[one.pk].reason.text(pages.lang()) if one.pk in due else ""
        one.age = days_since(one.moved_on)


def _voices(one: Need) -> str:
    if one.voices_known < VOICES:  # type: ignore[attr-defined]
        return message("need.single_voice", pages.lang())
    return message("need.voices_known", pages.lang(), n=one.voices_known)  # type: ignore[attr-defined]


NEEDS = add_listing(
    Listing(
        name="needs",
        url_name="needs",
        export_url_name="needs_export",
        title="needs.title",
        found="needs.found",
        empty="needs.none",
        search_hint="needs.search",
        template="needs/needs.html",
        rows=lambda request: services.needs_seen_by(request.user),
        in_files=beyond_the_account,
        sort="moved_on",
        columns=(
            Column("text", "need.text", "text", html=_text, width=40),
            Column("account", "column.account", "account__name", html=_account),
            Column("code", "field.code", "account__code", is_shown=False, is_low=True, is_key=True),
            Column("topic", "need.topic", "topic", value=lambda one: message(f"need.topic.{one.topic}", pages.lang()), coded=lambda one: one.topic, is_low=True),
            Column("standing", "need.standing", "standing", value=lambda one: message(f"need.standing.{one.standing}", pages.lang()), coded=lambda one: one.standing, html=_standing),
            Column("moved_on", "need.moved_on", "moved_on", show="day"),
            Column("why", "need.why", value=lambda one: one.why, is_low=True, width=50),
            Column("voices", "need.voices", value=_voices, coded=lambda one: str(one.voices_known), is_low=True),
            Column("owner", "field.owner", "owner__name", is_low=True),
        ),
        filters=(
            Search("q", "action.search", find=_search),
            Choice("standing", "need.standing", path="standing", among=lambda _request: choices_of("need.standing", Need.Standing.values)),
            Choice("topic", "need.topic", path="topic", among=lambda _request: choices_of("need.topic", Need.Topic.values)),
        ),
        scenes=(
            Scene("open", "needs.open", lambda rows, _request: rows.filter(standing__in=services.OPEN)),
            Scene("mine", "view.mine", lambda rows, request: rows.filter(owner=request.user, standing__in=services.OPEN)),
            Scene("single", "needs.single", lambda rows, _request: rows.filter(standing__in=services.OPEN, voices_known__lt=VOICES)),
            Scene("all", "view.all"),
        ),
        decorate=_why,
    )
)  # fmt: skip
