"""One thing that somebody asked for and another decides, and what became of it."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

USER = settings.AUTH_USER_MODEL


class Approval(models.Model):
    """A question to a second person about a subject of a kind of `kinds.KINDS`, exactly as it stood when asked."""

    class State(models.TextChoices):
        OPEN = "open"
        GRANTED = "granted"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        """By whoever asked, or because the subject has changed."""

    kind = models.CharField(max_length=40)
    subject_id = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)
    """Of all that is approved: nothing else than this is."""
    code = models.CharField(max_length=80)
    """Text that says what is asked, with `values`."""
    values = models.JSONField(default=dict, blank=True)
    reason = models.TextField(max_length=2000)
    asked_by = models.ForeignKey(USER, models.PROTECT, related_name="approvals_asked")
    helper = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    """Who asked in their name; may not decide either."""
    asked_of = models.ForeignKey(USER, models.PROTECT, related_name="approvals_to_decide")
    """Who was asked; anybody else with the right may decide too."""
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="approvals_decided"
    )
    """Whoever closed it; none: the change of the subject did."""
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(max_length=2000, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-asked_at", "-pk")
        indexes = (models.Index(fields=("state", "-asked_at")),)
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "subject_id"),
                condition=models.Q(state="open"),
                name="one_open_approval_of_a_subject",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id} · {self.state}"
