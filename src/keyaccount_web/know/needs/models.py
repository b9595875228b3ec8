"""What a customer needs, who said so, and what it expects of our deliveries (K5)."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from keyaccount_web.know.provenance import Sourced
from keyaccount_web.know.record_kit import Versioned

USER = settings.AUTH_USER_MODEL


class Need(Sourced, Versioned):
    """One thing that a customer needs, from the first hint to an answer."""

    class Standing(models.TextChoices):
        IMPLICIT = "implicit"
        EXPLICIT = "explicit"
        PROPOSED = "proposed"
        ANSWERED = "answered"
        DROPPED = "dropped"

    class Topic(models.TextChoices):
        PRODUCT = "product"
        PRICE = "price"
        DELIVERY = "delivery"
        QUALITY = "quality"
        SERVICE = "service"
        TRAINING = "training"
        """It wants its staff trained."""
        RESEARCH = "research"
        """It wants market research done for it."""
        OTHER = "other"

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="needs")
    text = models.CharField(max_length=500)
    topic = models.CharField(max_length=10, choices=Topic, default=Topic.PRODUCT)
    standing = models.CharField(max_length=10, choices=Standing, default=Standing.IMPLICIT)
    began_as = models.CharField(max_length=10, choices=Standing, default=Standing.IMPLICIT)
    moved_on = models.DateField()
    """When it came to its standing, or was last said by somebody."""
    proposal = models.CharField(max_length=1000, blank=True)
    answer = models.CharField(max_length=1000, blank=True)
    """What the customer said to the proposal; or why it was dropped."""
    is_taken = models.BooleanField(null=True, blank=True)
    """Whether the customer took the proposal; None: not answered."""
    owner = models.ForeignKey(USER, models.PROTECT, related_name="needs")
    origin_kind = models.CharField(max_length=30, blank=True)
    """The record that it was found in, as `work.about` knows kinds: a visit, a complaint; empty: none."""
    origin_id = models.PositiveBigIntegerField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-moved_on", "-pk")
        indexes = (
            models.Index(fields=("account", "standing")),
            models.Index(fields=("standing", "moved_on")),
            models.Index(fields=("origin_kind", "origin_id")),
        )

    def __str__(self) -> str:
        return self.text


class NeedVoice(models.Model):
    """Somebody at the customer's has said that they need it."""

    need = models.ForeignKey(Need, models.CASCADE, related_name="voices")
    contact = models.ForeignKey(
        "know.Contact", models.SET_NULL, null=True, blank=True, related_name="need_voices"
    )
    """None: somebody who is not among the contacts; counts for no second voice."""
    said_on = models.DateField()
    words = models.CharField(max_length=300, blank=True)
    heard_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    history = HistoricalRecords()

    class Meta:
        ordering = ("said_on", "pk")


class Expectation(Sourced, Versioned):
    """What a customer expects of delivery, for all goods or for some."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="expectations")
    goods = models.CharField(max_length=100, blank=True)
    """Empty: all goods without a line of their own."""
    lead_days = models.PositiveSmallIntegerField(null=True, blank=True)
    """From order to receipt [days]."""
    lot_size = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    lot_unit = models.CharField(max_length=20, blank=True)
    lots = models.PositiveSmallIntegerField(null=True, blank=True)
    """How many lots an order is to come in."""
    cycle_days = models.PositiveSmallIntegerField(null=True, blank=True)
    """Between two orders [days]."""
    price = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    """That it holds right for one `lot_unit` [company currency]."""
    wants_training = models.BooleanField(null=True, blank=True)
    """Its staff on these goods; None: not asked yet."""
    wants_research = models.BooleanField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("account", "goods")
        constraints = (models.UniqueConstraint(fields=("account", "goods"), name="one_expectation_of_goods"),)

    def __str__(self) -> str:
        return self.goods
