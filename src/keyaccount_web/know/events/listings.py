"""The lists of occasions and of the gift register, declared (K7)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from keyaccount.language import message
from keyaccount_web.know.events.gifts import gifts_seen_by
from keyaccount_web.know.events.models import Gift, Occasion
from keyaccount_web.know.events.services import occasions_seen_by
from keyaccount_web.know.models import Account
from keyaccount_web.know.provenance import beyond_the_account, choices_of
from keyaccount_web.lists.kit import Choice, Column, Listing, Scene, Search, add_listing
from keyaccount_web.search.services import accounts_matching
from keyaccount_web.shell.templatetags import pages


def occasion_name(one: Occasion) -> str:
    kind = message(f"occasion.kind.{one.kind}", pages.lang())
    return " · ".join(part for part in (one.title or kind, one.contact.name if one.contact else "") if part)


def _occasion(one: Occasion, _context: Mapping[str, Any]) -> str:
    return format_html('<a href="{}">{}</a>', reverse("occasion", args=[one.pk]), occasion_name(one))


def _account(one: Any, _context: Mapping[str, Any]) -> str:
    url = reverse("account_events", args=[one.account_id])
    return format_html('<a href="{}">{}</a>', url, one.account.name)


def _gift(one: Gift, _context: Mapping[str, Any]) -> str:
    return format_html('<a href="{}">{}</a>', reverse("gift", args=[one.pk]), one.what)


def _search(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    of_accounts = Account.objects.filter(accounts_matching(text)).order_by()
    word = "what" if rows.model is Gift else "title"
    return rows.filter(**{f"{word}__icontains": text}) | rows.filter(account__in=of_accounts)


def when_text(one: Occasion) -> str:
    """By which rule it comes."""
    if one.calendar == Occasion.Calendar.ONCE:
        return message("occasion.once", pages.lang())
    code = f"occasion.every_{'leap' if one.is_leap_month else one.calendar}"
    return message(code, pages.lang(), month=one.month, day=one.day)


OCCASIONS = add_listing(
    Listing(
        name="occasions",
        url_name="events",
        export_url_name="events_export",
        title="events.title",
        found="events.found",
        empty="events.none",
        search_hint="events.search",
        template="events/events.html",
        rows=lambda request: occasions_seen_by(request.user),
        in_files=beyond_the_account,
        sort="next_on",
        columns=(
            Column("what", "occasion.title", "title", value=occasion_name, html=_occasion),
            Column("account", "column.account", "account__name", html=_account),
            Column("code", "field.code", "account__code", is_shown=False, is_low=True, is_key=True),
            Column("kind", "occasion.kind", "kind", value=lambda one: message(f"occasion.kind.{one.kind}", pages.lang()), coded=lambda one: one.kind, is_low=True),
            Column("next_on", "occasion.next_on", "next_on", show="day"),
            Column("when", "occasion.when", value=when_text, coded=lambda one: one.calendar, is_low=True),
            Column("owner", "field.owner", "owner__name", is_low=True),
        ),
        filters=(
            Search("q", "action.search", find=_search),
            Choice("kind", "occasion.kind", path="kind", among=lambda _request: choices_of("occasion.kind", Occasion.Kind.values)),
        ),
        scenes=(
            Scene("coming", "events.coming", lambda rows, _request: rows.filter(next_on__gte=timezone.localdate())),
            Scene("mine", "view.mine", lambda rows, request: rows.filter(owner=request.user, next_on__gte=timezone.localdate())),
            Scene("all", "view.all"),
        ),
    )
)  # fmt: skip
GIFTS = add_listing(
    Listing(
        name="gifts",
        url_name="gifts",
        export_url_name="gifts_export",
        title="gifts.title",
        found="gifts.found",
        empty="gifts.none",
        search_hint="gifts.search",
        template="events/gifts.html",
        rows=lambda request: gifts_seen_by(request.user),
        sort="-on",
        columns=(
            Column("what", "gift.what", "what", html=_gift),
            Column("account", "column.account", "account__name", html=_account),
            Column("code", "field.code", "account__code", is_shown=False, is_low=True, is_key=True),
            Column("recipient", "gift.recipient", "recipient"),
            Column("kind", "gift.kind", "kind", value=lambda one: message(f"gift.kind.{one.kind}", pages.lang()), coded=lambda one: one.kind, is_low=True),
            Column("value", "gift.value", "value", show="money"),
            Column("on", "gift.on", "on", show="day"),
            Column("state", "gift.state", "state", value=lambda one: message(f"gift.state.{one.state}", pages.lang()), coded=lambda one: one.state),
            Column("consent", "gift.consent", "consent", is_low=True, width=30),
            Column("approved_by", "gift.approved_by", "approved_by__name", is_low=True),
            Column("asked_by", "gift.asked_by", "asked_by__name", is_low=True),
        ),
        filters=(
            Search("q", "action.search", find=_search),
            Choice("kind", "gift.kind", path="kind", among=lambda _request: choices_of("gift.kind", Gift.Kind.values)),
            Choice("state", "gift.state", path="state", among=lambda _request: choices_of("gift.state", Gift.State.values)),
        ),
        scenes=(
            Scene("all", "view.all"),
            Scene("mine", "view.mine", lambda rows, request: rows.filter(asked_by=request.user)),
        ),
    )
)  # fmt: skip
