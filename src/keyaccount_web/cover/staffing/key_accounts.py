"""What do key accounts alone ask of managers? For the page that says whether a department pays. (F9)"""

from django.urls import reverse

from keyaccount_web.access.models import User
from keyaccount_web.cover.staffing.work import sees_staffing, served_accounts, work_seen_by
from keyaccount_web.cover.staffing.worked import company_settings, outcome, work_out
from keyaccount_web.cover.tiers.presets import tier_settings
from keyaccount_web.find.lists.reading import sees_whole
from keyaccount_web.find.workload import Workload


def key_account_work(user: User) -> Workload | None:
    """The tiers of key accounts, for those who see all of them; None: nobody has such a tier."""
    if not (sees_staffing(user) and sees_whole(user)):
        return None
    work = work_seen_by(user, served_accounts(user))
    told = outcome(work_out(work, company_settings()), work)
    codes = {tier.name for tier in tier_settings().of("key_account")}
    rows = [row for row in told["tiers"] if row["tier"] in codes]
    if not rows:
        return None
    accounts, hours, managers = (
        sum(row[name] for row in rows) for name in ("accounts", "hours", "needed_exact")
    )
    return Workload(accounts, hours, managers, reverse("staffing"))
