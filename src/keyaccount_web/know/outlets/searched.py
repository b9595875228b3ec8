"""How is an outlet searched?"""

from django.urls import reverse

from keyaccount_web.know.outlets.models import Outlet
from keyaccount_web.know.outlets.services import outlets_seen_by
from keyaccount_web.search.keys import name_keys
from keyaccount_web.search.registry import Searchable, Told

OUTLET = Searchable(
    45,
    "outlet",
    Outlet,
    keys=lambda one: [*name_keys(one.name), *name_keys(one.code)],
    visible=outlets_seen_by,
    largest_first=("name",),
    told=lambda one: Told(
        one.name, reverse("outlet", args=[one.account_id, one.pk]), code=one.code, beside=one.account.name
    ),
    account="account_id",
)
