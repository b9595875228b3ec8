"""Quotas, hours and two plans of the demo company."""

from decimal import Decimal

from keyaccount_web.access.models import OrgUnit, User
from keyaccount_web.access.roles import Role
from keyaccount_web.company.presets import change_setting
from keyaccount_web.cover.staffing.models import BranchQuota, ManagerTime, TierQuota
from keyaccount_web.cover.staffing.scenarios import keep_scenario
from keyaccount_web.cover.staffing.worked import Asked


def fill(director: User) -> None:
    """Every branch has a quota, one manager works half the year, of one nobody knows."""
    change_setting("staffing.yearly_cost", Decimal(260_000))
    for place, unit in enumerate(OrgUnit.objects.filter(kind=OrgUnit.Kind.BRANCH).order_by("path")):
        BranchQuota.objects.create(unit=unit, quota=2 + place % 3, set_by=director)
    for tier, quota in (("diamond", 1), ("platinum", 1), ("gold", 3), ("silver", 2)):
        TierQuota.objects.create(tier=tier, quota=quota, set_by=director)
    managers = list(User.objects.filter(posts__role=Role.MANAGER).order_by("pk")[:12])
    ManagerTime.objects.create(user=managers[5], employed=Decimal("0.5"), set_by=director)
    ManagerTime.objects.create(user=managers[9], employed=None, set_by=director)
    keep_scenario(director, "明年再多一千五百家客户", Asked(more=1500))
    keep_scenario(
        director,
        "白金级一季拜访三次，订单交后台",
        Asked(times={"platinum.visit": 3}, changed={"order_minutes": "2"}),
    )
