"""A trial of one team and one policy for both sides of the line (C4)."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from keyaccount_web.know.record_kit import Versioned


class BorderTrial(Versioned):
    """From a day on, some customers of both sides are served alike."""

    name = models.CharField(max_length=100)
    policy = models.CharField(max_length=500)
    """What is done: who serves them, how often, on which terms."""
    team = models.CharField(max_length=200, blank=True)
    starts_on = models.DateField()
    accounts = models.ManyToManyField("know.Account", related_name="border_trials")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-starts_on", "-pk")

    def __str__(self) -> str:
        return self.name
