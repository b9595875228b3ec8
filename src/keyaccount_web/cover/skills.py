"""What can our people do, and what do accounts ask of them? Kept by heads, seen by oneself (L1)."""

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right, Role
from keyaccount_web.access.scope import may, visible_colleagues
from keyaccount_web.cover.models import Skill, SkillNeed, StaffSkill, Training
from keyaccount_web.cover.models.skills import LEVELS


class SkillError(KeyAccountError):
    """It cannot be kept as told."""


def may_judge(user: User) -> bool:
    """Those who assign accounts: they need to know, and nobody judges themselves."""
    return may(user, Right.ASSIGN)


def people_seen_by(user: User) -> QuerySet[User]:
    """Managers whose skills `user` may see: those of the visible units for heads, else oneself."""
    if not may_judge(user):
        return User.objects.filter(pk=user.pk)
    managers = visible_colleagues(user).filter(posts__role=Role.MANAGER, is_active=True)
    return managers.distinct().order_by("name", "pk")


def judge(*, by: User, user: User, skill: Skill, level: int) -> StaffSkill | None:
    """So far somebody is; level 0 takes it away.

    Raises PermissionDenied for who may not judge, or not see them; SkillError `skill.level`.
    """
    _check(by, user)
    if level not in (0, *LEVELS):
        raise SkillError("skill.level", level=level)
    with transaction.atomic():
        held = StaffSkill.objects.select_for_update().filter(user=user, skill=skill).first()
        if level == 0:
            if held is not None:
                held.delete()
            return None
        told = held or StaffSkill(user=user, skill=skill)
        told.level, told.judged_by, told.judged_date = level, by, timezone.localdate()
        told.save()
        return told


def need(*, by: User, name: str, kind: str, industry: str, level: int) -> SkillNeed:
    """What accounts of a kind and industry ask for; a new name is a new skill. Raises SkillError `skill.level`, `skill.name`."""
    if not may_judge(by):
        raise PermissionDenied
    if level not in LEVELS:
        raise SkillError("skill.level", level=level)
    if not name.strip():
        raise SkillError("skill.name")
    with transaction.atomic():
        skill, _ = Skill.objects.get_or_create(name=name.strip()[:40])
        told, _ = SkillNeed.objects.update_or_create(
            skill=skill, kind=kind, industry=industry.strip(), defaults={"level": level}
        )
    return told


def train(
    *,
    by: User,
    user: User,
    skill: Skill,
    held_date: dt.date,
    what: str,
    hours: int,
    level: int | None = None,
) -> Training:
    """A course that somebody took; `level`: so far it has brought them, which raises what was judged and never lowers it.

    Raises PermissionDenied; SkillError `skill.level`.
    """
    _check(by, user)
    with transaction.atomic():
        held = StaffSkill.objects.filter(user=user, skill=skill).values_list("level", flat=True).first() or 0
        if level is not None and level > held:
            judge(by=by, user=user, skill=skill, level=level)
        return Training.objects.create(user=user, skill=skill, held_date=held_date, what=what, hours=hours)


def _check(by: User, user: User) -> None:
    if not may_judge(by) or not people_seen_by(by).filter(pk=user.pk).exists():
        raise PermissionDenied
