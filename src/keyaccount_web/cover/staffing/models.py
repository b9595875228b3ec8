"""What a company says of its managers and branches, and the plans that were worked out (C5)."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from keyaccount_web.know.record_kit import Versioned

USER = settings.AUTH_USER_MODEL


class BranchQuota(models.Model):
    """So many managers the company allows a branch."""

    unit = models.OneToOneField(
        "access.OrgUnit", models.CASCADE, related_name="manager_quota", primary_key=True
    )
    quota = models.PositiveIntegerField()
    set_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    history = HistoricalRecords()

    def __str__(self) -> str:
        return f"{self.unit} · {self.quota}"


class TierQuota(models.Model):
    """So many managers the company allows for the customers of a tier, over all branches."""

    tier = models.CharField(max_length=30, primary_key=True)
    quota = models.PositiveIntegerField()
    set_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    history = HistoricalRecords()

    def __str__(self) -> str:
        return f"{self.tier} · {self.quota}"


class ManagerTime(Versioned):
    """How much of the year a manager is there, and how far skill and support carry. Without one: all of it, once."""

    user = models.OneToOneField(USER, models.CASCADE, related_name="manager_time", primary_key=True)
    employed = models.DecimalField(
        max_digits=4, decimal_places=3, null=True, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    """Share of the year; null: nobody knows, and the manager is named among the problems."""
    skill = models.DecimalField(max_digits=4, decimal_places=2, default=1)
    """Times the work of an ordinary manager, as is `support`."""
    support = models.DecimalField(max_digits=4, decimal_places=2, default=1)
    set_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    history = HistoricalRecords()

    def __str__(self) -> str:
        return str(self.user)


class Scenario(models.Model):
    """A plan with all that it was worked out from, so that it gives the same whenever it is worked out again."""

    name = models.CharField(max_length=80)
    by = models.ForeignKey(USER, models.PROTECT, related_name="scenarios")
    """What it is made of are the accounts and managers that they saw."""
    created_at = models.DateTimeField(auto_now_add=True)
    run = models.ForeignKey("runs.Run", models.SET_NULL, null=True, related_name="+")
    """Whose figures it began from."""
    asked = models.JSONField()
    """What differs from today: `scenarios.Asked`."""
    company = models.JSONField()
    """The company's settings of that day: `worked.company_settings`."""
    work = models.JSONField()
    """Accounts, managers, service, quotas: `work.Work`."""
    outcome = models.JSONField()
    repeats = models.ForeignKey("self", models.SET_NULL, null=True, related_name="repeated_by")

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return self.name
