"""How is an occasion searched? By its title."""

from django.db.models import Exists, OuterRef
from django.urls import reverse

from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.know.events.models import Occasion
from keyaccount_web.search.keys import name_keys
from keyaccount_web.search.registry import Searchable, Told

OCCASION = Searchable(
    42,
    "occasion",
    Occasion,
    keys=lambda one: name_keys(one.title),
    visible=lambda user: Occasion.objects.filter(
        Exists(visible_accounts(user).filter(pk=OuterRef("account_id")))
    ).select_related("account"),
    largest_first=("-next_on", "pk"),
    told=lambda one: Told(one.title, reverse("occasion", args=[one.pk]), beside=one.account.name),
    account="account_id",
)
