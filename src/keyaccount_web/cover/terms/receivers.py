"""What makes other inversions: a published list, an exception to it, other settings."""

from typing import Any

from django.db import connection, transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from keyaccount_web.company.models import Setting
from keyaccount_web.cover.terms.tasks import refresh_all_inversions
from keyaccount_web.find.models import KeyAccountList, ListException


@receiver(post_save, sender=KeyAccountList, dispatch_uid="terms.list_changed")
def list_changed(instance: Any, **_: Any) -> None:
    if instance.state == KeyAccountList.State.PUBLISHED:
        _refresh_soon()


@receiver(post_save, sender=ListException, dispatch_uid="terms.exception_changed")
def exception_changed(instance: Any, **_: Any) -> None:
    if instance.state == ListException.State.GRANTED:
        _refresh_soon()


@receiver(post_save, sender=Setting, dispatch_uid="terms.setting_changed")
@receiver(post_delete, sender=Setting, dispatch_uid="terms.setting_taken_back")
def setting_changed(instance: Any, **_: Any) -> None:
    if instance.name.startswith(("inversions.", "tiers.")):
        _refresh_soon()


def _refresh_soon() -> None:
    """Once what is being changed is kept, however often it is asked for."""
    if not any(_enqueue is entry[1] for entry in connection.run_on_commit):
        transaction.on_commit(_enqueue)


def _enqueue() -> None:
    refresh_all_inversions.enqueue()
