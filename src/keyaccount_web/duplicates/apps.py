"""The app's name for Django; accounts are found by their new name as soon as they are saved."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class DuplicatesConfig(AppConfig):
    name = "keyaccount_web.duplicates"
    label = "duplicates"

    def ready(self) -> None:
        from keyaccount_web.know.models import Account, Contact

        post_save.connect(_account_saved, sender=Account, dispatch_uid="duplicates.account")
        for signal in (post_save, post_delete):
            signal.connect(_contact_saved, sender=Contact, dispatch_uid="duplicates.contact")


def _account_saved(instance: Any, **_: Any) -> None:
    from keyaccount_web.duplicates.similar import remember_keys

    remember_keys([instance.pk])


def _contact_saved(instance: Any, origin: Any = None, **_: Any) -> None:
    from keyaccount_web.duplicates.similar import remember_keys
    from keyaccount_web.know.models import Contact

    if (
        origin is not None
        and not isinstance(origin, Contact)
        and getattr(origin, "model", None) is not Contact
    ):
        return  # it goes with its account, which needs no keys any more
    remember_keys([instance.account_id])
