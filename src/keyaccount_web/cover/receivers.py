"""What follows here from what happens elsewhere: other standards make other things due."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from keyaccount_web.company.models import Setting
from keyaccount_web.cover.due import refresh_soon


@receiver(post_save, sender=Setting, dispatch_uid="cover.setting_changed")
@receiver(post_delete, sender=Setting, dispatch_uid="cover.setting_taken_back")
def standards_changed(instance: Any, **_: Any) -> None:
    if instance.name.startswith(("standards.", "visits.")):
        refresh_soon()
