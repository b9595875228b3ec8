"""What follows here from what happens to accounts elsewhere: edits confirm fields, a hand-over takes the to-dos along."""

from typing import Any

from django.dispatch import receiver
from simple_history.signals import post_create_historical_record

from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.services import handed_over
from keyaccount_web.work import to_do
from keyaccount_web.work.freshness import ACCOUNT_FIELDS, CONTACT_FIELDS, confirm
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
    confirm(instance, changed, history_instance.history_user, source=source)


@receiver(handed_over, dispatch_uid="work.handed_over")
def take_to_dos_along(leaving: Any, successor: Any, accounts: Any, **_: Any) -> None:
    to_do.hand_over(leaving, successor, within=accounts)
