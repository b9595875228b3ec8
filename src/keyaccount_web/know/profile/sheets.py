"""The sheets of profiles: size, production, finances, credit (K1, K9)."""

from typing import Any

from keyaccount_web.imports.sheets.registry import Given, Sheet
from keyaccount_web.know.profile.models import Credit
from keyaccount_web.know.profile.services import PARTS, Part, checked_part


def _sheet(part: Part, order: int) -> Sheet:
    def told(one: Any) -> dict[str, Any]:
        return {"account": one.account, **{name: getattr(one, name) for name in part.fields}}

    def values(given: Given) -> dict[str, Any]:
        kept = checked_part(part, given.plain(*part.fields))
        return {"account": given["account"], **kept, **given.source()}

    return Sheet(
        part.sheet,
        part.model,
        order=order,
        records=lambda _user, accounts: part.model._default_manager.filter(
            account__in=accounts
        ).select_related("account"),
        told=told,
        values=values,
        words={"billing": {one: f"profile.billing.{one}" for one in Credit.Billing.values}},
    )


SHEETS = [_sheet(part, order) for order, part in enumerate(PARTS.values(), start=15)]
