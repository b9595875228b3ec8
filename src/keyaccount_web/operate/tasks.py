"""What is done by itself so that it goes on running? The nightly backup, again and again until it works."""

from django_tasks import task

from keyaccount_web.operate.backup import nightly


@task()
def back_up_nightly() -> None:
    """To where the settings say, or `keyaccount backup TO --schedule` has said."""
    nightly.make()


@task()
def back_up_again() -> None:
    """Where the last attempt failed."""
    nightly.make_again()
