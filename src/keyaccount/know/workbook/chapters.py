"""Which sheets do the records of the later chapters have? People, needs, rivals, days, outlets, targets, visits, skills.

Their columns are known by their own titles, in either language. Who keeps the records says how a row becomes one.
"""

from keyaccount.know.workbook.fields import FieldKind, RecordField, RecordKind, add_kind
from keyaccount.know.workbook.together import ACCOUNT_NAME

MONTH_FIELDS = tuple(f"month_{number}" for number in range(1, 13))
SOURCE = ("source_kind", "source", "dated", "permission")


def sheet_field(
    name: str, kind: FieldKind = "text", longest: int = 100, *, link: str = "", needed: bool = False, several: bool = False,
    places: int = 4, may_be_negative: bool = False, example: str = "",
) -> RecordField:  # fmt: skip
    """A column that is known by its title alone."""
    return RecordField(
        name, kind, longest, frozenset(), link, needed, several, places, may_be_negative, example
    )


def source_fields() -> tuple[RecordField, ...]:
    """Who says so, as of which day, and may we use it?"""
    return (
        sheet_field("source_kind", "choice", 40, needed=True),
        sheet_field("source", longest=200, needed=True, example="采购会议 | Purchasing meeting"),
        sheet_field("dated", "date", 30, needed=True, example="2026-03-05"),
        sheet_field("permission", "choice", 40, needed=True),
    )


def account_fields() -> tuple[RecordField, ...]:
    """Which account; its name is compared, never matched."""
    return (
        sheet_field("account", "id", 100, link="accounts", example="K1001"),
        sheet_field(ACCOUNT_NAME, longest=200, example="启明家电有限公司 | Bright Appliances Ltd"),
    )


def place_fields() -> tuple[RecordField, ...]:
    """Where on a drawn map; both empty: parked."""
    return (
        sheet_field("map_column", "whole", 2, example="0"),
        sheet_field("map_row", "whole", 2, example="0"),
    )


def _person(name: str = "person", *, several: bool = False, example: str = "王小明 | Wang Xiaoming") -> RecordField:  # fmt: skip
    return sheet_field(
        name, longest=1000 if several else 60, link="contacts", several=several, example=example
    )


NTH = sheet_field("nth", "whole", 3)
"""Which of several with the same key; empty: the first."""
_LINE = sheet_field("business_line", longest=100, example="轴承 | Bearings")


def _colleague(name: str, *, needed: bool = False) -> RecordField:
    return sheet_field(name, "id", 150, link="staff", needed=needed, example="li.na")


PEOPLE = RecordKind(
    "people",
    (
        *account_fields(),
        _person(),
        _person("reports_to", example=""),
        sheet_field("roles", "choices", 200),
        sheet_field("stance", "choice", 40),
        sheet_field("political", "choice", 40),
        sheet_field("front_line", "choice", 40),
        _colleague("covered_by"),
        *place_fields(),
    ),
    (("account", "person"),),
)
NEEDS = RecordKind(
    "needs",
    (
        *account_fields(),
        sheet_field("text", longest=500, example="要半天内送到 | Delivery within half a day"),
        sheet_field("topic", "choice", 40, needed=True),
        sheet_field("standing", "choice", 40, needed=True),
        sheet_field("moved_on", "date", 30, needed=True, example="2026-03-05"),
        _person("voices", several=True),
        sheet_field("proposal", longest=1000),
        sheet_field("answer", longest=1000),
        sheet_field("is_taken", "yes", 10),
        _colleague("owner"),
        *source_fields(),
        NTH,
    ),
    (("account", "text"),),
    ("nth",),
)
RIVALS = RecordKind(
    "rivals",
    (
        *account_fields(),
        sheet_field("rival", example="恒达 | Hengda"),
        _LINE,
        sheet_field("product"),
        sheet_field("price", "number", 14, example="12.5"),
        sheet_field("price_unit", longest=20),
        sheet_field("yearly_sales", "number", 14),
        sheet_field("promo_spend", "number", 14),
        sheet_field("channel", longest=60),
        sheet_field("tactics", longest=500),
        sheet_field("rating_them", "whole", 1),
        sheet_field("rating_us", "whole", 1),
        *source_fields(),
        NTH,
    ),
    (("account", "rival", "dated"),),
    ("business_line", "product", "channel", "nth"),
)
PURCHASES = RecordKind(
    "purchases",
    (
        *account_fields(),
        sheet_field("year", "whole", 4, example="2026"),
        _LINE,
        sheet_field("amount", "number", 14, needed=True, example="1200000"),
        *source_fields(),
        NTH,
    ),
    (("account", "year", "source"),),
    ("business_line", "nth"),
)
OCCASIONS = RecordKind(
    "occasions",
    (
        *account_fields(),
        sheet_field("kind", "choice", 40),
        _person(),
        sheet_field("title"),
        sheet_field("calendar", "choice", 40, needed=True),
        sheet_field("month", "whole", 2, example="8"),
        sheet_field("day", "whole", 2, example="15"),
        sheet_field("is_leap_month", "yes", 10),
        sheet_field("begins_on", "date", 30),
        sheet_field("ends_on", "date", 30),
        sheet_field("lead_days", "whole", 3),
        _colleague("owner"),
        sheet_field("remark", longest=500),
        *source_fields(),
        NTH,
    ),
    (("account", "kind"),),
    ("person", "title", "begins_on", "nth"),
)
OUTLETS = RecordKind(
    "outlets",
    (
        *account_fields(),
        sheet_field("code", "id", 60, example="S01"),
        sheet_field("name", needed=True, example="西湖店 | West Lake store"),
        sheet_field("kind", "choice", 40, needed=True),
        sheet_field("city", longest=60),
        sheet_field("address", longest=200),
        sheet_field("latitude", "number", 3, places=5, may_be_negative=True),
        sheet_field("longitude", "number", 3, places=5, may_be_negative=True),
        sheet_field("pushes", longest=300),
        sheet_field("can_sell", "number", 14),
        sheet_field("closed_on", "date", 30),
        *source_fields(),
    ),
    (("account", "code"),),
)
_OUTLET = sheet_field("outlet", "id", 60, link="outlets", example="S01")
MONTHS = RecordKind(
    "months",
    (
        *account_fields(),
        _OUTLET,
        sheet_field("month", "month", 30, example="2026-03"),
        sheet_field("sales", "number", 14, example="50000"),
        sheet_field("our_sales", "number", 14, example="12000"),
        *source_fields(),
    ),
    (("account", "outlet", "month"),),
)
BANDS = RecordKind(
    "bands",
    (
        *account_fields(),
        _OUTLET,
        _LINE,
        sheet_field("low", "number", 14, example="0"),
        sheet_field("high", "number", 14, example="99"),
        sheet_field("share", "share", 1, example="0.4"),
        *source_fields(),
    ),
    (("account", "outlet", "low"),),
    ("business_line",),
)
TARGETS = RecordKind(
    "targets",
    (
        *account_fields(),
        sheet_field("year", "whole", 4, example="2026"),
        sheet_field("set_by", "choice", 40),
        sheet_field("supplier"),
        _LINE,
        *(sheet_field(name, "number", 14, needed=True, example="100000") for name in MONTH_FIELDS),
        sheet_field("our_part", "share", 1),
        sheet_field("reached_told", "number", 14),
        *source_fields(),
        NTH,
    ),
    (("account", "year", "set_by"),),
    ("supplier", "business_line", "nth"),
)
TOUCHES = RecordKind(
    "touches",
    (
        *account_fields(),
        sheet_field("began_at", "moment", 30, example="2026-03-05 14:30"),
        _colleague("by", needed=True),
        sheet_field("kind", "choice", 40),
        _person("people", several=True),
        sheet_field("trigger", "choice", 40),
        sheet_field("minutes", "whole", 4, needed=True, example="45"),
        sheet_field("travel_minutes", "whole", 4),
        sheet_field("is_executive", "yes", 10),
        sheet_field("summary", longest=4000),
        sheet_field("learned_needs", longest=1000),
        sheet_field("learned_rivals", longest=1000),
        sheet_field("learned_stock", longest=1000),
        sheet_field("next_step", longest=300),
        sheet_field("next_step_date", "date", 30),
        NTH,
    ),
    (("account", "began_at", "kind"),),
    ("by", "nth"),
)
SKILLS = RecordKind(
    "skills",
    (
        _colleague("username"),
        sheet_field("skill", longest=40, example="谈判 | Negotiation"),
        sheet_field("level", "choice", 20, needed=True),
        sheet_field("judged_date", "date", 30),
    ),
    (("username", "skill"),),
)
for _kind in (PEOPLE, NEEDS, RIVALS, PURCHASES, OCCASIONS, OUTLETS, MONTHS, BANDS, TARGETS, TOUCHES, SKILLS):
    add_kind(_kind)
