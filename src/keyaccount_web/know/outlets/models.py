"""An account's outlets, what they sell month by month, and at which prices (K4)."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from keyaccount_web.know.provenance import Sourced
from keyaccount_web.know.record_kit import Versioned


class Outlet(Sourced, Versioned):
    """One store, counter, branch shop or web shop of an account."""

    class Kind(models.TextChoices):
        STORE = "store"
        COUNTER = "counter"
        FRANCHISE = "franchise"
        ONLINE = "online"
        SITE = "site"
        """A plant or depot that uses the goods itself."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="outlets")
    code = models.CharField(max_length=60)
    """The customer's own, unique within the account."""
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.STORE)
    city = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=200, blank=True)
    latitude = models.DecimalField(
        max_digits=8, decimal_places=5, null=True, blank=True, validators=(MinValueValidator(-90), MaxValueValidator(90)),
    )  # fmt: skip
    longitude = models.DecimalField(
        max_digits=8, decimal_places=5, null=True, blank=True, validators=(MinValueValidator(-180), MaxValueValidator(180)),
    )  # fmt: skip
    pushes = models.CharField(max_length=300, blank=True)
    """What it puts forward just now, ours or others'."""
    can_sell = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    """What it can sell through of ours in a month [company currency]."""
    closed_on = models.DateField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("account", "code")
        constraints = (models.UniqueConstraint(fields=("account", "code"), name="one_outlet_of_a_code"),)
        indexes = (models.Index(fields=("city",)),)

    def __str__(self) -> str:
        return self.name

    @property
    def is_on_map(self) -> bool:
        return self.latitude is not None and self.longitude is not None


class OutletMonth(Sourced, Versioned):
    """What an outlet sold in one month [company currency]."""

    outlet = models.ForeignKey(Outlet, models.CASCADE, related_name="months")
    month = models.DateField()
    """Its first day."""
    sales = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    """Of goods of our kind, ours included."""
    our_sales = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    """Of ours, sold through."""
    history = HistoricalRecords()

    class Meta:
        ordering = ("outlet", "-month")
        constraints = (models.UniqueConstraint(fields=("outlet", "month"), name="one_row_a_month"),)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class PriceBand(Sourced, Versioned):
    """A range of prices that an outlet sells in, by business line; the lower bound belongs to it [company currency a unit]."""

    outlet = models.ForeignKey(Outlet, models.CASCADE, related_name="bands")
    business_line = models.CharField(max_length=100, blank=True)
    """As the ledger's category; empty: all of them."""
    low = models.DecimalField(max_digits=18, decimal_places=4, default=Decimal(0))
    high = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    """None: no end."""
    share = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    """Of the outlet's sales in that line [share of 1]; None: not known."""
    history = HistoricalRecords()

    class Meta:
        ordering = ("outlet", "business_line", "low")

    def __str__(self) -> str:
        return f"{self.low}"
