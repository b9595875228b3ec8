"""What stands on every page of the chapter Cover, and on home."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.db.models import Case, Count, When, Window
from django.urls import reverse
from django.utils.http import urlencode

from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.cover.listings import HUES, state_of, this_week, why
from keyaccount_web.cover.models import DueTouch
from keyaccount_web.cover.presets import KEY_TIERS
from keyaccount_web.cover.recording import may_record
from keyaccount_web.cover.sections import sections_for

register = template.Library()

SHOWN = 6


@dataclass(frozen=True)
class MyDue:
    """One touch that is due, as home shows it."""

    due: DueTouch

    @property
    def state_code(self) -> str:
        return f"due.state.{state_of(self.due)}"

    @property
    def touch_code(self) -> str:
        return f"standard.touch.{self.due.touch}"

    @property
    def hue(self) -> str:
        return HUES[state_of(self.due)]

    @property
    def why(self) -> str:
        return why(self.due)

    @property
    def url(self) -> str:
        kind = "call" if self.due.touch == "call" else "visit"
        return f"{reverse('touch_new')}?{urlencode({'account': str(self.due.account_id), 'kind': kind})}"


@register.inclusion_tag("cover/sections.html", takes_context=True)
def sections(context: template.Context, here: str) -> dict[str, Any]:
    """The chapter's sections; `here` is the url_name of the one shown."""
    return {"sections": sections_for(context["user"]), "here": here}


@register.inclusion_tag("cover/my_due_touches.html", takes_context=True)
def my_due_touches(context: template.Context) -> dict[str, Any]:
    """Of one's own accounts what is overdue or due this week, key accounts first, of these the most overdue; one query."""
    user = context["user"]
    if not may_record(user):
        return {"rows": []}
    # From one's own accounts on, which are few, to what is due of them.
    own_accounts = visible_accounts(user).filter(owner=user)
    own = this_week(DueTouch.objects.filter(account__in=own_accounts)).select_related("account")
    own = own.annotate(total=Window(Count("pk")))
    key_first = Case(When(tier__in=KEY_TIERS, then=0), default=1)
    rows = list(own.order_by(key_first, "urgency", "account__name", "pk")[:SHOWN])
    return {"rows": [MyDue(one) for one in rows], "total": rows[0].total if rows else 0}
