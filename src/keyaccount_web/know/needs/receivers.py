"""A hand-over of accounts takes their open needs along."""

from typing import Any

from django.dispatch import receiver

from keyaccount_web.know.needs.services import hand_over_needs
from keyaccount_web.know.services import handed_over


@receiver(handed_over, dispatch_uid="needs.handed_over")
def take_needs_along(leaving: Any, successor: Any, accounts: Any, **_: Any) -> None:
    hand_over_needs(leaving, successor, within=accounts)
