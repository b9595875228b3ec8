"""What we buy from an account in a year: two-way trade (F5, F6)."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from keyaccount_web.know.record_kit import Versioned


class BoughtFrom(Versioned):
    """Our own purchases from an account in a calendar year [company currency]; 0: none, and somebody has looked."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="bought_from")
    year = models.PositiveSmallIntegerField()
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    source = models.CharField(max_length=200)
    """Purchase ledger, accounts payable, who said so."""
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    history = HistoricalRecords()

    class Meta:
        ordering = ("account", "-year")
        constraints = (models.UniqueConstraint(fields=("account", "year"), name="bought_from_once_a_year"),)

    def __str__(self) -> str:
        return f"{self.year} {self.amount}"
