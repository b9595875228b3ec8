"""What do we want with a customer this year, who does what, and what was agreed with it? (K8)

Everything is internal unless it is marked as shared with the customer. Not a `find.CultivationPlan`, which brings an account up
to the list.
"""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from keyaccount_web.know.record_kit import Versioned

USER = settings.AUTH_USER_MODEL
LONG = 2000


class AccountPlan(Versioned):
    """The plan of one account for one year: what stands in its texts; what hangs on it has tables of its own."""

    class State(models.TextChoices):
        DRAFT = "draft"
        IN_REVIEW = "in_review"
        APPROVED = "approved"

    class Level(models.TextChoices):
        VENDOR = "vendor"
        CREDIBLE_SOURCE = "credible_source"
        PROBLEM_SOLVER = "problem_solver"
        TRUSTED_ADVISOR = "trusted_advisor"

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="plans")
    year = models.PositiveSmallIntegerField()
    owner = models.ForeignKey(USER, models.PROTECT, related_name="account_plans")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    edition = models.PositiveSmallIntegerField(default=1)
    """The one that is worked on, or, where approved, in force."""
    field_of_play = models.TextField(max_length=LONG, blank=True)
    value = models.TextField(max_length=LONG, blank=True)
    how = models.TextField(max_length=LONG, blank=True)
    gain = models.TextField(max_length=LONG, blank=True)
    three_years = models.TextField(max_length=LONG, blank=True)
    level_now = models.CharField(max_length=16, choices=Level, blank=True)
    level_wanted = models.CharField(max_length=16, choices=Level, blank=True)
    trends = models.TextField(max_length=LONG, blank=True)
    opportunities = models.TextField(max_length=LONG, blank=True)
    strengths = models.TextField(max_length=LONG, blank=True)
    vulnerability = models.TextField(max_length=LONG, blank=True)
    shared = models.JSONField(default=list)
    """Names of the texts that the customer may read, among `services.SHAREABLE`."""
    looked_on = models.DateField(null=True, blank=True)
    looked_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    progress = models.FloatField(default=0)
    """As reckoned last, for lists; pages reckon anew."""
    standing = models.CharField(max_length=10, default="empty")
    why = models.JSONField(default=list)
    """The reasons to look at it, as reckoned last: code and values each."""
    history = HistoricalRecords(excluded_fields=["progress", "standing", "why"])

    class Meta:
        ordering = ("-year", "account")
        constraints = (models.UniqueConstraint(fields=("account", "year"), name="one_plan_a_year"),)
        indexes = (models.Index(fields=("year", "standing")),)

    def __str__(self) -> str:
        return f"{self.account_id} · {self.year}"


class Goal(Versioned):
    """One thing to reach within the year."""

    class Measure(models.TextChoices):
        SALES = "sales"
        PROFIT = "profit"
        CATEGORY = "category"
        PRODUCT = "product"
        WALLET = "wallet"
        """Our share of what the customer buys [rate]."""
        VISITS = "visits"
        NEEDS = "needs"
        """Open needs that were answered."""
        ORDER_DAYS = "order_days"
        HAND = "hand"
        """Counted by hand, from one level to another."""

    plan = models.ForeignKey(AccountPlan, models.CASCADE, related_name="goals")
    name = models.CharField(max_length=200)
    measure = models.CharField(max_length=10, choices=Measure)
    goods = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    base = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    """Counted by hand: where it stood when the year began."""
    target = models.DecimalField(max_digits=20, decimal_places=4)
    reached = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    """Counted by hand."""
    counted_on = models.DateField(null=True, blank=True)
    due_on = models.DateField()
    weight = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(9)]
    )
    is_shared = models.BooleanField(default=False)
    carried_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="carried_to"
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name


class PlanAction(Versioned):
    """What somebody of us does for a goal."""

    class State(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        DROPPED = "dropped"

    goal = models.ForeignKey(Goal, models.CASCADE, related_name="actions")
    what = models.CharField(max_length=300)
    owner = models.ForeignKey(USER, models.PROTECT, related_name="plan_actions")
    due_on = models.DateField()
    first_due = models.DateField()
    """As it was planned at first: what is put off shows."""
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    result = models.CharField(max_length=1000, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    is_shared = models.BooleanField(default=False)
    history = HistoricalRecords()

    class Meta:
        ordering = ("due_on", "pk")
        indexes = (models.Index(fields=("state", "due_on")),)

    def __str__(self) -> str:
        return self.what


class PlanRisk(Versioned):
    """What may go wrong; never shared."""

    class Grade(models.IntegerChoices):
        LOW = 1
        MIDDLE = 2
        HIGH = 3

    plan = models.ForeignKey(AccountPlan, models.CASCADE, related_name="risks")
    what = models.CharField(max_length=300)
    likelihood = models.PositiveSmallIntegerField(choices=Grade, default=Grade.MIDDLE)
    effect = models.PositiveSmallIntegerField(choices=Grade, default=Grade.MIDDLE)
    answer = models.CharField(max_length=1000, blank=True)
    owner = models.ForeignKey(USER, models.PROTECT, related_name="+")
    history = HistoricalRecords()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.what


class Commitment(Versioned):
    """What one side promises the other; tracked by both."""

    class Topic(models.TextChoices):
        VOLUME = "volume"
        STOCK = "stock"
        DELIVERY = "delivery"
        PROMOTION = "promotion"
        TRAINING = "training"
        PROJECT = "project"
        """Joint work of both sides, such as a development; told apart from other commitments by the scorecard of kinds."""
        OTHER = "other"

    class Side(models.TextChoices):
        OURS = "ours"
        THEIRS = "theirs"

    class State(models.TextChoices):
        OPEN = "open"
        KEPT = "kept"
        BROKEN = "broken"
        DROPPED = "dropped"

    class Word(models.TextChoices):
        """What the customer says of it."""

        OPEN = "open"
        KEPT = "kept"
        BROKEN = "broken"

    plan = models.ForeignKey(AccountPlan, models.CASCADE, related_name="commitments")
    what = models.CharField(max_length=300)
    topic = models.CharField(max_length=10, choices=Topic, default=Topic.OTHER)
    side = models.CharField(max_length=6, choices=Side, default=Side.OURS)
    measure = models.CharField(max_length=200, blank=True)
    """How both see that it was kept."""
    due_on = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    their_word = models.CharField(max_length=10, choices=Word, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    """Ours; never shared."""
    agreed_by = models.ForeignKey(
        "know.Contact", models.SET_NULL, null=True, blank=True, related_name="commitments"
    )
    agreed_on = models.DateField(null=True, blank=True)
    is_shared = models.BooleanField(default=False)
    history = HistoricalRecords()

    class Meta:
        ordering = ("due_on", "pk")

    def __str__(self) -> str:
        return self.what


class PlanReview(Versioned):
    """A quarter's look at the plan, with the figures as they were reached then."""

    plan = models.ForeignKey(AccountPlan, models.CASCADE, related_name="reviews")
    quarter = models.PositiveSmallIntegerField()
    until = models.DateField()
    """The day up to which the figures hold."""
    figures = models.JSONField()
    """Frozen when it was kept; never changed."""
    decisions = models.TextField(max_length=LONG, blank=True)
    next_steps = models.TextField(max_length=LONG, blank=True)
    told_customer = models.TextField(max_length=LONG, blank=True)
    """What was said to, or settled with, the customer: the only part of a review that is shared."""
    by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    held_on = models.DateField()
    history = HistoricalRecords()

    class Meta:
        ordering = ("quarter",)
        constraints = (models.UniqueConstraint(fields=("plan", "quarter"), name="one_plan_review_a_quarter"),)

    def __str__(self) -> str:
        return f"Q{self.quarter}"


class PlanEdition(models.Model):
    """A plan as it was approved."""

    plan = models.ForeignKey(AccountPlan, models.CASCADE, related_name="editions")
    number = models.PositiveSmallIntegerField()
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    asked_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=("plan", "number"), name="one_edition_of_a_number"),)


class AccountLogo(models.Model):
    """The customer's mark, for what is handed to it."""

    account = models.OneToOneField("know.Account", models.CASCADE, primary_key=True, related_name="logo")
    picture = models.ForeignKey("work.Attachment", models.CASCADE, related_name="+")
