"""What is done by itself so that it goes on running? The nightly backup."""

from django.conf import settings
from django_tasks import task

from keyaccount_web.operate.backup.installation import this_installation
from keyaccount_web.operate.backup.make import back_up, last_backup
from keyaccount_web.operate.backup.places import place_at


@task()
def back_up_nightly() -> None:
    """To where the settings say, or `keyaccount backup TO --schedule` has said; nothing where neither does."""
    one = this_installation()
    told = last_backup(one.home)
    if to := settings.BACKUP or told.get("to"):
        back_up(one, place_at(to), keep=int(told.get("keep") or settings.BACKUP_KEEP))
