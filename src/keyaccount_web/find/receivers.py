"""What follows here from what happens elsewhere: a hand-over takes the plans along."""

from typing import Any

from django.dispatch import receiver

from keyaccount_web.find.plans import hand_over_plans
from keyaccount_web.know.services import handed_over


@receiver(handed_over, dispatch_uid="find.handed_over")
def take_plans_along(leaving: Any, successor: Any, accounts: Any, **_: Any) -> None:
    hand_over_plans(leaving, successor, within=accounts)
