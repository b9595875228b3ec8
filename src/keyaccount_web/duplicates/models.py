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
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-merged_at", "-pk")
