"""What of channels and tiers stands on an account's page?"""

from django.core.exceptions import ObjectDoesNotExist
from django.urls import reverse

from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.cover.tiers.listings import channel_name, tier_name
from keyaccount_web.cover.tiers.placing import may_place
from keyaccount_web.know.models import Account
from keyaccount_web.know.tabs import Deed, Fact
from keyaccount_web.shell.templatetags.pages import lang


def tier_fact(_request: Request, account: Account) -> Fact | None:
    """Its tier and channel; leads to the reason."""
    try:
        place = account.place
    except ObjectDoesNotExist:
        return None
    told = message("tiers.fact", lang(), tier=tier_name(place.tier), channel=channel_name(place.channel))
    return Fact(
        told if place.tier else channel_name(place.channel), f"{reverse('account_tiers')}?q={account.code}"
    )


def place_deed(request: Request, account: Account) -> Deed | None:
    if not may_place(request.user) or account.parent_id is not None:
        return None
    return Deed(message("placement.deed", lang()), reverse("tier_place", args=[account.pk]), "adjustments")
