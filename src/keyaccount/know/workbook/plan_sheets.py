"""Which sheets have the texts of our plan with an account, what is agreed with the customer, and the quarterly reviews?"""

from keyaccount.know.workbook.chapters import NTH, account_fields, sheet_field
from keyaccount.know.workbook.fields import RecordKind, add_kind

_YEAR = sheet_field("year", "whole", 4, example="2026")
_LONG = 2000


PLAN_TEXTS = RecordKind(
    "plan_texts",
    (
        *account_fields(),
        _YEAR,
        sheet_field("owner", "id", 150, link="staff", example="li.na"),
        sheet_field("field_of_play", longest=_LONG, example="华东三厂的轴承 | Bearings of its three eastern plants"),
        *(sheet_field(name, longest=_LONG) for name in ("value", "how", "gain", "three_years")),
        sheet_field("level_now", "choice", 40),
        sheet_field("level_wanted", "choice", 40),
        *(sheet_field(name, longest=_LONG) for name in ("trends", "opportunities", "strengths", "vulnerability")),
        sheet_field("shared", "choices", 400),
    ),
    (("account", "year"),),
)  # fmt: skip
COMMITMENTS = RecordKind(
    "commitments",
    (
        *account_fields(),
        _YEAR,
        sheet_field("commitment", longest=300, example="48 小时内补货 | Restock within 48 hours"),
        sheet_field("topic", "choice", 40),
        sheet_field("side", "choice", 40, needed=True),
        sheet_field("measure", longest=200),
        sheet_field("due_on", "date", 30, needed=True, example="2026-06-30"),
        sheet_field("state", "choice", 40),
        sheet_field("their_word", "choice", 40),
        sheet_field("agreed_by", longest=60, link="contacts", example="王小明 | Wang Xiaoming"),
        sheet_field("agreed_on", "date", 30),
        sheet_field("note", longest=1000),
        sheet_field("is_shared", "yes", 10),
        NTH,
    ),
    (("account", "year", "commitment"),),
    ("nth",),
)
PLAN_REVIEWS = RecordKind(
    "plan_reviews",
    (
        *account_fields(),
        _YEAR,
        sheet_field("quarter", "whole", 1, example="1"),
        sheet_field("held_on", "date", 30, needed=True, example="2026-04-08"),
        sheet_field("until", "date", 30, example="2026-03-31"),
        sheet_field("decisions", longest=_LONG, example="每月对账一次 | Reconcile monthly"),
        sheet_field("next_steps", longest=_LONG),
        sheet_field("told_customer", longest=_LONG),
    ),
    (("account", "year", "quarter"),),
)
for _kind in (PLAN_TEXTS, COMMITMENTS, PLAN_REVIEWS):
    add_kind(_kind)
