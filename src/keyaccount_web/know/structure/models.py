"""What we know of a person beyond name and number, and who sways whom (K2). Written as if the person will read it (R4)."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from keyaccount_web.know.record_kit import Versioned


class Stand(Versioned):
    """What somebody does and thinks, as one map has it, and where they are on it."""

    class Stance(models.TextChoices):
        MENTOR = "mentor"
        SUPPORTER = "supporter"
        NEUTRAL = "neutral"
        CRITIC = "critic"
        ENEMY = "enemy"

    class Political(models.TextChoices):
        INNER_CIRCLE = "inner_circle"
        STRUCTURE = "political_structure"
        OUTSIDE = "outside"

    roles = models.JSONField(default=list)
    """Buying roles, of `know.relations.ROLES`."""
    stance = models.CharField(max_length=12, choices=Stance, blank=True)
    political = models.CharField(max_length=20, choices=Political, blank=True)
    covered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    """Who of us is to keep in touch."""
    column = models.PositiveSmallIntegerField(null=True, blank=True)
    """Where on the map, in steps of it; none: parked."""
    row = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        abstract = True


class Relation(Stand):
    """How one person at a customer's stands in their company, and on the account's standing map."""

    class FrontLine(models.TextChoices):
        SHOP_ASSISTANT = "shop_assistant"
        SALES = "sales"
        WAREHOUSE = "warehouse"

    contact = models.OneToOneField("know.Contact", models.CASCADE, related_name="relation")
    reports_to = models.ForeignKey(
        "know.Contact", models.SET_NULL, null=True, blank=True, related_name="reports"
    )
    front_line = models.CharField(max_length=16, choices=FrontLine, blank=True)
    history = HistoricalRecords()

    def __str__(self) -> str:
        return self.contact.name


class Department(Versioned):
    """A department of a customer's. Who sits in it is what each person's own file says, by its name; nothing is kept twice."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="departments")
    name = models.CharField(max_length=60)
    parent = models.CharField(max_length=60, blank=True)
    """Name of the one that it belongs to, of the same account; empty: the company itself."""
    order = models.PositiveSmallIntegerField(default=0)
    """Among those beside it, the smallest first."""
    note = models.CharField(max_length=500, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("account", "order", "name")
        constraints = (models.UniqueConstraint(fields=("account", "name"), name="one_department_of_a_name"),)

    def __str__(self) -> str:
        return self.name


class InfluenceMap(Versioned):
    """A further map of an account, of one topic: what is bought, or a line of business. The standing map has no record."""

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="maps")
    name = models.CharField(max_length=60)
    history = HistoricalRecords()

    class Meta:
        ordering = ("account", "name")
        constraints = (models.UniqueConstraint(fields=("account", "name"), name="one_map_of_a_name"),)

    def __str__(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        """By which sheets name it."""
        return self.name


class MapPerson(Stand):
    """Somebody on a topic's map: of the account, or tied to it."""

    map = models.ForeignKey(InfluenceMap, models.CASCADE, related_name="people")
    contact = models.ForeignKey("know.Contact", models.CASCADE, related_name="on_maps")
    history = HistoricalRecords()

    class Meta:
        ordering = ("map", "pk")
        constraints = (models.UniqueConstraint(fields=("map", "contact"), name="once_on_a_map"),)

    def __str__(self) -> str:
        return self.contact.name


class Influence(models.Model):
    """A line on a map: one person sways another, or the two are at odds."""

    class Kind(models.TextChoices):
        INFLUENCE = "influence"
        CONFLICT = "conflict"

    account = models.ForeignKey("know.Account", models.CASCADE, related_name="influences")
    """Whose map."""
    map = models.ForeignKey(InfluenceMap, models.CASCADE, null=True, blank=True, related_name="lines")
    """None: the standing one."""
    source = models.ForeignKey("know.Contact", models.CASCADE, related_name="sways")
    target = models.ForeignKey("know.Contact", models.CASCADE, related_name="swayed_by")
    kind = models.CharField(max_length=10, choices=Kind)
    history = HistoricalRecords()

    class Meta:
        ordering = ("source", "target")
        constraints = (
            models.UniqueConstraint(
                fields=("account", "source", "target", "kind"),
                condition=models.Q(map=None),
                name="one_standing_line_of_a_kind",
            ),
            models.UniqueConstraint(fields=("map", "source", "target", "kind"), name="one_line_of_a_kind"),
        )

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}"


class Tie(Stand):
    """Somebody known at one customer's who counts at another, too: its group's purchasing, a consultant, a partner (K2)."""

    contact = models.ForeignKey("know.Contact", models.CASCADE, related_name="ties")
    account = models.ForeignKey("know.Account", models.CASCADE, related_name="ties")
    """The other customer's."""
    title = models.CharField(max_length=60, blank=True)
    """What they are there."""
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    """The last day; None: it goes on."""
    history = HistoricalRecords()

    class Meta:
        ordering = ("account", "pk")
        constraints = (models.UniqueConstraint(fields=("contact", "account"), name="one_tie_to_an_account"),)

    def __str__(self) -> str:
        return self.contact.name
