"""Who of us spoke with whom, when, how, and what came of it? (C3)"""

from typing import Any

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

USER = settings.AUTH_USER_MODEL


class Touch(models.Model):
    """One visit, call, video or mail: somebody of us with somebody of theirs, written as if they will read it (R4).

    Where it was is kept only for a check-in that somebody of us made on their own telephone, within working hours.
    """

    class Kind(models.TextChoices):
        VISIT = "visit"
        CALL = "call"
        VIDEO = "video"
        MAIL = "mail"

    class DoneHow(models.TextChoices):
        """What shows that it was done."""

        TOLD = "told"
        PLACE = "place"
        PHOTO = "photo"
        PLACE_AND_PHOTO = "place_and_photo"

    class Trigger(models.TextChoices):
        """Why now."""

        STANDARD = "standard"
        """It was due."""
        CHANGE = "change"
        """The customer's business changes."""
        CHURN = "churn"
        """The customer may leave."""
        ASKED = "asked"
        """The customer asked for it."""
        OTHER = "other"

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="touches")
    contacts: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "know.Contact", related_name="touches", blank=True
    )
    by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="touches")
    kind = models.CharField(max_length=10, choices=Kind)
    trigger = models.CharField(max_length=10, choices=Trigger, default=Trigger.STANDARD)
    began_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    """With the customer."""
    travel_minutes = models.PositiveSmallIntegerField(default=0)
    """There and back."""
    is_executive = models.BooleanField(default=False)
    """One of our executives was with one of theirs."""
    summary = models.TextField(max_length=4000, blank=True)
    learned_needs = models.TextField(max_length=1000, blank=True)
    learned_rivals = models.TextField(max_length=1000, blank=True)
    learned_stock = models.TextField(max_length=1000, blank=True)
    next_step = models.CharField(max_length=300, blank=True)
    next_step_date = models.DateField(null=True, blank=True)
    done_how = models.CharField(max_length=20, choices=DoneHow, default=DoneHow.TOLD)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    """WGS-84, of the check-in; five decimals are about a metre."""
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    accuracy_metres = models.PositiveIntegerField(null=True, blank=True)
    checked_in_at = models.DateTimeField(null=True, blank=True)
    photo = models.ForeignKey("work.Attachment", models.SET_NULL, null=True, blank=True, related_name="+")
    client_id = models.UUIDField(unique=True, null=True, blank=True)
    """Made where it was written down, so that what is sent twice is kept once."""
    recorded_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-began_at", "-pk")
        indexes = (
            models.Index(fields=("account", "-began_at", "-id")),
            models.Index(fields=("by", "-began_at")),
            models.Index(fields=("-began_at",)),
        )

    def __str__(self) -> str:
        return self.account.name

    @property
    def kind_code(self) -> str:
        return f"touch.kind.{self.kind}"

    @property
    def trigger_code(self) -> str:
        return f"touch.trigger.{self.trigger}"

    @property
    def done_how_code(self) -> str:
        return f"touch.done_how.{self.done_how}"
