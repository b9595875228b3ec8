"""What follows here from what happens to accounts elsewhere: edits confirm fields, a hand-over takes the to-dos along."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone
from simple_history.signals import post_create_historical_record

from keyaccount_web.imports.services import rows_taken_in
from keyaccount_web.know.bulk import edited_many
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.services import handed_over
from keyaccount_web.work import to_do
from keyaccount_web.work.freshness import ACCOUNT_FIELDS, CONTACT_FIELDS, confirm, confirm_many
from keyaccount_web.work.models import FieldConfirmation

IMPORT_REASON = "import"
"""What the reason of a change begins with that comes from a file."""


@receiver(post_create_historical_record, sender=Account.history.model, dispatch_uid="work.account_edited")
@receiver(post_create_historical_record, sender=Contact.history.model, dispatch_uid="work.contact_edited")
def confirm_what_changed(instance: Any, history_instance: Any, **_: Any) -> None:
    """Fields that were changed, or filled in when the record was made. One query more for a change."""
    if history_instance.history_type == "-":
        return
    names = ACCOUNT_FIELDS if isinstance(instance, Account) else CONTACT_FIELDS
    before = history_instance.prev_record if history_instance.history_type == "~" else None
    changed = [name for name in names if getattr(instance, name) != (getattr(before, name) if before else "")]
    reason = history_instance.history_change_reason or ""
    Source = FieldConfirmation.Source  # noqa: N806
    source = Source.IMPORT if reason.startswith(IMPORT_REASON) else Source.EDIT
    by = history_instance.history_user
    if history_instance.history_type == "~":
        confirm(instance, changed, by, source=source)
        return
    # Of a new record nothing is known yet: one query for all its fields.
    place = (
        {"account_id": instance.pk}
        if isinstance(instance, Account)
        else {"account_id": instance.account_id, "contact": instance}
    )
    now = timezone.now()
    FieldConfirmation.objects.bulk_create(
        (FieldConfirmation(**place, field=name, at=now, by=by, source=source) for name in changed),
        ignore_conflicts=True,
    )


@receiver(edited_many, dispatch_uid="work.edited_many")
def confirm_what_many_were_given(accounts: Any, names: Any, user: Any, **_: Any) -> None:
    """A bulk edit writes without the signals of single records."""
    fields = [name for name in names if name in ACCOUNT_FIELDS]
    confirm_many([(account, fields) for account in accounts], user, source=FieldConfirmation.Source.EDIT)


@receiver(rows_taken_in, dispatch_uid="work.rows_taken_in")
def confirm_what_came_in(records: Any, user: Any, **_: Any) -> None:
    """Nor does an import: of each record the fields that the file filled."""
    told = [
        (
            record,
            [
                name
                for name in (ACCOUNT_FIELDS if isinstance(record, Account) else CONTACT_FIELDS)
                if values.get(name)
            ],
        )
        for record, values in records
    ]
    confirm_many(told, user)


@receiver(handed_over, dispatch_uid="work.handed_over")
def take_to_dos_along(leaving: Any, successor: Any, accounts: Any, **_: Any) -> None:
    to_do.hand_over(leaving, successor, within=accounts)
