"""Which tables do the records give to the calculations?"""

import pyarrow as pa
from django.db.models import QuerySet

from keyaccount_web.know.models import Account, Contact, CostToServe
from keyaccount_web.tables.touches import touch_costs


def groups_table() -> pa.Table:
    """Which account belongs to which (`tables.GROUPS`), from the accounts' parents."""
    pairs = list(
        Account.objects.filter(parent__isnull=False).order_by("code").values_list("code", "parent__code")
    )
    return pa.table(
        {
            "account_id": pa.array([code for code, _ in pairs], pa.string()),
            "parent_id": pa.array([parent for _, parent in pairs], pa.string()),
        }
    )


def merged_table() -> pa.Table:
    """Which account was merged into which (`tables.MERGED`)."""
    merged = Account.with_merged.filter(merged_into__isnull=False).order_by()
    pairs = sorted(merged.values_list("code", "merged_into__code"))
    return pa.table(
        {
            "account_id": pa.array([code for code, _ in pairs], pa.string()),
            "into_id": pa.array([into for _, into in pairs], pa.string()),
        }
    )


def accounts_table(accounts: QuerySet[Account] | None = None) -> pa.Table:
    """What accounts are compared by: account_id, account_name, tax_number, phone (all of its contacts'), address, parent_id."""
    if accounts is None:
        accounts = Account.objects.all()
    phones: dict[int, list[str]] = {}
    of_contacts = Contact.objects.filter(account__in=accounts).exclude(phone="").order_by("pk")
    for account_id, phone in of_contacts.values_list("account_id", "phone"):
        phones.setdefault(account_id, []).append(phone)
    names = ("pk", "code", "name", "tax_number", "address", "parent__code")
    rows = [
        {
            "account_id": code,
            "account_name": name,
            "tax_number": tax_number or None,
            "phone": "；".join(phones.get(pk, [])) or None,
            "address": address or None,
            "parent_id": parent,
        }
        for pk, code, name, tax_number, address, parent in accounts.order_by("code").values_list(*names)
    ]
    columns = ("account_id", "account_name", "tax_number", "phone", "address", "parent_id")
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in columns]))


def cost_to_serve_table() -> pa.Table | None:
    """What serving the accounts cost (`tables.COST_TO_SERVE`): entered, brought in, and worked out of recorded visits; None: nothing."""
    rows = list(CostToServe.objects.order_by("pk").values_list("account__code", "amount", "date"))
    rows += touch_costs()
    if not rows:
        return None
    return pa.table(
        {
            "account_id": pa.array([row[0] for row in rows], pa.string()),
            "amount": pa.array([row[1] for row in rows], pa.decimal128(18, 4)),
            "date": pa.array([row[2] for row in rows], pa.date32()),
        }
    )


def account_fields() -> dict[str, dict[str, str]]:
    """What the accounts' records say of region, industry and channel: field → code → text, blanks left out."""
    told: dict[str, dict[str, str]] = {"region": {}, "industry": {}, "channel": {}}
    for code, *values in Account.objects.order_by().values_list("code", *told):
        for field, value in zip(told, values, strict=True):
            if value:
                told[field][code] = value
    return told
