"""How is a need searched? By its words."""

from django.db.models import Exists, OuterRef

from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.know.needs.models import Need
from keyaccount_web.know.needs.services import need_url
from keyaccount_web.search.keys import name_keys
from keyaccount_web.search.registry import Searchable, Told

NEED = Searchable(
    40,
    "need",
    Need,
    keys=lambda one: name_keys(one.text),
    visible=lambda user: Need.objects.filter(
        Exists(visible_accounts(user).filter(pk=OuterRef("account_id")))
    ).select_related("account"),
    largest_first=("-moved_on", "pk"),
    told=lambda one: Told(one.text, need_url(one), beside=one.account.name),
    account="account_id",
)
