"""The sheet of the teams of accounts (K9)."""

from typing import Any

from keyaccount_web.imports.sheets.registry import Given, Sheet
from keyaccount_web.know.models import TeamMember
from keyaccount_web.know.team import Part, Place, check_place, may_choose_team


def _values(given: Given) -> dict[str, Any]:
    place = Place(given["user"], given["part"], given["since"], given["until"])
    check_place(given["account"], place, record=given.record)
    return {"account": given["account"], **given.plain("user", "part", "since", "until")}


TEAM = Sheet(
    "team",
    TeamMember,
    order=8,
    records=lambda _user, accounts: TeamMember.objects.filter(account__in=accounts).select_related(
        "account", "user"
    ),
    told=lambda one: {name: getattr(one, name) for name in ("account", "user", "part", "since", "until")},
    values=_values,
    may=may_choose_team,
    words={"part": {one: f"part.{one}" for one in Part.values}},
)
