"""What was computed of kind, role and class (F5, F6), what somebody overruled, and special standing."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from keyaccount.find.kinds import KINDS, OPEN
from keyaccount.find.roles import ROLES, STANDINGS

USER = settings.AUTH_USER_MODEL
ROUTES = ("own", "distributor", "agent", "retailer", "online", "tender")
"""Ways by which goods reach an account."""


def _choices(codes: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(code, code) for code in codes]


class KindDecision(models.Model):
    """What a person says of an account, in the place of what was computed; blank: the computation holds."""

    account = models.OneToOneField("know.Account", models.CASCADE, related_name="kind_decision")
    kind = models.CharField(max_length=20, blank=True, choices=_choices(KINDS))
    role = models.CharField(max_length=20, blank=True, choices=_choices(ROLES))
    volume_class = models.CharField(max_length=20, blank=True)
    route = models.CharField(max_length=20, blank=True, choices=_choices(ROUTES))
    """Route to market; no computation says it."""
    reason = models.CharField(max_length=400, blank=True)
    decided_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    """Counts up with each change, so that two who decide at once are told."""
    history = HistoricalRecords()

    class Meta:
        ordering = ("account",)

    def __str__(self) -> str:
        return f"{self.kind} {self.role} {self.volume_class} {self.route}".strip()


class KindFigures(models.Model):
    """Kind, role and class as lists show them: of the current run, with what was overruled."""

    stays_on_merge: ClassVar[bool] = True
    """Does not go over to another account when two are merged."""

    account = models.OneToOneField(
        "know.Account", models.CASCADE, related_name="kind_figures", primary_key=True
    )
    run = models.ForeignKey("runs.Run", models.CASCADE, null=True, related_name="+")
    """None: only a person has said anything."""
    kind = models.CharField(max_length=20, choices=_choices((*KINDS, OPEN)), default=OPEN)
    role = models.CharField(max_length=20, choices=_choices(ROLES), default="ordinary")
    volume_class = models.CharField(max_length=20, blank=True)
    route = models.CharField(max_length=20, blank=True)
    computed_kind = models.CharField(max_length=20, default=OPEN)
    computed_role = models.CharField(max_length=20, default="ordinary")
    computed_class = models.CharField(max_length=20, blank=True)
    leader = models.CharField(max_length=20, blank=True)
    score = models.FloatField(null=True)
    confidence = models.FloatField(default=0)
    effort = models.FloatField(null=True)
    """Cost to serve ÷ sales."""
    is_over_ceiling = models.BooleanField(null=True)
    """None: no cost to serve is recorded."""
    is_overruled = models.BooleanField(default=False)

    class Meta:
        indexes = (
            models.Index(fields=("kind",)),
            models.Index(fields=("role",)),
            models.Index(fields=("volume_class",)),
            models.Index(fields=("-confidence",)),
            models.Index(fields=("-score",)),
            models.Index(fields=("-effort",)),
        )


class SpecialStanding(models.Model):
    """That an account is government, army, a reference customer …: since when, and where one knows it from."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="standings")
    standing = models.CharField(max_length=20, choices=_choices(tuple(STANDINGS)))
    source = models.CharField(max_length=200)
    """Contract, web page, who said so."""
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    """The last day; none: for the time being."""
    entered_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    history = HistoricalRecords()

    class Meta:
        ordering = ("account", "standing", "since")
        constraints = (
            models.UniqueConstraint(fields=("account", "standing", "since"), name="standing_once"),
        )

    def __str__(self) -> str:
        return f"{self.standing} {self.since}"


class KindBulk(models.Model):
    """One decision on many accounts at once, kept so that it can be undone."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    changes = models.JSONField()
    """Field → new value, and the reason."""
    rows = models.JSONField()
    """One entry an account: id, version after the change, old values (null: there was no decision)."""
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-pk",)
