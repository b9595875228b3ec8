"""A run: what was calculated, from what, by whom, and what came of it."""

from django.db import models


class Run(models.Model):
    """One calculation over the ledger."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    kind = models.CharField(max_length=30)
    """`find`, and what other chapters add."""
    settings = models.JSONField()
    """As the calculation takes them; dates and decimals as text."""
    started_by = models.ForeignKey("access.User", models.PROTECT, related_name="runs")
    created_at = models.DateTimeField(auto_now_add=True)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    progress = models.PositiveSmallIntegerField(default=0)
    """Per cent."""
    step = models.CharField(max_length=60, blank=True)
    """Code of the text that says what is being done."""
    error = models.JSONField(null=True)
    """{"zh": …, "en": …}"""
    snapshot = models.BigIntegerField(null=True)
    imports = models.JSONField(default=list)
    """[{"import", "source", "file", "sha256"}]"""
    version = models.CharField(max_length=30)
    """Of keyaccount."""
    summary = models.JSONField(null=True)
    """Figures of the whole, for those who may see them."""
    is_current = models.BooleanField(default=False)
    repeats = models.ForeignKey("self", models.SET_NULL, null=True, related_name="repeated_by")

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("kind",), condition=models.Q(is_current=True), name="one_current_run"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def until(self) -> str | None:
        """Last day of its year; None: not said, and not found yet."""
        until: str | None = ((self.summary or {}).get("settings") or self.settings).get("until")
        return until
