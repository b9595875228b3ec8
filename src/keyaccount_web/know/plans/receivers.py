"""A hand-over of accounts takes their plans and what is open in them along; a goal is found by its actions' words as they stand."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from keyaccount_web.know.plans.acting import hand_over_plans
from keyaccount_web.know.plans.models import Goal, PlanAction
from keyaccount_web.know.services import handed_over
from keyaccount_web.search.registry import SEARCHABLE
from keyaccount_web.search.services import refresh


@receiver(handed_over, dispatch_uid="account_plans.handed_over")
def take_plans_along(leaving: Any, successor: Any, accounts: Any, **_: Any) -> None:
    hand_over_plans(leaving, successor, within=accounts)


@receiver([post_save, post_delete], sender=PlanAction, dispatch_uid="account_plans.action_words")
def find_by_words(instance: PlanAction, raw: bool = False, **_: Any) -> None:
    if not raw:
        refresh(SEARCHABLE["plan_goal"], list(Goal.objects.filter(pk=instance.goal_id)))
