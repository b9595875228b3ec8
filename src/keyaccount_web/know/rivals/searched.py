"""How is a rival searched? By its name, where somebody who may see an account has a fact of it there."""

from django.db.models import Exists, OuterRef
from django.urls import reverse

from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.know.rivals.models import Rival, RivalFact
from keyaccount_web.search.keys import name_keys
from keyaccount_web.search.registry import Searchable, Told

RIVAL = Searchable(
    41,
    "rival",
    Rival,
    keys=lambda one: name_keys(one.name),
    visible=lambda user: Rival.objects.filter(
        Exists(RivalFact.objects.filter(rival=OuterRef("pk"), account__in=visible_accounts(user)))
    ),
    largest_first=("name",),
    told=lambda one: Told(one.name, f"{reverse('rivals')}?rival={one.pk}"),
)
