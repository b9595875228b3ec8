"""Which processes are alive, and which request started a task?"""

from django.db import models


class Heartbeat(models.Model):
    """A worker or a scheduler, which says every few seconds that it is there."""

    class Kind(models.TextChoices):
        WORKER = "worker"
        SCHEDULER = "scheduler"

    kind = models.CharField(max_length=20, choices=Kind)
    process = models.CharField(max_length=120)
    """Machine and number of the process."""
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("kind", "process"), name="one_heartbeat_a_process"),)


class TaskOrigin(models.Model):
    """The request that put a task into the queue, so that the logs of both can be read together."""

    task_id = models.CharField(max_length=64, primary_key=True)
    request_id = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)
