"""The sheets of visits and calls, and of what our people can do (C3, L1, K9).

A visit that comes in is what somebody did: no promise, no to-do, no need is made of it.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.cover.due import refresh_due
from keyaccount_web.cover.models import Skill, StaffSkill, Touch
from keyaccount_web.cover.models.skills import LEVELS
from keyaccount_web.cover.recording import CHANGED, TouchError, check_not_ahead, may_put_right, may_record
from keyaccount_web.cover.skills import SkillError, may_judge, people_seen_by
from keyaccount_web.imports.sheets.registry import Given, Many, Sheet
from keyaccount_web.know.models import Account, Contact

TOLD = ("began_at", "by", *CHANGED)


def _touch_told(one: Touch) -> dict[str, Any]:
    return {
        "account": one.account,
        "people": list(one.contacts.all()),
        **{name: getattr(one, name) for name in TOLD},
    }


def _touch_values(given: Given) -> dict[str, Any]:
    record = given.record
    check_not_ahead(given["began_at"])
    if given["next_step_date"] and not given["next_step"]:
        raise TouchError("touch.next_step_date")
    is_theirs = given["by"] == given.by if record is None else may_put_right(given.by, record)
    if not is_theirs and not may(given.by, Right.ASSIGN):
        raise TouchError("touch.not_yours", by=given["by"].username if given["by"] else "—")
    told = {
        **given.plain(*TOLD),
        "trigger": given["trigger"] or Touch.Trigger.STANDARD,
        "travel_minutes": given["travel_minutes"] or 0,
        "is_executive": bool(given["is_executive"]),
    }
    if record is not None:
        return {**told, "began_at": record.began_at}
    return {"account": given["account"], "recorded_at": timezone.now(), **told}


def _put_people(touch: Touch, people: Sequence[Contact], _by: User) -> None:
    touch.contacts.set(people)


def _due_again(accounts: set[int]) -> None:
    refresh_due(accounts)


TOUCHES = Sheet(
    "touches",
    Touch,
    order=70,
    records=lambda _user, accounts: (
        Touch.objects.filter(account__in=accounts, removed_at=None)
        .select_related("account", "by")
        .prefetch_related("contacts")
    ),
    told=_touch_told,
    values=_touch_values,
    many={"people": Many(lambda one: one.contacts.all(), _put_people)},
    may=may_record,
    after=_due_again,
    words={
        "kind": {one: f"touch.kind.{one}" for one in Touch.Kind.values},
        "trigger": {one: f"touch.trigger.{one}" for one in Touch.Trigger.values},
    },
)


def _skills_seen(user: User, accounts: QuerySet[Account]) -> QuerySet[StaffSkill]:
    """Of those whom `user` may judge; where accounts are named, of their owners."""
    people = people_seen_by(user)
    if accounts.query.is_empty():
        found = StaffSkill.objects.filter(user__in=people)
    else:
        found = StaffSkill.objects.filter(user__in=people.filter(accounts__in=accounts))
    return found.select_related("user", "skill").distinct()


def _skill_values(given: Given) -> dict[str, Any]:
    if not people_seen_by(given.by).filter(pk=given["username"].pk).exists():
        raise SkillError("skill.not_yours", username=given["username"].username)
    return {
        "user": given["username"],
        "skill": given.called(Skill, given["skill"]),
        "level": int(given["level"]),
        "judged_by": given.by,
        "judged_date": given["judged_date"] or timezone.localdate(),
    }


SKILLS = Sheet(
    "skills",
    StaffSkill,
    order=80,
    records=_skills_seen,
    told=lambda one: {
        "username": one.user, "skill": one.skill.name, "level": one.level, "judged_date": one.judged_date,
    },
    values=_skill_values,
    may=may_judge,
    words={"level": {str(one): f"skill.level.{one}" for one in LEVELS}},
)  # fmt: skip
