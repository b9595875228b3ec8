"""What is known of rivals at an account: dated facts, what the customer buys in all, when a rival failed to deliver (K6)."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords

from keyaccount_web.know.provenance import Sourced
from keyaccount_web.know.record_kit import Versioned

BEST = 5
_marks = (MinValueValidator(1), MaxValueValidator(BEST))


class Rival(models.Model):
    """A company that sells what we sell; one for the whole company."""

    name = models.CharField(max_length=100)
    history = HistoricalRecords()

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(Lower("name"), name="one_rival_of_a_name"),)

    def __str__(self) -> str:
        return self.name


class RivalFact(Sourced, Versioned):
    """What somebody has said of a rival at one account, as of a day; later facts do not overwrite it."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="rival_facts")
    rival = models.ForeignKey(Rival, models.PROTECT, related_name="facts")
    business_line = models.CharField(max_length=100, blank=True)
    """As the ledger's category; empty: all of them."""
    product = models.CharField(max_length=100, blank=True)
    price = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    """[company currency a `price_unit`]."""
    price_unit = models.CharField(max_length=20, blank=True)
    yearly_sales = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    """What it sells the customer [company currency a year]."""
    promo_spend = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    """What it spends there on displays, rebates, promotions [company currency a year]."""
    channel = models.CharField(max_length=60, blank=True)
    tactics = models.CharField(max_length=500, blank=True)
    """What it does in that channel."""
    rating_them = models.PositiveSmallIntegerField(null=True, blank=True, validators=_marks)
    """The customer's mark for the rival, 1 to 5, 5 the best."""
    rating_us = models.PositiveSmallIntegerField(null=True, blank=True, validators=_marks)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-dated", "-pk")
        indexes = (models.Index(fields=("account", "-dated")), models.Index(fields=("rival", "-dated")))

    def __str__(self) -> str:
        return f"{self.rival_id}"


class KnownPurchases(Sourced, Versioned):
    """What one source says that a customer buys in a year, ours included [company currency]."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="known_purchases")
    year = models.PositiveSmallIntegerField()
    business_line = models.CharField(max_length=100, blank=True)
    """As the ledger's category; empty: all of them."""
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    history = HistoricalRecords()

    class Meta:
        ordering = ("account", "-year", "business_line", "-dated")
        indexes = (models.Index(fields=("account", "year")), models.Index(fields=("year",)))

    def __str__(self) -> str:
        return f"{self.year}"


class SupplyFailure(Sourced, Versioned):
    """A rival could not deliver there: a window in which the customer needs somebody else."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="supply_failures")
    rival = models.ForeignKey(Rival, models.PROTECT, related_name="failures")
    business_line = models.CharField(max_length=100, blank=True)
    what = models.CharField(max_length=300)
    began_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    """The last day; None: it goes on."""
    history = HistoricalRecords()

    class Meta:
        ordering = ("-began_on", "-pk")
        indexes = (models.Index(fields=("account", "-began_on")),)

    def __str__(self) -> str:
        return self.what
