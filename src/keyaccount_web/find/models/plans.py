"""How is an account grown into a key account? A plan with an owner and a day; its steps are to-dos (F8)."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

USER = settings.AUTH_USER_MODEL


class CultivationPlan(models.Model):
    """One plan for one account."""

    class State(models.TextChoices):
        OPEN = "open"
        REACHED = "reached"
        GIVEN_UP = "given_up"

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="cultivation_plans")
    owner = models.ForeignKey(USER, models.PROTECT, related_name="cultivation_plans")
    goal = models.CharField(max_length=300)
    due_date = models.DateField()
    sales_then = models.DecimalField(max_digits=22, decimal_places=4, null=True, blank=True)
    """The account's sales when the plan was made [company currency a year]; None: not known then."""
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    result = models.CharField(max_length=1000, blank=True)
    created_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    closed_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("account",), condition=models.Q(state="open"), name="one_open_plan_an_account"
            ),
        )
        indexes = (models.Index(fields=("owner", "state", "due_date")),)

    def __str__(self) -> str:
        return self.goal
