"""Which to-dos are overdue for so long that somebody must be told? First the owner, then whom the owner answers to.

Days are those that are worked (`working_days`): nobody is late over the Spring Festival.
"""

import datetime as dt
from collections import Counter

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from keyaccount_web.access.models import OrgUnit, User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.access.superiors import superiors, units_up
from keyaccount_web.company.presets import settings_of
from keyaccount_web.work.models import Escalation, Robot, ToDo
from keyaccount_web.work.notify import notify
from keyaccount_web.work.robots import tell_robots
from keyaccount_web.work.to_do import subject, text_for_values, url_of
from keyaccount_web.work.working_days import days_worked_ago

BATCH = 500


def escalate(day: dt.date | None = None) -> int:
    """Tell whoever must be told today and has not been. Gives how many were.

    What cannot be told, since nobody above may see the account, is tried again the next day.
    """
    day = day or timezone.localdate()
    after = settings_of("to_do.")
    told = 0
    for step in (Escalation.Step.OWNER, Escalation.Step.SUPERIOR):
        until = days_worked_ago(day, max(1, after[f"{step.value}_after_days"]))
        due = _due(step, until)
        for begin in range(0, len(due), BATCH):
            batch = list(
                ToDo.objects.filter(pk__in=due[begin : begin + BATCH]).select_related("account", "owner")
            )
            told += sum(_tell(to_do, step, user, day) for to_do, user in _readers(batch, step))
    if told:
        _tell_groups(day, after["owner_after_days"])
    return told


def _due(step: Escalation.Step, until: dt.date) -> list[int]:
    told = Escalation.objects.filter(to_do=OuterRef("pk"), step=step, due_date=OuterRef("due_date"))
    overdue = ToDo.objects.filter(state=ToDo.State.OPEN, due_date__lte=until)
    return list(overdue.filter(~Exists(told)).values_list("pk", flat=True))


def _readers(batch: list[ToDo], step: Escalation.Step) -> list[tuple[ToDo, User]]:
    """Whom to tell of each: the first in the row who may see its account."""
    owners = {to_do.owner_id: to_do.owner for to_do in batch}
    rows = (
        {pk: [owner] for pk, owner in owners.items()}
        if step == Escalation.Step.OWNER
        else superiors(owners.values())
    )
    people = {user.pk: user for row in rows.values() for user in row}
    ids = {to_do.account_id for to_do in batch if to_do.account_id}
    seen = {
        pk: set(visible_accounts(user).filter(pk__in=ids).values_list("pk", flat=True))
        for pk, user in people.items()
    }
    found = []
    for to_do in batch:
        for user in rows.get(to_do.owner_id, []):
            if to_do.account_id is None or to_do.account_id in seen[user.pk]:
                found.append((to_do, user))
                break
    return found


def _tell(to_do: ToDo, step: Escalation.Step, user: User, day: dt.date) -> int:
    with transaction.atomic():
        _, is_new = Escalation.objects.get_or_create(
            to_do=to_do,
            step=step,
            due_date=to_do.due_date,
            defaults={"user": user, "at": timezone.now()},
        )
        if is_new:
            days = (day - to_do.due_date).days
            values = {"what": text_for_values(to_do), "days": days, "owner": to_do.owner.name}
            code = f"notice.overdue_{step.value}"
            notify([user], code, url=url_of(to_do), subject=subject(to_do), values=values)
    return int(is_new)


def _tell_groups(day: dt.date, days: int) -> None:
    """One message to each robot of this purpose: how many are overdue in its unit."""
    robots = Robot.objects.filter(is_active=True, purpose=Robot.Purpose.OVERDUE).exists()
    if not robots:
        return
    overdue = ToDo.objects.filter(state=ToDo.State.OPEN, due_date__lte=days_worked_ago(day, max(1, days)))
    counts: Counter[str] = Counter()
    for path in overdue.filter(account__unit__isnull=False).values_list("account__unit__path", flat=True):
        counts.update(units_up(path))
    for unit in OrgUnit.objects.filter(path__in=list(counts)):
        values = {"n": counts[unit.path], "days": days}
        tell_robots(Robot.Purpose.OVERDUE, "robot.overdue", values=values, exactly=unit)
