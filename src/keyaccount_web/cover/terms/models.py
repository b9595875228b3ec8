"""What the current run found of inversions, and who approved terms (C4)."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from keyaccount_web.know.record_kit import Versioned


def _money() -> models.DecimalField:  # type: ignore[type-arg]
    return models.DecimalField(max_digits=22, decimal_places=4)


class Inversion(models.Model):
    """A key account's product that somebody below bought cheaper in a quarter. Money [company currency]."""

    stays_on_merge = True
    """It is made of a run and goes over to no other account."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="inversions")
    run = models.ForeignKey("runs.Run", models.CASCADE, related_name="+")
    level = models.PositiveSmallIntegerField()
    product = models.TextField()
    """Its id in the ledger, else its name."""
    product_name = models.TextField()
    unit = models.TextField(blank=True)
    quarter = models.DateField()
    """Its first day."""
    lines = models.PositiveIntegerField()
    quantity = models.DecimalField(max_digits=26, decimal_places=6)
    amount = _money()
    price = _money()
    """A unit, as are the two below."""
    lowest_price = _money()
    gap = _money()
    gap_share = models.FloatField()
    pairs = models.PositiveIntegerField()
    """Customers below with a better price."""
    lowest = models.ForeignKey("know.Account", models.SET_NULL, null=True, related_name="+")
    """Who has the lowest price; shown only to those who may see it. Null: it has no record."""
    money = _money()
    """What the lowest price would have saved the key account."""

    class Meta:
        ordering = ("-money", "pk")
        indexes = (
            models.Index(fields=("-money", "-id")),
            models.Index(fields=("account", "product")),
        )

    def __str__(self) -> str:
        return f"{self.account} · {self.product_name} · {self.quarter}"


class Terms(Versioned):
    """Who approved that an account gets its terms on a product, and since when."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="terms")
    product = models.TextField()
    """As `Inversion.product`."""
    product_name = models.TextField(blank=True)
    approver = models.CharField(max_length=100)
    since = models.DateField()
    until = models.DateField(null=True)
    """Null: nobody said when they end."""
    source = models.CharField(max_length=200)
    """Where that is written: a contract, a mail."""
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    recorded_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-since", "-pk")
        verbose_name_plural = "terms"
        indexes = (models.Index(fields=("account", "product", "-since")),)

    def __str__(self) -> str:
        return f"{self.account} · {self.product}"
