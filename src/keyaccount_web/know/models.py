"""Accounts, their people, and who of us serves them."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords


class StandingAccounts(models.Manager["Account"]):
    """Accounts that were not merged into another."""

    def get_queryset(self) -> models.QuerySet["Account"]:
        return super().get_queryset().filter(merged_into=None)


class Account(models.Model):
    """A customer, by the code that the ledger knows it by.

    One that was merged into another stays as a stone that remembers its code (K9). It is in no list, count or search:
    `objects` and what leads to accounts from other records leave it out, `with_merged` has all.
    """

    code = models.CharField(max_length=100, unique=True)
    """The ledger's account_id."""
    name = models.CharField(max_length=200)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="subsidiaries")
    unit = models.ForeignKey("access.OrgUnit", models.PROTECT, null=True, blank=True, related_name="accounts")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="accounts"
    )
    region = models.CharField(max_length=60, blank=True)
    industry = models.CharField(max_length=60, blank=True)
    channel = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=200, blank=True)
    tax_number = models.CharField(max_length=30, blank=True)
    website = models.URLField(blank=True)
    remark = models.TextField(max_length=2000, blank=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged_accounts",
        editable=False,
        db_index=False,
    )
    """The account that it turned out to be, which was itself not merged since."""
    version = models.PositiveIntegerField(default=1)
    """Counts up with each change, so that two who edit at once are told."""
    updated_at = models.DateTimeField(auto_now=True)
    objects = StandingAccounts()
    with_merged = models.Manager["Account"]()
    history = HistoricalRecords()

    class Meta:
        ordering = ("code",)
        indexes = (
            models.Index(fields=("name",)),
            models.Index(fields=("region",)),
            models.Index(fields=("industry",)),
            models.Index(fields=("-updated_at",)),
            # Only those merged: SQLite would look for the others, nearly all, by a whole index.
            models.Index(
                fields=("merged_into",), condition=models.Q(merged_into__isnull=False), name="account_merged"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """Somebody at the customer's."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="contacts")
    code = models.CharField(max_length=60, blank=True)
    """By which another system knows them, unique within the account; blank: known by the name."""
    name = models.CharField(max_length=60)
    title = models.CharField(max_length=60, blank=True)
    department = models.CharField(max_length=60, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    email = models.EmailField(blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("account", "name")

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """A colleague who serves an account beside its owner."""

    class Part(models.TextChoices):
        COLLABORATOR = "collaborator"
        EXECUTIVE_SPONSOR = "executive_sponsor"
        SERVICE = "service"

    account = models.ForeignKey(Account, models.CASCADE, related_name="team")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="teams")
    part = models.CharField(max_length=20, choices=Part, default=Part.COLLABORATOR)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("account", "part", "user")
        constraints = (
            models.UniqueConstraint(fields=("account", "user", "part", "since"), name="once_on_a_team"),
        )


class CostToServe(models.Model):
    """What serving an account cost: visits, service, complaints. Money [company currency]."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="costs_to_serve")
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    date = models.DateField(null=True, blank=True)
    """When it arose; none: it is for the year."""
    remark = models.CharField(max_length=200, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("account", "date")

    def __str__(self) -> str:
        return self.account.name


class SeenAccount(models.Model):
    """When somebody last looked at an account, for the view of what one has seen recently."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "account"), name="seen_once"),)
        indexes = (models.Index(fields=("user", "-at")),)


class BulkChange(models.Model):
    """One change of many accounts at once, kept so that it can be undone."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    changes = models.JSONField()
    """New value by field; owner and unit by pk."""
    rows = models.JSONField()
    """One entry an account: id, version after the change, old values."""
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-pk",)


class AccountFigures(models.Model):
    """The figures of the current run, as lists filter and sort by them. Money [company currency a year]."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="figures", primary_key=True)
    run = models.ForeignKey("runs.Run", models.CASCADE, related_name="+")
    sales = models.DecimalField(max_digits=22, decimal_places=4)
    profit = models.DecimalField(max_digits=22, decimal_places=4, null=True)
    sales_year_before = models.DecimalField(max_digits=22, decimal_places=4)
    sales_rank = models.PositiveIntegerField(null=True)
    profit_rank = models.PositiveIntegerField(null=True)
    sales_share = models.FloatField(null=True)
    sales_running_share = models.FloatField(null=True)
    orders = models.PositiveIntegerField()
    active_months = models.PositiveSmallIntegerField()
    in_set = models.BooleanField()
    verdict = models.CharField(max_length=20)

    class Meta:
        indexes = (
            models.Index(fields=("verdict", "-sales")),
            models.Index(fields=("-sales",)),
            models.Index(fields=("-profit",)),
            models.Index(fields=("-sales_year_before",)),
            models.Index(fields=("sales_rank",)),
            models.Index(fields=("-sales",), condition=models.Q(in_set=True), name="figures_in_set"),
        )
