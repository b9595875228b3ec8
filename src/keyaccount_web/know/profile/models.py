"""Facts of an account's profile; each has its source and day, and a later one does not overwrite an earlier (K1, R3)."""

from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords

from keyaccount_web.know.provenance import Sourced
from keyaccount_web.know.record_kit import Versioned


def _money() -> "models.DecimalField[Any, Any]":
    """[company currency]."""
    return models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)


class Size(Sourced, Versioned):
    """How large a customer is."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="sizes")
    founded_year = models.PositiveSmallIntegerField(null=True, blank=True)
    staff = models.PositiveIntegerField(null=True, blank=True)
    """People who work there."""
    sites = models.PositiveIntegerField(null=True, blank=True)
    """Plants, stores and offices."""
    capital = _money()
    """Registered."""
    history = HistoricalRecords()

    class Meta:
        ordering = ("-dated", "-pk")
        indexes = (models.Index(fields=("account", "-dated")),)

    def __str__(self) -> str:
        return f"{self.dated}"


class Production(Sourced, Versioned):
    """What a customer makes or sells, and how much of it in a year."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="productions")
    products = models.CharField(max_length=200, blank=True)
    output = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    """[`unit` a year]."""
    capacity = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    """What it could make [`unit` a year]."""
    unit = models.CharField(max_length=20, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-dated", "-pk")
        indexes = (models.Index(fields=("account", "-dated")),)

    def __str__(self) -> str:
        return self.products


class Finances(Sourced, Versioned):
    """The figures of one of a customer's business years."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="finances")
    year = models.PositiveSmallIntegerField()
    revenue = _money()
    profit = _money()
    """A loss is negative."""
    assets = _money()
    debts = _money()
    history = HistoricalRecords()

    class Meta:
        ordering = ("-year", "-dated", "-pk")
        indexes = (models.Index(fields=("account", "-year")),)

    def __str__(self) -> str:
        return f"{self.year}"


class Credit(Sourced, Versioned):
    """On which terms a customer buys from us, and what it owes."""

    class Billing(models.TextChoices):
        OWN = "own"
        """Invoices go to itself."""
        GROUP = "group"
        """To the head of its group, for all."""
        BRANCHES = "branches"
        """To each branch for itself."""
        ADVANCE = "advance"
        """It pays before delivery."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="credits")
    limit = _money()
    days = models.PositiveSmallIntegerField(null=True, blank=True)
    """From invoice to payment [days]."""
    billing = models.CharField(max_length=10, choices=Billing, blank=True)
    terms = models.CharField(max_length=300, blank=True)
    receivables = _money()
    """What it owed us on the day of the fact."""
    overdue = _money()
    """Of that, what was overdue."""
    history = HistoricalRecords()

    class Meta:
        ordering = ("-dated", "-pk")
        indexes = (models.Index(fields=("account", "-dated")),)

    def __str__(self) -> str:
        return f"{self.dated}"
