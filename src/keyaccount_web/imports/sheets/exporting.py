"""How do all records of some accounts leave as one workbook that comes back without a change? (K9, R3)"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from keyaccount.know.workbook.exported import write_records
from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts, visible_units
from keyaccount_web.imports.sheets.judging import keyed
from keyaccount_web.imports.sheets.registry import Sheet, all_words, sheets
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.provenance import Sourced
from keyaccount_web.lists.models import Export, scope_of
from keyaccount_web.operate.queue import enqueue_with_records

EXPORT = "records"
"""Its name among the makers of files."""
WHOSE = ("mine", "all")
_ACCOUNT = ("code", "name", "region", "industry", "channel", "address", "tax_number", "website", "remark")
_CONTACT = ("code", "name", "title", "department", "phone", "email")

Row = Mapping[str, str]


def write_export(path: Path, user: User, accounts: QuerySet[Account], lang: str) -> int:
    """Write accounts, their people and all that is known of them, as far as `user` sees it. Gives how many rows.

    What is for work on one account only leaves with that account alone, never in a file of many.
    """
    told = list(accounts.select_related("parent", "unit", "owner").order_by("code"))
    found: list[tuple[str, Sequence[Row]]] = [
        ("accounts", _accounts(user, told)),
        ("contacts", list(_contacts(told))),
    ]
    left_out = 0
    for sheet in sheets():
        rows, without = _rows(sheet, user, accounts, is_many=len(told) > 1)
        left_out += without
        if rows:
            found.append((sheet.name, rows))
    about = [
        (message("records.about.day", lang), f"{timezone.localtime():%Y-%m-%d %H:%M}"),
        (message("records.about.who", lang), user.name or user.username),
        (message("records.about.accounts", lang), str(len(told))),
    ]
    if left_out:
        about.append(
            (message("records.about.left_out", lang), message("records.about.why", lang, n=left_out))
        )
    return write_records(path, found, lang, words=all_words(), about=about)


def _accounts(user: User, accounts: Sequence[Account]) -> list[Row]:
    parents = {one.parent_id for one in accounts if one.parent_id}
    seen = set(visible_accounts(user).filter(pk__in=parents).values_list("pk", flat=True))
    units = set(visible_units(user).values_list("pk", flat=True))
    return [
        {
            **{name: getattr(one, name) for name in _ACCOUNT},
            "parent": one.parent.code if one.parent and one.parent_id in seen else "",
            "unit": one.unit.code if one.unit and one.unit_id in units else "",
            "owner": one.owner.username if one.owner else "",
        }
        for one in accounts
    ]


def _contacts(accounts: Sequence[Account]) -> Iterator[Row]:
    codes = {one.pk: one.code for one in accounts}
    for one in Contact.objects.filter(account__in=list(codes)).order_by("account__code", "pk"):
        yield {"account": codes[one.account_id], **{name: getattr(one, name) for name in _CONTACT}}


def _rows(sheet: Sheet, user: User, accounts: QuerySet[Account], *, is_many: bool) -> tuple[list[Row], int]:
    """The rows of a sheet, and how many records may not be in a file of many accounts."""
    if not sheet.may(user):
        return [], 0
    records = sheet.records(user, accounts)
    left_out = 0
    if is_many and sheet.is_sourced:
        left_out = records.filter(permission=Sourced.Permission.ACCOUNT).count()
    rows: list[Row] = []
    for key, record in keyed(sheet, records):
        if is_many and sheet.is_sourced and record.permission == Sourced.Permission.ACCOUNT:
            continue
        texts, _ = sheet.texts(record)
        if "nth" in sheet.kind.also:
            texts["nth"] = key[-1]
        rows.append(texts)
    return sorted(rows, key=lambda one: [one.get(name, "") for name in sheet.kind.keys[0]]), left_out


def accounts_for(user: User, whose: str) -> QuerySet[Account]:
    """One's own accounts, or all that one may see."""
    seen = visible_accounts(user)
    return seen.filter(owner=user) if whose == "mine" else seen


def make(export: Export, path: Path) -> int:
    """For `lists.exports.add_maker`."""
    return write_export(path, export.user, accounts_for(export.user, export.asked["whose"]), export.lang)


@transaction.atomic
def have_made(user: User, whose: str, lang: str) -> Export:
    """Have the workbook made in the background, among one's exports."""
    from keyaccount_web.lists.tasks import write_export as task

    export = Export.objects.create(
        user=user,
        listing=EXPORT,
        asked={"whose": whose},
        format="xlsx",
        lang=lang,
        posts=scope_of(user),
    )
    enqueue_with_records(task, export.pk)
    return export
