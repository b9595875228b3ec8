"""What we know of a person beyond name and number, and who sways whom (K2). Written as if the person will read it (R4)."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from keyaccount_web.know.record_kit import Versioned


class Relation(Versioned):
    """How one person at a customer's stands in their company and towards us."""

    class Stance(models.TextChoices):
        MENTOR = "mentor"
        SUPPORTER = "supporter"
        NEUTRAL = "neutral"
        CRITIC = "critic"
        ENEMY = "enemy"

    class Political(models.TextChoices):
        INNER_CIRCLE = "inner_circle"
        STRUCTURE = "political_structure"
        OUTSIDE = "outside"

    class FrontLine(models.TextChoices):
        SHOP_ASSISTANT = "shop_assistant"
        SALES = "sales"
        WAREHOUSE = "warehouse"

    contact = models.OneToOneField("know.Contact", models.CASCADE, related_name="relation")
    reports_to = models.ForeignKey(
        "know.Contact", models.SET_NULL, null=True, blank=True, related_name="reports"
    )
    roles = models.JSONField(default=list)
    """Buying roles, of `know.relations.ROLES`."""
    stance = models.CharField(max_length=12, choices=Stance, blank=True)
    political = models.CharField(max_length=20, choices=Political, blank=True)
    front_line = models.CharField(max_length=16, choices=FrontLine, blank=True)
    covered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    """Who of us is to keep in touch."""
    column = models.PositiveSmallIntegerField(null=True, blank=True)
    """Where on the map, in steps of it; none: parked."""
    row = models.PositiveSmallIntegerField(null=True, blank=True)
    history = HistoricalRecords()

    def __str__(self) -> str:
        return self.contact.name


class Influence(models.Model):
    """A line on the map: one person sways another, or the two are at odds."""

    class Kind(models.TextChoices):
        INFLUENCE = "influence"
        CONFLICT = "conflict"

    source = models.ForeignKey("know.Contact", models.CASCADE, related_name="sways")
    target = models.ForeignKey("know.Contact", models.CASCADE, related_name="swayed_by")
    kind = models.CharField(max_length=10, choices=Kind)
    history = HistoricalRecords()

    class Meta:
        ordering = ("source", "target")
        constraints = (
            models.UniqueConstraint(fields=("source", "target", "kind"), name="one_line_of_a_kind"),
        )

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}"


class Tie(Versioned):
    """Somebody known at one customer's who counts at another, too: its group's purchasing, a consultant, a partner (K2)."""

    contact = models.ForeignKey("know.Contact", models.CASCADE, related_name="ties")
    account = models.ForeignKey("know.Account", models.CASCADE, related_name="ties")
    """The other customer's."""
    title = models.CharField(max_length=60, blank=True)
    """What they are there."""
    roles = models.JSONField(default=list)
    stance = models.CharField(max_length=12, choices=Relation.Stance, blank=True)
    political = models.CharField(max_length=20, choices=Relation.Political, blank=True)
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    """The last day; None: it goes on."""
    history = HistoricalRecords()

    class Meta:
        ordering = ("account", "pk")
        constraints = (models.UniqueConstraint(fields=("contact", "account"), name="one_tie_to_an_account"),)

    def __str__(self) -> str:
        return self.contact.name
