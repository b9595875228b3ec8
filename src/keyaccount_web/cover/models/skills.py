"""What does serving an account ask for, and who can do it? (L1)"""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

USER = settings.AUTH_USER_MODEL
LEVELS = (1, 2, 3)
"""Knows it, does it alone, teaches it."""


class Skill(models.Model):
    """Something that can be learned."""

    name = models.CharField(max_length=40, unique=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class SkillNeed(models.Model):
    """What accounts of a kind and an industry ask of whoever serves them."""

    skill = models.ForeignKey(Skill, models.CASCADE, related_name="needs")
    kind = models.CharField(max_length=20, blank=True)
    """transactional, value_added or strategic; empty: of all kinds."""
    industry = models.CharField(max_length=60, blank=True)
    """As accounts have it; empty: of all."""
    level = models.PositiveSmallIntegerField(default=2)
    history = HistoricalRecords()

    class Meta:
        ordering = ("kind", "industry", "skill__name")
        constraints = (
            models.UniqueConstraint(fields=("skill", "kind", "industry"), name="one_need_of_a_skill"),
        )

    @property
    def level_code(self) -> str:
        return f"skill.level.{self.level}"


class StaffSkill(models.Model):
    """What somebody of us can do."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="skills")
    skill = models.ForeignKey(Skill, models.CASCADE, related_name="staff")
    level = models.PositiveSmallIntegerField()
    judged_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    judged_date = models.DateField()
    history = HistoricalRecords()

    class Meta:
        ordering = ("user", "skill__name")
        constraints = (models.UniqueConstraint(fields=("user", "skill"), name="one_level_of_a_skill"),)


class Training(models.Model):
    """A course that somebody of us took."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="trainings")
    skill = models.ForeignKey(Skill, models.CASCADE, related_name="trainings")
    held_date = models.DateField()
    what = models.CharField(max_length=200)
    hours = models.PositiveSmallIntegerField()
    history = HistoricalRecords()

    class Meta:
        ordering = ("-held_date", "-pk")
