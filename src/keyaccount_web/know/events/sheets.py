"""The sheet of days that matter: birthdays by the sun's or the moon's calendar, openings, promotions (K7, K9)."""

from typing import Any

from keyaccount_web.imports.sheets.registry import Given, Sheet, check_sees
from keyaccount_web.know.events.models import Occasion
from keyaccount_web.know.events.services import FIELDS, EventError, checked_occasion
from keyaccount_web.know.provenance import SOURCE_FIELDS

TOLD = tuple(name for name in FIELDS if name not in ("contact", "is_leap_month"))


def _told(one: Occasion) -> dict[str, Any]:
    return {
        "account": one.account,
        "person": one.contact,
        "is_leap_month": one.is_leap_month,
        **{name: getattr(one, name) for name in TOLD},
    }


def _values(given: Given) -> dict[str, Any]:
    is_once = given["calendar"] == Occasion.Calendar.ONCE
    of_other = ("month", "day") if is_once else ("begins_on", "ends_on")
    is_leap_elsewhere = bool(given["is_leap_month"]) and given["calendar"] != Occasion.Calendar.LUNAR
    if is_leap_elsewhere or any(given[name] is not None for name in of_other):
        raise EventError("occasion.contradicts")
    check_sees(given, "owner")
    kept = checked_occasion(
        by=given.by,
        account=given["account"],
        source=given.plain(*SOURCE_FIELDS),
        contact=given["person"],
        is_leap_month=given["is_leap_month"],
        **given.plain(*TOLD),
    )
    return {"account": given["account"], **kept}


OCCASIONS = Sheet(
    "occasions",
    Occasion,
    order=40,
    records=lambda _user, accounts: Occasion.objects.filter(account__in=accounts).select_related(
        "account__owner", "contact", "owner"
    ),
    told=_told,
    values=_values,
    words={
        "kind": {one: f"occasion.kind.{one}" for one in Occasion.Kind.values},
        "calendar": {one: f"occasion.calendar.{one}" for one in Occasion.Calendar.values},
    },
)
