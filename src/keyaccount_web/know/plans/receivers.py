"""A hand-over of accounts takes their plans and what is open in them along."""

from typing import Any

from django.dispatch import receiver

from keyaccount_web.know.plans.acting import hand_over_plans
from keyaccount_web.know.services import handed_over


@receiver(handed_over, dispatch_uid="account_plans.handed_over")
def take_plans_along(leaving: Any, successor: Any, accounts: Any, **_: Any) -> None:
    hand_over_plans(leaving, successor, within=accounts)
