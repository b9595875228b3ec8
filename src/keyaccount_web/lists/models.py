"""Views of lists that people keep, and files made of lists."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from keyaccount_web.access.models import User


class SavedView(models.Model):
    """Filters, order and columns of a list under a name."""

    listing = models.CharField(max_length=40)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=40)
    asked = models.JSONField(default=dict)
    """As the address of the list would say it."""
    is_shared = models.BooleanField(default=False)
    """Everybody may use it; each sees the rows that he may see."""

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("listing", "owner", "name"), name="one_view_of_a_name"),
        )

    def __str__(self) -> str:
        return self.name

    @classmethod
    def seen_by(cls, user: User, listing: str) -> QuerySet["SavedView"]:
        """One's own and the shared ones."""
        own_or_shared = Q(owner_id=user.pk) | Q(is_shared=True)
        return cls.objects.filter(own_or_shared, listing=listing).select_related("owner")


class FavouriteView(models.Model):
    """The saved view that a list opens with."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    listing = models.CharField(max_length=40)
    view = models.ForeignKey(SavedView, models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "listing"), name="one_favourite_a_list"),)


class Export(models.Model):
    """A file made of a list, kept for a week for who asked for it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="exports")
    listing = models.CharField(max_length=40)
    asked = models.JSONField(default=dict)
    ids = models.JSONField(default=list)
    """The selected rows; empty: all."""
    format = models.CharField(max_length=4)
    lang = models.CharField(max_length=2)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    rows = models.PositiveIntegerField(default=0)
    posts = models.CharField(max_length=200, blank=True)
    """What the user's scope rested on; where that has changed since, the file is not given out any more."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)

    @property
    def file_name(self) -> str:
        return f"{self.pk}.{self.format}"

    def __str__(self) -> str:
        return f"{self.listing} {self.pk}"


def scope_of(user: Any) -> str:
    """What somebody's scope rests on, in short."""
    from keyaccount_web.access.scope import current_posts

    return ",".join(
        f"{post.pk}:{post.reach}" for post in sorted(current_posts(user), key=lambda one: one.pk)
    )[:200]
