"""What do webhooks hear of accounts? Every change that leaves a trace in the history; bulk imports tell of themselves instead."""

from typing import Any

from django.dispatch import receiver
from simple_history.signals import post_create_historical_record

from keyaccount_web.api.events import tell
from keyaccount_web.know.models import Account, Contact

_WHAT = {"+": "made", "~": "changed", "-": "removed"}


@receiver(post_create_historical_record, sender=Account.history.model, dispatch_uid="api.account_changed")
def account_changed(instance: Account, history_instance: Any, **_: Any) -> None:
    told = {"id": instance.pk, "code": instance.code, "version": instance.version}
    tell("account.changed", {"account": told, "what": _WHAT[history_instance.history_type]})


@receiver(post_create_historical_record, sender=Contact.history.model, dispatch_uid="api.contact_changed")
def contact_changed(instance: Contact, history_instance: Any, **_: Any) -> None:
    account = instance.account
    told = {"id": account.pk, "code": account.code, "version": account.version}
    what = _WHAT[history_instance.history_type]
    tell(
        "account.changed", {"account": told, "what": "changed", "contact": {"id": instance.pk, "what": what}}
    )
