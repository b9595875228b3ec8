"""What do the workers do of daily work? Each is also a job of the clock."""

from django_tasks import task


@task()
def deliver() -> None:
    """Mails and robots' messages that are due."""
    from keyaccount_web.work.delivery import deliver_due

    deliver_due()


@task()
def escalate_to_dos() -> None:
    """Tell of to-dos that are overdue for too long."""
    from keyaccount_web.work.escalation import escalate

    escalate()


@task()
def purge_files() -> None:
    """Files removed long enough ago are gone for good."""
    from keyaccount_web.work.attachments import purge

    purge()
