"""How is a profile searched? By what a customer makes or sells."""

from django.urls import reverse

from keyaccount_web.know.profile.models import Production
from keyaccount_web.know.profile.services import productions_seen_by
from keyaccount_web.search.keys import name_keys
from keyaccount_web.search.registry import Searchable, Told

PRODUCTION = Searchable(
    47,
    "production",
    Production,
    keys=lambda one: name_keys(one.products),
    visible=productions_seen_by,
    largest_first=("-dated", "pk"),
    told=lambda one: Told(
        one.products, reverse("account_profile", args=[one.account_id]), beside=one.account.name
    ),
    account="account_id",
)
