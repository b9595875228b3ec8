"""Which sheets has the rest of an account's file? Deliveries, rivals' failures, its profile, its year, gifts, our plan with it."""

from keyaccount.know.workbook.chapters import NTH, account_fields, sheet_field, source_fields
from keyaccount.know.workbook.fields import RecordField, RecordKind, add_kind


def _colleague(name: str) -> RecordField:
    return sheet_field(name, "id", 150, link="staff", example="li.na")


def _year() -> RecordField:
    return sheet_field("year", "whole", 4, example="2026")


EXPECTATIONS = RecordKind(
    "expectations",
    (
        *account_fields(),
        sheet_field("goods", longest=100, example="轴承 | Bearings"),
        sheet_field("lead_days", "whole", 4, example="3"),
        sheet_field("lot_size", "number", 11, places=3, example="500"),
        sheet_field("lot_unit", longest=20, example="件 | pieces"),
        sheet_field("lots", "whole", 4),
        sheet_field("cycle_days", "whole", 4),
        sheet_field("price", "number", 14),
        sheet_field("wants_training", "yes", 10),
        sheet_field("wants_research", "yes", 10),
        *source_fields(),
    ),
    (("account",),),
    ("goods",),
)
FAILURES = RecordKind(
    "failures",
    (
        *account_fields(),
        sheet_field("rival", example="恒达 | Hengda"),
        sheet_field("business_line"),
        sheet_field("what", longest=300, needed=True, example="停产检修，断货 | Plant shut down, no stock"),
        sheet_field("began_on", "date", 30, example="2026-03-05"),
        sheet_field("ended_on", "date", 30),
        *source_fields(),
        NTH,
    ),
    (("account", "rival", "began_on"),),
    ("business_line", "nth"),
)
YEAR_PLANS = RecordKind(
    "year_plans",
    (
        *account_fields(),
        _year(),
        sheet_field("begins_in", "whole", 2, example="1"),
        sheet_field("priorities", longest=2000, needed=True, example="降库存 | Less stock"),
        sheet_field("plan", longest=4000),
        *source_fields(),
    ),
    (("account", "year"),),
)
ASSESSMENTS = RecordKind(
    "assessments",
    (
        *account_fields(),
        sheet_field("department", longest=60, example="采购部 | Purchasing"),
        sheet_field("measured_by", longest=300, example="采购成本 | Cost of purchases"),
        sheet_field("our_weight", "whole", 3, example="20"),
        sheet_field("gap", longest=300),
        *source_fields(),
        NTH,
    ),
    (("account", "department", "measured_by"),),
    ("nth",),
)
STEPS = RecordKind(
    "steps",
    (
        *account_fields(),
        sheet_field("place", "whole", 2, needed=True, example="1"),
        sheet_field("what", longest=200, example="技术确认 | Technical approval"),
        sheet_field("department", longest=60),
        sheet_field("approver", longest=60, link="contacts", example="王小明 | Wang Xiaoming"),
        sheet_field("up_to", "number", 14),
        sheet_field("working_days", "whole", 3, example="5"),
        sheet_field("asks_of_us", longest=300),
        *source_fields(),
        NTH,
    ),
    (("account", "what"),),
    ("nth",),
)
GIFTS = RecordKind(
    "gifts",
    (
        *account_fields(),
        sheet_field("recipient", longest=60, example="王小明 | Wang Xiaoming"),
        sheet_field("person", longest=60, link="contacts"),
        sheet_field("is_official", "yes", 10),
        sheet_field("kind", "choice", 40),
        sheet_field("what", longest=200, needed=True, example="茶叶 | Tea"),
        sheet_field("value", "number", 14, needed=True, example="120"),
        sheet_field("on", "date", 30, example="2026-03-05"),
        sheet_field("consent", longest=200),
        sheet_field("state", "choice", 40),
        _colleague("asked_by"),
        _colleague("approved_by"),
        NTH,
    ),
    (("account", "recipient", "on", "kind"),),
    ("what", "nth"),
)
_GOAL = sheet_field("goal", longest=200, example="销售额到 500 万 | Sales of 5m")
GOALS = RecordKind(
    "goals",
    (
        *account_fields(),
        _year(),
        _GOAL,
        sheet_field("measure", "choice", 40, needed=True),
        sheet_field("goods", longest=200),
        sheet_field("unit", longest=20),
        sheet_field("base", "number", 16, may_be_negative=True),
        sheet_field("target", "number", 16, may_be_negative=True, needed=True, example="5000000"),
        sheet_field("reached", "number", 16, may_be_negative=True),
        sheet_field("counted_on", "date", 30),
        sheet_field("due_on", "date", 30, needed=True, example="2026-12-31"),
        sheet_field("weight", "whole", 1),
        sheet_field("is_shared", "yes", 10),
        NTH,
    ),
    (("account", "year", "goal"),),
    ("nth",),
)
ACTIONS = RecordKind(
    "actions",
    (
        *account_fields(),
        _year(),
        _GOAL,
        sheet_field("action", longest=300, example="每月对账一次 | Reconcile monthly"),
        _colleague("owner"),
        sheet_field("due_on", "date", 30, needed=True, example="2026-06-30"),
        sheet_field("state", "choice", 40),
        sheet_field("result", longest=1000),
        sheet_field("is_shared", "yes", 10),
        NTH,
    ),
    (("account", "year", "goal", "action"),),
    ("nth",),
)
RISKS = RecordKind(
    "risks",
    (
        *account_fields(),
        _year(),
        sheet_field("risk", longest=300, example="采购经理要换人 | The buyer is to change"),
        sheet_field("likelihood", "choice", 40, needed=True),
        sheet_field("effect", "choice", 40, needed=True),
        sheet_field("answer", longest=1000),
        _colleague("owner"),
        NTH,
    ),
    (("account", "year", "risk"),),
    ("nth",),
)
SIZES = RecordKind(
    "sizes",
    (
        *account_fields(),
        sheet_field("founded_year", "whole", 4, example="1996"),
        sheet_field("staff", "whole", 8, example="380"),
        sheet_field("sites", "whole", 6),
        sheet_field("capital", "number", 14),
        *source_fields(),
        NTH,
    ),
    (("account", "dated"),),
    ("nth",),
)
PRODUCTIONS = RecordKind(
    "productions",
    (
        *account_fields(),
        sheet_field("products", longest=200, example="小家电 | Small appliances"),
        sheet_field("output", "number", 14, example="120"),
        sheet_field("capacity", "number", 14),
        sheet_field("unit", longest=20, example="万台 | pieces"),
        *source_fields(),
        NTH,
    ),
    (("account", "dated"),),
    ("nth",),
)
FINANCES = RecordKind(
    "finances",
    (
        *account_fields(),
        _year(),
        sheet_field("revenue", "number", 14, example="52000000"),
        sheet_field("profit", "number", 14, may_be_negative=True),
        sheet_field("assets", "number", 14),
        sheet_field("debts", "number", 14),
        *source_fields(),
        NTH,
    ),
    (("account", "year", "dated"),),
    ("nth",),
)
CREDITS = RecordKind(
    "credits",
    (
        *account_fields(),
        sheet_field("limit", "number", 14, example="500000"),
        sheet_field("days", "whole", 4, example="30"),
        sheet_field("billing", "choice", 40),
        sheet_field("terms", longest=300),
        sheet_field("receivables", "number", 14),
        sheet_field("overdue", "number", 14),
        *source_fields(),
        NTH,
    ),
    (("account", "dated"),),
    ("nth",),
)
for _kind in (
    SIZES,
    PRODUCTIONS,
    FINANCES,
    CREDITS,
    EXPECTATIONS,
    FAILURES,
    YEAR_PLANS,
    ASSESSMENTS,
    STEPS,
    GIFTS,
    GOALS,
    ACTIONS,
    RISKS,
):
    add_kind(_kind)
