"""A customer's plan and targets for a year, what its departments are assessed by, the steps of its buying (K3)."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from keyaccount_web.know.provenance import Sourced
from keyaccount_web.know.record_kit import Versioned


class CustomerYear(Sourced, Versioned):
    """What a customer has set out to do in one year."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="customer_years")
    year = models.PositiveSmallIntegerField()
    """In which it begins."""
    begins_in = models.PositiveSmallIntegerField(
        default=1, validators=(MinValueValidator(1), MaxValueValidator(12))
    )
    """Its first month."""
    priorities = models.TextField(max_length=2000)
    """The most important first, one a line."""
    plan = models.TextField(max_length=4000, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("account", "-year")
        constraints = (models.UniqueConstraint(fields=("account", "year"), name="one_customer_plan_a_year"),)

    def __str__(self) -> str:
        return f"{self.year}"


class YearTarget(Sourced, Versioned):
    """What somebody wants a customer to reach in a year [company currency], month by month."""

    class SetBy(models.TextChoices):
        US = "us"
        """What it is to buy from us."""
        OWN = "own"
        """What it wants to sell itself."""
        SUPPLIER = "supplier"
        """What it is to buy from another supplier."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="year_targets")
    year = models.PositiveSmallIntegerField()
    set_by = models.CharField(max_length=10, choices=SetBy)
    supplier = models.CharField(max_length=100, blank=True)
    business_line = models.CharField(max_length=100, blank=True)
    """As the ledger's category; empty: all of them."""
    months = models.JSONField()
    """Twelve amounts as text, from the first month of the customer's year."""
    our_part = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    """Of its own target, which part comes from us, as it says [share of 1]; None: not said."""
    reached_told = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    """What the customer says it has reached so far, where our ledger cannot tell."""
    # As the current run's ledger says, so that lists sort by it; None: our ledger cannot tell.
    target = models.DecimalField(max_digits=20, decimal_places=4, editable=False)
    reached = models.DecimalField(max_digits=20, decimal_places=4, null=True, editable=False)
    due = models.DecimalField(max_digits=20, decimal_places=4, null=True, editable=False)
    left = models.DecimalField(max_digits=20, decimal_places=4, null=True, editable=False)
    standing = models.CharField(max_length=12, blank=True, editable=False)
    until = models.DateField(null=True, editable=False)
    history = HistoricalRecords(excluded_fields=("reached", "due", "left", "standing", "until"))

    class Meta:
        ordering = ("account", "-year", "set_by", "business_line", "pk")
        indexes = (models.Index(fields=("account", "-year")), models.Index(fields=("standing", "-left")))

    def __str__(self) -> str:
        return f"{self.year}"

    @property
    def amounts(self) -> list[Decimal]:
        """The target of each month, of an own target the part that comes from us where that is known."""
        part = Decimal(1) if self.our_part is None else self.our_part
        return [Decimal(one) * part for one in self.months]

    @property
    def is_in_ledger(self) -> bool:
        """Whether our ledger can tell how far it is reached."""
        return self.set_by == self.SetBy.US or (
            self.set_by == self.SetBy.OWN and self.our_part is not None and self.our_part > 0
        )


class Assessment(Sourced, Versioned):
    """What one department at the customer's is judged by, and what our products weigh in that."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="assessments")
    department = models.CharField(max_length=60)
    measured_by = models.CharField(max_length=300)
    our_weight = models.PositiveSmallIntegerField(null=True, blank=True, validators=(MaxValueValidator(100),))
    """What our products weigh in it [per cent]; None: not known."""
    gap = models.CharField(max_length=300, blank=True)
    """Where the department stands behind, and how we can help."""
    history = HistoricalRecords()

    class Meta:
        ordering = ("account", "department", "pk")

    def __str__(self) -> str:
        return self.department


class BuyingStep(Sourced, Versioned):
    """One step of how a customer buys."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="buying_steps")
    place = models.PositiveSmallIntegerField()
    """Its place in the row, 1 the first."""
    what = models.CharField(max_length=200)
    department = models.CharField(max_length=60, blank=True)
    approver = models.ForeignKey(
        "know.Contact", models.SET_NULL, null=True, blank=True, related_name="approves_steps"
    )
    up_to = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    """Up to which amount this approver decides [company currency]; None: any, or not known."""
    working_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=(MaxValueValidator(999),)
    )
    """That it takes; None: not known."""
    asks_of_us = models.CharField(max_length=300, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("account", "place", "pk")

    def __str__(self) -> str:
        return self.what
