"""What of a profile stands on the account's first page."""

from typing import Any

from django import template

from keyaccount_web.know.models import Account
from keyaccount_web.know.profile.services import latest_of

register = template.Library()


@register.inclusion_tag("profile/card.html")
def profile_card(account: Account) -> dict[str, Any]:
    """Which parts are known, and as of when; one query."""
    told = latest_of([account]).get(account.pk, {})
    return {"account": account, "known": [(f"profile.part.{name}", day) for name, day in told.items()]}
