"""The sheet of who approved an account's terms (C4, K9)."""

from typing import Any

from keyaccount_web.cover.terms.models import Terms
from keyaccount_web.imports.sheets.registry import Given, Sheet
from keyaccount_web.know.record_kit import RecordError

FIELDS = ("product", "product_name", "approver", "since", "until", "source")


def _values(given: Given) -> dict[str, Any]:
    if given["until"] is not None and given["until"] < given["since"]:
        raise RecordError("terms.order", since=given["since"], until=given["until"])
    told = given.plain(*FIELDS)
    return {
        "account": given["account"],
        "recorded_by": given.by,
        **told,
        "product_name": told["product_name"] or "",
    }


TERMS = Sheet(
    "terms",
    Terms,
    order=96,
    records=lambda _user, accounts: Terms.objects.filter(account__in=accounts).select_related("account"),
    told=lambda one: {name: getattr(one, name) for name in ("account", *FIELDS)},
    values=_values,
)
