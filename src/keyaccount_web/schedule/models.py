"""When did each job last begin?"""

from django.db import models


class JobRun(models.Model):
    """One job of `jobs.JOBS`."""

    name = models.CharField(max_length=60, unique=True)
    began_at = models.DateTimeField()
