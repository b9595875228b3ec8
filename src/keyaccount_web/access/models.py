"""Users, the organisation's units, and who holds which post in which unit."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from simple_history.models import HistoricalRecords

from keyaccount_web.access.roles import Reach, Role


class OrgUnit(models.Model):
    """A unit of the company: headquarters, a province, a branch, a department of one of them."""

    class Kind(models.TextChoices):
        HEADQUARTERS = "headquarters"
        PROVINCE = "province"
        BRANCH = "branch"
        DEPARTMENT = "department"

    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=Kind)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=200, unique=True, editable=False)
    """Codes from the top down, each with a slash behind: `HQ/ZJ/HZ/`; what begins with it lies below."""
    history = HistoricalRecords()

    class Meta:
        ordering = ("path",)

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Units below follow when one moves. Raises ValueError for one that would lie below itself."""
        before = self.path
        if self.parent is not None and before and self.parent.path.startswith(before):
            raise ValueError(f"{self.code} cannot lie below {self.parent.code}, which lies below it")
        self.path = f"{self.parent.path if self.parent else ''}{self.code}/"
        super().save(*args, **kwargs)
        if before and before != self.path:
            for child in self.children.all():
                child.save()

    @property
    def depth(self) -> int:
        return self.path.count("/") - 1


class User(AbstractUser):
    """Somebody who signs in. What they see comes from their posts and account teams, never from the user itself."""

    class Language(models.TextChoices):
        CHINESE = "zh"
        ENGLISH = "en"

    name = models.CharField(max_length=60)
    """As colleagues write it."""
    staff_number = models.CharField(max_length=30, blank=True)
    """Of the company's own; blank: none is known."""
    lang = models.CharField(max_length=2, choices=Language, default=Language.CHINESE)
    without_second_factor = models.BooleanField(default=False)
    """Only for the users of a demo."""
    history = HistoricalRecords(excluded_fields=["password", "last_login"])

    first_name = last_name = None  # type: ignore[assignment]

    class Meta:
        ordering = ("name", "username")

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class Post(models.Model):
    """Somebody's role in a unit, and how far they see from there."""

    user = models.ForeignKey(User, models.CASCADE, related_name="posts")
    role = models.CharField(max_length=20, choices=Role)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="posts")
    reach = models.CharField(max_length=10, choices=Reach)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    """The last day; none: for the time being."""
    history = HistoricalRecords()

    class Meta:
        ordering = ("unit__path", "role")
        indexes = (models.Index(fields=("user", "until")),)

    def __str__(self) -> str:
        return f"{self.user} · {self.role} · {self.unit}"


class ActingConsent(models.Model):
    """A user lets a colleague of the support act in their name for a while."""

    user = models.ForeignKey(User, models.CASCADE, related_name="consents_given")
    helper = models.ForeignKey(User, models.CASCADE, related_name="consents_held")
    granted_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-granted_at",)


class ActingLog(models.Model):
    """What was asked for while somebody acted in another's name."""

    consent = models.ForeignKey(ActingConsent, models.CASCADE, related_name="log")
    at = models.DateTimeField(auto_now_add=True)
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=500)

    class Meta:
        ordering = ("-at",)


class Invitation(models.Model):
    """A link by which somebody sets their password and comes in, once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="invitations")
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    """SHA-256: whoever reads the database cannot come in by it."""
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
