"""The sheet of targets for a customer's year, month by month (K3, K9)."""

from decimal import Decimal
from typing import Any

from keyaccount.know.workbook.chapters import MONTH_FIELDS
from keyaccount_web.imports.sheets.registry import Given, Sheet
from keyaccount_web.know.provenance import SOURCE_FIELDS
from keyaccount_web.know.record_kit import RecordError
from keyaccount_web.know.year.models import YearTarget
from keyaccount_web.know.year.services import checked_target, reckon

TOLD = ("year", "set_by", "supplier", "business_line", "our_part", "reached_told")


def _told(one: YearTarget) -> dict[str, Any]:
    months = {name: Decimal(amount) for name, amount in zip(MONTH_FIELDS, one.months, strict=True)}
    return {"account": one.account, **months, **{name: getattr(one, name) for name in TOLD}}


def _values(given: Given) -> dict[str, Any]:
    kept = checked_target(
        by=given.by,
        source=given.plain(*SOURCE_FIELDS),
        months=[given[name] for name in MONTH_FIELDS],
        **given.plain(*TOLD),
    )
    for name in ("supplier", "our_part", "reached_told"):
        if (given[name] or None) != (kept[name] or None):
            raise RecordError("target.not_of_these", set_by=given["set_by"])
    return {"account": given["account"], **kept}


TARGETS = Sheet(
    "targets",
    YearTarget,
    order=60,
    records=lambda _user, accounts: YearTarget.objects.filter(account__in=accounts).select_related("account"),
    told=_told,
    values=_values,
    after=lambda accounts: reckon(YearTarget.objects.filter(account__in=accounts)),
    words={"set_by": {one: f"target.set_by.{one}" for one in YearTarget.SetBy.values}},
)
