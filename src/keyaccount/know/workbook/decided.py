"""Which sheets has what people decided of accounts: special standing; kind, role, class by volume and route (F5, F6)?"""

from keyaccount.know.workbook.chapters import account_fields, sheet_field
from keyaccount.know.workbook.fields import RecordKind, add_kind

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
for _kind in (STANDINGS, KIND_DECISIONS):
    add_kind(_kind)
