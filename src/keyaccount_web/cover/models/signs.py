"""What says that an account is to be seen sooner, and when is each due? (C3)"""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords


class Sign(models.Model):
    """Somebody noted that an account's business changes, or that it may leave."""

    class Kind(models.TextChoices):
        CHANGE = "change"
        CHURN = "churn"

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="signs")
    kind = models.CharField(max_length=10, choices=Kind)
    noted_date = models.DateField()
    what = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    history = HistoricalRecords()

    class Meta:
        ordering = ("-noted_date", "-pk")


class DueTouch(models.Model):
    """A touch that the standard of an account's tier asks for; made from records by `cover.due`, never by hand.

    Dates and no state, since what is due depends on the day.
    """

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="due_touches")
    touch = models.CharField(max_length=10)
    """One of `standards.TOUCHES`."""
    tier = models.CharField(max_length=20)
    interval_days = models.FloatField()
    last_date = models.DateField(null=True)
    """None: never."""
    due_from = models.DateField(null=True)
    """The first day that is not too early."""
    due_until = models.DateField(null=True)
    """The last that is not overdue; both None: overdue, since never seen."""
    urgency = models.DateField()
    """due_until, or long ago where it is None: by this lists are sorted."""
    sign = models.CharField(max_length=10, blank=True)
    """Why sooner than its interval says."""
    stays_on_merge = True
    """Made anew for the account that another was merged into."""

    class Meta:
        ordering = ("due_until", "pk")
        constraints = (models.UniqueConstraint(fields=("account", "touch"), name="one_due_touch_of_a_kind"),)
        indexes = (models.Index(fields=("due_until",)), models.Index(fields=("urgency", "id")))

    def __str__(self) -> str:
        return self.account.name
