"""Plans: worked out, kept, seen, worked out again. (C5)"""

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from keyaccount_web.access.models import User
from keyaccount_web.cover.staffing.models import Scenario
from keyaccount_web.cover.staffing.work import Work, sees_staffing, served_accounts, work_seen_by
from keyaccount_web.cover.staffing.worked import Asked, company_settings, outcome, work_out
from keyaccount_web.find.lists.reading import sees_whole
from keyaccount_web.runs.services import current_run

MOST_COMPARED = 4


def scenarios_seen_by(user: User) -> QuerySet[Scenario]:
    """One's own; all by those for whom the figures of the whole are."""
    if not sees_staffing(user):
        return Scenario.objects.none()
    rows = Scenario.objects.select_related("by", "run").defer("work", "company")
    return rows if sees_whole(user) else rows.filter(by=user)


def keep_scenario(user: User, name: str, asked: Asked) -> Scenario:
    """Work a plan out over what `user` sees today, and keep it. Raises SettingError `setting.range`, `staffing.nobody_like`."""
    if not sees_staffing(user):
        raise PermissionDenied
    work = work_seen_by(user, served_accounts(user))
    company = company_settings()
    told = outcome(work_out(work, company, asked), work)
    return Scenario.objects.create(
        name=name,
        by=user,
        run=current_run(),
        asked=asked.as_json(),
        company=company,
        work=work.as_json(),
        outcome=told,
    )


def repeat_scenario(user: User, scenario: Scenario) -> Scenario:
    """The same from the same again, as a plan of its own."""
    if not scenarios_seen_by(user).filter(pk=scenario.pk).exists():
        raise PermissionDenied
    work = Work(**scenario.work)
    told = outcome(work_out(work, scenario.company, Asked.of(scenario.asked)), work)
    return Scenario.objects.create(
        name=scenario.name,
        by=user,
        run=scenario.run,
        asked=scenario.asked,
        company=scenario.company,
        work=scenario.work,
        outcome=told,
        repeats=scenario,
    )
