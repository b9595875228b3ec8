"""The audit log: entries, and the seals over them."""

from typing import Any

from django.db import models
from django.utils import timezone


class Seal(models.Model):
    """A link of the chain: the SHA-256 over the seal before it and the entries that it closes."""

    number = models.PositiveIntegerField(unique=True)
    at = models.DateTimeField()
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)
    count = models.PositiveIntegerField()
    last_at = models.DateTimeField()
    """Of its newest entry."""
    cleared_at = models.DateTimeField(null=True)
    """When its entries were removed, being older than they are to be kept; the link stays."""

    class Meta:
        ordering = ("number",)


class Entry(models.Model):
    """What one request did. Names and numbers are copies, no references: nothing that is removed elsewhere changes them."""

    class Kind(models.TextChoices):
        SAW = "saw"
        EXPORTED = "exported"
        CHANGED = "changed"
        RIGHTS = "rights"
        ACTING = "acting"
        SIGNED_IN = "signed_in"
        SIGNED_OUT = "signed_out"
        FAILED = "sign_in_failed"
        REFUSED = "refused"

    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=20, choices=Kind)
    user_id = models.BigIntegerField(null=True)
    """In whose name."""
    user_name = models.CharField(max_length=150, blank=True)
    helper_id = models.BigIntegerField(null=True)
    """Who acted in that name."""
    helper_name = models.CharField(max_length=150, blank=True)
    account_id = models.BigIntegerField(null=True)
    """The customer that it was about; none: no single one."""
    view = models.CharField(max_length=100, blank=True)
    """The page, by the name of its address."""
    path = models.CharField(max_length=300, blank=True)
    method = models.CharField(max_length=10, blank=True)
    status = models.PositiveSmallIntegerField(default=0)
    address = models.CharField(max_length=45, blank=True)
    """From which machine."""
    request_id = models.CharField(max_length=64, blank=True)
    detail: Any = models.JSONField(default=dict)
    """`changes`: records changed, as [model, pk, + ~ -]; `asked`: what an export was asked for."""
    seal = models.ForeignKey(Seal, models.PROTECT, null=True, related_name="entries")

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (
            models.Index(fields=("user_id", "-at")),
            models.Index(fields=("account_id", "-at")),
        )

    def __str__(self) -> str:
        """What a list reads out beside its box."""
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M:%S} · {self.pk}"
