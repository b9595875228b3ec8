"""Days that matter at a customer's, what it asked us to support, what we gave its people, who reads which calendar (K7, R3)."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from keyaccount_web.know.provenance import Sourced
from keyaccount_web.know.record_kit import Versioned

USER = settings.AUTH_USER_MODEL


class Occasion(Sourced, Versioned):
    """A day, every year or once. The year of a birthday is not asked: somebody's age is none of our business (R4)."""

    class Kind(models.TextChoices):
        BIRTHDAY = "birthday"
        FOUNDING = "founding"
        OPENING = "opening"
        HONOUR = "honour"
        MOVE = "move"
        PROMOTION = "promotion"
        """The customer's own: a sale, a fair, an anniversary campaign."""
        OTHER = "other"

    class Calendar(models.TextChoices):
        SOLAR = "solar"
        LUNAR = "lunar"
        ONCE = "once"

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="occasions")
    contact = models.ForeignKey(
        "know.Contact", models.CASCADE, null=True, blank=True, related_name="occasions"
    )
    """Whose day it is; None: the company's."""
    kind = models.CharField(max_length=10, choices=Kind)
    title = models.CharField(max_length=100, blank=True)
    calendar = models.CharField(max_length=5, choices=Calendar, default=Calendar.SOLAR)
    month = models.PositiveSmallIntegerField(null=True, blank=True)
    day = models.PositiveSmallIntegerField(null=True, blank=True)
    is_leap_month = models.BooleanField(default=False)
    begins_on = models.DateField(null=True, blank=True)
    """Of what happens once."""
    ends_on = models.DateField(null=True, blank=True)
    lead_days = models.PositiveSmallIntegerField(null=True, blank=True)
    """None: as the company has set it."""
    owner = models.ForeignKey(USER, models.PROTECT, related_name="occasions")
    remark = models.CharField(max_length=500, blank=True)
    next_on = models.DateField(null=True, blank=True)
    """When it comes next; None: it is over. Kept by the services, and by the clock each morning."""
    history = HistoricalRecords(excluded_fields=["next_on"])

    class Meta:
        ordering = ("next_on", "pk")
        indexes = (models.Index(fields=("account", "next_on")), models.Index(fields=("next_on",)))

    def __str__(self) -> str:
        return self.title or self.kind


class Support(Versioned):
    """Something that the customer asked of us for a day: asked, approved by somebody else, given, with its result."""

    class State(models.TextChoices):
        ASKED = "asked"
        APPROVED = "approved"
        REFUSED = "refused"
        GIVEN = "given"
        CLOSED = "closed"

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="supports")
    occasion = models.ForeignKey(Occasion, models.CASCADE, related_name="supports")
    what = models.CharField(max_length=300)
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    """What it costs us [company currency]."""
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    asked_of = models.ForeignKey(USER, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    given_on = models.DateField(null=True, blank=True)
    result = models.CharField(max_length=500, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.what


class Gift(Versioned):
    """A gift, an invitation or an award to one person at the customer's, in the register."""

    class Kind(models.TextChoices):
        GIFT = "gift"
        HOSPITALITY = "hospitality"
        AWARD = "award"

    class State(models.TextChoices):
        ASKED = "asked"
        """Waits for somebody else's word."""
        APPROVED = "approved"
        """May be given: approved, or below what needs a second pair of eyes."""
        REFUSED = "refused"
        GIVEN = "given"
        DROPPED = "dropped"
        """It was approved and never given; counts for nobody's year."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="gifts")
    contact = models.ForeignKey("know.Contact", models.SET_NULL, null=True, blank=True, related_name="gifts")
    recipient = models.CharField(max_length=60)
    """By name, also where the contact is gone: a register stays."""
    is_official = models.BooleanField(default=False)
    """A public official: nothing of any value."""
    kind = models.CharField(max_length=12, choices=Kind)
    what = models.CharField(max_length=200)
    value = models.DecimalField(max_digits=18, decimal_places=4)
    """[company currency]."""
    on = models.DateField()
    consent = models.CharField(max_length=200, blank=True)
    """Who at the recipient's employer agreed, and when."""
    state = models.CharField(max_length=10, choices=State)
    asked_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    asked_of = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    approved_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-on", "-pk")
        indexes = (models.Index(fields=("account", "-on")), models.Index(fields=("contact", "on")))

    def __str__(self) -> str:
        return self.what


class FeedAddress(models.Model):
    """The secret address of somebody's calendar; a new one shuts the old one."""

    user = models.OneToOneField(USER, models.CASCADE, related_name="calendar_feed")
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 of the key, by which a request finds it."""
    sealed_key = models.TextField()
    """So that its owner can read it again."""
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
