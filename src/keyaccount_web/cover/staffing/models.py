"""What a company says of its own numbers, how much of the year somebody works, and scenarios with their results (C5)."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from keyaccount_web.know.record_kit import Versioned

USER = settings.AUTH_USER_MODEL
MOST_SUPPORT = Decimal(5)


class Quota(Versioned):
    """How many managers the company allows a branch."""

    unit = models.OneToOneField("access.OrgUnit", models.CASCADE, related_name="manager_quota")
    managers = models.PositiveSmallIntegerField()
    set_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    history = HistoricalRecords()

    class Meta:
        ordering = ("unit__path",)

    def __str__(self) -> str:
        return f"{self.unit} · {self.managers}"


class StaffTime(Versioned):
    """How much of a year a manager works, and what the support behind them makes of it."""

    user = models.OneToOneField(USER, models.CASCADE, related_name="staff_time")
    employed = models.DecimalField(
        max_digits=5, decimal_places=4, validators=(MinValueValidator(0), MaxValueValidator(1))
    )
    """Share of the year, in [0, 1]."""
    support = models.DecimalField(
        max_digits=6,
        decimal_places=4,
        default=Decimal(1),
        validators=(MinValueValidator(0), MaxValueValidator(MOST_SUPPORT)),
    )
    """By what their hours are multiplied."""
    set_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    history = HistoricalRecords()

    class Meta:
        ordering = ("user__name",)

    def __str__(self) -> str:
        return f"{self.user} · {self.employed}"


class Scenario(models.Model):
    """What staffing said with some settings. Its inputs lie in the data folder, so that it can be made again."""

    name = models.CharField(max_length=60)
    settings = models.JSONField()
    """`asked.Asked`; decimals as text."""
    result = models.JSONField()
    """`calculation.staffed`."""
    day = models.DateField()
    """As of which the inputs were taken."""
    is_whole = models.BooleanField()
    """Made of all accounts, not of a part that its maker sees."""
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    version = models.CharField(max_length=30)
    """Of keyaccount."""
    repeats = models.ForeignKey("self", models.SET_NULL, null=True, related_name="repeated_by")

    class Meta:
        ordering = ("-made_at", "-pk")

    def __str__(self) -> str:
        return self.name
