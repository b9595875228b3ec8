"""Tokens with what happened to them, answers kept for a second try, webhooks with what they were sent."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

USER = settings.AUTH_USER_MODEL


class Token(models.Model):
    """By what a program comes in, in the name of the user who made it; it never sees or does more than they may."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=60)
    """Which program has it."""
    token_hash = models.CharField(max_length=64, unique=True)
    """SHA-256 of 256 bits of chance: whoever reads the database cannot come in by it."""
    beginning = models.CharField(max_length=12)
    """Its first characters, by which its owner knows it."""
    scopes = models.JSONField(default=list)
    """Of `tokens.SCOPES`."""
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.CharField(max_length=45, blank=True)
    minute = models.BigIntegerField(default=0)
    """The minute that `used` counts, since 1970."""
    used = models.PositiveIntegerField(default=0)
    """How often it was used in that minute."""

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return f"{self.name} ({self.beginning}…)"


class TokenEvent(models.Model):
    """What happened to a token; kept as long as its user."""

    class Kind(models.TextChoices):
        MADE = "made"
        REVOKED = "revoked"
        TRIED = "tried"
        """Somebody used it after it was revoked or had expired."""
        MOVED = "moved"
        """It was used from an address that it was not used from before."""

    token = models.ForeignKey(Token, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    """None: whoever has the token."""
    address = models.CharField(max_length=45, blank=True)

    class Meta:
        ordering = ("-at", "-pk")


class KeptAnswer(models.Model):
    """What a POST with an idempotency key was answered, so that the same again writes nothing twice."""

    token = models.ForeignKey(Token, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    """SHA-256 of method, address and body."""
    created_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    """None: it is still being worked on."""
    body = models.TextField(blank=True)
    """Sealed."""
    headers = models.JSONField(default=dict)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("token", "key"), name="one_answer_a_key"),)
        indexes = (models.Index(fields=("created_at",)),)


class Webhook(models.Model):
    """An address that is told what happened, as far as the user who entered it may see it."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=60)
    events = models.JSONField(default=list)
    """Of `events.EVENTS`."""
    sealed_address = models.TextField()
    sealed_secret = models.TextField()
    """By which what is sent is signed."""
    host = models.CharField(max_length=253)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name", "pk")


class WebhookDelivery(models.Model):
    """One message on its way to a webhook."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENDING = "sending"
        SENT = "sent"
        WITHHELD = "withheld"
        """Not for its user's eyes any more, or the webhook was switched off."""
        FAILED = "failed"
        """Tried for the last time; its user may have it tried again."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=40)
    body = models.JSONField(encoder=DjangoJSONEncoder)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    """What the last attempt was answered."""
    error = models.JSONField(null=True)
    """Code and values of why the last attempt failed; never an address."""
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (
            models.Index(fields=("state", "next_at")),
            models.Index(fields=("webhook", "-created_at", "-id")),
        )
