"""What does somebody's calendar say, and at which secret address? (K7; iCalendar, RFC 5545)

It holds what the person is to do about days at accounts that they may see, and of people no more than surname and title.
"""

import datetime as dt
import hashlib
import secrets

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar, Event

from keyaccount.know.occasions import festivals, occurrences
from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import accounts_by_team, visible_accounts
from keyaccount_web.know.events.models import FeedAddress, Occasion
from keyaccount_web.know.events.services import rule_of
from keyaccount_web.know.models import Contact
from keyaccount_web.work.sealed import seal, unseal

BEHIND, AHEAD = dt.timedelta(days=31), dt.timedelta(days=400)


def renew(user: User) -> FeedAddress:
    """A new secret address; whoever has the old one reads nothing any more."""
    key = secrets.token_urlsafe(32)
    told, _ = FeedAddress.objects.update_or_create(
        user=user,
        defaults={
            "digest": _digest(key),
            "sealed_key": seal(key),
            "made_at": timezone.now(),
            "read_at": None,
        },
    )
    return told


def address_of(told: FeedAddress) -> str:
    """Empty: the key was sealed by another installation, and must be renewed."""
    key = unseal(told.sealed_key)
    return settings.SITE_URL.rstrip("/") + reverse("calendar_feed", args=[key]) if key else ""


def reader_of(key: str) -> FeedAddress | None:
    """Whose calendar it is; None where nobody's, or of somebody who has left."""
    found = FeedAddress.objects.filter(digest=_digest(key), user__is_active=True)
    return found.select_related("user").first()


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def occasions_for(user: User) -> QuerySet[Occasion]:
    """Of accounts that they may see: those that they look after, or that are theirs to remember."""
    mine = Q(owner=user) | Q(account__owner=user) | Q(account__in=accounts_by_team(user))
    seen = Occasion.objects.filter(mine, account__in=visible_accounts(user))
    return seen.select_related("account", "contact").order_by("pk")


def calendar_for(user: User, today: dt.date, lang: str) -> bytes:
    """The calendar as a file."""
    told = Calendar()
    told.add("prodid", "-//keyaccount//calendar//")
    told.add("version", "2.0")
    told.add("method", "PUBLISH")
    told.add("x-wr-calname", message("calendar.name", lang))
    told.add("refresh-interval;value=duration", "PT6H")
    first, last = today - BEHIND, today + AHEAD
    stamp = timezone.now()
    for one in occasions_for(user):
        url = settings.SITE_URL.rstrip("/") + reverse("occasion", args=[one.pk])
        if one.calendar == Occasion.Calendar.ONCE:
            begin, end = one.begins_on, one.ends_on or one.begins_on
            days = [(begin, end)] if begin and end and end >= first and begin <= last else []
        else:
            days = [(day, day) for day in occurrences(rule_of(one), first, last)]
        for begin, end in days:
            told.add_component(_event(f"occasion-{one.pk}-{begin}", _said(one, lang), begin, end, stamp, url))
    for day, code in festivals(first, last):
        text = message(f"festival.{code}", lang)
        told.add_component(_event(f"festival-{code}-{day}", text, day, day, stamp, ""))
    return bytes(told.to_ical())


def _event(uid: str, text: str, begin: dt.date, end: dt.date, stamp: dt.datetime, url: str) -> Event:
    event = Event()
    event.add("uid", f"{uid}@keyaccount")
    event.add("dtstamp", stamp)
    event.add("summary", text)
    event.add("dtstart", begin)
    # The end of whole days is the day after the last (RFC 5545, 3.6.1).
    event.add("dtend", end + dt.timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    if url:
        event.add("url", url)
    return event


def _said(one: Occasion, lang: str) -> str:
    what = one.title or message(f"occasion.kind.{one.kind}", lang)
    who = short_name(one.contact) if one.contact else ""
    if who:
        return message("calendar.somebody", lang, account=one.account.name, who=who, what=what)
    return message("calendar.company", lang, account=one.account.name, what=what)


def short_name(contact: Contact) -> str:
    """Surname and title: a calendar leaves the house, and needs no more."""
    name = contact.name.strip()
    surname = name[:1] if name and not name.isascii() else name.split(" ")[-1]
    return f"{surname}{contact.title}" if not surname.isascii() else f"{contact.title} {surname}".strip()
