"""Which sheets has the structure of an account beside its people? Departments, those of other customers, maps of topics, lines."""

from dataclasses import replace

from keyaccount.know.workbook.chapters import account_fields, place_fields, sheet_field
from keyaccount.know.workbook.fields import RecordField, RecordKind, add_kind

_STAND = (
    sheet_field("roles", "choices", 200),
    sheet_field("stance", "choice", 40),
    sheet_field("political", "choice", 40),
    sheet_field("covered_by", "id", 150, link="staff", example="li.na"),
    *place_fields(),
)


def _home(name: str, *, example: str = "") -> RecordField:
    """Code of the customer that somebody is of, where it is another."""
    return sheet_field(name, "id", 100, link="accounts", example=example)


def _person(name: str, home: str, *, example: str = "王小明 | Wang Xiaoming") -> RecordField:
    return replace(sheet_field(name, longest=60, link="contacts", example=example), within=home)


DEPARTMENTS = RecordKind(
    "departments",
    (
        *account_fields(),
        sheet_field("department_name", longest=60, example="采购部 | Purchasing"),
        sheet_field("belongs_to", longest=60),
        sheet_field("place_in_order", "whole", 3),
        sheet_field("note", longest=500),
    ),
    (("account", "department_name"),),
)
TIES = RecordKind(
    "ties",
    (
        *account_fields(),
        _home("home_account", example="K1002"),
        _person("person", "home_account"),
        sheet_field("title_here", longest=60, example="集团采购顾问 | Adviser of the group"),
        *_STAND,
        sheet_field("since", "date", 30),
        sheet_field("until", "date", 30),
    ),
    (("account", "home_account", "person"),),
)
MAP_PEOPLE = RecordKind(
    "map_people",
    (
        *account_fields(),
        sheet_field("topic_map", longest=60, example="轴承 | Bearings"),
        _home("home_account"),
        _person("person", "home_account"),
        *_STAND,
    ),
    (("account", "topic_map", "person"),),
    ("home_account",),
)
MAP_LINES = RecordKind(
    "map_lines",
    (
        *account_fields(),
        sheet_field("topic_map", longest=60),
        _home("from_account"),
        _person("from_person", "from_account"),
        sheet_field("line_kind", "choice", 40),
        _home("to_account"),
        _person("to_person", "to_account", example="李想 | Li Xiang"),
    ),
    (("account", "from_person", "line_kind", "to_person"),),
    ("topic_map", "from_account", "to_account"),
)
for _kind in (DEPARTMENTS, TIES, MAP_PEOPLE, MAP_LINES):
    add_kind(_kind)
