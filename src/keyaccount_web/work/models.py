"""To-dos, notifications and their delivery, comments, attachments, tags, confirmations (K1, K9, S8, R4)."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords

USER = settings.AUTH_USER_MODEL


class About(models.Model):
    """What hangs on a record of an account: on the account itself, or on one of another kind of `about.KINDS`."""

    account = models.ForeignKey(
        "know.Account", models.CASCADE, null=True, blank=True, related_name="%(class)ss"
    )
    """Who may see it may see this."""
    about_kind = models.CharField(max_length=30, default="account")
    about_id = models.PositiveBigIntegerField(null=True, blank=True)
    """None: the account itself."""

    class Meta:
        abstract = True


class ToDo(About):
    """One thing that somebody is to do by a day."""

    class State(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        DROPPED = "dropped"

    owner = models.ForeignKey(USER, models.CASCADE, related_name="to_dos")
    what = models.CharField(max_length=300, blank=True)
    """As a person wrote it; empty where a rule asked by `code`."""
    code = models.CharField(max_length=80, blank=True)
    values = models.JSONField(default=dict, blank=True)
    due_date = models.DateField()
    given_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="to_dos_given")
    rule = models.CharField(max_length=60, blank=True)
    """Which rule asked, where no person did."""
    key = models.CharField(max_length=120, unique=True, null=True, blank=True)
    """By which a rule that asks again is known to have asked."""
    url = models.CharField(max_length=300, blank=True)
    """Where it is to be done, within the app; empty: where its record is shown."""
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    closed_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    handed_over_from = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    history = HistoricalRecords()

    class Meta:
        ordering = ("due_date", "pk")
        indexes = (
            models.Index(fields=("owner", "state", "due_date")),
            models.Index(fields=("given_by", "state", "due_date")),
            models.Index(fields=("account", "created_at")),
            models.Index(fields=("state", "due_date")),
        )


class Escalation(models.Model):
    """Somebody was told that a to-do is overdue: once for each step and due day."""

    class Step(models.TextChoices):
        OWNER = "owner"
        SUPERIOR = "superior"

    to_do = models.ForeignKey(ToDo, models.CASCADE, related_name="escalations")
    step = models.CharField(max_length=10, choices=Step)
    due_date = models.DateField()
    """As it stood then: what is postponed and missed again is told again."""
    user = models.ForeignKey(USER, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("at",)
        constraints = (
            models.UniqueConstraint(fields=("to_do", "step", "due_date"), name="told_once_a_step"),
        )


class Notification(About):
    """Something that somebody should know; shown and sent only while they may see the account."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="notifications")
    code = models.CharField(max_length=80)
    values = models.JSONField(default=dict, blank=True)
    url = models.CharField(max_length=300)
    """Where it leads, within the app."""
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (
            models.Index(fields=("user", "read_at")),
            models.Index(fields=("user", "-created_at", "-id")),
        )


class MailChoice(models.Model):
    """How somebody wants notifications by mail; none: `DAILY`."""

    class Mode(models.TextChoices):
        NONE = "none"
        AT_ONCE = "at_once"
        DAILY = "daily"

    user = models.OneToOneField(USER, models.CASCADE, related_name="mail_choice")
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.DAILY)


class Robot(models.Model):
    """A group robot of WeCom, DingTalk or Feishu that is told what concerns a unit."""

    class Service(models.TextChoices):
        WECOM = "wecom"
        DINGTALK = "dingtalk"
        FEISHU = "feishu"

    class Purpose(models.TextChoices):
        OVERDUE = "overdue"
        SERVICE = "service"
        GENERAL = "general"

    name = models.CharField(max_length=60)
    service = models.CharField(max_length=10, choices=Service)
    purpose = models.CharField(max_length=10, choices=Purpose)
    unit = models.ForeignKey("access.OrgUnit", models.CASCADE, related_name="robots")
    """It is told of this unit and those below, and of no other account."""
    sealed_address = models.TextField()
    """The whole address is a secret: its key lets anybody write to the group."""
    sealed_secret = models.TextField(blank=True)
    host = models.CharField(max_length=253)
    names_accounts = models.BooleanField(default=False)
    """Whoever is in the group reads the accounts' names then."""
    lang = models.CharField(max_length=2, default="zh")
    is_active = models.BooleanField(default=True)
    added_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("unit__path", "name")


class Delivery(models.Model):
    """One notification on its way to a person's mail, or one message on its way to a robot."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENDING = "sending"
        SENT = "sent"
        WITHHELD = "withheld"
        """Read in the app meanwhile, or no longer for this reader's eyes."""
        FAILED = "failed"
        """Tried for the last time; an administrator may have it tried again."""

    notification = models.ForeignKey(
        Notification, models.CASCADE, null=True, blank=True, related_name="deliveries"
    )
    robot = models.ForeignKey(Robot, models.CASCADE, null=True, blank=True, related_name="deliveries")
    account = models.ForeignKey("know.Account", models.CASCADE, null=True, blank=True, related_name="+")
    """Of a robot's message."""
    code = models.CharField(max_length=80, blank=True)
    values = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    error = models.JSONField(null=True, blank=True)
    """Code and values of why the last attempt failed; never an address."""
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (models.Index(fields=("state", "next_at")),)


class Comment(About):
    """What somebody says about an account, written as if its people will read it (R4)."""

    author = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="comments")
    text = models.TextField(max_length=4000)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    mentions: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        USER, related_name="mentioned_in", blank=True
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (models.Index(fields=("account", "-created_at", "-id")),)


class Attachment(About):
    """A file at an account; its content lies under its hash in the data folder."""

    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=10)
    """What its content is: a kind of `file_kinds.KINDS`."""
    size = models.PositiveIntegerField()
    """Bytes."""
    sha256 = models.CharField(max_length=64, db_index=True)
    added_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (models.Index(fields=("account", "-created_at", "-id")),)


class Tag(models.Model):
    """A word that the whole company marks accounts with."""

    class Hue(models.TextChoices):
        """None of those that mean a state."""

        TEAL = "teal"
        INDIGO = "indigo"
        PLUM = "plum"
        SLATE = "slate"
        OLIVE = "olive"
        CLAY = "clay"

    name = models.CharField(max_length=30)
    hue = models.CharField(max_length=10, choices=Hue, default=Hue.TEAL)
    created_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    history = HistoricalRecords()

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(Lower("name"), name="one_tag_of_a_name"),)

    def __str__(self) -> str:
        return self.name


class AccountTag(models.Model):
    """A tag on an account."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="account_tags")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="account_tags")
    by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("tag__name",)
        constraints = (models.UniqueConstraint(fields=("account", "tag"), name="tagged_once"),)


class FieldConfirmation(models.Model):
    """When, by whom and how a field of an account or contact was last known to be right (K1, K9)."""

    class Source(models.TextChoices):
        EDIT = "edit"
        IMPORT = "import"
        CONFIRM = "confirm"

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="confirmations")
    contact = models.ForeignKey(
        "know.Contact", models.CASCADE, null=True, blank=True, related_name="confirmations"
    )
    """None: a field of the account itself."""
    field = models.CharField(max_length=40)
    at = models.DateTimeField()
    by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    source = models.CharField(max_length=10, choices=Source)

    class Meta:
        ordering = ("account", "field")
        constraints = (
            models.UniqueConstraint(
                fields=("account", "field"),
                condition=models.Q(contact=None),
                name="one_confirmation_of_an_account_field",
            ),
            models.UniqueConstraint(fields=("contact", "field"), name="one_confirmation_of_a_contact_field"),
        )
