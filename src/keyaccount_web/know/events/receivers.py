"""A hand-over of accounts takes their occasions along."""

from typing import Any

from django.dispatch import receiver

from keyaccount_web.know.events.models import Occasion
from keyaccount_web.know.record_kit import changed
from keyaccount_web.know.services import handed_over


@receiver(handed_over, dispatch_uid="events.handed_over")
def take_occasions_along(leaving: Any, successor: Any, accounts: Any, **_: Any) -> None:
    for one in Occasion.objects.filter(owner=leaving, account__in=accounts):
        changed(one, None, {"owner": successor})
