"""The yearly key account list: proposed from a run, reviewed, published, then fixed but for recorded exceptions (F7)."""

from typing import Any

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

USER = settings.AUTH_USER_MODEL


class KeyAccountList(models.Model):
    """The list of one year. What it proposes is that of its run on its basis; what is on it, its entries say."""

    class State(models.TextChoices):
        PROPOSING = "proposing"
        """A worker goes through the many accounts of its run."""
        DRAFT = "draft"
        """Seen by those who calculate and publish."""
        IN_REVIEW = "in_review"
        """Seen, too, by those who decide about their accounts."""
        PUBLISHED = "published"
        SUPERSEDED = "superseded"
        """Corrected by another list of the same year."""
        DROPPED = "dropped"
        """Never published, or never proposed (`problem`)."""

    year = models.PositiveSmallIntegerField()
    """In which it holds; it rests on the twelve months before."""
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    basis = models.JSONField()
    """`find.list_basis.ListBasis`; decimals as text."""
    run = models.ForeignKey("runs.Run", models.PROTECT, related_name="key_lists")
    """Its settings, snapshot and imports are the list's; its result stays."""
    until = models.DateField()
    """Last day of the months that it rests on."""
    corrects = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="corrected_by")
    correction = models.TextField(max_length=2000, blank=True)
    """Why a published list is corrected."""
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    progress = models.PositiveSmallIntegerField(default=0)
    """Of the proposing [per cent]."""
    problem = models.JSONField(null=True, blank=True)
    """Why it could not be proposed: {"zh": …, "en": …}."""
    unclean_reason = models.TextField(max_length=2000, blank=True)
    """Why it may be published although its basis is not clean."""
    unclean_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    document = models.CharField(max_length=200, blank=True)
    """Name of the frozen document's file in the data folder."""
    document_sha256 = models.CharField(max_length=64, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-year", "-made_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("year",), condition=models.Q(state="published"), name="one_published_list_a_year"
            ),
            models.UniqueConstraint(
                fields=("year",),
                condition=models.Q(state__in=("proposing", "draft", "in_review")),
                name="one_open_list_a_year",
            ),
        )

    def __str__(self) -> str:
        return f"{self.year} · {self.state}"

    @property
    def is_open(self) -> bool:
        """Whether it can still be changed."""
        return self.state in (self.State.DRAFT, self.State.IN_REVIEW)

    @property
    def was_published(self) -> bool:
        return self.state in (self.State.PUBLISHED, self.State.SUPERSEDED)


class ListEntry(models.Model):
    """An account that the list judges: proposed, kept off by a guard, rising, or added by a person."""

    class Decision(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        """Proposed, and on the list."""
        REFUSED = "refused"
        ADDED = "added"
        """Not proposed, and on the list nevertheless."""

    ON_LIST = (Decision.ACCEPTED, Decision.ADDED)

    key_list = models.ForeignKey(KeyAccountList, models.CASCADE, related_name="entries")
    account = models.ForeignKey("know.Account", models.PROTECT, related_name="list_entries")
    code = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    """Code and name as they were when it was proposed."""
    proposed = models.BooleanField()
    """By the ledger."""
    verdict = models.CharField(max_length=20, blank=True)
    """Empty: no line in the year."""
    place = models.PositiveIntegerField()
    """Its row among the accounts of the run, from 1."""
    ways = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    """[{"code", "values"}], decimals as text."""
    figures = models.JSONField(default=dict)
    """Those of the run, money as text to the last decimal."""
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.OPEN)
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(max_length=2000, blank=True)
    version = models.PositiveIntegerField(default=1)
    """Counts up with each decision, so that two who decide at once are told."""
    history = HistoricalRecords(excluded_fields=["ways", "reasons", "figures"])

    class Meta:
        ordering = ("place", "pk")
        indexes = (
            models.Index(fields=("key_list", "place")),
            models.Index(fields=("key_list", "decision")),
            models.Index(fields=("key_list", "verdict", "place")),
        )
        constraints = (models.UniqueConstraint(fields=("key_list", "account"), name="once_on_a_list"),)

    def __str__(self) -> str:
        return f"{self.name} · {self.decision}"

    @property
    def is_on_list(self) -> bool:
        return self.decision in self.ON_LIST


class ListLook(models.Model):
    """Who has looked at a list, and when last."""

    key_list = models.ForeignKey(KeyAccountList, models.CASCADE, related_name="looks")
    user = models.ForeignKey(USER, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at",)
        constraints = (models.UniqueConstraint(fields=("key_list", "user"), name="looked_at_once"),)


class ListComment(models.Model):
    """What somebody says of a list as a whole; of one account of it they say it at its entry."""

    key_list = models.ForeignKey(KeyAccountList, models.CASCADE, related_name="comments")
    author = models.ForeignKey(USER, models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000)
    mentions: models.ManyToManyField[Any, Any] = models.ManyToManyField(USER, related_name="+", blank=True)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    """Its place stays, its text is shown no more."""
    history = HistoricalRecords()

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return self.text[:60]


class ListException(models.Model):
    """An account that came on a published list, or off it, within its year."""

    class Action(models.TextChoices):
        ADD = "add"
        REMOVE = "remove"

    class State(models.TextChoices):
        ASKED = "asked"
        GRANTED = "granted"
        CLOSED = "closed"
        """Refused or withdrawn."""

    key_list = models.ForeignKey(KeyAccountList, models.PROTECT, related_name="exceptions")
    account = models.ForeignKey("know.Account", models.PROTECT, related_name="list_exceptions")
    action = models.CharField(max_length=10, choices=Action)
    reason = models.TextField(max_length=2000)
    asked_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("asked_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("key_list", "account"),
                condition=models.Q(state="asked"),
                name="one_exception_asked_at_a_time",
            ),
        )

    def __str__(self) -> str:
        told: Any = self.account.name
        return f"{self.action} {told}"
