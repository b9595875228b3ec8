"""Where every customer is, who moved, and who was placed by hand (C1, C2)."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from keyaccount_web.know.record_kit import Versioned


class AccountTier(models.Model):
    """Channel and tier of a customer, of a group as a whole, at the last month-end; made by `tiers.computing`, never by hand."""

    account = models.OneToOneField("know.Account", models.CASCADE, related_name="place", primary_key=True)
    day = models.DateField()
    """The month-end."""
    channel = models.CharField(max_length=12)
    channel_rule = models.CharField(max_length=10)
    tier = models.CharField(max_length=20, blank=True)
    """Empty: the channel has none."""
    tier_rule = models.CharField(max_length=10)
    tier_by_spend = models.CharField(max_length=20, blank=True)
    """What its spend alone says."""
    monthly_spend = models.DecimalField(max_digits=20, decimal_places=4)
    """[company currency]"""
    below = models.PositiveSmallIntegerField(default=0)
    """Month-ends in a row below what holds its tier."""
    reason = models.CharField(max_length=300, blank=True)
    """Of who was placed by hand."""
    since = models.DateField(null=True)
    """The first month-end of this place; None: it had it a year ago already."""
    stays_on_merge = True
    """Made anew for the account that another was merged into."""

    class Meta:
        indexes = (
            models.Index(fields=("channel", "tier", "-monthly_spend")),
            models.Index(fields=("-monthly_spend",)),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.tier}"


class TierMove(models.Model):
    """A customer's channel or tier became another at a month-end."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="tier_moves")
    day = models.DateField()
    move = models.CharField(max_length=8)
    """Of `tiers.MOVES`."""
    channel_before = models.CharField(max_length=12, blank=True)
    tier_before = models.CharField(max_length=20, blank=True)
    channel_after = models.CharField(max_length=12, blank=True)
    tier_after = models.CharField(max_length=20, blank=True)
    rule = models.CharField(max_length=10, blank=True)
    stays_on_merge = True

    class Meta:
        ordering = ("-day", "pk")
        constraints = (models.UniqueConstraint(fields=("account", "day"), name="one_move_a_month_end"),)
        indexes = (models.Index(fields=("-day", "move")),)

    def __str__(self) -> str:
        return self.move


class Placement(Versioned):
    """Somebody put a customer into a channel by hand; it holds before every rule."""

    account = models.OneToOneField("know.Account", models.CASCADE, related_name="placement")
    channel = models.CharField(max_length=12)
    tier = models.CharField(max_length=20, blank=True)
    """Empty: by its spend."""
    reason = models.CharField(max_length=300)
    until = models.DateField(null=True, blank=True)
    """The last day; None: until it is taken back."""
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    placed_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("account",)

    def __str__(self) -> str:
        return f"{self.channel} {self.tier}"
