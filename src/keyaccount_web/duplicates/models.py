"""Accounts that may be the same, what was said of them, and every merge with what is needed to undo it."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Merge(models.Model):
    """One account that became part of another. Kept, so that it can be undone."""

    survivor = models.ForeignKey("know.Account", models.PROTECT, related_name="+")
    merged = models.ForeignKey("know.Account", models.PROTECT, related_name="+")
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    merged_at = models.DateTimeField(auto_now_add=True)
    fields = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    """Fields of the survivor that changed: name → {"before", "after"}."""
    moved = models.JSONField(default=list)
    """References that went to the survivor: [{"model", "field", "ids"}]."""
    kept = models.JSONField(default=list)
    """Records that stayed with the merged account, since the survivor has the like: [{"model", "field", "ids"}]."""
    joined = models.JSONField(default=list)
    """References that went from a record of the merged account to the survivor's of the same name: [{"model", "field", "ids",
    "from", "to"}]."""
    settled = models.JSONField(default=list)
    """Values that had to follow: [{"model", "pk", "before", "after"}]; without "before" the record was made then."""
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-merged_at", "-pk")


class DuplicatePair(models.Model):
    """Two accounts that may be one customer."""

    class State(models.TextChoices):
        OPEN = "open"
        NOT_DUPLICATE = "not_duplicate"

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="+")
    other = models.ForeignKey("know.Account", models.CASCADE, related_name="+")
    score = models.FloatField()
    reasons = models.JSONField()
    """[{"code", "values"}]"""
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-score", "pk")
        constraints = (models.UniqueConstraint(fields=("account", "other"), name="one_pair"),)
        indexes = (models.Index(fields=("state", "-score")),)


class DuplicateSearch(models.Model):
    """A search for duplicates over all accounts."""

    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    """None: by the clock."""
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    accounts = models.PositiveIntegerField(default=0)
    pairs = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-started_at", "-pk")


class ComparisonKey(models.Model):
    """What accounts must share to be compared, so that on entry few need be fetched."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="+")
    key = models.CharField(max_length=200, db_index=True)


class KnownSimilar(models.Model):
    """An account was made, or changed, although another was similar; why."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="+")
    similar = models.ForeignKey("know.Account", models.CASCADE, related_name="+")
    reason = models.CharField(max_length=200)
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    said_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-said_at",)
