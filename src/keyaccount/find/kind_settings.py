"""By which presets is it told what an account values, and which role it plays? (F5, F6)"""

from dataclasses import dataclass, field, fields
from decimal import Decimal

from keyaccount.errors import SettingError

SHARES = (
    "discount_from", "coverage", "in_use_from", "service_full", "advice_full", "two_way_full", "price_moves",
    "open_below", "least_score", "lead",
)  # fmt: skip
COUNTS = ("price_months", "wide_categories", "wide_products", "touches_full", "experts_full", "commitments_full",
          "projects_full", "executives_full", "length_months")  # fmt: skip


@dataclass(frozen=True)
class KindSettings:
    """The settings of the scorecard, each with its preset; checked when made. Raises SettingError `setting.range`."""

    discounted_weight: Decimal = Decimal(3)
    """Weight of: buys at special prices."""
    price_driven_weight: Decimal = Decimal(2)
    """Weight of: volume moves with price."""
    narrow_weight: Decimal = Decimal(2)
    """Weight of: narrow range."""
    no_services_weight: Decimal = Decimal(2)
    """Weight of: no services."""
    few_touches_weight: Decimal = Decimal(1)
    """Weight of: few touches."""
    services_weight: Decimal = Decimal(4)
    """Weight of: share of services and solutions."""
    broad_weight: Decimal = Decimal(1)
    """Weight of: broad range."""
    expert_visits_weight: Decimal = Decimal(2)
    """Weight of: visits by experts."""
    proposals_weight: Decimal = Decimal(2)
    """Weight of: accepted proposals."""
    advice_weight: Decimal = Decimal(1)
    """Weight of: paid advice."""
    commitments_weight: Decimal = Decimal(3)
    """Weight of: commitments."""
    joint_projects_weight: Decimal = Decimal(3)
    """Weight of: joint projects."""
    two_way_weight: Decimal = Decimal(2)
    """Weight of: two-way trade."""
    executives_weight: Decimal = Decimal(2)
    """Weight of: executive contacts."""
    length_weight: Decimal = Decimal(1)
    """Weight of: length of the relation."""
    regular_weight: Decimal = Decimal(1)
    """Weight of: buys in every month."""
    service_categories: tuple[str, ...] = ()
    """Product categories that are services or solutions; none: not judged."""
    advice_categories: tuple[str, ...] = ()
    """Product categories that are paid advice; none: not judged."""
    discount_from: Decimal = Decimal("0.05")
    """How much the discount of a line must exceed the product's usual one, as a share of list price, to be a special price."""
    coverage: Decimal = Decimal("0.5")
    """Part of what an account bought that must carry list price, or category, for a part to be judged by it."""
    in_use_from: Decimal = Decimal("0.2")
    """Part of the accounts that bought that must have a record of a kind for its absence to count as none."""
    price_months: int = 6
    """Least months bought in for price and volume to be compared."""
    price_moves: Decimal = Decimal("0.01")
    """Least spread of the monthly price index, below which the price did not move."""
    wide_categories: int = 6
    """Categories bought from which on the range is broad."""
    wide_products: int = 30
    """The same in products, where the ledger has no categories."""
    service_full: Decimal = Decimal("0.2")
    """Share of services in what is bought that counts as full."""
    advice_full: Decimal = Decimal("0.05")
    """Share of paid advice that counts as full."""
    touches_full: int = 12
    """Touches a year that are not few any more."""
    experts_full: int = 4
    """Visits by experts a year that count as full."""
    commitments_full: int = 1
    """Commitments in force that count as full."""
    projects_full: int = 2
    """Joint projects that count as full."""
    two_way_full: Decimal = Decimal("0.2")
    """What we buy from the account, as a share of what it buys, that counts as full."""
    executives_full: int = 2
    """Executive contacts that count as full."""
    length_months: int = 36
    """Months of the relation that count as full."""
    open_below: Decimal = Decimal("0.5")
    """A kind is not decided on where less of its weight could be judged."""
    least_score: Decimal = Decimal("0.5")
    """The kind stays open where the highest score is lower."""
    lead: Decimal = Decimal("0.05")
    """The kind stays open where the next one's score is nearer."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name.endswith("_weight") and not (value.is_finite() and 0 <= value <= 100):
                raise _range(one.name, "0–100", value)
        for name in SHARES:
            value = getattr(self, name)
            if not value.is_finite() or not 0 <= value <= 1:
                raise _range(name, "[0, 1]", value)
        for name in ("service_full", "advice_full", "two_way_full"):
            if not getattr(self, name):
                raise _range(name, "(0, 1]", getattr(self, name))
        for name in COUNTS:
            least = 2 if name in ("price_months", "wide_categories", "wide_products") else 1
            if getattr(self, name) < least:
                raise _range(name, f"≥ {least}", getattr(self, name))

    def weight(self, part: str) -> Decimal:
        """Of a part of the scorecard."""
        weight: Decimal = getattr(self, f"{part}_weight")
        return weight


@dataclass(frozen=True)
class VolumeClass:
    """A class by volume: from which yearly sales, with which policy, and how much effort it may cost."""

    code: str
    least_sales: Decimal
    """[company currency a year], included."""
    policy: str
    """maintain, study, develop or limit."""
    effort_ceiling: Decimal
    """Cost to serve ÷ sales."""


POLICIES = ("maintain", "study", "develop", "limit")

CLASSES = (
    VolumeClass("direct", Decimal(1_000_000), "maintain", Decimal("0.03")),
    VolumeClass("distribution", Decimal(200_000), "study", Decimal("0.04")),
    VolumeClass("scattered", Decimal(30_000), "develop", Decimal("0.06")),
    VolumeClass("network", Decimal(0), "limit", Decimal("0.02")),
)
"""Presets, largest first."""


@dataclass(frozen=True)
class RoleSettings:
    """The classes by volume; checked when made. Raises SettingError `setting.range`, `setting.choice`."""

    classes: tuple[VolumeClass, ...] = field(default=CLASSES)
    """Largest first; no lower bound is above the one before."""

    def __post_init__(self) -> None:
        for before, one in zip((None, *self.classes), self.classes, strict=False):
            if before is not None and one.least_sales > before.least_sales:
                allowed = f"≤ {before.least_sales:f}"
                raise SettingError(
                    "setting.range",
                    name=f"roles.{one.code}.least_sales",
                    allowed=allowed,
                    value=one.least_sales,
                )
            if one.policy not in POLICIES:
                raise SettingError(
                    "setting.choice",
                    name=f"roles.{one.code}.policy",
                    allowed=list(POLICIES),
                    value=one.policy,
                )
            if not 0 <= one.effort_ceiling <= 1:
                raise SettingError(
                    "setting.range",
                    name=f"roles.{one.code}.effort_ceiling",
                    allowed="[0, 1]",
                    value=one.effort_ceiling,
                )


def _range(name: str, allowed: str, value: object) -> SettingError:
    return SettingError("setting.range", name=f"kinds.{name}", allowed=allowed, value=value)
