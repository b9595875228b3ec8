"""What follows here from what happens elsewhere: a published list, an exception, other lines put customers elsewhere."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from keyaccount_web.company.models import Setting
from keyaccount_web.cover.tiers.computing import refresh_soon
from keyaccount_web.find.models import KeyAccountList, ListException


@receiver(post_save, sender=KeyAccountList, dispatch_uid="tiers.list_changed")
def list_changed(instance: Any, **_: Any) -> None:
    if instance.state in (KeyAccountList.State.PUBLISHED, KeyAccountList.State.SUPERSEDED):
        refresh_soon()


@receiver(post_save, sender=ListException, dispatch_uid="tiers.exception_changed")
def exception_changed(instance: Any, **_: Any) -> None:
    if instance.state == ListException.State.GRANTED:
        refresh_soon()


@receiver(post_save, sender=Setting, dispatch_uid="tiers.setting_changed")
@receiver(post_delete, sender=Setting, dispatch_uid="tiers.setting_taken_back")
def setting_changed(instance: Any, **_: Any) -> None:
    if instance.name.startswith("tiers."):
        refresh_soon()
