"""Which sheets has what people decided of accounts: its team; special standing; what we buy from it; kind, role, class by volume and route; channel and tier by hand;
who approved terms (F5, F6, C2, C4)?
"""

from keyaccount.know.workbook.chapters import account_fields, sheet_field
from keyaccount.know.workbook.fields import RecordKind, add_kind

TEAM = RecordKind(
    "team",
    (
        *account_fields(),
        sheet_field("user", "id", 150, link="staff", example="zhao.jun"),
        sheet_field("part", "choice", 40),
        sheet_field("since", "date", 30, example="2025-01-01"),
        sheet_field("until", "date", 30),
    ),
    (("account", "user", "part", "since"),),
)
STANDINGS = RecordKind(
    "standings",
    (
        *account_fields(),
        sheet_field("standing", "choice", 40),
        sheet_field("since", "date", 30, example="2025-01-01"),
        sheet_field("until", "date", 30),
        sheet_field("source", longest=200, needed=True, example="框架合同 | Framework contract"),
    ),
    (("account", "standing", "since"),),
)
BOUGHT_FROM = RecordKind(
    "bought_from",
    (
        *account_fields(),
        sheet_field("year", "whole", 4, example="2025"),
        sheet_field("amount", "number", 14, needed=True, example="120000"),
        sheet_field("source", longest=200, needed=True, example="应付账款 | Accounts payable"),
    ),
    (("account", "year"),),
)
KIND_DECISIONS = RecordKind(
    "kind_decisions",
    (
        *account_fields(),
        sheet_field("kind", "choice", 40),
        sheet_field("role", "choice", 40),
        sheet_field("volume_class", "choice", 60),
        sheet_field("route", "choice", 40),
        sheet_field("reason", longest=400, example="联合开发新机型 | Joint development of a new model"),
    ),
    (("account",),),
)
PLACEMENTS = RecordKind(
    "placements",
    (
        *account_fields(),
        sheet_field("channel", "choice", 40, needed=True),
        sheet_field("tier", "choice", 40),
        sheet_field("until", "date", 30),
        sheet_field("reason", longest=300, needed=True, example="边界试点 | Trial at the border"),
    ),
    (("account",),),
)
TERMS = RecordKind(
    "terms",
    (
        *account_fields(),
        sheet_field("product", longest=200, example="P1001"),
        sheet_field("product_name", longest=200, example="轴承 | Bearing"),
        sheet_field("since", "date", 30, example="2025-01-15"),
        sheet_field("until", "date", 30),
        sheet_field("approver", longest=100, needed=True, example="区域总监韩立 | Han Li, regional director"),
        sheet_field(
            "source", longest=200, needed=True, example="框架合同第三条 | Framework contract, clause 3"
        ),
    ),
    (("account", "product", "since"),),
)
for _kind in (TEAM, STANDINGS, BOUGHT_FROM, KIND_DECISIONS, PLACEMENTS, TERMS):
    add_kind(_kind)
