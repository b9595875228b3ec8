"""An import: a file that somebody brought, how it is read, what came of each of its rows (K9, R1)."""

from typing import Any

from django.conf import settings
from django.db import models


class FileImport(models.Model):
    """One file on its way into records or ledger."""

    class Kind(models.TextChoices):
        RECORDS = "records"
        LEDGER = "ledger"

    class State(models.TextChoices):
        UPLOADED = "uploaded"
        CHECKING = "checking"
        CHECKED = "checked"
        IMPORTING = "importing"
        DONE = "done"
        UNDONE = "undone"
        DISCARDED = "discarded"

    kind = models.CharField(max_length=10, choices=Kind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="file_imports")
    created_at = models.DateTimeField(auto_now_add=True)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.UPLOADED)
    attempt = models.PositiveIntegerField(default=0)
    """Counts up with each check or import begun; work of an earlier one comes to nothing."""
    progress = models.PositiveSmallIntegerField(default=0)
    """Per cent."""
    step = models.CharField(max_length=60, blank=True)
    """Code of the text that says what is being done."""
    heard_at = models.DateTimeField(null=True)
    """When the work last gave a sign of life."""
    choices = models.JSONField(default=dict)
    """How it is to be read: kind and columns of each sheet, what to do with empty cells, with an overlap …"""
    report = models.JSONField(null=True)
    """What the check found, then what the import did."""
    error = models.JSONField(null=True)
    """{"zh": …, "en": …}: why it could not be read or written."""
    done_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return f"{self.file_name} ({self.pk})"


class ImportRow(models.Model):
    """What becomes of one row. Written by the check; seen by nobody else until the import."""

    class State(models.TextChoices):
        NEW = "new"
        CHANGED = "changed"
        UNCHANGED = "unchanged"
        REFUSED = "refused"

    source = models.ForeignKey(FileImport, models.CASCADE, related_name="rows")
    kind = models.CharField(max_length=30)
    """accounts, contacts, staff, groups, or a further sheet's."""
    sheet = models.CharField(max_length=100)
    row = models.PositiveIntegerField()
    key = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State)
    target: Any = models.BigIntegerField(null=True)
    """Id of the record that it changes, or has made."""
    old: Any = models.JSONField(null=True)
    """Field → what it was, of those that change; records referred to by their codes."""
    new: Any = models.JSONField(null=True)
    """Field → what it becomes."""
    problems: Any = models.JSONField(null=True)
    """[{"code", "values"}]"""
    alike: Any = models.JSONField(null=True)
    """Accounts that may be the same: [{"name", "code", "reasons"}]."""

    class Meta:
        ordering = ("pk",)
        indexes = (
            models.Index(fields=("source", "kind", "state")),
            models.Index(fields=("source", "sheet", "row")),
        )


class ColumnProfile(models.Model):
    """Which column holds which field in files with this header, as somebody has confirmed it."""

    what = models.CharField(max_length=20)
    """`ledger`, or a kind of sheet."""
    header = models.CharField(max_length=64)
    """SHA-256 of the header's names."""
    columns = models.JSONField()
    """Field → column; for the ledger the conventions, too."""
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("what", "header"), name="one_profile_a_header"),)
