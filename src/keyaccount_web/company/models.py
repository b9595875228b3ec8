"""The company's own values, in the place of presets."""

from django.db import models
from simple_history.models import HistoricalRecords


class Setting(models.Model):
    """A value that differs from the preset of the same name in `presets`."""

    name = models.CharField(max_length=80, unique=True)
    value = models.TextField(max_length=2000)
    """As `Preset.kept` writes it."""
    history = HistoricalRecords()

    class Meta:
        ordering = ("name",)
